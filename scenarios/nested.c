/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nested: vCPU 0 takes a page from a virtual machine; the others run it.
 */
#include "scenarios/programs.h"

#define GUEST_PA 0x800000000ull         /* what the guest calls the page */

static void
setup_guest(struct scenario_world *w)
{
	w->arg = w->k->guest_create(0);
	map_page(w, w->arg, GUEST_PA, 0, KPROT_W | KPROT_USER);
}

static void
setup_ept(struct scenario_world *w)
{
	w->arg = w->k->guest_create(1);
	map_page(w, w->arg, GUEST_PA, 0, KPROT_W | KPROT_USER);
}

/* Runs once to have something cached, and again. */
static void
run_guest(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap(w->arg, GUEST_PA, 1);
		free_frames(w, 1);
		return;
	}
	w->k->guest_run(w->arg);
	w->k->guest_run(w->arg);
}

const struct scenario scenario_nested_unmap = {
	.name = "nested-unmap",
	.summary = "take a page from a virtual machine that others run",
	.min_vcpus = 2, .max_vcpus = 3, .needs = NEEDS_NESTED,
	.setup = setup_guest, .program = run_guest,
};

const struct scenario scenario_ept_unmap = {
	.name = "ept-unmap",
	.summary = "take a page from a virtual machine under an EPT",
	.min_vcpus = 2, .max_vcpus = 3, .needs = NEEDS_NESTED | NEEDS_EPT,
	.setup = setup_ept, .program = run_guest,
};

/* Rights go and come, and another frame after them: each is a flush. */
static void
change_guest(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->protect(w->arg, GUEST_PA, 1, KPROT_USER);
		w->k->remap(w->arg, GUEST_PA, w->frames[1],
		    KPROT_W | KPROT_USER);
		free_frames(w, 1);
		return;
	}
	w->k->guest_run(w->arg);
	w->k->guest_run(w->arg);
}

const struct scenario scenario_ept_protect = {
	.name = "ept-protect",
	.summary = "take W, then the frame, of a page under an EPT",
	.min_vcpus = 2, .max_vcpus = 3, .needs = NEEDS_NESTED | NEEDS_EPT,
	.setup = setup_ept, .program = change_guest,
};
