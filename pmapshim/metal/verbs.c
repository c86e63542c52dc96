/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verbs.c: what scenario programs do beside kernel operations.  Points are
 * where backend `sim` has them.
 *
 * An access "from user mode" is made in kernel mode, without SMAP: the same
 * translation, and the tables' U bits are not looked at.
 */
#include "pmapshim/metal/metal.h"

uint64_t
verb_access(uint64_t va, bool write)
{
	metal_point();
	if (write && !metal_write(va))
		return SCN_FAULT;
	return metal_read(va);
}

void
scn_wrong(const char *text)
{
	metal_stop(TROUBLE_ASSERTION, text);
}

void
scn_leave_user(struct scenario_world *w)
{
	(void)w;
	if (!operation_leave())
		return;
	metal_point();
	metal_self()->vif = false;
	metal.k->leave_user();
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
	metal.k->enter_user();
}

unsigned
scn_program(void)
{
	return sd_cpu();
}

void
scn_work(unsigned n)
{
	if (!operation_begin_inside("work"))
		return;
	while (n-- > 0) {
		metal_point();
		metal_linger();
	}
	operation_end();
}

void
scn_signal(struct scenario_world *w)
{
	metal_point();
	__atomic_add_fetch(&w->signals, 1, __ATOMIC_SEQ_CST);
}

void
scn_await(struct scenario_world *w, unsigned n)
{
	for (;;) {
		metal_point();
		if (__atomic_load_n(&w->signals, __ATOMIC_SEQ_CST) >= n)
			return;
		sd_pause();
	}
}

/* No row that needs one comes so far. */
void
scn_nmi(unsigned vcpu, uint64_t va)
{
	(void)vcpu;
	(void)va;
	scn_wrong("an NMI whose handler may come between any two steps: not "
	    "on this backend");
}
