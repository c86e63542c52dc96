/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * row_run: one row from its canary to its findings, in this process.
 */
#ifndef SHOOTDOWN_CLI_ROW_RUN_H
#define SHOOTDOWN_CLI_ROW_RUN_H

#include <jansson.h>

#include "cli/search.h"
#include "pmapshim/pmapshim.h"

/*
 * Runs the row and returns it as in the JSON report.  A row that could not be
 * run has status "cut" and a member "why".  With search->coverage a
 * member "lines_executed" says which lines its schedules have reached.
 */
json_t *row_run(const struct row *row, const struct search *search,
                const char *folder);
/* A row that was not run, or whose worker died. */
json_t *row_not_run(const struct row *row, const struct search *search,
                    const char *why);

#endif
