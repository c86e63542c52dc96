/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events of an exhaustive search: their numbers, and which two depend on each
 * other by what they touch.  The dependency is looked up in a matrix of bits,
 * filled as events are first seen; beyond its size it is computed anew.
 */
#include "explore/exhaustive.h"

#include <stdlib.h>
#include <string.h>

void
explore_relation_set(struct explore_relation *rel, unsigned a, unsigned b,
                     bool conflict)
{
	if (conflict) {
		rel->conflict[a] |= UINT32_C(1) << b;
		rel->conflict[b] |= UINT32_C(1) << a;
	} else {
		rel->conflict[a] &= ~(UINT32_C(1) << b);
		rel->conflict[b] &= ~(UINT32_C(1) << a);
	}
}

void
explore_relation_default(struct explore_relation *ret)
{
	static const uint8_t pairs[][2] = {
		{ EXPLORE_READ, EXPLORE_WRITE },
		{ EXPLORE_WRITE, EXPLORE_WRITE },
		{ EXPLORE_LOCK, EXPLORE_READ },
		{ EXPLORE_LOCK, EXPLORE_WRITE },
		{ EXPLORE_LOCK, EXPLORE_LOCK },
		{ EXPLORE_SEND, EXPLORE_MASK },
		{ EXPLORE_STEP, EXPLORE_DELIVER },
		{ EXPLORE_EMPTY, EXPLORE_EMPTY },
	};

	*ret = (struct explore_relation){ 0 };
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		explore_relation_set(ret, pairs[i][0], pairs[i][1], true);
}

bool
events_conflict(const struct events *e, uint32_t a, uint32_t b)
{
	const struct explore_event *const p = &e->list[a], *const q =
	    &e->list[b];

	if (((p->flags | q->flags) & EXPLORE_OPAQUE) != 0)
		return a != EVENT_LOCAL && b != EVENT_LOCAL;
	for (uint32_t i = 0; i < p->count; i++)
		for (uint32_t j = 0; j < q->count; j++)
			if (p->access[i].object == q->access[j].object &&
			    (e->relation.conflict[p->access[i].mode] >>
			    q->access[j].mode & 1) != 0)
				return true;
	return false;
}

void
event_add(struct explore_event *e, uint64_t object, uint32_t mode)
{
	for (uint32_t i = 0; i < e->count; i++)
		if (e->access[i].object == object && e->access[i].mode == mode)
			return;
	if (e->count < EXPLORE_ACCESSES)
		e->access[e->count++] =
		    (struct explore_access){ .object = object, .mode = mode };
	else
		e->flags |= EXPLORE_OPAQUE;
}

static uint64_t
event_hash(const struct explore_event *e)
{
	uint64_t h = e->flags * 8 + e->count;

	for (uint32_t i = 0; i < e->count; i++) {
		h = (h ^ e->access[i].object) * UINT64_C(0x9e3779b97f4a7c15);
		h = (h ^ h >> 29 ^ e->access[i].mode) *
		    UINT64_C(0xbf58476d1ce4e5b9);
	}
	return h ^ h >> 32;
}

static bool
same_event(const struct explore_event *a, const struct explore_event *b)
{
	if (a->flags != b->flags || a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (a->access[i].object != b->access[i].object ||
		    a->access[i].mode != b->access[i].mode)
			return false;
	return true;
}

static void
grow_slots(struct events *e)
{
	e->slot_count = e->slot_count == 0 ? 256 : 2 * e->slot_count;
	free(e->slots);
	e->slots = search_grow(NULL, e->slot_count, sizeof(*e->slots));
	memset(e->slots, 0, e->slot_count * sizeof(*e->slots));
	for (uint32_t id = 0; id < e->count; id++) {
		uint64_t h = event_hash(&e->list[id]);

		while (e->slots[h & (e->slot_count - 1)] != 0)
			h++;
		e->slots[h & (e->slot_count - 1)] = id + 1;
	}
}

static void
cache_event(struct events *e, uint32_t id)
{
	for (uint32_t i = 0; id < EVENTS_CACHED && i <= id; i++)
		if (events_conflict(e, i, id)) {
			e->cached[i][id / 64] |= BIT(id % 64);
			e->cached[id][i / 64] |= BIT(i % 64);
		}
}

uint32_t
events_intern(struct events *e, const struct explore_event *event)
{
	uint64_t h = event_hash(event);
	uint32_t id;

	for (; (id = e->slots[h & (e->slot_count - 1)]) != 0; h++)
		if (same_event(&e->list[id - 1], event))
			return id - 1;
	id = e->count;
	if (id == e->capacity) {
		e->capacity = e->capacity == 0 ? 64 : 2 * e->capacity;
		e->list = search_grow(e->list, e->capacity, sizeof(*e->list));
		e->grows = search_grow(e->grows, e->capacity,
		    sizeof(*e->grows));
	}
	e->grows[id] = false;
	e->list[id] = *event;
	e->slots[h & (e->slot_count - 1)] = id + 1;
	e->count++;
	cache_event(e, id);
	if (2 * e->count > e->slot_count)
		grow_slots(e);
	return id;
}

uint32_t
events_intern_single(struct events *e, struct single *s, uint64_t object,
                     uint32_t mode)
{
	const struct explore_event event = { .count = 1,
		.access = { { object, mode } } };

	*s = (struct single){ object, mode, events_intern(e, &event) };
	return s->id;
}

bool
events_grew(struct events *e, uint32_t from, uint32_t to)
{
	const bool news = !e->grows[from] || !e->grows[to];

	e->grows[from] = e->grows[to] = true;
	return news;
}

void
events_init(struct events *e, const struct explore_relation *relation)
{
	const struct explore_event local = { 0 };
	const struct explore_event opaque = { .flags = EXPLORE_OPAQUE };

	*e = (struct events){ 0 };
	if (relation != NULL)
		e->relation = *relation;
	else
		explore_relation_default(&e->relation);
	e->cached = calloc(EVENTS_CACHED, sizeof(*e->cached));
	if (e->cached == NULL)
		abort();
	grow_slots(e);
	events_intern(e, &local);
	events_intern(e, &opaque);
}

void
events_free(struct events *e)
{
	free(e->list);
	free(e->slots);
	free(e->cached);
	free(e->grows);
}
