/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strategy pct: probabilistic concurrency testing (Burckhardt, Kothari,
 * Musuvathi, Nagarakatte: A Randomized Scheduler with Probabilistic Guarantees
 * of Finding Bugs, ASPLOS 2010).
 *
 * Tasks have distinct random priorities and the highest runnable one runs; at
 * each of d - 1 random steps out of k the running task falls below all
 * initial priorities.  A bug of depth d is then found with probability at
 * least 1 / (n k^(d-1)).  A task that waits falls below everybody, or wait
 * loops would starve whom they wait for; drains, interrupts and data are
 * random as in strategy random and outside of the bound.
 */
#include "explore/engine.h"

#define DEFAULT_LENGTH 1000

static void
sort_insert(uint64_t *sorted, unsigned count, uint64_t value)
{
	for (; count > 0 && sorted[count - 1] > value; count--)
		sorted[count] = sorted[count - 1];
	sorted[count] = value;
}

static void
pct_begin(struct run *r, const struct strategy *strategy)
{
	struct pct_state *p = &r->pct;
	const uint32_t k = strategy->length != 0 ? strategy->length :
	    DEFAULT_LENGTH;

	random_begin(r, strategy);
	p->priority = run_reserve(p->priority, &p->capacity, r->ntasks,
	    sizeof(*p->priority));
	p->changes = strategy->depth > 0 ? strategy->depth - 1 : 0;
	if (p->changes > PCT_MAX_CHANGES)
		p->changes = PCT_MAX_CHANGES;
	for (unsigned i = 0; i < p->changes; i++)
		sort_insert(p->change_at, i, 1 + rng_below(&r->rng, k));
	p->next_change = 0;
	p->floor = 0;
	for (unsigned i = 0; i < r->ntasks; i++) {
		const unsigned j = rng_below(&r->rng, i + 1);

		p->priority[i] = p->priority[j];
		p->priority[j] = 1 + (int64_t)i;
	}
}

static unsigned
pct_pick(struct run *r, const struct task_set *runnable)
{
	const int64_t *const priority = r->pct.priority;
	unsigned t, best = set_next(runnable, 0);

	for (SET_EACH(runnable, t))
		if (priority[t] > priority[best])
			best = t;
	return best;
}

static void
pct_demote(struct run *r)
{
	r->pct.priority[r->current] = --r->pct.floor;
}

/* Change points are counted in steps of the whole run; none is skipped. */
static uint32_t
pct_until(struct run *r)
{
	const struct pct_state *p = &r->pct;
	const uint32_t local = r->tasks[r->current].local;
	uint64_t at;

	if (p->next_change == p->changes)
		return STEP_NEVER;
	at = p->change_at[p->next_change];
	at = at > r->steps ? at - r->steps : 1;
	return at < STEP_NEVER - local ? local + (uint32_t)at : STEP_NEVER;
}

static bool
pct_due(struct run *r)
{
	struct pct_state *p = &r->pct;

	while (p->next_change < p->changes &&
	    p->change_at[p->next_change] <= r->steps) {
		p->next_change++;
		pct_demote(r);
	}
	r->switch_at = pct_until(r);
	return pct_pick(r, run_runnable(r)) != r->current;
}

/* A waiting task that an interrupt wakes runs at once if it is higher. */
static void
pct_woken(struct run *r, unsigned t)
{
	if (r->pct.priority[t] > r->pct.priority[r->current])
		r->switch_at = r->tasks[r->current].local + 1;
}

const struct player pct_player = {
	.begin = pct_begin,
	.drain = random_drain,
	.pick = pct_pick,
	.until = pct_until,
	.due = pct_due,
	.demote = pct_demote,
	.irq_at = random_irq_at,
	.data = random_data,
	.woken = pct_woken,
};
