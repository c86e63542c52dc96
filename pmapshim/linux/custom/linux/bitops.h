/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: bit operations, because the kernel's are assembly: those with LOCK
 * are C atomics, BTS and BTR without it are one unsplittable step (core.c).
 */
#ifndef _LINUX_BITOPS_H
#define _LINUX_BITOPS_H

#include <linux/bits.h>
#include <linux/types.h>
#include <shim/core.h>

static inline void
set_bit(long nr, volatile unsigned long *addr)
{
	__atomic_fetch_or(addr + nr / BITS_PER_LONG, BIT(nr % BITS_PER_LONG),
	    __ATOMIC_SEQ_CST);
}

static inline void
clear_bit(long nr, volatile unsigned long *addr)
{
	__atomic_fetch_and(addr + nr / BITS_PER_LONG, ~BIT(nr % BITS_PER_LONG),
	    __ATOMIC_SEQ_CST);
}

static inline bool
test_bit(long nr, const volatile unsigned long *addr)
{
	return addr[nr / BITS_PER_LONG] >> (nr % BITS_PER_LONG) & 1;
}

static inline void
__set_bit(long nr, volatile unsigned long *addr)
{
	shim_bit_rmw(nr, (void *)addr, 1);
}

static inline void
__clear_bit(long nr, volatile unsigned long *addr)
{
	shim_bit_rmw(nr, (void *)addr, 0);
}

#endif
