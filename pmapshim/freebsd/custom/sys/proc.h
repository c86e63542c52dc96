/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * custom: a thread has only what activation and the shootdown read; each vCPU
 * has one, whose process changes when the scenario switches address spaces.
 */
#ifndef SHIM_SYS_PROC_H
#define SHIM_SYS_PROC_H

struct proc {
	struct vmspace *p_vmspace;
	struct {
		int md_flags;
	} p_md;
};

struct thread {
	struct proc *td_proc;
	int td_pinned;
	int td_critnest;
	struct {
		register_t md_stack_base;
		int md_spinlock_count;
		int md_saved_if;
	} td_md;
	struct proc shim_proc;		/* td_proc points here */
};

#endif
