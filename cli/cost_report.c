/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cost_report: see cost_report.h.
 */
#include "cli/cost_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/report.h"
#include "cli/table.h"
#include "cost/cost.h"

static double
number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static double
number_or(const json_t *object, const char *key, double otherwise)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : otherwise;
}

/* ---- counts --------------------------------------------------------------------------- */

static double
sum(const json_t *path, const char *prefix)
{
	static const char *const names[] = {
		"invlpg", "invpcid", "cr3", "cr4"
	};
	double total = 0;
	char key[32];

	for (unsigned i = 0; i < 4; i++) {
		snprintf(key, sizeof(key), "%s%s", prefix, names[i]);
		total += number(path, key);
	}
	return total;
}

static void
print_path(FILE *f, const json_t *cell, const char *name)
{
	const json_t *p = json_object_get(cell, name);
	const json_t *e = json_object_get(p, "each");

	fprintf(f, "%-8s %5lld %s%4lld %-9s %6.0f %6.0f %6.0f %6.0f "
	        "%5.0f %6.0f %7.0f %6.0f %9.0f %9.0f\n", report_text(cell, "workload"),
	        (long long)report_number(cell, "pages"),
	        json_is_true(json_object_get(cell, "extrapolated")) ? "~" :
	        " ", (long long)report_number(cell, "vcpus"), name,
	        number(e, "exits"), number(p, "ipis"),
	        number(p, "hypercalls"), number(p, "waits"),
	        number(p, "targets"), sum(p, ""), sum(p, "remote_"),
	        number(p, "whole"), number(e, "latency"), number(e, "total"));
}

/* No later cell of the workload and size has been run. */
static bool
is_largest_run(const json_t *report, const json_t *cell)
{
	const json_t *other;
	size_t i;

	if (json_is_true(json_object_get(cell, "extrapolated")))
		return false;
	json_array_foreach(json_object_get(report, "cells"), i, other)
		if (strcmp(report_text(other, "workload"),
		           report_text(cell, "workload")) == 0 &&
		    report_number(other, "pages") ==
		    report_number(cell, "pages") &&
		    !json_is_true(json_object_get(other, "extrapolated")) &&
		    report_number(other, "vcpus") >
		    report_number(cell, "vcpus"))
			return false;
	return true;
}

static void
print_counts(FILE *f, const json_t *report, bool all)
{
	const json_t *cell;
	size_t i;

	fprintf(f, "per operation; exits and cycles with an exit for each IPI\n"
	        "%-8s %5s %5s %-9s %6s %6s %6s %6s %5s %6s %7s %6s %9s "
	        "%9s\n",
	        "workload", "pages", "vCPUs", "path", "exits", "IPIs",
	        "hcalls", "waits", "VPs", "invals", "others'", "whole",
	        "latency", "all vCPUs");
	json_array_foreach(json_object_get(report, "cells"), i, cell) {
		if (!all && !is_largest_run(report, cell))
			continue;
		print_path(f, cell, "native");
		print_path(f, cell, "hypercall");
	}
}

/* ---- savings -------------------------------------------------------------------------- */

static const json_t *
find_cell(const json_t *report, const char *workload, json_int_t pages,
          json_int_t vcpus)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(json_object_get(report, "cells"), i, cell)
		if (strcmp(report_text(cell, "workload"), workload) == 0 &&
		    report_number(cell, "pages") == pages &&
		    report_number(cell, "vcpus") == vcpus)
			return cell;
	return NULL;
}

static void
print_saving(FILE *f, const json_t *cell, const char *send)
{
	const json_t *s = json_object_get(json_object_get(cell, "saving"),
	                                  send);
	char text[64];

	if (cell == NULL)
		snprintf(text, sizeof(text), "not run");
	else if (!json_is_object(s))
		snprintf(text, sizeof(text), "no shootdown");
	else
		snprintf(text, sizeof(text), "%+.0f (%+.0f..%+.0f)",
		         100 * number(s, "nominal"), 100 * number(s, "worst"),
		         100 * number(s, "best"));
	fprintf(f, "  %18s", text);
}

/* The numbers of vCPUs that any cell of the workload has, rising. */
static json_int_t
next_vcpus(const json_t *report, const char *workload, json_int_t after)
{
	const json_t *cell;
	json_int_t best = 0;
	size_t i;

	json_array_foreach(json_object_get(report, "cells"), i, cell) {
		const json_int_t n = report_number(cell, "vcpus");

		if (strcmp(report_text(cell, "workload"), workload) == 0 &&
		    n > after && (best == 0 || n < best))
			best = n;
	}
	return best;
}

/* Of a run that takes this part of its time for such operations. */
static void
print_share(FILE *f, const json_t *cell, const char *send, double claim)
{
	const json_t *s = json_object_get(json_object_get(cell, "saving"),
	                                  send);
	const double nominal = number(s, "nominal");

	if (!json_is_object(s))
		fprintf(f, " %13s", "no shootdown");
	else if (nominal < claim)
		fprintf(f, " %13s", "never");
	else
		fprintf(f, " %12.0f%%", 100 * claim / nominal);
}

/*
 * What a whole test has to spend on shootdowns for the hypercall to make it
 * shorter by the claim: claim / saving.
 */
static void
print_claim(FILE *f, const json_t *report, const char *workload)
{
	const double claim = number(report, "claim") / 100;
	const json_int_t largest = report_number(report, "largest_run");
	const json_int_t pages = json_integer_value(json_array_get(
	    json_object_get(report, "pages"), 0));

	fprintf(f, "\nPart of its time that a test of \"%s\" with %lld page%s "
	        "must spend on shootdowns,\nfor the hypercall to make the test "
	        "%.0f%% shorter (nominal figures):\n  vCPUs %13s %13s %13s\n",
	        workload, (long long)pages, pages != 1 ? "s" : "",
	        100 * claim, "each", "once", "free");
	for (json_int_t n = 0; (n = next_vcpus(report, workload, n)) != 0;) {
		const json_t *cell = find_cell(report, workload, pages, n);

		fprintf(f, "  %s%4lld", n > largest ? "~" : " ",
		        (long long)n);
		for (unsigned s = 0; s < SEND_COUNT; s++)
			print_share(f, cell, cost_send_name((enum cost_send)s),
			            claim);
		fprintf(f, "\n");
	}
}

static void
print_grid(FILE *f, const json_t *report, const char *workload,
           const char *send)
{
	const json_t *pages = json_object_get(report, "pages"), *p;
	const json_int_t largest = report_number(report, "largest_run");
	size_t i;

	fprintf(f, "  %-4s %5s", send, "vCPUs");
	json_array_foreach(pages, i, p)
		fprintf(f, "  %11lld page%s", (long long)json_integer_value(p),
		        json_integer_value(p) != 1 ? "s " : "  ");
	fprintf(f, "\n");
	for (json_int_t n = 0; (n = next_vcpus(report, workload, n)) != 0;) {
		fprintf(f, "       %s%4lld", n > largest ? "~" : " ",
		        (long long)n);
		json_array_foreach(pages, i, p)
			print_saving(f, find_cell(report, workload,
			             json_integer_value(p), n), send);
		fprintf(f, "\n");
	}
}

static void
print_grids(FILE *f, const json_t *report, const char *workload)
{
	for (unsigned s = 0; s < SEND_COUNT; s++)
		print_grid(f, report, workload,
		           cost_send_name((enum cost_send)s));
}

static char *
grids(const json_t *report, const char *workload)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		cli_fail(CLI_UNFINISHED, "out of memory; use fewer --jobs");
	print_grids(f, report, workload);
	fclose(f);
	return text;
}

/* An earlier workload that has all the same to show, or NULL. */
static const char *
same_grids(const json_t *report, size_t at)
{
	const json_t *work = json_object_get(report, "workloads");
	char *mine = grids(report, json_string_value(json_array_get(work,
	                                                            at)));
	const char *found = NULL;

	for (size_t i = 0; i < at && found == NULL; i++) {
		const char *name = json_string_value(json_array_get(work, i));
		char *its = grids(report, name);

		if (strcmp(mine, its) == 0)
			found = name;
		free(its);
	}
	free(mine);
	return found;
}

/* Is any other vCPU disturbed on the native path? */
static bool
has_shootdown(const json_t *report, const char *workload)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(json_object_get(report, "cells"), i, cell)
		if (strcmp(report_text(cell, "workload"), workload) == 0 &&
		    number(json_object_get(cell, "native"), "ipis") > 0)
			return true;
	return false;
}

static bool
no_difference(const json_t *report, const char *workload)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(json_object_get(report, "cells"), i, cell)
		if (strcmp(report_text(cell, "workload"), workload) == 0 &&
		    !json_equal(json_object_get(cell, "native"),
		                json_object_get(cell, "hypercall")))
			return false;
	return true;
}

static void
print_savings(FILE *f, const json_t *report)
{
	const json_t *work = json_object_get(report, "workloads"), *w;
	size_t i;

	fprintf(f, "\n%% of the initiator's cycles that the hypercall saves, "
	        "nominal (worst..best);\n+ the hypercall wins, - it loses; "
	        "~ extrapolated, not run.  Sending IPIs takes\nan exit for "
	        "\"each\" target, \"once\" for all, or is \"free\" of exits.\n");
	json_array_foreach(work, i, w) {
		const char *name = json_string_value(w);
		const char *same = same_grids(report, i);

		fprintf(f, "\n%s: %s\n", name, cost_workload_find(name)->what);
		if (!has_shootdown(report, name))
			fprintf(f, "  nothing to save: no other vCPU is "
			        "asked\n");
		else if (no_difference(report, name))
			fprintf(f, "  nothing to save: both paths do the "
			        "same\n");
		else if (same != NULL)
			fprintf(f, "  as \"%s\"\n", same);
		else
			print_grids(f, report, name);
	}
}

/* For the first workload that has something to save. */
static void
print_claims(FILE *f, const json_t *report)
{
	const json_t *w;
	size_t i;

	json_array_foreach(json_object_get(report, "workloads"), i, w)
		if (has_shootdown(report, json_string_value(w))) {
			print_claim(f, report, json_string_value(w));
			return;
		}
}

static void
print_skipped(FILE *f, const json_t *report)
{
	const json_t *list = json_object_get(report, "skipped"), *one;
	size_t i;

	if (json_array_size(list) != 0)
		fprintf(f, "\nnot counted:\n");
	json_array_foreach(list, i, one) {
		char *text = cli_format("%s: %s", report_text(one, "what"),
		                        report_text(one, "why"));

		table_wrap(f, "  ", text, 4);
		free(text);
	}
}

static void
print_figures(FILE *f, const json_t *report)
{
	const json_t *table = json_object_get(report, "table");

	fprintf(f, "\nfigures, in cycles (low..high); their sources are in "
	        "the table:\n");
	for (unsigned i = 0; i < FIGURE_COUNT; i++) {
		const char *name = cost_figure_name((enum cost_figure)i);
		const json_t *figure = json_object_get(table, name);
		const double cycles = number(figure, "cycles");

		fprintf(f, "  %-10s %5.0f (%.0f..%.0f), %s, %lld: %s\n", name,
		        cycles, number_or(figure, "low", cycles),
		        number_or(figure, "high", cycles), report_text(figure, "kind"),
		        (long long)report_number(figure, "year"),
		        cost_figure_what((enum cost_figure)i));
	}
}

void
cost_report_print(FILE *f, const json_t *report, bool all_counts)
{
	fprintf(f, "%s, %s, host %s, %lld schedules a cell; figures from %s\n\n",
	        report_text(report, "kernel"), report_text(report, "mode"),
	        report_text(report, "host"),
	        (long long)report_number(report, "runs"),
	        report_text(report, "table_file"));
	print_counts(f, report, all_counts);
	print_savings(f, report);
	print_claims(f, report);
	print_figures(f, report);
	print_skipped(f, report);
}
