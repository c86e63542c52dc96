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

/*
 * pmap_activate(), as vmspace_exec() has it: the thread stays and its process
 * has another space.  (Behind a switch of threads cpu_switch.S stores tss_rsp0
 * once more.)
 */
void
trap_activate(void *space)
{
	spinlock_enter();
	cpu_set_space(space != NULL ? space : &vmspace0);
	pmap_activate_sw(curthread);
	spinlock_exit();
}

/* ---- the stack that the processor takes from the TSS (SDM 3A, 6.14.4) ---- */

/* Does the root that is loaded map the kernel, not the trampolines alone? */
static int
kernel_is_mapped(void)
{
	const pml4_entry_t *const root = sd_phys_to_virt(rcr3() & PG_FRAME);

	return (root != NULL &&
	    (cpu_peek(&root[SHIM_KERNEL_PML4]) & PG_V) != 0);
}

/*
 * The frame of an interrupt, a trap or INT 80h from user mode.  A user root maps
 * of the kernel's stacks each CPU's trampoline alone (pti_add_kva(), here by
 * name); a fault while the frame is pushed is a double fault.
 */
static void
frame_push(void)
{
	const u_long rsp = cpu_peek(&PCPU_PTR(common_tss)->tss_rsp0);

	if (rsp != cpu_peek(PCPU_PTR(pti_rsp0)) && !kernel_is_mapped())
		panic("double fault: an interrupt's frame goes to tss_rsp0, "
		    "which is not the stack that the user root maps");
}

/* PTI_UENTRY (asmacros.h), fast_syscall_pti (exception.S). */
static void
pti_entry(void)
{
	u_long rsp = cpu_peek(&PCPU_PTR(common_tss)->tss_rsp0);

	if (PCPU_GET(ucr3) != PMAP_NO_CR3) {
		load_cr3(PCPU_GET(kcr3));
		rsp = cpu_peek(PCPU_PTR(rsp0));
	}
	if (rsp != cpu_peek(&curthread->td_md.md_stack_base))
		panic("a handler runs on a stack that is not its thread's");
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

	frame_push();
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
