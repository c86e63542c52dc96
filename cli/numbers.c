/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * numbers: see numbers.h.
 */
#include "cli/numbers.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define SHORTEST 4u             /* range that is printed as one */

/* One number; NULL: there is none, or it is too large. */
static const char *
parse_one(const char *text, uint32_t limit, uint32_t *ret)
{
	unsigned long v;
	char *end;

	if (*text < '0' || *text > '9')
		return NULL;
	v = strtoul(text, &end, 10);
	if (v > limit)
		return NULL;
	*ret = (uint32_t)v;
	return end;
}

static bool
comes_twice(const uint32_t *list, unsigned n)
{
	for (unsigned i = 0; i + 1 < n; i++)
		if (list[i] == list[n - 1])
			return true;
	return false;
}

unsigned
numbers_parse(const char *text, uint32_t limit, unsigned room, uint32_t *ret)
{
	uint32_t first, last;
	unsigned n = 0;

	for (;;) {
		text = parse_one(text, limit, &first);
		last = first;
		if (text != NULL && *text == '-')
			text = parse_one(text + 1, limit, &last);
		if (text == NULL)
			return 0;
		for (uint32_t v = first;; v = last > v ? v + 1 : v - 1) {
			if (n == room)
				return 0;
			ret[n++] = v;
			if (comes_twice(ret, n))
				return 0;
			if (v == last)
				break;
		}
		if (*text == '\0')
			return n;
		if (*text++ != ',')
			return 0;
	}
}

/* How many from the i-th on follow each other, in either direction. */
static unsigned
run_length(const uint32_t *list, unsigned n, unsigned i)
{
	unsigned length = 1;
	uint32_t step;

	if (i + 1 >= n)
		return 1;
	step = list[i + 1] - list[i];
	if (step != 1 && step != UINT32_MAX)
		return 1;
	while (i + length < n && list[i + length] - list[i + length - 1] ==
	    step)
		length++;
	return length;
}

void
numbers_print(const uint32_t *list, unsigned n, char *buf, size_t size)
{
	size_t used = 0;
	unsigned length;

	buf[0] = '\0';
	for (unsigned i = 0; i < n && used < size; i += length) {
		length = run_length(list, n, i);
		if (length < SHORTEST)
			length = 1;
		used += (size_t)snprintf(buf + used, size - used,
		    length > 1 ? "%s%u-%u" : "%s%u", i != 0 ? "," : "",
		    list[i], list[i + length - 1]);
	}
}
