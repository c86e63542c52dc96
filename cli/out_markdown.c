/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * out_markdown: a report as a summary that a person pastes into a review.
 *
 * The verdict comes first, what is unknown is said in the same breath, and
 * the last lines say how to run it again.
 */
#include "cli/out.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/report.h"

#define MANY 12                 /* lines of a list before "and N more" */

/* ---- text ------------------------------------------------------------------------------ */

/* An underscore inside of a word is no markup. */
static bool
in_word(const char *text, const char *at)
{
	return *at == '_' && at > text && isalnum((unsigned char)at[-1]) &&
	    isalnum((unsigned char)at[1]);
}

/* Text in a cell or a line: nothing of it is markup. */
static void
put_text(FILE *f, const char *all)
{
	for (const char *text = all; *text != '\0'; text++) {
		if (*text == '<')
			fputs("&lt;", f);
		else if (*text == '&')
			fputs("&amp;", f);
		else if ((unsigned char)*text < 0x20)
			fputc(' ', f);
		else if (strchr("|`*_\\[]#~", *text) != NULL &&
		         !in_word(all, text))
			fprintf(f, "\\%c", *text);
		else
			fputc(*text, f);
	}
}

/* Code in a cell: a bar would end the cell, a tick the code. */
static void
put_code(FILE *f, const char *text)
{
	fputc('`', f);
	for (; *text != '\0'; text++) {
		if (*text == '|')
			fputs("\\|", f);
		else
			fputc(*text == '`' ? '\'' : (unsigned char)*text <
			      0x20 ? ' ' : *text, f);
	}
	fputc('`', f);
}

/* The longest run of ticks in a text. */
static unsigned
ticks(const char *text)
{
	unsigned most = 0, run = 0;

	for (; *text != '\0'; text++) {
		run = *text == '`' ? run + 1 : 0;
		if (run > most)
			most = run;
	}
	return most;
}

/* A block of code whose fence no line of it can be. */
static void
put_block(FILE *f, const char *text)
{
	unsigned n = ticks(text) + 1;
	char *clean = out_printable(text);

	if (n < 3)
		n = 3;
	for (unsigned i = 0; i < n; i++)
		fputc('`', f);
	fprintf(f, "text\n%s", clean);
	free(clean);
	if (*text != '\0' && text[strlen(text) - 1] != '\n')
		fputc('\n', f);
	for (unsigned i = 0; i < n; i++)
		fputc('`', f);
	fputc('\n', f);
}

static const char *
plural(size_t n)
{
	return n != 1 ? "s" : "";
}

/* ---- findings ------------------------------------------------------------------------- */

static void
put_finding_row(FILE *f, const struct out_finding *one)
{
	const json_t *where = json_object_get(one->finding, "where");
	char *needs = out_needs(one->finding);
	char *place;

	fprintf(f, "| %s%s | ", *one->state != '\0' ? one->state :
	        one->counts ? "**counts**" : "counts not",
	        json_is_true(json_object_get(one->finding, "known")) ?
	        " (known)" : "");
	put_code(f, report_text(one->finding, "signature"));
	fprintf(f, " | %s | ", report_text(one->finding, "class"));
	place = *report_text(where, "file") == '\0' ? cli_copy("-") :
	    cli_format("%s:%lld", report_text(where, "file"),
	               (long long)report_number(where, "line"));
	put_code(f, place);
	fprintf(f, " | ");
	put_text(f, needs);
	if (json_object_get(one->finding, "rows_head") != NULL)
		fprintf(f, " | %lld → %lld |\n",
		    (long long)report_number(one->finding, "rows_base"),
		    (long long)report_number(one->finding, "rows_head"));
	else
		fprintf(f, " | %zu |\n", json_array_size(one->rows));
	free(place);
	free(needs);
}

static size_t
story_length(const json_t *finding)
{
	return json_array_size(json_object_get(finding, "story"));
}

/* The one to show: of those that count, the shortest story. */
static const struct out_finding *
shortest(const struct out_findings *list)
{
	const struct out_finding *best = NULL;

	for (size_t i = 0; i < list->count; i++) {
		const struct out_finding *one = &list->v[i];

		if (story_length(one->finding) == 0 ||
		    strcmp(one->state, "fixed") == 0)
			continue;
		if (best == NULL || one->counts > best->counts ||
		    (one->counts == best->counts && story_length(one->finding) <
		     story_length(best->finding)))
			best = one;
	}
	return best;
}

static void
put_findings(FILE *f, const struct out_findings *list)
{
	const struct out_finding *one = shortest(list);
	char *story;

	if (list->count == 0)
		return;
	fprintf(f, "\n### Findings\n\n| | signature | class | where | needs | "
	        "rows |\n|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < list->count; i++)
		put_finding_row(f, &list->v[i]);
	if (one == NULL)
		return;
	fprintf(f, "\nThe shortest story, of ");
	put_code(f, report_text(one->finding, "signature"));
	fprintf(f, ":\n\n");
	story = out_story(one->finding);
	put_block(f, story);
	free(story);
}

/* ---- what was not searched ----------------------------------------------------------- */

static void
put_unfinished(FILE *f, const json_t *report)
{
	const json_t *one, *row;
	unsigned n = 0;
	size_t i;

	json_array_foreach(json_object_get(report, "rows"), i, row) {
		const char *status = report_text(row, "status");
		char *name;

		if (strcmp(status, "clean") == 0 ||
		    strcmp(status, "findings") == 0 || n++ >= MANY)
			continue;
		name = report_row_name(row);
		fprintf(f, "%s* ", n == 1 ? "\n### Not searched\n\n" : "");
		put_code(f, name);
		fprintf(f, ": %s, %s\n", status, out_status_meaning(status));
		free(name);
	}
	if (n > MANY)
		fprintf(f, "* and %u more rows\n", n - MANY);
	json_array_foreach(json_object_get(report, "unfinished"), i, one) {
		fprintf(f, "%s* ", n++ == 0 ? "\n### Not validated\n\n" : "");
		put_text(f, report_text(one, "what"));
		fprintf(f, ": ");
		put_text(f, report_text(one, "why"));
		fprintf(f, "\n");
	}
}

static void
put_skipped(FILE *f, const json_t *report)
{
	const json_t *list = json_object_get(report, "skipped"), *one;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	fprintf(f, "\n<details><summary>%zu not run</summary>\n\n",
	        json_array_size(list));
	json_array_foreach(list, i, one) {
		fprintf(f, "* ");
		put_text(f, report_text(one, "what"));
		fprintf(f, ": ");
		put_text(f, report_text(one, "why"));
		fprintf(f, "\n");
	}
	fprintf(f, "\n</details>\n");
}

/* ---- the parts of a patch --------------------------------------------------------------- */

static void
put_review(FILE *f, const json_t *report)
{
	const json_t *list = json_object_get(report, "review"), *one;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	fprintf(f, "\n### Review checks\n\n| check | base | head | |\n"
	        "|---|---|---|---|\n");
	json_array_foreach(list, i, one) {
		const char *change = report_text(one, "change");

		fprintf(f, "| %s%s | %s | %s | ", report_text(one, "name"),
		    json_is_true(json_object_get(one, "advises")) ?
		    " (advice)" : "", report_text(one, "base"),
		    report_text(one, "head"));
		if (strcmp(change, "same") != 0)
			fprintf(f, "**%s**%s", change,
			        *report_text(one, "why") != '\0' ? ": " : "");
		put_text(f, report_text(one, "why"));
		fprintf(f, " |\n");
	}
}

/*
 * "212-215, 230": the lines of a file that were not executed, of those that
 * the patch adds, or of those that it takes away; malloc'ed.
 */
static char *
ranges(const json_t *lines, bool removed)
{
	char *text = cli_copy("");
	const json_t *line;
	json_int_t first = 0, last = 0;
	size_t i;

	for (i = 0; i <= json_array_size(lines); i++) {
		json_int_t number = 0;

		line = json_array_get(lines, i);
		if (line != NULL && strcmp(report_text(line, "state"),
		    "not executed") == 0 && json_is_true(json_object_get(line,
		    "removed")) == removed)
			number = report_number(line, "line");
		else if (line != NULL)
			continue;
		if (number != 0 && first != 0 && number == last + 1) {
			last = number;
			continue;
		}
		if (first != 0)
			out_add(&text, first == last ? cli_format("%s%lld",
			    *text != '\0' ? ", " : "", (long long)first) :
			    cli_format("%s%lld-%lld", *text != '\0' ? ", " : "",
			    (long long)first, (long long)last));
		first = last = number;
	}
	return text;
}

static void
put_unvalidated(FILE *f, const json_t *file, bool removed)
{
	char *text = ranges(json_object_get(file, "lines"), removed);

	if (*text != '\0') {
		fprintf(f, "* ");
		put_code(f, report_text(file, "path"));
		fprintf(f, "%s: %s\n", removed ? ", lines that go" : "", text);
	}
	free(text);
}

static void
put_coverage(FILE *f, const json_t *report)
{
	const json_t *c = json_object_get(report, "coverage"), *file;
	const json_int_t executable = report_number(c, "executable");
	const json_int_t executed = report_number(c, "executed");
	size_t i;

	if (c == NULL)
		return;
	fprintf(f, "\n### Coverage of the patch\n\n%lld of %lld changed lines "
	        "with code were executed%s\n", (long long)executed,
	        (long long)executable, executed < executable ?
	        "; **the others are unvalidated**:\n" : ".");
	json_array_foreach(json_object_get(c, "files"), i, file) {
		put_unvalidated(f, file, false);
		put_unvalidated(f, file, true);
	}
}

static const char *const cost_names[][2] = {
	{ "hypercalls", "hypercalls" }, { "ipis", "IPIs" },
	{ "local_invalidations", "local invalidations" },
	{ "targets", "targets" }, { "overflush", "over-flush" },
};

#define NCOSTS (sizeof(cost_names) / sizeof(cost_names[0]))

/* A row that ends at a finding has run less than the other side. */
static bool
is_clean(const json_t *side)
{
	const char *status = report_text(side, "status");

	return *status == '\0' || strcmp(status, "clean") == 0;
}

static bool
comparable(const json_t *one)
{
	return is_clean(json_object_get(one, "base")) &&
	    is_clean(json_object_get(one, "head"));
}

static bool
cost_changed(const json_t *one)
{
	if (!comparable(one))
		return false;
	for (size_t i = 0; i < NCOSTS; i++)
		if (!json_equal(json_object_get(json_object_get(one, "base"),
		                                cost_names[i][0]),
		                json_object_get(json_object_get(one, "head"),
		                                cost_names[i][0])))
			return true;
	return false;
}

static void
put_cost_row(FILE *f, const json_t *one)
{
	const json_t *base = json_object_get(one, "base");
	const json_t *head = json_object_get(one, "head");
	char *name = out_row_name(json_object_get(one, "row"));

	fprintf(f, "| ");
	put_code(f, name);
	for (size_t i = 0; i < NCOSTS; i++) {
		const long long a = report_number(base, cost_names[i][0]);
		const long long b = report_number(head, cost_names[i][0]);

		if (a == b)
			fprintf(f, " | %lld", a);
		else
			fprintf(f, " | %lld → **%lld**", a, b);
	}
	fprintf(f, " |\n");
	free(name);
}

static void
put_cost(FILE *f, const json_t *report)
{
	const json_t *list = json_object_get(report, "cost"), *one;
	size_t i, changed = 0, compared = 0;

	json_array_foreach(list, i, one) {
		changed += cost_changed(one);
		compared += comparable(one);
	}
	if (json_array_size(list) == 0)
		return;
	fprintf(f, "\n### Cost\n\n");
	if (compared < json_array_size(list))
		fprintf(f, "Not compared: %zu rows with findings.\n",
		        json_array_size(list) - compared);
	if (changed == 0) {
		fprintf(f, "The same on both sides in %zu row%s.\n", compared,
		        plural(compared));
		return;
	}
	fprintf(f, "Changed in %zu of %zu rows (base → head).\n\n| row",
	        changed, compared);
	for (i = 0; i < NCOSTS; i++)
		fprintf(f, " | %s", cost_names[i][1]);
	fprintf(f, " |\n|---|---:|---:|---:|---:|---:|\n");
	changed = 0;
	json_array_foreach(list, i, one)
		if (cost_changed(one) && changed++ < MANY)
			put_cost_row(f, one);
	if (changed > MANY)
		fprintf(f, "\nand %zu more rows.\n", changed - MANY);
}

/* ---- the first lines and the last ones ---------------------------------------------------- */

static const char *
verdict_mark(const char *verdict)
{
	if (strcmp(verdict, "accepted") == 0 || strcmp(verdict, "clean") == 0)
		return "✅";
	return strcmp(verdict, "refused") == 0 ||
	    strcmp(verdict, "findings") == 0 ? "❌" : "⚠️";
}

static void
put_presubmit_head(FILE *f, const json_t *report)
{
	const char *verdict = report_text(report, "verdict");
	const json_t *findings = json_object_get(report, "findings");
	const json_t *patch = json_object_get(report, "patch");
	const size_t fresh = json_array_size(json_object_get(findings, "new"));

	fprintf(f, "## %s shootdown presubmit: %s\n\n", verdict_mark(verdict),
	        verdict);
	if (*report_text(patch, "subject") != '\0') {
		fprintf(f, "**");
		put_text(f, report_text(patch, "subject"));
		fprintf(f, "** (%zu file%s, %lld lines)\n\n", json_array_size(
		    json_object_get(patch, "files")), plural(json_array_size(
		    json_object_get(patch, "files"))),
		    (long long)report_number(patch, "lines"));
	}
	fprintf(f, "%zu new finding%s, %zu fixed, %zu on both sides.\n", fresh,
	    plural(fresh),
	    json_array_size(json_object_get(findings, "fixed")),
	    json_array_size(json_object_get(findings, "unchanged")));
}

static void
put_check_head(FILE *f, const json_t *report, const struct out_findings *list)
{
	const char *result = report_text(report, "result");
	const json_t *rows = json_object_get(report, "rows"), *row;
	json_int_t schedules = 0;
	size_t i, clean = 0, counted = 0;

	json_array_foreach(rows, i, row) {
		schedules += report_number(row, "schedules");
		clean += strcmp(report_text(row, "status"), "clean") == 0;
	}
	for (i = 0; i < list->count; i++)
		counted += list->v[i].counts;
	fprintf(f, "## %s shootdown check: %s\n\n%zu of %zu rows clean, %zu "
	        "finding%s of which %zu count%s, %lld schedules, %zu not "
	        "run.\n", verdict_mark(result), result, clean,
	        json_array_size(rows), list->count, plural(list->count),
	        counted, counted == 1 ? "s" : "", (long long)schedules,
	        json_array_size(json_object_get(report, "skipped")));
}

/* A string names no tree: where one was given, the replay needs it too. */
static void
put_replays(FILE *f, const json_t *report, const struct out_findings *list)
{
	const char *tree = report_text(out_is_presubmit(report) ? report :
	    json_object_get(report, "options"), "tree");

	for (size_t i = 0; i < list->count && i < MANY; i++) {
		const char *string = report_text(list->v[i].finding, "string");

		if (*string != '\0' && strcmp(list->v[i].state, "fixed") != 0)
			fprintf(f, "shootdown replay%s%s '%s'\n",
			        *tree != '\0' ? " --tree " : "", tree,
			        string);
	}
}

/* One option of a check as it was given, if it was; lists are repeated. */
static void
put_option(FILE *f, const json_t *options, const char *name)
{
	const json_t *value = json_object_get(options, name), *one;
	size_t i;

	if (json_is_string(value))
		fprintf(f, " --%s %s", name, json_string_value(value));
	else if (json_is_integer(value))
		fprintf(f, " --%s %lld", name,
		        (long long)json_integer_value(value));
	json_array_foreach(value, i, one)
		fprintf(f, " --%s '%s'", name, json_string_value(one));
}

static void
put_options(FILE *f, const json_t *report)
{
	static const char *const check[] = {
		"kernel", "tree", "path", "scenario", "vcpus", "mode", "host",
		"mutant", "memory", "machine", "cpu", "strategy", "schedules",
		"seed", NULL
	};
	static const char *const presubmit[] = {
		"scenario", "mode", "vcpus", "host", "schedules", "seed",
		"known", NULL
	};
	const char *const *names = out_is_presubmit(report) ? presubmit : check;

	for (; *names != NULL; names++)
		put_option(f, json_object_get(report, "options"), *names);
	fprintf(f, "\n");
}

/* A tree that is no repository has no commits. */
static void
put_presubmit(FILE *f, const json_t *report)
{
	const char *base = report_text(json_object_get(report, "base"),
	                               "commit");
	const json_t *head = json_object_get(report, "head");
	const bool patch = json_object_get(head, "patch") != NULL;

	fprintf(f, "shootdown presubmit --tree %s%s%s --%s %s",
	        report_text(report, "tree"), *base != '\0' ? " --base " : "",
	        base, patch ? "patch" : "head", report_text(head,
	        patch ? "patch" : "commit"));
	put_options(f, report);
}

static void
put_rerun(FILE *f, const json_t *report, const struct out_findings *list)
{
	fprintf(f, "\n### Again\n\n```sh\n");
	if (out_is_presubmit(report)) {
		put_presubmit(f, report);
	} else {
		fprintf(f, "shootdown check");
		put_options(f, report);
	}
	put_replays(f, report, list);
	fprintf(f, "```\n");
}

int
out_markdown(const json_t *report, FILE *f)
{
	struct out_findings list;

	out_findings_make(report, &list);
	if (out_is_presubmit(report))
		put_presubmit_head(f, report);
	else
		put_check_head(f, report, &list);
	put_findings(f, &list);
	put_unfinished(f, report);
	put_skipped(f, report);
	put_review(f, report);
	put_coverage(f, report);
	put_cost(f, report);
	put_rerun(f, report, &list);
	out_findings_clear(&list);
	return out_end(f);
}
