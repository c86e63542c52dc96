/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched: context switches in the order of kernel/sched/core.c, and the part
 * of entry from user mode and return to it that PTI has in assembly.
 *
 * A vCPU has an idle task and two others that take turns, so that activating
 * the space that is active already is a switch between two of its threads.
 */
#include "glue.h"

#define PTI_USER_PGTABLE_MASK PAGE_SIZE
#define PTI_USER_PCID_MASK (1UL << X86_CR3_PTI_PCID_USER_BIT)

static DEFINE_PER_CPU(struct task_struct, idle_task);
static DEFINE_PER_CPU(struct task_struct, first_task);
static DEFINE_PER_CPU(struct task_struct, second_task);
static DEFINE_PER_CPU(spinlock_t, run_queue_lock);
static DEFINE_PER_CPU(spinlock_t, idle_task_lock);

void
sched_boot(void)
{
	struct task_struct *idle = this_cpu_ptr(&idle_task);

	idle->active_mm = &init_mm;
	shim_set_current(idle);
}

/*
 * context_switch.  mmgrab and mmdrop are there as locked instructions: nothing
 * is freed by count here.  Returns the space to drop, or NULL.
 */
static struct mm_struct *
context_switch(struct task_struct *prev, struct task_struct *next)
{
	struct mm_struct *drop = NULL;

	if (!next->mm) {
		enter_lazy_tlb(prev->active_mm, next);
		next->active_mm = prev->active_mm;
		if (prev->mm)
			atomic_inc(&prev->active_mm->mm_count);
		else
			prev->active_mm = NULL;
	} else {
		switch_mm_irqs_off(prev->active_mm, next->mm, next);
		if (!prev->mm) {
			drop = prev->active_mm;
			prev->active_mm = NULL;
		}
	}
	shim_set_current(next);
	return drop;
}

/*
 * __schedule and finish_task_switch: interrupts go off first; taking the run
 * queue's lock drains the store buffer; the lock goes, then interrupts come
 * on, and only then is the old space dropped.
 */
static void
schedule(struct task_struct *next)
{
	struct mm_struct *drop;

	preempt_disable();
	local_irq_disable();
	spin_lock(this_cpu_ptr(&run_queue_lock));
	drop = context_switch(current, next);
	spin_unlock(this_cpu_ptr(&run_queue_lock));
	local_irq_enable();
	if (drop)
		atomic_dec(&drop->mm_count);
	preempt_enable();
}

void
sched_enter_lazy(void)
{
	if (current != this_cpu_ptr(&idle_task))
		schedule(this_cpu_ptr(&idle_task));
}

/*
 * Idle, then deep idle, which gives the space up: leave_mm() with interrupts
 * off, as cpuidle_enter_state calls it.  The idle task's active_mm stays.  It
 * takes the CPU's number or, since 6.12, nothing; an argument too many is
 * harmless, so it is not asked which.
 */
static void
go_idle(void)
{
	void (*leave)(int cpu) = (void (*)(int))(void *)leave_mm;

	sched_enter_lazy();
	local_irq_disable();
	leave(smp_processor_id());
	local_irq_enable();
}

void
sched_activate(void *space)
{
	struct task_struct *next = this_cpu_ptr(&first_task);

	if (!space) {
		go_idle();
		return;
	}
	if (current == next)
		next = this_cpu_ptr(&second_task);
	next->mm = space;
	next->active_mm = space;
	schedule(next);
}

/* kthread_use_mm: the lock is task_lock's. */
static void
use_mm(struct task_struct *task, struct mm_struct *mm)
{
	struct mm_struct *before;

	atomic_inc(&mm->mm_count);
	spin_lock(this_cpu_ptr(&idle_task_lock));
	local_irq_disable();
	before = task->active_mm;
	task->active_mm = mm;
	task->mm = mm;
	switch_mm_irqs_off(before, mm, task);
	local_irq_enable();
	spin_unlock(this_cpu_ptr(&idle_task_lock));
	atomic_dec(&before->mm_count);
}

/* kthread_unuse_mm: mm stays the task's active_mm. */
static void
unuse_mm(struct task_struct *task, struct mm_struct *mm)
{
	spin_lock(this_cpu_ptr(&idle_task_lock));
	local_irq_disable();
	task->mm = NULL;
	enter_lazy_tlb(mm, task);
	local_irq_enable();
	spin_unlock(this_cpu_ptr(&idle_task_lock));
}

/* The idle task stands for a kernel thread, as vhost's or io_uring's. */
void
sched_borrow(void *space, unsigned long va)
{
	struct mm_struct *mm = space;

	sched_enter_lazy();
	use_mm(current, mm);
	sd_user_read(__pa(mm->pgd), va);
	unuse_mm(current, mm);
}

#ifdef SHIM_TEMPORARY_MM
/* __text_poke, as far as spaces go: interrupts stay off in between. */
void
sched_temporary(void *space, unsigned long va)
{
	struct mm_struct *mm = space, *before;
	unsigned long flags;

	preempt_disable();
	local_irq_save(flags);
	before = use_temporary_mm(mm);
	sd_user_read(__pa(mm->pgd), va);
	unuse_temporary_mm(before);
	local_irq_restore(flags);
	preempt_enable();
}
#endif

/* SWITCH_TO_KERNEL_CR3, arch/x86/entry/calling.h; NOFLUSH with PCID. */
static void
switch_to_kernel_cr3(void)
{
	unsigned long cr3;

	if (!boot_cpu_has(X86_FEATURE_PTI))
		return;
	cr3 = __read_cr3();
	if (boot_cpu_has(X86_FEATURE_PCID))
		cr3 |= CR3_NOFLUSH;
	write_cr3(cr3 & ~(PTI_USER_PGTABLE_MASK | PTI_USER_PCID_MASK));
}

/*
 * The part of the two macros below that makes a user CR3 flush or not: BT tests
 * whether the ASID's user half has a flush pending, BTR takes the mark away.
 */
static unsigned long
user_noflush(unsigned long cr3)
{
	unsigned asid = cr3 & 0x7ff;

	if (!(this_cpu_read(cpu_tlbstate.user_pcid_flush_mask) & 1u << asid))
		return cr3 | CR3_NOFLUSH;
	__clear_bit(asid, (unsigned long *)
	    this_cpu_ptr(&cpu_tlbstate.user_pcid_flush_mask));
	return cr3;
}

/*
 * SWITCH_TO_USER_CR3_NOSTACK, arch/x86/entry/calling.h: MOV CR3 flushes or does
 * not.  Interrupts are off.
 */
static void
switch_to_user_cr3(void)
{
	unsigned long cr3;

	if (!boot_cpu_has(X86_FEATURE_PTI))
		return;
	cr3 = __read_cr3();
	if (boot_cpu_has(X86_FEATURE_PCID))
		cr3 = user_noflush(cr3) | PTI_USER_PCID_MASK;
	write_cr3(cr3 | PTI_USER_PGTABLE_MASK);
}

/* SAVE_AND_SWITCH_TO_KERNEL_CR3, the same file. */
unsigned long
sched_save_cr3(void)
{
	unsigned long cr3 = __read_cr3();

	if (cr3 & PTI_USER_PGTABLE_MASK)
		switch_to_kernel_cr3();
	return cr3;
}

/*
 * PARANOID_RESTORE_CR3; the older RESTORE_CR3 also loads a kernel root that it
 * has not left, which without PCIDs flushes more.
 */
void
sched_restore_cr3(unsigned long saved)
{
	if (!boot_cpu_has(X86_FEATURE_PTI) || !(saved & PTI_USER_PGTABLE_MASK))
		return;
	if (boot_cpu_has(X86_FEATURE_PCID))
		saved = user_noflush(saved);
	write_cr3(saved);
}

/* The end of a system call or interrupt: interrupts are off until IRET. */
void
sched_enter_user(void)
{
	WARN_ON(preempt_count());
	WARN_ON(!irqs_disabled());
	switch_to_user_cr3();
	sd_enter_user();
}

/* entry_SYSCALL_64, or an interrupt's entry; either turns interrupts off. */
void
sched_leave_user(void)
{
	sd_leave_user();
	switch_to_kernel_cr3();
}
