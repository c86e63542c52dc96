/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strategy random: bursts of geometric length, the next task uniform.
 *
 * A switch at every point with probability 1/2 hardly ever lets one task get
 * far ahead of another, which is what most ordering bugs need; so bursts have
 * a mean of 16 points, and some runs have shorter or longer ones.  Store
 * buffers likewise: in some runs they drain at every switch, in some hardly
 * ever by themselves, and while one is held back the others run longer, since
 * what a delayed store breaks takes a whole operation of another task to see.
 */
#include "explore/engine.h"

#define BURST_MEAN 16
#define HELD_BURST 32
#define BURST_MAX (1u << 20)
#define IRQ_DELAY_MEAN 8

void
random_begin(struct run *r, const struct strategy *strategy)
{
	static const uint8_t mix[4] = { 4, BURST_MEAN, BURST_MEAN, 64 };

	rng_seed(&r->rng, strategy->seed);
	r->burst = strategy->burst != 0 ? strategy->burst :
	    mix[rng_below(&r->rng, 4)];
	if (r->burst > BURST_MAX)
		r->burst = BURST_MAX;
	r->lazy = rng_below(&r->rng, 4);
}

static unsigned
drain_count(struct run *r, unsigned buffered)
{
	/* of 8 switches, how many drain everything, and how many nothing */
	static const uint8_t all[4] = { 8, 6, 3, 1 }, none[4] = { 0, 0, 3, 6 };
	const unsigned dice = rng_below(&r->rng, 8);

	if (dice < all[r->lazy])
		return buffered;
	if (dice < all[r->lazy] + none[r->lazy])
		return 0;
	return rng_below(&r->rng, buffered + 1);
}

/* Now and then a walk on offer is made. */
void
random_walk(struct run *r)
{
	unsigned task, n;

	if (r->ops.walks == NULL || rng_below(&r->rng, 8) != 0)
		return;
	task = rng_below(&r->rng, r->ntasks);
	n = r->ops.walks(r->ops.ctx, task);
	if (n > 0)
		run_walk(r, task, rng_below(&r->rng, n));
}

static void
drain_some(struct run *r, unsigned from, unsigned to)
{
	for (unsigned t = set_next(&r->buffered, from); t < to;
	    t = set_next(&r->buffered, t + 1)) {
		const unsigned n = r->ops.buffered(r->ops.ctx, t);

		run_drain_known(r, t, n > 0 ? drain_count(r, n) : 0, n);
	}
}

/* Tasks are drained in any order; the walk comes before or after. */
void
random_drain(struct run *r)
{
	const unsigned first = rng_below(&r->rng, r->ntasks);
	const bool walk_first = r->ops.walks != NULL &&
	    rng_below(&r->rng, 2) != 0;

	if (walk_first)
		random_walk(r);
	if (r->buffered.count > 0) {
		drain_some(r, first, r->ntasks);
		drain_some(r, 0, first);
	}
	if (!walk_first)
		random_walk(r);
}

static unsigned
random_pick(struct run *r, const struct task_set *runnable)
{
	const bool skip = r->fiber != &r->main &&
	    set_has(runnable, r->current);
	unsigned n;

	if (runnable->count == skip)
		return r->current;
	n = rng_below(&r->rng, runnable->count - skip);
	if (runnable->words == 1)
		return bits_nth(runnable->word[0] & ~((uint64_t)skip <<
		    r->current % 64), n);
	if (skip && n >= set_rank(runnable, r->current))
		n++;
	return set_nth(runnable, n);
}

static uint32_t
random_until(struct run *r)
{
	unsigned mean = r->burst;

	if (mean < HELD_BURST && run_buffered(r))
		mean = HELD_BURST;
	return r->tasks[r->current].local + rng_geometric(&r->rng, mean);
}

/* A switch with nobody to switch to may still drain stores. */
static bool
random_due(struct run *r)
{
	if (run_others(r) > 0)
		return true;
	run_note_buffer(r, r->current);
	if (run_buffered(r))
		return true;
	r->switch_at = random_until(r);
	return false;
}

uint32_t
random_irq_at(struct run *r, unsigned t, uint32_t earliest)
{
	(void)t;
	if (rng_below(&r->rng, 2) == 0)
		return earliest;
	return earliest + rng_geometric(&r->rng, IRQ_DELAY_MEAN);
}

unsigned
random_data(struct run *r, uint32_t step, unsigned n)
{
	(void)step;
	return rng_below(&r->rng, n);
}

const struct player random_player = {
	.begin = random_begin,
	.drain = random_drain,
	.pick = random_pick,
	.until = random_until,
	.due = random_due,
	.irq_at = random_irq_at,
	.data = random_data,
};
