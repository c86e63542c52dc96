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
print_row(const struct row *row, const struct metal_result *r,
          struct totals *t)
{
	struct rowtext text;
	char *line, *what;

	rowtext_from_row(&text, row);
	line = rowtext_line(&text);
	if (r->skipped != NULL || !r->done) {
		t->skipped++;
		printf("skipped  %s: needs %s\n", line, r->skipped != NULL ?
		       r->skipped : "more time");
		free(line);
		return;
	}
	t->run++;
	t->stale += r->stale > 0;
	t->trouble += r->stale == 0 && r->trouble > 0;
	t->blind += r->stale == 0 && r->trouble == 0 && r->canary_stale == 0;
	printf("%-8s %s: %" PRIu64 " of %" PRIu64 " runs stale; canary %"
	       PRIu64 " of %" PRIu64 "; %" PRIu64 " IPIs, %" PRIu64
	       " hypercalls\n", r->stale > 0 ? "STALE" : r->trouble > 0 ?
	       "TROUBLE" : r->canary_stale == 0 ? "blind" : "clean", line,
	       r->stale, r->runs, r->canary_stale, r->canaries, r->ipis,
	       r->hypercalls);
	if (r->stale > 0) {
		what = metal_stale_text(r);
		printf("         %s\n", what);
		free(what);
	}
	if (r->trouble > 0)
		printf("         in %" PRIu64 " runs: %s\n", r->trouble,
		       r->why);
	if (r->dropped + r->kept > 0)
		printf("         of the entries in their range the host "
		       "dropped %" PRIu64 ", kept %" PRIu64 "\n", r->dropped,
		       r->kept);
	free(line);
}

int
check_on(const struct check_on *o)
{
	struct metal_session s;
	struct totals t = { 0 };

	cli_catch_interrupt(true);
	metal_begin(&s, &o->on);
	for (size_t i = 0; i < o->count; i++)
		metal_add(&s, &o->rows[i], o->runs, o->runs / 2 + 1, NULL,
		          NULL, 0);
	metal_boot(&s);
	for (size_t i = 0; i < o->count; i++)
		print_row(&o->rows[i], &s.result[i], &t);
	printf("On %s: %u rows run, %u with stale entries, %u with other "
	       "trouble, %u blind, %u skipped\n", o->on.rung, t.run, t.stale,
	       t.trouble, t.blind, t.skipped);
	metal_end(&s);
	if (t.stale + t.trouble > 0)
		return CLI_FOUND;
	return t.blind > 0 || t.run == 0 ? CLI_UNFINISHED : CLI_CLEAN;
}
