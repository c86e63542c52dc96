/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: atomics, because the kernel's are assembly: what has LOCK there is a
 * C atomic here (hooked; drains the store buffer), and reading and setting are
 * plain loads and stores, as on x86.
 */
#ifndef _LINUX_ATOMIC_H
#define _LINUX_ATOMIC_H

#include <asm/barrier.h>
#include <linux/types.h>

#define ATOMIC_INIT(n) { (n) }
#define ATOMIC64_INIT(n) { (n) }

#define SHIM_ATOMIC(name, type, scalar)                                 \
	static inline scalar                                            \
	name##_read(const type *v)                                      \
	{                                                               \
		return READ_ONCE(v->counter);                           \
	}                                                               \
	static inline void                                              \
	name##_set(type *v, scalar n)                                   \
	{                                                               \
		WRITE_ONCE(v->counter, n);                              \
	}                                                               \
	static inline scalar                                            \
	name##_add_return(scalar n, type *v)                            \
	{                                                               \
		return __atomic_add_fetch(&v->counter, n,               \
		    __ATOMIC_SEQ_CST);                                  \
	}                                                               \
	static inline scalar                                            \
	name##_inc_return(type *v)                                      \
	{                                                               \
		return name##_add_return(1, v);                         \
	}                                                               \
	static inline scalar                                            \
	name##_dec_return(type *v)                                      \
	{                                                               \
		return name##_add_return(-1, v);                        \
	}                                                               \
	static inline void                                              \
	name##_inc(type *v)                                             \
	{                                                               \
		name##_add_return(1, v);                                \
	}                                                               \
	static inline void                                              \
	name##_dec(type *v)                                             \
	{                                                               \
		name##_add_return(-1, v);                               \
	}

SHIM_ATOMIC(atomic, atomic_t, int)
SHIM_ATOMIC(atomic64, atomic64_t, s64)

#define xchg(p, v) __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define cmpxchg(p, old, new)                                            \
	({                                                              \
		__typeof__(*(p)) shim_old = (old);                      \
		__atomic_compare_exchange_n(p, &shim_old, new, 0,       \
		    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                \
		shim_old;                                               \
	})

#endif
