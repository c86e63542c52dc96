/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * large: vCPU 0 promotes 512 small pages to a large one, or demotes it, and
 * takes something away; the others use single pages of it all the while.
 *
 * The pages lie where the machine has no RAM: nobody gives them back, and the
 * machine has not so many frames.  512 entries change at once, which takes the
 * oracle a while: only on request.
 */
#include "scenarios/programs.h"

#define LONG "it takes long: give it with --scenario"
#define PAGES 512u
#define FAR 0x40000000ul                /* physical, 2 MiB aligned */
#define OTHER_FRAME 0x80000000ul        /* likewise */
#define SOME (5 * PAGE)                 /* the page that is used */

static void
map_all(struct scenario_world *w, void *space, uint64_t va, unsigned prot)
{
	unsigned long frames[PAGES];

	for (unsigned i = 0; i < PAGES; i++)
		frames[i] = FAR + i * PAGE;
	w->k->map(space, va, frames, PAGES, prot);
}

static void
setup_small(struct scenario_world *w)
{
	map_all(w, w->space, w->user_va, KPROT_W | KPROT_USER);
}

static void
setup_large(struct scenario_world *w)
{
	setup_small(w);
	w->k->promote(w->space, w->user_va);
}

static void
setup_kernel(struct scenario_world *w)
{
	map_all(w, 0, w->kernel_va, KPROT_W | KPROT_GLOBAL);
}

static void
setup_kernel_large(struct scenario_world *w)
{
	setup_kernel(w);
	w->k->promote(0, w->kernel_va);
}

/* Small entries may live on behind the promotion; they go with the large one. */
static void
run_unmap(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->promote(w->space, w->user_va);
		w->k->unmap(w->space, w->user_va, PAGES);
	} else {
		use_page(w, w->user_va + SOME, false);
	}
}

const struct scenario scenario_large_unmap = {
	.name = "large-unmap",
	.summary = "promote user pages to a large one, then unmap that",
	.min_vcpus = 2, .max_vcpus = 2, .needs = NEEDS_LARGE,
	.on_request = LONG,
	.setup = setup_small, .program = run_unmap,
};

/*
 * The large page's own flush has to find what the promotion left.  A third vCPU
 * stays away: the targets have to be named one by one.
 */
static void
run_replace(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->promote(w->space, w->user_va);
		w->k->remap(w->space, w->user_va, OTHER_FRAME,
		    KPROT_W | KPROT_USER);
		return;
	}
	w->k->activate(0);
	if (vcpu == 2)
		return;
	w->k->activate(w->space);
	use_page(w, w->user_va + SOME, false);
}

const struct scenario scenario_large_replace = {
	.name = "large-replace",
	.summary = "promote user pages, then put another large page there",
	.min_vcpus = 2, .max_vcpus = 3, .needs = NEEDS_LARGE,
	.on_request = LONG,
	.setup = setup_small, .program = run_replace,
};

static void
run_protect(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->promote(w->space, w->user_va);
		w->k->protect(w->space, w->user_va, PAGES, KPROT_USER);
	} else {
		use_page(w, w->user_va + SOME, true);
	}
}

const struct scenario scenario_large_protect = {
	.name = "large-protect",
	.summary = "promote user pages, then take write permission from all",
	.min_vcpus = 2, .max_vcpus = 2, .needs = NEEDS_LARGE,
	.on_request = LONG,
	.setup = setup_small, .program = run_protect,
};

/* A demotion flushes nothing, the large entry lives on until its page goes. */
static void
run_demote(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->demote(w->space, w->user_va);
		w->k->unmap(w->space, w->user_va + SOME, 1);
	} else {
		use_page(w, w->user_va + SOME, false);
	}
}

const struct scenario scenario_large_demote = {
	.name = "large-demote",
	.summary = "demote a large user page, then unmap one page of it",
	.min_vcpus = 2, .max_vcpus = 3, .needs = NEEDS_LARGE,
	.on_request = LONG,
	.setup = setup_large, .program = run_demote,
};

static void
run_kernel(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->promote(0, w->kernel_va);
		w->k->unmap(0, w->kernel_va, PAGES);
	} else {
		scn_kernel_touch(w->kernel_va + SOME, false);
		scn_work(2);
	}
}

const struct scenario scenario_large_kernel = {
	.name = "large-kernel",
	.summary = "promote kernel pages to a large one, then unmap that",
	.min_vcpus = 2, .max_vcpus = 2,
	.needs = NEEDS_LARGE | NEEDS_KERNEL_GLOBAL | NEEDS_KERNEL_FLUSH,
	.on_request = LONG,
	.setup = setup_kernel, .program = run_kernel,
};

static void
run_kernel_page(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap(0, w->kernel_va + SOME, 1);
	} else {
		scn_kernel_touch(w->kernel_va + SOME, false);
		scn_work(2);
	}
}

const struct scenario scenario_large_kernel_page = {
	.name = "large-kernel-page",
	.summary = "unmap one page of a large kernel page",
	.min_vcpus = 2, .max_vcpus = 3,
	.needs = NEEDS_LARGE | NEEDS_KERNEL_GLOBAL | NEEDS_KERNEL_FLUSH,
	.on_request = LONG,
	.setup = setup_kernel_large, .program = run_kernel_page,
};
