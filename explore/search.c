/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The strategy of an exhaustive search: one execution.
 *
 * Each run follows the steps that it shares with the last one, takes the next
 * branch of a wakeup tree, follows its sequence, and then chooses freely: the
 * task that ran last if it can, so that the first run has no preemption.
 *
 * Only what follows the new branch is looked at while it runs: before, tasks
 * are given all the steps of a segment at once.
 */
#include "explore/exhaustive.h"

#include <string.h>

/* ---- a step -------------------------------------------------------------- */

/* The event that buffered the task's oldest store. */
static int32_t
find_store(const struct exhaustive *x, unsigned t)
{
	uint64_t gone = 0, stored = 0;

	for (uint32_t i = 0; i < x->depth; i++) {
		const struct step *const s = &x->steps[i];

		if (s->proc == PROC_BUFFER + t)
			gone++;
		else if (proc_cpu(s->proc) == t && (proc_is_task(s->proc) ||
		    proc_is_irq(s->proc)))
			gone += s->pops;
	}
	for (uint32_t i = 0; i < x->depth; i++) {
		const struct step *const s = &x->steps[i];

		if (proc_cpu(s->proc) != t || (!proc_is_task(s->proc) &&
		    !proc_is_irq(s->proc)))
			continue;
		stored += s->pushes;
		if (stored > gone)
			return (int32_t)i;
	}
	return -1;
}

/* A task's start takes no processor from another. */
static void
count_preemptions(struct step *s)
{
	const unsigned p = s->proc;

	s[1].preemptions = s->preemptions;
	s[1].last_cpu = s->last_cpu;
	if (!proc_has_cpu(p) || (proc_is_task(p) && s->index == 0))
		return;
	s[1].preemptions += search_preempts(s, p);
	s[1].last_cpu = (uint8_t)proc_cpu(p);
}

/* Says what the step that process p is about to make will be. */
static void
begin_step(struct exhaustive *x, struct run *r, unsigned p, unsigned value)
{
	struct step *const s = &x->steps[x->depth];

	s->proc = (uint8_t)p;
	s->value = (uint8_t)value;
	s->alternatives = 1;
	s->spin = false;
	s->pushes = s->pops = 0;
	s->store = -1;
	s->prev = x->last[p];
	s->index = s->prev < 0 ? 0 : x->steps[s->prev].index + 1;
	x->last[p] = (int32_t)x->depth;
	if (proc_is_task(p)) {
		s->id = x->next[p].id;
		s->spin = x->next[p].state == NEXT_SPIN;
	} else if (proc_is_irq(p)) {
		s->id = search_describe(x, r, CHOICE_IRQ, proc_cpu(p), 0);
	} else if (p < PROC_IRQ) {
		s->id = search_describe(x, r, CHOICE_DRAIN, proc_cpu(p), 0);
		s->store = find_store(x, proc_cpu(p));
	} else {
		s->id = x->walk_id[p];
	}
	count_preemptions(s);
}

/* ---- choosing ------------------------------------------------------------ */

static int
choose_freely(struct exhaustive *x, const struct step *s,
              unsigned *ret_value)
{
	uint64_t set = s->enabled;
	int value = -1;

	if (x->depth < x->ntasks && (set & BIT(x->depth)) != 0 &&
	    (value = search_awake_value(x, s, x->depth)) >= 0) {
		*ret_value = (unsigned)value;
		return (int)x->depth;   /* all tasks start first */
	}
	if (s->last_cpu != NO_CPU && (set & BIT(s->last_cpu)) != 0 &&
	    (value = search_awake_value(x, s, s->last_cpu)) >= 0) {
		*ret_value = (unsigned)value;
		return s->last_cpu;
	}
	for (; set != 0; set &= set - 1) {
		const int p = __builtin_ctzll(set);

		value = search_awake_value(x, s, (unsigned)p);
		if (value >= 0 && search_affords(x, s, (unsigned)p)) {
			*ret_value = (unsigned)value;
			return p;
		}
	}
	return -1;
}

/*
 * Races alone do not lead a bounded search everywhere: reversing one may take
 * a preemption too many where another order would not have.  So each process
 * that could go on does, and what others may wait for happens.
 */
static void
offer_processors(struct exhaustive *x, uint32_t d, unsigned chosen)
{
	struct step *const s = &x->steps[d];
	bool waiting = false;

	for (unsigned t = 0; t < x->ntasks; t++)
		waiting = waiting || (x->next[t].state != NEXT_NONE &&
		    (s->enabled & BIT(t)) == 0);
	for (uint64_t set = s->enabled; set != 0; set &= set - 1) {
		const unsigned p = (unsigned)__builtin_ctzll(set);
		const int value = search_awake_value(x, s, p);
		struct item item = { .proc = (uint8_t)p,
			.value = (uint8_t)value, .id = EVENT_OPAQUE };

		if (p == chosen || value < 0 || (!waiting && !proc_has_cpu(p))
		    || !search_affords(x, s, p))
			continue;
		if (proc_is_task(p))
			item.id = x->next[p].id;
		wakeup_append(x, d, &item);
	}
}

static void
set_end(struct run *r)
{
	r->next_end = r->idle == r->ntasks ? EXPLORE_DONE : EXPLORE_DEADLOCK;
}

/*
 * Nothing that waits has anything new to look at.  A replay knows only the
 * epoch and looks once more, so that happens here, too.  Should it not be in
 * vain, then an event touches more than it says.
 */
static unsigned
end_search_run(struct exhaustive *x, struct run *r)
{
	unsigned runnable;

	if (r->next_end == EXPLORE_CUT)
		return NO_TASK;
	runnable = set_next(run_runnable(r), 0);
	if (runnable != NO_TASK) {
		x->ending = true;
		return runnable;
	}
	set_end(r);
	x->cut = x->cut || (x->ending && r->next_end == EXPLORE_DONE);
	return NO_TASK;
}

/* Decides about the step at x->depth, which is a new one. */
static bool
decide(struct exhaustive *x, struct run *r)
{
	const uint32_t d = x->depth;
	struct step *const s = &x->steps[d];
	struct branch b = { 0 };
	unsigned value = 0;
	int p;

	s->enabled = search_enabled_set(x, r);
	s->refused = s->lost = 0;
	s->done = 0;
	if (d == 0) {
		s->preemptions = 0;
		s->last_cpu = NO_CPU;
	}
	s->goes_on = s->last_cpu != NO_CPU &&
	    x->next[s->last_cpu].state == NEXT_EVENT;
	search_inherit_sleep(x, d);
	if (s->enabled == 0) {
		set_end(r);
		return false;
	}
	r->next_end = EXPLORE_CUT;
	if (d >= x->options.max_events) {
		x->cut = true;
		return false;
	}
	s->leaf = false;
	if (s->wakeup != 0 && search_take_branch(x, d, &b)) {
		p = b.proc;
		value = b.value;
		s->leaf = b.child == 0;
	} else {
		b.child = 0;
		p = choose_freely(x, s, &value);
	}
	if (p < 0) {
		x->stats.redundant++;
		return false;
	}
	x->steps[d + 1].wakeup = b.child;
	if (x->options.bounded && d >= x->ntasks)
		offer_processors(x, d, (unsigned)p);
	begin_step(x, r, (unsigned)p, value);
	return true;
}

/* The steps that are as in the last run have been made: where that leads. */
static void
catch_up(struct exhaustive *x)
{
	memset(x->last, 0xff, x->procs * sizeof(*x->last));
	for (uint32_t i = 0; i < x->depth; i++) {
		const struct step *const s = &x->steps[i];

		x->last[s->proc] = (int32_t)i;
		if (proc_has_cpu(s->proc))
			x->next[proc_cpu(s->proc)] = s->after;
	}
}

/* The task that ran stands at its next point, waits, or has ended. */
static void
arrive(struct exhaustive *x, struct run *r)
{
	const unsigned t = r->current;
	struct step *const s = &x->steps[x->depth - 1];
	struct next *const n = &x->next[t];

	if (r->tasks[t].idle)
		*n = (struct next){ .state = NEXT_NONE };
	else if (r->tasks[t].spinning)
		*n = (struct next){ .state = NEXT_SPIN,
			.id = search_spin_event(x, t) };
	else
		*n = (struct next){ .id = r->declared };
	s->after = *n;
}

/*
 * The starts of all tasks come first, and what is local to a task is as good
 * anywhere before its next step: one switch less.  A record shows the order,
 * so that is kept then.
 */
static void
put_off_starts(struct exhaustive *x, const struct run *r)
{
	if (x->fixed < x->ntasks || r->record != NULL)
		return;
	for (unsigned t = 0; t < x->ntasks; t++) {
		const struct step *const s = &x->steps[t];

		if (s->proc != t || s->id != EVENT_LOCAL || s->visible ||
		    s->pushes > 0 || s->alternatives > 1 ||
		    s->after.state != NEXT_EVENT)
			return;
	}
	x->depth = x->ntasks;
	x->unstarted = (UINT32_C(1) << x->ntasks) - 1;
}

/* Starts the task now, as of when nothing had happened yet. */
static void
start_task(struct exhaustive *x, struct run *r, unsigned t)
{
	x->unstarted &= ~(UINT32_C(1) << t);
	x->starts = 1;
	r->tasks[t].seen = FIRST_EPOCH;
}

/* Starts what has to be there before the step at x->depth; false: nothing. */
static bool
start_alone(struct exhaustive *x, struct run *r, unsigned *ret_task)
{
	const unsigned p = x->steps[x->depth].proc;
	unsigned t = (unsigned)__builtin_ctz(x->unstarted);

	if (proc_is_irq(p) && (x->unstarted >> proc_cpu(p) & 1) != 0)
		t = proc_cpu(p);
	else if (x->depth < x->fixed && (proc_is_task(p) ||
	    r->fiber != &r->main))
		return false;           /* walks are made on a task's fiber */
	start_task(x, r, t);
	x->base = x->depth;
	*ret_task = t;
	return true;
}

/* How many steps from here are plain steps of the same task, and known. */
static uint32_t
known_steps(const struct exhaustive *x)
{
	const struct step *const s = &x->steps[x->depth];
	uint32_t n = 1;

	while (x->depth + n < x->fixed && s[n].proc == s->proc && !s[n].spin)
		n++;
	return n;
}

/* Makes the step at x->depth, or lets its task make it (true). */
static bool
make_step(struct exhaustive *x, struct run *r)
{
	const unsigned p = x->steps[x->depth].proc, t = proc_cpu(p);
	uint32_t n = 1;

	x->base = x->depth;
	x->starts = 0;
	if (proc_is_task(p) && x->depth < x->fixed) {
		n = known_steps(x);
		if ((x->unstarted >> t & 1) != 0)
			start_task(x, r, t);
	}
	x->depth += n;
	explore_hot.exhaustive = x->depth > x->fixed;
	if (p >= PROC_WALK) {
		run_walk(r, x->walk_task[p], x->walk_k[p]);
	} else if (p >= PROC_BUFFER && p < PROC_IRQ) {
		run_drain(r, t, 1);
	} else {
		if (proc_is_irq(p))
			r->tasks[t].irq_at = r->tasks[t].local;
		x->base_local = r->tasks[t].local + x->starts;
		return true;
	}
	explore_hot.exhaustive = false;
	return false;
}

/* Says what the step at x->depth is; false when there is none. */
static bool
prepare_step(struct exhaustive *x, struct run *r)
{
	const struct step *const s = &x->steps[x->depth];

	if (x->depth < x->fixed) {
		if (s->proc >= PROC_WALK)
			search_offered_walks(x, r);
		return true;
	}
	search_reserve(x, x->depth);
	if (x->depth == x->fixed)
		catch_up(x);
	search_look(x, r);
	if (x->depth > x->fixed || !x->started) {
		x->started = true;
		return decide(x, r);
	}
	if (s->proc >= PROC_WALK)
		search_offered_walks(x, r);
	begin_step(x, r, s->proc, s->value);
	return true;
}

static unsigned
search_next(struct run *r)
{
	struct exhaustive *const x = r->search;
	unsigned task;

	explore_hot.exhaustive = false;
	if (x->over || x->ending)
		return end_search_run(x, r);
	if (x->chosen) {
		x->chosen = false;
		if (make_step(x, r))
			return proc_cpu(x->steps[x->base].proc);
	} else if (x->depth > x->fixed) {
		arrive(x, r);
	} else if (x->depth == 0) {
		put_off_starts(x, r);
	}
	for (;;) {
		if (x->unstarted != 0 && start_alone(x, r, &task))
			return task;
		if (!prepare_step(x, r))
			return end_search_run(x, r);
		if (make_step(x, r))
			return proc_cpu(x->steps[x->base].proc);
	}
}

/* ---- the player ---------------------------------------------------------- */

static void
search_begin(struct run *r, const struct strategy *strategy)
{
	struct exhaustive *const x = strategy->search;

	r->search = x;
	x->ntasks = r->ntasks;
	x->depth = x->starts = x->unstarted = 0;
	x->chosen = x->over = x->ending = false;
	for (unsigned t = 0; t < x->ntasks; t++) {
		x->next[t] = (struct next){ .id = EVENT_LOCAL };
		x->buffered[t] = 0;
	}
}

static unsigned
search_pick(struct run *r, const struct task_set *runnable)
{
	(void)runnable;
	return search_next(r);
}

static uint32_t
search_until(struct run *r)
{
	const struct exhaustive *const x = r->search;

	if (x->ending)
		return STEP_NEVER;
	return r->task->local + x->starts + (x->depth - x->base);
}

/*
 * When the task itself is next there is no need to hide it: the choice needs
 * no view, except of what walks are on offer.
 */
static bool
search_due(struct run *r)
{
	struct exhaustive *const x = r->search;

	if (x->depth <= x->fixed || r->ops.walks != NULL)
		return true;
	arrive(x, r);
	search_reserve(x, x->depth);
	search_look(x, r);
	if (!decide(x, r)) {
		x->over = true;
		return true;
	}
	if (x->steps[x->depth].proc != r->current) {
		x->chosen = true;
		return true;
	}
	make_step(x, r);
	r->switch_at = search_until(r);
	return false;
}

static uint32_t
search_irq_at(struct run *r, unsigned t, uint32_t earliest)
{
	(void)r;
	(void)t;
	(void)earliest;
	return STEP_NEVER;
}

static unsigned
search_data(struct run *r, uint32_t step, unsigned n)
{
	struct exhaustive *const x = r->search;
	uint32_t i = x->base + (step - 1 - x->base_local);
	struct step *s;

	if (x->ending)
		return 0;
	if (i >= x->depth)
		i = x->depth - 1;
	s = &x->steps[i];
	if (n > VALUES_MAX) {
		x->cut = true;
		n = VALUES_MAX;
	}
	s->alternatives = (uint8_t)n;
	return s->value < n ? s->value : 0;
}

static uint32_t
search_declare(struct run *r, const struct explore_event *e)
{
	return events_intern(&r->search->events, e);
}

static uint32_t
search_declare_at(struct run *r, uint64_t object, uint32_t mode)
{
	return events_intern_access(&r->search->events, object, mode);
}

static void
search_touch(struct run *r, uint64_t object, uint32_t mode)
{
	struct exhaustive *const x = r->search;
	struct step *const s = &x->steps[x->depth - 1];
	struct explore_event e = x->events.list[s->id];
	uint32_t id;

	if (mode < EXPLORE_MODES)
		event_add(&e, object, mode);
	else
		e.flags |= EXPLORE_OPAQUE;
	id = events_intern(&x->events, &e);
	if (id != s->id && events_grew(&x->events, s->id, id))
		x->again = true;
	s->id = id;
}

static bool
search_hold(struct run *r)
{
	(void)r;
	return true;
}

static void
search_end(struct run *r)
{
	struct exhaustive *const x = r->search;
	const enum explore_end end = r->ret->end;
	const bool whole = end == EXPLORE_DONE || end == EXPLORE_DEADLOCK;

	x->stats.executions++;
	x->stats.deadlocks += end == EXPLORE_DEADLOCK;
	if (end == EXPLORE_STOPPED || end == EXPLORE_LIVELOCK)
		x->cut = true;
	x->stats.cut += !whole && end != EXPLORE_CUT;
	search_reserve(x, x->depth);
	races_analyse(x, whole);
}

const struct player exhaustive_player = {
	.begin = search_begin,
	.pick = search_pick,
	.until = search_until,
	.due = search_due,
	.irq_at = search_irq_at,
	.data = search_data,
	.next = search_next,
	.hold = search_hold,
	.end = search_end,
	.declare = search_declare,
	.declare_at = search_declare_at,
	.touch = search_touch,
};

