/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: spin locks, because waiting must yield: taken by a locked exchange
 * and released by a plain store, as queued spin locks are on x86.
 */
#ifndef _LINUX_SPINLOCK_H
#define _LINUX_SPINLOCK_H

#include <linux/atomic.h>
#include <linux/preempt.h>

typedef struct { unsigned char locked; } spinlock_t, raw_spinlock_t;

#define DEFINE_RAW_SPINLOCK(name) raw_spinlock_t name
#define lockdep_assert_held(lock) ((void)WARN_ON(!(lock)->locked))

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

struct shim_guard_raw_spinlock_irqsave {
	raw_spinlock_t *lock;
	unsigned long flags;
};

static inline struct shim_guard_raw_spinlock_irqsave
shim_enter_raw_spinlock_irqsave(raw_spinlock_t *lock)
{
	struct shim_guard_raw_spinlock_irqsave guard = { lock, 0 };

	local_irq_save(guard.flags);
	spin_lock(lock);
	return guard;
}

static inline void
shim_leave_raw_spinlock_irqsave(struct shim_guard_raw_spinlock_irqsave *guard)
{
	spin_unlock(guard->lock);
	local_irq_restore(guard->flags);
}

#endif
