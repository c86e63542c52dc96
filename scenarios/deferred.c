/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * deferred: what is given back while somebody may still get at it: page-table
 * pages that are walked or loaded elsewhere, frames whose flush is deferred.
 *
 *  vCPU 0:   entry := 0   flush        table given back
 *  others:       walk, interrupts off          reads   <- not that table
 */
#include "scenarios/programs.h"

static void
free_user_table(struct scenario_world *w)
{
	w->k->free_table(w->space, w->user_va);
	free_frames(w, 1);
}

/* The table's last user may just be leaving. */
static void
run_free_table_switch(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		free_user_table(w);
		return;
	}
	w->k->activate(w->other);
	scn_work(2);
}

const struct scenario scenario_free_table_switch = {
	.name = "free-table-switch",
	.summary = "free a page-table page while others switch away",
	.min_vcpus = 2, .max_vcpus = 4, .other_space = true,
	.setup = setup_user_page, .program = run_free_table_switch,
};

/* Nothing is mapped by it any more, but the way to it may be cached. */
static void
run_free_empty_table(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap(w->space, w->user_va, 1);
		free_user_table(w);
	} else {
		use_page(w, w->user_va, false);
	}
}

const struct scenario scenario_free_empty_table = {
	.name = "free-empty-table",
	.summary = "unmap the only page of a page-table page, then free that",
	.min_vcpus = 2, .max_vcpus = 4,
	.setup = setup_user_page, .program = run_free_empty_table,
};

static void
run_walk_free_table(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		free_user_table(w);
		return;
	}
	w->k->walk(w->user_va);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_walk_free_table = {
	.name = "walk-free-table",
	.summary = "free a page-table page that others walk without a lock",
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_WALK,
	.sparse_too = true,
	.setup = setup_user_page, .program = run_walk_free_table,
};

/* ---- deferred flushes ---- */

static void
reclaim(struct scenario_world *w, void *space)
{
	w->k->unmap_deferred(space, w->user_va, 1);
	w->k->unmap_deferred(space, w->user_va + PAGE, 1);
	w->k->drain(space);
	free_frames(w, 2);
}

static void
run_deferred_unmap(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0)
		reclaim(w, w->space);
	else
		use_page(w, w->user_va, false);
}

const struct scenario scenario_deferred_unmap = {
	.name = "deferred-unmap",
	.summary = "unmap user pages with one flush at the end, as reclaim does",
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_DEFERRED,
	.sparse_too = true,
	.setup = setup_two_pages, .program = run_deferred_unmap,
};

/* vCPU 1 finds the page gone, and relies on that. */
static void
run_deferred_pair(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		reclaim(w, w->space);
		return;
	}
	if (vcpu == 1) {
		visit_user(w);
		w->k->unmap(w->space, w->user_va, 1);
	}
	use_page(w, w->user_va, false);
}

const struct scenario scenario_deferred_pair = {
	.name = "deferred-pair",
	.summary = "unmap a user page whose flush another vCPU has deferred",
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_DEFERRED,
	.setup = setup_two_pages, .program = run_deferred_pair,
};

/* The space is left while the flush is still to come. */
static void
run_deferred_switch(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		reclaim(w, w->space);
		return;
	}
	visit_user(w);
	w->k->activate(w->other);
	w->k->activate(w->space);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_deferred_switch = {
	.name = "deferred-switch",
	.summary = "defer a flush while others leave the space and come back",
	.min_vcpus = 2, .max_vcpus = 3, .needs = NEEDS_DEFERRED,
	.other_space = true,
	.setup = setup_two_pages, .program = run_deferred_switch,
};

/* A fresh one, so that vCPU 0 may be all of its set. */
static void
setup_own_space(struct scenario_world *w)
{
	w->arg = w->k->space_create();
	map_ends(w, w->arg, w->user_va, 2, KPROT_W | KPROT_USER);
}

static void
run_deferred_alone(struct scenario_world *w, unsigned vcpu)
{
	w->k->activate(w->arg);
	visit_user(w);
	if (vcpu != 0) {
		w->k->activate(w->space);
		return;
	}
	reclaim(w, w->arg);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_deferred_alone = {
	.name = "deferred-alone",
	.summary = "defer a flush in a space that the other vCPU just visits",
	.min_vcpus = 2, .max_vcpus = 2, .needs = NEEDS_DEFERRED,
	.setup = setup_own_space, .program = run_deferred_alone,
};
