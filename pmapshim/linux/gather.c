/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gather: batches of unmapped pages, in the order of mm/mmu_gather.c: collect
 * the range, flush it once, free table pages only then.
 *
 * A thread that finds an entry already cleared may return only when the
 * flush of the thread that cleared it is done; so batches are counted, and an
 * overlapping one flushes everything (mm_tlb_flush_nested).
 *
 * Tables are freed as tlb_remove_table_one() does it, when there is no memory
 * to put them off with: after an interrupt that walkers without locks hold
 * off.  RCU's grace period would be longer; at once is the hardest case.
 */
#include "glue.h"

void
flush_mm(struct mm_struct *mm, unsigned long start, unsigned long end,
         unsigned shift, bool freed_tables)
{
	bool all = end == TLB_FLUSH_ALL;

	sd_inval_begin(__pa(mm->pgd), all ? 0 : start,
	    all ? TASK_SIZE_MAX : end);
	flush_tlb_mm_range(mm, start, end, shift, freed_tables);
	sd_inval_end();
}

static void
clear_levels(struct mmu_gather *tlb)
{
	tlb->cleared_ptes = tlb->cleared_pmds = false;
	tlb->cleared_puds = tlb->cleared_p4ds = false;
}

/* tlb_gather_mmu; inc_tlb_flush_pending */
void
tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm)
{
	tlb->mm = mm;
	tlb->start = TASK_SIZE_MAX;
	tlb->end = 0;
	tlb->fullmm = tlb->need_flush_all = false;
	tlb->freed_tables = false;
	clear_levels(tlb);
	tlb->tables = 0;
	tlb->walked = false;
	atomic_inc(&mm->tlb_flush_pending);
}

static void
adjust_range(struct mmu_gather *tlb, unsigned long address, unsigned long size)
{
	tlb->start = min(tlb->start, address);
	tlb->end = max(tlb->end, address + size);
}

void
tlb_flush_level(struct mmu_gather *tlb, unsigned long address,
                unsigned long size, unsigned level)
{
	bool *const cleared[] = { &tlb->cleared_ptes, &tlb->cleared_pmds,
	    &tlb->cleared_puds, &tlb->cleared_p4ds };

	adjust_range(tlb, address, size);
	*cleared[level - 1] = true;
}

void
tlb_flush_pte_range(struct mmu_gather *tlb, unsigned long address,
                    unsigned long size)
{
	tlb_flush_level(tlb, address, size, 1);
}

/* Names one page of the table's range, and the level of the entry above it. */
void
table_free_tlb(struct mmu_gather *tlb, void *table, unsigned long address,
               unsigned level)
{
	tlb_flush_level(tlb, address, PAGE_SIZE, level + 1);
	tlb->freed_tables = true;
#ifdef SHIM_PV_REMOVE_TABLE
	pv_ops.mmu.tlb_remove_table(tlb, table);
#else
	tlb_remove_table(tlb, table);
#endif
}

void
tlb_remove_page(struct mmu_gather *tlb, void *page)
{
	BUG_ON(tlb->tables == SHIM_BATCH);
	tlb->table[tlb->tables++] = page;
}

void
tlb_remove_table(struct mmu_gather *tlb, void *table)
{
	tlb_remove_page(tlb, table);
	tlb->walked = true;
}

/* tlb_remove_table_smp_sync: that it was taken is all. */
static void
taken(void *info)
{
	(void)info;
}

/* tlb_remove_table_sync_one */
static void
sync_walkers(void)
{
	on_each_cpu(taken, NULL, 1);
}

unsigned
tlb_get_unmap_shift(struct mmu_gather *tlb)
{
	if (tlb->cleared_ptes)
		return PAGE_SHIFT;
	if (tlb->cleared_pmds)
		return PMD_SHIFT;
	if (tlb->cleared_puds)
		return PUD_SHIFT;
	return tlb->cleared_p4ds ? PGDIR_SHIFT : PAGE_SHIFT;
}

/* tlb_flush_mmu_tlbonly */
static void
flush(struct mmu_gather *tlb)
{
	if (!tlb->freed_tables && !tlb->cleared_ptes && !tlb->cleared_pmds &&
	    !tlb->cleared_puds && !tlb->cleared_p4ds)
		return;
	sd_inval_begin(__pa(tlb->mm->pgd), tlb->fullmm ? 0 : tlb->start,
	    tlb->fullmm ? TASK_SIZE_MAX : tlb->end);
	tlb_flush(tlb);
	sd_inval_end();
}

void
tlb_finish_mmu(struct mmu_gather *tlb)
{
	if (atomic_read(&tlb->mm->tlb_flush_pending) > 1) {
		tlb->fullmm = true;
		clear_levels(tlb);
		tlb->freed_tables = true;
	}
	flush(tlb);
	if (tlb->tables && tlb->walked)
		sync_walkers();
	for (unsigned i = 0; i < tlb->tables; i++)
		sd_frame_free(tlb->table[i]);
	atomic_dec(&tlb->mm->tlb_flush_pending);
}
