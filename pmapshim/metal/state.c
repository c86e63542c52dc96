/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.c: what a run may change, saved once the row is set up and brought back
 * before each run: the object's data, its arena, page tables, what is kept of
 * each processor.
 */
#include "pmapshim/metal/metal.h"

/* As rep movsb is one byte at a time in software. */
static void
copy_words(void *to, const void *from, size_t size)
{
	size_t n = size / 8;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(n) ::
	    "memory");
	memcpy(to, from, size % 8);
}

static void
each_table(char *at, bool save)
{
	for (unsigned n = 0; n < METAL_FRAMES; n++) {
		char *frame = direct(METAL_RAM + n * PAGE);

		if (metal.saved_use[n] == SD_FRAME_DATA ||
		    metal.saved_use[n] == 0) {
			metal_mark(METAL_RAM + n * PAGE,
			    metal.saved_use[n] == 0);
			continue;
		}
		copy_words(save ? at : frame, save ? frame : at, PAGE);
		at += PAGE;
	}
}

static void
save_or_restore(bool save)
{
	char *at = direct(METAL_SAVED), *arena = direct(METAL_ARENA);
	char *data = metal.object_data;

	copy_words(save ? at : data, save ? data : at,
	    metal.object_writable);
	at += (metal.object_writable + PAGE) & ~(PAGE - 1);
	copy_words(save ? at : arena, save ? arena : at,
	    metal.saved_arena_used);
	at += METAL_ARENA_SIZE;
	each_table(at, save);
}

void
metal_save(void)
{
	metal.saved_arena_used = metal.arena_used;
	memcpy(metal.saved_use, metal.use, sizeof(metal.use));
	metal.saved_world = metal.world;
	metal.saved_nwatched = metal.nwatched;
	metal.saved_page = metal.page;
	for (unsigned c = 0; c < metal.ncpus; c++) {
		metal.cpu[c].saved_cr3 = metal.cpu[c].cr3;
		metal.cpu[c].saved_cr4 = metal.cpu[c].cr4;
	}
	save_or_restore(true);
	if (metal.literal)
		literal_keep();
}

static void
restore_cpu(struct metal_cpu *v)
{
	memset(v->pending, 0, sizeof(v->pending));
	memset(v->posted, 0, sizeof(v->posted));
	v->vif = true;
	v->mode = METAL_KERNEL;
	v->windows = v->handlers = 0;
	v->local = v->ops = v->irq = v->spins = 0;
	v->invals = 0;
	v->range.size = 0;
	memset(v->had, 0xff, sizeof(v->had));
	v->held = v->ended = false;
	/* Once in a run, or not at all, it stands still at some step. */
	v->still_at = cpu_random() & 1 ? 0 :
	    1 + (uint32_t)(cpu_random() >> 8) % (v->length + 1);
	v->judged = v->touched = v->looked = 0;
}

void
metal_restore(void)
{
	memcpy(metal.use, metal.saved_use, sizeof(metal.use));
	metal.arena_used = metal.saved_arena_used;
	metal.world = metal.saved_world;
	metal.nwatched = metal.saved_nwatched;
	metal.page = metal.saved_page;
	save_or_restore(false);
	for (unsigned c = 0; c < metal.ncpus; c++)
		restore_cpu(&metal.cpu[c]);
	metal.generation = metal.deferred = metal.touch = 0;
	metal.stales = metal.ended = metal.met = 0;
	metal.abort = false;
	metal.trouble = TROUBLE_NONE;
	if (metal.literal)
		literal_reset();
	operations_reset();
	metal_track_begin();
	metal_turns_begin();
}
