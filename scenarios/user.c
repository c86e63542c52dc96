/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * user: vCPU 0 takes something away from user mappings, the others use them
 * from user mode.
 *
 *  vCPU 0:   entry := new    flush          return   frame given back
 *  others:   user mode   use of the page                use   <- not the old
 */
#include "scenarios/programs.h"

#define RW (KPROT_W | KPROT_USER)

/* ---- one page ---- */

static void
run_unmap_page(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0)
		unmap_user_page(w);
	else
		use_page(w, w->user_va, false);
}

const struct scenario scenario_unmap_page = {
	.name = "unmap-page",
	.summary = "unmap a user page, then reuse its frame",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY, .sparse_too = true,
	.setup = setup_user_page, .program = run_unmap_page,
};

/* Its own translation is the one that the others' IPIs do not remove. */
static void
run_unmap_self(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0)
		visit_user(w);
	run_unmap_page(w, vcpu);
	if (vcpu == 0)
		use_page(w, w->user_va, false);
}

const struct scenario scenario_unmap_self = {
	.name = "unmap-self",
	.summary = "unmap a user page, then go back to user mode",
	.min_vcpus = 2, .max_vcpus = 3,
	.setup = setup_user_page, .program = run_unmap_self,
};

/*
 * As a page daemon does: vCPU 0 does not run the space whose page it takes, so
 * the set of targets may become empty under its hands.
 */
static void
run_unmap_foreign(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		visit_user(w);
		w->k->activate(0);
		unmap_user_page(w);
		w->k->activate(w->space);
		use_page(w, w->user_va, false);
	} else {
		use_page(w, w->user_va, false);
		w->k->activate(0);
	}
}

const struct scenario scenario_unmap_foreign = {
	.name = "unmap-foreign",
	.summary = "unmap a page of a user space that runs elsewhere",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY,
	.setup = setup_user_page, .program = run_unmap_foreign,
};

const struct scenario scenario_hypercall_fails = {
	.name = "hypercall-fails",
	.summary = "unmap a user page while the host refuses the flush call",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY, .needs = NEEDS_FAILING_HOST,
	.sparse_too = true,
	.setup = setup_user_page, .program = run_unmap_page,
};

static void
run_user_access(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		unmap_user_page(w);
		return;
	}
	w->k->access_begin();
	scn_touch(w->user_va, false);
	scn_work(4);
	w->k->access_end();
}

const struct scenario scenario_user_access = {
	.name = "user-access",
	.summary = "unmap a user page that kernels access for their users",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY,
	.setup = setup_user_page, .program = run_user_access,
};

/* ---- ranges ---- */

static void
setup_small(struct scenario_world *w)
{
	map_ends(w, w->space, w->user_va, w->k->small_pages, RW);
}

static void
setup_large(struct scenario_world *w)
{
	map_ends(w, w->space, w->user_va, w->k->large_pages, RW);
}

static void
run_range(struct scenario_world *w, unsigned vcpu, unsigned pages)
{
	if (vcpu == 0) {
		w->k->unmap(w->space, w->user_va, pages);
		free_frames(w, 2);
	} else {
		use_page(w, w->user_va + (pages - 1) * PAGE, false);
	}
}

static void
run_small(struct scenario_world *w, unsigned vcpu)
{
	run_range(w, vcpu, w->k->small_pages);
}

static void
run_large(struct scenario_world *w, unsigned vcpu)
{
	run_range(w, vcpu, w->k->large_pages);
}

const struct scenario scenario_unmap_range_small = {
	.name = "unmap-range-small",
	.summary = "unmap a user range that is flushed page by page",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY, .sparse_too = true,
	.setup = setup_small, .program = run_small,
};

static void
run_range_self(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0)
		visit_user(w);
	run_small(w, vcpu);
	if (vcpu == 0)
		use_page(w, w->user_va + (w->k->small_pages - 1) * PAGE, false);
}

const struct scenario scenario_unmap_range_self = {
	.name = "unmap-range-self",
	.summary = "unmap a small user range, then go back to user mode",
	.min_vcpus = 2, .max_vcpus = 3,
	.setup = setup_small, .program = run_range_self,
};

const struct scenario scenario_unmap_range_large = {
	.name = "unmap-range-large",
	.summary = "unmap a user range above the kernel's own threshold",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY,
	.setup = setup_large, .program = run_large,
};

/* One element more than the kernel's flush call can list. */
static void
setup_huge(struct scenario_world *w)
{
	map_ends(w, w->space, w->user_va, w->k->huge_pages, RW);
}

static void
run_huge(struct scenario_world *w, unsigned vcpu)
{
	run_range(w, vcpu, w->k->huge_pages);
}

const struct scenario scenario_unmap_range_huge = {
	.name = "unmap-range-huge",
	.summary = "unmap a user range that no flush call can list",
	.min_vcpus = 2, .max_vcpus = 2, .needs = NEEDS_HUGE,
	.setup = setup_huge, .program = run_huge,
};

static void
run_flush_all(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap_all(w->space, w->user_va, 2);
		free_frames(w, 2);
	} else {
		use_page(w, w->user_va + PAGE, false);
	}
}

const struct scenario scenario_flush_all = {
	.name = "flush-all",
	.summary = "clear user pages, then flush the whole space once",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY, .sparse_too = true,
	.setup = setup_two_pages, .program = run_flush_all,
};

/* Who flushes uses the page next: with PTI its own user root is at stake. */
static void
run_flush_all_self(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		visit_user(w);
		w->k->unmap_all(w->space, w->user_va, 2);
	}
	use_page(w, w->user_va + PAGE, false);
}

const struct scenario scenario_flush_all_self = {
	.name = "flush-all-self",
	.summary = "flush the whole space, then use it oneself",
	.min_vcpus = 2, .max_vcpus = 4,
	.setup = setup_two_pages, .program = run_flush_all_self,
};

/* The last vCPU is elsewhere: the targets have to be named one by one. */
static void
run_flush_subset(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu > 0 && vcpu == w->vcpus - 1) {
		w->k->activate(w->other);
		scn_work(2);
	} else {
		run_flush_all(w, vcpu);
	}
}

const struct scenario scenario_flush_all_subset = {
	.name = "flush-all-subset",
	.summary = "flush a whole space that one vCPU does not run",
	.min_vcpus = 3, .max_vcpus = SCENARIO_MANY, .other_space = true, .sparse_too = true,
	.setup = setup_two_pages, .program = run_flush_subset,
};

static void
run_free_table(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->free_table(w->space, w->user_va);
		free_frames(w, 1);
	} else {
		use_page(w, w->user_va, false);
	}
}

const struct scenario scenario_free_table = {
	.name = "free-table",
	.summary = "unlink a page-table page, flush, free it",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY,
	.setup = setup_user_page, .program = run_free_table,
};

/* ---- rights and frames ---- */

static void
run_write_protect(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0)
		w->k->protect(w->space, w->user_va, 1, KPROT_USER);
	else
		use_page(w, w->user_va, true);
}

/* Long in user mode, since only what follows the first write is at stake. */
static void
run_write_protect_clean(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->protect(w->space, w->user_va, 1, KPROT_USER);
		return;
	}
	scn_enter_user(w);
	scn_touch(w->user_va, true);
	scn_work(10);
	scn_leave_user(w);
}

static void
setup_clean(struct scenario_world *w)
{
	map_page(w, w->space, w->user_va, 0, RW | KPROT_CLEAN);
}

const struct scenario scenario_write_protect = {
	.name = "write-protect",
	.summary = "take write permission from a dirty user page",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY,
	.setup = setup_user_page, .program = run_write_protect,
};

const struct scenario scenario_write_protect_clean = {
	.name = "write-protect-clean",
	.summary = "take write permission from a page as it is first written",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY,
	.setup = setup_clean, .program = run_write_protect_clean,
};

static void
setup_executable(struct scenario_world *w)
{
	map_page(w, w->space, w->user_va, 0, KPROT_X | KPROT_USER);
}

static void
run_no_execute(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0)
		w->k->protect(w->space, w->user_va, 1, KPROT_USER);
	else
		use_page(w, w->user_va, false);
}

const struct scenario scenario_no_execute = {
	.name = "no-execute",
	.summary = "take execute permission from a user page",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY,
	.setup = setup_executable, .program = run_no_execute,
};

/* Frame 1 will be the copy. */
static void
setup_remap(struct scenario_world *w)
{
	map_page(w, w->space, w->user_va, 0, KPROT_USER);
}

static void
run_remap(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->remap(w->space, w->user_va, w->frames[1], RW);
		free_frames(w, 1);
	} else {
		use_page(w, w->user_va, false);
	}
}

const struct scenario scenario_remap = {
	.name = "remap",
	.summary = "copy on write: another frame for a read-only user page",
	.min_vcpus = 2, .max_vcpus = SCENARIO_MANY,
	.setup = setup_remap, .program = run_remap,
};
