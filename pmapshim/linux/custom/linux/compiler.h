/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: accesses and annotations, because READ_ONCE and WRITE_ONCE must be
 * plain volatile accesses that the compiler's hooks see.
 */
#ifndef _LINUX_COMPILER_H
#define _LINUX_COMPILER_H

#define NULL ((void *)0)

#define __user
#define __kernel
#define __iomem
#define __percpu
#define __rcu
#define __force
#define __init
#define __initdata
#define __ro_after_init
#define __read_mostly
#define __visible
#define __always_inline inline __attribute__((__always_inline__))
#define noinline __attribute__((__noinline__))
#define noinstr noinline
#define notrace
#define __packed __attribute__((__packed__))
#define __aligned(n) __attribute__((__aligned__(n)))
#define __noreturn __attribute__((__noreturn__))
#define __maybe_unused __attribute__((__unused__))
#define __must_check
#define __weak __attribute__((__weak__))
#define ____cacheline_aligned __aligned(64)
#define fallthrough __attribute__((__fallthrough__))

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define barrier() __asm__ __volatile__("" ::: "memory")

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)                                                \
	do {                                                            \
		*(volatile __typeof__(x) *)&(x) = (v);                  \
	} while (0)

#define EXPORT_SYMBOL(name)
#define EXPORT_SYMBOL_GPL(name)
#define EXPORT_PER_CPU_SYMBOL(name)

#endif
