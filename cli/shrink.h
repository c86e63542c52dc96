/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shrink: from a run that found something to the smallest row and schedule
 * that show it: fewer choices, then fewer vCPUs and operations.
 *
 * All that is accepted has the same key (kind, operation, what survived) and
 * the same place.  A function of the row, the search and the schedule alone.
 */
#ifndef SHOOTDOWN_CLI_SHRINK_H
#define SHOOTDOWN_CLI_SHRINK_H

#include "cli/search.h"
#include "cli/signature.h"

/* Candidate runs: to minimise a schedule, and to find one for less of a row. */
#define SHRINK_CHOICES_BUDGET 4000u
#define SHRINK_SEARCH_BUDGET 10000u

struct shrink_context {
	const struct row *row;          /* open when shrinking begins */
	const struct search *search;
	const struct finding_key *key;
	uint64_t after;                 /* schedules it took to find */
	uint32_t length;                /* steps of a run */
};

struct shrink_figures {
	unsigned vcpus, operations, choices, switches, drains, interrupts;
	unsigned host_choices;
};

struct shrunk {
	struct row row;                 /* what is left of it */
	struct schedule schedule;
	struct shrink_figures before, after;
	struct run_result last;         /* the run of the result */
	unsigned runs;                  /* candidates tried */
	bool minimal;                   /* no budget was used up */
};

void shrink_replay(const struct schedule *s, struct schedule *record,
                   struct run_result *ret);
/*
 * Shrinks s->schedule, of the open row.  False when the result is not what it
 * should be: an internal error.
 */
bool shrink_schedule(const struct shrink_context *ctx, struct shrunk *s);
/*
 * After shrink_schedule(): shrinks the row, and the schedule once more, so
 * that no single choice can be taken from it.  Leaves s->row open.
 */
void shrink_row(const struct shrink_context *ctx, struct shrunk *s);
/* Opens ctx->row again; 0, or -1 with *ret_why. */
int shrink_restore(const struct shrink_context *ctx, const struct shrunk *s,
                   char **ret_why);

#endif
