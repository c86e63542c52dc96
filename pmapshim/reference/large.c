/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * large: user pages of 2 MiB, made of 512 small ones that are alike.
 *
 * One in a space at a time; its table is kept aside.  A promotion flushes, so
 * that no small entry and no path to that table outlives it: the large page is
 * one entry from then on, and one INVLPG takes it away.  A demotion flushes
 * nothing, since small entries and the large one agree; who changes a small
 * one flushes its address, which takes the large entry along (SDM 3A 4.10.4.1).
 * Only what covers the whole large page changes it; all else demotes it first.
 */
#include "pmapshim/reference/mutants.h"
#include "pmapshim/reference/reference.h"

/* What is the same in all entries; A and D are set, so that none is lost. */
#define ALIKE (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D | PTE_G | PTE_NX)
#define MARKED (PTE_P | PTE_A | PTE_D)

/* The lock is held: looking needs no hook. */
__attribute__((no_sanitize("thread"), noinline)) static unsigned long
peek(const unsigned long *e)
{
	return READ(*e);
}

int
large_is(const unsigned long *e)
{
	return e && (peek(e) & (PTE_P | PTE_PS)) == (PTE_P | PTE_PS);
}

int
large_covers(struct space *s, unsigned long va, unsigned pages)
{
	return pages == TABLE_SPAN / PAGE && !(va & (TABLE_SPAN - 1)) &&
	    large_is(pmap_entry(s, va, 2, 0));
}

/* The first entry, when all are alike and their frames are one large one. */
static unsigned long
alike(const unsigned long *table)
{
	const unsigned long first = peek(table);
	unsigned i;

	if ((first & MARKED) != MARKED || (first & PTE_ADDR) % TABLE_SPAN)
		return 0;
	for (i = 1; i < TABLE_SPAN / PAGE; i++)
		if ((peek(&table[i]) & (PTE_ADDR | ALIKE)) !=
		    (first & (PTE_ADDR | ALIKE)) + i * PAGE)
			return 0;
	return first;
}

void
large_promote(void *space, unsigned long va)
{
	struct space *s = space;
	unsigned long *e, first = 0;

	if (!s)
		return;         /* the kernel's stay small */
	va &= ~(TABLE_SPAN - 1);
	sd_op_begin("promote", s->root, va, va + TABLE_SPAN);
	space_lock(s);
	e = pmap_entry(s, va, 2, 0);
	if (e && !s->aside && (peek(e) & (PTE_P | PTE_PS)) == PTE_P)
		first = alike(sd_phys_to_virt(peek(e) & PTE_ADDR));
	if (first) {
		s->aside = sd_phys_to_virt(peek(e) & PTE_ADDR);
		__atomic_exchange_n(e, first | PTE_PS, __ATOMIC_SEQ_CST);
		sd_op_read();
		if (!mutant_is(MUTANT_PROMOTED_UNFLUSHED))
			tlb_flush(s, va, TABLE_SPAN / PAGE, 1, MASK_NONE);
	}
	space_unlock(s);
	sd_op_end();
}

/* The table comes back, filled anew when the large page has other rights. */
void
large_demote_locked(struct space *s, unsigned long *e)
{
	const unsigned long first = peek(e) & ~PTE_PS;
	unsigned long *table = s->aside;
	unsigned i;

	s->aside = 0;
	if ((peek(table) & ALIKE) != (first & ALIKE) &&
	    !mutant_is(MUTANT_DEMOTED_RIGHTS))
		for (i = 0; i < TABLE_SPAN / PAGE; i++)
			table[i] = first + i * PAGE;
	__atomic_exchange_n(e, sd_virt_to_phys(table) | PTE_P | PTE_W | PTE_A |
	    (first & PTE_U), __ATOMIC_SEQ_CST);
}

void
large_demote(void *space, unsigned long va)
{
	struct space *s = space;
	unsigned long *e;

	if (!s)
		return;
	va &= ~(TABLE_SPAN - 1);
	sd_op_begin("demote", s->root, va, va + TABLE_SPAN);
	space_lock(s);
	e = pmap_entry(s, va, 2, 0);
	if (large_is(e))
		large_demote_locked(s, e);
	space_unlock(s);
	sd_op_end();
}

/* Its one entry; a call names everything, since an element is 4 KiB pages. */
static void
flush_large(struct space *s, unsigned long va)
{
	sd_inval_begin(s->root, va, va + TABLE_SPAN);
	tlb_flush(s, va, tlb_hv_ready() ? TABLE_SPAN / PAGE : 1, 0,
	    MASK_NONE);
	sd_inval_end();
}

/* No path leads to the table that was kept aside since the promotion. */
void
large_unmap_locked(struct space *s, unsigned long va)
{
	__atomic_exchange_n(pmap_entry(s, va, 2, 0), 0, __ATOMIC_SEQ_CST);
	flush_large(s, va);
	sd_frame_free(s->aside);
	s->aside = 0;
}

/* Its A and D are set already: no processor changes the entry meanwhile. */
void
large_protect_locked(struct space *s, unsigned long va, unsigned long rights)
{
	unsigned long *e = pmap_entry(s, va, 2, 0);

	__atomic_exchange_n(e, (peek(e) & (PTE_ADDR | PTE_A | PTE_D | PTE_G |
	    PTE_PS)) | rights, __ATOMIC_SEQ_CST);
	flush_large(s, va);
}
