/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * atomic.c: atomics and fences, as x86 executes them.
 *
 * A load of any order is a MOV.  A store that is not seq_cst is a MOV and goes
 * through the store buffer; seq_cst stores, exchanges and all read-modify-
 * writes are LOCKed: the buffer drains first and the effect is visible at
 * once.  Only a seq_cst fence is an instruction.
 */
#include "pmapshim/hooks/access.h"

#include <string.h>

typedef unsigned char a8;
typedef unsigned short a16;
typedef unsigned int a32;
typedef unsigned long a64;

/* Drains come first; what fails to exchange has only read. */
static inline __attribute__((always_inline)) void
locked_point(const void *p)
{
	const struct explore_event e = { .flags = EXPLORE_FENCE, .count = 1,
		.access = { { hook_word(p), EXPLORE_READ } } };

	if (--explore_hot.countdown >= 0)
		return;
	if (hook_in_ram(p))
		explore_point_slow();
	else
		explore_point_event_slow(&e);
}

static inline __attribute__((always_inline)) void
locked_begin(void *p, unsigned size)
{
	if (hooks.pending)
		hooks_settle_slow();
	if (hooks.m == NULL)
		return;
	locked_point(p);
	HOOK_PC();
	if (hook_in_ram(p))
		hooks_check_owner(p, size);
	machine_drain_all(hooks.m, explore_current());
}

static inline __attribute__((always_inline)) void
locked_end(void *p, uint64_t old, unsigned size)
{
	if (hooks.m == NULL)
		return;
	if (memcmp(p, &old, size) != 0)
		explore_touch(hook_word(p), EXPLORE_LOCK);
	explore_progress();
	if (hook_in_ram(p))
		machine_store_done(hooks.m, explore_current(), p, old, size);
}

#define RMW(bits, name, expr) \
	a##bits __tsan_atomic##bits##_##name(volatile a##bits *p, a##bits v, \
	    int order); \
	a##bits __tsan_atomic##bits##_##name(volatile a##bits *p, a##bits v, \
	    int order) \
	{ \
		a##bits old; \
		(void)order; \
		locked_begin((void *)(uintptr_t)p, bits / 8); \
		old = *p; \
		*p = (a##bits)(expr); \
		locked_end((void *)(uintptr_t)p, old, bits / 8); \
		return old; \
	}

#define CAS(bits, name) \
	int __tsan_atomic##bits##_compare_exchange_##name( \
	    volatile a##bits *p, a##bits *expected, a##bits v, int ok, \
	    int fail); \
	int __tsan_atomic##bits##_compare_exchange_##name( \
	    volatile a##bits *p, a##bits *expected, a##bits v, int ok, \
	    int fail) \
	{ \
		a##bits old; \
		bool same; \
		(void)ok; \
		(void)fail; \
		locked_begin((void *)(uintptr_t)p, bits / 8); \
		old = *p; \
		same = old == *expected; \
		if (same) \
			*p = v; \
		else \
			*expected = old; \
		locked_end((void *)(uintptr_t)p, old, bits / 8); \
		return same; \
	}

#define ATOMICS(bits) \
	a##bits __tsan_atomic##bits##_load(const volatile a##bits *p, \
	    int order); \
	a##bits __tsan_atomic##bits##_load(const volatile a##bits *p, \
	    int order) \
	{ \
		(void)order; \
		hook_read((const void *)(uintptr_t)p); \
		return *p; \
	} \
	void __tsan_atomic##bits##_store(volatile a##bits *p, a##bits v, \
	    int order); \
	void __tsan_atomic##bits##_store(volatile a##bits *p, a##bits v, \
	    int order) \
	{ \
		if (order == __ATOMIC_SEQ_CST) { \
			a##bits old; \
			locked_begin((void *)(uintptr_t)p, bits / 8); \
			old = *p; \
			*p = v; \
			locked_end((void *)(uintptr_t)p, old, bits / 8); \
			return; \
		} \
		hook_write((void *)(uintptr_t)p, bits / 8); \
		*p = v; \
		hooks_settle(); \
	} \
	RMW(bits, exchange, v) \
	RMW(bits, fetch_add, old + v) \
	RMW(bits, fetch_sub, old - v) \
	RMW(bits, fetch_and, old & v) \
	RMW(bits, fetch_or, old | v) \
	RMW(bits, fetch_xor, old ^ v) \
	RMW(bits, fetch_nand, ~(old & v)) \
	CAS(bits, strong) \
	CAS(bits, weak) \
	a##bits __tsan_atomic##bits##_compare_exchange_val( \
	    volatile a##bits *p, a##bits expected, a##bits v, int ok, \
	    int fail); \
	a##bits __tsan_atomic##bits##_compare_exchange_val( \
	    volatile a##bits *p, a##bits expected, a##bits v, int ok, \
	    int fail) \
	{ \
		__tsan_atomic##bits##_compare_exchange_strong(p, &expected, v, \
		    ok, fail); \
		return expected; \
	}

ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_signal_fence(int order);

void
__tsan_atomic_thread_fence(int order)
{
	hooks_settle();
	if (hooks.m == NULL || order != __ATOMIC_SEQ_CST)
		return;
	explore_point();
	machine_drain_all(hooks.m, explore_current());
}

void
__tsan_atomic_signal_fence(int order)
{
	(void)order;
}
