/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nmi: an NMI from kernel mode, and a handler that reads user memory as
 * copy_from_user_nmi() does and with it perf, which records what user stack the
 * kernel was called from.
 *
 * An NMI comes with interrupts off as well, so in the middle of a context
 * switch.  Whose memory the handler reads is what current->mm says; whether CR3
 * has that space is nmi_uaccess_okay()'s to know.
 */
#include "glue.h"

/* arch/x86/lib/usercopy.c */
static void
copy_from_user_nmi(unsigned long va)
{
	if (!nmi_uaccess_okay())
		return;
	sd_user_read(__pa(current->mm->pgd), va);
}

/* asm_exc_nmi, which from user mode is as any other entry; nmi_enter, nmi_exit */
void
nmi_interrupt(unsigned long va, int user __maybe_unused)
{
	unsigned long cr3 = sched_save_cr3();

	WARN_ON(in_nmi());
	shim_preempt_add(NMI_OFFSET + HARDIRQ_OFFSET);
	if ((long)va < 0)
		sd_kernel_read(va);
	else
		copy_from_user_nmi(va);
	shim_preempt_add(-(NMI_OFFSET + HARDIRQ_OFFSET));
	sched_restore_cr3(cr3);
}
