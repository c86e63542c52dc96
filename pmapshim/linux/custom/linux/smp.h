/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: cross-CPU calls, because kernel/smp.c is not taken: glue's ipi.c
 * does them in the same order.
 */
#ifndef _LINUX_SMP_H
#define _LINUX_SMP_H

#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/preempt.h>

typedef void (*smp_call_func_t)(void *info);
typedef bool (*smp_cond_func_t)(int cpu, void *info);

#define smp_processor_id() ((int)sd_cpu())
#define raw_smp_processor_id() smp_processor_id()
#define get_cpu()                                                       \
	({                                                              \
		preempt_disable();                                      \
		smp_processor_id();                                     \
	})
#define put_cpu() preempt_enable()

void on_each_cpu_cond_mask(smp_cond_func_t cond_func, smp_call_func_t func,
                           void *info, bool wait, const struct cpumask *mask);

static inline void
on_each_cpu_mask(const struct cpumask *mask, smp_call_func_t func, void *info,
                 bool wait)
{
	on_each_cpu_cond_mask(NULL, func, info, wait, mask);
}

static inline void
on_each_cpu(smp_call_func_t func, void *info, int wait)
{
	on_each_cpu_cond_mask(NULL, func, info, wait, cpu_online_mask);
}

#endif
