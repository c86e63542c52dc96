/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * custom: what the kernel writes as assembly, in a form that the hooks see.
 * LOCKed instructions become sequentially consistent builtins; loads, stores
 * and their acquire and release forms are plain MOVs on amd64, so they become
 * volatile accesses that go through the store buffer like any other.
 */
#ifndef SHIM_MACHINE_ATOMIC_H
#define SHIM_MACHINE_ATOMIC_H

#include <sys/param.h>

#define	SHIM_AT(t, p)	(*(volatile t *)(p))

#define	atomic_load_int(p)		SHIM_AT(u_int, p)
#define	atomic_load_long(p)		SHIM_AT(u_long, p)
#define	atomic_load_ptr(p)		(*(__typeof(*(p)) volatile *)(p))
#define	atomic_load_acq_int(p)		SHIM_AT(u_int, p)
#define	atomic_load_acq_long(p)		SHIM_AT(u_long, p)
#define	atomic_store_int(p, v)		(SHIM_AT(u_int, p) = (u_int)(v))
#define	atomic_store_long(p, v)		(SHIM_AT(u_long, p) = (u_long)(v))
#define	atomic_store_rel_int(p, v)	atomic_store_int(p, v)
#define	atomic_store_rel_long(p, v)	atomic_store_long(p, v)

/*
 * Functions, as in the kernel: through a macro clang would see the member of a
 * packed structure behind the pointer and call a library for it.
 */
#define	SHIM_LOCKED(name, type, builtin)				\
static inline type							\
shim_##name(volatile type *p, type v)					\
{									\
	return (__atomic_##builtin(p, v, __ATOMIC_SEQ_CST));		\
}
SHIM_LOCKED(or_int, u_int, fetch_or)
SHIM_LOCKED(or_long, u_long, fetch_or)
SHIM_LOCKED(and_int, u_int, fetch_and)
SHIM_LOCKED(and_long, u_long, fetch_and)
SHIM_LOCKED(add_int, u_int, fetch_add)
SHIM_LOCKED(add_long, u_long, fetch_add)
SHIM_LOCKED(swap_int, u_int, exchange_n)
SHIM_LOCKED(swap_long, u_long, exchange_n)

#define	SHIM_INT(name, p, v)	\
	shim_##name##_int((volatile u_int *)(p), (u_int)(v))
#define	SHIM_LONG(name, p, v)	\
	shim_##name##_long((volatile u_long *)(p), (u_long)(v))
#define	SHIM_BIT(n)		(1UL << ((n) & 63))

#define	atomic_set_int(p, v)		((void)SHIM_INT(or, p, v))
#define	atomic_set_long(p, v)		((void)SHIM_LONG(or, p, v))
#define	atomic_set_acq_long(p, v)	atomic_set_long(p, v)
#define	atomic_clear_int(p, v)		((void)SHIM_INT(and, p, ~(u_int)(v)))
#define	atomic_clear_long(p, v)		((void)SHIM_LONG(and, p, ~(u_long)(v)))
#define	atomic_add_int(p, v)		((void)SHIM_INT(add, p, v))
#define	atomic_add_long(p, v)		((void)SHIM_LONG(add, p, v))
#define	atomic_swap_int(p, v)		SHIM_INT(swap, p, v)
#define	atomic_swap_long(p, v)		SHIM_LONG(swap, p, v)
#define	atomic_testandset_long(p, n)	\
	((int)(SHIM_LONG(or, p, SHIM_BIT(n)) >> ((n) & 63)) & 1)
#define	atomic_testandclear_long(p, n)	\
	((int)(SHIM_LONG(and, p, ~SHIM_BIT(n)) >> ((n) & 63)) & 1)

static inline int
atomic_cmpset_long(volatile u_long *p, u_long expected, u_long desired)
{
	return (__atomic_compare_exchange_n(p, &expected, desired, 0,
	    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
}

/* A LOCKed instruction in the kernel; the others order the compiler only. */
#define	atomic_thread_fence_seq_cst()	sd_mfence()
#define	atomic_thread_fence_acq()	__compiler_membar()
#define	atomic_thread_fence_rel()	__compiler_membar()
#define	atomic_thread_fence_acq_rel()	__compiler_membar()
#define	atomic_interrupt_fence()	__compiler_membar()

#endif
