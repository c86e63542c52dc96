/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strategy pos: partial order sampling (Yuan, Yang, Gu: Partial Order Aware
 * Concurrency Sampling, CAV 2018).
 *
 * Every event that could be next has a random priority, and the highest is
 * executed; those that race with it then get new ones, so that which of two
 * racing events comes first does not depend on how earlier races went.
 * Events are the tasks', the drains of store buffers and the speculative walks
 * on offer (one of a task's at random).  An event that concerns nobody else is
 * executed at once.  What a plain point stands before is not known; it races
 * with nothing here, which is the paper's BasicPOS.
 */
#include "explore/exhaustive.h"

#include <string.h>

/*
 * Choices: task t, the drain of its oldest store (t + pos.stride), one of its
 * walks (t + 2 * pos.stride).  Small runs have the stride of eight tasks, so
 * that a task more does not change what a seed means.
 */
#define STRIDE_MIN 8
#define NOTHING (-1)

enum choice_class { TASKS, DRAINS, WALKS };

static struct {
	struct events events;           /* numbers of all seen so far */
	bool ready;
	struct explore_relation relation;
	int stride;
	unsigned choices_capacity, capacity;
	uint64_t *priority;             /* of each choice */
	uint32_t *pending;              /* of each task: its event */
	struct task_set fences;         /* tasks whose event is a fence */
} pos;

static void
prepare(const struct explore_relation *wanted)
{
	struct explore_relation relation;

	if (wanted != NULL)
		relation = *wanted;
	else
		explore_relation_default(&relation);
	if (pos.ready && memcmp(&relation, &pos.relation,
	    sizeof(relation)) == 0)
		return;
	if (pos.ready)
		events_free(&pos.events);
	events_init(&pos.events, &relation);
	pos.relation = relation;
	pos.ready = true;
}

static void
pos_begin(struct run *r, const struct strategy *strategy)
{
	rng_seed(&r->rng, strategy->seed);
	prepare(strategy->relation);
	pos.stride = (int)(r->ntasks > STRIDE_MIN ? r->ntasks : STRIDE_MIN);
	pos.priority = run_reserve(pos.priority, &pos.choices_capacity,
	    3 * (unsigned)pos.stride, sizeof(*pos.priority));
	pos.pending = run_reserve(pos.pending, &pos.capacity, r->ntasks,
	    sizeof(*pos.pending));
	for (int c = 0; c < 3 * pos.stride; c++)
		pos.priority[c] = rng_next(&r->rng);
	set_reset(&pos.fences, r->ntasks);
	for (unsigned t = 0; t < r->ntasks; t++)
		pos.pending[t] = EVENT_LOCAL;
}

/* One that touches nothing yet may do so later: as good as not declared. */
static uint32_t
pos_declare(struct run *r, const struct explore_event *e)
{
	(void)r;
	return e->count == 0 && e->flags == 0 ? EVENT_OPAQUE :
	    events_intern(&pos.events, e);
}

static void
set_pending(unsigned t, uint32_t event)
{
	pos.pending[t] = event;
	if ((pos.events.list[event].flags & EXPLORE_FENCE) != 0)
		set_add(&pos.fences, t);
	else
		set_delete(&pos.fences, t);
}

/* A fence waits for the drains, which are events of their own. */
static bool
task_enabled(const struct run *r, unsigned t)
{
	return !set_has(&pos.fences, t) ||
	    r->ops.buffered(r->ops.ctx, t) == 0;
}

static uint32_t
pos_declare_at(struct run *r, uint64_t object, uint32_t mode)
{
	(void)r;
	return events_intern_access(&pos.events, object, mode);
}

static bool
has_walk(const struct run *r, unsigned t)
{
	return r->ops.walks != NULL && r->fiber != &r->main &&
	    r->ops.walks(r->ops.ctx, t) > 0;
}

static bool
has_store(const struct run *r, unsigned t)
{
	return r->ops.buffered(r->ops.ctx, t) > 0;
}

static void
prefer(int *best, int choice)
{
	if (*best == NOTHING || pos.priority[choice] > pos.priority[*best])
		*best = choice;
}

/* Of the choices of the classes up to `last`. */
static int
highest(struct run *r, enum choice_class last)
{
	const struct task_set *const runnable = run_runnable(r);
	int best = NOTHING;
	unsigned t;

	for (SET_EACH(runnable, t))
		if (task_enabled(r, t))
			prefer(&best, (int)t);
	for (t = last < DRAINS ? NO_TASK : set_next(&r->buffered, 0);
	    t != NO_TASK; t = set_next(&r->buffered, t + 1))
		if (has_store(r, t))
			prefer(&best, (int)t + pos.stride);
	for (t = 0; last == WALKS && r->ops.walks != NULL && t < r->ntasks;
	    t++)
		if (has_walk(r, t))
			prefer(&best, (int)t + 2 * pos.stride);
	return best;
}

static uint32_t
event_of(const struct run *r, enum choice_class class, unsigned t)
{
	struct explore_event e = { 0 };

	if (class == TASKS)
		return pos.pending[t];
	if (r->ops.describe == NULL)
		return EVENT_OPAQUE;
	r->ops.describe(r->ops.ctx, class == DRAINS ? CHOICE_DRAIN :
	    CHOICE_WALK, t, 0, &e);
	return events_intern(&pos.events, &e);
}

static bool
race(uint32_t a, uint32_t b)
{
	return a != EVENT_OPAQUE && b != EVENT_OPAQUE &&
	    events_conflict(&pos.events, a, b);
}

/* New priorities for what races with the choice, which has been made. */
static void
draw_again(struct run *r, uint32_t event, int choice)
{
	unsigned t;

	for (t = 0; t < r->ntasks; t++)
		if ((int)t != choice && race(event, pos.pending[t]) &&
		    task_enabled(r, t))
			pos.priority[t] = rng_next(&r->rng);
	if (r->ops.describe == NULL)
		return;
	for (t = set_next(&r->buffered, 0); t != NO_TASK;
	    t = set_next(&r->buffered, t + 1))
		if ((int)t + pos.stride != choice && has_store(r, t) &&
		    race(event, event_of(r, DRAINS, t)))
			pos.priority[(int)t + pos.stride] =
			    rng_next(&r->rng);
	for (t = 0; r->ops.walks != NULL && t < r->ntasks; t++)
		if ((int)t + 2 * pos.stride != choice && has_walk(r, t) &&
		    race(event, event_of(r, WALKS, t)))
			pos.priority[(int)t + 2 * pos.stride] =
			    rng_next(&r->rng);
}

static void
execute(struct run *r, int choice)
{
	const unsigned t = (unsigned)(choice % pos.stride);
	const uint32_t event = event_of(r,
	    (enum choice_class)(choice / pos.stride), t);

	if (event > EVENT_OPAQUE)
		draw_again(r, event, choice);
	pos.priority[choice] = rng_next(&r->rng);
	if (choice < pos.stride)
		set_pending(t, EVENT_LOCAL);    /* not known yet */
}

static uint32_t
pos_until(struct run *r)
{
	return r->tasks[r->current].local + 1;
}

static bool
pos_due(struct run *r)
{
	set_pending(r->current, r->declared);
	r->switch_at = pos_until(r);
	if (r->declared == EVENT_LOCAL)
		return false;
	run_note_buffer(r, r->current);
	if (highest(r, WALKS) != (int)r->current)
		return true;
	execute(r, (int)r->current);
	return false;
}

/* Walks alone, which may never run out, do not go on for ever. */
static int
highest_now(struct run *r)
{
	return highest(r, run_runnable(r)->count > 0 ? WALKS : DRAINS);
}

static void
pos_drain(struct run *r)
{
	int c;

	while ((c = highest_now(r)) >= pos.stride) {
		const unsigned t = (unsigned)(c % pos.stride);

		execute(r, c);
		if (c < 2 * pos.stride)
			run_drain(r, t, 1);
		else
			run_walk(r, t, rng_below(&r->rng,
			    r->ops.walks(r->ops.ctx, t)));
	}
}

/* drain() leaves one that is enabled, unless the engine drained in between. */
static unsigned
pos_pick(struct run *r, const struct task_set *runnable)
{
	int best = highest(r, TASKS);

	if (best == NOTHING)
		best = (int)set_next(runnable, 0);
	execute(r, best);
	return (unsigned)best;
}

const struct player pos_player = {
	.begin = pos_begin,
	.drain = pos_drain,
	.pick = pos_pick,
	.until = pos_until,
	.due = pos_due,
	.irq_at = random_irq_at,
	.data = random_data,
	.declare = pos_declare,
	.declare_at = pos_declare_at,
};
