/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hvsim_request: guest memory, and an encoder of flush calls.
 *
 * The encoder is written from the TLFS tables and shares nothing with the
 * decoder under test.  Guest memory is two mapped pages at RAM, and nothing
 * after them.
 */
#ifndef SHOOTDOWN_TESTS_HVSIM_REQUEST_H
#define SHOOTDOWN_TESTS_HVSIM_REQUEST_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "hvsim/hvsim.h"

#define RAM 0x2000000ull
#define ROOT 0x1234000ull
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1ull << (n))

static uint8_t ram[2 * 4096];

static inline int
read_ram(void *ctx, uint64_t gpa, void *buf, size_t size)
{
	(void)ctx;
	if (gpa < RAM || gpa - RAM > sizeof(ram) ||
	    size > sizeof(ram) - (gpa - RAM))
		return -1;
	memcpy(buf, &ram[gpa - RAM], size);
	return 0;
}

/* ---- encoder ---- */

struct request {
	unsigned code;
	uint64_t space, flags;
	uint64_t mask;                  /* plain calls */
	uint64_t format, valid;         /* Ex calls */
	uint64_t bank[64];
	unsigned nbanks, varhead;
	unsigned reps, start;
	uint64_t element[4096];
	uint64_t gpa;
};

static inline bool
is_ex(unsigned code)
{
	return code >= 0x13;
}

/* Bytes outside RAM are dropped. */
static inline void
put_word(uint64_t gpa, uint64_t value)
{
	if (gpa >= RAM && gpa - RAM <= sizeof(ram) - 8)
		memcpy(&ram[gpa - RAM], &value, 8);
}

static inline uint64_t
encode(const struct request *r)
{
	uint64_t at = r->gpa;

	put_word(at, r->space);
	put_word(at + 8, r->flags);
	put_word(at + 16, is_ex(r->code) ? r->format : r->mask);
	at += 24;
	if (is_ex(r->code)) {
		put_word(at, r->valid);
		at += 8;
		for (unsigned i = 0; i < r->nbanks; i++, at += 8)
			put_word(at, r->bank[i]);
	}
	for (unsigned i = 0; i < r->reps; i++, at += 8)
		put_word(at, r->element[i]);
	return r->code | (uint64_t)r->varhead << 17 | (uint64_t)r->reps << 32 |
	       (uint64_t)r->start << 48;
}

/* A legal request: VP 0, one page where a list is asked for. */
static inline void
legal(struct request *r, unsigned code)
{
	memset(r, 0, sizeof(*r));
	r->code = code;
	r->space = ROOT;
	r->mask = r->valid = r->bank[0] = 1;
	r->nbanks = r->varhead = is_ex(code) ? 1 : 0;
	r->reps = code == 3 || code == 0x14 ? 1 : 0;
	r->element[0] = 0x400000;
	r->gpa = RAM;
}

static inline struct hv_profile
profile(const char *name)
{
	struct hv_profile p;

	ck_assert_int_eq(hv_profile_find(name, &p), 0);
	return p;
}

#define ADD_LOOP(tc, test, table) \
	tcase_add_loop_test(tc, test, 0, (int)COUNT(table))

#endif
