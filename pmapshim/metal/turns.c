/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * turns.c: what happens at a scheduling point on a real processor.
 *
 * Freely running, a point is a chance: a delay, a look at what is watched, an
 * interrupt.  Steered, it counts the vCPU's own steps as explore does, and the
 * vCPU goes on only while the schedule says that it is its turn; all others
 * stand at their points, take real interrupts (but only note them), and read
 * what they are asked to.
 */
#include "explore/explore.h"
#include "pmapshim/metal/metal.h"

#define STILL 15000u
#define PATIENCE 200000000u     /* looks: a vCPU that waits for ever */

void
metal_window(void)
{
	__asm__ volatile("sti; nop; cli" ::: "memory");
}

void
metal_settle(void)
{
	metal_self()->range.size = 0;
}

_Noreturn void
metal_leave(void)
{
	__builtin_longjmp(metal_self()->stop, 1);
}

/* ---- interrupts ------------------------------------------------------------ */

static bool
has_pending(const struct metal_cpu *v)
{
	const volatile uint64_t *p = v->pending;

	return (p[0] | p[1] | p[2] | p[3]) != 0;
}

/* As the model does: the lowest of six bits. */
static unsigned
take_lowest(struct metal_cpu *v)
{
	unsigned best = 0;

	for (unsigned i = 0; i < 256; i++) {
		unsigned vector = (i & 3) << 6 | i >> 2;

		if (v->pending[vector / 64] >> vector % 64 & 1) {
			best = vector;
			break;
		}
	}
	v->pending[best / 64] &= ~(1ull << best % 64);
	return best;
}

static void
take_interrupt(struct metal_cpu *v)
{
	const unsigned vector = take_lowest(v);

	v->vif = false;
	if (v->mode == METAL_USER) {
		metal.k->leave_user();
		metal.k->interrupt(vector);
		metal.k->enter_user();
		return;
	}
	v->handlers++;
	metal.k->interrupt(vector);
	metal_settle();
	v->vif = true;
	v->handlers--;
}

static bool
can_take(const struct metal_cpu *v)
{
	return v->vif && has_pending(v);
}

/* ---- what a vCPU does while others run ------------------------------------- */

static void
serve_requests(struct metal_cpu *v)
{
	const uint32_t touch = metal.touch;
	uint32_t generation;

	metal_window();
	if (v->touched != touch) {
		metal_touch_all();
		__atomic_store_n(&v->touched, touch, __ATOMIC_SEQ_CST);
	}
	generation = metal.generation;
	if (v->judged != generation)
		metal_judge();
	__atomic_store_n(&v->looked, generation, __ATOMIC_SEQ_CST);
}

/* Waits until all others have done what serve_requests() does. */
static void
wait_for_others(const struct metal_cpu *self, bool touched)
{
	for (unsigned c = 0; c < metal.ncpus; c++) {
		const struct metal_cpu *v = &metal.cpu[c];

		for (uint32_t i = 0; v != self && !metal.over &&
		    i < PATIENCE; i++) {
			if (metal.abort)
				metal_leave();
			if (touched ? v->touched == metal.touch :
			    v->looked == metal.generation)
				break;
			metal_window();
			pause();
		}
	}
}

/* ---- steered --------------------------------------------------------------- */

static void
end_schedule(bool diverged)
{
	if (diverged)
		metal.diverged = true;
	metal.over = true;
}

/* The next RUN of the schedule begins. */
static void
next_turn(void)
{
	uint32_t i = metal.cursor;

	while (i < metal.row->choices && metal.choice[i].kind != CHOICE_RUN)
		i++;
	if (i == metal.row->choices) {
		/* An operation that has begun is let to its end first. */
		if (metal.last || metal.cpu[metal.turn].ops == 0)
			end_schedule(false);
		metal.last = true;
		metal.until = UINT32_MAX;
		return;
	}
	metal.until = metal.choice[i].arg;
	for (metal.cursor = i + 1; metal.cursor < metal.row->choices &&
	    metal.choice[metal.cursor].kind != CHOICE_RUN;)
		metal.cursor++;
	__atomic_store_n(&metal.turn, metal.choice[i].task, __ATOMIC_SEQ_CST);
}

static void
hold(struct metal_cpu *v)
{
	v->held = true;
	for (uint32_t i = 0; metal.turn != v->number && !metal.over; i++) {
		if (metal.abort)
			metal_leave();
		if (i > PATIENCE)
			end_schedule(true);
		serve_requests(v);
		pause();
	}
	v->held = false;
}

/* Does the schedule have the vCPU take an interrupt at this step? */
static bool
irq_due(struct metal_cpu *v)
{
	for (uint32_t i = v->irq; i < metal.cursor; i++) {
		const struct metal_choice *c = &metal.choice[i];

		if (c->kind != CHOICE_IRQ || c->task != v->number ||
		    c->arg < v->local)
			continue;
		if (c->arg > v->local)
			return false;
		v->irq = i + 1;
		return true;
	}
	return false;
}

/* It has been sent, and arrives in its own time. */
static void
take_when_there(struct metal_cpu *v)
{
	for (uint32_t i = 0; !can_take(v); i++) {
		if (metal.abort)
			metal_leave();
		if (!v->vif || i > PATIENCE) {
			end_schedule(true);
			return;
		}
		metal_window();
		pause();
	}
	take_interrupt(v);
	v->local++;
}

static void
take_all(struct metal_cpu *v)
{
	while (can_take(v))
		take_interrupt(v);
}

static void
serve_steered(struct metal_cpu *v)
{
	for (;;) {
		if (metal.abort)
			metal_leave();
		if (metal.over)
			break;
		if (metal.turn != v->number)
			hold(v);
		else if (irq_due(v))
			take_when_there(v);
		else if (v->local >= metal.until)
			next_turn();
		else
			break;
	}
	if (v->judged != metal.generation)
		metal_judge();
	if (metal.over) {
		metal_window();
		take_all(v);
	}
}

/* ---- free ------------------------------------------------------------------ */

static void
maybe_wait(void)
{
	uint64_t r = cpu_random(), n = 0;

	if ((r & 15) == 0)
		n = r >> 8 & 63;
	else if ((r & 255) == 1)
		n = r >> 8 & 2047;
	while (n-- > 0)
		pause();
}

/* Stands still until others have finished something, or for long. */
static void
stand_still(struct metal_cpu *v)
{
	const uint32_t generation = metal.generation;

	for (uint32_t i = 0; i < STILL && metal.generation == generation &&
	    metal.ended + 1 < metal.ncpus; i++) {
		if (metal.abort)
			metal_leave();
		metal_window();
		pause();
	}
	if (v->judged != metal.generation)
		metal_judge();
}

static void
serve_free(struct metal_cpu *v)
{
	if (metal.abort)
		metal_leave();
	metal_window();
	maybe_wait();
	if (v->local == v->still_at)
		stand_still(v);
	if ((cpu_random() & 3) == 0)
		metal_touch_all();
	if (v->judged != metal.generation)
		metal_judge();
	take_all(v);
}

/*
 * A program stays where it is for a while: freely running, no two take the
 * same time from run to run, or nothing would ever meet.
 */
void
metal_linger(void)
{
	struct metal_cpu *v = metal_self();
	const uint32_t generation = metal.generation;
	const uint64_t r = cpu_random();
	/* Half of the time until something has been done. */
	const bool until = (r >> 40 & 1) != 0;
	uint64_t n = metal.steered || !v->in_program ? 0 :
	    (r >> 8) & ((1ull << (r & 15)) - 1);

	if (n > 0 && until)
		n = STILL;
	while (n-- > 0 && !(until && (metal.generation != generation ||
	    metal.ended + 1 >= metal.ncpus))) {
		if (metal.abort)
			metal_leave();
		if (v->judged != metal.generation)
			metal_judge();
		metal_window();
		take_all(v);
		pause();
	}
}

/* ---- points ---------------------------------------------------------------- */

void
metal_point(void)
{
	struct metal_cpu *v = metal_self();

	metal_settle();
	metal_track();
	if (!v->in_program) {
		metal_window();
		return;
	}
	v->local++;
	if (metal.steered)
		serve_steered(v);
	else
		serve_free(v);
}

/*
 * Before an entry changes, everybody reads what is watched: whatever a
 * processor may have cached by then, these have.
 */
void
metal_store_point(void)
{
	struct metal_cpu *v = metal_self();

	metal_point();
	if (!v->in_program || !metal.steered || metal.over)
		return;
	metal.touch++;
	metal_touch_all();
	v->touched = metal.touch;
	wait_for_others(v, true);
}

void
metal_contract(void)
{
	struct metal_cpu *v = metal_self();

	__atomic_add_fetch(&metal.generation, 1, __ATOMIC_SEQ_CST);
	if (!v->in_program || !metal.steered || metal.over)
		return;
	metal_judge();
	wait_for_others(v, false);
	if (metal.last && v->ops == 0)
		end_schedule(false);
}

void
metal_spin(void)
{
	struct metal_cpu *v = metal_self();

	metal_settle();
	pause();
	if (!v->in_program) {
		metal_window();
		return;
	}
	v->local++;
	if (metal.last)
		end_schedule(false);
	if (metal.steered)
		serve_steered(v);
	else
		serve_free(v);
	if (++v->spins > PATIENCE)
		metal_stop(TROUBLE_STUCK, "a wait without end");
}

static void
idle_freely(struct metal_cpu *v)
{
	for (uint32_t i = 0; metal.ended < metal.ncpus; i++) {
		if (metal.abort)
			metal_leave();
		if (i > PATIENCE)
			metal_stop(TROUBLE_STUCK, "a vCPU does not end");
		serve_requests(v);
		take_all(v);
		pause();
	}
}

void
metal_idle(void)
{
	struct metal_cpu *v = metal_self();

	metal_settle();
	v->ended = true;
	__atomic_add_fetch(&metal.ended, 1, __ATOMIC_SEQ_CST);
	while (metal.steered && !metal.over) {
		v->local++;
		if (irq_due(v)) {
			take_when_there(v);
			continue;
		}
		next_turn();
		hold(v);
	}
	idle_freely(v);
}

void
metal_turns_begin(void)
{
	metal.steered = (metal.row->flags & METAL_STEERED) != 0;
	metal.over = metal.diverged = metal.last = false;
	metal.cursor = 0;
	metal.turn = 0;
	if (metal.steered)
		next_turn();
}

void
metal_first_turn(void)
{
	struct metal_cpu *v = metal_self();

	if (metal.steered)
		serve_steered(v);
	else
		metal_linger();
}

void
metal_call_steps(void)
{
	struct metal_cpu *v = metal_self();

	for (uint32_t i = 0; i < metal.row->calls; i++)
		if (metal.call[i].task == v->number &&
		    metal.call[i].begin == v->local) {
			v->local = metal.call[i].end;
			return;
		}
}
