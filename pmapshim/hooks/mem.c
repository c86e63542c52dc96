/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem.c: mem* inside a kernel object, compiled with the hooks.
 *
 * They run as 8-byte steps, each with its own scheduling point, so that a torn
 * copy of a CPU mask is reachable.  Part of every kernel object, since libc's
 * own would not be seen by the hooks.
 */
typedef unsigned long __attribute__((may_alias)) word;
typedef unsigned char byte;

#define ALIGNED(a, b) ((((unsigned long)(a) | (unsigned long)(b)) & 7) == 0)

void *memcpy(void *restrict to, const void *restrict from, unsigned long n);
void *memmove(void *to, const void *from, unsigned long n);
void *memset(void *to, int c, unsigned long n);
int memcmp(const void *a, const void *b, unsigned long n);

void *
memcpy(void *restrict to, const void *restrict from, unsigned long n)
{
	byte *t = to;
	const byte *f = from;

	for (; ALIGNED(t, f) && n >= 8; n -= 8, t += 8, f += 8)
		*(word *)t = *(const word *)f;
	while (n-- > 0)
		*t++ = *f++;
	return to;
}

void *
memmove(void *to, const void *from, unsigned long n)
{
	byte *t = to;
	const byte *f = from;

	if (t <= f || t >= f + n)
		return memcpy(to, from, n);
	while (ALIGNED(t + n, f + n) && n >= 8) {
		n -= 8;
		*(word *)(t + n) = *(const word *)(f + n);
	}
	while (n-- > 0)
		t[n] = f[n];
	return to;
}

void *
memset(void *to, int c, unsigned long n)
{
	byte *t = to;
	word w = 0x0101010101010101ul * (byte)c;

	for (; ALIGNED(t, 0) && n >= 8; n -= 8, t += 8)
		*(word *)t = w;
	while (n-- > 0)
		*t++ = (byte)c;
	return to;
}

int
memcmp(const void *a, const void *b, unsigned long n)
{
	const byte *x = a, *y = b;

	for (; n-- > 0; x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}
