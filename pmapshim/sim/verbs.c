/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verbs.c: what scenario programs do beside kernel operations, on the model.
 */
#include "pmapshim/sim/sim.h"

uint64_t
verb_access(uint64_t va, bool write)
{
	explore_mark();
	sim_enter();
	return machine_access(sim.m, explore_current(), va, write);
}

unsigned
scn_program(void)
{
	return sim.program[explore_current()];
}

void
scn_wrong(const char *text)
{
	sim_finding(FINDING_ASSERTION, NULL, 0, text);
	sim_stop();
}

/* A system call's entry has IF=0 until the kernel sets it. */
void
scn_leave_user(struct scenario_world *w)
{
	unsigned cpu = explore_current();

	(void)w;
	if (!operation_leave())
		return;
	sim_enter();
	machine_set_if(sim.m, cpu, false);
	sim_attention(cpu);
	sim.k->leave_user();
	sd_irq_enable();
	operation_end();
}

void
scn_enter_user(struct scenario_world *w)
{
	(void)w;
	if (!operation_enter("user mode"))
		return;
	sd_irq_disable();
	sim.k->enter_user();
}

void
scn_work(unsigned n)
{
	if (!operation_begin_inside("work"))
		return;
	hooks_settle();
	while (n-- > 0)
		explore_point_local();
	operation_end();
}

void
scn_signal(struct scenario_world *w)
{
	sim_enter();
	machine_drain_all(sim.m, explore_current());
	w->signals++;
	explore_progress();
}

void
scn_await(struct scenario_world *w, unsigned n)
{
	for (;;) {
		sim_enter();
		if (w->signals >= n)
			return;
		sd_pause();
	}
}

void
scn_nmi(unsigned vcpu, uint64_t va)
{
	if (!operation_begin("send an NMI"))
		return;
	explore_mark();
	sim_enter();
	sim_post_nmi(vcpu, va);
	operation_end();
}

/* As a run queue's lock does: what was stored before is seen by who takes. */
void
scn_give(struct scenario_world *w, unsigned vcpu)
{
	if (!operation_begin("let a thread go")) {
		w->thread_lost = true;
		return;
	}
	sim_enter();
	machine_drain_all(sim.m, explore_current());
	explore_touch_opaque();
	w->arrived[vcpu]++;
	explore_progress();
	operation_end();
}

/* A thread that was left out does not come: no deadlock, but no program. */
void
scn_take(struct scenario_world *w, unsigned vcpu)
{
	if (!operation_begin("take a thread"))
		return;
	sim_enter();
	explore_touch_opaque();
	while (w->arrived[vcpu] == 0) {
		if (w->thread_lost)
			operations_break();
		sd_pause();
		explore_touch_opaque();
	}
	w->arrived[vcpu]--;
	operation_end();
}

void
scn_frame_keep(void)
{
	if (operation_begin_free())
		operation_end();
}
