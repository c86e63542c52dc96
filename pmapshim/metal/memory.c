/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c: the kernel's physical memory: frames and a heap, seen through the
 * guest's own mapping of all memory.
 *
 * A frame that is free, or holds data, carries its number (witness.c).
 */
#include "pmapshim/metal/metal.h"

enum { FREE_FRAME = 0 };                /* otherwise enum sd_frame */

static volatile char lock;

static uint64_t
frame_at(unsigned number)
{
	return METAL_RAM + number * PAGE;
}

static void
give(unsigned number, enum sd_frame use)
{
	memset(direct(frame_at(number)), 0, PAGE);
	if (use == SD_FRAME_DATA)
		metal_mark(frame_at(number), false);
	metal.use[number] = (uint8_t)use;
}

/* The first of `count` free ones side by side, at a multiple of count. */
static unsigned
find_free(unsigned count)
{
	for (unsigned n = 0; n + count <= METAL_FRAMES; n += count)
		if (metal.use[n] == FREE_FRAME &&
		    metal.use[n + count - 1] == FREE_FRAME)
			return n;
	return METAL_FRAMES;
}

static void *
alloc(enum sd_frame use, unsigned count)
{
	unsigned n;

	metal_point();
	lock_take(&lock);
	n = find_free(count);
	for (unsigned i = 0; i < count && n < METAL_FRAMES; i++)
		give(n + i, use);
	lock_drop(&lock);
	if (n == METAL_FRAMES)
		metal_stop(TROUBLE_ASSERTION,
		    "the machine has no free page left");
	return direct(frame_at(n));
}

void *
sd_frame_alloc(enum sd_frame use)
{
	return alloc(use, 1);
}

void *
sd_frame_alloc_pair(void)
{
	return alloc(SD_FRAME_TABLE, 2);
}

void
sd_frame_free(void *frame)
{
	const uint64_t pa = sd_virt_to_phys(frame);

	metal_point();
	if (pa - METAL_RAM >= METAL_RAM_SIZE)
		metal_stop(TROUBLE_STRAY, "frees what is no frame");
	lock_take(&lock);
	metal_mark(pa, true);
	metal.use[(pa - METAL_RAM) / PAGE] = FREE_FRAME;
	lock_drop(&lock);
	metal_track();
	metal_dead_frame(pa);
	metal_contract();
}

unsigned long
sd_virt_to_phys(const void *p)
{
	return (uint64_t)(uintptr_t)p - KERNEL_BASE;
}

void *
sd_phys_to_virt(unsigned long pa)
{
	return direct(pa);
}

unsigned long
sd_walk_read(const unsigned long *entry)
{
	const uint64_t pa = sd_virt_to_phys(entry);

	metal_point();
	if (pa - METAL_RAM >= METAL_RAM_SIZE ||
	    metal.use[(pa - METAL_RAM) / PAGE] != SD_FRAME_TABLE)
		metal_stop(TROUBLE_STRAY, "a walk of the tables reads a page "
		    "that is no page table any more");
	return *(const volatile unsigned long *)entry;
}

void *
sd_alloc(unsigned long size, unsigned long align)
{
	char *p;
	size_t at;

	lock_take(&lock);
	at = (metal.arena_used + align - 1) & ~(align - 1);
	if (align == 0 || at + size > METAL_ARENA_SIZE) {
		lock_drop(&lock);
		return NULL;
	}
	metal.arena_used = at + size;
	lock_drop(&lock);
	p = (char *)direct(METAL_ARENA) + at;
	memset(p, 0, size);
	return p;
}
