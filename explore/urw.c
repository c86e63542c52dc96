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

struct weighed {
	uint32_t left;                  /* events expected to be left */
	uint32_t events, marked;        /* had */
};

static struct {
	bool selective;
	struct weighed *task;
	unsigned capacity;
	/* Tasks at no event; at a marked one; waiting for it. */
	struct task_set free, at_mark, waiting;
	unsigned intended;              /* has the next marked event */
	unsigned next;                  /* due() has chosen it for pick() */
} urw;

static void
begin(struct run *r, const struct strategy *strategy, bool selective)
{
	random_begin(r, strategy);
	urw.selective = selective;
	urw.task = run_reserve(urw.task, &urw.capacity, r->ntasks,
	    sizeof(*urw.task));
	set_reset(&urw.free, r->ntasks);
	set_reset(&urw.at_mark, r->ntasks);
	set_reset(&urw.waiting, r->ntasks);
	urw.intended = urw.next = NO_TASK;
	for (unsigned i = 0; i < r->ntasks; i++) {
		urw.task[i] = (struct weighed){ .left =
		    strategy->weights != NULL ? strategy->weights[i] :
		    UINT16_MAX };
		set_add(&urw.free, i);
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
	return urw.task[task].left > 0 ? urw.task[task].left : 1;
}

static unsigned
weighted(struct run *r, const struct task_set *set)
{
	uint32_t sum = 0, dice;
	unsigned t;

	for (SET_EACH(set, t))
		sum += weight(t);
	dice = rng_below(&r->rng, sum);
	for (t = set_next(set, 0); dice >= weight(t); t = set_next(set, t + 1))
		dice -= weight(t);
	return t;
}

static void
forget_intended(struct run *r)
{
	set_reset(&urw.waiting, r->ntasks);
	urw.intended = NO_TASK;
}

static unsigned
selective(struct run *r, const struct task_set *runnable)
{
	for (;;) {
		struct task_set ready;
		unsigned t;

		set_minus(&ready, runnable, &urw.waiting);
		if (ready.count == 0) {
			/* The intended one waits for something else. */
			forget_intended(r);
			continue;
		}
		t = set_nth(&ready, rng_below(&r->rng, ready.count));
		if (!set_has(&urw.at_mark, t))
			return t;
		if (urw.intended == NO_TASK)
			urw.intended = weighted(r, runnable);
		if (t == urw.intended) {
			forget_intended(r);
			return t;
		}
		set_add(&urw.waiting, t);
	}
}

/* Which of the tasks makes the next event. */
static unsigned
choose(struct run *r, const struct task_set *runnable)
{
	const unsigned t = set_first_common(runnable, &urw.free);

	if (t != NO_TASK)
		return t;
	return urw.selective ? selective(r, runnable) : weighted(r, runnable);
}

/* The task goes on from where it stands. */
static void
execute(unsigned task)
{
	struct weighed *const w = &urw.task[task];
	const bool marked = set_has(&urw.at_mark, task);

	if (set_has(&urw.free, task))
		return;
	w->events++;
	w->marked += marked;
	if (w->left > 0 && (!urw.selective || marked))
		w->left--;
	set_add(&urw.free, task);       /* what comes is not known yet */
	set_delete(&urw.at_mark, task);
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
	r->switch_at = urw_until(r);
	if (explore_hot.marked)
		set_add(&urw.at_mark, r->current);
	else if (r->declared == EVENT_LOCAL)
		return false;
	explore_hot.marked = false;
	set_delete(&urw.free, r->current);
	urw.next = choose(r, run_runnable(r));
	if (urw.next != r->current)
		return true;
	execute(r->current);
	urw.next = NO_TASK;
	return false;
}

/* A second dice for what due() has chosen would favour the others. */
static unsigned
urw_pick(struct run *r, const struct task_set *runnable)
{
	unsigned t = urw.next;

	explore_hot.marked = false;     /* of a task that waits instead */
	if (t == NO_TASK || !set_has(runnable, t))
		t = choose(r, runnable);
	urw.next = NO_TASK;
	execute(t);
	return t;
}

static void
urw_count(unsigned task, struct explore_task_result *ret)
{
	ret->events = urw.task[task].events;
	ret->marked = urw.task[task].marked;
}

const struct player urw_player = {
	.begin = urw_begin,
	.drain = random_drain,
	.pick = urw_pick,
	.until = urw_until,
	.due = urw_due,
	.irq_at = random_irq_at,
	.data = random_data,
	.count = urw_count,
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
	.count = urw_count,
	.declare = urw_declare,
	.declare_at = urw_declare_at,
};
