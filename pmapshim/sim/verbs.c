/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verbs.c: what scenario programs do beside kernel operations.
 */
#include "pmapshim/sim/sim.h"

void
scn_touch(uint64_t va, bool write)
{
	sim_enter();
	(void)machine_access(sim.m, explore_current(), va, write);
}

void
scn_kernel_touch(uint64_t va, bool write)
{
	scn_touch(va, write);
}

/* A system call's entry has IF=0 until the kernel sets it. */
void
scn_leave_user(struct scenario_world *w)
{
	unsigned cpu = explore_current();

	sim_enter();
	machine_set_if(sim.m, cpu, false);
	sim_attention(cpu);
	w->k->leave_user();
	sd_irq_enable();
}

void
scn_enter_user(struct scenario_world *w)
{
	sd_irq_disable();
	w->k->enter_user();
}

void
scn_work(unsigned n)
{
	hooks_settle();
	while (n-- > 0)
		explore_point();
}

unsigned long
scn_frame_alloc(void)
{
	return sd_virt_to_phys(sd_frame_alloc(SD_FRAME_DATA));
}

void
scn_frame_free(unsigned long pa)
{
	sd_frame_free(sd_phys_to_virt(pa));
}
