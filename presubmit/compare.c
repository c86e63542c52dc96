/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compare: see compare.h.  Everything keeps the order of the rows.
 */
#include "presubmit/compare.h"

#include <stdlib.h>
#include <string.h>

#include "presubmit/util.h"

static const char *const identity[] = {
	"kernel", "path", "scenario", "mode", "vcpus", "place", "vp_index",
	"host", "memory", "machine", "mutant", "strict", NULL
};

static const char *const figures[] = {
	"status", "schedules", "hypercalls", "ipis", NULL
};
static const char *const cost_figures[] = {
	"local_invalidations", "targets", "overflush", NULL
};

json_t *
compare_row_of(const json_t *row)
{
	json_t *out = json_object();

	for (const char *const *key = identity; *key != NULL; key++) {
		json_t *value = json_object_get(row, *key);

		if (value != NULL)
			json_object_set(out, *key, value);
	}
	return out;
}

char *
compare_row_name(const json_t *row)
{
	const char *vps = ps_text(row, "vp_index");
	const char *place = ps_text(row, "place");

	return ps_format("%s %s %s %s %d%s%s%s%s %s", ps_text(row, "kernel"),
	    ps_text(row, "path"), ps_text(row, "scenario"),
	    ps_text(row, "mode"),
	    (int)json_integer_value(json_object_get(row, "vcpus")),
	    *place != '\0' ? ":" : "", place,
	    *vps != '\0' ? "@" : "", vps, ps_text(row, "host"));
}

void
compare_open(json_t *unfinished, const char *what, const char *why)
{
	json_array_append_new(unfinished, json_pack("{s:s, s:s}", "what", what,
	                                            "why", why));
}

static const json_t *
find_row(const json_t *report, const json_t *row)
{
	json_t *wanted = compare_row_of(row), *one;
	const json_t *found = NULL;
	size_t i;

	json_array_foreach(json_object_get(report, "rows"), i, one) {
		json_t *have = compare_row_of(one);

		if (json_equal(have, wanted))
			found = one;
		json_decref(have);
		if (found != NULL)
			break;
	}
	json_decref(wanted);
	return found;
}

static bool
is_valid(const json_t *row)
{
	const char *status = ps_text(row, "status");

	return strcmp(status, "clean") == 0 || strcmp(status, "findings") == 0;
}

/* ---- findings ------------------------------------------------------------------ */

/* All of one signature on one side. */
struct group {
	const json_t *finding;  /* of the first row, a defect when there is one */
	const json_t *row;
	unsigned rows;
	bool defect;
};

static bool
is_defect(const json_t *finding)
{
	return strcmp(ps_text(finding, "class"), "defect") == 0;
}

static struct group
find_group(const json_t *report, const char *signature)
{
	struct group g = { NULL, NULL, 0, false };
	json_t *row, *one;
	size_t i, k;

	json_array_foreach(json_object_get(report, "rows"), i, row) {
		json_array_foreach(json_object_get(row, "findings"), k, one) {
			if (strcmp(ps_text(one, "signature"), signature) != 0)
				continue;
			g.rows++;
			if (g.finding == NULL || (is_defect(one) && !g.defect)) {
				g.finding = one;
				g.row = row;
				g.defect = is_defect(one);
			}
		}
	}
	return g;
}

static json_t *
make_finding(const struct group *g, unsigned base_rows, unsigned head_rows)
{
	json_t *out = json_deep_copy(g->finding);

	json_object_set_new(out, "row", compare_row_of(g->row));
	json_object_set_new(out, "rows_base", json_integer(base_rows));
	json_object_set_new(out, "rows_head", json_integer(head_rows));
	return out;
}

/* The first row of the finding that the head has not validated, or NULL. */
static const json_t *
open_row(const json_t *base, const json_t *head, const char *signature)
{
	json_t *row, *one;
	size_t i, k;

	json_array_foreach(json_object_get(base, "rows"), i, row)
		json_array_foreach(json_object_get(row, "findings"), k, one) {
			const json_t *other;

			if (strcmp(ps_text(one, "signature"), signature) != 0)
				continue;
			other = find_row(head, row);
			if (other == NULL || !is_valid(other))
				return row;
		}
	return NULL;
}

static void
judge_fixed(const struct compare *c, const struct group *g, json_t *out,
            json_t *unfinished)
{
	const char *signature = ps_text(g->finding, "signature");
	const json_t *row = open_row(c->base, c->head, signature);
	json_t *finding = make_finding(g, g->rows, 0);
	char *name, *why;

	if (row != NULL) {
		name = compare_row_name(row);
		why = ps_format("found on the base in the row %s, which came to "
		                "no result on the head: not fixed for sure",
		                name);
		compare_open(unfinished, signature, why);
		free(why);
		free(name);
	} else if (c->reproduces(c->ctx, true, g->finding)) {
		json_object_set_new(finding, "by_schedule", json_string("head"));
		json_array_append(json_object_get(out, "unchanged"), finding);
	} else {
		json_array_append(json_object_get(out, "fixed"), finding);
	}
	json_decref(finding);
}

static void
judge_head(const struct compare *c, const struct group *g, json_t *out)
{
	const char *signature = ps_text(g->finding, "signature");
	const struct group base = find_group(c->base, signature);
	json_t *finding = make_finding(g, base.rows, g->rows);
	const char *list = "new";

	if (base.rows != 0 && (base.defect || !g->defect))
		list = "unchanged";
	else if (base.rows == 0 && c->reproduces(c->ctx, false, g->finding)) {
		json_object_set_new(finding, "by_schedule", json_string("base"));
		list = "unchanged";
	}
	json_array_append_new(json_object_get(out, list), finding);
}

/* Calls for each signature of a report once. */
static void
add_signature(json_t *seen, const char *signature, bool *ret_first)
{
	*ret_first = json_object_get(seen, signature) == NULL;
	if (*ret_first)
		json_object_set_new(seen, signature, json_true());
}

static void
judge_side(const struct compare *c, bool head, json_t *out,
           json_t *unfinished)
{
	const json_t *report = head ? c->head : c->base;
	json_t *seen = json_object(), *row, *one;
	size_t i, k;

	json_array_foreach(json_object_get(report, "rows"), i, row) {
		json_array_foreach(json_object_get(row, "findings"), k, one) {
			const char *signature = ps_text(one, "signature");
			struct group g;
			bool first;

			add_signature(seen, signature, &first);
			if (!first)
				continue;
			g = find_group(report, signature);
			if (head)
				judge_head(c, &g, out);
			else if (find_group(c->head, signature).rows == 0)
				judge_fixed(c, &g, out, unfinished);
		}
	}
	json_decref(seen);
}

json_t *
compare_findings(const struct compare *c, json_t *unfinished)
{
	json_t *out = json_pack("{s:[], s:[], s:[]}", "new", "fixed",
	                        "unchanged");

	judge_side(c, true, out, unfinished);
	judge_side(c, false, out, unfinished);
	return out;
}

/* ---- rows ---------------------------------------------------------------------- */

/* Rows of one path and scenario with one trouble are told together. */
static void
note_row(json_t *groups, const json_t *row, const char *side,
         const char *trouble)
{
	char *key = ps_format("%s: %s %s %s\t%s", side, ps_text(row, "kernel"),
	                      ps_text(row, "path"), ps_text(row, "scenario"),
	                      trouble);
	json_t *count = json_object_get(groups, key);

	if (count != NULL)
		json_integer_set(count, json_integer_value(count) + 1);
	else
		json_object_set_new(groups, key, json_integer(1));
	free(key);
}

static void
note_status(json_t *groups, const json_t *row, const char *side)
{
	static const char *const meanings[][2] = {
		{ "blind", "blind: nothing to find even with all invalidations "
		  "swallowed" },
		{ "vacuous", "vacuous: no vCPU ever held a stale entry of "
		  "another's, or the path never ran" },
	};
	const char *status = ps_text(row, "status");
	char *why = NULL;

	if (is_valid(row))
		return;
	for (size_t i = 0; i < 2; i++)
		if (strcmp(status, meanings[i][0]) == 0)
			why = ps_copy(meanings[i][1]);
	if (why == NULL)
		why = ps_format("not finished: %s", ps_text(row, "why"));
	note_row(groups, row, side, why);
	free(why);
}

static void
note_side(json_t *groups, const json_t *mine, const json_t *other,
          const char *side, const char *other_side)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(mine, "rows"), i, row) {
		note_status(groups, row, side);
		if (find_row(other, row) == NULL)
			note_row(groups, row, other_side,
			         "this side has no such row");
	}
}

void
compare_rows(const struct compare *c, json_t *unfinished)
{
	json_t *groups = json_object(), *count;
	const char *key;

	note_side(groups, c->base, c->head, "base", "head");
	note_side(groups, c->head, c->base, "head", "base");
	json_object_foreach(groups, key, count) {
		const int tab = (int)strcspn(key, "\t");
		const int n = (int)json_integer_value(count);
		char *what = ps_format("%.*s (%d row%s)", tab, key, n,
		                       n == 1 ? "" : "s");

		compare_open(unfinished, what, key + tab + 1);
		free(what);
	}
	json_decref(groups);
}

/* ---- cost ---------------------------------------------------------------------- */

static json_t *
figures_of(const json_t *row)
{
	const json_t *cost = json_object_get(row, "cost");
	json_t *out = json_object();

	for (const char *const *key = figures; *key != NULL; key++)
		json_object_set(out, *key, json_object_get(row, *key));
	for (const char *const *key = cost_figures; *key != NULL; key++)
		json_object_set(out, *key, json_object_get(cost, *key));
	return out;
}

json_t *
compare_cost(const struct compare *c)
{
	json_t *out = json_array(), *row;
	size_t i;

	json_array_foreach(json_object_get(c->head, "rows"), i, row) {
		const json_t *base = find_row(c->base, row);

		if (base == NULL || !is_valid(base) || !is_valid(row))
			continue;
		json_array_append_new(out, json_pack("{s:o, s:o, s:o}", "row",
		    compare_row_of(row), "base", figures_of(base), "head",
		    figures_of(row)));
	}
	return out;
}
