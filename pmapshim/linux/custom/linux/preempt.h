/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: preemption counts, because a vCPU runs one task and is never
 * preempted; the counts are kept (core.c) so that their balance is checked.
 */
#ifndef _LINUX_PREEMPT_H
#define _LINUX_PREEMPT_H

#include <linux/irqflags.h>

#define HARDIRQ_OFFSET 0x10000

#define preempt_count() ((int)shim_preempt_count())
#define preempt_disable() shim_preempt_add(1)
#define preempt_enable() shim_preempt_add(-1)
#define preemptible() (preempt_count() == 0 && !irqs_disabled())
#define in_task() (preempt_count() < HARDIRQ_OFFSET)
#define in_interrupt() (!in_task())
#define in_nmi() 0

#endif
