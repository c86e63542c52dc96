/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine: explore_run() and what tasks call.
 *
 * Invariants.  Between two slow paths only explore_hot.countdown moves; a
 * sync turns it into steps.  Exactly one RUN segment is open while a task's
 * own code runs, none while the machine is asked to hide, drain and show.
 * All of that happens on the fiber of the task that stops running, so that
 * explore_stop() can leave from anywhere.  Whatever decides about a run is a
 * function of steps, epochs and answers of the player; hence a full record,
 * which holds all of the player's answers, replays to the same run.
 */
#include "explore/engine.h"

#include <stdio.h>
#include <stdlib.h>

/* A task that runs for so long while others could is switched away. */
#define FAIR_STEPS 20000
/* Local steps must not wrap, fairness bound included. */
#define STEP_LIMIT (UINT32_MAX - 4 * FAIR_STEPS)

struct explore_hot explore_hot;

static struct run the_run;

/* ---- steps -------------------------------------------------------------- */

static struct task *
current_task(struct run *r)
{
	return &r->tasks[r->current];
}

/* Points passed since the last sync become steps. */
static void
sync_steps(struct run *r)
{
	const uint64_t passed =
	    (uint64_t)(explore_hot.granted - explore_hot.countdown);

	current_task(r)->local += (uint32_t)passed;
	r->steps += passed;
	explore_hot.granted = explore_hot.countdown = 0;
}

/* Lets the current task run up to the next step at which something is due. */
static void
grant_steps(struct run *r)
{
	const struct task *t = current_task(r);
	uint32_t next = r->switch_at < r->fair_at ? r->switch_at : r->fair_at;
	uint64_t grant, left = r->max_steps - r->steps;

	if (t->attention && t->irq_at < next)
		next = t->irq_at;
	grant = next > t->local ? next - t->local - 1 : 0;
	left = left > 0 ? left - 1 : 0;
	if (grant > left)
		grant = left;
	explore_hot.granted = explore_hot.countdown = (int64_t)grant;
}

/* Outside of tasks' own code points count for nothing and decide nothing. */
static void
deactivate(void)
{
	explore_hot.active = false;
	explore_hot.granted = explore_hot.countdown = INT64_MAX / 2;
}

static void
activate(void)
{
	explore_hot.active = true;
	explore_hot.granted = explore_hot.countdown = 0;
}

/* ---- the record --------------------------------------------------------- */

static void
record_choice(struct run *r, enum choice_kind kind, unsigned task,
              uint32_t arg, unsigned value)
{
	if (r->record == NULL)
		return;
	schedule_add(r->record, (struct choice){
	    .kind = (uint8_t)kind, .task = (uint8_t)task,
	    .value = (uint16_t)value, .arg = arg });
}

/*
 * Also when the same task carries on with nothing drained in between: a
 * replay, which cannot know that from the record otherwise, would take the
 * next drains too early.
 */
static void
open_segment(struct run *r, unsigned task)
{
	r->current = explore_hot.current = task;
	if (r->record != NULL)
		r->open = r->record->count;
	record_choice(r, CHOICE_RUN, task, 0, 0);
	r->fair_at = r->tasks[task].local + FAIR_STEPS;
	r->yielding = false;
	r->segment_open = true;
	r->switch_at = r->player->until(r);
}

static void
close_segment(struct run *r, uint32_t until)
{
	if (r->record != NULL)
		r->record->choices[r->open].arg = until;
	r->segment_open = false;
}

/* ---- what players use --------------------------------------------------- */

uint32_t
run_runnable(const struct run *r)
{
	uint32_t set = 0;

	for (unsigned i = 0; i < r->ntasks; i++) {
		const struct task *t = &r->tasks[i];

		if (t->attention || (!t->idle &&
		    (!t->spinning || t->seen != explore_hot.epoch)))
			set |= UINT32_C(1) << i;
	}
	return set;
}

unsigned
run_drain(struct run *r, unsigned task, unsigned n)
{
	const unsigned have = r->ops.buffered(r->ops.ctx, task);

	if (n > have)
		n = have;
	if (n == 0)
		return 0;
	record_choice(r, CHOICE_DRAIN, task, n, 0);
	explore_hot.epoch++;
	r->ops.drain(r->ops.ctx, task, n);
	return n;
}

unsigned
run_drain_all(struct run *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->ntasks; i++)
		n += run_drain(r, i, UINT_MAX);
	return n;
}

bool
run_buffered(const struct run *r)
{
	for (unsigned i = 0; i < r->ntasks; i++)
		if (r->ops.buffered(r->ops.ctx, i) > 0)
			return true;
	return false;
}

void
run_walk(struct run *r, unsigned task, unsigned k)
{
	if (r->ops.walks == NULL || r->fiber == &r->main ||
	    k >= r->ops.walks(r->ops.ctx, task))
		return;
	record_choice(r, CHOICE_WALK, task, k, 0);
	r->ops.walk(r->ops.ctx, task, k);
}

/* ---- switching ---------------------------------------------------------- */

static void
run_fiber(struct run *r, struct fiber *to)
{
	struct fiber *from = r->fiber;

	r->fiber = to;
	explore_hot.stack_low = to->low;
	explore_hot.stack_high = to->low == NULL ? NULL : to->low + to->size;
	fiber_switch(from, to);
}

static _Noreturn void
end_run(struct run *r, enum explore_end end)
{
	r->ret->end = end;
	if (r->segment_open) {
		sync_steps(r);
		/* Whatever ended the run comes after this step. */
		close_segment(r, current_task(r)->local + 1);
	}
	deactivate();
	/* Tells a replay that these waits did not take the interrupt. */
	for (unsigned i = 0; i < r->ntasks; i++)
		if (r->tasks[i].held)
			record_choice(r, CHOICE_IRQ, i, STEP_NEVER - 1, 0);
	run_fiber(r, &r->main);
	abort();
}

static bool
all_idle(const struct run *r)
{
	for (unsigned i = 0; i < r->ntasks; i++)
		if (!r->tasks[i].idle)
			return false;
	return true;
}

/* Everybody is hidden.  Ends the run when nobody can go on. */
static unsigned
choose_next(struct run *r)
{
	uint32_t runnable;

	if (r->player->next != NULL) {
		const unsigned next = r->player->next(r);

		if (next == NO_TASK)
			end_run(r, r->next_end);
		return next;
	}
	runnable = run_runnable(r);
	if (runnable != 0 || !all_idle(r) || r->player->drains_last)
		r->player->drain(r);
	while ((runnable = run_runnable(r)) == 0) {
		if (run_drain_all(r) == 0)
			end_run(r, all_idle(r) ? EXPLORE_DONE :
			    EXPLORE_DEADLOCK);
	}
	return r->player->pick(r, runnable);
}

/* The current task gives way; returns when it runs again. */
static void
give_way(struct run *r)
{
	const unsigned old = r->current;
	unsigned next;

	close_segment(r, r->tasks[old].local);
	deactivate();
	r->ops.hide(r->ops.ctx, old);
	next = choose_next(r);
	open_segment(r, next);
	r->ops.show(r->ops.ctx, next);
	activate();
	if (next == old)
		return;
	r->ret->switches++;
	run_fiber(r, &r->tasks[next].fiber);
}

static uint32_t
runnable_others(const struct run *r)
{
	return run_runnable(r) & ~(UINT32_C(1) << r->current);
}

/* ---- what is due at a point --------------------------------------------- */

/* A step that is not a point: a wait, a return from interrupt, an end. */
static void
count_step(struct run *r)
{
	sync_steps(r);
	current_task(r)->local++;
	r->steps++;
	if (r->steps >= r->max_steps)
		end_run(r, EXPLORE_LIVELOCK);
}

/*
 * The return is a step, so that others can run between the handler's last
 * step and the one it has interrupted.
 */
static void
take_interrupt(struct run *r)
{
	struct task *t = current_task(r);

	t->irq_at = STEP_NEVER;
	t->held = false;
	record_choice(r, CHOICE_IRQ, r->current, t->local, 0);
	if (r->player->irq_taken != NULL)
		r->player->irq_taken(r);
	grant_steps(r);
	r->ops.interrupt(r->ops.ctx, r->current);
	count_step(r);
	explore_hot.epoch++;
	if (t->attention && t->irq_at == STEP_NEVER)
		t->irq_at = r->player->irq_at(r, r->current, t->local);
}

/* The task waits: does it leave its pending interrupt for later? */
static bool
is_held(struct run *r)
{
	struct task *t = current_task(r);

	if (t->irq_at <= t->local || r->player->hold == NULL ||
	    !r->player->hold(r))
		return false;
	t->held = true;
	return true;
}

static void
switch_if_due(struct run *r)
{
	const struct task *t = current_task(r);

	if (t->local >= r->switch_at && r->player->due(r)) {
		give_way(r);
	} else if (t->local >= r->fair_at) {
		r->fair_at = t->local + FAIR_STEPS;
		if (runnable_others(r) == 0)
			return;
		r->yielding = true;
		if (r->player->demote != NULL)
			r->player->demote(r);
		give_way(r);
	}
}

/*
 * Does what is due at the current step, interrupts first, and grants steps up
 * to the next.  The task may have been away in between, and interrupts pass
 * points of their own, so everything is looked at again each time.
 */
static void
serve(struct run *r)
{
	const struct task *t = current_task(r);
	const uint32_t declared = r->declared;

	for (;;) {
		sync_steps(r);
		r->declared = declared; /* interrupts had points of their own */
		if (r->steps >= r->max_steps)
			end_run(r, EXPLORE_LIVELOCK);
		if (t->attention && t->irq_at <= t->local)
			take_interrupt(r);
		else if (t->local >= r->switch_at || t->local >= r->fair_at)
			switch_if_due(r);
		else
			break;
	}
	grant_steps(r);
}

void
explore_point_slow(void)
{
	the_run.declared = EVENT_OPAQUE;
	if (explore_hot.active)
		serve(&the_run);
	else
		deactivate();   /* never set, or run down outside of a run */
}

void
explore_point_event_slow(const struct explore_event *e)
{
	struct run *r = &the_run;

	if (!explore_hot.active) {
		deactivate();
		return;
	}
	r->declared = EVENT_LOCAL;
	if (e != NULL && r->player->declare != NULL)
		r->declared = r->player->declare(r, e);
	serve(r);
}

void
explore_point_at_slow(uint64_t object, unsigned mode)
{
	struct run *r = &the_run;

	if (!explore_hot.active) {
		deactivate();
		return;
	}
	r->declared = EVENT_LOCAL;
	if (r->player->declare_at != NULL)
		r->declared = r->player->declare_at(r, object, mode);
	serve(r);
}

void
explore_touch_slow(uint64_t object, unsigned mode)
{
	the_run.player->touch(&the_run, object, mode);
}

/* ---- tasks -------------------------------------------------------------- */

/* After its end a task is an idle processor: it only takes interrupts. */
static _Noreturn void
idle(struct run *r)
{
	struct task *t = current_task(r);

	for (;;) {
		count_step(r);
		if (t->attention && !is_held(r)) {
			take_interrupt(r);
			continue;
		}
		if (!t->ended)
			explore_hot.epoch++;
		t->ended = t->idle = true;
		r->yielding = true;
		give_way(r);
		t->idle = false;
	}
}

static void
task_main(void *arg)
{
	struct run *r = arg;
	struct task *t = current_task(r);

	t->seen = explore_hot.epoch;
	r->declared = EVENT_LOCAL;
	serve(r);
	r->entry(r->arg, (unsigned)(t - r->tasks));
	idle(r);
}

/* Waits until something has changed since the last wait ended. */
static void
wait_for_change(struct run *r)
{
	struct task *t = current_task(r);
	bool changed;

	t->spinning = true;
	if (r->player->demote != NULL)
		r->player->demote(r);
	if (r->player->next != NULL || run_buffered(r) ||
	    run_runnable(r) != UINT32_C(1) << r->current) {
		r->yielding = true;
		give_way(r);
	}
	changed = t->seen != explore_hot.epoch;
	t->spinning = false;
	t->seen = explore_hot.epoch;
	if (!changed && t->attention && !is_held(r))
		take_interrupt(r);      /* that is what has woken it */
}

void
explore_spin(void)
{
	struct run *r = &the_run;

	if (!explore_hot.active)
		return;
	count_step(r);
	if (current_task(r)->attention && !is_held(r))
		take_interrupt(r);
	else
		wait_for_change(r);
	r->declared = EVENT_LOCAL;
	serve(r);
}

unsigned
explore_pick(unsigned n)
{
	struct run *r = &the_run;
	uint32_t step;
	unsigned value;

	if (!explore_hot.active)
		return 0;
	/* The step to come: steps of choices ascend, interrupts or not. */
	step = explore_local_step() + 1;
	value = n > 1 ? r->player->data(r, step, n) : 0;
	if (value != 0)
		record_choice(r, CHOICE_DATA, r->current, step, value);
	if (n > 1)
		class_choice(r->current, value);
	return value;
}

unsigned
explore_choose(unsigned n)
{
	const unsigned value = explore_pick(n);

	if (explore_hot.active)
		explore_point_local();
	return value;
}

void
explore_attention(unsigned task, bool pending)
{
	struct run *r = &the_run;
	struct task *t = &r->tasks[task];
	const bool running = explore_hot.active && task == r->current;

	explore_touch(EXPLORE_IRQ(task),
	    running ? EXPLORE_MASK : EXPLORE_SEND);
	if (!pending || task >= r->ntasks) {
		t->attention = false;
		return;
	}
	if (t->attention && t->irq_at != STEP_NEVER)
		return;
	if (explore_hot.active)
		sync_steps(r);
	t->attention = true;
	t->irq_at = r->player->irq_at(r, task, t->local + (running ? 1 : 0));
	if (!running && r->player->woken != NULL && r->segment_open)
		r->player->woken(r, task);
	if (explore_hot.active)
		grant_steps(r);
}

_Noreturn void
explore_stop(void)
{
	struct run *r = &the_run;

	if (r->fiber == NULL || r->fiber == &r->main) {
		fputs("explore: explore_stop() outside of a task\n", stderr);
		abort();
	}
	end_run(r, EXPLORE_STOPPED);
}

uint32_t
explore_local_step(void)
{
	struct run *r = &the_run;

	if (!explore_hot.active)
		return current_task(r)->local;
	return current_task(r)->local +
	    (uint32_t)(explore_hot.granted - explore_hot.countdown);
}

uint64_t
explore_total_steps(void)
{
	if (!explore_hot.active)
		return the_run.steps;
	return the_run.steps +
	    (uint64_t)(explore_hot.granted - explore_hot.countdown);
}

/* ---- a run -------------------------------------------------------------- */

void
explore_setup(const struct explore_ops *ops)
{
	struct run *r = &the_run;

	r->ops = *ops;
	for (unsigned i = 0; i < EXPLORE_MAX_TASKS; i++)
		if (r->tasks[i].fiber.low == NULL)
			fiber_allocate(&r->tasks[i].fiber);
}

static void
reset_run(struct run *r)
{
	for (unsigned i = 0; i < r->ntasks; i++) {
		struct task *t = &r->tasks[i];

		t->local = 0;
		t->irq_at = STEP_NEVER;
		t->seen = 0;
		t->attention = t->spinning = t->held = false;
		t->ended = t->idle = false;
		fiber_reset(&t->fiber, task_main, r);
	}
	explore_hot.epoch = 1;
	explore_hot.exhaustive = explore_hot.marked = false;
	class_reset();
	r->steps = 0;
	r->current = 0;
	r->yielding = r->segment_open = false;
	r->fiber = &r->main;
	*r->ret = (struct explore_result){ .switches = 0 };
	if (r->record != NULL)
		r->record->count = 0;
}

static void
store_result(const struct run *r)
{
	struct explore_result *ret = r->ret;

	ret->steps = r->steps;
	ret->class_hash = class_hash() * 8 + (uint64_t)ret->end;
	for (unsigned i = 0; i < EXPLORE_MAX_TASKS; i++) {
		ret->local[i] = i < r->ntasks ? r->tasks[i].local : 0;
		if (ret->end == EXPLORE_DEADLOCK && i < r->ntasks &&
		    r->tasks[i].spinning)
			ret->spinning |= UINT32_C(1) << i;
	}
}

void
explore_run(unsigned ntasks, void (*entry)(void *arg, unsigned task),
            void *arg, const struct strategy *strategy, uint64_t max_steps,
            struct schedule *record, struct explore_result *ret)
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
	struct run *r = &the_run;
	unsigned first;

	if (ntasks == 0 || ntasks > EXPLORE_MAX_TASKS || r->fiber != NULL ||
	    r->tasks[0].fiber.low == NULL) {
		fputs("explore: bad use of explore_run()\n", stderr);
		abort();
	}
	r->ntasks = ntasks;
	r->entry = entry;
	r->arg = arg;
	r->max_steps = max_steps < STEP_LIMIT ? max_steps : STEP_LIMIT;
	r->record = record;
	r->ret = ret;
	r->player = strategy->kind == STRATEGY_EXHAUSTIVE ?
	    *(const struct player *const *)(const void *)strategy->search :
	    players[strategy->kind];
	reset_run(r);
	deactivate();
	r->player->begin(r, strategy);

	first = r->player->pick(r, run_runnable(r));
	open_segment(r, first);
	r->ops.show(r->ops.ctx, first);
	activate();
	run_fiber(r, &r->tasks[first].fiber);

	r->fiber = NULL;
	store_result(r);
	explore_hot.exhaustive = false;
	if (r->player->end != NULL)
		r->player->end(r);
	r->ntasks = 0;          /* attention after the run is ignored */
}
