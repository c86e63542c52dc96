/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strategy delay: delay-bounded scheduling (Emmi, Qadeer, Rakamaric:
 * Delay-Bounded Scheduling, POPL 2011).
 *
 * A deterministic scheduler (round robin, no preemption, every store visible
 * at the next switch, interrupts at once, data 0) is made to do something else
 * b times, at random steps out of k.  Most often the running task is delayed:
 * the next one runs.  Or its stores are, until the next delay; or the next
 * interrupt is, or the next data choice is another than 0.  So b = 0 is one
 * schedule, and few deviations go deep into a run.
 */
#include "explore/engine.h"

#define DEFAULT_LENGTH 1000
#define MAX_DELAYS 32
#define IRQ_DELAY_MEAN 8

enum delay_kind { DELAY_TASK, DELAY_STORES, DELAY_OTHER };

static struct {
	uint64_t at[MAX_DELAYS];        /* total steps, ascending */
	unsigned count, next;
	bool *held;                     /* each task: stores stay buffered */
	unsigned capacity;
	bool other;                     /* the next interrupt or data choice */
} delay;

static void
sort_insert(uint64_t *sorted, unsigned count, uint64_t value)
{
	for (; count > 0 && sorted[count - 1] > value; count--)
		sorted[count] = sorted[count - 1];
	sorted[count] = value;
}

static void
delay_begin(struct run *r, const struct strategy *strategy)
{
	const uint32_t k = strategy->length != 0 ? strategy->length :
	    DEFAULT_LENGTH;

	rng_seed(&r->rng, strategy->seed);
	delay.count = strategy->depth < MAX_DELAYS ? strategy->depth :
	    MAX_DELAYS;
	delay.next = 0;
	delay.other = false;
	for (unsigned i = 0; i < delay.count; i++)
		sort_insert(delay.at, i, 1 + rng_below(&r->rng, k));
	delay.held = run_reserve(delay.held, &delay.capacity, r->ntasks,
	    sizeof(*delay.held));
	for (unsigned i = 0; i < r->ntasks; i++)
		delay.held[i] = false;
}

static void
delay_drain(struct run *r)
{
	for (unsigned t = set_next(&r->buffered, 0); t != NO_TASK;
	    t = set_next(&r->buffered, t + 1))
		if (!delay.held[t])
			run_drain(r, t, UINT_MAX);
}

/* The next runnable one in the circle; the current one comes last. */
static unsigned
delay_pick(struct run *r, const struct task_set *runnable)
{
	unsigned t = NO_TASK;

	if (r->fiber != &r->main)
		t = set_next(runnable, r->current + 1);
	return t != NO_TASK ? t : set_next(runnable, 0);
}

static uint32_t
delay_until(struct run *r)
{
	const uint32_t local = r->tasks[r->current].local;
	uint64_t at;

	if (delay.next == delay.count)
		return STEP_NEVER;
	at = delay.at[delay.next];
	at = at > r->steps ? at - r->steps : 1;
	return at < STEP_NEVER - local ? local + (uint32_t)at : STEP_NEVER;
}

static enum delay_kind
draw_kind(struct run *r)
{
	static const enum delay_kind kinds[4] = {
		DELAY_TASK, DELAY_TASK, DELAY_STORES, DELAY_OTHER
	};

	return kinds[rng_below(&r->rng, 4)];
}

static bool
delay_due(struct run *r)
{
	bool switches = false;

	while (delay.next < delay.count &&
	    delay.at[delay.next] <= r->steps) {
		const enum delay_kind kind = draw_kind(r);

		delay.next++;
		for (unsigned i = 0; i < r->ntasks; i++)
			delay.held[i] = false;
		delay.held[r->current] = kind == DELAY_STORES;
		delay.other = delay.other || kind == DELAY_OTHER;
		switches = switches || kind == DELAY_TASK;
	}
	r->switch_at = delay_until(r);
	return switches;
}

static uint32_t
delay_irq_at(struct run *r, unsigned t, uint32_t earliest)
{
	(void)t;
	if (!delay.other)
		return earliest;
	delay.other = false;
	return earliest + rng_geometric(&r->rng, IRQ_DELAY_MEAN);
}

static unsigned
delay_data(struct run *r, uint32_t step, unsigned n)
{
	(void)step;
	if (!delay.other)
		return 0;
	delay.other = false;
	return 1 + rng_below(&r->rng, n - 1);
}

const struct player delay_player = {
	.begin = delay_begin,
	.drain = delay_drain,
	.pick = delay_pick,
	.until = delay_until,
	.due = delay_due,
	.irq_at = delay_irq_at,
	.data = delay_data,
};
