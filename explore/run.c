/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run's beginning and end: its tasks' memory, its state, its result.
 *
 * Memory grows with the largest number of tasks that a run has had, stacks
 * included; a run clears what its own tasks need, and no more.
 */
#include "explore/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Local steps must not wrap, fairness bound included. */
#define STEP_LIMIT (UINT32_MAX - 4 * FAIR_STEPS)

struct explore_hot explore_hot;
struct run the_run;

void *
run_reserve(void *array, unsigned *capacity, unsigned ntasks, size_t size)
{
	char *grown;

	if (ntasks <= *capacity)
		return array;
	grown = realloc(array, ntasks * size);
	if (grown == NULL) {
		fputs("explore: out of memory for tasks\n", stderr);
		abort();
	}
	memset(grown + *capacity * size, 0, (ntasks - *capacity) * size);
	*capacity = ntasks;
	return grown;
}

void
explore_setup(const struct explore_ops *ops)
{
	the_run.ops = *ops;
}

static void
reset_task(struct run *r, unsigned i)
{
	struct task *const t = &r->tasks[i];

	if (t->fiber.low == NULL)
		fiber_allocate(&t->fiber);
	t->local = 0;
	t->irq_at = STEP_NEVER;
	t->seen = 0;
	t->attention = t->spinning = t->held = false;
	t->ended = t->idle = false;
	fiber_reset(&t->fiber, engine_task, r);
	set_add(&r->ready, i);
	if (r->player->next == NULL)
		run_note_buffer(r, i);
}

static void
reset_run(struct run *r)
{
	r->tasks = run_reserve(r->tasks, &r->capacity, r->ntasks,
	    sizeof(*r->tasks));
	set_reset(&r->ready, r->ntasks);
	set_reset(&r->asleep, r->ntasks);
	set_reset(&r->buffered, r->ntasks);
	for (unsigned i = 0; i < r->ntasks; i++)
		reset_task(r, i);
	explore_hot.epoch = FIRST_EPOCH;
	explore_hot.exhaustive = explore_hot.marked = false;
	r->idle = 0;
	r->steps = 0;
	r->current = 0;
	r->task = r->tasks;
	r->yielding = r->segment_open = false;
	r->fiber = &r->main;
	*r->ret = (struct explore_result){ .switches = 0 };
	if (r->record != NULL)
		r->record->count = 0;
}

static void
store_result(const struct run *r)
{
	struct explore_result *const ret = r->ret;

	ret->steps = r->steps;
	if (explore_hot.classes)
		ret->class_hash = class_hash() * 8 + (uint64_t)ret->end;
	if (ret->end == EXPLORE_DEADLOCK)
		for (unsigned i = 0; i < r->ntasks; i++)
			ret->waiting += r->tasks[i].spinning;
}

struct explore_task_result
explore_task_result(unsigned task)
{
	const struct run *const r = &the_run;
	struct explore_task_result ret = { 0 };

	if (task >= r->finished)
		return ret;
	ret.steps = r->tasks[task].local;
	ret.waits = r->end == EXPLORE_DEADLOCK && r->tasks[task].spinning;
	if (r->player->count != NULL)
		r->player->count(task, &ret);
	return ret;
}

static const struct player *
player_of(const struct strategy *strategy)
{
	static const struct player *const players[STRATEGY_COUNT] = {
		[STRATEGY_RANDOM] = &random_player,
		[STRATEGY_PCT] = &pct_player,
		[STRATEGY_REPLAY] = &replay_player,
		[STRATEGY_POS] = &pos_player,
		[STRATEGY_URW] = &urw_player,
		[STRATEGY_SURW] = &surw_player,
		[STRATEGY_DELAY] = &delay_player,
	};

	return strategy->kind == STRATEGY_EXHAUSTIVE ?
	    *(const struct player *const *)(const void *)strategy->search :
	    players[strategy->kind];
}

static void
check_use(const struct run *r, unsigned ntasks,
          const struct strategy *strategy)
{
	const char *why = NULL;

	if (r->ops.hide == NULL || r->fiber != NULL)
		why = "explore_run() before explore_setup() or within a run";
	else if (ntasks == 0 || ntasks > EXPLORE_MAX_TASKS)
		why = "a run has 1 to 1024 tasks";
	else if (strategy->kind == STRATEGY_EXHAUSTIVE &&
	    ntasks > EXHAUSTIVE_MAX_TASKS)
		why = "an exhaustive search has at most 8 tasks";
	if (why == NULL)
		return;
	fprintf(stderr, "explore: bad use: %s\n", why);
	abort();
}

void
explore_run(unsigned ntasks, void (*entry)(void *arg, unsigned task),
            void *arg, const struct strategy *strategy, uint64_t max_steps,
            struct schedule *record, struct explore_result *ret)
{
	struct run *const r = &the_run;

	check_use(r, ntasks, strategy);
	r->ntasks = ntasks;
	r->entry = entry;
	r->arg = arg;
	r->max_steps = max_steps < STEP_LIMIT ? max_steps : STEP_LIMIT;
	r->record = record;
	r->ret = ret;
	r->player = player_of(strategy);
	engine_deactivate();
	reset_run(r);
	explore_hot.classes = strategy->classes;
	if (strategy->classes)
		class_reset();
	r->player->begin(r, strategy);

	engine_run(r);

	r->fiber = NULL;
	store_result(r);
	explore_hot.exhaustive = explore_hot.classes = false;
	if (r->player->end != NULL)
		r->player->end(r);
	r->finished = ntasks;
	r->end = ret->end;
	r->ntasks = 0;          /* attention after the run is ignored */
}
