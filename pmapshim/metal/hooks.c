/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hooks.c: __tsan_* on a real processor: where hooks/ of backend `sim` has a
 * scheduling point there is one, and then the access itself, which is the
 * compiler's or, if it is atomic, done here.
 *
 * What lies on the vCPU's own stack is nobody else's: no point.
 */
#include "pmapshim/metal/hooks.h"

static bool
own_stack(const struct metal_cpu *v, const void *p)
{
	return (const char *)p >= v->stack_low &&
	    (const char *)p < v->stack_high;
}

static bool
in_ram(const void *p)
{
	return (uint64_t)(uintptr_t)p - KERNEL_BASE - METAL_RAM <
	    METAL_RAM_SIZE;
}

static void
read_hook(const void *p)
{
	struct metal_cpu *v = metal_self();

	v->range.size = 0;
	if (!own_stack(v, p))
		metal_point();
}

static void
write_hook(const void *p)
{
	struct metal_cpu *v = metal_self();

	v->range.size = 0;
	if (own_stack(v, p))
		return;
	if (in_ram(p))
		metal_store_point();
	else
		metal_point();
}

static void
locked_hook(const volatile void *p)
{
	if (in_ram((const void *)(uintptr_t)p))
		metal_store_point();
	else
		metal_point();
}

#define ACCESS(n) \
	void __tsan_read##n(void *p) { read_hook(p); } \
	void __tsan_write##n(void *p) { write_hook(p); } \
	void __tsan_volatile_read##n(void *p) { read_hook(p); } \
	void __tsan_volatile_write##n(void *p) { write_hook(p); } \
	void __tsan_unaligned_read##n(void *p) { read_hook(p); } \
	void __tsan_unaligned_write##n(void *p) { write_hook(p); } \
	void __tsan_unaligned_volatile_read##n(void *p) { read_hook(p); } \
	void __tsan_unaligned_volatile_write##n(void *p) { write_hook(p); } \
	void __tsan_read##n##_pc(void *p, void *pc) \
	{ (void)pc; read_hook(p); } \
	void __tsan_write##n##_pc(void *p, void *pc) \
	{ (void)pc; write_hook(p); }

ACCESS(1) ACCESS(2) ACCESS(4) ACCESS(8)

void
__tsan_write_range(void *p, unsigned long size)
{
	struct metal_cpu *v = metal_self();

	v->range.size = 0;
	if (own_stack(v, p))
		return;
	metal_point();
	if (size > sizeof(v->range.old))
		metal_stop(TROUBLE_STRAY, "a copy of more than a page");
	v->range.at = p;
	memcpy(v->range.old, p, size);
	v->range.size = size;
}

/* The second half of a copy that is only announced makes no point. */
void
__tsan_read_range(void *p, unsigned long size)
{
	struct metal_cpu *v = metal_self();

	(void)size;
	if (v->range.size > 0 && memcmp(v->range.at, v->range.old,
	    v->range.size) == 0)
		return;
	read_hook(p);
}

#define ACCESS16(kind) \
	void __tsan_##kind##read16(void *p) { read_hook(p); } \
	void __tsan_##kind##write16(void *p) { __tsan_write_range(p, 16); }

ACCESS16() ACCESS16(volatile_) ACCESS16(unaligned_)

void
__tsan_init(void)
{
}

void
__tsan_func_entry(void *pc)
{
	(void)pc;
}

void
__tsan_func_exit(void)
{
}

/* ---- atomics ----------------------------------------------------------------- */

#define RMW(bits, name) \
	a##bits __tsan_atomic##bits##_fetch_##name(volatile a##bits *p, \
	    a##bits v, int order) \
	{ \
		(void)order; \
		locked_hook(p); \
		return __atomic_fetch_##name(p, v, __ATOMIC_SEQ_CST); \
	}

#define CAS(bits, name) \
	int __tsan_atomic##bits##_compare_exchange_##name( \
	    volatile a##bits *p, a##bits *expected, a##bits v, int ok, \
	    int fail) \
	{ \
		(void)ok; \
		(void)fail; \
		locked_hook(p); \
		return __atomic_compare_exchange_n(p, expected, v, 0, \
		    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	}

#define ATOMICS(bits) \
	a##bits __tsan_atomic##bits##_load(const volatile a##bits *p, \
	    int order) \
	{ \
		(void)order; \
		read_hook((const void *)(uintptr_t)p); \
		return *p; \
	} \
	void __tsan_atomic##bits##_store(volatile a##bits *p, a##bits v, \
	    int order) \
	{ \
		if (order == __ATOMIC_SEQ_CST) { \
			locked_hook(p); \
			__atomic_store_n(p, v, __ATOMIC_SEQ_CST); \
			return; \
		} \
		write_hook((const void *)(uintptr_t)p); \
		*p = v; \
	} \
	a##bits __tsan_atomic##bits##_exchange(volatile a##bits *p, \
	    a##bits v, int order) \
	{ \
		(void)order; \
		locked_hook(p); \
		return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST); \
	} \
	RMW(bits, add) RMW(bits, sub) RMW(bits, and) RMW(bits, or) \
	RMW(bits, xor) RMW(bits, nand) CAS(bits, strong) CAS(bits, weak) \
	a##bits __tsan_atomic##bits##_compare_exchange_val( \
	    volatile a##bits *p, a##bits expected, a##bits v, int ok, \
	    int fail) \
	{ \
		__tsan_atomic##bits##_compare_exchange_strong(p, &expected, \
		    v, ok, fail); \
		return expected; \
	}

ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)

void
__tsan_atomic_thread_fence(int order)
{
	metal_settle();
	if (order != __ATOMIC_SEQ_CST)
		return;
	metal_point();
	__asm__ volatile("mfence" ::: "memory");
}

void
__tsan_atomic_signal_fence(int order)
{
	(void)order;
}
