/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nmi: an NMI's way in and out (the vector nmi of exception.S), and a handler
 * that needs no more than the kernel's memory, as all of them do; user memory
 * is read behind the return alone (hwpmc).  It may be that which stops a CPU.
 *
 * An NMI comes with interrupts off as well: in the middle of a switch, or on the
 * way to user mode with its root loaded.  So its way in does not ask what was
 * interrupted: it loads pc_kcr3, unless that is PMAP_NO_CR3, and the way back to
 * the kernel loads what it found.  It has a stack of its own (IST2), which each
 * root maps.
 */
#include "glue.h"

static void
load_kernel_root(void)
{
	const uint64_t cr3 = PCPU_GET(kcr3);

	if (cr3 != PMAP_NO_CR3)
		load_cr3(cr3);
}

/* nmi_fromuserspace; back by doreti_exit, as from any trap. */
void
nmi_leave_user(void)
{
	sd_leave_user();
	load_kernel_root();
}

/* From user mode, too, which nmi_leave_user() has left. */
void
nmi_interrupt(unsigned long va, int user)
{
	const u_long cr3 = rcr3();

	if (!user)
		load_kernel_root();
	if (va == 0)
		alone_nmi();
	else
		sd_kernel_read(va);
	if (!user)
		load_cr3(cr3);
}
