/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm: mutators of user mappings.  Each stands for the kernel function named
 * with it, and makes the same accesses in the same order; the code that is
 * under test is what they call to flush.  As in the kernel the page-table
 * lock covers the entries and not the flush, except on copy-on-write.
 */
#include "glue.h"

pteval_t
user_pte(unsigned long frame, unsigned prot)
{
	pteval_t pte = frame | _PAGE_PRESENT | _PAGE_USER;

	if (!(prot & KPROT_OLD))
		pte |= _PAGE_ACCESSED;
	if (prot & KPROT_W)
		pte |= prot & KPROT_CLEAN ? _PAGE_RW : _PAGE_RW | _PAGE_DIRTY;
	if (!(prot & KPROT_X))
		pte |= _PAGE_NX;
	return pte;
}

/*
 * pte_mksaveddirty, pte_clear_saveddirty: kernels that know shadow stacks have
 * no dirty page without write permission; its D bit waits in a software bit.
 */
static pteval_t
move_dirty(pteval_t old, pteval_t new)
{
#ifdef X86_FEATURE_USER_SHSTK
	pteval_t from = old & _PAGE_RW ? _PAGE_DIRTY : _PAGE_SAVED_DIRTY;

	if ((old ^ new) & _PAGE_RW && new & from)
		new = (new & ~from) |
		    (from ^ _PAGE_DIRTY ^ _PAGE_SAVED_DIRTY);
#else
	(void)old;
#endif
	return new;
}

/* pte_modify: frame, accessed and dirty stay. */
static pteval_t
pte_with_prot(pteval_t old, unsigned prot)
{
	return move_dirty(old, (old & ~(_PAGE_RW | _PAGE_NX)) |
	    (prot & KPROT_W ? _PAGE_RW : 0) | (prot & KPROT_X ? 0 : _PAGE_NX));
}

/*
 * do_anonymous_page: a plain store into an empty entry, no flush; an entry
 * that is there already is left alone.  One that another thread has cleared
 * but not flushed yet is that thread's to flush, so nothing is promised of
 * what was there before.
 */
void
space_map(void *space, unsigned long va, const unsigned long *frames,
          unsigned pages, unsigned prot)
{
	struct mm_struct *mm = space;

	if (!space) {
		kmap_map(va, frames, pages, prot);
		return;
	}
	sd_op_begin("map", space_root(mm), va, va + pages * PAGE_SIZE);
	sd_op_defer();
	spin_lock(&mm->page_table_lock);
	batched_pending(mm);
	for (unsigned i = 0; i < pages; i++) {
		pteval_t *pte = pte_make(mm, va + i * PAGE_SIZE);

		if (!READ_ONCE(*pte))
			set_entry(pte, user_pte(frames[i], prot));
	}
	spin_unlock(&mm->page_table_lock);
	sd_op_end();
}

/* zap_pte_range: ptep_get_and_clear_full without fullmm is an exchange. */
static void
zap(struct mm_struct *mm, unsigned long va, unsigned pages,
    struct mmu_gather *tlb)
{
	pteval_t *pte = NULL;

	spin_lock(&mm->page_table_lock);
	batched_pending(mm);
	for (unsigned i = 0; i < pages; i++) {
		unsigned long addr = va + i * PAGE_SIZE;

		pte = pte_next(mm, pte, addr);
		if (!pte || !READ_ONCE(*pte))
			continue;
		entry_get_and_clear(pte);
		if (tlb)
			tlb_flush_pte_range(tlb, addr, PAGE_SIZE);
	}
	sd_op_read();
	spin_unlock(&mm->page_table_lock);
}

/*
 * zap_page_range_single (madvise) and munmap's unmap_region, for anonymous
 * pages: of dirty file pages zap_pte_range flushes before it unlocks.
 */
void
space_unmap(void *space, unsigned long va, unsigned pages)
{
	struct mm_struct *mm = space;
	struct mmu_gather tlb;

	if (!space) {
		kmap_unmap(va, pages);
		return;
	}
	sd_op_begin("unmap", space_root(mm), va, va + pages * PAGE_SIZE);
	tlb_gather_mmu(&tlb, mm);
	zap(mm, va, pages, &tlb);
	tlb_finish_mmu(&tlb);
	sd_op_end();
}

/* change_pte_range: ptep_modify_prot_start (exchange), _commit (store). */
static void
change_protection(struct mm_struct *mm, unsigned long va, unsigned pages,
                  unsigned prot, struct mmu_gather *tlb)
{
	pteval_t *pte = NULL;
	pte_t old, new;

	spin_lock(&mm->page_table_lock);
	batched_pending(mm);
	for (unsigned i = 0; i < pages; i++) {
		unsigned long addr = va + i * PAGE_SIZE;

		pte = pte_next(mm, pte, addr);
		if (!pte || !(READ_ONCE(*pte) & _PAGE_PRESENT))
			continue;
		old.pte = entry_get_and_clear(pte);
		new.pte = pte_with_prot(old.pte, prot);
		set_entry(pte, new.pte);
		if (pte_needs_flush(old, new))
			tlb_flush_pte_range(tlb, addr, PAGE_SIZE);
	}
	sd_op_read();
	spin_unlock(&mm->page_table_lock);
}

/* do_mprotect_pkey */
void
space_protect(void *space, unsigned long va, unsigned pages, unsigned prot)
{
	struct mm_struct *mm = space;
	struct mmu_gather tlb;

	if (!space) {
		kmap_protect(va, pages, prot);
		return;
	}
	sd_op_begin("protect", space_root(mm), va, va + pages * PAGE_SIZE);
	tlb_gather_mmu(&tlb, mm);
	change_protection(mm, va, pages, prot, &tlb);
	tlb_finish_mmu(&tlb);
	sd_op_end();
}

/*
 * wp_page_copy: ptep_clear_flush (exchange, flush_tlb_page), then set_pte_at,
 * all under the lock.  With nothing there it is a fault as in space_map(); one
 * on a page whose flush is deferred finds that page again in the kernel, while
 * here another frame comes, so the flush comes first, as in move_ptes.
 */
void
space_remap(void *space, unsigned long va, unsigned long frame, unsigned prot)
{
	struct mm_struct *mm = space;
	pteval_t *pte;

	if (!space) {
		kmap_remap(va, frame, prot);
		return;
	}
	sd_op_begin("remap", space_root(mm), va, va + PAGE_SIZE);
	spin_lock(&mm->page_table_lock);
	pte = pte_make(mm, va);
	if (READ_ONCE(*pte) & _PAGE_PRESENT) {
		entry_get_and_clear(pte);
		sd_op_read();
		/* flush_tlb_page */
		flush_mm(mm, va, va + PAGE_SIZE, PAGE_SHIFT, false);
	} else {
		sd_op_defer();
		batched_pending(mm);
	}
	set_entry(pte, user_pte(frame, prot));
	spin_unlock(&mm->page_table_lock);
	sd_op_end();
}

/* flush_tlb_mm */
void
space_flush_all(void *space)
{
	if (!space) {
		kmap_flush_all();
		return;
	}
	sd_op_begin("flush_all", space_root(space), 0, TASK_SIZE_MAX);
	sd_op_read();
	flush_mm(space, 0, TLB_FLUSH_ALL, 0, true);
	sd_op_end();
}

/*
 * clear_refs_write's shape: counted as pending, entries changed one by one,
 * and one flush_tlb_mm for them all.
 */
void
space_unmap_all(void *space, unsigned long va, unsigned pages)
{
	struct mm_struct *mm = space;

	if (!space) {
		kmap_unmap_all(va, pages);
		return;
	}
	sd_op_begin("unmap_all", space_root(mm), va, va + pages * PAGE_SIZE);
	atomic_inc(&mm->tlb_flush_pending);
	zap(mm, va, pages, NULL);
	flush_mm(mm, 0, TLB_FLUSH_ALL, 0, true);
	atomic_dec(&mm->tlb_flush_pending);
	sd_op_end();
}

/* The leaves that are there; looking at the others is no access of note. */
static void
zap_table(pteval_t *table, unsigned long va, struct mmu_gather *tlb)
{
	unsigned i;

	for (i = shim_next_entry(table, 0); i < PTRS_PER_PTE;
	    i = shim_next_entry(table, i + 1)) {
		entry_get_and_clear(&table[i]);
		tlb_flush_pte_range(tlb, va + i * PAGE_SIZE, PAGE_SIZE);
	}
}

/*
 * unmap_region of a whole table: zap_pte_range, then free_pte_range, where
 * pmd_clear is a plain store and the table page waits for the flush.
 */
void
space_free_table(void *space, unsigned long va)
{
	struct mm_struct *mm = space;
	struct mmu_gather tlb;
	pteval_t *pmd;

	va &= PMD_MASK;
	if (!space) {
		kmap_free_table(va);
		return;
	}
	sd_op_begin("free_table", space_root(mm), va, va + PMD_SIZE);
	tlb_gather_mmu(&tlb, mm);
	spin_lock(&mm->page_table_lock);
	batched_pending(mm);
	pmd = entry_find(mm, va, 2);
	if (pmd && READ_ONCE(*pmd) & _PAGE_PRESENT) {
		pteval_t *table = __va(*pmd & PHYSICAL_PAGE_MASK);

		zap_table(table, va, &tlb);
		set_entry(pmd, 0);
		table_free_tlb(&tlb, table, va, 1);
	}
	sd_op_read();
	spin_unlock(&mm->page_table_lock);
	tlb_finish_mmu(&tlb);
	sd_op_end();
}

/*
 * gup_fast: looks a page of the running process up without the lock, with
 * interrupts off, which holds off whoever would free a table.
 */
void
space_walk(unsigned long va)
{
	struct mm_struct *mm = current->mm;
	pteval_t *table = (pteval_t *)mm->pgd;
	unsigned long flags;

	local_irq_save(flags);
	for (unsigned level = 4; level > 0; level--) {
		unsigned shift = PAGE_SHIFT + 9 * (level - 1);
		pteval_t entry = sd_walk_read(
		    &table[va >> shift & (PTRS_PER_PTE - 1)]);

		if (!(entry & _PAGE_PRESENT))
			break;
		table = __va(entry & PHYSICAL_PAGE_MASK);
	}
	local_irq_restore(flags);
}
