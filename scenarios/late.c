/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * late: vCPU 0 runs already, and is not yet known to what makes flush calls:
 * it has no VP index and no page for the input of its own calls.  Both come
 * while vCPU 1 flushes.  Others never come to the space, so that the targets of
 * a call have to be named one by one.
 *
 *  vCPU 1:   flush . . . . . . . . . flush
 *  vCPU 0:   use       attached      use
 *
 * vCPU 0 is the late one since the others' VP indexes, in rows where they are
 * sparse, then take the calls for large sets; otherwise those for small ones.
 */
#include "scenarios/programs.h"

#define PAGES 3

static void
setup_late(struct scenario_world *w)
{
	w->arg = w->k->space_create();
	for (unsigned i = 0; i < PAGES; i++)
		map_page(w, w->arg, w->user_va + i * PAGE, i,
		    KPROT_W | KPROT_USER);
	w->k->cpu_late(scn_cpu(w, 0));
}

static void
unmap_two(struct scenario_world *w)
{
	w->k->unmap(w->arg, w->user_va, 1);
	w->k->unmap(w->arg, w->user_va + PAGE, 1);
	free_frames(w, 2);
}

static void
attach_between(struct scenario_world *w)
{
	w->k->activate(w->arg);
	use_page(w, w->user_va, false);
	scn_work(8);
	w->k->cpu_attach();
	use_page(w, w->user_va + PAGE, false);
}

static void
run_late_target(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		attach_between(w);
	} else if (vcpu == 1) {
		w->k->activate(w->arg);
		unmap_two(w);
	}
}

const struct scenario scenario_late_target = {
	.name = "late-target",
	.summary = "unmap user pages while a vCPU gets its VP index",
	.min_vcpus = 3, .max_vcpus = 4, .needs = NEEDS_LATE,
	.sparse_too = true,
	.setup = setup_late, .program = run_late_target,
};

/* It is the only target: a set without it is empty. */
static void
run_late_foreign(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0)
		attach_between(w);
	else if (vcpu == 1)
		unmap_two(w);
}

const struct scenario scenario_late_foreign = {
	.name = "late-foreign",
	.summary = "the same by a vCPU that does not run the space",
	.min_vcpus = 2, .max_vcpus = 3, .needs = NEEDS_LATE,
	.sparse_too = true,
	.setup = setup_late, .program = run_late_foreign,
};

/* It flushes itself, first without a page, then with one. */
static void
run_late_initiator(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu > 1)
		return;
	w->k->activate(w->arg);
	if (vcpu == 1) {
		w->k->unmap(w->arg, w->user_va, 1);
		use_page(w, w->user_va + PAGE, false);
		return;
	}
	w->k->unmap(w->arg, w->user_va + PAGE, 1);
	w->k->cpu_attach();
	w->k->unmap(w->arg, w->user_va + 2 * PAGE, 1);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_late_initiator = {
	.name = "late-initiator",
	.summary = "unmap user pages on a vCPU that gets its input page",
	.min_vcpus = 3, .max_vcpus = 4, .needs = NEEDS_LATE,
	.sparse_too = true,
	.setup = setup_late, .program = run_late_initiator,
};
