/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Schedules near a schedule, for code that has changed a little since.
 *
 * A few points more or fewer in a task move everything that the task does
 * later, so a candidate moves one choice and all later ones of its task by the
 * same number of steps; then two such moves are combined.  Small moves come
 * first, and the order is fixed.
 */
#include "explore/explore.h"

#include <stdlib.h>

struct nearby {
	const struct schedule *s;
	struct schedule candidate;
	bool (*holds)(void *arg, struct schedule *cand);
	void *arg;
	unsigned runs, budget;
};

struct move {
	size_t from;            /* index of the first choice that is moved */
	int by;                 /* steps */
};

static bool
is_timed(const struct choice *c)
{
	return c->kind == CHOICE_RUN || c->kind == CHOICE_IRQ ||
	    c->kind == CHOICE_DATA;
}

/* False: a step would fall before the first. */
static bool
apply(struct schedule *s, const struct move *m)
{
	const unsigned task = s->choices[m->from].task;

	for (size_t i = m->from; i < s->count; i++) {
		struct choice *const c = &s->choices[i];

		if (c->task != task || !is_timed(c))
			continue;
		if (m->by < 0 && c->arg < (uint32_t)-m->by)
			return false;
		c->arg += (uint32_t)m->by;
	}
	return true;
}

static bool
attempt(struct nearby *n, const struct move *moves, unsigned count)
{
	if (n->runs == n->budget)
		return false;
	schedule_copy(&n->candidate, n->s);
	for (unsigned i = 0; i < count; i++)
		if (!apply(&n->candidate, &moves[i]))
			return false;
	n->runs++;
	return n->holds(n->arg, &n->candidate);
}

/* 1, -1, 2, -2, ... */
static int
by_number(unsigned n)
{
	return n % 2 == 0 ? (int)(n / 2 + 1) : -(int)(n / 2 + 1);
}

static bool
one_move(struct nearby *n, unsigned radius)
{
	struct move m;

	for (unsigned k = 0; k < 2 * radius; k++)
		for (m.from = 0; m.from < n->s->count; m.from++) {
			m.by = by_number(k);
			if (is_timed(&n->s->choices[m.from]) &&
			    attempt(n, &m, 1))
				return true;
		}
	return false;
}

/* The larger of both moves is number `k`. */
static bool
two_moves_of(struct nearby *n, unsigned k)
{
	struct move m[2];

	for (unsigned j = 0; j <= k; j++)
		for (m[0].from = 0; m[0].from < n->s->count; m[0].from++)
			for (m[1].from = 0; m[1].from < n->s->count;
			     m[1].from++) {
				m[0].by = by_number(k);
				m[1].by = by_number(j);
				if (m[0].from != m[1].from &&
				    is_timed(&n->s->choices[m[0].from]) &&
				    is_timed(&n->s->choices[m[1].from]) &&
				    attempt(n, m, 2))
					return true;
			}
	return false;
}

bool
schedule_nearby(struct schedule *s, unsigned radius,
                bool (*holds)(void *arg, struct schedule *cand), void *arg,
                unsigned budget, unsigned *ret_runs)
{
	struct nearby n = { .s = s, .holds = holds, .arg = arg,
	    .budget = budget };
	bool found = attempt(&n, NULL, 0) || one_move(&n, radius);

	for (unsigned k = 0; !found && k < 2 * radius; k++)
		found = two_moves_of(&n, k);
	if (found)
		schedule_copy(s, &n.candidate);
	schedule_clear(&n.candidate);
	*ret_runs = n.runs;
	return found;
}
