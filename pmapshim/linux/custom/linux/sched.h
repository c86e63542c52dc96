/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: tasks, because there is no scheduler: a vCPU has three (idle, and
 * two that take turns, so that each activation is a switch of threads).
 */
#ifndef _LINUX_SCHED_H
#define _LINUX_SCHED_H

#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <linux/preempt.h>

struct mm_struct;

struct thread_info { unsigned long flags; };
struct task_struct {
	struct thread_info thread_info;
	struct mm_struct *mm, *active_mm;
	int pid;
	struct callback_head l1d_flush_kill;
};

#define current shim_current()

#define TIF_SPEC_IB 9
#define TIF_SPEC_L1D_FLUSH 10
#define SIGBUS 7
#define TWA_RESUME 1
#define task_thread_info(t) (&(t)->thread_info)     /* before 5.17 */
#define read_task_thread_flags(t) READ_ONCE((t)->thread_info.flags)
#define clear_ti_thread_flag(ti, flag) clear_bit(flag, &(ti)->flags)
/* Only with L1D flushing on context switch, which is off. */
#define force_sig(sig) BUG()
#define task_work_add(task, work, mode) ((void)(work), BUG())

/*
 * Time stands still, so no flush is the one a second that trims mm_cpumask:
 * it interrupts everybody, and would hide a wrong choice of targets.
 */
#define HZ 250
#define jiffies 0UL
#define time_after(a, b) ((long)((b) - (a)) < 0)

#endif
