/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strategy pos: partial order sampling (Yuan, Yang, Gu: Partial Order Aware
 * Concurrency Sampling, CAV 2018).
 *
 * Every event that could be next has a random priority, and the highest is
 * executed; those that race with it then get new ones, so that which of two
 * racing events comes first does not depend on how earlier races went.
 * Events are the tasks', the drains of store buffers and the speculative walks
 * on offer (one of a task's at random).  An event that concerns nobody else is executed at once.  What a plain point stands before
 * is not known; it races with nothing here, which is the paper's BasicPOS.
 */
#include "explore/exhaustive.h"

#include <string.h>

/* Choices: task t, the drain of its oldest store, one of its walks. */
enum {
	DRAIN = EXPLORE_MAX_TASKS, WALK = 2 * EXPLORE_MAX_TASKS,
	CHOICES = 3 * EXPLORE_MAX_TASKS, NOTHING = -1
};

static struct {
	struct events events;           /* numbers of all seen so far */
	bool ready;
	struct explore_relation relation;
	uint64_t priority[CHOICES];     /* see the enum above */
	uint32_t pending[EXPLORE_MAX_TASKS];    /* a task's event */
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
	for (unsigned i = 0; i < CHOICES; i++)
		pos.priority[i] = rng_next(&r->rng);
	for (unsigned i = 0; i < EXPLORE_MAX_TASKS; i++)
		pos.pending[i] = EVENT_LOCAL;
}

/* One that touches nothing yet may do so later: as good as not declared. */
static uint32_t
pos_declare(struct run *r, const struct explore_event *e)
{
	(void)r;
	return e->count == 0 && e->flags == 0 ? EVENT_OPAQUE :
	    events_intern(&pos.events, e);
}

/* A fence waits for the drains, which are events of their own. */
static bool
task_enabled(const struct run *r, unsigned t)
{
	return (pos.events.list[pos.pending[t]].flags & EXPLORE_FENCE) == 0 ||
	    r->ops.buffered(r->ops.ctx, t) == 0;
}

static bool
enabled(const struct run *r, uint32_t runnable, int choice)
{
	const unsigned t = (unsigned)choice % EXPLORE_MAX_TASKS;

	if (t >= r->ntasks)
		return false;
	if (choice < DRAIN)
		return (runnable >> t & 1) != 0 && task_enabled(r, t);
	if (choice < WALK)
		return r->ops.buffered(r->ops.ctx, t) > 0;
	return r->ops.walks != NULL && r->fiber != &r->main &&
	    r->ops.walks(r->ops.ctx, t) > 0;
}

static uint32_t
pos_declare_at(struct run *r, uint64_t object, uint32_t mode)
{
	(void)r;
	return events_intern_access(&pos.events, object, mode);
}

/* Of the choices before `end`. */
static int
highest(const struct run *r, uint32_t runnable, int end)
{
	int best = NOTHING;

	for (int c = 0; c < end; c++)
		if ((best == NOTHING ||
		    pos.priority[c] > pos.priority[best]) &&
		    enabled(r, runnable, c))
			best = c;
	return best;
}

static uint32_t
event_of(const struct run *r, int choice)
{
	const unsigned t = (unsigned)choice % EXPLORE_MAX_TASKS;
	struct explore_event e = { 0 };

	if (choice < DRAIN)
		return pos.pending[t];
	if (r->ops.describe == NULL)
		return EVENT_OPAQUE;
	r->ops.describe(r->ops.ctx, choice < WALK ? CHOICE_DRAIN : CHOICE_WALK,
	    t, 0, &e);
	return events_intern(&pos.events, &e);
}

static bool
race(uint32_t a, uint32_t b)
{
	return a != EVENT_OPAQUE && b != EVENT_OPAQUE &&
	    events_conflict(&pos.events, a, b);
}

/* The choice is made: new priorities for what races with it, and for it. */
static void
execute(struct run *r, int choice)
{
	const uint32_t event = event_of(r, choice);

	for (int c = 0; c < CHOICES && event > EVENT_OPAQUE; c++)
		if (c != choice && enabled(r, UINT32_MAX, c) &&
		    race(event, event_of(r, c)))
			pos.priority[c] = rng_next(&r->rng);
	pos.priority[choice] = rng_next(&r->rng);
	if (choice < DRAIN)
		pos.pending[choice] = EVENT_LOCAL; /* not known yet */
}

static uint32_t
pos_until(struct run *r)
{
	return r->tasks[r->current].local + 1;
}

static bool
pos_due(struct run *r)
{
	const uint32_t self = UINT32_C(1) << r->current;

	pos.pending[r->current] = r->declared;
	r->switch_at = pos_until(r);
	if (r->declared == EVENT_LOCAL)
		return false;
	if (highest(r, run_runnable(r) | self, CHOICES) != (int)r->current)
		return true;
	execute(r, (int)r->current);
	return false;
}

/* Walks alone, which may never run out, do not go on for ever. */
static int
highest_now(const struct run *r)
{
	const uint32_t runnable = run_runnable(r);

	return highest(r, runnable, runnable != 0 ? CHOICES : WALK);
}

static void
pos_drain(struct run *r)
{
	int c;

	while ((c = highest_now(r)) >= DRAIN) {
		const unsigned t = (unsigned)c % EXPLORE_MAX_TASKS;

		execute(r, c);
		if (c < WALK)
			run_drain(r, t, 1);
		else
			run_walk(r, t, rng_below(&r->rng,
			    r->ops.walks(r->ops.ctx, t)));
	}
}

/* drain() leaves one that is enabled, unless the engine drained in between. */
static unsigned
pos_pick(struct run *r, uint32_t runnable)
{
	int best = highest(r, runnable, DRAIN);

	if (best == NOTHING)
		best = __builtin_ctz(runnable);
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
