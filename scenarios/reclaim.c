/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reclaim: vCPU 0 takes pages one by one and flushes once for them all.
 *
 *  vCPU 0:   entry := 0  . . . . . . . . . flush      return
 *  vCPU 1:               finds 0   return    user mode  <- not the old
 */
#include "scenarios/programs.h"

static void
setup_two_pages(struct scenario_world *w)
{
	map_ends(w, w->space, w->user_va, 2, KPROT_W | KPROT_USER);
}

static void
run_reclaim(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->reclaim(w->space, w->user_va, 2);
		free_frames(w, 2);
	} else {
		use_page(w, w->user_va, false);
	}
}

const struct scenario scenario_reclaim = {
	.name = "reclaim",
	.summary = "unmap user pages one by one, with one deferred flush",
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_RECLAIM,
	.sparse_too = true,
	.setup = setup_two_pages, .program = run_reclaim,
};

/* Finds the entry gone already, and relies on it when it returns. */
static void
run_reclaim_unmap(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 1) {
		visit_user(w);
		w->k->unmap(w->space, w->user_va, 1);
		use_page(w, w->user_va, false);
		return;
	}
	run_reclaim(w, vcpu);
}

const struct scenario scenario_reclaim_unmap = {
	.name = "reclaim-unmap",
	.summary = "unmap a user page whose flush another vCPU has deferred",
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_RECLAIM,
	.setup = setup_two_pages, .program = run_reclaim_unmap,
};

/* Its space is left while the flush is still to come. */
static void
run_reclaim_switch(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		run_reclaim(w, vcpu);
		return;
	}
	visit_user(w);
	w->k->activate(w->other);
	w->k->activate(w->space);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_reclaim_switch = {
	.name = "reclaim-switch",
	.summary = "defer a flush while others leave the space and come back",
	.min_vcpus = 2, .max_vcpus = 3, .needs = NEEDS_RECLAIM,
	.other_space = true,
	.setup = setup_two_pages, .program = run_reclaim_switch,
};
