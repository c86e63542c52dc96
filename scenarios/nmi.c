/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nmi: an NMI, whose handler reads user memory if it may, or the kernel's, comes
 * at any step of a vCPU that changes its space, for a moment or for good, or is
 * lazy.  The same address has another page in the other space, and vCPU 0 takes
 * the first one's away meanwhile, or both.  Last, the same with kernel threads
 * that work in the spaces.
 *
 *  vCPU 0:   NMI        entry := 0   flush   return        NMI
 *  others:   user mode    CR3 := other   CR3 := space   user mode
 *               ^ the handler at any of these steps, with interrupts off, too
 */
#include "scenarios/programs.h"

static void
setup_both(struct scenario_world *w)
{
	setup_user_page(w);
	if (w->other)
		map_page(w, w->other, w->user_va, 1, KPROT_W | KPROT_USER);
}

static void
send_all(struct scenario_world *w, uint64_t va)
{
	for (unsigned vcpu = 1; vcpu < w->vcpus; vcpu++)
		scn_nmi(scn_cpu(w, vcpu), va);
}

static void
unmap_between(struct scenario_world *w)
{
	send_all(w, w->user_va);
	unmap_user_page(w);
	send_all(w, w->user_va);
}

static void
run_nmi_user_read(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		unmap_between(w);
		return;
	}
	visit_user(w);
	w->k->activate(w->other);
	w->k->activate(w->space);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_nmi_user_read = {
	.name = "nmi-user-read",
	.summary = "an NMI handler reads user memory while vCPUs change spaces",
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_NMI | NEEDS_NMI_USER,
	.other_space = true,
	.setup = setup_both, .program = run_nmi_user_read,
};

static void
run_nmi_lazy(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		unmap_between(w);
		return;
	}
	visit_user(w);
	w->k->enter_lazy();
	scn_work(4);
	w->k->activate(w->space);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_nmi_lazy = {
	.name = "nmi-lazy",
	.summary = "an NMI handler would read user memory while vCPUs are lazy",
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_NMI | NEEDS_NMI_USER | NEEDS_LAZY,
	.on_request = "it asks more of NMI handlers than Linux promises: give "
	    "it with --scenario",
	.setup = setup_both, .program = run_nmi_lazy,
};

/* ---- handlers that need the kernel's memory alone ---- */

/* The handler reads the second page, which stays as it is. */
static void
setup_kernel_too(struct scenario_world *w)
{
	setup_user_page(w);
	map_page(w, 0, w->kernel_va, 2, KPROT_W | KPROT_GLOBAL);
	map_page(w, 0, w->kernel_va + PAGE, 3, KPROT_W | KPROT_GLOBAL);
}

/*
 *  vCPU 0:   NMI        user page := 0, kernel page: W := 0        NMI
 *  others:   user mode    CR3 := other   user mode   CR3 := kernel's   ...
 */
static void
run_nmi_kernel(struct scenario_world *w, unsigned vcpu, uint64_t va)
{
	if (vcpu == 0) {
		send_all(w, va);
		w->k->protect(0, w->kernel_va, 1, KPROT_GLOBAL);
		unmap_user_page(w);
		send_all(w, va);
		return;
	}
	visit_user(w);
	w->k->activate(w->other);
	visit_user(w);
	w->k->activate(0);
	w->k->activate(w->space);
	use_page(w, w->user_va, false);
}

static void
run_nmi_kernel_read(struct scenario_world *w, unsigned vcpu)
{
	run_nmi_kernel(w, vcpu, w->kernel_va + PAGE);
}

const struct scenario scenario_nmi_kernel_read = {
	.name = "nmi-kernel-read",
	.summary = "NMIs hit vCPUs in switches, in user mode and on the way",
	.min_vcpus = 2, .max_vcpus = 3, .needs = NEEDS_NMI,
	.other_space = true,
	.setup = setup_kernel_too, .program = run_nmi_kernel_read,
};

/* What the handler may still hold of this one is wrong, and must be gone. */
static void
run_nmi_kernel_change(struct scenario_world *w, unsigned vcpu)
{
	run_nmi_kernel(w, vcpu, w->kernel_va);
}

const struct scenario scenario_nmi_kernel_change = {
	.name = "nmi-kernel-change",
	.summary = "the same, and their handlers read what has just changed",
	.min_vcpus = 2, .max_vcpus = 3, .needs = NEEDS_NMI,
	.on_request = "it asks more than a kernel promises whose NMI handlers "
	    "read nothing that may just have changed: give it with --scenario",
	.other_space = true,
	.setup = setup_kernel_too, .program = run_nmi_kernel_change,
};

/*
 * A space ends, and its root is another's, or none, when the NMI comes: who has
 * left it must not go there again.
 */
static void
run_nmi_space_end(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		scn_await(w, w->vcpus - 1);
		send_all(w, w->kernel_va + PAGE);
		w->k->space_destroy(w->other);
		send_all(w, w->kernel_va + PAGE);
		scn_signal(w);
		w->arg = w->k->space_create();
		unmap_user_page(w);
		return;
	}
	w->k->activate(w->other);
	visit_user(w);
	w->k->activate(vcpu == 1 ? 0 : w->space);
	scn_signal(w);
	scn_await(w, w->vcpus);
	w->k->activate(w->space);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_nmi_space_end = {
	.name = "nmi-space-end",
	.summary = "NMIs hit vCPUs as a space ends that they have left",
	.min_vcpus = 2, .max_vcpus = 3, .needs = NEEDS_NMI,
	.other_space = true,
	.setup = setup_kernel_too, .program = run_nmi_space_end,
};

/* The first NMIs may come while the last vCPUs are on their way. */
static void
run_nmi_early_boot(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->alone(KALONE_EARLY);
		w->k->unmap(0, w->kernel_va, 1);
		w->k->together(KALONE_EARLY);
		send_all(w, w->kernel_va + PAGE);
		unmap_user_page(w);
		return;
	}
	w->k->aside(KALONE_EARLY);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_nmi_early_boot = {
	.name = "nmi-early-boot",
	.summary = "NMIs hit vCPUs that have just been started",
	.min_vcpus = 2, .max_vcpus = 3, .needs = NEEDS_NMI | NEEDS_EARLY,
	.on_request = "an NMI as soon as others are started is not of every "
	    "day: give it with --scenario",
	.setup = setup_kernel_too, .program = run_nmi_early_boot,
};

/* ---- a space that is loaded for a moment ---- */

static void
unmap_both(struct scenario_world *w)
{
	w->k->unmap(w->other, w->user_va, 1);
	w->k->unmap(w->space, w->user_va, 1);
	free_frames(w, 2);
}

/* The second time it may still hold what it held the first time. */
static void
run_temporary_space(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		if (w->k->nmi_user)
			send_all(w, w->user_va);
		unmap_both(w);
		return;
	}
	visit_user(w);
	w->k->temporary(w->other, w->user_va);
	w->k->temporary(w->other, w->user_va);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_temporary_space = {
	.name = "temporary-space",
	.summary = "unmap user pages while others load a space for a moment",
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_TEMPORARY,
	.other_space = true,
	.setup = setup_both, .program = run_temporary_space,
};

static void
run_temporary_lazy(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		unmap_both(w);
		return;
	}
	visit_user(w);
	w->k->enter_lazy();
	w->k->temporary(w->other, w->user_va);
	w->k->activate(w->space);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_temporary_lazy = {
	.name = "temporary-lazy",
	.summary = "the same while the others are lazy",
	.min_vcpus = 2, .max_vcpus = 4,
	.needs = NEEDS_TEMPORARY | NEEDS_LAZY,
	.other_space = true,
	.setup = setup_both, .program = run_temporary_lazy,
};

/*
 * The first loan is of the space that is loaded; the last one is of a space
 * that was left meanwhile, and whose PCID may be loaded again without a flush.
 */
static void
run_kthread_use(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		unmap_both(w);
		return;
	}
	visit_user(w);
	w->k->borrow(w->space, w->user_va);
	w->k->borrow(w->other, w->user_va);
	w->k->borrow(w->space, w->user_va);
	w->k->activate(w->space);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_kthread_use = {
	.name = "kthread-use",
	.summary = "unmap user pages while kernel threads work in their spaces",
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_BORROW,
	.other_space = true,
	.setup = setup_both, .program = run_kthread_use,
};
