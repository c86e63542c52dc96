/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: address spaces, because the kernel's struct mm_struct needs half of
 * the kernel: only the members that TLB code names, and the page-table lock.
 */
#ifndef _LINUX_MM_TYPES_H
#define _LINUX_MM_TYPES_H

#include <asm/mmu.h>
#include <asm/pgtable.h>
#include <asm/tlbbatch.h>
#include <linux/cpumask.h>
#include <linux/spinlock.h>

struct mm_struct {
	pgd_t *pgd;
	mm_context_t context;
	spinlock_t page_table_lock;
	atomic_t tlb_flush_pending;     /* open struct mmu_gather's */
	atomic_t tlb_flush_batched;     /* reclaim.c */
	atomic_t mm_count;              /* who has it loaded lazily */
	struct cpumask cpu_bitmap;
};

struct vm_area_struct {
	struct mm_struct *vm_mm;
	unsigned long vm_flags;
};

extern struct mm_struct init_mm;

#define mm_cpumask(mm) (&(mm)->cpu_bitmap)

#endif
