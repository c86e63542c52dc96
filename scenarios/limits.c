/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limits: flushes where something runs out or is not there: a list of several
 * elements, the count of flushes, the page for a call's input, the rest of an
 * attach that failed.
 */
#include "scenarios/programs.h"

#define RW (KPROT_W | KPROT_GLOBAL)

static void
setup_listed(struct scenario_world *w)
{
	map_ends(w, 0, w->kernel_va, w->k->listed_pages, RW);
	map_page(w, 0, w->kernel_va + PAGE, 2, RW);
}

/* The last page is of the last element, the second is not all of the first. */
static void
run_listed(struct scenario_world *w, unsigned vcpu)
{
	const unsigned pages = w->k->listed_pages;
	const unsigned page = vcpu == 2 ? 1 : pages - 1;

	if (vcpu == 0) {
		w->k->unmap_listed(w->kernel_va, pages);
		return;
	}
	scn_kernel_touch(w->kernel_va + page * PAGE, false);
	scn_work(2);
}

const struct scenario scenario_kernel_range_listed = {
	.name = "kernel-range-listed",
	.summary = "unmap kernel pages by a list of several elements",
	.min_vcpus = 2, .max_vcpus = 3,
	.needs = NEEDS_LISTED | NEEDS_KERNEL_GLOBAL | NEEDS_KERNEL_FLUSH,
	.setup = setup_listed, .program = run_listed,
};

/* The second flush has the first number behind the wrap. */
static void
run_flush_wrap(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->few_flushes(1);
		w->k->unmap(w->space, w->user_va, 1);
		w->k->unmap(w->space, w->user_va + PAGE, 1);
		free_frames(w, 2);
		return;
	}
	use_page(w, w->user_va + PAGE, false);
	use_page(w, w->user_va + PAGE, false);
}

const struct scenario scenario_flush_wrap = {
	.name = "flush-wrap",
	.summary = "unmap two user pages as the count of flushes wraps",
	.min_vcpus = 2, .max_vcpus = 3, .needs = NEEDS_FEW_FLUSHES,
	.setup = setup_two_pages, .program = run_flush_wrap,
};

/* vCPU 0 cannot ask the host, vCPU 1 can. */
static void
run_no_input(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->lose_input();
		unmap_user_page(w);
		return;
	}
	if (vcpu == 1)
		w->k->unmap(w->space, w->user_va + PAGE, 1);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_no_input_page = {
	.name = "no-input-page",
	.summary = "unmap a user page on a vCPU without an input page",
	.min_vcpus = 2, .max_vcpus = 3, .needs = NEEDS_LOSE_INPUT,
	.setup = setup_two_pages, .program = run_no_input,
};

static void
setup_kernel_range(struct scenario_world *w)
{
	map_ends(w, 0, w->kernel_va, w->k->small_pages, RW);
	map_page(w, w->space, w->user_va, 2, KPROT_W | KPROT_USER);
}

/* The same with a range; vCPU 1 unmaps a user page by a call. */
static void
run_no_input_range(struct scenario_world *w, unsigned vcpu)
{
	const unsigned pages = w->k->small_pages;

	if (vcpu == 0) {
		w->k->lose_input();
		w->k->unmap(0, w->kernel_va, pages);
		return;
	}
	if (vcpu == 1)
		w->k->unmap(w->space, w->user_va, 1);
	scn_kernel_touch(w->kernel_va + (pages - 1) * PAGE, false);
	scn_work(2);
}

const struct scenario scenario_no_input_range = {
	.name = "no-input-range",
	.summary = "unmap a kernel range on a vCPU without an input page",
	.min_vcpus = 2, .max_vcpus = 3,
	.needs = NEEDS_LOSE_INPUT | NEEDS_KERNEL_GLOBAL,
	.setup = setup_kernel_range, .program = run_no_input_range,
};

static void
setup_failed(struct scenario_world *w)
{
	setup_user_page(w);
	w->k->attach_fails();
}

static void
run_failed(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0)
		unmap_user_page(w);
	else
		use_page(w, w->user_va, false);
}

const struct scenario scenario_attach_fails = {
	.name = "attach-fails",
	.summary = "unmap a user page after the hypercall path failed to attach",
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_ATTACH_FAILS,
	.setup = setup_failed, .program = run_failed,
};
