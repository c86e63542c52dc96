/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * place.c: who wrote what: the coherence order of each word, and each
 * processor's stores that are still buffered.
 *
 * Stores enter the order when they become visible, D and A updates when they
 * are made.
 */
#include "litmus/run.h"

#include <stdlib.h>

void *
run_grow(void *array, size_t count, size_t size)
{
	void *const p = realloc(array, count * size);

	if (p == NULL) {
		fputs("shootdown: out of memory\n", stderr);
		abort();
	}
	return p;
}

void
places_reset(void)
{
	for (unsigned i = 0; i < run.places; i++)
		run.place[i].count = 1;
}

static uint64_t
word_at(gpa_t pa)
{
	const uint64_t *p = setup_pointer(pa);

	return p == NULL ? 0 : *p;
}

static struct run_place *
place_find_pa(gpa_t pa)
{
	for (unsigned i = 0; i < run.places; i++)
		if (run.place[i].pa == pa)
			return &run.place[i];
	return NULL;
}

/* What was there at the start is told by whoever comes first. */
void
place_begin(gpa_t pa, uint64_t start)
{
	struct run_place *p = place_find_pa(pa);

	if (p != NULL)
		return;
	if ((run.places & (run.places + 1)) == 0)
		run.place = run_grow(run.place, 2 * (run.places + 1),
		    sizeof(*run.place));
	p = &run.place[run.places++];
	*p = (struct run_place){ .pa = pa, .count = 1, .capacity = 8 };
	p->list = run_grow(NULL, p->capacity, sizeof(*p->list));
	p->list[0] = (struct run_store){ start, ID_INIT };
}

/* Nobody has stored to it if it is new, since stores begin a place. */
struct run_place *
place_of(gpa_t pa)
{
	if (place_find_pa(pa) == NULL)
		place_begin(pa, word_at(pa));
	return place_find_pa(pa);
}

void
place_add(gpa_t pa, uint64_t value, unsigned id)
{
	struct run_place *p = place_of(pa);

	if (p->count == p->capacity) {
		p->capacity *= 2;
		p->list = run_grow(p->list, p->capacity, sizeof(*p->list));
	}
	p->list[p->count++] = (struct run_store){ value, id };
}

const struct run_store *
place_last(gpa_t pa)
{
	const struct run_place *p = place_of(pa);

	return &p->list[p->count - 1];
}

const struct run_store *
place_seen(unsigned cpu, gpa_t pa)
{
	const struct run_cpu *c = &run.cpu[cpu];

	for (unsigned i = c->buffered; i-- > 0;)
		if (c->buffer[i].pa == pa)
			return &c->buffer[i].store;
	return place_last(pa);
}

/* An A or D update keeps what was stored: whose store was it? */
static const struct run_store *
behind_updates(const struct run_place *p, unsigned i)
{
	while (i > 0 && (p->list[i].id & (ID_DIRTY | ID_WALK)) != 0)
		i--;
	return &p->list[i];
}

const struct run_store *
place_source(unsigned cpu, gpa_t pa, uint64_t value, uint64_t mask)
{
	const struct run_cpu *c = &run.cpu[cpu];
	const struct run_place *p = place_of(pa);

	for (unsigned i = c->buffered; i-- > 0;)
		if (c->buffer[i].pa == pa &&
		    ((c->buffer[i].store.value ^ value) & mask) == 0)
			return &c->buffer[i].store;
	for (unsigned i = p->count; i-- > 0;)
		if (((p->list[i].value ^ value) & mask) == 0)
			return behind_updates(p, i);
	return NULL;
}
