/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * search: which schedules a row tries.
 *
 * Schedule i of a seed is a function of (seed, i) alone, never of the order of
 * rows, of the number of jobs or of time.
 */
#ifndef SHOOTDOWN_CLI_SEARCH_H
#define SHOOTDOWN_CLI_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "explore/explore.h"

/*
 * Schedules per row when neither --schedules nor --time is given: about a
 * minute for all rows on 2 cores.
 */
#define SEARCH_DEFAULT_SCHEDULES 4000u
#define SEARCH_CANARY_SCHEDULES 4000u

struct search {
	enum strategy_kind kind;
	unsigned burst;         /* random; 0: several in turn */
	unsigned depth;         /* pct, delay; exhaustive: preemptions */
	bool bounded;           /* exhaustive: at most so many */
	bool twice;             /* each schedule again, from its record */
	const uint32_t *weights; /* urw, surw: see profile.h; or NULL */
	uint64_t seed;
	uint64_t schedules;     /* ends after that many, */
	double seconds;         /* or when > 0: after that long */
	double start;           /* of the whole check, for seconds */
	double deadline;        /* of the whole check, when seconds > 0 */
	struct coverage *coverage; /* lines to watch, or NULL */
};

#define SEARCH_STRATEGIES "random[:BURST], pct[:DEPTH], pos, urw, surw, " \
	"delay[:DELAYS], exhaustive[:PREEMPTIONS] or twice[:STRATEGY]"

/* "random:16", "pct:3", "pos", "exhaustive:2"; -1: not a strategy. */
int search_parse(const char *text, struct search *ret);
/* The inverse, as reports show it; buf of 32 bytes. */
const char *search_name(const struct search *s, char *buf);
/* Probability with which a schedule of pct finds a bug of its depth. */
double search_bound(const struct search *s, unsigned tasks, uint32_t length);
/*
 * The i-th strategy; length: expected steps of a run, for pct.  An exhaustive
 * search has an order of its own: outside of it runs are random.
 */
struct strategy search_strategy(const struct search *s, uint64_t i,
                                uint32_t length);

/* A set of 64-bit hashes that counts distinct members. */
struct hash_set {
	uint64_t *slots;        /* 0: free */
	uint64_t size, count;
};

/* Adds one; true when it was not there. */
bool hash_set_add(struct hash_set *s, uint64_t hash);
void hash_set_clear(struct hash_set *s);
uint64_t schedule_hash(const struct schedule *s);

#endif
