/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * access.c: what an access may be translated with, and what it then does.
 *
 * A demand walk in the cpu's own view; a cached translation that an earlier
 * walk of its own has loaded; with speculative fills also whatever may have
 * been loaded unasked: what memory says now, with any part of the cpu's own
 * buffer (R8), what other roots of its tags say, and the candidates.  A stale
 * path is walked on from its table as memory is now (R6, F8).
 */
#include "model/machine.h"

#include <string.h>

/* ---- walking ------------------------------------------------------------- */

/* Level 0: from the root of the present context. */
static void
walk_own(const struct machine *m, unsigned cpu, const struct start *s,
         gva_t va, struct walk *ret)
{
	if (s->level == 0)
		(void)tables_walk(m, cpu_root(&m->cpu[cpu]), va, ret);
	else
		tables_walk_from(m, s, va, ret);
}

/* ---- A and D ------------------------------------------------------------- */

/* How many of the cpu's oldest stores include all those to the entry. */
static unsigned
stores_up_to(const struct cpu *c, const char *entry)
{
	unsigned n = c->buffered;

	while (n > 0 && ((uintptr_t)c->buffer[n - 1].addr & ~(uintptr_t)7) !=
	    (uintptr_t)entry)
		n--;
	return n;
}

/*
 * The walker's locked update (SDM 3A 4.8).  It does not wait for the cpu's
 * buffered stores, but for those to the entry itself.
 */
static void
set_bits(struct machine *m, unsigned cpu, char *entry, uint64_t bits)
{
	struct cpu *c = cpu_changes(m, cpu);
	bool shown = c->shown;
	uint64_t e;

	memcpy(&e, entry, sizeof(e));
	if ((e & bits) == bits)
		return;
	machine_drain(m, cpu, stores_up_to(c, entry));
	if (shown)
		machine_hide(m, cpu);   /* the oracle looks at memory */
	memcpy(&e, entry, sizeof(e));
	line_dirty(m, entry);
	*(uint64_t *)(void *)entry = e | bits;
	oracle_store(m, cpu, entry, e, e | bits, NULL);
	if (shown)
		machine_show(m, cpu);
}

static uint64_t
bits_wanted(const struct walk *w, unsigned level, bool write)
{
	return write && level == w->level ? PTE_A | PTE_D : PTE_A;
}

static void
set_all_bits(struct machine *m, unsigned cpu, const struct walk *w, bool write)
{
	for (unsigned level = w->top; level >= w->level; level--)
		set_bits(m, cpu, w->upper[level],
		    bits_wanted(w, level, write));
}

/* The translation that the walk found goes into the cache. */
static void
fill(struct machine *m, unsigned cpu, gva_t va, const struct walk *w,
     unsigned id)
{
	const struct cpu *c = &m->cpu[cpu];
	uint64_t e;
	struct touched t = { .root = cpu_root(c), .id = id,
	    .va = va & ~(MACHINE_PAGE - 1), .level = w->level,
	    .leaf = machine_gpa(m, w->entry) };

	memcpy(&e, w->entry, sizeof(e));
	t.entry = w->eff | (e & (PTE_A | PTE_D));
	t.tag = (w->eff & PTE_G) && (c->cr4 & CR4_PGE) ?
	    TAG_GLOBAL | (uint32_t)c->under << 16 : cpu_tag(c);
	cpu_touch(m, cpu, &t);
}

static gpa_t
walked(struct machine *m, unsigned cpu, gva_t va, bool write,
       const struct walk *w, unsigned id)
{
	if (!w->accessed || (write && !(w->raw & PTE_D)))
		set_all_bits(m, cpu, w, write);
	if (!m->config.speculative_fills || m->config.fills)
		fill(m, cpu, va, w, id);
	machine_emit(m, EVENT_ACCESS, cpu, va, write, w->eff, 0);
	return (w->eff & PTE_ADDR) | (va & (MACHINE_PAGE - 1));
}

gpa_t
machine_access(struct machine *m, unsigned cpu, gva_t va, bool write)
{
	const struct candidate *through = NULL;
	struct walk w;

	machine_store_settle(m, cpu);
	walks_settle(m, cpu);
	if (m->cpu[cpu].candidates > 0)
		through = oracle_access(m, cpu, va, write);
	if (tables_walk(m, cpu_root(&m->cpu[cpu]), va, &w) &&
	    !cpu_refuses(&m->cpu[cpu], w.eff, write))
		return walked(m, cpu, va, write, &w, 0);
	if (through == NULL) {
		cpu_page_fault(m, cpu, va);
		return ~0ull;
	}
	machine_emit(m, EVENT_ACCESS, cpu, va, write, through->t.entry, 0);
	return (through->t.entry & PTE_ADDR) + (va - through->t.va);
}

/* ---- options ------------------------------------------------------------- */

struct options {
	struct machine *m;
	unsigned cpu;
	gva_t va;
	bool write;
	struct machine_option *list;
	unsigned count, max;
};

static bool
same_option(const struct options *q, const struct machine_option *a,
            const struct machine_option *b)
{
	if (a->fault != b->fault || a->pa != b->pa || a->waits != b->waits ||
	    a->updates != b->updates || (a->updates && a->leaf != b->leaf))
		return false;
	return !q->m->config.provenance || (a->walk == b->walk &&
	    a->fill == b->fill && a->leaf == b->leaf && a->raw == b->raw &&
	    a->t.entry == b->t.entry);
}

static void
option_add(struct options *q, const struct machine_option *o)
{
	for (unsigned i = 0; i < q->count; i++)
		if (same_option(q, &q->list[i], o))
			return;
	if (q->count == q->max)
		q->m->now.overflow = true;
	else
		q->list[q->count++] = *o;
}

static gpa_t
reached(const struct options *q, uint64_t eff)
{
	return (eff & PTE_ADDR) | (q->va & (MACHINE_PAGE - 1));
}

static void
found_by(const struct options *q, const struct walk *w,
         struct machine_option *o)
{
	o->leaf = w->entry == NULL ? ~0ull : machine_gpa(q->m, w->entry);
	if (w->entry != NULL)
		memcpy(&o->raw, w->entry, sizeof(o->raw));
	o->t = (struct translation){ .va = q->va & ~(MACHINE_PAGE - 1),
	    .level = w->level, .global = (w->eff & PTE_G) != 0,
	    .entry = w->eff };
	o->pa = reached(q, w->eff);
}

/* A demand walk, from the root or on from a stale path. */
static void
option_walk(struct options *q, const struct start *s)
{
	const struct cpu *c = &q->m->cpu[q->cpu];
	struct machine_option o = { .walk = true, .table = s->table,
	    .level = s->level, .rights = s->rights };
	struct walk w;

	walk_own(q->m, q->cpu, s, q->va, &w);
	found_by(q, &w, &o);
	o.fault = !w.present || cpu_refuses(c, w.eff, q->write);
	if (o.fault)
		o.pa = ~0ull;
	for (unsigned l = w.top; l >= w.level && !o.fault; l--) {
		uint64_t bits = bits_wanted(&w, l, q->write), e;

		memcpy(&e, w.upper[l], sizeof(e));
		if ((e & bits) == bits)
			continue;
		o.updates = true;
		o.upper |= l > w.level;
		o.waits |= stores_up_to(c, w.upper[l]) > 0;
	}
	option_add(q, &o);
}

/*
 * A cached translation is used: a write through a clean one walks (R4), and
 * one that lacks a right makes a fault, however spurious (O3).
 */
static void
option_hit(struct options *q, struct machine_option *o)
{
	const struct cpu *c = &q->m->cpu[q->cpu];

	o->fault = cpu_refuses(c, o->t.entry, q->write);
	if (!o->fault && q->write && !(o->t.entry & PTE_D))
		return;
	o->pa = o->fault ? ~0ull : reached(q, o->t.entry);
	option_add(q, o);
}

static void
options_fills(struct options *q)
{
	const struct cpu *c = &q->m->cpu[q->cpu];

	for (unsigned i = 0; i < c->touches; i++) {
		const struct touched *t = &c->touched[i];
		uint64_t size = level_size(t->level);
		struct machine_option o = { .fill = t->id, .leaf = t->leaf };

		if (((t->va ^ q->va) & ~(size - 1)) != 0 ||
		    !cpu_tag_loaded(c, t->tag))
			continue;
		o.t = (struct translation){ .level = t->level,
		    .va = q->va & ~(MACHINE_PAGE - 1),
		    .global = tag_is_global(t->tag),
		    .entry = (t->entry & ~(PTE_ADDR & (size - 1))) |
		    (q->va & (size - 1) & PTE_ADDR) };
		option_hit(q, &o);
	}
}

static uint32_t
walk_changed(const struct machine *m, const struct walk *w)
{
	uint32_t last = 0;

	for (unsigned level = w->top; level >= w->level; level--) {
		const char *e = w->upper[level];
		uint32_t at = tables_changed(m, ram_frame(m, e),
		    (unsigned)((uintptr_t)e % MACHINE_PAGE / 8));

		last = at > last ? at : last;
	}
	return last;
}

/* What a speculative fill finds under a root that a usable tag was under. */
static void
option_filled(struct options *q, const struct holding *h)
{
	const struct cpu *c = &q->m->cpu[q->cpu];
	struct machine_option o = { 0 };
	struct translation t;
	struct walk w;
	bool global;

	if (!tables_walk(q->m, h->root, q->va, &w) || !w.accessed)
		return;
	global = (w.eff & PTE_G) && (c->cr4 & CR4_PGE);
	found_by(q, &w, &o);
	t = o.t;
	t.va &= ~(level_size(w.level) - 1);
	if (tag_is_global(h->tag) != global ||
	    (h->until != STILL_LOADED &&
	    !cpu_may_hold(q->m, q->cpu, h, &t, walk_changed(q->m, &w))))
		return;
	option_hit(q, &o);
}

static void
options_memory(struct options *q)
{
	const struct cpu *c = &q->m->cpu[q->cpu];

	for (unsigned i = 0; i < c->holdings; i++)
		if (!tag_is_nested(c->holding[i].tag) &&
		    cpu_tag_loaded(c, c->holding[i].tag))
			option_filled(q, &c->holding[i]);
}

/*
 * In memory, and with each prefix of the cpu's own stores applied, since the
 * fill may have been made at any time.
 */
static void
options_views(struct options *q)
{
	struct cpu *c = cpu_changes(q->m, q->cpu);
	bool shown = c->shown;

	if (c->tables_buffered == 0) {
		options_memory(q);
		return;
	}
	if (shown)
		machine_hide(q->m, q->cpu);
	options_memory(q);
	for (unsigned i = 0; i < c->buffered; i++) {
		struct store *s = &c->buffer[i];

		s->old = 0;
		memcpy(&s->old, s->addr, s->size);
		memcpy(s->addr, &s->new, s->size);
		if (s->table)
			options_memory(q);
	}
	c->shown = true;
	if (!shown)
		machine_hide(q->m, q->cpu);
}

static void
options_candidates(struct options *q)
{
	const struct cpu *c = &q->m->cpu[q->cpu];

	for (unsigned i = 0; i < c->candidates; i++) {
		const struct candidate *k = &q->m->cand[q->cpu][i];
		struct machine_option o = { .t = k->t, .leaf = ~0ull };

		if (q->va - k->t.va >= level_size(k->t.level) ||
		    tag_is_nested(k->tag) || !cpu_tag_loaded(c, k->tag))
			continue;
		if (k->t.path) {
			option_walk(q, &(struct start){ k->t.entry & PTE_ADDR,
			    k->t.level - 1, k->t.entry & ~PTE_ADDR });
			continue;
		}
		if (!q->m->config.speculative_fills)
			continue;       /* an own fill says it better */
		o.t.va = q->va & ~(MACHINE_PAGE - 1);
		o.t.entry += o.t.va - k->t.va;
		option_hit(q, &o);
	}
}

unsigned
machine_options(struct machine *m, unsigned cpu, gva_t va, bool write,
                struct machine_option *ret, unsigned max)
{
	struct options q = { m, cpu, va, write, ret, 0, max };

	machine_store_settle(m, cpu);
	option_walk(&q, &(struct start){ 0 });
	options_fills(&q);
	if (m->config.speculative_fills)
		options_views(&q);
	options_candidates(&q);
	return q.count;
}

gpa_t
machine_use(struct machine *m, unsigned cpu, gva_t va, bool write,
            const struct machine_option *o, unsigned fill_id)
{
	const struct start s = { o->table, o->level, o->rights };
	struct walk w;

	if (o->fault) {
		cpu_page_fault(m, cpu, va);
		return ~0ull;
	}
	if (o->walk) {
		walk_own(m, cpu, &s, va, &w);
		return walked(m, cpu, va, write, &w, fill_id);
	}
	machine_emit(m, EVENT_ACCESS, cpu, va, write, o->t.entry, 0);
	return o->pa;
}
