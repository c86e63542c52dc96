/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: preemption counts, because a vCPU runs one task and is never
 * preempted; the counts are kept (core.c) so that their balance is checked.
 */
#ifndef _LINUX_PREEMPT_H
#define _LINUX_PREEMPT_H

#include <linux/cleanup.h>
#include <linux/irqflags.h>

#define HARDIRQ_OFFSET 0x10000
#define NMI_OFFSET 0x100000

#define preempt_count() ((int)shim_preempt_count())
#define preempt_disable() shim_preempt_add(1)
#define preempt_enable() shim_preempt_add(-1)
#define preemptible() (preempt_count() == 0 && !irqs_disabled())
#define in_task() (preempt_count() < HARDIRQ_OFFSET)
#define in_interrupt() (!in_task())
#define in_nmi() (preempt_count() >= NMI_OFFSET)
#define cant_migrate() ((void)WARN_ON(preemptible()))

struct shim_guard_preempt { char unused; };

static inline struct shim_guard_preempt
shim_enter_preempt(void)
{
	preempt_disable();
	return (struct shim_guard_preempt){ 0 };
}

static inline void
shim_leave_preempt(struct shim_guard_preempt *guard)
{
	(void)guard;
	preempt_enable();
}

struct shim_guard_irqsave { unsigned long flags; };

static inline struct shim_guard_irqsave
shim_enter_irqsave(void)
{
	struct shim_guard_irqsave guard;

	local_irq_save(guard.flags);
	return guard;
}

static inline void
shim_leave_irqsave(struct shim_guard_irqsave *guard)
{
	local_irq_restore(guard->flags);
}

#endif
