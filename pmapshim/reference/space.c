/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * space: life of address spaces.
 *
 * The kernel's half hangs on one top-level entry, made at boot and copied into
 * every root, so that it never has to be synchronised.  With PTI a space has a
 * second root with the user half only; both share everything below the top.
 */
#include "pmapshim/reference/mutants.h"
#include "pmapshim/reference/reference.h"

struct space kernel_space;

static struct space *spare;             /* of a space that is gone */

static void
root_make(unsigned long **ret_top, unsigned long *ret_root)
{
	unsigned long *top = sd_frame_alloc(SD_FRAME_TABLE);

	*ret_top = top;
	*ret_root = sd_virt_to_phys(top);
}

void
space_boot(void)
{
	spare = 0;
	root_make(&kernel_space.top, &kernel_space.root);
	/* makes the shared third-level table, and nothing below it */
	pmap_entry(&kernel_space, KERNEL_VA, 3, 1);
	sd_space_add(kernel_space.root, 0, 1);
}

/* No CPU has a PCID for what is made anew, whoever had the memory before. */
static struct space *
space_alloc(void)
{
	struct space *s = __atomic_exchange_n(&spare, 0, __ATOMIC_SEQ_CST);
	unsigned c;

	if (!s)                         /* the heap is zeroed */
		return sd_alloc(sizeof(*s) + sd_ncpus() * sizeof(s->slot[0]),
		    64);
	for (c = 0; c < sd_ncpus() && !mutant_is(MUTANT_SLOTS_KEPT); c++)
		s->slot[c] = (struct pcid_slot){ 0 };
	return s;
}

void *
space_create(void)
{
	const unsigned k = KERNEL_VA >> 39 & 511;
	struct space *s = space_alloc();

	root_make(&s->top, &s->root);
	s->top[k] = kernel_space.top[k];
	if (mode_has(KMODE_PTI))
		root_make(&s->user_top, &s->user_root);
	s->gen = 1;             /* 0: a slot that was never loaded */
	sd_space_add(s->root, s->user_root, 0);
	return s;
}

struct tables {
	void *page[64];
	unsigned n;
};

/* Clears the first n entries and all below them; keeps the tables. */
static void
tables_clear(unsigned long *table, unsigned level, unsigned n,
             struct tables *ret)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		const unsigned long e = pmap_peek(&table[i]);
		const int large = level == 2 && large_is(&table[i]);

		if (!(e & PTE_P))
			continue;
		if (level > 1 && !large)
			tables_clear(sd_phys_to_virt(e & PTE_ADDR), level - 1,
			    512, ret);
		__atomic_exchange_n(&table[i], 0, __ATOMIC_SEQ_CST);
		if (level == 1 || large)
			continue;
		if (ret->n == sizeof(ret->page) / sizeof(ret->page[0]))
			sd_panic(__FILE__, __LINE__, "too many tables");
		ret->page[ret->n++] = sd_phys_to_virt(e & PTE_ADDR);
	}
}

static void
user_root_clear(unsigned long *top)
{
	unsigned i;

	for (i = 0; top && i < 256; i++)
		if (pmap_peek(&top[i]))
			WRITE(top[i], 0);
}

/*
 * The space is loaded nowhere.  What CPUs still hold under its old PCIDs goes
 * when those are given out again, which flushes them.
 */
void
space_destroy(void *space)
{
	struct space *s = space;
	struct tables tables;

	tables.n = 0;
	sd_op_begin("destroy", s->root, 0, USER_TOP);
	space_lock(s);
	tables_clear(s->top, 4, 256, &tables);
	user_root_clear(s->user_top);
	sd_op_read();
	tlb_flush(s, 0, 0, 1, MASK_NONE);
	space_unlock(s);
	sd_op_end();
	sd_space_remove(s->root);
	while (tables.n)
		sd_frame_free(tables.page[--tables.n]);
	sd_frame_free(s->top);
	if (s->aside)
		sd_frame_free(s->aside);
	s->aside = 0;
	if (s->user_top)
		sd_frame_free(s->user_top);
	__atomic_store_n(&spare, s, __ATOMIC_SEQ_CST);
}

unsigned long
space_root(void *space)
{
	return space ? ((struct space *)space)->root : kernel_space.root;
}
