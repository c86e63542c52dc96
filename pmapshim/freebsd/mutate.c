/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutate: the page-table operations of kernel_ops, written by hand.
 *
 * Each stands for a function of amd64/amd64/pmap.c that is named with it, and
 * keeps that function's kind of access to the entry (exchange, compare and
 * exchange, plain store), its order and its choice of invalidation.  What is
 * left out: pv lists (of their lock, what a freed table shows), page queues,
 * statistics, superpages, protection keys and the freeing of page-table pages
 * that became empty (mutate_free_table).
 */
#include "glue.h"

/* ---- access to entries (pte_load_clear(), pte_store(), ... of pmap.h) ---- */

static pt_entry_t
pte_read(pt_entry_t *pte)
{
	return (*(volatile pt_entry_t *)pte);
}

static void
pte_store(pt_entry_t *pte, pt_entry_t value)
{
	*(volatile pt_entry_t *)pte = value;
}

static pt_entry_t
pte_load_store(pt_entry_t *pte, pt_entry_t value)
{
	return (atomic_swap_long(pte, value));
}

static pt_entry_t
pte_load_clear(pt_entry_t *pte)
{
	return (atomic_swap_long(pte, 0));
}

/* ---- entering mappings ---- */

/* As pmap_enter() makes it; kernel mappings are global unless PTI is on. */
static pt_entry_t
pte_make(pmap_t pmap, u_long frame, unsigned prot)
{
	pt_entry_t pte = (frame & PG_FRAME) | pmap_v(pmap);

	if ((prot & KPROT_OLD) == 0)
		pte |= pmap_a(pmap);
	if ((prot & KPROT_W) != 0)
		pte |= pmap_rw(pmap) |
		    ((prot & KPROT_CLEAN) == 0 ? pmap_m(pmap) : 0);
	if ((prot & KPROT_X) == 0)
		pte |= PG_NX;
	if (pmap == kernel_pmap)
		pte |= pg_g;
	else
		pte |= PG_U;
	if (pmap->pm_type == PT_EPT)
		pte |= EPT_WB;
	return (pte);
}

/* The end of pmap_enter(), when the frame stays: one exchange. */
static void
enter_validate(pmap_t pmap, u_long va, pt_entry_t *pte, pt_entry_t newpte)
{
	const pt_entry_t orig = pte_load_store(pte, newpte);
	const pt_entry_t m = pmap_m(pmap);
	const pt_entry_t both = m | pmap_rw(pmap);

	sd_op_read();
	/* Losing M needs a flush; so does gaining NX. */
	if (((newpte & m) != 0 || (orig & both) != both) &&
	    ((orig & PG_NX) != 0 || (newpte & PG_NX) == 0))
		return;
	if ((orig & pmap_a(pmap)) != 0)
		inval_page(pmap, va);
}

/* pmap_enter() of one 4 KiB page; the pmap is locked. */
static void
enter(pmap_t pmap, u_long va, pt_entry_t newpte)
{
	pt_entry_t *const pte = space_table(pmap, va, 1, 1);
	pt_entry_t orig = pte_read(pte);

	/* Under the lock: whoever emptied the entry must have flushed it. */
	sd_op_read();
	if ((orig & pmap_v(pmap)) == 0) {
		pte_store(pte, newpte);
		return;
	}
	if ((orig & PG_FRAME) == (newpte & PG_FRAME)) {
		if (((orig ^ newpte) & ~(pmap_m(pmap) | pmap_a(pmap))) != 0)
			enter_validate(pmap, va, pte, newpte);
		return;
	}
	/* Another frame: A=0 proves that nothing was cached. */
	orig = pte_load_clear(pte);
	sd_op_read();
	if ((orig & pmap_a(pmap)) != 0)
		inval_page(pmap, va);
	pte_store(pte, newpte);
}

/* pmap_qenter(): plain stores without the lock, one flush if any was valid. */
static void
qenter(u_long sva, const unsigned long *frames, unsigned pages, unsigned prot)
{
	pt_entry_t old = 0;

	for (unsigned i = 0; i < pages; i++) {
		pt_entry_t *const pte = space_table(kernel_pmap,
		    sva + i * PAGE_SIZE, 1, 1);

		old |= pte_read(pte);
		pte_store(pte, pte_make(kernel_pmap, frames[i], prot));
	}
	if ((old & PG_V) != 0)
		inval_range(kernel_pmap, sva, sva + pages * PAGE_SIZE);
}

void
mutate_map(void *space, unsigned long va, const unsigned long *frames,
    unsigned pages, unsigned prot)
{
	pmap_t const pmap = space_pmap(space);

	op_begin("map", pmap, va, pages);
	if (pmap == kernel_pmap)
		qenter(va, frames, pages, prot);
	else {
		pmap_lock(pmap);
		for (unsigned i = 0; i < pages; i++)
			enter(pmap, va + i * PAGE_SIZE,
			    pte_make(pmap, frames[i], prot));
		pmap_unlock(pmap);
	}
	sd_op_end();
}

/* pmap_enter() of a superpage over another one. */
static void
remap_large(pmap_t pmap, u_long va, u_long frame, unsigned prot)
{
	void *table;

	op_begin("remap", pmap, va, NPTEPG);
	pmap_lock(pmap);
	table = large_enter_locked(pmap, va, pte_make(pmap, frame, prot));
	pmap_unlock(pmap);
	sd_op_end();
	if (table != NULL)
		sd_frame_free(table);
}

/* pmap_enter() with a changed frame, as a copy-on-write fault does. */
void
mutate_remap(void *space, unsigned long va, unsigned long frame, unsigned prot)
{
	pmap_t const pmap = space_pmap(space);

	if (pmap != kernel_pmap && large_at(pmap, va)) {
		remap_large(pmap, va, frame, prot);
		return;
	}
	op_begin("remap", pmap, va, 1);
	pmap_lock(pmap);
	enter(pmap, va, pte_make(pmap, frame, prot));
	pmap_unlock(pmap);
	sd_op_end();
}

/* ---- removing mappings ---- */

/*
 * pmap_remove(): a single page is exchanged and goes through
 * pmap_invalidate_page() (pmap_remove_page()); of several, global ones go
 * through pmap_invalidate_range() run by run (pmap_remove_ptes()), the others
 * through one pmap_invalidate_all().
 */
static void
remove_pages(pmap_t pmap, u_long sva, unsigned pages)
{
	const u_long end = sva + pages * PAGE_SIZE;
	pt_entry_t *pte = NULL;
	u_long run = end;
	int anyvalid = 0;

	for (u_long va = sva; va < end; va += PAGE_SIZE, pte += pte != NULL) {
		pt_entry_t old = 0;

		if (va == sva || (va & PDRMASK) == 0)
			pte = space_table(pmap, va, 1, 0);
		/* The lock is held: what is empty stays so. */
		if (pte != NULL && (pages == 1 || cpu_peek(pte) != 0))
			old = pte_read(pte);

		if (old == 0) {
			if (run != end)
				inval_range(pmap, run, va);
			run = end;
			continue;
		}
		if ((old & pmap_g(pmap)) == 0)
			anyvalid = 1;
		else if (run == end)
			run = va;
		pte_load_clear(pte);
	}
	sd_op_read();
	if (pages == 1 && (anyvalid || run != end)) {
		inval_page(pmap, sva);
		return;
	}
	if (run != end)
		inval_range(pmap, run, end);
	if (anyvalid)
		inval_all(pmap);
}

/* pmap_qremove(): pmap_kremove() of each (plain stores), one range flush. */
static void
qremove(u_long sva, unsigned pages)
{
	for (unsigned i = 0; i < pages; i++) {
		pt_entry_t *const pte = space_table(kernel_pmap,
		    sva + i * PAGE_SIZE, 1, 0);

		if (pte != NULL)
			pte_store(pte, 0);
	}
	inval_range(kernel_pmap, sva, sva + pages * PAGE_SIZE);
}

/*
 * pmap_remove(): a superpage goes as a whole, or is demoted first; whether there
 * is one is known only once the pmap is locked.  The page-table page that it
 * kept is freed behind the flush.
 */
static void
remove(pmap_t pmap, u_long va, unsigned pages)
{
	void *table = NULL;

	pmap_lock(pmap);
	if (large_at(pmap, va) && (va & PDRMASK) == 0 && pages == NPTEPG) {
		table = large_remove_locked(pmap, va);
		if (pmap != kernel_pmap || pg_g == 0)
			inval_all(pmap);
	} else {
		large_demote_locked(pmap, va);
		remove_pages(pmap, va, pages);
	}
	pmap_unlock(pmap);
	if (table != NULL)
		sd_frame_free(table);
}

/* Kernel: several pages as pmap_qremove(), one as pmap_remove(kernel_pmap). */
void
mutate_unmap(void *space, unsigned long va, unsigned pages)
{
	pmap_t const pmap = space_pmap(space);

	op_begin("unmap", pmap, va, pages);
	if (pmap == kernel_pmap && pages > 1 && !large_at(pmap, va))
		qremove(va, pages);
	else
		remove(pmap, va, pages);
	sd_op_end();
}

/* Locally everything: how a CPU flushes itself is not the matter here. */
static void
listed_curcpu_cb(pmap_t pmap __unused, vm_offset_t sva __unused,
    vm_offset_t eva __unused)
{
	invltlb_glob();
}

/*
 * pmap_qremove() of a range from PMAP_INVLPG_THRESHOLD on: it would end in
 * pmap_invalidate_all(), but has smp_masked_invlpg_range(), which
 * pmap_invalidate_range() calls for shorter ones.  Only the first two pages and
 * the last one are there.
 */
void
mutate_unmap_listed(unsigned long va, unsigned pages)
{
	const u_long end = va + pages * PAGE_SIZE;

	op_begin("unmap", kernel_pmap, va, pages);
	pte_store(space_table(kernel_pmap, va, 1, 1), 0);
	pte_store(space_table(kernel_pmap, va + PAGE_SIZE, 1, 1), 0);
	pte_store(space_table(kernel_pmap, end - PAGE_SIZE, 1, 1), 0);
	sd_inval_begin(0, va, end);
	sched_pin();
	smp_masked_invlpg_range(va, end, kernel_pmap, listed_curcpu_cb);
	sd_inval_end();
	sd_op_end();
}

void
mutate_flush_all(void *space)
{
	pmap_t const pmap = space_pmap(space);

	if (pmap == kernel_pmap)
		sd_op_begin("flush", 0, SHIM_KERNEL_START, 0);
	else
		sd_op_begin("flush", pmap->pm_cr3, 0, SHIM_USER_END);
	inval_all(pmap);
	sd_op_end();
}

void
mutate_flush_cache(void)
{
	sd_cache_begin();
	pmap_invalidate_cache();
	sd_cache_end();
}

/*
 * User: pmap_remove() of many pages, but always with pmap_invalidate_all().
 * Kernel: pmap_kremove() of each, then pmap_invalidate_all(), as code does
 * that tears down many temporary mappings at once.
 */
void
mutate_unmap_all(void *space, unsigned long va, unsigned pages)
{
	pmap_t const pmap = space_pmap(space);

	op_begin("unmap-all", pmap, va, pages);
	if (pmap != kernel_pmap)
		pmap_lock(pmap);
	for (unsigned i = 0; i < pages; i++) {
		pt_entry_t *const pte = space_table(pmap, va + i * PAGE_SIZE,
		    1, 0);

		if (pte == NULL)
			continue;
		if (pmap == kernel_pmap)
			pte_store(pte, 0);
		else
			pte_load_clear(pte);
	}
	if (pmap != kernel_pmap)
		sd_op_read();
	inval_all(pmap);
	if (pmap != kernel_pmap)
		pmap_unlock(pmap);
	sd_op_end();
}

/*
 * The lock of the pv lists of managed pages, as far as order goes: the locked
 * instructions of rw_wlock() and rw_wunlock().
 */
static u_int pv_list_lock;

static void
pv_list_wlock(void)
{
	u_int unlocked = 0;

	while (!__atomic_compare_exchange_n(&pv_list_lock, &unlocked, 1, 0,
	    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		unlocked = 0;
		ia32_pause();
	}
}

static void
pv_list_wunlock(void)
{
	__atomic_exchange_n(&pv_list_lock, 0, __ATOMIC_SEQ_CST);
}

/*
 * _pmap_unwire_ptp(): the leaves, managed pages, are exchanged as in
 * pmap_remove_pte(), and the lock of their pv lists is held from then on until
 * the directory entry is cleared, by a plain store.  Then one leaf is flushed
 * by pmap_invalidate_page(), several by pmap_invalidate_all(); none, as in
 * pmap_abort_ptp(), by pmap_invalidate_page(), and no such lock is taken.  The
 * page is freed last.  Kernel page-table pages are never freed: there only the
 * leaves go.
 */
void
mutate_free_table(void *space, unsigned long va)
{
	pmap_t const pmap = space_pmap(space);
	const u_long start = va & ~PDRMASK;
	pt_entry_t *pde, *table;
	u_long leaf = va;
	unsigned n = 0;

	op_begin("free-table", pmap, start, NPTEPG);
	pmap_lock(pmap);
	pde = space_table(pmap, va, 2, 0);
	if (pde == NULL || (pte_read(pde) & pmap_v(pmap)) == 0) {
		sd_op_read();
		pmap_unlock(pmap);
		sd_op_end();
		return;
	}
	table = sd_phys_to_virt(pte_read(pde) & PG_FRAME);
	for (unsigned i = 0; i < NPTEPG; i++) {
		if (cpu_peek(&table[i]) == 0)
			continue;
		pte_load_clear(&table[i]);
		leaf = start + i * PAGE_SIZE;
		if (n++ == 0 && pmap != kernel_pmap)
			pv_list_wlock();
	}
	if (pmap != kernel_pmap)
		pte_store(pde, 0);
	if (n > 0 && pmap != kernel_pmap)
		pv_list_wunlock();
	sd_op_read();
	if (n <= 1)
		inval_page(pmap, leaf);
	else
		inval_all(pmap);
	pmap_unlock(pmap);
	sd_op_end();
	if (pmap != kernel_pmap)
		sd_frame_free(table);
}

/* ---- changing protection ---- */

/*
 * pmap_protect(): rights are only taken; compare and exchange in a loop, a
 * global page is flushed at once, the others by one pmap_invalidate_all().
 */
static int
protect_page(pmap_t pmap, u_long va, pt_entry_t *pte, unsigned prot)
{
	for (;;) {
		const pt_entry_t old = pte_read(pte);
		pt_entry_t new = old;

		if ((old & pmap_v(pmap)) == 0)
			return (0);
		if ((prot & KPROT_W) == 0)
			new &= ~(pmap_rw(pmap) | pmap_m(pmap));
		if ((prot & KPROT_X) == 0)
			new |= PG_NX;
		if (new == old)
			return (0);
		if (!atomic_cmpset_long(pte, old, new))
			continue;
		if ((old & pmap_g(pmap)) == 0)
			return (1);
		sd_op_read();
		inval_page(pmap, va);
		return (0);
	}
}

/* Giving write access is a fault's work: pmap_enter() with the same frame. */
static int
protect_grant(pmap_t pmap, u_long va, pt_entry_t *pte, unsigned prot)
{
	const pt_entry_t old = pte_read(pte);

	if ((old & pmap_v(pmap)) == 0 || (prot & KPROT_W) == 0 ||
	    (old & pmap_rw(pmap)) != 0)
		return (0);
	enter(pmap, va, pte_make(pmap, old & PG_FRAME, prot));
	return (1);
}

void
mutate_protect(void *space, unsigned long va, unsigned pages, unsigned prot)
{
	pmap_t const pmap = space_pmap(space);
	int anychanged = 0;

	op_begin("protect", pmap, va, pages);
	pmap_lock(pmap);
	if (large_at(pmap, va)) {
		if ((va & PDRMASK) == 0 && pages == NPTEPG) {
			anychanged = large_protect_locked(pmap, va, prot);
			pages = 0;
			/* what the promotion put off is put off still */
			if (!anychanged && pmap != kernel_pmap)
				sd_op_defer();
		} else
			large_demote_locked(pmap, va);
	}
	for (unsigned i = 0; i < pages; i++) {
		const u_long page = va + i * PAGE_SIZE;
		pt_entry_t *const pte = space_table(pmap, page, 1, 0);

		if (pte == NULL || protect_grant(pmap, page, pte, prot))
			continue;
		anychanged |= protect_page(pmap, page, pte, prot);
	}
	sd_op_read();
	if (anychanged)
		inval_all(pmap);
	pmap_unlock(pmap);
	sd_op_end();
}

/* ---- taking A and D back ---- */

/* safe_to_clear_referenced(): the entry must not grant W or X without R. */
static int
may_lose_a(pmap_t pmap, pt_entry_t pte)
{
	if (pmap_kind(pmap) != KIND_EPT_EMULATED)
		return (1);
	return ((pte & PG_RW) == 0 && ((pte & PG_U) == 0 ||
	    (pmap->pm_flags & SHIM_EXEC_ONLY) != 0));
}

/* pmap_ts_referenced() of a small page that nothing wires. */
void
mutate_age(void *space, unsigned long va)
{
	pmap_t const pmap = space_pmap(space);
	pt_entry_t *pte, old = 0;

	op_begin("age", pmap, va, 1);
	pmap_lock(pmap);
	pte = space_table(pmap, va, 1, 0);
	if (pte != NULL)
		old = pte_read(pte);
	if ((old & pmap_a(pmap)) != 0) {
		if (may_lose_a(pmap, old))
			atomic_clear_long(pte, pmap_a(pmap));
		else
			pte_load_clear(pte);
		sd_op_read();
		inval_page(pmap, va);
	}
	pmap_unlock(pmap);
	sd_op_end();
}

/* pmap_clear_modify() of a small page. */
void
mutate_clean(void *space, unsigned long va)
{
	pmap_t const pmap = space_pmap(space);
	const pt_entry_t both = pmap_m(pmap) | pmap_rw(pmap);
	pt_entry_t *pte;

	op_begin("clean", pmap, va, 1);
	pmap_lock(pmap);
	pte = space_table(pmap, va, 1, 0);
	if (pte != NULL && (pte_read(pte) & both) == both) {
		atomic_clear_long(pte, pmap_m(pmap));
		sd_op_read();
		inval_page(pmap, va);
	}
	pmap_unlock(pmap);
	sd_op_end();
}
