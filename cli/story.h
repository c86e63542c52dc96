/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * story: the steps of a schedule in a person's words.
 */
#ifndef SHOOTDOWN_CLI_STORY_H
#define SHOOTDOWN_CLI_STORY_H

#include "cli/trace.h"
#include "cli/where.h"

#define STORY_MAX_LINES 16
#define STORY_WIDTH 98          /* columns; reports indent it by two */

/* A step that is told, for programs. */
struct story_step {
	uint64_t number;        /* of the run's steps */
	int actor;              /* vCPU, or -1: the host */
	char *words;
	struct where where;     /* in the kernel's tree; empty: nowhere there */
};

struct story {
	char **lines;
	unsigned count, capacity;
	unsigned left_out;      /* steps not told, as less important */
	struct story_step *steps;       /* those in the lines; story_tell() */
	unsigned nsteps;
};

/* What matters for the finding, in at most STORY_MAX_LINES lines. */
void story_tell(struct story *s, const struct trace *t,
                const struct run_result *r, const struct row *row);
/* Every event, one line each (replay --trace). */
void story_tell_all(struct story *s, const struct trace *t);
void story_clear(struct story *s);
/* What was found, in one sentence; malloc'ed. */
char *story_message(const struct run_result *r);

#endif
