/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can happen next in an exhaustive search: which processes are enabled
 * and what their next events touch.
 *
 * A task that waits is disabled until something that its loop has read is
 * touched again; the epoch says so too, since a replay knows only that.
 */
#include "explore/exhaustive.h"

/*
 * Has something changed that the waiting task has looked at?  Whatever counts
 * here must depend on the event of leaving the wait, so an epoch that is new on
 * account of some other event does not.
 */
static bool
spin_changed(const struct exhaustive *x, unsigned t)
{
	const struct step *const s = x->steps;
	bool looked = false, foreign = false;

	for (uint32_t i = x->depth; i-- > 0;) {
		if (s[i].proc == PROC_IRQ + t || (s[i].proc == t && s[i].spin))
			break;
		if (s[i].proc != t) {
			foreign = foreign || (s[i].visible && s[i].id !=
			    EVENT_LOCAL && s[i].proc != PROC_BUFFER + t);
			continue;
		}
		looked = looked || s[i].id != EVENT_LOCAL;
		for (uint32_t k = i + 1; k < x->depth; k++)
			if (s[k].proc != t && s[k].visible && !s[k].spin &&
			    events_dependent(&x->events, s[i].id, s[k].id))
				return true;
	}
	return !looked && foreign;
}

/* Leaving a wait depends on whatever the loop has read. */
uint32_t
search_spin_event(struct exhaustive *x, unsigned t)
{
	struct explore_event e = { 0 };

	for (uint32_t i = x->depth; i-- > 0;) {
		const struct step *const s = &x->steps[i];
		const struct explore_event *const o = &x->events.list[s->id];

		if (s->proc == PROC_IRQ + t)
			break;
		if (s->proc != t)
			continue;
		if (!s->spin)
			e.flags |= o->flags & EXPLORE_OPAQUE;
		for (uint32_t k = 0; k < o->count && !s->spin; k++)
			event_add(&e, o->access[k].object, o->access[k].mode);
		if (s->spin)
			break;
	}
	if (e.count == 0 || e.flags != 0)
		return EVENT_OPAQUE;
	return events_intern(&x->events, &e);
}

uint32_t
search_describe(struct exhaustive *x, struct run *r, enum choice_kind what,
         unsigned task, unsigned k)
{
	struct explore_event e = { 0 };

	if (what == CHOICE_IRQ)
		event_add(&e, EXPLORE_IRQ(task), EXPLORE_MASK);
	if (r->ops.describe != NULL)
		r->ops.describe(r->ops.ctx, what, task, k, &e);
	else if (what != CHOICE_IRQ)
		return EVENT_OPAQUE;
	return events_intern(&x->events, &e);
}

uint64_t
search_find_walks(struct exhaustive *x, struct run *r)
{
	uint64_t set = 0;

	for (unsigned t = 0; t < x->ntasks; t++) {
		const unsigned n = r->ops.walks(r->ops.ctx, t);

		for (unsigned k = 0; k < n; k++) {
			const uint32_t id =
			    search_describe(x, r, CHOICE_WALK, t, k);
			unsigned p = PROC_WALK;

			while (p < x->procs && (x->walk_task[p] != t ||
			    x->walk_id[p] != id || (set & BIT(p)) != 0))
				p++;
			if (p == PROC_MAX) {
				x->cut = true;  /* too many */
				continue;
			}
			if (p == x->procs) {
				x->last[p] = -1;
				x->procs++;
			}
			x->walk_task[p] = (uint8_t)t;
			x->walk_id[p] = id;
			x->walk_k[p] = k;
			set |= BIT(p);
		}
	}
	return set;
}

/* One that another's step may enable, disable or drain stays unsettled. */
static void
look_at(struct exhaustive *x, struct run *r, unsigned t)
{
	const struct next *const n = &x->next[t];
	const struct task *const task = &r->tasks[t];
	uint64_t set = 0;

	x->buffered[t] = r->ops.buffered(r->ops.ctx, t);
	if (n->state == NEXT_EVENT && (x->buffered[t] == 0 ||
	    (x->events.list[n->id].flags & EXPLORE_FENCE) == 0))
		set |= BIT(t);
	if (n->state == NEXT_SPIN && task->seen != explore_hot.epoch &&
	    spin_changed(x, t))
		set |= BIT(t);
	if (x->buffered[t] > 0)
		set |= BIT(PROC_BUFFER + t);
	if (task->attention && task->local > 0) {
		set |= BIT(PROC_IRQ + t);
		x->irq_id[t] = search_describe(x, r, CHOICE_IRQ, t, 0);
	}
	x->enabled = (x->enabled & ~(TASK_PROCS << t)) | set;
	x->unsettled &= ~(UINT32_C(1) << t);
	if (n->state == NEXT_SPIN || x->buffered[t] > 0 || task->attention)
		x->unsettled |= UINT32_C(1) << t;
}

/* How many stores the last step has buffered, and how many committed. */
static void
note_stores(struct step *s, unsigned before, unsigned now)
{
	s->pushes = (uint8_t)(now > before ? now - before : 0);
	s->pops = (uint8_t)(now < before ? before - now : 0);
}

/* As most steps are: all tasks settled before, and this one after it. */
static bool
is_plain(const struct exhaustive *x, const struct run *r, unsigned t)
{
	return x->unsettled == 0 && x->attention == r->attention_changes &&
	    x->next[t].state != NEXT_SPIN &&
	    r->ops.buffered(r->ops.ctx, t) == 0;
}

static void
look_around(struct exhaustive *x, struct run *r)
{
	uint32_t tasks = (UINT32_C(1) << x->ntasks) - 1;

	if (x->depth > x->fixed) {
		struct step *const last = &x->steps[x->depth - 1];
		const unsigned t = proc_cpu(last->proc);

		if (proc_has_cpu(last->proc)) {
			const unsigned before = x->buffered[t];

			look_at(x, r, t);
			note_stores(last, before, x->buffered[t]);
			tasks &= ~(UINT32_C(1) << t);
		}
		if (x->attention == r->attention_changes)
			tasks &= x->unsettled;
	}
	x->attention = r->attention_changes;
	for (; tasks != 0; tasks &= tasks - 1)
		look_at(x, r, (unsigned)__builtin_ctz(tasks));
}

void
search_look(struct exhaustive *x, struct run *r)
{
	const uint64_t epoch = x->epoch;
	struct step *last;

	x->epoch = explore_hot.epoch;
	if (x->depth > x->fixed) {
		last = &x->steps[x->depth - 1];
		last->visible = epoch != x->epoch;
		if (proc_is_task(last->proc) && is_plain(x, r, last->proc)) {
			x->enabled |= BIT(last->proc);
			if (x->next[last->proc].state == NEXT_NONE)
				x->enabled &= ~BIT(last->proc);
			return;
		}
	}
	look_around(x, r);
}
