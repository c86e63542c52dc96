/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * alone: vCPU 0 changes kernel pages while it is the only one that runs, and no
 * other may be told: in the debugger, in a panic, before they are started.
 * Behind it a user page is unmapped in the ordinary way.
 */
#include "scenarios/programs.h"

static void
setup_kernel_and_user(struct scenario_world *w)
{
	setup_kernel_page(w);
	setup_user_page(w);
}

/* Whoever was stopped has missed what the debugger's own vCPU flushed. */
static void
run_debugger(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->alone(KALONE_DEBUGGER);
		w->k->protect(0, w->kernel_va, 1, KPROT_GLOBAL);
		w->k->together(KALONE_DEBUGGER);
		w->k->unmap(w->space, w->user_va, 1);
		return;
	}
	scn_kernel_touch(w->kernel_va, true);
	w->k->aside(KALONE_DEBUGGER);
	scn_kernel_touch(w->kernel_va, true);
	scn_work(2);
}

const struct scenario scenario_debugger = {
	.name = "debugger",
	.summary = "write-protect a kernel page while all others are stopped",
	.min_vcpus = 2, .max_vcpus = 3,
	.needs = NEEDS_DEBUGGER | NEEDS_KERNEL_GLOBAL,
	.setup = setup_kernel_and_user, .program = run_debugger,
};

static void
setup_two_users(struct scenario_world *w)
{
	setup_kernel_page(w);
	map_ends(w, w->space, w->user_va, 2, KPROT_W | KPROT_USER);
}

/*
 * The same, and an NMI stops them wherever they are: in a switch, in user mode,
 * in the middle of a flush of their own.
 */
static void
run_debugger_nmi(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->alone(KALONE_NMI);
		w->k->protect(0, w->kernel_va, 1, KPROT_GLOBAL);
		w->k->together(KALONE_NMI);
		w->k->unmap(w->space, w->user_va, 1);
		return;
	}
	scn_kernel_touch(w->kernel_va, true);
	if (vcpu == 1)
		w->k->unmap(w->space, w->user_va + PAGE, 1);
	visit_user(w);
	w->k->activate(w->other);
	visit_user(w);
	w->k->activate(w->space);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_debugger_nmi = {
	.name = "debugger-nmi",
	.summary = "write-protect a kernel page while NMIs have stopped others",
	.min_vcpus = 2, .max_vcpus = 3,
	.needs = NEEDS_STOP_NMI | NEEDS_NMI,
	.other_space = true,
	.setup = setup_two_users, .program = run_debugger_nmi,
};

/* The others are gone for good: who waits for one of them waits for ever. */
static void
run_panic(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		unmap_user_page(w);
		w->k->alone(KALONE_PANIC);
		w->k->protect(0, w->kernel_va, 1, KPROT_GLOBAL);
		scn_kernel_touch(w->kernel_va, true);
		w->k->flush_all(0);
		w->k->together(KALONE_PANIC);
		return;
	}
	use_page(w, w->user_va, false);
	scn_kernel_touch(w->kernel_va, true);
	w->k->aside(KALONE_PANIC);
}

const struct scenario scenario_panic = {
	.name = "panic",
	.summary = "write-protect a kernel page when a panic has stopped others",
	.min_vcpus = 2, .max_vcpus = 3,
	.needs = NEEDS_PANIC | NEEDS_KERNEL_GLOBAL,
	.setup = setup_kernel_and_user, .program = run_panic,
};

/* They have paging on and wait: what they walked by then may be stale. */
static void
run_early_boot(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->alone(KALONE_EARLY);
		w->k->unmap(0, w->kernel_va, 1);
		scn_kernel_touch(w->kernel_va, false);
		w->k->flush_all(0);
		w->k->together(KALONE_EARLY);
		unmap_user_page(w);
		return;
	}
	w->k->aside(KALONE_EARLY);
	scn_kernel_touch(w->kernel_va, false);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_early_boot = {
	.name = "early-boot",
	.summary = "unmap a kernel page before the others are started",
	.min_vcpus = 2, .max_vcpus = 3,
	.needs = NEEDS_EARLY | NEEDS_KERNEL_GLOBAL,
	.setup = setup_kernel_and_user, .program = run_early_boot,
};
