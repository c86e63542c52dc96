/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * access.c: loads, stores and exchanges, through a translation or past it.
 *
 * Translation and access are one event: no interrupt, whose handler might
 * invalidate, comes between them.  A plain store ends in the buffer; what the
 * walker does for it has happened by then.
 */
#include "litmus/run.h"

#include <string.h>

/* ---- stores -------------------------------------------------------------- */

/* The oldest n stores become visible. */
void
access_drain(unsigned cpu, unsigned n)
{
	struct run_cpu *c = &run.cpu[cpu];

	for (; n > 0 && c->buffered > 0; n--) {
		const struct run_buffered b = c->buffer[0];
		struct explore_event e = { 0 };

		if (run.idles > 0) {
			touch_store(&e, b.pa);
			touch_done(&e);
		}
		memmove(c->buffer, c->buffer + 1,
		    --c->buffered * sizeof(b));
		machine_drain(run.m, cpu, 1);
		place_add(b.pa, b.store.value, b.store.id);
	}
	explore_progress();
}

void
access_drain_all(unsigned cpu)
{
	if (run.cpu[cpu].buffered > 0)
		access_drain(cpu, run.cpu[cpu].buffered);
}

static bool
is_full(unsigned cpu)
{
	return run.cpu[cpu].buffered >= RUN_BUFFER;
}

static void
store_plain(const struct run_insn *x, gpa_t pa, uint64_t value)
{
	struct run_cpu *c = &run.cpu[x->cpu];
	uint64_t *p = setup_pointer(pa);

	if (p == NULL)
		return;
	place_begin(pa, *p);
	machine_store_before(run.m, x->cpu, p, 8);
	*p = value;
	machine_store_settle(run.m, x->cpu);
	if (run.config.tso) {
		c->buffer[c->buffered++] =
		    (struct run_buffered){ pa, { value, x->id } };
		return;
	}
	place_add(pa, value, x->id);
	explore_progress();
}

static void
store_locked(const struct run_insn *x, gpa_t pa, uint64_t value)
{
	uint64_t *p = setup_pointer(pa);

	if (p == NULL)
		return;
	place_begin(pa, *p);
	machine_store_locked(run.m, x->cpu, p, value, 8);
	place_add(pa, value, x->id);
	explore_progress();
}

/* ---- what an instruction is ---------------------------------------------- */

enum shape { SHAPE_LOAD, SHAPE_STORE, SHAPE_LOCKED };

static enum shape
shape_of(const struct litmus_insn *i)
{
	switch (i->op) {
	case OP_LOAD:
	case OP_FRAME_LOAD:
	case OP_ENTRY_LOAD:
		return SHAPE_LOAD;
	case OP_STORE:
	case OP_FRAME_STORE:
	case OP_ENTRY_STORE:
		return SHAPE_STORE;
	default:
		return SHAPE_LOCKED;
	}
}

static uint64_t
new_value(const struct litmus_insn *i, uint64_t old)
{
	switch (i->op) {
	case OP_ENTRY_STORE:
	case OP_ENTRY_XCHG:
		return setup_value(&i->entry);
	case OP_ENTRY_CLEAR:
		return old & ~i->entry.flags;
	case OP_ENTRY_SET:
		return old | i->entry.flags;
	default:
		return i->value;
	}
}

static void
act(const struct run_insn *x, gpa_t pa)
{
	const enum shape shape = shape_of(x->i);
	const uint64_t *p = setup_pointer(pa);
	const uint64_t old = p == NULL ? 0 : *p;
	const bool result = shape == SHAPE_LOAD || x->i->op == OP_XCHG ||
	    x->i->op == OP_FRAME_XCHG || x->i->op == OP_ENTRY_XCHG;

	if (shape == SHAPE_STORE)
		store_plain(x, pa, new_value(x->i, old));
	if (shape == SHAPE_LOCKED)
		store_locked(x, pa, new_value(x->i, old));
	if (result)
		run.cpu[x->cpu].reg[x->i->reg] = old;
}

/* What the access touches beyond its translation. */
static void
touch_act(struct explore_event *e, const struct run_insn *x, gpa_t pa)
{
	const enum shape shape = shape_of(x->i);

	if (shape == SHAPE_LOAD)
		touch_load(e, pa);
	else if (shape == SHAPE_LOCKED || !run.config.tso)
		touch_store(e, pa);
}

/* ---- past translation ---------------------------------------------------- */

static gpa_t
physical_of(const struct litmus_insn *i)
{
	if (i->op == OP_FRAME_LOAD || i->op == OP_FRAME_STORE ||
	    i->op == OP_FRAME_XCHG)
		return setup_word(i->frame, i->word);
	return setup_slot(&i->slot);
}

void
access_physical(const struct run_insn *x)
{
	const enum shape shape = shape_of(x->i);
	const gpa_t pa = physical_of(x->i);
	const bool fence = shape == SHAPE_LOCKED ||
	    (shape == SHAPE_STORE && is_full(x->cpu));
	struct explore_event e = { .flags = fence ? EXPLORE_FENCE : 0 };

	touch_act(&e, x, pa);
	touch_point(&e);
	if (fence)
		access_drain_all(x->cpu);
	touch_act(&e, x, pa);   /* by now other bits may be set there */
	touch_now(&e);
	act(x, pa);
}

/* ---- through a translation ----------------------------------------------- */

static bool
writes(const struct run_insn *x)
{
	return shape_of(x->i) != SHAPE_LOAD;
}

static gva_t
virtual_of(const struct run_insn *x)
{
	return run.t->page[x->i->page].va + x->i->word;
}

static unsigned
source_of(const struct run_insn *x, const struct machine_option *o, gpa_t leaf)
{
	const struct run_store *s;

	if (o->fault || leaf == ~0ull)
		return ID_NONE;
	if (o->fill != 0)
		return run.access[o->fill].source;
	if (o->leaf != ~0ull)
		s = place_source(x->cpu, leaf, o->raw, ~0ull);
	else
		s = place_source(x->cpu, leaf, o->t.entry, PTE_ADDR | PTE_P);
	return s == NULL ? ID_NONE : s->id;
}

/* What the conditions may ask about the access. */
static void
note(const struct run_insn *x, const struct machine_option *o, gpa_t leaf)
{
	struct run_access *a = &run.access[x->id];

	*a = (struct run_access){ .done = true, .fault = o->fault,
	    .miss = o->walk && !o->fault,
	    .hit = o->fill != 0 ? o->fill : ID_NONE, .walk = ID_NONE,
	    .source = source_of(x, o, leaf),
	    .frame = o->fault ? ~0u : setup_frame_at(o->pa) };
	if (a->miss && o->leaf != ~0ull)
		a->walk = place_seen(x->cpu, o->leaf)->id;
}

/* A D update of its own for each store, whether or not D is set by then. */
static void
update_always(const struct run_insn *x, gpa_t leaf)
{
	const uint64_t *p = setup_pointer(leaf);

	if (run.t->dirty_always && writes(x) && p != NULL)
		place_add(leaf, *p, x->id | ID_DIRTY);
}

static void
go(const struct run_insn *x, const struct machine_option *o, gpa_t leaf)
{
	gpa_t pa;

	note(x, o, leaf);
	run.writer = run.t->dirty_always ? ID_WALK : x->id;
	pa = machine_use(run.m, x->cpu, virtual_of(x), writes(x), o, x->id);
	run.writer = ID_NONE;
	if (pa == ~0ull)
		return;
	update_always(x, leaf);
	act(x, pa);
}

static void
touch_options(const struct run_insn *x, const struct machine_option *o,
              unsigned n)
{
	const bool dirty = run.t->dirty_always && writes(x);
	struct explore_event e = { 0 };

	touch_walk(&e, x->cpu);
	for (unsigned i = 0; i < n; i++) {
		touch_option(&e, &o[i], dirty);
		if (!o[i].fault)
			touch_act(&e, x, o[i].pa);
	}
	touch_now(&e);
}

/*
 * The walker waits for an own store to the entry that it updates: then the
 * access is a walk after a fence.
 */
void
access_virtual(const struct run_insn *x)
{
	struct machine_option o[MACHINE_MAX_OPTIONS];
	bool fence = shape_of(x->i) == SHAPE_LOCKED ||
	    (writes(x) && is_full(x->cpu)), waited = false;
	unsigned n, k = 0;

	for (;; waited = fence = true) {
		struct explore_event e =
		    { .flags = fence ? EXPLORE_FENCE : 0 };

		touch_walk(&e, x->cpu);
		touch_point(&e);
		if (fence)
			access_drain_all(x->cpu);
		n = machine_options(run.m, x->cpu, virtual_of(x), writes(x),
		    o, MACHINE_MAX_OPTIONS);
		touch_options(x, o, n);
		k = n > 1 && !waited ? explore_pick(n) : 0;
		if (!o[k].waits)
			break;
	}
	go(x, &o[k], o[0].leaf);
}
