/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * switches: vCPU 0 unmaps a user page or frees its table while the others
 * switch to and from the space, or are lazy.
 *
 *  vCPU 0:        entry := 0   reads mask       return
 *  others:   away            enters mask   CR3         user mode <- not the old
 */
#include "scenarios/programs.h"

/* Goes away and comes back; the PCID still holds what it held. */
static void
run_switch_in(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		unmap_user_page(w);
		return;
	}
	visit_user(w);
	w->k->activate(0);
	w->k->activate(w->space);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_switch_in = {
	.name = "switch-in",
	.summary = "unmap a user page while others switch to its space",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY,
	.setup = setup_user_page, .program = run_switch_in,
};

static void
run_switch_out(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		unmap_user_page(w);
		return;
	}
	use_page(w, w->user_va, false);
	w->k->activate(w->other);
	scn_enter_user(w);
	scn_work(1);
	scn_leave_user(w);
}

const struct scenario scenario_switch_out = {
	.name = "switch-out",
	.summary = "unmap a user page while others switch to another space",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY, .other_space = true, .sparse_too = true,
	.setup = setup_user_page, .program = run_switch_out,
};

/*
 * In the other space for the second time: whoever gave both one PCID has the
 * first one's entries there.
 */
static void
run_switch_between(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		unmap_user_page(w);
		return;
	}
	w->k->activate(w->other);
	w->k->activate(w->space);
	use_page(w, w->user_va, false);
	w->k->activate(w->other);
	scn_enter_user(w);
	scn_work(4);
	scn_leave_user(w);
}

const struct scenario scenario_switch_between = {
	.name = "switch-between",
	.summary = "unmap a user page while others go to and fro between spaces",
	.min_vcpus = 2, .max_vcpus = 3, .other_space = true,
	.setup = setup_user_page, .program = run_switch_between,
};

/* The second flush has fewer targets than the first if vCPU 1 is quick. */
static void
run_shrinking_set(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap(w->space, w->user_va, 1);
		w->k->unmap(w->space, w->user_va + PAGE, 1);
		free_frames(w, 2);
		return;
	}
	if (vcpu == 1) {
		w->k->activate(w->other);
		return;
	}
	use_page(w, w->user_va, false);
	use_page(w, w->user_va + PAGE, false);
}

const struct scenario scenario_shrinking_set = {
	.name = "shrinking-set",
	.summary = "unmap two user pages, one by one, while a vCPU switches away",
	.min_vcpus = 3, .max_vcpus = 3, .other_space = true, .sparse_too = true,
	.setup = setup_two_pages, .program = run_shrinking_set,
};

/*
 * The first flush's interrupt may come when its target has left the space: what
 * it does there must not bring the target back, the second has no such target.
 */
static void
run_flush_all_switch(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap_all(w->space, w->user_va, 1);
		w->k->unmap_all(w->space, w->user_va + PAGE, 1);
		free_frames(w, 2);
		return;
	}
	visit_user(w);
	w->k->activate(w->other);
	use_page(w, w->user_va + PAGE, false);
}

const struct scenario scenario_flush_all_switch = {
	.name = "flush-all-switch",
	.summary = "flush the whole space twice while others switch away",
	.min_vcpus = 2, .max_vcpus = 3, .other_space = true, .sparse_too = true,
	.setup = setup_two_pages, .program = run_flush_all_switch,
};

/* Comes back twice before it next enters user mode. */
static void
run_switch_twice(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		unmap_user_page(w);
		return;
	}
	visit_user(w);
	w->k->activate(0);
	w->k->activate(w->space);
	w->k->activate(0);
	w->k->activate(w->space);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_switch_twice = {
	.name = "switch-twice",
	.summary = "unmap a user page while others switch there twice",
	.min_vcpus = 2, .max_vcpus = 3,
	.setup = setup_user_page, .program = run_switch_twice,
};

/* ---- lazy mode ---- */

static void
be_lazy(struct scenario_world *w)
{
	w->k->enter_lazy();
	scn_work(2);
	w->k->activate(w->space);
	use_page(w, w->user_va, false);
}

static void
run_lazy(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->free_table(w->space, w->user_va);
		free_frames(w, 1);
	} else {
		be_lazy(w);
	}
}

const struct scenario scenario_lazy = {
	.name = "lazy",
	.summary = "free a page-table page while others are lazy",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY, .needs = NEEDS_LAZY,
	.setup = setup_user_page, .program = run_lazy,
};

static void
run_lazy_unmap(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0)
		unmap_user_page(w);
	else
		be_lazy(w);
}

const struct scenario scenario_lazy_unmap = {
	.name = "lazy-unmap",
	.summary = "unmap a user page while others are lazy",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY, .needs = NEEDS_LAZY,
	.setup = setup_user_page, .program = run_lazy_unmap,
};

/* ---- PCIDs ---- */

/* More than any kernel keeps tags for on one CPU, unless it uses all 4096. */
#define SPACES 7

static void *spaces[SPACES];            /* made by the set-up of the row */

static void
setup_many(struct scenario_world *w)
{
	unsigned i;

	setup_user_page(w);
	for (i = 0; i < SPACES; i++)
		spaces[i] = w->k->space_create();
}

static void
run_many_spaces(struct scenario_world *w, unsigned vcpu)
{
	unsigned i;

	if (vcpu == 0) {
		unmap_user_page(w);
		return;
	}
	visit_user(w);
	for (i = 0; i < SPACES; i++)
		w->k->activate(spaces[i]);
	w->k->activate(w->space);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_many_spaces = {
	.name = "many-spaces",
	.summary = "unmap a user page while others go through seven spaces",
	.min_vcpus = 2, .max_vcpus = 2,
	.setup = setup_many, .program = run_many_spaces,
};

/* w->arg is a third space: with w->other, more than the reference has PCIDs. */
static void
setup_third(struct scenario_world *w)
{
	setup_user_page(w);
	w->arg = w->k->space_create();
}

static void
run_pcid_recycle(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		unmap_user_page(w);
		return;
	}
	use_page(w, w->user_va, false);
	w->k->activate(w->other);
	w->k->activate(w->arg);
	scn_enter_user(w);
	scn_work(4);
	scn_leave_user(w);
}

const struct scenario scenario_pcid_recycle = {
	.name = "pcid-recycle",
	.summary = "unmap a user page whose PCID another space gets",
	.min_vcpus = 2, .max_vcpus = 3, .other_space = true,
	.setup = setup_third, .program = run_pcid_recycle,
};
