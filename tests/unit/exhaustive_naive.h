/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The naive enumerator: every transition of every state of the toy machine,
 * with nothing left out and no engine involved.  Paths that meet in the same
 * state, observations included, are followed once from there but all counted.
 */
#ifndef SHOOTDOWN_TESTS_EXHAUSTIVE_NAIVE_H
#define SHOOTDOWN_TESTS_EXHAUSTIVE_NAIVE_H

#include "tests/unit/exhaustive_toy.h"

struct naive_memo {
	struct state state;
	uint8_t bound, last;
	double paths;
};

struct naive {
	const struct program *p;
	struct naive_memo *memo;
	size_t slots, used;
	struct outcomes *outcomes;
	bool bounded;           /* at most `bound` preemptions are left */
};

static struct naive_memo *
find_memo(struct naive *n, const struct naive_memo *key)
{
	const uint8_t *const bytes = (const uint8_t *)&key->state;
	uint64_t h = key->bound * 8u + key->last;

	for (size_t i = 0; i < sizeof(key->state); i++)
		h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
	for (h ^= h >> 32;; h++) {
		struct naive_memo *const m = &n->memo[h & (n->slots - 1)];

		if (m->paths < 0 || (m->bound == key->bound &&
		    m->last == key->last && memcmp(&m->state, &key->state,
		    sizeof(m->state)) == 0))
			return m;
	}
}

static void
naive_clear(struct naive *n, size_t slots)
{
	n->memo = malloc(slots * sizeof(*n->memo));
	if (n->memo == NULL)
		abort();
	n->slots = slots;
	n->used = 0;
	for (size_t i = 0; i < slots; i++)
		n->memo[i].paths = -1;
}

static void
naive_grow(struct naive *n)
{
	struct naive_memo *const old = n->memo;
	const size_t slots = n->slots;

	naive_clear(n, 2 * slots);
	for (size_t i = 0; i < slots; i++)
		if (old[i].paths >= 0) {
			*find_memo(n, &old[i]) = old[i];
			n->used++;
		}
	free(old);
}

static double naive_paths(struct naive *n, const struct naive_memo *from);

static bool
can_step(const struct naive *n, const struct state *s, unsigned t)
{
	if (has_ended(n->p, s, t) || waits_for_buffer(n->p, s, t))
		return false;
	return s->cpu[t].handler != 0 ||
	    next_op(n->p, s, t)->kind != OP_AWAIT ||
	    load_word(s, t, next_op(n->p, s, t)->a) != 0;
}

/* What waits for its own buffer could go on. */
static bool
goes_on(const struct naive *n, const struct state *s, unsigned t)
{
	return can_step(n, s, t) ||
	    (!has_ended(n->p, s, t) && waits_for_buffer(n->p, s, t));
}

/* Takes processor t; false if that is one preemption too many. */
static bool
take_processor(const struct naive *n, struct naive_memo *to, unsigned t)
{
	const unsigned last = to->last;

	if (!n->bounded)
		return true;
	to->last = (uint8_t)t;
	if (last == 7 || last == t || !goes_on(n, &to->state, last))
		return true;
	return to->bound-- > 0;
}

static double
paths_of_task(struct naive *n, const struct naive_memo *from, unsigned t)
{
	const struct op *const o = next_op(n->p, &from->state, t);
	const bool chooses = from->state.cpu[t].handler == 0 &&
	    o->kind == OP_CHOOSE;
	double paths = 0;

	for (unsigned v = 0; v < (chooses ? o->b : 1u); v++) {
		struct naive_memo to = *from;

		if (!take_processor(n, &to, t))
			continue;
		step_task(n->p, &to.state, t, v);
		paths += naive_paths(n, &to);
	}
	return paths;
}

static double
paths_of_others(struct naive *n, const struct naive_memo *from, unsigned t)
{
	double paths = 0;
	struct naive_memo to = *from;

	if (from->state.cpu[t].buffered > 0) {
		drain_one(&to.state, t);
		paths += naive_paths(n, &to);
	}
	to = *from;
	if (can_interrupt(&from->state, t) && take_processor(n, &to, t)) {
		deliver(&to.state, t);
		paths += naive_paths(n, &to);
	}
	to = *from;
	if (can_walk(n->p, &from->state, t)) {
		walk(&to.state, t);
		paths += naive_paths(n, &to);
	}
	return paths;
}

/* All is over when only walks are left. */
static bool
is_over(const struct naive *n, const struct state *s)
{
	for (unsigned t = 0; t < n->p->tasks; t++)
		if (can_step(n, s, t) || s->cpu[t].buffered > 0 ||
		    can_interrupt(s, t))
			return false;
	return true;
}

static double
naive_paths(struct naive *n, const struct naive_memo *from)
{
	struct naive_memo *m = find_memo(n, from);
	const bool over = is_over(n, &from->state);
	double paths = 0;

	if (m->paths >= 0)
		return m->paths;
	if (over) {
		add_outcome(n->outcomes, &from->state);
		paths = 1;
	}
	for (unsigned t = 0; !over && t < n->p->tasks; t++) {
		if (can_step(n, &from->state, t))
			paths += paths_of_task(n, from, t);
		paths += paths_of_others(n, from, t);
	}
	if (2 * ++n->used > n->slots)
		naive_grow(n);
	m = find_memo(n, from);
	*m = *from;
	m->paths = paths;
	return paths;
}

/* The number of interleavings of the program, and its outcomes. */
static double
enumerate_naively(const struct program *p, struct outcomes *outcomes)
{
	struct naive n = { .p = p, .outcomes = outcomes };
	struct naive_memo start = { .last = 7 };
	double paths;

	naive_clear(&n, 4096);
	start_state(p, &start.state);
	paths = naive_paths(&n, &start);
	free(n.memo);
	return paths;
}

#endif
