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

/* ---- an EPT without A and D, which R and W stand for ---- */

static void
setup_emulated(struct scenario_world *w)
{
	w->arg = w->k->guest_create(2);
	map_page(w, w->arg, GUEST_PA, 0, KPROT_W | KPROT_USER);
}

/* The bits are given back by the guest's own faults, and taken again. */
static void
run_emulated(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->clean(w->arg, GUEST_PA);
		w->k->age(w->arg, GUEST_PA);
		w->k->unmap(w->arg, GUEST_PA, 1);
		free_frames(w, 1);
		return;
	}
	w->k->guest_run(w->arg);
	w->k->guest_touch(w->arg, GUEST_PA, vcpu == 1);
	w->k->guest_run(w->arg);
}

const struct scenario scenario_ept_emulated = {
	.name = "ept-emulated",
	.summary = "take D, then A, then the page, where an EPT has neither",
	.min_vcpus = 2, .max_vcpus = 3,
	.needs = NEEDS_NESTED | NEEDS_EPT | NEEDS_EPT_EMULATED,
	.setup = setup_emulated, .program = run_emulated,
};

/* ---- pages of 2 MiB; the machine has no RAM behind them ---- */

#define LONG "it takes long: give it with --scenario"
#define PAGES 512u
#define FAR 0x40000000ul                /* physical, 2 MiB aligned */

static void
setup_small(struct scenario_world *w)
{
	unsigned long frames[PAGES];

	for (unsigned i = 0; i < PAGES; i++)
		frames[i] = FAR + i * PAGE;
	w->arg = w->k->guest_create(1);
	w->k->map(w->arg, GUEST_PA, frames, PAGES, KPROT_W | KPROT_USER);
}

static void
setup_large(struct scenario_world *w)
{
	setup_small(w);
	w->k->promote(w->arg, GUEST_PA);
}

static void
run_large_unmap(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->promote(w->arg, GUEST_PA);
		scn_signal(w);
		w->k->unmap(w->arg, GUEST_PA, PAGES);
		return;
	}
	w->k->guest_run(w->arg);
	scn_await(w, 1);
	w->k->guest_run(w->arg);
	w->k->guest_run(w->arg);
}

const struct scenario scenario_ept_large_unmap = {
	.name = "ept-large-unmap",
	.summary = "promote pages under an EPT to a large one, then unmap that",
	.min_vcpus = 2, .max_vcpus = 2,
	.needs = NEEDS_NESTED | NEEDS_EPT | NEEDS_LARGE,
	.on_request = LONG,
	.setup = setup_small, .program = run_large_unmap,
};

static void
run_large_protect(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->protect(w->arg, GUEST_PA, PAGES, KPROT_USER);
		return;
	}
	w->k->guest_run(w->arg);
	w->k->guest_run(w->arg);
}

const struct scenario scenario_ept_large_protect = {
	.name = "ept-large-protect",
	.summary = "take W from a large page under an EPT",
	.min_vcpus = 2, .max_vcpus = 2,
	.needs = NEEDS_NESTED | NEEDS_EPT | NEEDS_LARGE,
	.on_request = LONG,
	.setup = setup_large, .program = run_large_protect,
};

static void
run_large_demote(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->demote(w->arg, GUEST_PA);
		w->k->unmap(w->arg, GUEST_PA + PAGE, 1);
		return;
	}
	w->k->guest_run(w->arg);
	w->k->guest_run(w->arg);
}

const struct scenario scenario_ept_large_demote = {
	.name = "ept-large-demote",
	.summary = "demote a large page under an EPT, unmap one page of it",
	.min_vcpus = 2, .max_vcpus = 2,
	.needs = NEEDS_NESTED | NEEDS_EPT | NEEDS_LARGE,
	.on_request = LONG,
	.setup = setup_large, .program = run_large_demote,
};
