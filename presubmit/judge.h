/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge: from all that was compared to the verdict.
 */
#ifndef SHOOTDOWN_PRESUBMIT_JUDGE_H
#define SHOOTDOWN_PRESUBMIT_JUDGE_H

#include <jansson.h>
#include <stdbool.h>

/*
 * Joins the reviews of both sides: [{"name", "advises", "base", "head",
 * "change", "why", "details"}]; a check that the head could not run any more
 * goes to `unfinished`.
 */
json_t *judge_review(const json_t *base, const json_t *head,
                     json_t *unfinished);
/* What the review check `cost` says of the figures; it advises. */
json_t *judge_cost(const json_t *cost);
/* A run ends with its finding: figures compare where both sides are clean. */
bool judge_comparable(const json_t *cost);
/* Does a finding set exit 1? */
bool judge_counts(const json_t *finding);
/* Sets "verdict" of a report that has everything else; the exit status. */
int judge_report(json_t *report);

#endif
