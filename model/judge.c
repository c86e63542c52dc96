/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge.c: is a cached translation stale?  Judged page by page against what a
 * walk finds now (R4-R7 of docs/semantics.md); gained rights are no fault.
 * The answer is a set of WRONG_ bits, so that a later store that makes a stale
 * translation worse can be told from one that has nothing to do with it.
 */
#include "model/machine.h"

#include <string.h>

static unsigned
wrong_page(uint64_t cached, const struct walk *w)
{
	uint64_t now = w->eff, lost = cached & ~now;
	unsigned wrong = 0;

	if (!w->present || ((cached ^ now) & PTE_ADDR))
		return WRONG_ALL;
	if ((cached ^ now) & (PTE_PWT | PTE_PCD | PTE_PAT | PTE_PK))
		wrong |= WRONG_ATTR;
	if (lost & PTE_U)
		wrong |= WRONG_U;
	if (lost & PTE_G)
		wrong |= WRONG_G;
	if (~cached & now & PTE_NX)
		wrong |= WRONG_NX;
	/* R4: through a clean entry a write walks again */
	if ((cached & (PTE_W | PTE_D)) == (PTE_W | PTE_D))
		wrong |= lost & PTE_W ? WRONG_W : lost & PTE_D ? WRONG_D : 0;
	return wrong;
}

static unsigned
wrong_leaf(const struct machine *m, gpa_t root, const struct translation *t)
{
	uint64_t size = level_size(t->level), step;
	unsigned wrong = 0;

	for (uint64_t off = 0; off < size; off += step) {
		struct walk w;

		(void)tables_walk(m, root, t->va + off, &w);
		wrong |= wrong_page(t->entry + off, &w);
		step = level_size(w.level);
		if (wrong == WRONG_ALL)
			break;
	}
	return wrong;
}

/* The effective non-leaf entry at `level` that leads to va; 0: none. */
static uint64_t
upper_entry(const struct machine *m, gpa_t root, gva_t va, unsigned level)
{
	uint64_t rights = PTE_P | PTE_W | PTE_U, accessed = PTE_A, e = 0;
	gpa_t table = root;

	for (unsigned l = top_level(m); l >= level; l--) {
		const char *page = machine_ptr(m, table);

		if (page == NULL)
			return 0;
		memcpy(&e, page + (va >> (12 + 9 * (l - 1)) & 511) * 8, 8);
		e = entry_meaning(m, ram_frame(m, page), e);
		if (!(e & PTE_P) || entry_is_leaf(e, l))
			return 0;
		rights = rights_below(rights, e);
		accessed &= e;
		table = e & PTE_ADDR;
	}
	return (e & PTE_ADDR) | accessed |
	    (rights & (PTE_P | PTE_W | PTE_U | PTE_NX));
}

static unsigned
wrong_path(const struct machine *m, gpa_t root, const struct translation *t)
{
	uint64_t now = upper_entry(m, root, t->va, t->level);
	uint64_t lost = t->entry & ~now;

	if (!(now & PTE_P) || ((now ^ t->entry) & PTE_ADDR))
		return WRONG_ALL;
	return (lost & PTE_W ? WRONG_W : 0) | (lost & PTE_U ? WRONG_U : 0) |
	    (~t->entry & now & PTE_NX ? WRONG_NX : 0);
}

unsigned
judge_translation(const struct machine *m, gpa_t root,
                  const struct translation *t)
{
	return t->path ? wrong_path(m, root, t) : wrong_leaf(m, root, t);
}

/*
 * A global entry outlives the root under which it was filled, and a PTI user
 * root lacks most of the kernel: where the kernel has told its own root, that
 * one decides.
 */
static gpa_t
judge_root(const struct machine *m, unsigned cpu, const struct candidate *k)
{
	if (!tag_is_global(k->tag) || k->t.va < m->kernel_start)
		return k->root;
	for (unsigned i = 0; i < m->now.spaces; i++)
		if (m->now.space[i].kind == SPACE_KERNEL)
			return m->now.space[i].root;
	return machine_frame_use(m, k->root) == FRAME_TABLE ? k->root :
	    cpu_root(&m->cpu[cpu]);
}

unsigned
judge_candidate(const struct machine *m, unsigned cpu,
                const struct candidate *k)
{
	return judge_translation(m, judge_root(m, cpu, k), &k->t);
}

bool
judge_fills(const struct machine *m, gpa_t root, const struct translation *t)
{
	struct walk w;

	if (t->path)
		return (upper_entry(m, root, t->va, t->level) & PTE_A) != 0;
	return tables_walk(m, root, t->va, &w) && w.accessed &&
	    w.level == t->level && t->global == ((w.eff & PTE_G) != 0);
}

bool
judge_gained(const struct machine *m, gpa_t root, const struct translation *t)
{
	uint64_t now;
	struct walk w;

	if (t->path) {
		now = upper_entry(m, root, t->va, t->level);
	} else {
		(void)tables_walk(m, root, t->va, &w);
		now = w.eff;
	}
	return (now & ~t->entry & (PTE_W | PTE_U)) ||
	    (now != 0 && (t->entry & ~now & PTE_NX));
}

/* What the entry says to a walk that comes to it by way of u. */
struct translation
translation_of(const struct use *u, unsigned index, uint64_t entry)
{
	struct translation t = { .va = entry_va(u, index), .level = u->level };

	if (entry_is_leaf(entry, u->level)) {
		t.global = (entry & PTE_G) != 0;
		t.entry = entry_effective(u->rights, entry, u->level);
	} else {
		t.path = true;
		t.entry = (entry & PTE_ADDR) | PTE_P |
		    (rights_below(u->rights, entry) &
		    (PTE_W | PTE_U | PTE_NX));
	}
	return t;
}
