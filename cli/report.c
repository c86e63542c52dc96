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
#include "cli/table.h"

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

/* What was left out for one reason, from number i on; NULL: told before. */
static char *
skipped_names(const json_t *list, size_t i)
{
	const char *why = report_text(json_array_get(list, i), "why");
	char *text = cli_copy(""), *more;

	for (size_t k = 0; k < json_array_size(list); k++) {
		const json_t *one = json_array_get(list, k);

		if (strcmp(report_text(one, "why"), why) != 0)
			continue;
		if (k < i) {
			free(text);
			return NULL;
		}
		more = cli_format("%s%s%s", text, k > i ? ", " : "",
		                  report_text(one, "what"));
		free(text);
		text = more;
	}
	return text;
}

static void
print_skipped(FILE *f, const json_t *report)
{
	const json_t *list = json_object_get(report, "skipped");

	if (json_array_size(list) != 0)
		fprintf(f, "\nnot run:\n");
	for (size_t i = 0; i < json_array_size(list); i++) {
		char *names = skipped_names(list, i), *text;

		if (names == NULL)
			continue;
		text = cli_format("%s: %s", names, report_text(
		                  json_array_get(list, i), "why"));
		table_wrap(f, "  ", text, 4);
		free(text);
		free(names);
	}
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

/* "3 to 2 vCPUs, 11 to 5 operations": what became less. */
static void
print_shrunk(FILE *f, const json_t *finding)
{
	static const char *const what[][2] = {
		{ "vcpus", "vCPUs" }, { "operations", "operations" },
		{ "choices", "choices" }, { "switches", "switches" },
		{ "drains", "drains" }, { "interrupts", "interrupts" },
		{ "host_choices", "host choices" },
	};
	const json_t *shrunk = json_object_get(finding, "shrunk");
	char *text = cli_copy(""), *more;

	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		const json_t *p = json_object_get(shrunk, what[i][0]);
		const json_int_t a = json_integer_value(json_array_get(p, 0));
		const json_int_t b = json_integer_value(json_array_get(p, 1));

		if (b >= a)
			continue;
		more = cli_format("%s%s%lld to %lld %s", text,
		                  *text != '\0' ? ", " : "", (long long)a,
		                  (long long)b, what[i][1]);
		free(text);
		text = more;
	}
	if (shrunk != NULL && !json_is_true(json_object_get(shrunk,
	    "minimal"))) {
		more = cli_format("%s%snot minimal: its budget was used up "
		                  "after %lld runs", text, *text != '\0' ?
		                  "; " : "", (long long)report_number(shrunk,
		                  "runs"));
		free(text);
		text = more;
	}
	if (*text != '\0')
		table_wrap(f, "  shrunk:    ", text, 13);
	free(text);
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
	char *name = report_row_name(row), *row_text;
	size_t i;

	fprintf(f, "\n%sfinding %u: %s, class %s%s%s\n",
	        report_colour(f, COLOUR_RED), number,
	        report_text(finding, "kind"), report_text(finding, "class"),
	        json_is_true(json_object_get(finding, "known")) ?
	        " (known)" : "", report_colour(f, COLOUR_OFF));
	fprintf(f, "  signature: %s\n", report_text(finding, "signature"));
	row_text = more == 0 ? cli_copy(name) :
	    cli_format("%s (and %u more row%s)", name, more,
	               more > 1 ? "s" : "");
	table_wrap(f, "  row:       ", row_text, 13);
	print_where(f, finding);
	print_needs(f, finding);
	print_shrunk(f, finding);
	json_array_foreach(story, i, line)
		fprintf(f, "  %s\n", json_string_value(line));
	table_wrap(f, "  so: ", report_text(finding, "message"), 6);
	fprintf(f, "  replay: shootdown replay %s\n",
	        report_text(finding, "schedule"));
	free(row_text);
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

/* Of rows that were searched exhaustively, how far that got. */
static void
print_search(FILE *f, const json_t *rows)
{
	unsigned complete = 0, bounded = 0, searched = 0;
	json_int_t executions = 0, redundant = 0, states = 0, left = 0;
	const json_t *row, *s;
	char *text;
	size_t i;

	json_array_foreach(rows, i, row) {
		if ((s = json_object_get(row, "search")) == NULL)
			continue;
		searched++;
		executions += report_number(s, "executions");
		redundant += report_number(s, "redundant");
		states += report_number(s, "states");
		left += report_number(s, "left");
		if (json_is_true(json_object_get(row, "complete")))
			complete++;
		else
			bounded += json_is_true(json_object_get(s,
			    "finished"));
	}
	if (searched == 0)
		return;
	text = cli_format("%u of %u rows complete, %u up to a bound or a "
	    "finding, %u not complete, about %lld executions left; %lld "
	    "executions, %lld redundant, %lld states", complete, searched,
	    bounded, searched - complete - bounded, (long long)left,
	    (long long)executions, (long long)redundant, (long long)states);
	fprintf(f, "\n");
	table_wrap(f, "exhaustive: ", text, 2);
	free(text);
}

static void
print_summary(FILE *f, const json_t *report, unsigned findings,
              unsigned known)
{
	const json_t *rows = json_object_get(report, "rows"), *row;
	const size_t skipped =
	    json_array_size(json_object_get(report, "skipped"));
	const char *result = report_text(report, "result");
	json_int_t schedules = 0;
	unsigned clean = 0;
	char *text, *more;
	size_t i;

	json_array_foreach(rows, i, row) {
		schedules += report_number(row, "schedules");
		clean += strcmp(report_text(row, "status"), "clean") == 0;
	}
	text = cli_format("%u of %zu rows clean, %u finding%s, %u known, %lld "
	                  "schedules", clean, json_array_size(rows), findings,
	                  findings == 1 ? "" : "s", known,
	                  (long long)schedules);
	if (skipped != 0) {
		more = cli_format("%s; %zu not run", text, skipped);
		free(text);
		text = more;
	}
	fprintf(f, "\n");
	table_wrap(f, strcmp(result, "clean") != 0 ? strcmp(result,
	           "findings") != 0 ? "incomplete: " : "findings: " :
	           findings != 0 ? "no new defect: " : "clean: ", text, 2);
	free(text);
}

/* Of pct: the row with the least probability. */
static void
print_bound(FILE *f, const json_t *rows)
{
	const json_t *row, *least = NULL, *bound;
	double p = 2;
	char *name;
	size_t i;

	json_array_foreach(rows, i, row) {
		bound = json_object_get(row, "bound");
		if (bound == NULL || json_real_value(json_object_get(bound,
		    "probability")) >= p)
			continue;
		p = json_real_value(json_object_get(bound, "probability"));
		least = row;
	}
	if (least == NULL)
		return;
	bound = json_object_get(least, "bound");
	name = report_row_name(least);
	fprintf(f, "\nbound: a schedule finds a bug of depth d = %lld with "
	        "probability 1/(n k^(d-1)) or more,\n  at least %.2g (n = %lld "
	        "vCPUs, k = %lld steps, in %s)\n",
	        (long long)report_number(bound, "d"), p,
	        (long long)report_number(bound, "n"),
	        (long long)report_number(bound, "k"), name);
	free(name);
}

void
report_print(FILE *f, const json_t *report, const struct known_list *known,
             bool every_row)
{
	const json_t *rows = json_object_get(report, "rows");
	unsigned findings, nknown;

	if (every_row)
		table_print_rows(f, rows);
	else
		table_print_groups(f, rows);
	print_skipped(f, report);
	print_bound(f, rows);
	findings = print_findings(f, rows, false);
	nknown = print_findings(f, rows, true);
	print_gone(f, known);
	table_print_unfinished(f, rows, "blind",
	                       "missing invalidations were not noticed");
	table_print_unfinished(f, rows, "vacuous",
	                       "nothing was at stake, or the path never ran");
	table_print_unfinished(f, rows, "cut", "did not finish");
	print_search(f, rows);
	print_summary(f, report, findings, nknown);
}
