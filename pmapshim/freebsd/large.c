/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * large: superpages of 2 MiB: promotion, demotion, removal and protection,
 * written by hand like mutate.c's operations, each with the function of pmap.c
 * that it stands for.
 *
 * A promotion flushes nothing: the page-table page is kept aside as it is, so
 * that small entries, the large one and stale paths agree.  Whoever changes
 * the large entry later has to flush for all of them, which is what the tree's
 * own pmap_invalidate_pde_page() is about.  Where both kinds at once would be
 * an error of the processor (erratum 383), the tree's pmap_update_pde() changes
 * the entry while all meet, and flushes.
 */
#include "glue.h"

#ifndef SHIM_PDE_PAGE	/* then nothing here is ever called */
#define	PG_PROMOTED	0UL
#define	shim_invalidate_pde_page(pmap, va, pde)	\
	pmap_invalidate_range((pmap), (va), (va) + NBPDR)
#endif

/* What must be alike in all entries (PG_PTE_PROMOTE, and the frame's order). */
static pt_entry_t
alike(pmap_t pmap)
{
	return (PG_NX | PG_U | pmap_rw(pmap) | pmap_v(pmap) | pmap_g(pmap));
}

static pt_entry_t
pde_read(pt_entry_t *pde)
{
	return (*(volatile pt_entry_t *)pde);
}

static void
pde_store(pt_entry_t *pde, pt_entry_t value)
{
	*(volatile pt_entry_t *)pde = value;
}

#ifndef SHIM_UPDATE_PDE	/* then there is no such mode */
#define	shim_update_pde(pmap, va, pde, new)	pde_store((pde), (new))
#endif

/* The page size changes.  In set-up nobody else could come to a rendezvous. */
static void
resize(pmap_t pmap, u_long va, pt_entry_t *pde, pt_entry_t value)
{
	if (!erratum383 || !cpu_switched)
		pde_store(pde, value);
	else
		shim_update_pde(pmap, va, pde, value);
}

/* Is va in a superpage?  The pmap is locked, and looked at nowhere else. */
int
large_at(pmap_t pmap, u_long va)
{
	pt_entry_t *table = pmap->pm_pmltop;

	for (int shift = PML4SHIFT; shift > PDRSHIFT; shift -= NPTEPGSHIFT) {
		const pt_entry_t bits = cpu_peek(&table[va >> shift & 511]);

		if ((bits & pmap_v(pmap)) == 0)
			return (0);
		table = sd_phys_to_virt(bits & PG_FRAME);
	}
	return ((cpu_peek(&table[va >> PDRSHIFT & 511]) &
	    (pmap_v(pmap) | PG_PS)) == (pmap_v(pmap) | PG_PS));
}

/*
 * Takes W from a clean entry, which needs no flush (setpde:, setpte:).  The
 * first look makes no scheduling point: there are 512, and a processor that
 * sets A or D meanwhile is met by the exchange.
 */
static pt_entry_t
clean_protect(pmap_t pmap, pt_entry_t *pte)
{
	const pt_entry_t rw = pmap_rw(pmap);
	pt_entry_t old = cpu_peek(pte);

	while ((old & (pmap_m(pmap) | rw)) == rw) {
		if (atomic_cmpset_long(pte, old, old & ~rw))
			return (old & ~rw);
		old = pde_read(pte);
	}
	return (old);
}

/* pmap_promote_pde(): fails when the entries are not alike. */
static void
promote(pmap_t pmap, u_long va)
{
	const pt_entry_t a = pmap_a(pmap), v = pmap_v(pmap);
	const pt_entry_t same = PG_FRAME | a | alike(pmap);
	pt_entry_t *const pde = space_table(pmap, va, 2, 0);
	pt_entry_t *table;
	pt_entry_t new;

	if (pde == NULL || (cpu_peek(pde) & (v | PG_PS)) != v)
		return;
	table = sd_phys_to_virt(pde_read(pde) & PG_FRAME);
	new = clean_protect(pmap, &table[0]);
	if ((new & (a | v)) != (a | v))
		return;
	for (unsigned i = NPTEPG - 1; i > 0; i--) {
		const pt_entry_t pte = clean_protect(pmap, &table[i]);

		if ((pte & same) != (new & same) + i * PAGE_SIZE)
			return;
	}
	pmap->shim_ptp = table;
	resize(pmap, va, pde, (erratum383 ? 0 : PG_PROMOTED) | PG_PS | new);
}

/* pmap_demote_pde_locked(): the table comes back, filled anew if need be. */
static void
demote(pmap_t pmap, u_long va)
{
	pt_entry_t *const pde = space_table(pmap, va, 2, 0);
	const pt_entry_t old = pde_read(pde);
	pt_entry_t *const table = pmap->shim_ptp;
	const pt_entry_t first = old & ~(PG_PS | PG_PROMOTED);

	pmap->shim_ptp = NULL;
	if ((pde_read(&table[0]) & alike(pmap)) != (first & alike(pmap)))
		for (unsigned i = 0; i < NPTEPG; i++)
			pde_store(&table[i], first + i * PAGE_SIZE);
	resize(pmap, va, pde, sd_virt_to_phys(table) | pmap_m(pmap) |
	    pmap_a(pmap) | (old & PG_U) | pmap_rw(pmap) | pmap_v(pmap));
	if (pmap == kernel_pmap)
		inval_page(pmap, SHIM_PTMAP + (va >> PAGE_SHIFT << 3));
}

void
large_demote_locked(pmap_t pmap, u_long va)
{
	if (large_at(pmap, va))
		demote(pmap, va);
}

static void
inval_pde(pmap_t pmap, u_long va, pt_entry_t old)
{
	sd_inval_begin(pmap == kernel_pmap ? 0 : pmap->pm_cr3, va, va + NBPDR);
	shim_invalidate_pde_page(pmap, va, old);
	sd_inval_end();
}

/*
 * pmap_remove_pde(), and pmap_remove_kernel_pde(), which puts the emptied
 * table back.  Global entries are flushed at once, others by the caller, to
 * whom the table page of a user's pmap is given.
 */
void *
large_remove_locked(pmap_t pmap, u_long va)
{
	pt_entry_t *const pde = space_table(pmap, va, 2, 0);
	const pt_entry_t old = atomic_swap_long(pde, 0);
	pt_entry_t *const table = pmap->shim_ptp;

	pmap->shim_ptp = NULL;
	sd_op_read();
	if ((old & pmap_g(pmap)) != 0)
		inval_pde(kernel_pmap, va, old);
	if (pmap != kernel_pmap)
		return (table);
	memset(table, 0, PAGE_SIZE);
	resize(pmap, va, pde, sd_virt_to_phys(table) | PG_M | PG_A | PG_RW |
	    PG_V);
	inval_page(pmap, SHIM_PTMAP + (va >> PAGE_SHIFT << 3));
	return (NULL);
}

/*
 * pmap_enter_pde() where a superpage is: that goes first, flushed as what it
 * was.  The table page that it kept is the caller's to free.
 */
void *
large_enter_locked(pmap_t pmap, u_long va, pt_entry_t new)
{
	pt_entry_t *const pde = space_table(pmap, va, 2, 0);
	const pt_entry_t old = cpu_peek(pde);
	void *const table = large_remove_locked(pmap, va);

	if ((old & pmap_g(pmap)) == 0)
		inval_pde(pmap, va, old);
	pde_store(pde, PG_PS | new);
	return (table);
}

/* pmap_protect_pde(): is a flush of everything still to come? */
int
large_protect_locked(pmap_t pmap, u_long va, unsigned prot)
{
	pt_entry_t *const pde = space_table(pmap, va, 2, 0);
	pt_entry_t old, new;

	do {
		old = new = pde_read(pde);
		if ((prot & KPROT_W) == 0)
			new &= ~(pmap_rw(pmap) | pmap_m(pmap));
		if ((prot & KPROT_X) == 0)
			new |= PG_NX;
		if (new == old)
			return (0);
	} while (!atomic_cmpset_long(pde, old, new & ~PG_PROMOTED));
	if ((old & pmap_g(pmap)) == 0)
		return (1);
	sd_op_read();
	inval_pde(kernel_pmap, va, old);
	return (0);
}

/*
 * Defers by design: the path to the table that is kept aside may stay cached,
 * until the large page itself is taken away.
 */
void
large_promote(void *space, unsigned long va)
{
	pmap_t const pmap = space_pmap(space);

	op_begin("promote", pmap, va & ~PDRMASK, NPTEPG);
	sd_op_defer();
	pmap_lock(pmap);
	promote(pmap, va & ~PDRMASK);
	pmap_unlock(pmap);
	sd_op_end();
}

void
large_demote(void *space, unsigned long va)
{
	pmap_t const pmap = space_pmap(space);

	op_begin("demote", pmap, va & ~PDRMASK, NPTEPG);
	pmap_lock(pmap);
	large_demote_locked(pmap, va & ~PDRMASK);
	sd_op_read();
	pmap_unlock(pmap);
	sd_op_end();
}
