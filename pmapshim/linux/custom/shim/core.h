/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: what the shims are made of, because a userspace process has no
 * per-CPU segment, no preemption count and no privileged instructions.
 *
 * The functions of core.c are compiled without hooks: bookkeeping of ours is
 * not an access of the kernel, and must make no scheduling points.
 */
#ifndef SHIM_CORE_H
#define SHIM_CORE_H

#include "pmapshim/backend.h"

/* ---- per-CPU data: core.c ---------------------------------------------- */

#define SHIM_PERCPU_SECTION "shim_percpu"

/* The running vCPU's, or `cpu`'s, copy of what `var` points to. */
void *shim_this_cpu(const void *var);
void *shim_cpu_ptr(const void *var, unsigned cpu);
/* Makes every vCPU's copy of the section. */
void shim_percpu_boot(unsigned ncpus);

/*
 * Read-modify-writes that are one instruction without LOCK: an interrupt of
 * the own vCPU cannot split them, other vCPUs can.  The store's hook comes
 * first, and then nothing until the store is done.
 */
enum shim_rmw { SHIM_ADD, SHIM_OR, SHIM_AND, SHIM_XCHG };
unsigned long shim_rmw(void *p, unsigned size, enum shim_rmw op,
                       unsigned long operand);        /* the old value */
/* BTS, BTR with a memory operand; returns the old bit. */
int shim_bit_rmw(long nr, void *base, int set);

/* ---- this vCPU: core.c ------------------------------------------------- */

struct task_struct;

struct task_struct *shim_current(void);
void shim_set_current(struct task_struct *t);
void shim_preempt_add(int n);
unsigned shim_preempt_count(void);

int shim_has_feature(unsigned bit);
void shim_set_feature(unsigned bit, int has);

/* Looking without accessing: the first entry at or after `from` that is not
 * zero, 512 when there is none. */
unsigned shim_next_entry(const unsigned long *table, unsigned from);

/* Bitmaps of n bits that a lock protects. */
void shim_bitmap_andnot(unsigned long *to, const unsigned long *a,
                        const unsigned long *b, unsigned n);
void shim_bitmap_clear(unsigned long *map, unsigned from, unsigned n);
unsigned shim_bitmap_next_zero(const unsigned long *map, unsigned n,
                               unsigned from);

/* ---- entry from assembly: insn.c --------------------------------------- */

/* Called as code in the hypercall page is: RCX, RDX, R8 in, RAX out. */
void shim_hypercall_page(void);

#endif
