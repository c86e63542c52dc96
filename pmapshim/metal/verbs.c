/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verbs.c: what scenario programs do beside kernel operations.  Points are
 * where backend `sim` has them.
 *
 * An access "from user mode" is made in kernel mode, without SMAP: the same
 * translation, and the tables' U bits are not looked at.
 */
#include "pmapshim/metal/metal.h"

static uint64_t
touch(const char *name, uint64_t va, bool write)
{
	uint64_t seen;

	if (!operation_begin_inside(name))
		return SCN_FAULT;
	metal_point();
	if (write && !metal_write(va))
		seen = SCN_FAULT;
	else
		seen = metal_read(va);
	operation_end();
	return seen;
}

void
scn_touch(uint64_t va, bool write)
{
	(void)touch(write ? "write" : "read", va, write);
}

uint64_t
scn_see(uint64_t va, bool write)
{
	return touch(write ? "write" : "read", va, write);
}

void
scn_kernel_touch(uint64_t va, bool write)
{
	(void)touch(write ? "kernel write" : "kernel read", va, write);
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

unsigned long
scn_frame_alloc(void)
{
	unsigned long pa;

	if (!operation_begin("take a frame"))
		return 0;
	pa = sd_virt_to_phys(sd_frame_alloc(SD_FRAME_DATA));
	operation_end();
	return pa;
}

void
scn_frame_free(unsigned long pa)
{
	if (!operation_begin_free())
		return;
	sd_frame_free(sd_phys_to_virt(pa));
	operation_end();
}
