/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private to explore: sets of tasks, as words of bits with a count.
 *
 * Only the words that the run's tasks need are cleared and looked at, so a run
 * of a few tasks works on one word.  Members are visited in ascending order.
 */
#ifndef SHOOTDOWN_EXPLORE_TASKSET_H
#define SHOOTDOWN_EXPLORE_TASKSET_H

#include "explore/explore.h"

#include <limits.h>

#define NO_TASK UINT_MAX

struct task_set {
	unsigned count, words;
	uint64_t word[(EXPLORE_MAX_TASKS + 63) / 64];
};

/* Makes the set empty, for tasks below ntasks. */
static inline void
set_reset(struct task_set *s, unsigned ntasks)
{
	s->count = 0;
	s->words = (ntasks + 63) / 64;
	s->word[0] = 0;
	for (unsigned w = 1; w < s->words; w++)
		s->word[w] = 0;
}

static inline bool
set_has(const struct task_set *s, unsigned t)
{
	return (s->word[t / 64] >> (t % 64) & 1) != 0;
}

static inline void
set_add(struct task_set *s, unsigned t)
{
	s->count += !set_has(s, t);
	s->word[t / 64] |= UINT64_C(1) << (t % 64);
}

static inline void
set_delete(struct task_set *s, unsigned t)
{
	s->count -= set_has(s, t);
	s->word[t / 64] &= ~(UINT64_C(1) << (t % 64));
}

/* The least member from t on, or NO_TASK. */
static inline unsigned
set_next(const struct task_set *s, unsigned t)
{
	unsigned w = t / 64;
	uint64_t bits;

	if (w >= s->words)
		return NO_TASK;
	bits = s->word[w] & UINT64_MAX << (t % 64);
	while (bits == 0) {
		if (++w == s->words)
			return NO_TASK;
		bits = s->word[w];
	}
	return w * 64 + (unsigned)__builtin_ctzll(bits);
}

/*
 * Each member, as `t`: for (SET_EACH(set, t)).  Members may leave meanwhile,
 * and those that come are not visited for certain.
 */
#define SET_EACH(set, t) \
	struct set_walk walk = set_begin(set); \
	((t) = set_step(set, &walk)) != NO_TASK;

struct set_walk {
	unsigned word;
	uint64_t bits;          /* of that word, still to be visited */
};

static inline struct set_walk
set_begin(const struct task_set *s)
{
	return (struct set_walk){ 0, s->word[0] };
}

static inline unsigned
set_step(const struct task_set *s, struct set_walk *walk)
{
	unsigned t;

	while (walk->bits == 0) {
		if (++walk->word >= s->words)
			return NO_TASK;
		walk->bits = s->word[walk->word];
	}
	t = walk->word * 64 + (unsigned)__builtin_ctzll(walk->bits);
	walk->bits &= walk->bits - 1;
	return t;
}

/* __builtin_popcountll() is a call where the processor may lack it. */
static inline unsigned
bits_count(uint64_t bits)
{
	bits -= bits >> 1 & UINT64_C(0x5555555555555555);
	bits = (bits & UINT64_C(0x3333333333333333)) +
	    (bits >> 2 & UINT64_C(0x3333333333333333));
	bits = (bits + (bits >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (unsigned)(bits * UINT64_C(0x0101010101010101) >> 56);
}

/* Member number n (from 0) of the word, which has more than that. */
static inline unsigned
bits_nth(uint64_t bits, unsigned n)
{
	unsigned base = 0;

	for (unsigned width = 32; n > 4 && width >= 8; width /= 2) {
		const unsigned low = bits_count(bits & ((UINT64_C(1) <<
		    width) - 1));

		if (n < low)
			continue;
		n -= low;
		bits >>= width;
		base += width;
	}
	while (n-- > 0)
		bits &= bits - 1;
	return base + (unsigned)__builtin_ctzll(bits);
}

/* Member number n (from 0), n below the set's count. */
static inline unsigned
set_nth(const struct task_set *s, unsigned n)
{
	unsigned w = 0, here;

	for (; w + 1 < s->words; w++, n -= here) {
		here = bits_count(s->word[w]);
		if (n < here)
			break;
	}
	return w * 64 + bits_nth(s->word[w], n);
}

/* How many members are below t. */
static inline unsigned
set_rank(const struct task_set *s, unsigned t)
{
	unsigned n = 0;

	for (unsigned w = 0; w < t / 64; w++)
		n += bits_count(s->word[w]);
	return n + bits_count(s->word[t / 64] &
	    ((UINT64_C(1) << (t % 64)) - 1));
}

/* *ret becomes a, or a without what b holds. */
static inline void
set_minus(struct task_set *ret, const struct task_set *a,
          const struct task_set *b)
{
	ret->words = a->words;
	ret->count = 0;
	for (unsigned w = 0; w < a->words; w++) {
		ret->word[w] = a->word[w] & ~b->word[w];
		ret->count += bits_count(ret->word[w]);
	}
}

/* The least member of both, or NO_TASK. */
static inline unsigned
set_first_common(const struct task_set *a, const struct task_set *b)
{
	for (unsigned w = 0; w < a->words; w++)
		if ((a->word[w] & b->word[w]) != 0)
			return w * 64 + (unsigned)__builtin_ctzll(a->word[w] &
			    b->word[w]);
	return NO_TASK;
}

#endif
