/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * large: mutators of pages of 2 MiB and 1 GiB, and the freeing of tables above
 * the lowest.  Flushes of these go in steps of the lowest level that was
 * cleared, which is what lets ranges of more than 33 pages through to the text
 * under test.  As in mm.c the page-table lock covers entries, not the flush.
 */
#include "glue.h"

/* What one entry of that level covers. */
static unsigned long
size_at(unsigned level)
{
	return PAGE_SIZE << 9 * (level - 1);
}

/* do_huge_pmd_anonymous_page, hugetlb_no_page: a plain store, no flush. */
void
space_map_large(void *space, unsigned long va, unsigned long frame,
                unsigned level)
{
	struct mm_struct *mm = space;
	pteval_t *entry;

	sd_op_begin("map", space_root(mm), va, va + size_at(level));
	sd_op_defer();
	spin_lock(&mm->page_table_lock);
	entry = entry_make(mm, va, level);
	BUG_ON(READ_ONCE(*entry));
	set_entry(entry, user_pte(frame, KPROT_W) | _PAGE_PSE);
	spin_unlock(&mm->page_table_lock);
	sd_op_end();
}

/* zap_huge_pmd, __unmap_hugepage_range: exchanges, as of small pages. */
static void
zap_entry(struct mm_struct *mm, unsigned long va, unsigned level,
          struct mmu_gather *tlb)
{
	pteval_t *entry = entry_find(mm, va, level);

	if (!entry || !(READ_ONCE(*entry) & _PAGE_PRESENT))
		return;
	entry_get_and_clear(entry);
	tlb_flush_level(tlb, va, size_at(level), level);
}

void
space_unmap_large(void *space, unsigned long va, unsigned pages,
                  unsigned level)
{
	const unsigned long size = size_at(level);
	struct mm_struct *mm = space;
	struct mmu_gather tlb;

	sd_op_begin("unmap", space_root(mm), va, va + pages * size);
	tlb_gather_mmu(&tlb, mm);
	spin_lock(&mm->page_table_lock);
	batched_pending(mm);
	for (unsigned i = 0; i < pages; i++)
		zap_entry(mm, va + i * size, level, &tlb);
	sd_op_read();
	spin_unlock(&mm->page_table_lock);
	tlb_finish_mmu(&tlb);
	sd_op_end();
}

/* unmap_page_range: the leaves of the table whose entries are of that level. */
static void
zap_below(pteval_t *table, unsigned long va, unsigned level,
          struct mmu_gather *tlb)
{
	for (unsigned i = shim_next_entry(table, 0); i < PTRS_PER_PTE;
	    i = shim_next_entry(table, i + 1)) {
		unsigned long addr = va + i * size_at(level);

		if (level > 1 && !(READ_ONCE(table[i]) & _PAGE_PSE)) {
			zap_below(table_below(table[i]), addr, level - 1, tlb);
			continue;
		}
		entry_get_and_clear(&table[i]);
		tlb_flush_level(tlb, addr, size_at(level), level);
	}
}

/*
 * free_pte_range, free_pmd_range, free_pud_range: what is below goes first,
 * then the entry is cleared by a plain store, and the table it led to waits
 * for the flush.
 */
static void
free_from(struct mm_struct *mm, pteval_t *entry, unsigned long va,
          unsigned level, struct mmu_gather *tlb)
{
	pteval_t *table = table_below(READ_ONCE(*entry));

	if (level > 1)
		for (unsigned i = shim_next_entry(table, 0); i < PTRS_PER_PTE;
		    i = shim_next_entry(table, i + 1))
			free_from(mm, &table[i], va + i * size_at(level),
			    level - 1, tlb);
	upper_set(mm, va, level + 1, entry, 0);
	table_free_tlb(tlb, table, va, level);
}

/* unmap_region: unmap_vmas, then free_pgtables, one flush for both. */
void
space_free_upper(void *space, unsigned long va, unsigned level)
{
	const unsigned long span = size_at(level + 1);
	struct mm_struct *mm = space;
	struct mmu_gather tlb;
	pteval_t *entry;

	va &= ~(span - 1);
	sd_op_begin("free_table", space_root(mm), va, va + span);
	tlb_gather_mmu(&tlb, mm);
	spin_lock(&mm->page_table_lock);
	batched_pending(mm);
	entry = entry_find(mm, va, level + 1);
	if (entry && READ_ONCE(*entry) & _PAGE_PRESENT) {
		zap_below(table_below(*entry), va, level, &tlb);
		free_from(mm, entry, va, level, &tlb);
	}
	sd_op_read();
	spin_unlock(&mm->page_table_lock);
	tlb_finish_mmu(&tlb);
	sd_op_end();
}
