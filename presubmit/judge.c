/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge: see judge.h.  Refused needs a fault that the head has and the base
 * does not; accepted needs that nothing was left open.
 */
#include "presubmit/judge.h"

#include <stdlib.h>
#include <string.h>

#include "presubmit/compare.h"
#include "presubmit/presubmit.h"
#include "presubmit/util.h"

/* These check the patch, or people differ about them. */
static const char *const advisers[] = {
	"split", "stray", "style", "cost", NULL
};

/* A growth below this is no news. */
#define COST_PER_CENT 5

static bool
is_adviser(const json_t *check)
{
	for (const char *const *a = advisers; *a != NULL; a++)
		if (strcmp(*a, ps_text(check, "name")) == 0)
			return true;
	return json_is_true(json_object_get(check, "advises"));
}

static const json_t *
find_check(const json_t *list, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (strcmp(ps_text(one, "name"), name) == 0)
			return one;
	return NULL;
}

static const char *
change_of(const char *base, const char *head)
{
	const bool failed = strcmp(base, "fail") == 0;

	if (strcmp(head, "fail") == 0)
		return failed ? "fails on both" : "fails now";
	return strcmp(head, "pass") == 0 && failed ? "passes now" : "same";
}

static json_t *
join(const char *name, const json_t *base, const json_t *head, bool advises)
{
	const char *was = base != NULL ? ps_text(base, "status") : "skip";
	const char *is = head != NULL ? ps_text(head, "status") : "skip";
	/* What is told is what the head has, or the base had. */
	const json_t *told = head != NULL ? head : base;
	json_t *details = json_object_get(told, "details");
	json_t *out = json_pack("{s:s, s:b, s:s, s:s, s:s, s:s}", "name", name,
	    "advises", advises, "base", was, "head", is, "change",
	    change_of(was, is), "why", ps_text(told, "why"));

	if (details != NULL)
		json_object_set(out, "details", details);
	else
		json_object_set_new(out, "details", json_array());
	return out;
}

json_t *
judge_review(const json_t *base, const json_t *head, json_t *unfinished)
{
	json_t *out = json_array(), *one;
	size_t i;

	json_array_foreach(head, i, one) {
		const char *name = ps_text(one, "name");
		const json_t *was = find_check(base, name);
		const bool advises = is_adviser(one);

		json_array_append_new(out, join(name, was, one, advises));
		if (!advises && was != NULL &&
		    strcmp(ps_text(was, "status"), "skip") != 0 &&
		    strcmp(ps_text(one, "status"), "skip") == 0) {
			char *what = ps_format("review check %s", name);

			compare_open(unfinished, what, ps_text(one, "why"));
			free(what);
		}
	}
	json_array_foreach(base, i, one)
		if (find_check(head, ps_text(one, "name")) == NULL)
			json_array_append_new(out, join(ps_text(one, "name"),
			    one, NULL, is_adviser(one)));
	return out;
}

/* ---- cost ---------------------------------------------------------------------- */

static json_int_t
number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

bool
judge_comparable(const json_t *cost)
{
	return strcmp(ps_text(json_object_get(cost, "base"), "status"),
	              "clean") == 0 &&
	    strcmp(ps_text(json_object_get(cost, "head"), "status"),
	           "clean") == 0;
}

/* Figures of two runs of different length are compared per schedule. */
static bool
has_grown(const json_t *base, const json_t *head, const char *key)
{
	const double was = (double)number(base, key) *
	    (double)number(head, "schedules");
	const double is = (double)number(head, key) *
	    (double)number(base, "schedules");

	return is * 100 > was * (100 + COST_PER_CENT);
}

static void
add_growth(json_t *details, const json_t *one)
{
	static const char *const keys[] = { "hypercalls", "ipis",
	    "local_invalidations", "targets", "overflush", NULL };
	const json_t *base = json_object_get(one, "base");
	const json_t *head = json_object_get(one, "head");
	char *row, *text;

	for (const char *const *key = keys; *key != NULL; key++) {
		if (!has_grown(base, head, *key))
			continue;
		row = compare_row_name(json_object_get(one, "row"));
		text = ps_format("%s: %s %.2f a schedule, was %.2f", row, *key,
		    (double)number(head, *key) /
		    (double)number(head, "schedules"),
		    (double)number(base, *key) /
		    (double)number(base, "schedules"));
		json_array_append_new(details, json_pack("{s:s, s:i, s:s}",
		    "file", "", "line", 0, "text", text));
		free(text);
		free(row);
	}
}

json_t *
judge_cost(const json_t *cost)
{
	static const char *const status[] = { "skip", "pass", "fail" };
	static const char *const why[] = {
		"no row is clean on both sides",
		"no row costs more than before",
		"it costs more than before"
	};
	json_t *details = json_array(), *one;
	unsigned verdict = 0;
	size_t i;

	json_array_foreach(cost, i, one) {
		if (!judge_comparable(one))
			continue;
		verdict = 1;
		add_growth(details, one);
	}
	if (json_array_size(details) != 0)
		verdict = 2;
	return json_pack("{s:s, s:b, s:s, s:s, s:s, s:s, s:o}", "name", "cost",
	    "advises", 1, "base", verdict != 0 ? "pass" : "skip", "head",
	    status[verdict], "change", verdict == 2 ? "fails now" : "same",
	    "why", why[verdict], "details", details);
}

/* ---- the verdict --------------------------------------------------------------- */

bool
judge_counts(const json_t *finding)
{
	return strcmp(ps_text(finding, "class"), "defect") == 0 &&
	    !json_is_true(json_object_get(finding, "known"));
}

static unsigned
count_refusals(const json_t *report)
{
	const json_t *findings = json_object_get(report, "findings");
	unsigned count = 0;
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(findings, "new"), i, one)
		count += judge_counts(one);
	json_array_foreach(json_object_get(report, "review"), i, one)
		count += !json_is_true(json_object_get(one, "advises")) &&
		    strcmp(ps_text(one, "change"), "fails now") == 0;
	return count;
}

int
judge_report(json_t *report)
{
	const json_t *coverage = json_object_get(report, "coverage");
	json_t *unfinished = json_object_get(report, "unfinished");
	int status = PRESUBMIT_ACCEPTED;

	if (json_array_size(unfinished) == 0 &&
	    number(coverage, "executed") == 0)
		compare_open(unfinished, "coverage",
		             "no changed line was executed in any row");
	if (json_array_size(unfinished) != 0)
		status = PRESUBMIT_UNFINISHED;
	if (count_refusals(report) != 0)
		status = PRESUBMIT_REFUSED;
	json_object_set_new(report, "verdict", json_string(
	    status == PRESUBMIT_ACCEPTED ? "accepted" :
	    status == PRESUBMIT_REFUSED ? "refused" : "not validated"));
	return status;
}
