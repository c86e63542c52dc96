/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: spin locks, because waiting must yield: taken by a locked exchange
 * and released by a plain store, as queued spin locks are on x86.
 */
#ifndef _LINUX_SPINLOCK_H
#define _LINUX_SPINLOCK_H

#include <linux/atomic.h>
#include <linux/preempt.h>

typedef struct { unsigned char locked; } spinlock_t;

static inline void
spin_lock(spinlock_t *lock)
{
	preempt_disable();
	while (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_SEQ_CST))
		while (READ_ONCE(lock->locked))
			sd_pause();
}

static inline void
spin_unlock(spinlock_t *lock)
{
	smp_store_release(&lock->locked, 0);
	preempt_enable();
}

#endif
