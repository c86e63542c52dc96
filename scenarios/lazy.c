/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lazy: processors that keep a space without using it, while another one has
 * never run it: flushes have to name their targets one by one, and may leave
 * lazy ones out, unless page tables are freed.  (Some kernels keep a processor
 * in a space's set when it leaves, so the space is a fresh one.)
 *
 *  vCPU 0:   entry := 0   flush            return
 *  vCPU 1:            lazy              back, user mode   <- not the old
 *  vCPU 2:   never there
 */
#include "scenarios/programs.h"

static void
setup_fresh(struct scenario_world *w)
{
	w->arg = w->k->space_create();
	map_page(w, w->arg, w->user_va, 0, KPROT_W | KPROT_USER);
}

static void
be_elsewhere(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu != 1) {
		scn_work(2);
		return;
	}
	w->k->activate(w->arg);
	visit_user(w);
	w->k->enter_lazy();
	scn_work(4);
	w->k->activate(w->arg);
	use_page(w, w->user_va, false);
}

static void
run_lazy_subset(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->activate(w->arg);
		w->k->free_table(w->arg, w->user_va);
		free_frames(w, 1);
	} else {
		be_elsewhere(w, vcpu);
	}
}

const struct scenario scenario_lazy_subset = {
	.name = "lazy-subset",
	.summary = "free a page-table page while one other is lazy, the rest "
	    "away",
	.min_vcpus = 3, .max_vcpus = 4, .needs = NEEDS_LAZY,
	.sparse_too = true,
	.setup = setup_fresh, .program = run_lazy_subset,
};

static void
run_lazy_subset_unmap(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->activate(w->arg);
		w->k->unmap(w->arg, w->user_va, 1);
		free_frames(w, 1);
	} else {
		be_elsewhere(w, vcpu);
	}
}

const struct scenario scenario_lazy_subset_unmap = {
	.name = "lazy-subset-unmap",
	.summary = "unmap a user page while one other is lazy, the rest away",
	.min_vcpus = 3, .max_vcpus = 4, .needs = NEEDS_LAZY,
	.sparse_too = true,
	.setup = setup_fresh, .program = run_lazy_subset_unmap,
};

/* Nobody runs the space: the set may turn out to be empty. */
static void
run_lazy_foreign(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap(w->arg, w->user_va, 1);
		free_frames(w, 1);
		w->k->activate(w->arg);
		use_page(w, w->user_va, false);
	} else {
		be_elsewhere(w, vcpu);
	}
}

const struct scenario scenario_lazy_foreign = {
	.name = "lazy-foreign",
	.summary = "unmap a page of a space that others keep lazily at the most",
	.min_vcpus = 3, .max_vcpus = 4, .needs = NEEDS_LAZY,
	.sparse_too = true,
	.setup = setup_fresh, .program = run_lazy_foreign,
};
