/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: fences, because the kernel's are assembly: a full fence drains the
 * store buffer in the backend; x86 needs nothing but the compiler's order for
 * the others.
 */
#ifndef _ASM_X86_BARRIER_H
#define _ASM_X86_BARRIER_H

#include <linux/compiler.h>
#include <shim/core.h>

#define mb() sd_mfence()
#define smp_mb() sd_mfence()
#define smp_rmb() barrier()
#define smp_wmb() barrier()
#define smp_mb__before_atomic() barrier()
#define smp_mb__after_atomic() barrier()
/* x2APIC writes do not wait for earlier stores: apic.h's weak_wrmsr_fence. */
#define weak_wrmsr_fence() sd_mfence()

#define smp_store_release(p, v)                                         \
	do {                                                            \
		barrier();                                              \
		WRITE_ONCE(*(p), v);                                    \
	} while (0)
#define smp_load_acquire(p)                                             \
	({                                                              \
		__typeof__(*(p)) shim_value = READ_ONCE(*(p));          \
		barrier();                                              \
		shim_value;                                             \
	})

#endif
