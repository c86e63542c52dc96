/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compare: two reports of check, of base and head, made with the same rows,
 * seeds and budget.
 */
#ifndef SHOOTDOWN_PRESUBMIT_COMPARE_H
#define SHOOTDOWN_PRESUBMIT_COMPARE_H

#include <jansson.h>
#include <stdbool.h>

struct compare {
	const json_t *base, *head;      /* reports */
	/* Does the finding's schedule lead to it on the other side? */
	bool (*reproduces)(void *ctx, bool on_head, const json_t *finding);
	void *ctx;
};

/*
 * {"new": [], "fixed": [], "unchanged": []}.  A finding is known by its
 * signature.  It is new, or fixed, when the other side does not have it, not
 * even with its schedule; and fixed only when all of its rows were validated
 * on the head.  What is open goes to `unfinished`.
 */
json_t *compare_findings(const struct compare *c, json_t *unfinished);
/* Rows that are blind, vacuous, cut or missing on a side. */
void compare_rows(const struct compare *c, json_t *unfinished);
/* [{"row", "base": {...}, "head": {...}}]: figures of both sides. */
json_t *compare_cost(const struct compare *c);

/* What a row is, without what it came to. */
json_t *compare_row_of(const json_t *row);
/* "freebsd hypercall unmap-page pcid 2 tlfs"; malloc'ed. */
char *compare_row_name(const json_t *row);
/* {"what", "why"} */
void compare_open(json_t *unfinished, const char *what, const char *why);

#endif
