/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print: the report for a person.  The verdict comes first, then what one has
 * to do something about, then the rest.
 */
#include <stdlib.h>
#include <string.h>

#include "presubmit/compare.h"
#include "presubmit/judge.h"
#include "presubmit/presubmit.h"
#include "presubmit/util.h"

#define WIDTH 100u
#define MAX_DETAILS 8u
#define MAX_STORIES 3u          /* one is read; twenty are not */
#define MAX_TOLD 20u

struct printer {
	FILE *f;
	const json_t *report;
	bool colours;
};

static json_int_t
number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static const json_t *
member(const json_t *o, const char *a, const char *b)
{
	return json_object_get(json_object_get(o, a), b);
}

/* Text over several lines, those after the first one indented. */
static void
wrap(FILE *f, const char *first, const char *text, unsigned indent)
{
	size_t column = strlen(first);
	bool begun = false;     /* a word is on this line */

	fputs(first, f);
	while (*text != '\0') {
		const size_t n = strcspn(text, " ");

		if (begun && column + 1 + n > WIDTH) {
			fprintf(f, "\n%*s", (int)indent, "");
			column = indent;
			begun = false;
		}
		fprintf(f, "%s%.*s", begun ? " " : "", (int)n, text);
		column += n + begun;
		begun = true;
		text += n + strspn(text + n, " ");
	}
	fputc('\n', f);
}

static const char *
plural(json_int_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- head of the report ---------------------------------------------------------- */

static void
print_verdict(const struct printer *p)
{
	const char *verdict = ps_text(p->report, "verdict");
	const char *on = "", *off = "";

	if (p->colours) {
		off = "\33[0m";
		on = strcmp(verdict, "accepted") == 0 ? "\33[32m" :
		    strcmp(verdict, "refused") == 0 ? "\33[31m" : "\33[33m";
	}
	fprintf(p->f, "%s%s%s", on, verdict, off);
}

static void
print_side(const struct printer *p, const char *name)
{
	const json_t *side = json_object_get(p->report, name);
	const char *rev = ps_text(side, "rev"), *patch = ps_text(side, "patch");
	const char *commit = ps_text(side, "commit");

	fprintf(p->f, "  %s: %s", name, *patch != '\0' ? patch :
	        *rev != '\0' ? rev : "the tree as it is");
	if (*commit != '\0' && strcmp(commit, rev) != 0)
		fprintf(p->f, " (%.12s)", commit);
	fputc('\n', p->f);
}

static void
print_patch(const struct printer *p)
{
	const json_t *patch = json_object_get(p->report, "patch");
	const char *subject = ps_text(patch, "subject");
	json_t *file;
	size_t i;

	fprintf(p->f, "patch%s%s\n", *subject != '\0' ? ": " : "", subject);
	fprintf(p->f, "  tree: %s (%s)\n", ps_text(p->report, "tree"),
	        ps_text(p->report, "kernel"));
	print_side(p, "base");
	print_side(p, "head");
	json_array_foreach(json_object_get(patch, "files"), i, file)
		fprintf(p->f, "  %s +%d -%d\n", ps_text(file, "path"),
		        (int)number(file, "added"),
		        (int)number(file, "removed"));
}

/* ---- findings -------------------------------------------------------------------- */

static void
print_story(const struct printer *p, const json_t *finding)
{
	json_t *line;
	size_t i;

	json_array_foreach(json_object_get(finding, "story"), i, line)
		fprintf(p->f, "    %s\n", json_string_value(line));
	wrap(p->f, "    so: ", ps_text(finding, "message"), 8);
}

static void
print_finding(const struct printer *p, const json_t *finding,
              const char *kind, bool story)
{
	const json_t *where = json_object_get(finding, "where");
	char *row = compare_row_name(json_object_get(finding, "row"));
	const bool known = json_is_true(json_object_get(finding, "known"));

	fprintf(p->f, "  %s, class %s%s: %s\n", kind, ps_text(finding, "class"),
	        known ? ", known" : "", ps_text(finding, "signature"));
	fprintf(p->f, "    rows:  %d on the base, %d on the head; first %s\n",
	        (int)number(finding, "rows_base"),
	        (int)number(finding, "rows_head"), row);
	if (*ps_text(where, "file") != '\0')
		fprintf(p->f, "    where: %s:%d (%s)\n", ps_text(where, "file"),
		        (int)number(where, "line"), ps_text(where, "function"));
	if (story)
		print_story(p, finding);
	if (strcmp(kind, "new") == 0)
		fprintf(p->f, "    replay: shootdown replay %s\n",
		        ps_text(finding, "schedule"));
	if (*ps_text(finding, "by_schedule") != '\0')
		fprintf(p->f, "    on the %s only by the other side's "
		        "schedule\n", ps_text(finding, "by_schedule"));
	free(row);
}

static void
print_kind(const struct printer *p, const char *kind)
{
	const json_t *list = member(p->report, "findings", kind);
	const bool new = strcmp(kind, "new") == 0;
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		if (i == MAX_TOLD) {
			fprintf(p->f, "  and %zu more %s; --json has them\n",
			        json_array_size(list) - i, kind);
			break;
		}
		print_finding(p, one, kind, new && i < MAX_STORIES);
	}
}

static void
print_findings(const struct printer *p)
{
	fprintf(p->f, "\nfindings: %zu new, %zu fixed, %zu unchanged\n",
	        json_array_size(member(p->report, "findings", "new")),
	        json_array_size(member(p->report, "findings", "fixed")),
	        json_array_size(member(p->report, "findings", "unchanged")));
	print_kind(p, "new");
	print_kind(p, "fixed");
	print_kind(p, "unchanged");
}

/* ---- review ---------------------------------------------------------------------- */

static void
print_details(const struct printer *p, const json_t *details)
{
	const size_t n = json_array_size(details);
	json_t *one;
	size_t i;

	json_array_foreach(details, i, one) {
		const char *file = ps_text(one, "file");

		if (i == MAX_DETAILS) {
			fprintf(p->f, "      and %zu more; --json has them\n",
			        n - i);
			break;
		}
		fputs("      ", p->f);
		if (*file != '\0' && number(one, "line") > 0)
			fprintf(p->f, "%s:%d: ", file,
			        (int)number(one, "line"));
		else if (*file != '\0')
			fprintf(p->f, "%s: ", file);
		fprintf(p->f, "%s\n", ps_text(one, "text"));
	}
}

static void
print_review(const struct printer *p)
{
	json_t *one;
	size_t i;

	if (json_array_size(json_object_get(p->report, "review")) != 0)
		fprintf(p->f, "\nreview: base, head\n");
	json_array_foreach(json_object_get(p->report, "review"), i, one) {
		const char *change = ps_text(one, "change");
		const bool fails = strcmp(ps_text(one, "head"), "fail") == 0;
		char *first = ps_format("  %-11s %-5s %-5s ", ps_text(one,
		    "name"), ps_text(one, "base"), ps_text(one, "head"));
		char *text = ps_format("%s%s%s", strcmp(change, "same") == 0 ?
		    "" : change, strcmp(change, "same") == 0 ? "" :
		    fails && json_is_true(json_object_get(one, "advises")) ?
		    " (advice): " : ": ", ps_text(one, "why"));

		wrap(p->f, first, text, 26);
		if (fails)
			print_details(p, json_object_get(one, "details"));
		free(text);
		free(first);
	}
}

/* ---- coverage -------------------------------------------------------------------- */

/* "12-14, 20" of lines in one state. */
static char *
ranges(const json_t *lines, const char *state, bool removed)
{
	json_int_t from = 0, last = 0;
	char *text = NULL;
	json_t *one;
	size_t i;

	json_array_foreach(lines, i, one) {
		const json_int_t line = number(one, "line");

		if (strcmp(ps_text(one, "state"), state) != 0 ||
		    json_is_true(json_object_get(one, "removed")) != removed)
			continue;
		if (from != 0 && line == last + 1) {
			last = line;
			continue;
		}
		if (from != 0 && last > from)
			ps_add(&text, "-%d", (int)last);
		ps_add(&text, "%s%d", text != NULL ? ", " : "", (int)line);
		from = last = line;
	}
	if (from != 0 && last > from)
		ps_add(&text, "-%d", (int)last);
	return text;
}

/* Prints the scenarios of one path that have executed a line of the file. */
static void
print_scenarios(const struct printer *p, const json_t *lines,
                const char *path)
{
	const size_t n = strlen(path);
	json_t *seen = json_object(), *one, *row, *unused;
	char *text = NULL, *first;
	const char *name;
	size_t i, k;

	json_array_foreach(lines, i, one)
		json_array_foreach(json_object_get(one, "rows"), k, row)
			json_object_set_new(seen, json_string_value(row),
			                    json_true());
	json_object_foreach(seen, name, unused)
		if (strncmp(name, path, n) == 0 && name[n] == ' ')
			ps_add(&text, "%s%s", text != NULL ? ", " : "",
			       name + n + 1);
	first = ps_format("    by %s: ", path);
	if (text != NULL)
		wrap(p->f, first, text, 8);
	free(first);
	free(text);
	json_decref(seen);
}

static void
print_lines(const struct printer *p, const json_t *file)
{
	static const char *const told[][2] = {
		{ "executed", "executed" },
		{ "not executed", "not executed (unvalidated)" },
	};
	const json_t *lines = json_object_get(file, "lines");
	char *text;

	fprintf(p->f, "  %s%s\n", ps_text(file, "path"),
	        json_is_true(json_object_get(file, "tested")) ? "" :
	        " (not under test)");
	for (unsigned k = 0; k < 4; k++) {
		text = ranges(lines, told[k % 2][0], k >= 2);
		if (text != NULL) {
			char *first = ps_format("    %s%s: ", k >= 2 ?
			    "taken away, " : "", told[k % 2][1]);

			wrap(p->f, first, text, 8);
			free(first);
		}
		free(text);
	}
	print_scenarios(p, lines, "native");
	print_scenarios(p, lines, "hypercall");
}

static void
print_coverage(const struct printer *p)
{
	const json_t *c = json_object_get(p->report, "coverage");
	json_t *file;
	size_t i;

	fprintf(p->f, "\ncoverage: %d of %d changed line%s executed",
	        (int)number(c, "executed"), (int)number(c, "executable"),
	        plural(number(c, "executable")));
	if (number(c, "changed") > number(c, "executable"))
		fprintf(p->f, ", %d more without code",
		        (int)(number(c, "changed") - number(c, "executable")));
	fputc('\n', p->f);
	json_array_foreach(json_object_get(c, "files"), i, file)
		print_lines(p, file);
}

/* ---- cost ------------------------------------------------------------------------ */

static const char *const cost_keys[] = {
	"hypercalls", "ipis", "local_invalidations", "targets", "overflush"
};

/* Sums of the rows with one path and scenario. */
struct cost_line {
	char *name;
	double base[5], head[5];
};

static void
add_figures(double *sum, const json_t *figures)
{
	const double n = (double)number(figures, "schedules");

	for (unsigned k = 0; k < 5 && n > 0; k++)
		sum[k] += (double)number(figures, cost_keys[k]) / n;
}

static size_t
sum_cost(const json_t *cost, struct cost_line **ret)
{
	size_t count = 0, i, k;
	json_t *one;

	*ret = NULL;
	json_array_foreach(cost, i, one) {
		const json_t *row = json_object_get(one, "row");
		char *name;

		if (!judge_comparable(one))
			continue;
		name = ps_format("%-10s%s", ps_text(row, "path"),
		                       ps_text(row, "scenario"));

		for (k = 0; k < count && strcmp((*ret)[k].name, name) != 0; k++)
			;
		if (k == count) {
			*ret = ps_grow(*ret, ++count, sizeof(**ret));
			(*ret)[k] = (struct cost_line){ .name = name };
		} else {
			free(name);
		}
		add_figures((*ret)[k].base, json_object_get(one, "base"));
		add_figures((*ret)[k].head, json_object_get(one, "head"));
	}
	return count;
}

static bool
differs(double a, double b)
{
	const double d = a > b ? a - b : b - a;

	return d * 100 > a + b;         /* more than two per cent */
}

static void
print_cost(const struct printer *p)
{
	struct cost_line *lines;
	const size_t n = sum_cost(json_object_get(p->report, "cost"), &lines);
	bool any = false;

	if (n != 0)
		fprintf(p->f, "\ncost per schedule, base -> head, of rows clean "
		        "on both:\n");
	for (size_t i = 0; i < n; i++) {
		bool told = false;

		for (unsigned k = 0; k < 5; k++) {
			if (!differs(lines[i].base[k], lines[i].head[k]))
				continue;
			if (!told)
				fprintf(p->f, "  %s:", lines[i].name);
			fprintf(p->f, " %s %.2f -> %.2f", cost_keys[k],
			        lines[i].base[k], lines[i].head[k]);
			any = told = true;
		}
		if (told)
			fputc('\n', p->f);
		free(lines[i].name);
	}
	if (n != 0 && !any)
		fprintf(p->f, "  the same in all %zu scenarios, to two per "
		        "cent\n", n);
	free(lines);
}

/* ---- the end --------------------------------------------------------------------- */

static void
print_unfinished(const struct printer *p)
{
	const json_t *list = json_object_get(p->report, "unfinished");
	json_t *one;
	size_t i;

	if (json_array_size(list) != 0)
		fprintf(p->f, "\nnot validated:\n");
	json_array_foreach(list, i, one) {
		char *first = ps_format("  %s: ", ps_text(one, "what"));

		wrap(p->f, first, ps_text(one, "why"), 6);
		free(first);
	}
}

/* Why it is refused, in a line. */
static void
print_reasons(const struct printer *p)
{
	unsigned findings = 0;
	const char *sep = "";
	json_t *one;
	size_t i;

	json_array_foreach(member(p->report, "findings", "new"), i, one)
		findings += judge_counts(one);
	if (findings != 0) {
		fprintf(p->f, "%u new defect%s", findings,
		        plural((json_int_t)findings));
		sep = ", ";
	}
	json_array_foreach(json_object_get(p->report, "review"), i, one) {
		if (json_is_true(json_object_get(one, "advises")) ||
		    strcmp(ps_text(one, "change"), "fails now") != 0)
			continue;
		fprintf(p->f, "%sreview check %s fails now", sep,
		        ps_text(one, "name"));
		sep = ", ";
	}
}

static void
print_summary(const struct printer *p)
{
	const char *verdict = ps_text(p->report, "verdict");
	const size_t open = json_array_size(json_object_get(p->report,
	                                                    "unfinished"));

	fputc('\n', p->f);
	print_verdict(p);
	fputs(": ", p->f);
	if (strcmp(verdict, "refused") == 0)
		print_reasons(p);
	else if (strcmp(verdict, "accepted") == 0)
		fprintf(p->f, "nothing new in the rows of both sides, %d of %d "
		        "changed lines executed",
		        (int)number(json_object_get(p->report, "coverage"),
		                    "executed"),
		        (int)number(json_object_get(p->report, "coverage"),
		                    "executable"));
	else
		fprintf(p->f, "%zu thing%s left open", open,
		        open == 1 ? "" : "s");
	if (strcmp(verdict, "refused") == 0 && open != 0)
		fprintf(p->f, "; %zu thing%s left open", open,
		        open == 1 ? "" : "s");
	fputc('\n', p->f);
}

void
presubmit_print(FILE *f, const json_t *report, bool colours)
{
	const struct printer p = { f, report, colours };

	print_patch(&p);
	print_findings(&p);
	print_review(&p);
	print_coverage(&p);
	print_cost(&p);
	print_unfinished(&p);
	print_summary(&p);
}
