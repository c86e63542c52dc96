/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel: vCPU 0 unmaps kernel pages, the others use them in kernel mode.
 * Frames are not given back: some kernels flush kernel ranges lazily.
 */
#include "scenarios/programs.h"

#define RW (KPROT_W | KPROT_GLOBAL)
#define REGION (1ull << 30)             /* struct kernel_ops: 1 GiB free */

static void
run_kernel_page(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap(0, w->kernel_va, 1);
	} else {
		scn_kernel_touch(w->kernel_va, false);
		scn_work(2);
	}
}

const struct scenario scenario_kernel_page = {
	.name = "kernel-page",
	.summary = "unmap a global kernel page",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY,
	.needs = NEEDS_KERNEL_GLOBAL | NEEDS_KERNEL_FLUSH,
	.sparse_too = true,
	.setup = setup_kernel_page, .program = run_kernel_page,
};

static void
run_range(struct scenario_world *w, unsigned vcpu, uint64_t va)
{
	unsigned pages = w->k->small_pages;

	if (vcpu == 0) {
		w->k->unmap(0, va, pages);
	} else {
		scn_kernel_touch(va + (pages - 1) * PAGE, false);
		scn_work(2);
	}
}

static void
setup_kernel_range(struct scenario_world *w)
{
	map_ends(w, 0, w->kernel_va, w->k->small_pages, RW);
}

static void
run_kernel_range(struct scenario_world *w, unsigned vcpu)
{
	run_range(w, vcpu, w->kernel_va);
}

const struct scenario scenario_kernel_range = {
	.name = "kernel-range",
	.summary = "unmap a range of global kernel pages",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY,
	.needs = NEEDS_KERNEL_GLOBAL | NEEDS_KERNEL_FLUSH,
	.setup = setup_kernel_range, .program = run_kernel_range,
};

/*
 * What the first flush asked for must not linger in the request of the second:
 * all of a user's space may spare globals, a kernel range may not.
 */
static void
run_kernel_range_after(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0)
		w->k->flush_all(w->space);
	run_kernel_range(w, vcpu);
}

const struct scenario scenario_kernel_range_after = {
	.name = "kernel-range-after",
	.summary = "flush a user space, then unmap global kernel pages",
	.min_vcpus = 2, .max_vcpus = 3,
	.needs = NEEDS_KERNEL_GLOBAL | NEEDS_KERNEL_FLUSH,
	.sparse_too = true,
	.setup = setup_kernel_range, .program = run_kernel_range_after,
};

static void
setup_kernel_range_large(struct scenario_world *w)
{
	map_ends(w, 0, w->kernel_va, w->k->large_pages, RW);
}

static void
run_kernel_range_large(struct scenario_world *w, unsigned vcpu)
{
	const unsigned pages = w->k->large_pages;

	if (vcpu == 0) {
		w->k->unmap(0, w->kernel_va, pages);
	} else {
		scn_kernel_touch(w->kernel_va + (pages - 1) * PAGE, false);
		scn_work(2);
	}
}

const struct scenario scenario_kernel_range_large = {
	.name = "kernel-range-large",
	.summary = "unmap a kernel range above the kernel's own threshold",
	.min_vcpus = 2, .max_vcpus = 3,
	.needs = NEEDS_KERNEL_GLOBAL | NEEDS_KERNEL_FLUSH,
	.setup = setup_kernel_range_large, .program = run_kernel_range_large,
};

static uint64_t
top_va(const struct scenario_world *w)
{
	return w->kernel_va + (REGION - w->k->small_pages * PAGE);
}

static void
setup_kernel_top(struct scenario_world *w)
{
	map_ends(w, 0, top_va(w), w->k->small_pages, RW);
}

static void
run_kernel_top(struct scenario_world *w, unsigned vcpu)
{
	run_range(w, vcpu, top_va(w));
}

const struct scenario scenario_kernel_top = {
	.name = "kernel-top",
	.summary = "unmap the last pages of the kernel's region",
	.min_vcpus = 2, .max_vcpus = 3,
	.needs = NEEDS_KERNEL_GLOBAL | NEEDS_KERNEL_FLUSH,
	.setup = setup_kernel_top, .program = run_kernel_top,
};

static void
run_kernel_all(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap_all(0, w->kernel_va, 1);
	} else {
		scn_kernel_touch(w->kernel_va, false);
		scn_work(2);
	}
}

const struct scenario scenario_kernel_all = {
	.name = "kernel-all",
	.summary = "clear a global kernel page, then flush everything",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY,
	.needs = NEEDS_KERNEL_GLOBAL | NEEDS_KERNEL_FLUSH,
	.setup = setup_kernel_page, .program = run_kernel_all,
};

/* As a loader does when a module's text is in place. */
static void
run_kernel_write_protect(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->protect(0, w->kernel_va, 1, KPROT_GLOBAL);
	} else {
		scn_kernel_touch(w->kernel_va, true);
		scn_work(2);
	}
}

const struct scenario scenario_kernel_write_protect = {
	.name = "kernel-write-protect",
	.summary = "take write permission from a global kernel page",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY,
	.needs = NEEDS_KERNEL_GLOBAL | NEEDS_KERNEL_FLUSH,
	.setup = setup_kernel_page, .program = run_kernel_write_protect,
};

/*
 * Goes to another space and comes back: where kernel entries are not global
 * (page-table isolation), each PCID has its own.
 */
static void
run_page_switch(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap(0, w->kernel_va, 1);
		return;
	}
	scn_kernel_touch(w->kernel_va, false);
	w->k->activate(w->other);
	w->k->activate(w->space);
	scn_kernel_touch(w->kernel_va, false);
	scn_work(2);
}

const struct scenario scenario_kernel_page_switch = {
	.name = "kernel-page-switch",
	.summary = "unmap a kernel page while others switch away and back",
	.min_vcpus = 2, .max_vcpus = 3,
	.needs = NEEDS_KERNEL_GLOBAL | NEEDS_KERNEL_FLUSH,
	.other_space = true,
	.setup = setup_kernel_page, .program = run_page_switch,
};
