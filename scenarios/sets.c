/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sets: the set of targets shrinks between two flushes that both have to name
 * their targets one by one, since the last vCPU runs another space; or who
 * flushes is not among the targets itself.
 */
#include "scenarios/programs.h"

static void
run_shrinking_subset(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap(w->space, w->user_va, 1);
		w->k->unmap(w->space, w->user_va + PAGE, 1);
		free_frames(w, 2);
	} else if (vcpu == 2) {
		use_page(w, w->user_va + PAGE, false);
	} else {
		w->k->activate(w->other);
	}
}

const struct scenario scenario_shrinking_subset = {
	.name = "shrinking-subset",
	.summary = "unmap two user pages while all vCPUs but one leave the space",
	.min_vcpus = 4, .max_vcpus = 4, .other_space = true,
	.setup = setup_two_pages, .program = run_shrinking_subset,
};

/* A fresh one, so that no kernel remembers vCPU 0 in its set. */
static void
setup_fresh(struct scenario_world *w)
{
	w->arg = w->k->space_create();
	map_page(w, w->arg, w->user_va, 0, KPROT_W | KPROT_USER);
}

static void
run_remote(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap(w->arg, w->user_va, 1);
		free_frames(w, 1);
		return;
	}
	w->k->activate(w->arg);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_unmap_remote = {
	.name = "unmap-remote",
	.summary = "unmap a page of a space that only others ever ran",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY, .sparse_too = true,
	.setup = setup_fresh, .program = run_remote,
};
