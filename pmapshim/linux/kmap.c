/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kmap: mutators of the kernel's mappings; each stands for the function named
 * with it.  Without PTI all of them are global, as in the kernel, whatever was
 * asked for: only then is INVLPG enough for every PCID.
 */
#include "glue.h"

#define KERNEL_START 0xffff800000000000UL

static pteval_t
kernel_pte(unsigned long frame, unsigned prot)
{
	pteval_t pte = frame | _PAGE_PRESENT;

	if (!(prot & KPROT_OLD))
		pte |= _PAGE_ACCESSED;
	if (!(prot & KPROT_CLEAN))
		pte |= _PAGE_DIRTY;
	if (prot & KPROT_W)
		pte |= _PAGE_RW;
	if (!(prot & KPROT_X))
		pte |= _PAGE_NX;
	/* __default_kernel_pte_mask */
	if (!boot_cpu_has(X86_FEATURE_PTI))
		pte |= _PAGE_GLOBAL;
	return pte;
}

static void
begin(const char *name, unsigned long va, unsigned pages)
{
	sd_op_begin(name, 0, va, va + pages * PAGE_SIZE);
}

static void
flush_range(unsigned long start, unsigned long end)
{
	sd_inval_begin(0, start, end);
	flush_tlb_kernel_range(start, end);
	sd_inval_end();
}

static void
flush_all(void)
{
	sd_inval_begin(0, KERNEL_START, 0);
	flush_tlb_all();
	sd_inval_end();
}

/* __pte_alloc_kernel: only the making of a table is under the lock. */
static pteval_t *
pte_make_kernel(pteval_t *before, unsigned long va)
{
	pteval_t *pte = pte_next(&init_mm, before, va);

	if (!pte) {
		spin_lock(&init_mm.page_table_lock);
		pte = pte_make(&init_mm, va);
		spin_unlock(&init_mm.page_table_lock);
	}
	return pte;
}

/* vmap_pte_range: plain stores, no flush; the addresses were flushed before. */
void
kmap_map(unsigned long va, const unsigned long *frames, unsigned pages,
         unsigned prot)
{
	pteval_t *pte = NULL;

	begin("map", va, pages);
	for (unsigned i = 0; i < pages; i++) {
		pte = pte_make_kernel(pte, va + i * PAGE_SIZE);
		BUG_ON(READ_ONCE(*pte));
		set_entry(pte, kernel_pte(frames[i], prot));
	}
	sd_op_read();
	sd_op_end();
}

/* vunmap_pte_range: ptep_get_and_clear is an exchange; no lock. */
static void
clear(unsigned long va, unsigned pages)
{
	pteval_t *pte = NULL;

	for (unsigned i = 0; i < pages; i++) {
		pte = pte_next(&init_mm, pte, va + i * PAGE_SIZE);
		if (pte)
			entry_get_and_clear(pte);
	}
	sd_op_read();
}

/* vunmap_range, which is eager (vfree's purge is not) */
void
kmap_unmap(unsigned long va, unsigned pages)
{
	begin("unmap", va, pages);
	clear(va, pages);
	flush_range(va, va + pages * PAGE_SIZE);
	sd_op_end();
}

struct cpa_range { unsigned long va, end; };

/* __cpa_flush_tlb */
static void
flush_each(void *info)
{
	const struct cpa_range *r = info;

	for (unsigned long va = r->va; va < r->end; va += PAGE_SIZE)
		flush_tlb_one_kernel(va);
}

/* cpa_flush */
static void
cpa_flush(unsigned long va, unsigned pages)
{
	struct cpa_range r = { va, va + pages * PAGE_SIZE };

	BUG_ON(irqs_disabled());
	sd_inval_begin(0, r.va, r.end);
	if (pages > tlb_single_page_flush_ceiling)
		flush_tlb_all();
	else
		on_each_cpu(flush_each, &r, 1);
	sd_inval_end();
}

/*
 * set_memory_ro() and set_memory_nx() in one.  Kernels that know shadow stacks
 * take D along with the write permission.
 */
static pteval_t
pte_with_attr(pteval_t old, unsigned prot)
{
	pteval_t taken = _PAGE_RW | _PAGE_NX;

#ifdef X86_FEATURE_USER_SHSTK
	if (!(prot & KPROT_W))
		taken |= _PAGE_DIRTY;
#endif
	return (old & ~taken) | (prot & KPROT_W ? _PAGE_RW : 0) |
	    (prot & KPROT_X ? 0 : _PAGE_NX);
}

/*
 * change_page_attr_set_clr and __change_page_attr: set_pte_atomic is a plain
 * store, under cpa_lock, which is taken for each page.
 */
void
kmap_protect(unsigned long va, unsigned pages, unsigned prot)
{
	static spinlock_t cpa_lock;
	bool changed = false;

	begin("protect", va, pages);
	for (unsigned i = 0; i < pages; i++) {
		pteval_t *pte, old, new;

		spin_lock(&cpa_lock);
		pte = entry_find(&init_mm, va + i * PAGE_SIZE, 1);
		old = pte ? READ_ONCE(*pte) : 0;
		new = pte_with_attr(old, prot);
		if (old && old != new) {
			set_entry(pte, new);
			changed = true;
		}
		spin_unlock(&cpa_lock);
	}
	sd_op_read();
	if (changed)
		cpa_flush(va, pages);
	sd_op_end();
}

/* vunmap_range and vmap of the same address */
void
kmap_remap(unsigned long va, unsigned long frame, unsigned prot)
{
	begin("remap", va, 1);
	clear(va, 1);
	flush_range(va, va + PAGE_SIZE);
	set_entry(pte_make_kernel(NULL, va), kernel_pte(frame, prot));
	sd_op_end();
}

void
kmap_flush_all(void)
{
	sd_op_begin("flush_all", 0, KERNEL_START, 0);
	sd_op_read();
	flush_all();
	sd_op_end();
}

void
kmap_unmap_all(unsigned long va, unsigned pages)
{
	begin("unmap_all", va, pages);
	clear(va, pages);
	flush_all();
	sd_op_end();
}

/*
 * vunmap_range, then pmd_free_pte_page (arch/x86/mm/pgtable.c), which wants
 * the leaves gone and flushed: pmd_clear is a plain store, the flush names one
 * byte less than a page, and then the table is freed.  vmap_try_huge_pmd would
 * now put a large page there.
 */
void
kmap_free_table(unsigned long va)
{
	pteval_t *pmd = entry_find(&init_mm, va, 2);
	pteval_t *table;
	unsigned i;

	begin("free_table", va, PTRS_PER_PTE);
	if (!pmd || !(READ_ONCE(*pmd) & _PAGE_PRESENT)) {
		sd_op_read();
		sd_op_end();
		return;
	}
	table = __va(*pmd & PHYSICAL_PAGE_MASK);
	for (i = shim_next_entry(table, 0); i < PTRS_PER_PTE;
	    i = shim_next_entry(table, i + 1))
		entry_get_and_clear(&table[i]);
	sd_op_read();
	flush_range(va, va + PMD_SIZE);
	set_entry(pmd, 0);
	flush_range(va, va + PAGE_SIZE - 1);
	sd_frame_free(table);
	sd_op_end();
}
