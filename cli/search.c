/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * search: see search.h.
 */
#include "cli/search.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/*
 * Without a burst of its own, `random` takes these in turn: some bugs want a
 * switch every few steps, others two switches in a long run.
 */
static const unsigned bursts[] = { 8, 32, 16, 128 };

/* Of an exhaustive search: no bound on preemptions. */
#define UNBOUNDED UINT_MAX

/* The number after the colon: whether there can be one, and its usual value. */
static const struct named {
	const char *name;
	enum strategy_kind kind;
	bool number;
	unsigned min, max, standard;
} named[] = {
	{ "random", STRATEGY_RANDOM, true, 1, 100000, 0 },
	{ "pct", STRATEGY_PCT, true, 1, 33, 3 },
	{ "pos", STRATEGY_POS, false, 0, 0, 0 },
	{ "urw", STRATEGY_URW, false, 0, 0, 0 },
	{ "surw", STRATEGY_SURW, false, 0, 0, 0 },
	{ "delay", STRATEGY_DELAY, true, 0, 32, 3 },
	{ "exhaustive", STRATEGY_EXHAUSTIVE, true, 0, 64, UNBOUNDED },
};
#define NAMED (sizeof(named) / sizeof(named[0]))

static int
parse_number(const char *text, const struct named *n, unsigned *ret)
{
	unsigned long value;
	char *end;

	if (!n->number || *text < '0' || *text > '9')
		return -1;
	value = strtoul(text, &end, 10);
	if (*end != '\0' || value < n->min || value > n->max)
		return -1;
	*ret = (unsigned)value;
	return 0;
}

static int
parse_named(const char *text, const struct named *n, struct search *ret)
{
	const size_t length = strlen(n->name);
	unsigned value = n->standard;

	if (strncmp(text, n->name, length) != 0)
		return -1;
	if (text[length] == ':') {
		if (parse_number(text + length + 1, n, &value) != 0)
			return -1;
	} else if (text[length] != '\0') {
		return -1;
	}
	ret->kind = n->kind;
	ret->burst = n->kind == STRATEGY_RANDOM ? value : 0;
	ret->depth = n->kind == STRATEGY_RANDOM ? 0 : value;
	ret->bounded = n->kind == STRATEGY_EXHAUSTIVE && value != UNBOUNDED;
	return 0;
}

int
search_parse(const char *text, struct search *ret)
{
	bool twice = false;

	if (strncmp(text, "twice", 5) == 0 &&
	    (text[5] == '\0' || text[5] == ':')) {
		twice = true;
		text = text[5] == ':' ? text + 6 : "random";
	}
	for (size_t i = 0; i < NAMED; i++)
		if (parse_named(text, &named[i], ret) == 0) {
			ret->twice = twice;
			return twice && ret->kind == STRATEGY_EXHAUSTIVE ?
			    -1 : 0;
		}
	return -1;
}

const char *
search_name(const struct search *s, char *buf)
{
	const struct named *n = named;
	const unsigned value = s->kind == STRATEGY_RANDOM ? s->burst :
	    s->depth;

	while (n->kind != s->kind)
		n++;
	if (n->number && value != UNBOUNDED && (value != 0 || n->min == 0))
		snprintf(buf, 32, "%s%s:%u", s->twice ? "twice:" : "",
		         n->name, value);
	else
		snprintf(buf, 32, "%s%s", s->twice ? "twice:" : "", n->name);
	return buf;
}

struct strategy
search_strategy(const struct search *s, uint64_t i, uint32_t length)
{
	struct strategy result;

	memset(&result, 0, sizeof(result));
	result.kind = s->kind == STRATEGY_EXHAUSTIVE ? STRATEGY_RANDOM :
	    s->kind;
	result.seed = cli_mix(s->seed, i);
	result.burst = s->burst != 0 ? s->burst :
	    bursts[i % (sizeof(bursts) / sizeof(bursts[0]))];
	result.depth = s->depth;
	result.length = length;
	result.weights = s->weights;
	return result;
}

/* 1 / (n k^(d-1)), Burckhardt et al. */
double
search_bound(const struct search *s, unsigned tasks, uint32_t length)
{
	double bound = 1.0 / tasks;

	for (unsigned i = 1; i < s->depth; i++)
		bound /= length;
	return bound;
}

static void
hash_set_double(struct hash_set *s)
{
	struct hash_set larger = { NULL, 0, 0 };

	larger.size = s->size != 0 ? 2 * s->size : 4096;
	larger.slots = cli_alloc(larger.size * sizeof(*larger.slots));
	for (uint64_t i = 0; i < s->size; i++)
		if (s->slots[i] != 0)
			hash_set_add(&larger, s->slots[i]);
	free(s->slots);
	*s = larger;
}

bool
hash_set_add(struct hash_set *s, uint64_t hash)
{
	uint64_t i;

	if (2 * s->count >= s->size)
		hash_set_double(s);
	if (hash == 0)
		hash = 1;
	for (i = hash & (s->size - 1); s->slots[i] != 0;
	     i = (i + 1) & (s->size - 1))
		if (s->slots[i] == hash)
			return false;
	s->slots[i] = hash;
	s->count++;
	return true;
}

void
hash_set_clear(struct hash_set *s)
{
	free(s->slots);
	memset(s, 0, sizeof(*s));
}

uint64_t
schedule_hash(const struct schedule *s)
{
	_Static_assert(sizeof(struct choice) == 8, "hashed as bytes");

	return cli_hash(1, s->choices, s->count * sizeof(struct choice));
}
