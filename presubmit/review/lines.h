/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lines: the source line of an address in an executable at a fixed address.
 */
#ifndef SHOOTDOWN_REVIEW_LINES_H
#define SHOOTDOWN_REVIEW_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct place_in_code {
	char *file, *function;
	size_t line;
};

/* Whether it is known; fills `ret`, which lines_clear() releases. */
bool
lines_find(const char *object, unsigned long address,
           struct place_in_code *ret);

void
lines_clear(struct place_in_code *p);

#endif
