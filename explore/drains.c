/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What strategies do to the machine: drains and walks; who could run.
 *
 * Invariant: each hidden task with a buffered store is in r->buffered.  A task
 * that is there without one (the machine has drained it by itself) leaves as
 * soon as that is noticed.
 */
#include "explore/engine.h"

void
run_wake(struct run *r)
{
	struct task_set *const from = &r->asleep, *const to = &r->ready;

	for (unsigned w = 0; w < from->words; w++) {
		to->word[w] |= from->word[w];
		from->word[w] = 0;
	}
	to->count += from->count;
	from->count = 0;
}

void
run_drain_known(struct run *r, unsigned task, unsigned n, unsigned have)
{
	if (n == have)
		set_delete(&r->buffered, task);
	if (n == 0)
		return;
	run_record(r, CHOICE_DRAIN, task, n, 0);
	explore_hot.epoch++;
	r->ops.drain(r->ops.ctx, task, n);
}

unsigned
run_drain(struct run *r, unsigned task, unsigned n)
{
	const unsigned have = r->ops.buffered(r->ops.ctx, task);

	if (n > have)
		n = have;
	run_drain_known(r, task, n, have);
	return n;
}

unsigned
run_drain_all(struct run *r)
{
	unsigned n = 0;

	for (unsigned t = set_next(&r->buffered, 0); t != NO_TASK;
	    t = set_next(&r->buffered, t + 1))
		n += run_drain(r, t, UINT_MAX);
	return n;
}

void
run_note_buffer(struct run *r, unsigned task)
{
	if (r->ops.buffered(r->ops.ctx, task) > 0)
		set_add(&r->buffered, task);
	else
		set_delete(&r->buffered, task);
}

bool
run_buffered(struct run *r)
{
	while (r->buffered.count > 0) {
		const unsigned t = set_next(&r->buffered, 0);

		if (r->ops.buffered(r->ops.ctx, t) > 0)
			return true;
		set_delete(&r->buffered, t);
	}
	return false;
}

void
run_walk(struct run *r, unsigned task, unsigned k)
{
	if (r->ops.walks == NULL || r->fiber == &r->main ||
	    k >= r->ops.walks(r->ops.ctx, task))
		return;
	run_record(r, CHOICE_WALK, task, k, 0);
	r->ops.walk(r->ops.ctx, task, k);
}
