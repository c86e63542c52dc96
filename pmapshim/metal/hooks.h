/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hooks.h: the names that kernel objects call, as one list, from which come
 * prototypes and the table of exports.
 */
#ifndef SHOOTDOWN_PMAPSHIM_METAL_HOOKS_H
#define SHOOTDOWN_PMAPSHIM_METAL_HOOKS_H

#include "pmapshim/metal/metal.h"

typedef unsigned char a8;
typedef unsigned short a16;
typedef unsigned int a32;
typedef unsigned long a64;

/* X(name) for each access of n bytes. */
#define HOOKS_ACCESS(X, n) \
	X(__tsan_read##n) X(__tsan_write##n) X(__tsan_volatile_read##n) \
	X(__tsan_volatile_write##n) X(__tsan_unaligned_read##n) \
	X(__tsan_unaligned_write##n)
#define HOOKS_ACCESS_MORE(X, n) HOOKS_ACCESS(X, n) \
	X(__tsan_unaligned_volatile_read##n) \
	X(__tsan_unaligned_volatile_write##n)
#define HOOKS_PLAIN(X) \
	HOOKS_ACCESS_MORE(X, 1) HOOKS_ACCESS_MORE(X, 2) \
	HOOKS_ACCESS_MORE(X, 4) HOOKS_ACCESS_MORE(X, 8) HOOKS_ACCESS(X, 16)
#define HOOKS_PC(X) \
	X(__tsan_read1_pc) X(__tsan_write1_pc) X(__tsan_read2_pc) \
	X(__tsan_write2_pc) X(__tsan_read4_pc) X(__tsan_write4_pc) \
	X(__tsan_read8_pc) X(__tsan_write8_pc)
#define HOOKS_RMW(X, bits) \
	X(bits, exchange) X(bits, fetch_add) X(bits, fetch_sub) \
	X(bits, fetch_and) X(bits, fetch_or) X(bits, fetch_xor) \
	X(bits, fetch_nand)
#define HOOKS_BITS(X) X(8) X(16) X(32) X(64)

#define HOOKS_DECLARE(name) void name(void *p);
HOOKS_PLAIN(HOOKS_DECLARE)
#define HOOKS_DECLARE_PC(name) void name(void *p, void *pc);
HOOKS_PC(HOOKS_DECLARE_PC)
#define HOOKS_DECLARE_RMW(bits, name) \
	a##bits __tsan_atomic##bits##_##name(volatile a##bits *p, a##bits v, \
	    int order);
#define HOOKS_DECLARE_ATOMIC(bits) \
	HOOKS_RMW(HOOKS_DECLARE_RMW, bits) \
	a##bits __tsan_atomic##bits##_load(const volatile a##bits *p, \
	    int order); \
	void __tsan_atomic##bits##_store(volatile a##bits *p, a##bits v, \
	    int order); \
	int __tsan_atomic##bits##_compare_exchange_strong( \
	    volatile a##bits *p, a##bits *expected, a##bits v, int ok, \
	    int fail); \
	int __tsan_atomic##bits##_compare_exchange_weak( \
	    volatile a##bits *p, a##bits *expected, a##bits v, int ok, \
	    int fail); \
	a##bits __tsan_atomic##bits##_compare_exchange_val( \
	    volatile a##bits *p, a##bits expected, a##bits v, int ok, \
	    int fail);
HOOKS_BITS(HOOKS_DECLARE_ATOMIC)

void __tsan_read_range(void *p, unsigned long size);
void __tsan_write_range(void *p, unsigned long size);
void __tsan_init(void);
void __tsan_func_entry(void *pc);
void __tsan_func_exit(void);
void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_signal_fence(int order);

#endif
