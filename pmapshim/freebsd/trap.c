/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trap: the kernel's entry from and exit to user mode, interrupts, and the
 * context switch.
 *
 * The kernel does these in assembly; here are their steps on CR3 in the same
 * order, each a scheduling point.  An interrupt from user mode is leave_user,
 * interrupt, enter_user, all with IF=0; the hardware's part is the backend's.
 */
#include "glue.h"

/* cpu_switch.S: pmap_activate_sw(new thread) with interrupts off. */
void
trap_activate(void *space)
{
	spinlock_enter();
	cpu_set_space(space != NULL ? space : &vmspace0);
	pmap_activate_sw(curthread);
	spinlock_exit();
}

/* PTI_UENTRY (asmacros.h), fast_syscall_pti (exception.S). */
static void
pti_entry(void)
{
	if (PCPU_GET(ucr3) != PMAP_NO_CR3)
		load_cr3(PCPU_GET(kcr3));
}

/*
 * exception.S: fast_syscall_common loads CR3 and then resets the mask, ld_regs
 * (return from an interrupt) does it the other way round; interrupts are off,
 * and only this processor reads its mask.
 */
void
trap_enter_user(void)
{
	sd_irq_disable();
	if (PCPU_GET(ucr3) != PMAP_NO_CR3) {
		uint64_t cr3 = PCPU_GET(ucr3);

		cr3 &= PCPU_GET(ucr3_load_mask);
		load_cr3(cr3);
	}
	PCPU_SET(ucr3_load_mask, PMAP_UCR3_NOMASK);
	sd_enter_user();
}

/* The entry steps run with interrupts off (MSR_SF_MASK, interrupt gates). */
void
trap_leave_user(void)
{
	const register_t flags = intr_disable();

	sd_leave_user();
	pti_entry();
	intr_restore(flags);
}

/* apic_vector.S, rendezvous and invlop. */
void
trap_interrupt(unsigned vector)
{
	nested_interrupt();
	if (vector == IPI_GUEST)
		return;
	if (vector == IPI_RENDEZVOUS) {
		rendezvous_interrupt();
		return;
	}
	KASSERT(vector == IPI_INVLOP, ("interrupt of an unknown vector"));
	invlop_handler();
}

/* copyin(9) and friends between STAC and CLAC (copyout.c, support.S). */
void
trap_window_open(void)
{
	sd_window(1);
}

void
trap_window_close(void)
{
	sd_window(0);
}
