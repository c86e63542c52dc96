/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report: see report.h.
 */
#include "cli/report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/rowtext.h"

#define MAX_NAMED 12u           /* rows named one by one in a list */

const char *
report_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

json_int_t
report_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

const char *
report_colour(FILE *f, enum report_colour c)
{
	static const char *const codes[] = {
		"\33[0m", "\33[31m", "\33[32m", "\33[33m", "\33[1m"
	};
	const char *no = getenv("NO_COLOR");

	if (!isatty(fileno(f)) || (no != NULL && *no != '\0'))
		return "";
	return codes[c];
}

char *
report_row_name(const json_t *row)
{
	struct rowtext t;
	char *why = NULL, *line;

	if (rowtext_from_json(&t, row, &why) != 0) {
		free(why);
		return cli_copy("?");
	}
	line = rowtext_line(&t);
	return line;
}

static enum report_colour
status_colour(const char *status)
{
	if (strcmp(status, "clean") == 0)
		return COLOUR_GREEN;
	return strcmp(status, "findings") == 0 ? COLOUR_RED : COLOUR_YELLOW;
}

/* Width of the column of names. */
static int
name_width(const json_t *rows)
{
	size_t width = 40, i;
	const json_t *row;

	json_array_foreach(rows, i, row) {
		char *name = report_row_name(row);

		if (strlen(name) > width)
			width = strlen(name);
		free(name);
	}
	return (int)width;
}

static void
print_row(FILE *f, const json_t *row, int width)
{
	char *name = report_row_name(row);
	const char *status = report_text(row, "status");
	const char *why = report_text(row, "why");

	fprintf(f, "%-*s %9lld %8.2f  %s%s%s%s%s\n", width, name,
	        (long long)report_number(row, "schedules"),
	        json_real_value(json_object_get(row, "seconds")),
	        report_colour(f, status_colour(status)), status,
	        report_colour(f, COLOUR_OFF), *why != '\0' ? ": " : "", why);
	free(name);
}

static void
print_table(FILE *f, const json_t *report)
{
	const json_t *rows = json_object_get(report, "rows"), *row;
	const int width = name_width(rows);
	size_t i;

	fprintf(f, "%s%-*s %9s %8s  %s%s\n", report_colour(f, COLOUR_BOLD),
	        width, "row: kernel path scenario mode vcpus host", "schedules",
	        "seconds", "status", report_colour(f, COLOUR_OFF));
	json_array_foreach(rows, i, row)
		print_row(f, row, width);
}

static void
print_skipped(FILE *f, const json_t *report)
{
	const json_t *list = json_object_get(report, "skipped"), *one;
	size_t i;

	if (json_array_size(list) != 0)
		fprintf(f, "\nnot run:\n");
	json_array_foreach(list, i, one)
		fprintf(f, "  %s: %s\n", report_text(one, "what"),
		        report_text(one, "why"));
}

static void
print_needs(FILE *f, const json_t *finding)
{
	const json_t *list = json_object_get(finding, "needs"), *one;
	size_t i;

	fprintf(f, "  needs:     ");
	if (json_array_size(list) == 0)
		fprintf(f, "no permission: stands on any host and processor");
	json_array_foreach(list, i, one)
		fprintf(f, "%s%s", i != 0 ? " + " : "", json_string_value(one));
	list = json_object_get(finding, "needs_or");
	json_array_foreach(list, i, one)
		fprintf(f, "%s%s", i != 0 ? " + " : "; or: ",
		        json_string_value(one));
	fprintf(f, "%s\n", json_is_true(json_object_get(finding, "minimal")) ?
	        "" : " (not minimal: the search was cut)");
}

static void
print_where(FILE *f, const json_t *finding)
{
	const json_t *where = json_object_get(finding, "where");
	const char *function = report_text(where, "function");

	if (*report_text(where, "file") == '\0')
		return;
	fprintf(f, "  where:     %s:%lld%s%s%s\n", report_text(where, "file"),
	        (long long)report_number(where, "line"),
	        *function != '\0' ? " (" : "", function,
	        *function != '\0' ? ")" : "");
}

static void
print_finding(FILE *f, unsigned number, const json_t *row,
              const json_t *finding, unsigned more)
{
	const json_t *story = json_object_get(finding, "story"), *line;
	char *name = report_row_name(row);
	size_t i;

	fprintf(f, "\n%sfinding %u: %s, class %s%s%s\n",
	        report_colour(f, COLOUR_RED), number,
	        report_text(finding, "kind"), report_text(finding, "class"),
	        json_is_true(json_object_get(finding, "known")) ?
	        " (known)" : "", report_colour(f, COLOUR_OFF));
	fprintf(f, "  signature: %s\n", report_text(finding, "signature"));
	fprintf(f, "  row:       %s", name);
	if (more != 0)
		fprintf(f, " (and %u more row%s)", more, more > 1 ? "s" : "");
	fprintf(f, "\n");
	print_where(f, finding);
	print_needs(f, finding);
	json_array_foreach(story, i, line)
		fprintf(f, "  %s\n", json_string_value(line));
	fprintf(f, "  so: %s\n", report_text(finding, "message"));
	fprintf(f, "  replay: shootdown replay %s\n",
	        report_text(finding, "schedule"));
	free(name);
}

/* Has a row before row `end` the same? */
static bool
told_before(const json_t *rows, size_t end, const char *signature,
            const char *class)
{
	const json_t *row, *finding;
	size_t i, k;

	json_array_foreach(rows, i, row) {
		if (i >= end)
			return false;
		json_array_foreach(json_object_get(row, "findings"), k, finding)
			if (strcmp(report_text(finding, "signature"),
			           signature) == 0 &&
			    strcmp(report_text(finding, "class"), class) == 0)
				return true;
	}
	return false;
}

static unsigned
count_same(const json_t *rows, const char *signature, const char *class)
{
	const json_t *row, *finding;
	unsigned n = 0;
	size_t i, k;

	json_array_foreach(rows, i, row)
		json_array_foreach(json_object_get(row, "findings"), k, finding)
			n += strcmp(report_text(finding, "signature"),
			            signature) == 0 &&
			    strcmp(report_text(finding, "class"), class) == 0;
	return n;
}

/* One story per signature and class; returns how many there are. */
static unsigned
print_findings(FILE *f, const json_t *rows, bool known)
{
	const json_t *row, *finding;
	unsigned number = 0;
	size_t i, k;

	json_array_foreach(rows, i, row) {
		json_array_foreach(json_object_get(row, "findings"), k,
		                   finding) {
			const char *s = report_text(finding, "signature");
			const char *c = report_text(finding, "class");

			if (json_is_true(json_object_get(finding, "known")) !=
			    known || told_before(rows, i, s, c))
				continue;
			number++;
			if (!known)
				print_finding(f, number, row, finding,
				              count_same(rows, s, c) - 1);
			else
				fprintf(f, "%s  %s (%u rows)\n", number == 1 ?
				        "\nknown findings:\n" : "", s,
				        count_same(rows, s, c));
		}
	}
	return number;
}

static void
print_gone(FILE *f, const struct known_list *known)
{
	bool any = false;

	for (size_t i = 0; known != NULL && i < known->count; i++) {
		if (known->entries[i].seen)
			continue;
		fprintf(f, "%s  %s\n", any ? "" : "\nknown, but not found this "
		        "time:\n", known->entries[i].signature);
		any = true;
	}
}

/* Which rows have this status: none of them is a pass. */
static void
print_unfinished(FILE *f, const json_t *rows, const char *status)
{
	const json_t *row;
	unsigned n = 0;
	size_t i;

	json_array_foreach(rows, i, row) {
		char *name;

		if (strcmp(report_text(row, "status"), status) != 0)
			continue;
		if (n++ >= MAX_NAMED)
			continue;
		name = report_row_name(row);
		if (n == 1)
			fprintf(f, "\n%s: %s", status, name);
		else
			fprintf(f, "; %s", name);
		free(name);
	}
	if (n > MAX_NAMED)
		fprintf(f, "; and %u more", n - MAX_NAMED);
	if (n != 0)
		fprintf(f, "\n");
}

static void
print_summary(FILE *f, const json_t *report, unsigned findings,
              unsigned known)
{
	const json_t *rows = json_object_get(report, "rows"), *row;
	const json_t *skipped = json_object_get(report, "skipped"), *one;
	json_int_t schedules = 0;
	unsigned clean = 0;
	size_t i;

	json_array_foreach(rows, i, row) {
		schedules += report_number(row, "schedules");
		clean += strcmp(report_text(row, "status"), "clean") == 0;
	}
	fprintf(f, "\n%s: %u of %zu rows clean, %u finding%s, %u known, %lld "
	        "schedules", report_text(report, "result"), clean,
	        json_array_size(rows), findings, findings == 1 ? "" : "s",
	        known, (long long)schedules);
	json_array_foreach(skipped, i, one) {
		if (i == MAX_NAMED) {
			fprintf(f, ", and %zu more",
			        json_array_size(skipped) - i);
			break;
		}
		fprintf(f, "%s%s", i == 0 ? "; not run: " : ", ",
		        report_text(one, "what"));
	}
	fprintf(f, "\n");
}

void
report_print(FILE *f, const json_t *report, const struct known_list *known)
{
	const json_t *rows = json_object_get(report, "rows");
	unsigned findings, nknown;

	print_table(f, report);
	print_skipped(f, report);
	findings = print_findings(f, rows, false);
	nknown = print_findings(f, rows, true);
	print_gone(f, known);
	print_unfinished(f, rows, "blind");
	print_unfinished(f, rows, "vacuous");
	print_unfinished(f, rows, "cut");
	print_summary(f, report, findings, nknown);
}
