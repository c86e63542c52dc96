/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_on.c: `check --on RUNG`: the rows run freely on real processors, in one
 * boot, and each with nothing invalidated besides: a row whose canary sees no
 * stale entry says nothing, and is called blind.
 */
#include "cli/check_on.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/metal_on.h"
#include "cli/rowtext.h"

struct totals {
	unsigned run, stale, trouble, blind, skipped;
};

static void
print_host(const struct metal_result *r)
{
	if (r->dropped + r->kept > 0)
		printf("         of the entries in their range the host "
		       "dropped %" PRIu64 ", kept %" PRIu64 "\n", r->dropped,
		       r->kept);
}

static const char *
status_of(const struct metal_result *r)
{
	if (r->stale > 0)
		return "STALE";
	if (r->trouble > 0)
		return "TROUBLE";
	return r->canary_stale == 0 ? "blind" : "clean";
}

static void
print_row(const struct check_on *o, const struct row *row,
          const struct metal_result *r)
{
	struct rowtext text;
	char *line, *what;

	rowtext_from_row(&text, row);
	if (!o->on.literal)
		snprintf(text.host, sizeof(text.host), "%s", o->on.rung);
	line = rowtext_line(&text);
	printf("%-8s %s: %" PRIu64 " of %" PRIu64 " runs stale; canary %"
	       PRIu64 " of %" PRIu64 "; %" PRIu64 " IPIs, %" PRIu64
	       " hypercalls\n", status_of(r), line, r->stale, r->runs,
	       r->canary_stale, r->canaries, r->ipis, r->hypercalls);
	if (r->stale > 0) {
		what = metal_stale_text(r);
		printf("         %s\n", what);
		free(what);
	}
	if (r->trouble > 0)
		printf("         in %" PRIu64 " runs: %s\n", r->trouble,
		       r->why);
	print_host(r);
	free(line);
}

static const char *
lacks(const struct metal_result *r)
{
	return r->skipped != NULL ? r->skipped : r->done ? NULL :
	    "more time";
}

static void
count_row(const struct metal_result *r, struct totals *t)
{
	if (lacks(r) != NULL) {
		t->skipped++;
		return;
	}
	t->run++;
	t->stale += r->stale > 0;
	t->trouble += r->stale == 0 && r->trouble > 0;
	t->blind += r->stale == 0 && r->trouble == 0 && r->canary_stale == 0;
}

/* A line for each reason, with the rows that have it counted. */
static void
print_skipped(const struct metal_session *s)
{
	for (unsigned i = 0; i < s->rows; i++) {
		const char *why = lacks(&s->result[i]);
		unsigned n = 0, first = i;

		for (unsigned k = 0; k < s->rows && why != NULL; k++) {
			const char *other = lacks(&s->result[k]);

			if (other == NULL || strcmp(why, other) != 0)
				continue;
			n++;
			if (k < first)
				first = k;
		}
		if (n > 0 && first == i)
			printf("skipped  %u rows: need %s\n", n, why);
	}
}

int
check_on(const struct check_on *o)
{
	struct metal_session s;
	struct totals t = { 0 };
	bool finished;

	cli_catch_interrupt(true);
	metal_begin(&s, &o->on);
	for (size_t i = 0; i < o->count; i++)
		metal_add(&s, &o->rows[i], o->runs, o->runs / 2 + 1, NULL,
		          NULL, 0);
	metal_boot(&s);
	for (size_t i = 0; i < o->count; i++) {
		count_row(&s.result[i], &t);
		if (lacks(&s.result[i]) == NULL)
			print_row(o, &o->rows[i], &s.result[i]);
	}
	print_skipped(&s);
	printf("On %s: %u rows run, %u with stale entries, %u with other "
	       "trouble, %u blind, %u skipped\n", o->on.rung, t.run, t.stale,
	       t.trouble, t.blind, t.skipped);
	finished = s.gave_up == NULL;
	if (!finished)
		fprintf(stderr, "shootdown: --on %s: given up after %u of %u "
		    "rows: %s\n", o->on.rung, s.finished, s.rows, s.gave_up);
	metal_end(&s);
	if (t.stale + t.trouble > 0)
		return CLI_FOUND;
	return !finished || t.blind > 0 || t.run == 0 ? CLI_UNFINISHED :
	    CLI_CLEAN;
}
