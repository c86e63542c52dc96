/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * story: the steps of a schedule in a person's words.
 */
#ifndef SHOOTDOWN_CLI_STORY_H
#define SHOOTDOWN_CLI_STORY_H

#include "cli/trace.h"

#define STORY_MAX_LINES 16
#define STORY_WIDTH 98          /* columns; reports indent it by two */

struct story {
	char **lines;
	unsigned count, capacity;
	unsigned left_out;      /* steps not told, as less important */
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
