/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elts_order: a program executed one event after the other, without store
 * buffers and with a walk wherever the program says {miss}.  What that shows
 * is permitted on every machine, so a test of the program can require it.
 */
#include <string.h>

#include "litmus/elts.h"

struct word {                   /* one location: data of a frame, or a PTE */
	const char *name;
	unsigned value;         /* data */
	const char *frame;      /* PTE: what it maps ... */
	unsigned source;        /* ... by whose store */
	struct elt_event writer;
};

struct entry {                  /* of a TLB: of one page on one thread */
	const char *page;
	unsigned thread, loader, source;
	const char *frame;
};

struct order {
	const struct elts_program *p;
	struct elts_outcome *o;
	bool done[ELTS_MAX];
	struct word data[2 * ELTS_MAX], pte[ELTS_MAX];
	unsigned datas, ptes;
	struct entry tlb[ELTS_MAX * LITMUS_MAX_CPUS];
	unsigned entries;
};

/* The location of the name; it begins as it is in the start state. */
static struct word *
find_word(struct word *list, unsigned *count, const char *name)
{
	for (unsigned i = 0; i < *count; i++) {
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	}
	list[*count] = (struct word){ .name = name, .frame = name };
	return &list[(*count)++];
}

static struct entry *
find_entry(struct order *s, const struct elt *e)
{
	for (unsigned i = 0; i < s->entries; i++) {
		if (s->tlb[i].thread == e->thread &&
		    strcmp(s->tlb[i].page, e->page) == 0)
			return &s->tlb[i];
	}
	return NULL;
}

static void
say(struct order *s, enum elt_atom_kind kind, struct elt_event a,
    struct elt_event b)
{
	if (s->o->count < ELTS_MAX_ATOMS)
		s->o->atom[s->o->count++] = (struct elt_atom){ kind, a, b };
}

/* A write, which comes after the one before it. */
static void
write_word(struct order *s, struct word *w, unsigned number, bool dirty)
{
	const struct elt_event e = { number, dirty };

	if (w->writer.number != 0)
		say(s, ELT_ORDER, w->writer, e);
	w->writer = e;
}

/* ---- events -------------------------------------------------------------- */

static bool
has_wpte(const struct elts_program *p)
{
	for (unsigned i = 0; i < p->count; i++) {
		if (p->elt[i].kind == ELT_WPTE)
			return true;
	}
	return false;
}

static struct entry *
walk(struct order *s, const struct elt *e)
{
	const struct word *const pte = find_word(s->pte, &s->ptes, e->page);
	struct entry *t = find_entry(s, e);

	if (t == NULL)
		t = &s->tlb[s->entries++];
	*t = (struct entry){ e->page, e->thread, e->number, pte->source,
		pte->frame };
	say(s, ELT_WALK, (struct elt_event){ e->number, false }, pte->writer);
	return t;
}

/* The entry that the access uses, told as the program wants it. */
static const struct entry *
translate(struct order *s, const struct elt *e)
{
	const struct elt_event self = { e->number, false };
	const struct entry *t = find_entry(s, e);

	if (e->hit && t != NULL)
		say(s, ELT_USES, self, (struct elt_event){ t->loader, false });
	else
		t = walk(s, e);
	if (has_wpte(s->p))
		say(s, ELT_SOURCE, self,
		    (struct elt_event){ t->source, false });
	return t;
}

static void
access_page(struct order *s, const struct elt *e)
{
	const struct entry *const t = translate(s, e);
	struct word *const w = find_word(s->data, &s->datas, t->frame);

	if (e->kind == ELT_READ) {
		say(s, ELT_VALUE, (struct elt_event){ e->number, false },
		    (struct elt_event){ w->value, false });
		return;
	}
	write_word(s, find_word(s->pte, &s->ptes, e->page), e->number, true);
	write_word(s, w, e->number, false);
	w->value = e->number;
}

static void
execute(struct order *s, const struct elt *e)
{
	struct entry *t;
	struct word *w;

	switch (e->kind) {
	case ELT_READ:
	case ELT_WRITE:
		access_page(s, e);
		return;
	case ELT_WPTE:
		w = find_word(s->pte, &s->ptes, e->page);
		write_word(s, w, e->number, false);
		w->frame = e->target;
		w->source = e->number;
		return;
	case ELT_INVLPG:
		t = find_entry(s, e);
		if (t != NULL)
			*t = s->tlb[--s->entries];
		return;
	case ELT_MFENCE:
		return;
	}
}

/* ---- the order ----------------------------------------------------------- */

/* May it go next: after what stands before it, and after its remap? */
static bool
may_go(const struct order *s, unsigned i)
{
	const struct elts_program *const p = s->p;

	if (s->done[i] || (i > 0 && p->elt[i - 1].thread == p->elt[i].thread &&
	    !s->done[i - 1]))
		return false;
	return !elts_waits(p, &p->elt[i]) ||
	    s->done[elts_find(p, p->elt[i].remap)];
}

void
elts_in_order(const struct elts_program *p, struct elts_outcome *ret)
{
	struct order s = { .p = p, .o = ret };
	unsigned i = 0;

	memset(ret, 0, sizeof(*ret));
	while (i < p->count) {
		if (!may_go(&s, i)) {
			i++;
			continue;
		}
		execute(&s, &p->elt[i]);
		s.done[i] = true;
		i = 0;
	}
}
