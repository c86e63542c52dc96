/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strategies urw and surw: a random walk that is uniform over interleavings
 * (Zhao, Wolff, Mathur, Roychoudhury: Selectively Uniform Concurrency Testing,
 * ASPLOS 2025).
 *
 * Of the interleavings of sequences with r_1 .. r_n events left, a share of
 * r_i / (r_1 + ... + r_n) begins with one of sequence i; urw takes the next
 * event with these probabilities, the r_i being what other runs had less what
 * this one has had.  surw does so with marked events only: a task is chosen
 * for the next marked event in advance, tasks that come to one before it wait,
 * and all else is a plain random walk.  What concerns nobody else is no event
 * and is executed at once.  Drains, interrupts and data are random.
 */
#include "explore/engine.h"

static struct {
	bool selective;
	uint32_t left[EXPLORE_MAX_TASKS];
	uint32_t events[EXPLORE_MAX_TASKS], marked[EXPLORE_MAX_TASKS];
	/* Bit sets of tasks: at no event; at a marked one; waiting for it. */
	uint32_t free, at_mark, waiting;
	unsigned intended;              /* has the next marked event */
	unsigned next;                  /* due() has chosen it for pick() */
} urw;

static void
begin(struct run *r, const struct strategy *strategy, bool selective)
{
	random_begin(r, strategy);
	urw.selective = selective;
	urw.free = UINT32_MAX;
	urw.at_mark = urw.waiting = 0;
	urw.intended = urw.next = NO_TASK;
	for (unsigned i = 0; i < EXPLORE_MAX_TASKS; i++) {
		urw.left[i] = strategy->weights != NULL ?
		    strategy->weights[i] : UINT16_MAX;
		urw.events[i] = urw.marked[i] = 0;
	}
}

static void
urw_begin(struct run *r, const struct strategy *strategy)
{
	begin(r, strategy, false);
}

static void
surw_begin(struct run *r, const struct strategy *strategy)
{
	begin(r, strategy, true);
}

static uint32_t
weight(unsigned task)
{
	return urw.left[task] > 0 ? urw.left[task] : 1;
}

static unsigned
weighted(struct run *r, uint32_t set)
{
	uint32_t sum = 0, dice;
	unsigned t = 0;

	for (unsigned i = 0; i < r->ntasks; i++)
		if ((set >> i & 1) != 0)
			sum += weight(i);
	dice = rng_below(&r->rng, sum);
	for (;; t++) {
		if ((set >> t & 1) == 0)
			continue;
		if (dice < weight(t))
			return t;
		dice -= weight(t);
	}
}

static unsigned
uniform(struct run *r, uint32_t set)
{
	unsigned n = rng_below(&r->rng, (uint32_t)__builtin_popcount(set));

	while (n-- > 0)
		set &= set - 1;
	return (unsigned)__builtin_ctz(set);
}

static unsigned
selective(struct run *r, uint32_t runnable)
{
	for (;;) {
		const uint32_t ready = runnable & ~urw.waiting;
		unsigned t;

		if (ready == 0) {
			/* The intended one waits for something else. */
			urw.waiting = 0;
			urw.intended = NO_TASK;
			continue;
		}
		t = uniform(r, ready);
		if ((urw.at_mark >> t & 1) == 0)
			return t;
		if (urw.intended == NO_TASK)
			urw.intended = weighted(r, runnable);
		if (t == urw.intended) {
			urw.waiting = 0;
			urw.intended = NO_TASK;
			return t;
		}
		urw.waiting |= UINT32_C(1) << t;
	}
}

/* Which of the tasks makes the next event. */
static unsigned
choose(struct run *r, uint32_t runnable)
{
	if ((runnable & urw.free) != 0)
		return (unsigned)__builtin_ctz(runnable & urw.free);
	return urw.selective ? selective(r, runnable) : weighted(r, runnable);
}

/* The task goes on from where it stands. */
static void
execute(unsigned task)
{
	const uint32_t bit = UINT32_C(1) << task;

	if ((urw.free & bit) != 0)
		return;
	urw.events[task]++;
	urw.marked[task] += (urw.at_mark & bit) != 0;
	if (urw.left[task] > 0 && (!urw.selective || (urw.at_mark & bit) != 0))
		urw.left[task]--;
	urw.free |= bit;                /* what comes is not known yet */
	urw.at_mark &= ~bit;
}

/* What is declared does not matter, but that it may concern others. */
static uint32_t
urw_declare(struct run *r, const struct explore_event *e)
{
	(void)r;
	(void)e;
	return EVENT_OPAQUE;
}

static uint32_t
urw_declare_at(struct run *r, uint64_t object, uint32_t mode)
{
	(void)r;
	(void)object;
	(void)mode;
	return EVENT_OPAQUE;
}

static uint32_t
urw_until(struct run *r)
{
	return r->tasks[r->current].local + 1;
}

static bool
urw_due(struct run *r)
{
	const uint32_t self = UINT32_C(1) << r->current;

	r->switch_at = urw_until(r);
	if (explore_hot.marked)
		urw.at_mark |= self;
	else if (r->declared == EVENT_LOCAL)
		return false;
	explore_hot.marked = false;
	urw.free &= ~self;
	urw.next = choose(r, run_runnable(r) | self);
	if (urw.next != r->current)
		return true;
	execute(r->current);
	urw.next = NO_TASK;
	return false;
}

/* A second dice for what due() has chosen would favour the others. */
static unsigned
urw_pick(struct run *r, uint32_t runnable)
{
	unsigned t = urw.next;

	explore_hot.marked = false;     /* of a task that waits instead */
	if (t == NO_TASK || (runnable >> t & 1) == 0)
		t = choose(r, runnable);
	urw.next = NO_TASK;
	execute(t);
	return t;
}

static void
urw_end(struct run *r)
{
	for (unsigned i = 0; i < EXPLORE_MAX_TASKS; i++) {
		r->ret->events[i] = urw.events[i];
		r->ret->marked[i] = urw.marked[i];
	}
}

const struct player urw_player = {
	.begin = urw_begin,
	.drain = random_drain,
	.pick = urw_pick,
	.until = urw_until,
	.due = urw_due,
	.irq_at = random_irq_at,
	.data = random_data,
	.end = urw_end,
	.declare = urw_declare,
	.declare_at = urw_declare_at,
};

const struct player surw_player = {
	.begin = surw_begin,
	.drain = random_drain,
	.pick = urw_pick,
	.until = urw_until,
	.due = urw_due,
	.irq_at = random_irq_at,
	.data = random_data,
	.end = urw_end,
	.declare = urw_declare,
	.declare_at = urw_declare_at,
};
