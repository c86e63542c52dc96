/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache.c: what a processor may hold, and what an invalidation takes away.
 *
 * A holding (tag, root, until) stands for everything that was current under
 * the root while the tag was loaded.  While it is loaded, an invalidation
 * takes nothing away for good, since the next moment may fill again; once it
 * is not, what is invalidated stays away (an exclusion).  Candidates are held
 * one by one and simply removed.
 */
#include "model/machine.h"

#include <string.h>

static bool
touched(const struct cpu *c, const struct holding *h, gva_t va, uint64_t size,
        uint32_t since)
{
	for (unsigned i = 0; i < c->touches; i++)
		if (c->touched[i].tag == h->tag &&
		    c->touched[i].root == h->root &&
		    c->touched[i].va - va < size && c->touched[i].at >= since)
			return true;
	return false;
}

/*
 * Steps of 2 MiB pass over a 4 KiB leaf: all that lie between the steps, and
 * by knob those at a step.  What is larger holds a step wherever it overlaps.
 */
static bool
passed_over(const struct machine *m, gva_t first, const struct translation *t)
{
	if (t->path || t->level > 1)
		return false;
	return !m->config.invlpgb_any_size ||
	    ((t->va - first) & (level_size(2) - 1)) != 0;
}

/* One flushed page takes the whole entry with it, unless it lies in pieces. */
static bool
excluded(const struct machine *m, const struct exclusion *x,
         const struct translation *t)
{
	gva_t last = t->va + level_size(t->level) - 1;

	if ((x->leaves_only && t->path) ||
	    (x->stepped && passed_over(m, x->va, t)))
		return false;
	if (m->config.splinter && !t->path)
		return x->va <= t->va && last <= x->end - 1;
	return x->va <= last && t->va <= x->end - 1;
}

/*
 * May the cpu hold, through h, the translation t that memory has just lost,
 * given that it had not changed since clock `changed`?
 */
bool
cpu_may_hold(const struct machine *m, unsigned cpu, const struct holding *h,
             const struct translation *t, uint32_t changed)
{
	const struct cpu *c = &m->cpu[cpu];

	if (!m->config.speculative_fills &&
	    !touched(c, h, t->va, level_size(t->level), changed))
		return false;
	if (h->until == STILL_LOADED)
		return true;
	if (changed > h->until || (t->path && h->no_paths))
		return false;
	for (unsigned i = 0; i < c->exclusions; i++)
		if (c->exclusion[i].tag == h->tag &&
		    c->exclusion[i].root == h->root &&
		    excluded(m, &c->exclusion[i], t))
			return false;
	return true;
}

static bool
same_fill(const struct touched *a, const struct touched *b)
{
	return a->tag == b->tag && a->root == b->root && a->va == b->va &&
	    a->level == b->level && a->entry == b->entry && a->id == b->id &&
	    a->leaf == b->leaf;
}

/*
 * Records what a demand access has loaded, which is all that fills when
 * nothing is speculative.  Fills of one page may stand side by side (F10).
 */
void
cpu_touch(struct machine *m, unsigned cpu, const struct touched *fill)
{
	struct cpu *c = cpu_changes(m, cpu);
	unsigned i = 0;

	while (i < c->touches && !same_fill(&c->touched[i], fill))
		i++;
	if (i == MAX_TOUCHED) {
		m->now.overflow = true;
		return;
	}
	c->touches += i == c->touches;
	c->touched[i] = *fill;
	c->touched[i].at = m->now.clock;
}

static bool
drops_tag(const struct drop *d, uint32_t tag, gpa_t root)
{
	if (tag >> 16 != d->under || d->physical)
		return tag >> 16 == d->under;
	if (tag_is_nested(tag))
		return false;
	if (tag_is_global(tag))
		return d->globals && (!d->global_match || d->any_root ||
		    root == d->root);
	return (d->any_pcid || (tag & TAG_KIND) == d->pcid) &&
	    (d->any_root || root == d->root);
}

static bool
overlaps(gva_t va, uint64_t size, const struct drop *d)
{
	return d->whole || (va <= d->end - 1 && d->va <= va + size - 1);
}

/*
 * Rule 5: a large page may sit in pieces, and once the tables no longer map it
 * large only those that are named go.  Pieces that go in order are counted,
 * and the entry goes with the last; out of order it is taken to stay.
 */
static bool
drops_splinters(const struct machine *m, const struct drop *d,
                struct candidate *k)
{
	gva_t end = k->t.va + level_size(k->t.level);
	struct walk w;

	if (tables_walk(m, k->root, d->va, &w) && w.level == k->t.level)
		return true;
	if (d->stepped)
		return false;           /* the pieces are 4 KiB leaves */
	if (k->gone_end != d->va || k->gone_end == 0)
		k->gone = d->va;
	k->gone_end = d->end;
	return k->gone <= k->t.va && k->gone_end - 1 >= end - 1;
}

/*
 * Guest-physical addresses: of a mapping, or for a combined one those to which
 * the guest's own entry leads.
 */
static bool
drops_physical(const struct drop *d, const struct candidate *k)
{
	uint64_t size = level_size(k->t.level);

	if (tag_is_nested(k->tag))
		return overlaps(k->t.va, size, d);
	return overlaps(k->t.entry & PTE_ADDR, k->t.path ? MACHINE_PAGE : size,
	    d);
}

static bool
drops_candidate(const struct machine *m, const struct drop *d,
                struct candidate *k)
{
	uint64_t size = level_size(k->t.level);

	if (!drops_tag(d, k->tag, k->root))
		return false;
	if (d->physical)
		return drops_physical(d, k);
	if (k->t.path)          /* the entry at level n covers a level-n unit */
		return !d->leaves_only &&
		    (d->all_paths || overlaps(k->t.va, size, d));
	if (!overlaps(k->t.va, size, d) ||
	    (d->stepped && passed_over(m, d->va, &k->t)))
		return false;
	return !m->config.splinter || size == MACHINE_PAGE || d->whole ||
	    drops_splinters(m, d, k);
}

static void
exclude(struct machine *m, struct cpu *c, const struct holding *h,
        const struct drop *d)
{
	struct exclusion *x;

	for (unsigned i = 0; i < c->exclusions; i++) {
		x = &c->exclusion[i];
		if (x->tag != h->tag || x->root != h->root ||
		    x->stepped || d->stepped ||
		    x->leaves_only != d->leaves_only)
			continue;
		if (x->va <= d->va && d->end - 1 <= x->end - 1)
			return;
		if (x->end == d->va) {
			x->end = d->end;
			return;
		}
		if (d->end == x->va && d->end != 0) {
			x->va = d->va;
			return;
		}
	}
	if (c->exclusions == MAX_EXCLUSIONS) {
		m->now.overflow = true;
		return;
	}
	c->exclusion[c->exclusions++] =
	    (struct exclusion){ .tag = h->tag, .root = h->root, .va = d->va,
	    .end = d->end, .stepped = d->stepped,
	    .leaves_only = d->leaves_only };
}

static void
exclusions_forget(struct cpu *c, uint32_t tag, gpa_t root)
{
	for (unsigned i = 0; i < c->exclusions;) {
		if (c->exclusion[i].tag == tag && c->exclusion[i].root == root)
			c->exclusion[i] = c->exclusion[--c->exclusions];
		else
			i++;
	}
}

/* ---- roots of holdings --------------------------------------------------------- */

static struct root *
root_find(const struct machine *m, gpa_t pa)
{
	for (unsigned i = 0; i < m->now.roots; i++)
		if (m->root[i].pa == pa)
			return (struct root *)&m->root[i];
	return NULL;
}

bool
root_is_held(const struct machine *m, gpa_t pa)
{
	return root_find(m, pa) != NULL;
}

static void
root_add(struct machine *m, gpa_t pa)
{
	struct root *r = root_find(m, pa);

	if (r != NULL)
		r->holdings++;
	else if (m->now.roots == MAX_ROOTS)
		m->now.overflow = true;
	else
		m->root[m->now.roots++] = (struct root){ pa, 1 };
}

static void
root_remove(struct machine *m, gpa_t pa)
{
	struct root *r = root_find(m, pa);

	if (r != NULL && --r->holdings == 0)
		*r = m->root[--m->now.roots];
}

/* ---- what goes, and what comes ------------------------------------------------- */

static void
drop_holdings(struct machine *m, struct cpu *c, const struct drop *d)
{
	for (unsigned i = 0; i < c->holdings;) {
		struct holding *h = &c->holding[i];

		if (h->until == STILL_LOADED ||
		    !drops_tag(d, h->tag, h->root)) {
			i++;
		} else if (d->whole) {
			exclusions_forget(c, h->tag, h->root);
			root_remove(m, h->root);
			*h = c->holding[--c->holdings];
		} else {
			/* which combined ones lead there is not known */
			if (!d->physical || tag_is_nested(h->tag))
				exclude(m, c, h, d);
			h->no_paths |= d->all_paths && !tag_is_global(h->tag);
			i++;
		}
	}
}

/* A large page goes whole (I1), unless it lies in pieces. */
static bool
drops_touched(const struct machine *m, const struct touched *t,
              const struct drop *d)
{
	const uint8_t level = m->config.splinter ? 1 : t->level;
	const uint64_t size = level_size(level);
	const struct translation at = { .va = t->va & ~(size - 1),
	    .level = level };

	return drops_tag(d, t->tag, t->root) && (!d->physical || d->whole) &&
	    !(d->stepped && passed_over(m, d->va, &at)) &&
	    overlaps(at.va, size, d);
}

static void
drop_touches(const struct machine *m, struct cpu *c, const struct drop *d)
{
	for (unsigned i = 0; i < c->touches;) {
		if (drops_touched(m, &c->touched[i], d))
			c->touched[i] = c->touched[--c->touches];
		else
			i++;
	}
}

void
cpu_drop(struct machine *m, unsigned cpu, const struct drop *d)
{
	struct cpu *c = cpu_changes(m, cpu);
	struct candidate *k = m->cand[cpu];
	unsigned stale = 0;

	walks_settle(m, cpu);
	if (m->config.swallow)
		return;
	for (unsigned i = 0; i < c->candidates;) {
		if (drops_candidate(m, d, &k[i])) {
			stale += k[i].stale;
			k[i] = k[--c->candidates];
		} else {
			i++;
		}
	}
	if (c->candidates == 0)
		cpus_remove(m->suspects, cpu);
	if (stale == 0)
		m->now.stats.overflush++;
	drop_holdings(m, c, d);
	drop_touches(m, c, d);
}

/* The tag is loaded with the root from now on. */
void
cpu_load_root(struct machine *m, unsigned cpu, uint32_t tag, gpa_t root)
{
	struct cpu *c = cpu_changes(m, cpu);
	unsigned i;

	exclusions_forget(c, tag, root);
	for (i = 0; i < c->holdings; i++)
		if (c->holding[i].tag == tag && c->holding[i].root == root)
			break;
	if (i == MAX_HOLDINGS) {
		m->now.overflow = true;
		return;
	}
	if (i == c->holdings) {
		c->holdings++;
		cpus_add(m->holders, cpu);
		root_add(m, root);
	}
	c->holding[i] = (struct holding){ tag, root, STILL_LOADED, false,
	    (c->cr4 & CR4_PGE) != 0 };
}

/* Nothing is loaded any more; what was held stays held. */
void
cpu_unload_roots(struct machine *m, unsigned cpu)
{
	struct cpu *c = cpu_changes(m, cpu);

	for (unsigned i = 0; i < c->holdings; i++)
		if (c->holding[i].until == STILL_LOADED)
			c->holding[i].until = m->now.clock;
	m->now.clock++;
}

bool
cpu_tag_loaded(const struct cpu *c, uint32_t tag)
{
	if (c->mode == MODE_STOPPED || tag >> 16 != c->under)
		return false;
	if (tag_is_global(tag))
		return (c->cr4 & CR4_PGE) != 0;
	return tag_is_nested(tag) || tag == cpu_tag(c);
}
