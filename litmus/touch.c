/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * touch.c: what the events of a run touch, so that the search need not try
 * both orders of two that do not.
 *
 * Objects: each word of memory by its address; TREE, the shape of the tables
 * above the last level; TLBS, what all processors may hold; REMOTE(c), what is
 * taken from c by others; SYNC(c), what TLBSYNC of c waits for.
 *
 * A store into the tables gives candidates to whoever may hold the old value
 * (BIRTH), which an invalidation takes away (DROP): those do not commute with
 * each other, but each does with its like.  A change of context decides what
 * may be held from stores of either kind.
 */
#include "litmus/run.h"

enum {
	TLB_STORE = EXPLORE_CLIENT,     /* into the tables, what was not there */
	TLB_BIRTH,                      /* the old value may be cached */
	TLB_DROP, TLB_CONTEXT
};

#define TREE 1u
#define TLBS 2u
#define REMOTE(cpu) (16u + (cpu))
#define SYNC(cpu) (32u + (cpu))
#define REQUEST(id) (64u + (id))        /* addresses are far above */

void
touch_relation(struct explore_relation *ret)
{
	explore_relation_default(ret);
	explore_relation_set(ret, TLB_BIRTH, TLB_DROP, true);
	explore_relation_set(ret, TLB_BIRTH, TLB_CONTEXT, true);
	explore_relation_set(ret, TLB_STORE, TLB_CONTEXT, true);
}

void
touch_add(struct explore_event *e, uint64_t object, unsigned mode)
{
	for (unsigned i = 0; i < e->count; i++)
		if (e->access[i].object == object && e->access[i].mode == mode)
			return;
	if (e->count < EXPLORE_ACCESSES)
		e->access[e->count++] =
		    (struct explore_access){ object, mode };
	else
		e->flags |= EXPLORE_OPAQUE;
}

static unsigned
level_of(gpa_t pa)
{
	uint64_t f = (pa - MACHINE_RAM_BASE) / MACHINE_PAGE;

	return f < MACHINE_FRAMES ? run.level[f] : 0;
}

static bool
is_table(gpa_t pa)
{
	return machine_frame_use(run.m, pa) == FRAME_TABLE;
}

/* The word gets another value, visible to all. */
void
touch_store(struct explore_event *e, gpa_t pa)
{
	touch_add(e, pa & ~7ull, EXPLORE_WRITE);
	if (!is_table(pa))
		return;
	touch_add(e, TREE, level_of(pa) == 1 ? EXPLORE_READ : EXPLORE_WRITE);
	touch_add(e, TLBS, place_last(pa)->value & PTE_P ? TLB_BIRTH :
	    TLB_STORE);
}

/* It is read past translation. */
void
touch_load(struct explore_event *e, gpa_t pa)
{
	touch_add(e, pa & ~7ull, EXPLORE_READ);
	if (is_table(pa))
		touch_add(e, TREE, EXPLORE_READ);
}

void
touch_drop(struct explore_event *e, unsigned cpu, bool context)
{
	touch_add(e, TLBS, context ? TLB_CONTEXT : TLB_DROP);
	if (context)
		touch_add(e, REMOTE(cpu), EXPLORE_WRITE);
}

void
touch_flush(struct explore_event *e, unsigned cpu)
{
	touch_add(e, TLBS, TLB_DROP);
	touch_add(e, REMOTE(cpu), EXPLORE_WRITE);
}

void
touch_sync(struct explore_event *e, unsigned cpu, unsigned mode)
{
	touch_add(e, SYNC(cpu), mode);
}

/* REQUEST only tells two of one issuer apart. */
void
touch_request(struct explore_event *e, unsigned cpu, unsigned k)
{
	const unsigned id = run.cpu[cpu].ask[k];

	touch_flush(e, cpu);
	touch_sync(e, (id - 1) / RUN_CODE / 2, EXPLORE_WRITE);
	touch_add(e, REQUEST(id), EXPLORE_READ);
}

void
touch_walk(struct explore_event *e, unsigned cpu)
{
	touch_add(e, TREE, EXPLORE_READ);
	touch_add(e, REMOTE(cpu), EXPLORE_READ);
}

/* entry: the leaf is written even where the value stays. */
void
touch_option(struct explore_event *e, const struct machine_option *o,
             bool entry)
{
	if (o->leaf != ~0ull)
		touch_add(e, o->leaf, entry ? EXPLORE_WRITE : EXPLORE_READ);
	if (o->updates) {
		touch_store(e, o->leaf);
		if (o->upper)
			touch_add(e, TREE, EXPLORE_WRITE);
	}
	if (o->fault)
		touch_add(e, TLBS, TLB_DROP);
}

/* ---- walks at the end ---------------------------------------------------- */

static bool
conflict(const struct explore_event *a, const struct explore_event *b)
{
	for (unsigned i = 0; i < a->count; i++)
		for (unsigned k = 0; k < b->count; k++)
			if (a->access[i].object == b->access[k].object &&
			    (run.relation.conflict[a->access[i].mode] >>
			    b->access[k].mode & 1) != 0)
				return true;
	return false;
}

void
touch_done(const struct explore_event *e)
{
	for (unsigned i = 0; i < run.idles;) {
		struct explore_event walk = { 0 };

		touch_store(&walk, run.idle[i].pa);
		if ((e->flags & EXPLORE_OPAQUE) || conflict(e, &walk))
			run.idle[i] = run.idle[--run.idles];
		else
			i++;
	}
}

void
touch_point(const struct explore_event *e)
{
	const struct explore_event opaque = {
	    .flags = EXPLORE_OPAQUE | (e->flags & EXPLORE_FENCE) };

	explore_point_event(run.o.opaque ? &opaque : e);
	if (run.idles > 0)
		touch_done(e);
}

void
touch_now(const struct explore_event *e)
{
	for (unsigned i = 0; i < e->count; i++)
		explore_touch(e->access[i].object, e->access[i].mode);
	if (run.idles > 0)
		touch_done(e);
}
