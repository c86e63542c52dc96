/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * past.c: what watched pages were, change by change, while runs are steered.
 *
 * As in the model: a change that an operation relies on, or has made, makes
 * what was there before it dead when the operation returns, and so does the
 * return of the kernel's own invalidation for what was changed before its
 * call.  Only one vCPU at a time does anything, so the author of a change is
 * known.
 */
#include "pmapshim/metal/metal.h"

static struct metal_past
look(uint64_t va)
{
	const struct metal_walk w = metal_walk(metal.root, va);

	return (struct metal_past){ .frame = w.present ? w.frame : SCN_FAULT,
	    .writable = w.writable && w.present,
	    .executable = w.executable && w.present };
}

void
metal_track_begin(void)
{
	metal.seq = 0;
	for (unsigned i = 0; i < metal.nwatched; i++) {
		metal.npast[i] = 0;
		metal.now[i] = look(metal.watched[i]);
	}
}

void
metal_track(void)
{
	if (!metal.steered || !metal_self()->in_program)
		return;
	for (unsigned i = 0; i < metal.nwatched; i++) {
		struct metal_past old = metal.now[i];

		metal.now[i] = look(metal.watched[i]);
		if (old.frame == metal.now[i].frame &&
		    old.writable == metal.now[i].writable &&
		    old.executable == metal.now[i].executable)
			continue;
		old.seq = ++metal.seq;
		old.cpu = metal_self()->number;
		if (metal.npast[i] < METAL_PAST)
			metal.past[i][metal.npast[i]++] = old;
	}
}

void
metal_dead(const struct metal_op *scope)
{
	for (unsigned i = 0; i < metal.nwatched; i++) {
		const uint64_t va = metal.watched[i];

		if (va < (scope->va & ~(PAGE - 1)) || va > scope->end - 1)
			continue;
		for (unsigned k = 0; k < metal.npast[i]; k++) {
			struct metal_past *p = &metal.past[i][k];

			if (p->seq <= scope->seq ||
			    p->cpu == metal_self()->number)
				p->dead = true;
		}
	}
}

void
metal_dead_frame(uint64_t frame)
{
	for (unsigned i = 0; i < metal.nwatched; i++)
		for (unsigned k = 0; k < metal.npast[i]; k++)
			if (metal.past[i][k].frame == frame)
				metal.past[i][k].dead = true;
}

/* The latest of that frame, and with that right, counts. */
bool
metal_is_dead(unsigned i, uint64_t frame, enum metal_access access)
{
	for (unsigned k = metal.npast[i]; k-- > 0;) {
		const struct metal_past *p = &metal.past[i][k];

		if (p->frame == frame &&
		    (access != METAL_WRITE || p->writable) &&
		    (access != METAL_EXECUTE || p->executable))
			return p->dead;
	}
	return false;
}
