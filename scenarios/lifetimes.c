/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lifetimes: PCIDs that are given out again at the end of a generation, spaces
 * whose memory is; and a cache flush, which goes the way of the others.
 */
#include "scenarios/programs.h"

/*
 * A new generation begins, and the other space may get the number that this
 * one had, with all that is cached under it.
 */
static void
run_wrap(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		unmap_user_page(w);
		return;
	}
	visit_user(w);
	w->k->few_pcids(0);
	w->k->activate(0);
	w->k->activate(w->other);
	use_page(w, w->user_va, false);
	w->k->activate(w->space);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_pcid_wrap = {
	.name = "pcid-wrap",
	.summary = "unmap a user page while others run out of PCIDs",
	.min_vcpus = 2, .max_vcpus = 3, .needs = NEEDS_FEW_PCIDS,
	.other_space = true,
	.setup = setup_user_page, .program = run_wrap,
};

static void
setup_other_page(struct scenario_world *w)
{
	map_page(w, w->other, w->user_va, 0, KPROT_W | KPROT_USER);
}

/*
 * The others have left the space that ends, and what they hold of it stays
 * under its number.  The next one has its root, its tables and its structure,
 * and, where numbers run out once more, the number as well.
 */
static void
release_and_reuse(struct scenario_world *w)
{
	scn_await(w, w->vcpus - 1);
	w->k->space_destroy(w->other);
	scn_frame_free(w->frames[0]);
	w->arg = w->k->space_create();
	map_page(w, w->arg, w->user_va, 1, KPROT_W | KPROT_USER);
	scn_signal(w);
	scn_await(w, 2 * w->vcpus - 1);
	w->k->unmap(w->arg, w->user_va, 1);
	scn_frame_free(w->frames[1]);
}

static void
few_pcids(struct scenario_world *w)
{
	if (w->k->few_pcids)
		w->k->few_pcids(0);
}

static void
run_space_reuse(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		release_and_reuse(w);
		return;
	}
	few_pcids(w);
	w->k->activate(w->other);
	use_page(w, w->user_va, false);
	w->k->activate(0);
	few_pcids(w);
	scn_signal(w);
	scn_await(w, w->vcpus);
	w->k->activate(w->arg);
	use_page(w, w->user_va, false);
	scn_signal(w);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_space_reuse = {
	.name = "space-reuse",
	.summary = "end a space that others have left, and reuse all of it",
	.min_vcpus = 2, .max_vcpus = 3, .other_space = true,
	.setup = setup_other_page, .program = run_space_reuse,
};

/* Two requests at once, of which one is none of the TLB's. */
static void
run_cache_flush(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0)
		unmap_user_page(w);
	if (vcpu == 1) {
		w->k->flush_cache();
		visit_user(w);
	}
	if (vcpu > 0)
		use_page(w, w->user_va, false);
}

const struct scenario scenario_cache_flush = {
	.name = "cache-flush",
	.summary = "unmap a user page while another vCPU flushes the caches",
	.min_vcpus = 2, .max_vcpus = 3, .needs = NEEDS_CACHE,
	.setup = setup_user_page, .program = run_cache_flush,
};

/* What is flushed behind the detach has to be flushed by other means. */
static void
run_detach(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap(w->space, w->user_va, 1);
		w->k->detach();
		w->k->unmap(w->space, w->user_va + PAGE, 1);
		free_frames(w, 2);
	} else {
		use_page(w, w->user_va + PAGE, false);
	}
}

const struct scenario scenario_detach = {
	.name = "detach",
	.summary = "unmap a user page behind the end of the hypercall path",
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_DETACH,
	.setup = setup_two_pages, .program = run_detach,
};
