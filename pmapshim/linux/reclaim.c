/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reclaim: mm/rmap.c's deferred flush: entries go one by one, the processors
 * that may hold them are collected in a batch of this vCPU, and one
 * arch_tlbbatch_flush() is for them all, before the pages are given away.
 *
 * Whoever finds such an entry empty, meanwhile, must not rely on its being
 * flushed: he asks for batched_pending() under the page-table lock.
 */
#include "glue.h"

#include <asm/tlbflush.h>

/* Counts of mm->tlb_flush_batched: pending below, flushed above. */
#define FLUSHED_SHIFT 16
#define COUNT_MASK 0x7fff
#define MAX_PAGES 64

/* tlb_ubc of the task: one for each vCPU. */
static struct {
	struct arch_tlbflush_unmap_batch arch;
	int required;
} batch[NR_CPUS];

/* What the oracle is told when the batch is flushed; not the kernel's. */
static struct {
	struct { unsigned long root, va, moment; } page[MAX_PAGES];
	unsigned count;
} promised[NR_CPUS];

__attribute__((__no_sanitize__("thread"), __noinline__)) static void
promise(struct mm_struct *mm, unsigned long va)
{
	unsigned cpu = sd_cpu(), n = promised[cpu].count++;

	if (n == MAX_PAGES)
		sd_panic(__FILE__, __LINE__, "too many pages in a batch");
	promised[cpu].page[n].root = space_root(mm);
	promised[cpu].page[n].va = va;
	promised[cpu].page[n].moment = sd_op_moment();
}

/* Each page as it was when its entry was cleared: others' are others'. */
__attribute__((__no_sanitize__("thread"), __noinline__)) static void
keep_promises(void)
{
	unsigned cpu = sd_cpu();

	for (unsigned i = 0; i < promised[cpu].count; i++) {
		unsigned long va = promised[cpu].page[i].va;

		sd_op_begin("drain", promised[cpu].page[i].root, va,
		    va + PAGE_SIZE);
		sd_op_as_of(promised[cpu].page[i].moment);
		sd_op_end();
	}
	promised[cpu].count = 0;
}

/*
 * set_tlb_ubc_flush_pending.  Trees differ in whether the page is given by its
 * address or as a range; an argument too many is harmless.
 */
static void
batch_add(struct mm_struct *mm, unsigned long va)
{
	struct arch_tlbflush_unmap_batch *arch =
	    &batch[smp_processor_id()].arch;

#ifdef SHIM_BATCH_ADD_MM
	(void)va;
	arch_tlbbatch_add_mm(arch, mm);
#else
	void (*add)(struct arch_tlbflush_unmap_batch *, struct mm_struct *,
	    unsigned long, unsigned long) =
	    (void *)arch_tlbbatch_add_pending;

	add(arch, mm, va, va + PAGE_SIZE);
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
		promise(mm, va);
		batch_add(mm, va);
	} else {
		entry_get_and_clear(pte);
		promise(mm, va);
		flush_mm(mm, va, va + PAGE_SIZE, PAGE_SHIFT, false);
	}
}

/* shrink_folio_list: one lock and unlock a page. */
void
space_unmap_deferred(void *space, unsigned long va, unsigned pages)
{
	struct mm_struct *mm = space;

	sd_op_begin("unmap_deferred", space_root(mm), va,
	    va + pages * PAGE_SIZE);
	sd_op_defer();
	for (unsigned i = 0; i < pages; i++) {
		spin_lock(&mm->page_table_lock);
		unmap_one(mm, va + i * PAGE_SIZE);
		spin_unlock(&mm->page_table_lock);
	}
	sd_op_end();
}

/* try_to_unmap_flush: all spaces of the batch in one. */
void
space_drain(void *space)
{
	sd_op_begin("drain", space_root(space), 0, TASK_SIZE_MAX);
	sd_op_defer();          /* what it promises is said page by page */
	if (batch[smp_processor_id()].required) {
		arch_tlbbatch_flush(&batch[smp_processor_id()].arch);
		batch[smp_processor_id()].required = 0;
	}
	keep_promises();
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
