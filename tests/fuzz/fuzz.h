/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz: what the targets share: an input that never ends, and how a target
 * says that something is wrong.
 *
 * Decoding is total: whatever the bytes are, and however few, they are an
 * input; past the end everything is zero.  A target keeps no state between
 * inputs that could change its verdict.
 */
#ifndef SHOOTDOWN_TESTS_FUZZ_H
#define SHOOTDOWN_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Why the target cannot run here (a tree is missing); NULL: it can. */
const char *fuzz_absent(void);

/* Of main.c: names the input that runs; libFuzzer writes it to a file. */
void fuzz_report(void) __attribute__((weak));

/* Ends the process: the input is a finding. */
_Noreturn void fuzz_fail(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* Findings in the code under test that are written up already. */
enum fuzz_known { FUZZ_KNOWN_LIST_PAST_PAGE, FUZZ_KNOWN_EMPTY_SET,
	FUZZ_KNOWN_COUNT };

/*
 * Notes such a finding and returns, so that the target can go on with the
 * next input; ends the process if SHOOTDOWN_FUZZ_STRICT is set.
 */
void fuzz_known(enum fuzz_known which, const char *what);

struct bytes {
	const uint8_t *p;
	size_t left;
};

static inline struct bytes
bytes_of(const uint8_t *data, size_t size)
{
	return (struct bytes){ data, size };
}

/* The next `size` bytes, zeros past the end. */
static inline void
take(struct bytes *b, void *to, size_t size)
{
	const size_t n = size < b->left ? size : b->left;

	if (n != 0)
		memcpy(to, b->p, n);
	memset((char *)to + n, 0, size - n);
	b->p += n;
	b->left -= n;
}

static inline uint64_t
take_number(struct bytes *b, size_t size)
{
	uint64_t v = 0;

	take(b, &v, size);      /* x86: the low bytes come first */
	return v;
}

#define take8(b) ((uint8_t)take_number(b, 1))
#define take16(b) ((uint16_t)take_number(b, 2))
#define take32(b) ((uint32_t)take_number(b, 4))
#define take64(b) take_number(b, 8)

#endif
