/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * space: life of address spaces.
 *
 * The kernel's half hangs on one top-level entry, made at boot and copied into
 * every root, so that it never has to be synchronised.  With PTI a space has a
 * second root with the user half only; both share everything below the top.
 */
#include "pmapshim/reference/reference.h"

struct space kernel_space;

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
	root_make(&kernel_space.top, &kernel_space.root);
	/* makes the shared third-level table, and nothing below it */
	pmap_entry(&kernel_space, KERNEL_VA, 3, 1);
	sd_space_add(kernel_space.root, 0, 1);
}

void *
space_create(void)
{
	const unsigned k = KERNEL_VA >> 39 & 511;
	struct space *s = sd_alloc(sizeof(*s) +
	    sd_ncpus() * sizeof(s->slot[0]), 64);

	/* the heap is zeroed */
	root_make(&s->top, &s->root);
	s->top[k] = kernel_space.top[k];
	if (mode_has(KMODE_PTI))
		root_make(&s->user_top, &s->user_root);
	s->gen = 1;             /* 0: a slot that was never loaded */
	sd_space_add(s->root, s->user_root, 0);
	return s;
}

static void
tables_free(unsigned long *table, unsigned level, unsigned n)
{
	unsigned i;

	for (i = 0; level > 1 && i < n; i++)
		if (table[i] & PTE_P)
			tables_free(sd_phys_to_virt(table[i] & PTE_ADDR),
			    level - 1, 512);
	sd_frame_free(table);
}

/*
 * The space is loaded nowhere.  What CPUs still hold under its old PCIDs goes
 * when those are given out again, which flushes them.
 */
void
space_destroy(void *space)
{
	struct space *s = space;

	sd_space_remove(s->root);
	tables_free(s->top, 4, 256);
	if (s->user_top)
		sd_frame_free(s->user_top);
}

unsigned long
space_root(void *space)
{
	return space ? ((struct space *)space)->root : kernel_space.root;
}
