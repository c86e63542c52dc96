/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * numbers: lists of different numbers in words, "0,64,130" or with ranges,
 * which may fall: "0-63,128-191", "129-0".  Printing then parsing gives the
 * same list.
 */
#ifndef SHOOTDOWN_CLI_NUMBERS_H
#define SHOOTDOWN_CLI_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Returns how many there are, at least one; 0: not such a list, one of them is
 * above `limit` or comes twice, or there are more than `room`.
 */
unsigned numbers_parse(const char *text, uint32_t limit, unsigned room,
                       uint32_t *ret);
/* Four in a row are a range. */
void numbers_print(const uint32_t *list, unsigned n, char *buf, size_t size);

#endif
