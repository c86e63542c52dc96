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

/* ---- steps -------------------------------------------------------------- */

static struct task *
current_task(struct run *r)
{
	return r->task;
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

void
engine_deactivate(void)
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

/*
 * Also when the same task carries on with nothing drained in between: a
 * replay, which cannot know that from the record otherwise, would take the
 * next drains too early.
 */
static void
open_segment(struct run *r, unsigned task)
{
	r->current = explore_hot.current = task;
	r->task = &r->tasks[task];
	if (r->record != NULL)
		r->open = r->record->count;
	run_record(r, CHOICE_RUN, task, 0, 0);
	r->fair_at = r->task->local + FAIR_STEPS;
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

/* ---- who could run ------------------------------------------------------- */

/* What run_runnable() looks at has changed for the task. */
static void
update_ready(struct run *r, unsigned task)
{
	const struct task *const t = &r->tasks[task];
	const bool waits = t->spinning && t->seen == explore_hot.epoch;

	if (t->attention || (!t->idle && !waits)) {
		set_add(&r->ready, task);
		set_delete(&r->asleep, task);
		return;
	}
	set_delete(&r->ready, task);
	if (t->idle)
		return;
	if (r->asleep.count > 0 && r->slept_at != explore_hot.epoch)
		run_wake(r);
	r->slept_at = explore_hot.epoch;
	set_add(&r->asleep, task);
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
	engine_deactivate();
	/* Tells a replay that these waits did not take the interrupt. */
	for (unsigned i = 0; i < r->ntasks; i++)
		if (r->tasks[i].held)
			run_record(r, CHOICE_IRQ, i, STEP_NEVER - 1, 0);
	run_fiber(r, &r->main);
	abort();
}

static bool
all_idle(const struct run *r)
{
	return r->idle == r->ntasks;
}

/* Everybody is hidden.  Ends the run when nobody can go on. */
static unsigned
choose_next(struct run *r)
{
	if (r->player->next != NULL) {
		const unsigned next = r->player->next(r);

		if (next == NO_TASK)
			end_run(r, r->next_end);
		return next;
	}
	if (run_runnable(r)->count > 0 || !all_idle(r) ||
	    r->player->drains_last)
		r->player->drain(r);
	while (run_runnable(r)->count == 0) {
		if (run_drain_all(r) == 0)
			end_run(r, all_idle(r) ? EXPLORE_DONE :
			    EXPLORE_DEADLOCK);
	}
	return r->player->pick(r, run_runnable(r));
}

/* The current task gives way; returns when it runs again. */
static void
give_way(struct run *r)
{
	const unsigned old = r->current;
	unsigned next;

	close_segment(r, r->task->local);
	engine_deactivate();
	r->ops.hide(r->ops.ctx, old);
	if (r->player->next == NULL)
		run_note_buffer(r, old);
	next = choose_next(r);
	open_segment(r, next);
	r->ops.show(r->ops.ctx, next);
	activate();
	if (next == old)
		return;
	r->ret->switches++;
	run_fiber(r, &r->tasks[next].fiber);
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
	run_record(r, CHOICE_IRQ, r->current, t->local, 0);
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
		if (run_others(r) == 0)
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

	sync_steps(r);
	for (;;) {
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
		engine_deactivate();   /* never set, or run down outside of a run */
}

void
explore_point_event_slow(const struct explore_event *e)
{
	struct run *r = &the_run;

	if (!explore_hot.active) {
		engine_deactivate();
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
		engine_deactivate();
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

static void
set_idle(struct run *r, bool idle)
{
	current_task(r)->idle = idle;
	r->idle += idle ? 1u : -1u;
	update_ready(r, r->current);
}

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
		t->ended = true;
		set_idle(r, true);
		r->yielding = true;
		give_way(r);
		set_idle(r, false);
	}
}

void
engine_task(void *arg)
{
	struct run *r = arg;
	struct task *t = current_task(r);

	if (t->seen < FIRST_EPOCH)
		t->seen = explore_hot.epoch;
	r->declared = EVENT_LOCAL;
	serve(r);
	r->entry(r->arg, (unsigned)(t - r->tasks));
	idle(r);
}

/* Could anything happen before the current task, which waits, goes on? */
static bool
others_matter(struct run *r)
{
	if (r->player->next != NULL || run_others(r) > 0 ||
	    !set_has(&r->ready, r->current))
		return true;
	run_note_buffer(r, r->current);
	return run_buffered(r);
}

/* Waits until something has changed since the last wait ended. */
static void
wait_for_change(struct run *r)
{
	struct task *t = current_task(r);
	bool changed;

	t->spinning = true;
	update_ready(r, r->current);
	if (r->player->demote != NULL)
		r->player->demote(r);
	if (others_matter(r)) {
		r->yielding = true;
		give_way(r);
	}
	changed = t->seen != explore_hot.epoch;
	t->spinning = false;
	t->seen = explore_hot.epoch;
	update_ready(r, r->current);
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
		run_record(r, CHOICE_DATA, r->current, step, value);
	if (n > 1 && explore_hot.classes)
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
	const bool running = explore_hot.active && task == r->current;
	struct task *t;

	explore_touch(EXPLORE_IRQ(task),
	    running ? EXPLORE_MASK : EXPLORE_SEND);
	if (task >= r->ntasks)
		return;
	r->attention_changes++;
	t = &r->tasks[task];
	if (!pending) {
		if (t->attention) {
			t->attention = false;
			update_ready(r, task);
		}
		return;
	}
	if (t->attention && t->irq_at != STEP_NEVER)
		return;
	if (explore_hot.active)
		sync_steps(r);
	if (!t->attention) {
		t->attention = true;
		update_ready(r, task);
	}
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
engine_run(struct run *r)
{
	const unsigned first = r->player->pick(r, run_runnable(r));

	open_segment(r, first);
	r->ops.show(r->ops.ctx, first);
	activate();
	run_fiber(r, &r->tasks[first].fiber);
}
