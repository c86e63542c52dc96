/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conform_inputs.c: calls that nobody thought of: a legal one, with up to three
 * variations of the table and then any of its numbers drawn anew.
 *
 * What is drawn comes from a seed, or from the bytes of a file as long as there
 * are some; the same bytes give the same calls.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/conform.h"

#define SAMPLE 4                /* one in so many is probed */

struct source {
	const unsigned char *bytes;
	size_t size, used;
	uint64_t state;
};

static uint64_t
draw(struct source *s)
{
	uint64_t value = 0;

	if (s->used < s->size) {
		for (unsigned i = 0; i < 2 && s->used < s->size; i++)
			value = value << 8 | s->bytes[s->used++];
		s->state += value;
		return value;
	}
	s->state ^= s->state << 13;
	s->state ^= s->state >> 7;
	s->state ^= s->state << 17;
	return s->state >> 8;
}

/* Few bits, or many, or none. */
static uint64_t
draw_word(struct source *s)
{
	const uint64_t a = draw(s) << 40 ^ draw(s) << 20 ^ draw(s);

	switch (draw(s) % 5) {
	case 0:
		return 0;
	case 1:
		return 1ull << a % 64;
	case 2:
		return a & draw(s);
	case 3:
		return ~0ull;
	default:
		return a;
	}
}

/* A vector that would arrive is one that the guest can take. */
static uint64_t
draw_vector(struct source *s)
{
	const uint64_t v = draw(s) % 4 == 0 ? draw_word(s) : draw(s) % 0x110;

	return (uint32_t)v >= HVA_IPI_FIRST && (uint32_t)v <= HVA_IPI_LAST ?
	    (v & ~0xffull) | 0xb0 | (v & 0xf) : v;
}

static void
draw_set(struct source *s, struct conform_call *c, unsigned other)
{
	c->valid = draw_word(s);
	c->banks = (unsigned)__builtin_popcountll(c->valid);
	c->varhead = c->banks;
	for (unsigned i = 0; i < c->banks; i++)
		c->bank[i] = draw(s) % 3 ? 0 : draw_word(s);
	if (c->valid >> other / 64 & 1 && draw(s) % 2)
		c->bank[__builtin_popcountll(c->valid &
		    ((1ull << other / 64) - 1))] |= 1ull << other % 64;
	if (draw(s) % 8 == 0)
		c->format = draw(s) % 4;
	if (draw(s) % 8 == 0)
		c->varhead = (unsigned)draw(s) & 0x3ff;
}

static void
draw_list(struct source *s, struct conform_call *c)
{
	c->reps = (unsigned)draw(s) % (draw(s) % 8 ? 18 : 600);
	c->elements = c->reps;
	for (unsigned i = 0; i < c->elements; i++)
		c->element[i] = draw(s) % 4 == 0 ? CONFORM_VA :
		    draw_word(s);
}

static void
draw_numbers(const struct conform_set *s, struct source *from,
             struct conform_call *c)
{
	const uint64_t what = draw(from);

	if (what & 1)
		c->flags = draw_word(from) & (what & 2 ? 7 : ~0ull);
	if (what & 4)
		c->mask = draw_word(from);
	if (what & 8 && c->info->variable)
		draw_set(from, c, s->other);
	if (what & 16 && c->info->rep)
		draw_list(from, c);
	if (what & 32)
		c->vector = draw_vector(from);
	if ((what & 0xc0) == 0)
		c->control ^= draw_word(from) & ~HVA_CALL_CODE & ~HVA_FAST;
	if ((what & 0x300) == 0)
		c->space = draw_word(from);
}

static void
draw_call(struct conform_set *s, struct source *from, const char *where,
          unsigned number)
{
	struct conform_call *c = s->scratch;
	unsigned calls = 0, variations;

	while (hv_call_at(calls) != NULL)
		calls++;
	conform_legal(c, hv_call_at((unsigned)draw(from) % calls),
	    draw(from) % 2, s->other);
	variations = (unsigned)draw(from) % 4;
	for (unsigned i = 0; i < variations; i++)
		(void)conform_vary(s, c, (unsigned)draw(from) %
		    conform_variations());
	draw_numbers(s, from, c);
	if (c->probe)
		c->probe = number % SAMPLE == 0;
	conform_add_call(s, c, cli_format("%s, call %u: %s", where, number,
	    c->info->name));
}

void
conform_inputs(struct conform_set *s, unsigned inputs, uint64_t seed)
{
	struct source from = { .state = seed * 0x9e3779b97f4a7c15ull | 1 };
	char *where = cli_format("seed %llu", (unsigned long long)seed);

	for (unsigned i = 0; i < inputs; i++)
		draw_call(s, &from, where, i);
	free(where);
}

void
conform_inputs_of(struct conform_set *s, const char *name,
                  const unsigned char *bytes, size_t size)
{
	struct source from = { .bytes = bytes, .size = size, .state = 1 };

	for (unsigned i = 0; from.used < size; i++)
		draw_call(s, &from, name, i);
}
