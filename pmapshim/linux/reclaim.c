/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reclaim: mm/rmap.c's deferred flush: entries go one by one, the processors
 * that may hold them are collected in a batch, and one arch_tlbbatch_flush()
 * is for them all, before the pages are given away.
 *
 * Whoever finds such an entry empty, meanwhile, must not rely on its being
 * flushed: he asks for batched_pending() under the page-table lock.
 */
#include "glue.h"

#include <asm/tlbflush.h>

/* Counts of mm->tlb_flush_batched: pending below, flushed above. */
#define FLUSHED_SHIFT 16
#define COUNT_MASK 0x7fff

/* tlb_ubc of the task: one for each vCPU. */
static struct {
	struct arch_tlbflush_unmap_batch arch;
	int required;
} batch[NR_CPUS];

static void
batch_add(struct mm_struct *mm, unsigned long va)
{
	struct arch_tlbflush_unmap_batch *arch =
	    &batch[smp_processor_id()].arch;

#ifdef SHIM_BATCH_ADD_MM
	(void)va;
	arch_tlbbatch_add_mm(arch, mm);
#else
	arch_tlbbatch_add_pending(arch, mm, va);
#endif
	batch[smp_processor_id()].required = 1;
	atomic_inc(&mm->tlb_flush_batched);
}

/* should_defer_flush: are there others? */
static bool
others_have(struct mm_struct *mm)
{
	return cpumask_any_but(mm_cpumask(mm), smp_processor_id()) <
	    nr_cpu_ids;
}

/* try_to_unmap_one */
static void
unmap_one(struct mm_struct *mm, unsigned long va)
{
	pteval_t *pte = entry_find(mm, va, 1);

	if (!pte || !(READ_ONCE(*pte) & _PAGE_PRESENT))
		return;
	if (others_have(mm)) {
		entry_get_and_clear(pte);
		batch_add(mm, va);
	} else {
		entry_get_and_clear(pte);
		flush_mm(mm, va, va + PAGE_SIZE, PAGE_SHIFT, false);
	}
}

/* shrink_folio_list: one lock and unlock a page, then try_to_unmap_flush. */
void
space_reclaim(void *space, unsigned long va, unsigned pages)
{
	struct mm_struct *mm = space;

	sd_op_begin("reclaim", space_root(mm), va, va + pages * PAGE_SIZE);
	for (unsigned i = 0; i < pages; i++) {
		spin_lock(&mm->page_table_lock);
		unmap_one(mm, va + i * PAGE_SIZE);
		spin_unlock(&mm->page_table_lock);
	}
	sd_op_read();
	if (batch[smp_processor_id()].required) {
		arch_tlbbatch_flush(&batch[smp_processor_id()].arch);
		batch[smp_processor_id()].required = 0;
	}
	sd_op_end();
}

/* flush_tlb_batched_pending; the page-table lock is held. */
void
batched_pending(struct mm_struct *mm)
{
	int count = atomic_read(&mm->tlb_flush_batched);
	int pending = count & COUNT_MASK;

	if (pending == count >> FLUSHED_SHIFT)
		return;
	flush_mm(mm, 0, TLB_FLUSH_ALL, 0, true);
	__atomic_compare_exchange_n(&mm->tlb_flush_batched.counter, &count,
	    pending | pending << FLUSHED_SHIFT, 0, __ATOMIC_SEQ_CST,
	    __ATOMIC_SEQ_CST);
}
