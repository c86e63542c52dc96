/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table: four-level page tables in simulated RAM, and making and ending of
 * address spaces.
 *
 * The upper half of every root holds the entries of init_mm, made at boot and
 * never changed, so that all share the tables below them.  With PTI the user
 * root is the page after the kernel root; it has the user half alone, since
 * no entry code is modelled that it would have to map.
 */
#include "glue.h"

/* _PAGE_TABLE, which pmd_populate_kernel takes as well */
#define TABLE (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | \
	_PAGE_DIRTY)
#define HALF (PTRS_PER_PTE / 2)

static unsigned
index_at(unsigned long va, unsigned level)
{
	return va >> (PAGE_SHIFT + 9 * (level - 1)) & (PTRS_PER_PTE - 1);
}

pteval_t *
table_below(pteval_t entry)
{
	return __va(entry & PHYSICAL_PAGE_MASK);
}

pteval_t *
entry_find(struct mm_struct *mm, unsigned long va, unsigned level)
{
	pteval_t *table = (pteval_t *)mm->pgd;

	for (unsigned at = 4; at > level; at--) {
		pteval_t entry = READ_ONCE(table[index_at(va, at)]);

		if (!(entry & _PAGE_PRESENT))
			return NULL;
		table = table_below(entry);
	}
	return &table[index_at(va, level)];
}

/* pti_set_user_pgtbl: the user root's entry first; the kernel's gets NX. */
static void
set_pgd(struct mm_struct *mm, unsigned long va, pteval_t value)
{
	pteval_t *root = (pteval_t *)mm->pgd;

	if (boot_cpu_has(X86_FEATURE_PTI) && va < TASK_SIZE_MAX) {
		set_entry(root + PTRS_PER_PTE + index_at(va, 4), value);
		if (value & _PAGE_PRESENT)
			value |= _PAGE_NX;
	}
	set_entry(root + index_at(va, 4), value);
}

void
upper_set(struct mm_struct *mm, unsigned long va, unsigned level,
          pteval_t *entry, pteval_t value)
{
	if (level == 4)
		set_pgd(mm, va, value);
	else
		set_entry(entry, value);
}

/* p4d_alloc ... __pte_alloc: a zeroed table, then one plain store. */
static pteval_t *
table_make(struct mm_struct *mm, unsigned long va, unsigned level,
           pteval_t *entry)
{
	pteval_t *table = sd_frame_alloc(SD_FRAME_TABLE);
	pteval_t value = __pa(table) | TABLE;

	smp_wmb();      /* contents before the entry; pairs with page walks */
	upper_set(mm, va, level, entry, value);
	return table;
}

pteval_t *
entry_make(struct mm_struct *mm, unsigned long va, unsigned level)
{
	pteval_t *table = (pteval_t *)mm->pgd;

	for (unsigned at = 4; at > level; at--) {
		pteval_t *entry = &table[index_at(va, at)];
		pteval_t value = READ_ONCE(*entry);

		table = value & _PAGE_PRESENT ? table_below(value) :
		    table_make(mm, va, at, entry);
	}
	return &table[index_at(va, level)];
}

pteval_t *
pte_make(struct mm_struct *mm, unsigned long va)
{
	return entry_make(mm, va, 1);
}

pteval_t *
pte_next(struct mm_struct *mm, pteval_t *before, unsigned long va)
{
	return before && va & ~PMD_MASK ? before + 1 : entry_find(mm, va, 1);
}

static pgd_t *
pgd_alloc(void)
{
	return boot_cpu_has(X86_FEATURE_PTI) ? sd_frame_alloc_pair() :
	    sd_frame_alloc(SD_FRAME_TABLE);
}

static unsigned long
user_root(struct mm_struct *mm)
{
	return boot_cpu_has(X86_FEATURE_PTI) ? __pa(mm->pgd) | PAGE_SIZE : 0;
}

int
mm_boot(void)
{
	init_mm.pgd = pgd_alloc();
	sd_space_add(__pa(init_mm.pgd), 0, 1);
	/* preallocate_vmalloc_pages: no root's upper half changes later. */
	pte_make(&init_mm, KERNEL_VA);
	return 0;
}

void *
space_create(void)
{
	struct mm_struct *mm = sd_alloc(sizeof(*mm), 64);
	pteval_t *root;

	*mm = (struct mm_struct){ .pgd = pgd_alloc() };
	root = (pteval_t *)mm->pgd;
	/* pgd_ctor: clones the kernel's half. */
	for (unsigned i = HALF; i < PTRS_PER_PTE; i++) {
		pteval_t value = ((pteval_t *)init_mm.pgd)[i];

		if (value)
			set_entry(&root[i], value);
	}
	/* init_new_context */
	mm->context.ctx_id = (u64)atomic64_inc_return(&last_mm_ctx_id);
#ifdef CONFIG_BROADCAST_TLB_FLUSH
	mm_init_global_asid(mm);
#endif
	sd_space_add(__pa(root), user_root(mm), 0);
	return mm;
}

struct tables {
	pteval_t *table[64];
	unsigned n;
};

/*
 * unmap_vmas and free_pgtables of a whole mm: entries go by plain stores, tables
 * are kept until the flush.
 */
static void
clear_below(pteval_t *table, unsigned level, struct tables *ret)
{
	const unsigned end = level == 4 ? HALF : PTRS_PER_PTE;

	for (unsigned i = shim_next_entry(table, 0); i < end;
	    i = shim_next_entry(table, i + 1)) {
		pteval_t *below = table_below(table[i]);

		if (level > 1 && (level == 4 || !(table[i] & _PAGE_PSE))) {
			clear_below(below, level - 1, ret);
			WARN_ON(ret->n == ARRAY_SIZE(ret->table));
			ret->table[ret->n++] = below;
		}
		if (level == 4 && boot_cpu_has(X86_FEATURE_PTI))
			set_entry(table + PTRS_PER_PTE + i, 0);
		set_entry(&table[i], 0);
	}
}

/*
 * exit_mmap, then __mmdrop; no vCPU has the space loaded, not even lazily.  (Its
 * mask may still name some: newer kernels leave it to the next flush.)
 */
void
space_destroy(void *space)
{
	struct mm_struct *mm = space;
	pteval_t *root = (pteval_t *)mm->pgd;
	struct tables tables;

	tables.n = 0;
	sd_op_begin("destroy", __pa(root), 0, TASK_SIZE_MAX);
	clear_below(root, 4, &tables);
	sd_op_read();
	flush_mm(mm, 0, TLB_FLUSH_ALL, PAGE_SHIFT, true);
	sd_op_end();
	while (tables.n)
		sd_frame_free(tables.table[--tables.n]);
#ifdef CONFIG_BROADCAST_TLB_FLUSH
	mm_free_global_asid(mm);        /* destroy_context */
#endif
	sd_space_remove(__pa(root));
	if (boot_cpu_has(X86_FEATURE_PTI))
		sd_frame_free(root + PTRS_PER_PTE);
	sd_frame_free(root);
}

unsigned long
space_root(void *space)
{
	return __pa(((struct mm_struct *)(space ? space : &init_mm))->pgd);
}
