/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pairs: two vCPUs initiate at once; further ones use the page.
 *
 *  vCPU 0:   entry := 0 . . . . . . flush        return
 *  vCPU 1:                finds 0          return   user mode  <- not the old
 */
#include "scenarios/programs.h"

/* Each relies on the page being gone when its own unmap returns. */
static void
run_two_initiators(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 1)
		visit_user(w);
	if (vcpu < 2)
		w->k->unmap(w->space, w->user_va, 1);
	if (vcpu > 0)
		use_page(w, w->user_va, false);
}

const struct scenario scenario_two_initiators = {
	.name = "two-initiators",
	.summary = "two vCPUs unmap the same user page",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY,
	.setup = setup_user_page, .program = run_two_initiators,
};

/*
 * Whoever serves the second request first must not take the first one for served
 * as well.
 */
static void
run_two_pages(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 1)
		visit_user(w);
	if (vcpu < 2)
		w->k->unmap(w->space, w->user_va + vcpu * PAGE, 1);
	if (vcpu > 0)
		use_page(w, w->user_va, false);
}

const struct scenario scenario_two_pages = {
	.name = "two-pages",
	.summary = "two vCPUs unmap a user page each, side by side",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY,
	.setup = setup_two_pages, .program = run_two_pages,
};

static void
setup_both(struct scenario_world *w)
{
	setup_user_page(w);
	setup_kernel_page(w);
}

/* vCPU 1 is initiator and target at once, with another page. */
static void
run_user_and_kernel(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0)
		w->k->unmap(w->space, w->user_va, 1);
	if (vcpu == 1)
		w->k->unmap(0, w->kernel_va, 1);
	if (vcpu > 0)
		use_page(w, w->user_va, false);
}

const struct scenario scenario_user_and_kernel = {
	.name = "user-and-kernel",
	.summary = "one vCPU unmaps a user page, another a kernel page",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY, .needs = NEEDS_KERNEL_GLOBAL,
	.setup = setup_both, .program = run_user_and_kernel,
};
