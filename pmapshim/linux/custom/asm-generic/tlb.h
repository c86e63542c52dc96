/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: batches of unmapped pages, because mm/mmu_gather.c is not taken:
 * glue's gather.c keeps what decides about flushing.
 */
#ifndef _ASM_GENERIC_TLB_H
#define _ASM_GENERIC_TLB_H

#include <asm/tlbflush.h>

#define SHIM_BATCH 8

struct mmu_gather {
	struct mm_struct *mm;
	unsigned long start, end;
	bool fullmm, need_flush_all, freed_tables, cleared_ptes, cleared_pmds,
	    cleared_puds, cleared_p4ds;
	void *table[SHIM_BATCH];        /* to free after the flush */
	unsigned tables;
	bool walked;                    /* by others, whom no IPI held off */
};

void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm);
void tlb_flush_pte_range(struct mmu_gather *tlb, unsigned long address,
                         unsigned long size);
/* tlb_flush_pte_range ... tlb_flush_p4d_range: levels 1 to 4. */
void tlb_flush_level(struct mmu_gather *tlb, unsigned long address,
                     unsigned long size, unsigned level);
/* pte_free_tlb, pmd_free_tlb, pud_free_tlb: a table of level 1 to 3. */
void table_free_tlb(struct mmu_gather *tlb, void *table,
                    unsigned long address, unsigned level);
/* The two that pv_ops.mmu.tlb_remove_table can be. */
void tlb_remove_page(struct mmu_gather *tlb, void *page);
void tlb_remove_table(struct mmu_gather *tlb, void *table);
void tlb_finish_mmu(struct mmu_gather *tlb);
/* The lowest level that was cleared. */
unsigned tlb_get_unmap_shift(struct mmu_gather *tlb);

#define free_page_and_swap_cache(page) sd_frame_free(page)

/* As the kernel's own header does where asm/tlbflush.h has none (before 6.0). */
#ifndef pte_needs_flush
#define pte_needs_flush(old, new) ((void)(old), (void)(new), true)
#endif

#endif
