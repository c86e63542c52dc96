/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * search: see search.h.
 */
#include "cli/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

#define DEFAULT_DEPTH 3u

/*
 * Without a burst of its own, `random` takes these in turn: some bugs want a
 * switch every few steps, others two switches in a long run.
 */
static const unsigned bursts[] = { 8, 32, 16, 128 };

int
search_parse(const char *text, struct search *ret)
{
	const char *colon = strchr(text, ':');
	size_t n = colon != NULL ? (size_t)(colon - text) : strlen(text);
	unsigned long value = 0;
	char *end;

	if (colon != NULL) {
		value = strtoul(colon + 1, &end, 10);
		if (colon[1] < '0' || colon[1] > '9' || *end != '\0' ||
		    value < 1 || value > 100000)
			return -1;
	}
	if (n == 6 && strncmp(text, "random", n) == 0) {
		ret->kind = STRATEGY_RANDOM;
		ret->burst = (unsigned)value;
		return 0;
	}
	if (n == 3 && strncmp(text, "pct", n) == 0) {
		ret->kind = STRATEGY_PCT;
		ret->depth = (unsigned)value;
		return 0;
	}
	return -1;
}

const char *
search_name(const struct search *s, char *buf)
{
	if (s->kind == STRATEGY_PCT)
		snprintf(buf, 32, "pct:%u",
		         s->depth != 0 ? s->depth : DEFAULT_DEPTH);
	else if (s->burst != 0)
		snprintf(buf, 32, "random:%u", s->burst);
	else
		snprintf(buf, 32, "random");
	return buf;
}

struct strategy
search_strategy(const struct search *s, uint64_t i, uint32_t length)
{
	struct strategy result;

	memset(&result, 0, sizeof(result));
	result.kind = s->kind;
	result.seed = cli_mix(s->seed, i);
	result.burst = s->burst != 0 ? s->burst :
	    bursts[i % (sizeof(bursts) / sizeof(bursts[0]))];
	result.depth = s->depth != 0 ? s->depth : DEFAULT_DEPTH;
	result.length = length;
	return result;
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
