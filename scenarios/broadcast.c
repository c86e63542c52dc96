/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * broadcast: a space that runs on so many processors that the kernel gives it
 * a tag that is the same everywhere, and flushes by INVLPGB from then on.  The
 * first flush finds that out; processors that still use a tag of their own have
 * to be reached, too, until all have changed over.
 *
 *  vCPU 0:   flush  (tag given)   flush by both   flush by INVLPGB
 *  others:   own tag . . . . . . . . . change over . . . . . .
 */
#include "scenarios/programs.h"

#define PAGES 3

static void
setup_pages(struct scenario_world *w)
{
	for (unsigned i = 0; i < PAGES; i++)
		map_page(w, w->space, w->user_va + i * PAGE, i,
		    KPROT_W | KPROT_USER);
}

/* One after the other: before, while and after the tag changes. */
static void
unmap_pages(struct scenario_world *w)
{
	for (unsigned i = 0; i < PAGES; i++)
		w->k->unmap(w->space, w->user_va + i * PAGE, 1);
	free_frames(w, PAGES);
}

static void
use_pages(struct scenario_world *w)
{
	use_page(w, w->user_va + PAGE, false);
	use_page(w, w->user_va + 2 * PAGE, false);
}

static void
run_broadcast(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0)
		unmap_pages(w);
	else
		use_pages(w);
}

const struct scenario scenario_broadcast_unmap = {
	.name = "broadcast-unmap",
	.summary = "unmap user pages of a space that changes over to INVLPGB",
	.min_vcpus = 4, .max_vcpus = 5, .needs = NEEDS_BROADCAST,
	.setup = setup_pages, .program = run_broadcast,
};

/* The initiator's own tag changes under it. */
static void
run_broadcast_self(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		unmap_pages(w);
		use_page(w, w->user_va + 2 * PAGE, false);
	} else {
		use_pages(w);
	}
}

const struct scenario scenario_broadcast_self = {
	.name = "broadcast-self",
	.summary = "the same, and use them on the processor that asked",
	.min_vcpus = 4, .max_vcpus = 5, .needs = NEEDS_BROADCAST,
	.setup = setup_pages, .program = run_broadcast_self,
};

static void
run_broadcast_switch(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		unmap_pages(w);
		return;
	}
	visit_user(w);
	if (vcpu == 1) {
		w->k->activate(w->other);
		w->k->activate(w->space);
	}
	use_page(w, w->user_va + 2 * PAGE, false);
}

const struct scenario scenario_broadcast_switch = {
	.name = "broadcast-switch",
	.summary = "the same while one leaves the space and comes back",
	.min_vcpus = 4, .max_vcpus = 5, .needs = NEEDS_BROADCAST,
	.other_space = true,
	.setup = setup_pages, .program = run_broadcast_switch,
};

static void
run_broadcast_table(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap(w->space, w->user_va, 1);
		w->k->unmap(w->space, w->user_va + PAGE, 1);
		w->k->free_table(w->space, w->user_va);
		free_frames(w, PAGES);
		return;
	}
	visit_user(w);
	if (vcpu == 1) {
		w->k->enter_lazy();
		scn_work(2);
		w->k->activate(w->space);
	}
	use_page(w, w->user_va + 2 * PAGE, false);
}

const struct scenario scenario_broadcast_table = {
	.name = "broadcast-table",
	.summary = "free a page-table page of such a space while one is lazy",
	.min_vcpus = 4, .max_vcpus = 5, .needs = NEEDS_BROADCAST | NEEDS_LAZY,
	.setup = setup_pages, .program = run_broadcast_table,
};
