/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tables.c: walks, and who reaches a page-table page.
 *
 * Every page-table page knows which entries point to it, so that a store can
 * be turned into linear addresses from below, without searching the tables.
 * Self-map (recursive) entries are followed if the configuration says so: then
 * one page serves at several levels (F9, SDM 3A 4.10.3.3).
 */
#include "model/machine.h"

#include <string.h>

static uint64_t
entry_at(const struct machine *m, unsigned frame, unsigned index)
{
	uint64_t e;

	memcpy(&e, m->ram + frame * MACHINE_PAGE + index * 8, sizeof(e));
	return entry_meaning(m, frame, e);
}

/* The frame of RAM that the entry points to, or -1. */
static int
entry_frame(uint64_t e)
{
	uint64_t off = (e & PTE_ADDR) - MACHINE_RAM_BASE;

	if (!(e & PTE_P) || (e & PTE_PS) ||
	    off >= MACHINE_MAX_FRAMES * MACHINE_PAGE)
		return -1;
	return (int)(off / MACHINE_PAGE);
}

/* The same if it is a page-table page. */
static int
entry_child(const struct machine *m, uint64_t e)
{
	int f = entry_frame(e);

	return f >= 0 && m->frame[f].use == FRAME_TABLE ? f : -1;
}

static void
link_add(struct machine *m, unsigned child, uint32_t where)
{
	struct frame *f = &m->frame[child];

	if (where / MACHINE_PAGE == child && !m->config.self_maps)
		return;
	frame_dirty(m, child);
	if (f->parents == MAX_PARENTS) {
		m->now.overflow = true;
		return;
	}
	f->parent[f->parents++] = where;
}

static void
link_remove(struct machine *m, unsigned child, uint32_t where)
{
	struct frame *f = &m->frame[child];

	for (unsigned i = 0; i < f->parents; i++)
		if (f->parent[i] == where) {
			frame_dirty(m, child);
			f->parent[i] = f->parent[--f->parents];
			return;
		}
}

/* The entry changed: keep the links of the pages below. */
void
tables_relink(struct machine *m, unsigned frame, unsigned index, uint64_t old,
              uint64_t new)
{
	uint32_t where = (uint32_t)(frame * MACHINE_PAGE + index * 8);
	/* the page may have been freed before the entry was cleared */
	int a = entry_frame(old), b = entry_child(m, new);

	if (a == b)
		return;
	if (a >= 0)
		link_remove(m, (unsigned)a, where);
	if (b >= 0)
		link_add(m, (unsigned)b, where);
}

/* The page is about to be zeroed for a new use. */
void
tables_unlink_all(struct machine *m, unsigned frame)
{
	if (m->frame[frame].log_head == PTE_STORES_NONE)
		return;                 /* never had an entry */
	for (unsigned i = 0; i < 512; i++) {
		uint64_t e = entry_at(m, frame, i);

		if (e & PTE_P)
			tables_relink(m, frame, i, e, 0);
	}
}

/* Clock of the last visible store to the entry; 0: none that is logged. */
uint32_t
tables_changed(const struct machine *m, unsigned frame, unsigned index)
{
	uint16_t i = m->frame[frame].log_head;

	for (; i != PTE_STORES_NONE; i = m->log[i].prev)
		if (m->log[i].index == index)
			return m->log[i].clock;
	return 0;
}

/* Rights accumulate downwards: AND of W and U, OR of NX (F1, SDM 3A 4.6). */
uint64_t
entry_effective(uint64_t rights, uint64_t entry, unsigned level)
{
	uint64_t mask = ~(level_size(level) - 1) & PTE_ADDR;
	uint64_t attr = PTE_P | PTE_PWT | PTE_PCD | PTE_A | PTE_D | PTE_G |
	    PTE_PK;
	uint64_t pat = entry & 1ull << 12 ? PTE_PAT : 0;

	if (level == 1)
		return (entry & (attr | PTE_ADDR | PTE_PAT | PTE_NX |
		    (rights & (PTE_W | PTE_U)))) | (rights & PTE_NX);
	return (entry & attr) | (entry & mask) | pat |
	    (entry & rights & (PTE_W | PTE_U)) | ((entry | rights) & PTE_NX);
}

struct climb {
	struct use *uses;
	unsigned count;
	uint32_t chain[4];      /* entries from the page upwards */
};

/* A chain of n entries ends at a root: describe what it means. */
static void
climb_found(struct machine *m, struct climb *k, unsigned n, gpa_t root)
{
	const unsigned top = top_level(m);
	struct use *u;

	if (k->count == MAX_USES) {
		m->now.overflow = true;
		return;
	}
	u = &k->uses[k->count++];
	*u = (struct use){ .root = root, .level = (uint8_t)(top - n),
	    .unused = unused_bits(m),
	    .accessed = true, .rights = PTE_P | PTE_W | PTE_U };
	for (unsigned i = n; i-- > 0;) {
		unsigned frame = k->chain[i] / MACHINE_PAGE;
		unsigned index = k->chain[i] % MACHINE_PAGE / 8;
		uint64_t e = entry_at(m, frame, index);
		uint32_t changed = tables_changed(m, frame, index);
		unsigned level = top - n + i + 1;

		u->base |= (gva_t)index << (12 + 9 * (level - 1));
		u->accessed &= (e & PTE_A) != 0;
		u->rights = rights_below(u->rights, e);
		if (changed > u->changed)
			u->changed = changed;
	}
	u->base = extended(u->base, u->unused);
}

static void
climb(struct machine *m, struct climb *k, unsigned frame, unsigned n)
{
	gpa_t pa = MACHINE_RAM_BASE + frame * MACHINE_PAGE;

	if (root_is_held(m, pa))
		climb_found(m, k, n, pa);
	if (n == top_level(m) - 1)
		return;
	for (unsigned i = 0; i < m->frame[frame].parents; i++) {
		k->chain[n] = m->frame[frame].parent[i];
		climb(m, k, k->chain[n] / MACHINE_PAGE, n + 1);
	}
}

unsigned
tables_uses(struct machine *m, unsigned frame, struct use uses[MAX_USES])
{
	struct climb k = { .uses = uses };

	climb(m, &k, frame, 0);
	return k.count;
}

/* F1: W, U and A count if all entries have them, NX if any does. */
void
tables_walk_from(const struct machine *m, const struct start *s, gva_t va,
                 struct walk *ret)
{
	uint64_t all = s->rights | ~(PTE_W | PTE_U), any = s->rights, e;
	char *page = page_at(m, s->table);
	unsigned level = s->level;

	ret->eff = 0;
	ret->entry = NULL;
	ret->present = false;
	ret->top = (uint8_t)level;
	for (; page != NULL; level--) {
		ret->entry = ret->upper[level] =
		    page + (va >> (9 * level + 3) & 511) * 8;
		memcpy(&e, ret->entry, sizeof(e));
		e = entry_meaning(m, ram_frame(m, page), e);
		if (!(e & PTE_P))
			break;
		all &= e;
		if (entry_is_leaf(e, level)) {
			ret->eff = entry_effective((all & (PTE_W | PTE_U)) |
			    (any & PTE_NX), e, level) +
			    (va & (level_size(level) - 1) &
			    ~(MACHINE_PAGE - 1));
			ret->raw = e;
			ret->present = true;
			break;
		}
		any |= e;
		page = page_at(m, e & PTE_ADDR);
	}
	ret->level = (uint8_t)level;
	ret->accessed = (all & PTE_A) != 0;
}

bool
tables_walk(const struct machine *m, gpa_t root, gva_t va, struct walk *ret)
{
	const struct start s = { root, (uint8_t)top_level(m),
	    PTE_P | PTE_W | PTE_U };

	tables_walk_from(m, &s, va, ret);
	return ret->present;
}

void
tables_below(struct machine *m, const struct use *top, unsigned frame,
             entry_fn *fn, void *arg)
{
	for (unsigned i = 0; i < 512; i++) {
		uint64_t e = entry_at(m, frame, i);
		struct use below = *top;
		uint32_t changed;
		int child;

		if (!(e & PTE_P))
			continue;
		changed = tables_changed(m, frame, i);
		if (changed > below.changed)
			below.changed = changed;
		fn(m, &below, i, e, arg);
		if (entry_is_leaf(e, top->level))
			continue;
		child = entry_child(m, e);
		if (child < 0 ||
		    (child == (int)frame && !m->config.self_maps))
			continue;
		below.level--;
		below.base = entry_va(top, i);
		below.accessed &= (e & PTE_A) != 0;
		below.rights = rights_below(top->rights, e);
		tables_below(m, &below, (unsigned)child, fn, arg);
	}
}
