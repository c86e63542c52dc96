/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * string.c: those functions of string.h on text that the guest's parts use
 * (those that copy are in console.c), and GCC's own for counting bits, since
 * its library is not made for this code model.
 */
#include <stdint.h>
#include <string.h>

size_t
strlen(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0')
		n++;
	return n;
}

int
strcmp(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

char *
strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (*s == '\0')
			return NULL;
	return (char *)(uintptr_t)s;
}

int __popcountdi2(long value);

int
__popcountdi2(long value)
{
	int n = 0;

	for (uint64_t left = (uint64_t)value; left != 0; left &= left - 1)
		n++;
	return n;
}
