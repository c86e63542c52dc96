/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lines: which changed lines were executed, and by which scenarios.
 */
#ifndef SHOOTDOWN_PRESUBMIT_LINES_H
#define SHOOTDOWN_PRESUBMIT_LINES_H

#include "presubmit/patch.h"
#include "presubmit/side.h"

/* Is the file one of those that a side's kernel is made of? */
bool lines_tested(const json_t *report, const char *path);
/*
 * {"changed", "executable", "executed", "files": [...]}.  change: the canonical
 * diff from base to head, names without a/ and b/.
 */
json_t *lines_cover(const struct patch *change, const struct side *base,
                    const struct side *head);

#endif
