/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strategy replay: follows a schedule as far as it goes.
 *
 * RUN, DRAIN and WALK are followed in their order; IRQ and DATA are looked up
 * by task and local step, so that a schedule still means something after
 * choices were deleted from it.  What cannot be followed is skipped.  When the
 * ordered choices are used up the default rule holds: the current task
 * continues until it waits or ends, then the lowest-numbered runnable one
 * runs; every switch drains everything.  Without an IRQ choice an interrupt is
 * taken at a wait or at the task's end, and data choices are 0.
 */
#include "explore/engine.h"

static void
replay_begin(struct run *r, const struct strategy *strategy)
{
	struct replay_state *p = &r->replay;

	p->schedule = strategy->replay;
	p->cursor = 0;
	p->tasks = run_reserve(p->tasks, &p->capacity, r->ntasks,
	    sizeof(*p->tasks));
	for (unsigned i = 0; i < r->ntasks; i++)
		p->tasks[i] = (struct replay_task){ 0 };
}

static bool
is_ordered(const struct choice *c)
{
	return c->kind == CHOICE_RUN || c->kind == CHOICE_DRAIN ||
	    c->kind == CHOICE_WALK;
}

/* Puts the cursor on the next ordered choice; NULL when there is none. */
static const struct choice *
next_ordered(struct replay_state *p)
{
	const struct schedule *s = p->schedule;

	while (p->cursor < s->count && !is_ordered(&s->choices[p->cursor]))
		p->cursor++;
	return p->cursor < s->count ? &s->choices[p->cursor] : NULL;
}

/*
 * Follows drains and walks up to a RUN that can be followed, which is left
 * for pick().  Also stops when nobody can run: the engine then drains, after
 * which the RUN may make sense.
 */
static void
advance(struct run *r)
{
	struct replay_state *p = &r->replay;
	const struct choice *c;

	for (; (c = next_ordered(p)) != NULL; p->cursor++) {
		const struct task_set *runnable;

		if (c->task >= r->ntasks)
			continue;
		if (c->kind == CHOICE_WALK) {
			run_walk(r, c->task, c->arg);
			continue;
		}
		if (c->kind == CHOICE_DRAIN) {
			run_drain(r, c->task, c->arg);
			continue;
		}
		runnable = run_runnable(r);
		if (runnable->count == 0 || (set_has(runnable, c->task) &&
		    c->arg > r->tasks[c->task].local))
			return;
	}
}

static void
replay_drain(struct run *r)
{
	advance(r);
	if (next_ordered(&r->replay) == NULL)
		run_drain_all(r);
}

static unsigned
default_pick(struct run *r)
{
	const struct task_set *const runnable = run_runnable(r);
	const unsigned first = set_next(runnable, 0);

	if (r->yielding && run_others(r) > 0)
		return first != r->current ? first :
		    set_next(runnable, first + 1);
	return set_has(runnable, r->current) ? r->current : first;
}

static unsigned
replay_pick(struct run *r, const struct task_set *runnable)
{
	struct replay_state *p = &r->replay;
	const struct choice *c;

	(void)runnable;
	advance(r);
	c = next_ordered(p);
	if (c == NULL) {
		p->until = STEP_NEVER;
		return default_pick(r);
	}
	p->until = c->arg;
	p->cursor++;
	next_ordered(p);
	return c->task;
}

/*
 * A choice can be for a later segment of the task although its step is here
 * already (it was hidden at this step, and runs on later): hence the cursor.
 */
static uint32_t
replay_irq_at(struct run *r, unsigned t, uint32_t earliest)
{
	struct replay_state *p = &r->replay;
	const struct schedule *s = p->schedule;
	bool past = true;       /* so far nothing can be needed again */

	for (size_t i = p->tasks[t].irq; i < s->count; i++) {
		const struct choice *c = &s->choices[i];

		if (c->kind == CHOICE_IRQ && c->task == t) {
			if (c->arg >= earliest)
				return i < p->cursor ? c->arg : STEP_NEVER;
			past = past && c->arg < r->tasks[t].local;
		}
		if (past)
			p->tasks[t].irq = i + 1;
	}
	return STEP_NEVER;
}

static void
replay_irq_taken(struct run *r)
{
	struct replay_state *p = &r->replay;
	const uint32_t step = r->tasks[r->current].local;

	if (replay_irq_at(r, r->current, step) == step)
		p->tasks[r->current].irq++;
}

/*
 * A wait takes a pending interrupt, unless the schedule has one for later and
 * none for this segment and step.
 */
static bool
replay_hold(struct run *r)
{
	const struct replay_state *p = &r->replay;
	const struct schedule *s = p->schedule;
	const uint32_t step = r->tasks[r->current].local;

	for (size_t i = p->tasks[r->current].irq; i < s->count; i++) {
		const struct choice *c = &s->choices[i];

		if (c->kind == CHOICE_IRQ && c->task == r->current &&
		    c->arg >= step)
			return c->arg > step || i >= p->cursor;
	}
	return false;
}

static uint32_t
replay_until(struct run *r)
{
	struct task *t = &r->tasks[r->current];

	if (t->attention)
		t->irq_at = replay_irq_at(r, r->current, t->local);
	return r->replay.until;
}

static bool
replay_due(struct run *r)
{
	(void)r;
	return true;
}

static unsigned
replay_data(struct run *r, uint32_t step, unsigned n)
{
	struct replay_state *p = &r->replay;
	const struct schedule *s = p->schedule;
	size_t *i = &p->tasks[r->current].data;

	for (; *i < s->count; ++*i) {
		const struct choice *c = &s->choices[*i];

		if (c->kind != CHOICE_DATA || c->task != r->current ||
		    c->arg < step)
			continue;
		return c->arg == step && c->value < n ? c->value : 0;
	}
	return 0;
}

const struct player replay_player = {
	.begin = replay_begin,
	.drain = replay_drain,
	.drains_last = true,
	.pick = replay_pick,
	.until = replay_until,
	.due = replay_due,
	.irq_at = replay_irq_at,
	.irq_taken = replay_irq_taken,
	.data = replay_data,
	.hold = replay_hold,
};
