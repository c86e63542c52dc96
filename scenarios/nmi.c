/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nmi: an NMI, whose handler reads user memory if it may, comes at any step of
 * a vCPU that changes its space, for a moment or for good, or is lazy.  The
 * same address has another page in the other space, and vCPU 0 takes the first
 * one's away meanwhile, or both.
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
send_all(struct scenario_world *w)
{
	for (unsigned vcpu = 1; vcpu < w->vcpus; vcpu++)
		scn_nmi(vcpu, w->user_va);
}

static void
unmap_between(struct scenario_world *w)
{
	send_all(w);
	unmap_user_page(w);
	send_all(w);
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
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_NMI,
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
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_NMI | NEEDS_LAZY,
	.on_request = "it asks more of NMI handlers than Linux promises: give "
	    "it with --scenario",
	.setup = setup_both, .program = run_nmi_lazy,
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
		if (w->k->nmi)
			send_all(w);
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
