/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * side: one side of a patch, base or head, run by `shootdown check`.
 */
#ifndef SHOOTDOWN_PRESUBMIT_SIDE_H
#define SHOOTDOWN_PRESUBMIT_SIDE_H

#include "presubmit/presubmit.h"

struct side {
	const char *name;       /* "base", "head" */
	char *folder;           /* in the cache */
	char *commit;           /* or NULL */
	json_t *report;         /* of check; NULL: it came to none */
	char *trouble;          /* then: why, without our paths */
	bool usage;             /* the trouble is with the options */
};

/*
 * Runs check on a side with the options of all runs and `more` (NULL at the
 * end).  scratch: for its report.  schedules: where schedule files go.
 */
void side_check(struct side *s, const struct presubmit_options *o,
                const char *kernel, const char *const *more,
                const char *scratch, const char *schedules);
/* Does a schedule (a string of check's report) lead to its finding here? */
bool side_reproduces(const struct side *s, const struct presubmit_options *o,
                     const char *scratch, const char *schedule);
void side_clear(struct side *s);
/* Takes the folder's name in the cache out of a text; malloc'ed. */
char *side_shorten(const struct side *s, const char *text);

#endif
