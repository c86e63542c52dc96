/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * space: address spaces (pmaps) and their page tables in simulated memory.
 *
 * Real 4-level tables; the kernel half is one PML4 entry whose page-directory-
 * pointer page exists from boot on, so that all roots share what lies below.
 * With PTI a pmap has a second root that shares the user half alone; the few
 * kernel pages that the real one also maps there are left out.
 */
#include "glue.h"

struct pmap kernel_pmap_store;
struct vmspace vmspace0;
u_long pg_g;

static struct vmspace *spare;		/* of a space that is gone */

static const int level_shift[] = { 0, PAGE_SHIFT, PDRSHIFT, PDPSHIFT,
    PML4SHIFT };

static unsigned
table_index(u_long va, int level)
{
	return ((va >> level_shift[level]) & 511);
}

/*
 * Enters a new table page below `entry`.  The kernel stores the entry of a PTI
 * pmap's root first and adds NX in a second store; here it is one, because the
 * window between them is a matter of hardening, not of this test.
 */
static void
table_add(pmap_t pmap, pt_entry_t *entry, u_long va, int level)
{
	void *const page = sd_frame_alloc(SD_FRAME_TABLE);
	pt_entry_t bits = sd_virt_to_phys(page) | pmap_v(pmap) |
	    pmap_rw(pmap) | pmap_a(pmap) | pmap_m(pmap);

	if (pmap_kind(pmap) >= KIND_EPT)
		sd_table_ept(page, pmap_kind(pmap) == KIND_EPT);
	if (va < SHIM_USER_END)
		bits |= PG_U;
	if (level == 4 && pmap->pm_ucr3 != PMAP_NO_CR3) {
		*(volatile pt_entry_t *)entry = bits | PG_NX;
		*(volatile pt_entry_t *)&pmap->pm_pmltopu[
		    table_index(va, 4)] = bits;
	} else
		*(volatile pt_entry_t *)entry = bits;
}

/* Entry of `level` (1: PTE) for va; NULL when no table is there. */
pt_entry_t *
space_table(pmap_t pmap, u_long va, int level, int make)
{
	pt_entry_t *table = pmap->pm_pmltop;

	for (int l = 4; l > level; l--) {
		pt_entry_t *const entry = &table[table_index(va, l)];
		pt_entry_t bits = *(volatile pt_entry_t *)entry;

		if ((bits & pmap_v(pmap)) == 0) {
			if (!make)
				return (NULL);
			table_add(pmap, entry, va, l);
			bits = *(volatile pt_entry_t *)entry;
		}
		table = sd_phys_to_virt(bits & PG_FRAME);
	}
	return (&table[table_index(va, level)]);
}

/* PMAP_LOCK: taken and released by LOCKed instructions, as mutex(9) is. */
void
pmap_lock(pmap_t pmap)
{
	u_int unlocked = 0;

	while (!__atomic_compare_exchange_n(&pmap->shim_lock, &unlocked, 1, 0,
	    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		unlocked = 0;
		ia32_pause();
	}
}

void
pmap_unlock(pmap_t pmap)
{
	__atomic_exchange_n(&pmap->shim_lock, 0, __ATOMIC_SEQ_CST);
}

static struct pmap_pcid *
pcid_of(pmap_t pmap, unsigned cpu)
{
#ifdef SHIM_PCIDP
	return (zpcpu_get_cpu(pmap->pm_pcidp, cpu));
#else
	return (&pmap->pm_pcids[cpu]);
#endif
}

static void
pcids_init(pmap_t pmap, uint32_t pcid, uint32_t gen)
{
#ifdef SHIM_PCIDP
	if (pmap->pm_pcidp == NULL)
		pmap->pm_pcidp = sd_alloc(SHIM_ZPCPU_SIZE * sd_ncpus(),
		    SHIM_ZPCPU_SIZE);
#endif
	for (unsigned i = 0; i < sd_ncpus(); i++) {
		pcid_of(pmap, i)->pm_pcid = pcid;
		pcid_of(pmap, i)->pm_gen = gen;
	}
}

/* kernel_pmap, and the pmap of kernel threads, which shares its tables. */
void
space_boot(unsigned cpus)
{
	pmap_t const pmap0 = &vmspace0.vm_pmap;
	void *const root = sd_frame_alloc(SD_FRAME_TABLE);

	spare = NULL;
	kernel_pmap->pm_pmltop = root;
	kernel_pmap->pm_cr3 = sd_virt_to_phys(root);
	kernel_pmap->pm_ucr3 = PMAP_NO_CR3;
	kernel_pmap->pm_type = PT_X86;
	pcids_init(kernel_pmap, PMAP_PCID_KERN, 1);
	for (unsigned i = 0; i < cpus; i++)
		CPU_SET(i, &kernel_pmap->pm_active);
	table_add(kernel_pmap, &kernel_pmap->pm_pmltop[SHIM_KERNEL_PML4],
	    SHIM_KERNEL_VA, 4);

	/* As pmap_pinit0() leaves it. */
	pmap0->pm_pmltop = root;
	pmap0->pm_cr3 = kernel_pmap->pm_cr3;
	pmap0->pm_ucr3 = PMAP_NO_CR3;
	pmap0->pm_type = PT_X86;
	pcids_init(pmap0, PMAP_PCID_KERN + 1, 1);
	sd_space_add(kernel_pmap->pm_cr3, 0, 1);
}

/* Out of a zone, where the structure that went last is the next one. */
static struct vmspace *
vmspace_alloc(void)
{
	struct vmspace *const vm = __atomic_exchange_n(&spare, NULL,
	    __ATOMIC_SEQ_CST);

	return (vm != NULL ? vm : sd_alloc(sizeof(*vm), 64));
}

/* As pmap_pinit_type() leaves it, with P_MD_KPTI set under PTI. */
void *
space_create(void)
{
	struct vmspace *const vm = vmspace_alloc();
	pmap_t const pmap = &vm->vm_pmap;

	pmap->pm_pmltop = sd_frame_alloc(SD_FRAME_TABLE);
	pmap->pm_cr3 = sd_virt_to_phys(pmap->pm_pmltop);
	pmap->pm_ucr3 = PMAP_NO_CR3;
	pmap->pm_pmltop[SHIM_KERNEL_PML4] =
	    kernel_pmap->pm_pmltop[SHIM_KERNEL_PML4];
	if (pti) {
		pmap->pm_pmltopu = sd_frame_alloc(SD_FRAME_TABLE);
		pmap->pm_ucr3 = sd_virt_to_phys(pmap->pm_pmltopu);
	}
	pmap->pm_type = PT_X86;
	pcids_init(pmap, PMAP_PCID_NONE, 0);
	sd_space_add(pmap->pm_cr3, pti ? pmap->pm_ucr3 : 0, 0);
	return (vm);
}

/* As if so many pmaps had run here that `left` PCIDs are to be had. */
void
space_few_pcids(unsigned left)
{
	PCPU_SET(pcid_next, (pti ? PMAP_PCID_OVERMAX_KERN :
	    PMAP_PCID_OVERMAX) - left);
}

/* The next request but `left` gets the number 0, or what the text makes of it. */
void
space_few_flushes(unsigned left)
{
	PCPU_SET(smp_tlb_gen, 0xffffffffU - left);
}

struct table_pages {
	void *page[64];
	unsigned n;
};

/* Clears the tables below one entry and collects their pages. */
static void
table_tear_down(pt_entry_t *table, int level, struct table_pages *pages)
{
	for (unsigned i = 0; i < (level == 4 ? 256 : 512); i++) {
		const pt_entry_t bits = cpu_peek(&table[i]);
		void *below;

		if ((bits & PG_V) == 0)
			continue;
		if (level == 1 || (level == 2 && (bits & PG_PS) != 0)) {
			atomic_swap_long(&table[i], 0);
			continue;
		}
		below = sd_phys_to_virt(bits & PG_FRAME);
		table_tear_down(below, level - 1, pages);
		*(volatile pt_entry_t *)&table[i] = 0;
		if (pages->n == nitems(pages->page))
			panic("too many page-table pages in one space");
		pages->page[pages->n++] = below;
	}
}

/* The user roots of PTI share the tables below: only their entries go. */
static void
user_root_clear(pmap_t pmap)
{
	if (pmap->pm_pmltopu == NULL)
		return;
	for (unsigned i = 0; i < 256; i++)
		if (cpu_peek(&pmap->pm_pmltopu[i]) != 0)
			*(volatile pt_entry_t *)&pmap->pm_pmltopu[i] = 0;
}

/*
 * vmspace_dofree(): pmap_remove() of everything (leaves exchanged, tables
 * unlinked by plain stores, one pmap_invalidate_all, then their pages freed),
 * and pmap_release(), which frees the roots.
 */
void
space_destroy(void *space)
{
	pmap_t const pmap = space_pmap(space);
	struct table_pages pages;

	pages.n = 0;
	sd_op_begin("destroy", pmap->pm_cr3, 0, SHIM_USER_END);
	pmap_lock(pmap);
	table_tear_down(pmap->pm_pmltop, 4, &pages);
	user_root_clear(pmap);
	sd_op_read();
	inval_all(pmap);
	pmap_unlock(pmap);
	sd_op_end();
	if (pmap->shim_ptp != NULL)
		sd_frame_free(pmap->shim_ptp);
	while (pages.n > 0)
		sd_frame_free(pages.page[--pages.n]);

	KASSERT(CPU_EMPTY(&pmap->pm_active), ("releasing active pmap"));
	*(volatile pt_entry_t *)&pmap->pm_pmltop[SHIM_KERNEL_PML4] = 0;
	sd_space_remove(pmap->pm_cr3);
	sd_frame_free(pmap->pm_pmltop);
	if (pmap->pm_pmltopu != NULL)
		sd_frame_free(pmap->pm_pmltopu);
	pmap->shim_ptp = NULL;
	__atomic_store_n(&spare, space, __ATOMIC_SEQ_CST);
}

unsigned long
space_root(void *space)
{
	return (space_pmap(space)->pm_cr3);
}

pmap_t
space_pmap(void *space)
{
	return (space != NULL ? &((struct vmspace *)space)->vm_pmap :
	    kernel_pmap);
}
