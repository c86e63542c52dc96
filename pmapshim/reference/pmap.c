/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pmap: page tables and the operations on them.
 *
 * Every operation holds the space's lock from its first look at an entry until
 * the flush is complete: whoever finds an entry already clear may then rely on
 * it (contract b).  Entries that a walker may be marking accessed or dirty are
 * changed by locked operations only; an entry that was not present is filled by
 * a plain store.
 */
#include "pmapshim/reference/mutants.h"
#include "pmapshim/reference/reference.h"

static struct space *
space_of(void *space)
{
	return space ? space : &kernel_space;
}

static int
is_kernel(const struct space *s)
{
	return s == &kernel_space;
}

void
space_lock(struct space *s)
{
	while (__atomic_exchange_n(&s->lock, 1, __ATOMIC_SEQ_CST))
		while (READ(s->lock))
			sd_pause();     /* IF is on: requests are served */
}

void
space_unlock(struct space *s)
{
	WRITE(s->lock, 0);
}

static unsigned
entry_index(unsigned long va, unsigned level)
{
	return va >> (12 + 9 * (level - 1)) & 511;
}

/* A new table is zero and becomes visible with the entry that names it. */
static void
table_make(struct space *s, unsigned long *entry, unsigned long va,
           unsigned level)
{
	unsigned long e = sd_virt_to_phys(sd_frame_alloc(SD_FRAME_TABLE)) |
	    PTE_P | PTE_W | PTE_A;

	if (!is_kernel(s))
		e |= PTE_U;
	*entry = e;
	if (level == 4 && s->user_top)
		s->user_top[entry_index(va, 4)] = e;
}

/*
 * The entry for va at the level (1: page, 2: its table), NULL without one.  Who
 * looks for a page in a large one has that demoted.
 */
unsigned long *
pmap_entry(struct space *s, unsigned long va, unsigned level, int make)
{
	unsigned long *table = s->top;
	unsigned l;

	for (l = 4; l > level; l--) {
		unsigned long *e = &table[entry_index(va, l)];

		if (make && !(*e & PTE_P))
			table_make(s, e, va, l);
		else if (!make && !(*e & PTE_P))
			return 0;
		if (l == 2 && large_is(e))
			large_demote_locked(s, e);
		table = sd_phys_to_virt(*e & PTE_ADDR);
	}
	return &table[entry_index(va, level)];
}

static unsigned long
rights_of(const struct space *s, unsigned prot)
{
	return PTE_P | (prot & KPROT_W ? PTE_W : 0) |
	    (prot & KPROT_X ? 0 : PTE_NX) | (is_kernel(s) ? 0 : PTE_U);
}

static unsigned long
entry_of(const struct space *s, unsigned long frame, unsigned prot)
{
	return frame | rights_of(s, prot) |
	    (prot & (KPROT_OLD) ? 0 : PTE_A) |
	    (prot & (KPROT_CLEAN | KPROT_OLD) ? 0 : PTE_D) |
	    (is_kernel(s) && !mode_has(KMODE_PTI) ? PTE_G : 0);
}

static void
op_begin(const char *name, const struct space *s, unsigned long va,
         unsigned long pages)
{
	sd_op_begin(name, is_kernel(s) ? 0 : s->root, va, va + pages * PAGE);
}

/*
 * What the lock protects is the same whenever it is looked at, so these have
 * no hook.  (Volatile, or the compiler has the caller make the access.)
 */
__attribute__((no_sanitize("thread"), noinline)) static void
set_deferred(struct space *s, unsigned value)
{
	WRITE(s->deferred, value);
}

__attribute__((no_sanitize("thread"), noinline)) static int
is_deferred(const struct space *s)
{
	return READ(s->deferred) != 0;
}

/*
 * Entries have been changed (if any were): flush and let go of the lock.  An
 * entry found clear may be one whose flush somebody has deferred.
 */
static void
op_finish(struct space *s, unsigned long va, unsigned long pages, int changed,
          struct mask early)
{
	int unlocked = mutant_is(MUTANT_UNLOCK_BEFORE_FLUSH);

	sd_op_read();
	if (is_deferred(s) && !mutant_is(MUTANT_BATCH_IGNORED)) {
		set_deferred(s, 0);
		changed = 1;
		pages = 0;
	}
	if (unlocked)
		space_unlock(s);
	if (changed)
		tlb_flush(s, va, pages, 0, early);
	if (!unlocked)
		space_unlock(s);
	sd_op_end();
}

void
pmap_map(void *space, unsigned long va, const unsigned long *frames,
         unsigned pages, unsigned prot)
{
	struct space *s = space_of(space);
	unsigned i;
	int changed = 0;

	op_begin("map", s, va, pages);
	space_lock(s);
	for (i = 0; i < pages; i++) {
		unsigned long *e = pmap_entry(s, va + i * PAGE, 1, 1);
		unsigned long new = entry_of(s, frames[i], prot);

		if (!(*e & PTE_P)) {
			*e = new;       /* O1: nothing cached yet */
		} else {
			__atomic_exchange_n(e, new, __ATOMIC_SEQ_CST);
			changed = 1;
		}
	}
	op_finish(s, va, pages, changed, MASK_NONE);
}

/* Only the lock's holder changes P, so looking at it needs no hook. */
__attribute__((no_sanitize("thread"), noinline)) unsigned long
pmap_peek(const unsigned long *e)
{
	return READ(*e);
}

static int
is_present(const unsigned long *e)
{
	return !!(pmap_peek(e) & PTE_P);
}

/* Clears present entries; true when there was one.  Within one table. */
static int
clear_entries(struct space *s, unsigned long va, unsigned pages)
{
	unsigned long *e = pmap_entry(s, va, 1, 0);
	unsigned i;
	int found = 0;

	for (i = 0; e && i < pages; i++) {
		if (!is_present(&e[i]))
			continue;
		__atomic_exchange_n(&e[i], 0, __ATOMIC_SEQ_CST);
		found = 1;
	}
	return found;
}

static int
all_clear(struct space *s, unsigned long va, unsigned pages)
{
	unsigned long *e = pmap_entry(s, va, 1, 0);
	unsigned i;

	for (i = 0; e && i < pages; i++)
		if (e[i] & PTE_P)
			return 0;
	return 1;
}

/* Pages of [va, va + pages) that lie in va's page-table page. */
static unsigned
in_table(unsigned long va, unsigned pages)
{
	unsigned room = 512 - entry_index(va, 1);

	return pages < room ? pages : room;
}

static int
clear_range(struct space *s, unsigned long va, unsigned pages)
{
	int found = 0;

	while (pages) {
		unsigned n = in_table(va, pages);

		found |= clear_entries(s, va, n);
		va += n * PAGE;
		pages -= n;
	}
	return found;
}

void
pmap_unmap(void *space, unsigned long va, unsigned pages)
{
	struct space *s = space_of(space);
	struct mask early;
	int found;

	op_begin("unmap", s, va, pages);
	if (mutant_is(MUTANT_SKIP_IF_CLEAR) && all_clear(s, va, pages)) {
		sd_op_end();
		return;
	}
	space_lock(s);
	early = tlb_early(s);
	if (large_covers(s, va, pages)) {
		large_unmap_locked(s, va);
		found = 0;
	} else if (mutant_is(MUTANT_FLUSH_FIRST) && !all_clear(s, va, pages)) {
		tlb_flush(s, va, pages, 0, early);
		clear_range(s, va, pages);
		found = 0;
	} else {
		found = clear_range(s, va, pages);
	}
	op_finish(s, va, pages, found, early);
}

/* As reclaim does: the flush comes with pmap_drain(), for many pages at once. */
void
pmap_unmap_deferred(void *space, unsigned long va, unsigned pages)
{
	struct space *s = space_of(space);

	op_begin("unmap_deferred", s, va, pages);
	sd_op_defer();
	space_lock(s);
	if (clear_range(s, va, pages))
		set_deferred(s, 1);
	sd_op_read();
	space_unlock(s);
	sd_op_end();
}

/* Whoever clears `deferred` has flushed by the time the lock is free. */
void
pmap_drain(void *space)
{
	struct space *s = space_of(space);
	int deferred;

	sd_op_begin("drain", s->root, 0, USER_TOP);
	space_lock(s);
	deferred = is_deferred(s);
	set_deferred(s, 0);
	if (deferred && mutant_is(MUTANT_BATCH_NOT_DRAINED)) {
		tlb_local(s, 0, 0);
		deferred = 0;
	}
	op_finish(s, 0, 0, deferred, MASK_NONE);
}

/* As the end of a process: nothing is flushed until everything is. */
void
pmap_unmap_all(void *space, unsigned long va, unsigned pages)
{
	struct space *s = space_of(space);
	int found;

	op_begin("unmap_all", s, va, pages);
	space_lock(s);
	found = clear_range(s, va, pages);
	op_finish(s, va, 0, found, MASK_NONE);
}

/* True when something that `old` allowed is not allowed by `new`. */
static int
rights_lost(unsigned long old, unsigned long new)
{
	if (old & ~new & (PTE_W | PTE_U))
		return 1;
	return new & ~old & PTE_NX && !mutant_is(MUTANT_NX_AS_GAIN);
}

/* Gives the entry other rights; returns what it was. */
static unsigned long
change_rights(unsigned long *e, unsigned long rights)
{
	unsigned long keep = PTE_ADDR | PTE_A | PTE_D | PTE_G;
	unsigned long old = READ(*e);

	/* A walker may set A or D meanwhile: it must not be lost. */
	while (old & PTE_P)
		if (__atomic_compare_exchange_n(e, &old, (old & keep) | rights,
		    0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			break;
	return old;
}

void
pmap_protect(void *space, unsigned long va, unsigned pages, unsigned prot)
{
	struct space *s = space_of(space);
	unsigned long rights = rights_of(s, prot);
	struct mask early;
	unsigned i;
	int lost = 0;

	op_begin("protect", s, va, pages);
	space_lock(s);
	early = tlb_early(s);
	if (large_covers(s, va, pages)) {
		large_protect_locked(s, va, rights);
		op_finish(s, va, pages, 0, MASK_NONE);
		return;
	}
	for (i = 0; i < pages; i++) {
		unsigned long *e = pmap_entry(s, va + i * PAGE, 1, 0);
		unsigned long old = e ? change_rights(e, rights) : 0;

		lost |= old & PTE_P && rights_lost(old, rights);
	}
	op_finish(s, va, pages, lost, early);
}

void
pmap_remap(void *space, unsigned long va, unsigned long frame, unsigned prot)
{
	struct space *s = space_of(space);
	unsigned long old, new = entry_of(s, frame, prot);
	struct mask early;
	unsigned long *e;
	int changed;

	op_begin("remap", s, va, 1);
	space_lock(s);
	early = tlb_early(s);
	e = pmap_entry(s, va, 1, 1);
	old = __atomic_exchange_n(e, new, __ATOMIC_SEQ_CST);
	changed = !!(old & PTE_P);
	if (mutant_is(MUTANT_REMAP_AS_GAIN) && !rights_lost(old, new))
		changed = 0;
	op_finish(s, va, 1, changed, early);
}

void
pmap_flush_all(void *space)
{
	struct space *s = space_of(space);

	if (is_kernel(s))
		sd_op_begin("flush_all", 0, KERNEL_BOTTOM, 0);
	else
		sd_op_begin("flush_all", s->root, 0, USER_TOP);
	space_lock(s);
	op_finish(s, 0, 0, 1, MASK_NONE);
}

/* MUTANT_EMPTY_TABLE_UNFLUSHED: nothing is mapped, so nothing can be cached. */
static int
table_is_empty(unsigned long entry)
{
	const unsigned long *table = sd_phys_to_virt(entry & PTE_ADDR);
	unsigned i;

	for (i = 0; i < 4; i++)         /* where programs map */
		if (table[i] & PTE_P)
			return 0;
	return 1;
}

/*
 * Looks a page of the loaded space up without the lock, as fast get_user_pages
 * does.  Interrupts are off meanwhile: who frees a table waits for an interrupt
 * to be taken.
 */
void
pmap_walk(unsigned long va)
{
	unsigned long *table = cpus[sd_cpu()].cur->top, e;
	unsigned level;

	sd_irq_disable();
	for (level = 4; level > 0; level--) {
		e = sd_walk_read(&table[entry_index(va, level)]);
		if (!(e & PTE_P) || (level == 2 && (e & PTE_PS)))
			break;
		table = sd_phys_to_virt(e & PTE_ADDR);
	}
	sd_irq_enable();
}

/*
 * O7: until the flush is complete the page may still be walked, through an
 * upper-level entry that some CPU has cached: it must not be given away.
 */
void
pmap_free_table(void *space, unsigned long va)
{
	struct space *s = space_of(space);
	unsigned long *e, old = 0;
	struct mask early;

	va &= ~(TABLE_SPAN - 1);
	op_begin("free_table", s, va, 512);
	space_lock(s);
	early = tlb_early(s);
	e = pmap_entry(s, va, 2, 0);
	if (large_is(e))
		large_demote_locked(s, e);
	if (e)
		old = __atomic_exchange_n(e, 0, __ATOMIC_SEQ_CST);
	sd_op_read();
	if (old && mutant_is(MUTANT_TABLE_FREED_EARLY))
		sd_frame_free(sd_phys_to_virt(old & PTE_ADDR));
	if (old && !(mutant_is(MUTANT_EMPTY_TABLE_UNFLUSHED) &&
	    table_is_empty(old)))
		tlb_flush(s, va, 512, 1, early);
	if (old && !mutant_is(MUTANT_TABLE_FREED_EARLY))
		sd_frame_free(sd_phys_to_virt(old & PTE_ADDR));
	space_unlock(s);
	sd_op_end();
}
