/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random numbers: xoshiro256** seeded by splitmix64 (Blackman and Vigna).
 *
 * The state is passed explicitly and everything is integer arithmetic, so
 * that a seed means the same schedule on every machine and libc.
 */
#ifndef SHOOTDOWN_EXPLORE_RNG_H
#define SHOOTDOWN_EXPLORE_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t s[4];
};

static inline uint64_t
splitmix64(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline void
rng_seed(struct rng *rng, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		rng->s[i] = splitmix64(&seed);
}

static inline uint64_t
rng_rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static inline uint64_t
rng_next(struct rng *rng)
{
	uint64_t *s = rng->s;
	const uint64_t result = rng_rotl(s[1] * 5, 7) * 9;
	const uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rng_rotl(s[3], 45);
	return result;
}

/* 0 .. n-1, n >= 1.  The bias of at most n / 2^32 does not matter here. */
static inline uint32_t
rng_below(struct rng *rng, uint32_t n)
{
	return (uint32_t)(((rng_next(rng) >> 32) * n) >> 32);
}

/*
 * 1, 2, ...: geometric with the given mean, 1 .. 2^20.
 *
 * -log2(U) of a uniform U is its leading zeros and one minus the log2 of the
 * mantissa; log2(1 + f) ~ f + 0.344 f (1 - f) is within 0.01.  Times ln 2 and
 * rounded up this is an exponential, which discretised is a geometric.
 */
static inline uint32_t
rng_geometric(struct rng *rng, uint32_t mean)
{
	if (mean <= 1)
		return 1;

	const uint64_t u = rng_next(rng) | 1;
	const int zeros = __builtin_clzll(u);
	const uint64_t f = ((u << zeros) << 1) >> 48;   /* 16 bits */
	const uint64_t log2f = f + ((f * (65536 - f) >> 16) * 22544 >> 16);
	const uint64_t e = ((uint64_t)zeros + 1) * 65536 - log2f;
	const uint64_t scale = (2 * (uint64_t)mean - 1) * 45426; /* 2^17 ln 2 */

	return 1 + (uint32_t)((e * scale) >> 33);
}

#endif
