/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * coverage: which lines of the user's tree a row executes.
 *
 * The object that is checked is the object that is measured: a breakpoint on
 * each statement of the line table, in the worker's own copy of the text, that
 * takes itself away when it is reached.  So it changes no schedule, and costs
 * nothing when it is not asked for.
 */
#ifndef SHOOTDOWN_CLI_COVERAGE_H
#define SHOOTDOWN_CLI_COVERAGE_H

#include <jansson.h>

#include "pmapshim/pmapshim.h"

struct coverage;

/*
 * Reads the line table of a loaded kernel.  NULL with a malloc'ed *ret_why
 * when it has none.
 */
struct coverage *coverage_open(const struct kernel_object *k,
                               const struct kernel_ops *ops, char **ret_why);
void coverage_close(struct coverage *c);
/* {"sys/x.c": [line, ...]}: every line that has code. */
json_t *coverage_lines(const struct coverage *c);

/* From here on, in this process.  Returns 0, or a negative errno. */
int coverage_start(struct coverage *c);
/* Takes away what was not reached; {"sys/x.c": [line, ...]}: what was. */
json_t *coverage_stop(struct coverage *c);

#endif
