/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * glue: between the kernel's files and struct kernel_ops.  The parts:
 *
 *   glue.c    the table, boot, interrupts
 *   sched.c   context switches, entry from user mode and return to it
 *   table.c   page tables and address spaces
 *   mm.c      mutators of user mappings
 *   large.c   those of large pages, and of tables above the lowest
 *   kmap.c    mutators of the kernel's mappings
 *   gather.c  what decides about flushing when pages are unmapped
 *   reclaim.c flushes that are put off
 *   ipi.c     cross-CPU calls
 *   nmi.c     an NMI's entry, and a handler that reads user memory
 *   hv.c      the guest side of Hyper-V: pages, VP indexes, hints
 *
 * Each mutator makes the accesses of the kernel function that its comment
 * names, in that order and of that kind.
 */
#ifndef SHOOTDOWN_LINUX_GLUE_H
#define SHOOTDOWN_LINUX_GLUE_H

#include <asm/mmu_context.h>
#include <asm/tlb.h>

#include "pmapshim/kernel.h"

/* The tree's, declared in arch/x86/mm/mm_internal.h. */
extern unsigned long tlb_single_page_flush_ceiling;

#define USER_VA 0x00007f4000000000UL
#define KERNEL_VA 0xffffc90000000000UL

/* ---- table.c ----------------------------------------------------------- */

int mm_boot(void);
void *space_create(void);
void space_destroy(void *space);
unsigned long space_root(void *space);
/* Entry of the given level (1: PTE .. 4: PGD) that covers va; or NULL. */
pteval_t *entry_find(struct mm_struct *mm, unsigned long va, unsigned level);
/* The same, with tables made as needed; and the PTE. */
pteval_t *entry_make(struct mm_struct *mm, unsigned long va, unsigned level);
pteval_t *pte_make(struct mm_struct *mm, unsigned long va);
/* The PTE of va where the one before it is known: walks once a table. */
pteval_t *pte_next(struct mm_struct *mm, pteval_t *before, unsigned long va);
/* Stores the entry of that level that leads to va's table, or 0. */
void upper_set(struct mm_struct *mm, unsigned long va, unsigned level,
               pteval_t *entry, pteval_t value);
pteval_t *table_below(pteval_t entry);

/* ---- mm.c -------------------------------------------------------------- */

void space_map(void *space, unsigned long va, const unsigned long *frames,
               unsigned pages, unsigned prot);
void space_unmap(void *space, unsigned long va, unsigned pages);
void space_protect(void *space, unsigned long va, unsigned pages,
                   unsigned prot);
void space_remap(void *space, unsigned long va, unsigned long frame,
                 unsigned prot);
void space_flush_all(void *space);
void space_unmap_deferred(void *space, unsigned long va, unsigned pages);
void space_drain(void *space);
void space_walk(unsigned long va);
void batched_pending(struct mm_struct *mm);
void space_unmap_all(void *space, unsigned long va, unsigned pages);
void space_free_table(void *space, unsigned long va);

/* The PTE of a user page. */
pteval_t user_pte(unsigned long frame, unsigned prot);

/* ---- large.c ----------------------------------------------------------- */

void space_map_large(void *space, unsigned long va, unsigned long frame,
                     unsigned level);
void space_unmap_large(void *space, unsigned long va, unsigned pages,
                       unsigned level);
void space_free_upper(void *space, unsigned long va, unsigned level);

/* ---- kmap.c ------------------------------------------------------------ */

void kmap_map(unsigned long va, const unsigned long *frames, unsigned pages,
              unsigned prot);
void kmap_unmap(unsigned long va, unsigned pages);
void kmap_protect(unsigned long va, unsigned pages, unsigned prot);
void kmap_remap(unsigned long va, unsigned long frame, unsigned prot);
void kmap_flush_all(void);
void kmap_unmap_all(unsigned long va, unsigned pages);
void kmap_free_table(unsigned long va);

/* ---- gather.c ---------------------------------------------------------- */

/* flush_tlb_mm_range() as contract (a) has it. */
void flush_mm(struct mm_struct *mm, unsigned long start, unsigned long end,
              unsigned shift, bool freed_tables);

/* ---- sched.c ----------------------------------------------------------- */

void sched_boot(void);
void sched_activate(void *space);
void sched_enter_lazy(void);
void sched_borrow(void *space, unsigned long va);
#ifdef SHIM_TEMPORARY_MM
void sched_temporary(void *space, unsigned long va);
#endif
void sched_enter_user(void);
/* SAVE_AND_SWITCH_TO_KERNEL_CR3 and the way back from it; CR3. */
unsigned long sched_save_cr3(void);
void sched_restore_cr3(unsigned long saved);
void sched_leave_user(void);

/* ---- ipi.c ------------------------------------------------------------- */

void ipi_boot(void);
void ipi_interrupt(unsigned vector);

/* ---- nmi.c ------------------------------------------------------------- */

void nmi_interrupt(unsigned long va, int user);

/* ---- hv.c -------------------------------------------------------------- */

int hv_attach(void);
void hv_attach_fails(void);
void hv_cpu_late(unsigned late);
void hv_cpu_attach(void);
void hv_lose_input(void);
void hv_detach(void);

#endif
