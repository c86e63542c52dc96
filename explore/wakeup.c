/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wakeup trees (POPL 2014, section 6): at each node of the search, the
 * sequences that are still to be explored from there, ordered.
 *
 * A sequence v is covered when some process of the node's sleep set is a weak
 * initial of it, or when the tree has a leaf w with w ~ v: what is explored
 * freely after w then includes what v leads to.  That takes a w that can be
 * executed: a leaf that is doubtful does not cover v, which is inserted beside
 * it and dropped if the leaf has turned out possible.
 */
#include "explore/exhaustive.h"

#include <stdlib.h>

static uint32_t
new_branch(struct branches *b, const struct item *item)
{
	uint32_t n = b->unused;

	if (n != 0) {
		b->unused = b->pool[n].next;
	} else {
		if (b->count == 0)
			b->count = 1;   /* 0 means none */
		if (b->count >= b->capacity) {
			b->capacity = b->capacity == 0 ? 256 :
			    2 * b->capacity;
			b->pool = search_grow(b->pool, b->capacity,
			    sizeof(*b->pool));
		}
		n = b->count++;
	}
	b->pool[n] = (struct branch){ .id = item->id, .proc = item->proc,
		.value = item->value };
	return n;
}

void
branches_free_list(struct branches *b, uint32_t list)
{
	while (list != 0) {
		struct branch *const c = &b->pool[list];
		const uint32_t next = c->next, child = c->child;

		c->next = b->unused;
		b->unused = list;
		list = next;
		if (child != 0) {
			uint32_t last = child;

			while (b->pool[last].next != 0)
				last = b->pool[last].next;
			b->pool[last].next = list;
			list = child;
		}
	}
}

/* Appends the n events that are left of v, as a chain. */
static void
append_chain(struct exhaustive *x, uint32_t d, uint32_t parent, uint32_t last,
             uint32_t unless)
{
	struct branches *const b = &x->branches;

	for (uint32_t i = 0; i < x->v_count; i++) {
		const uint32_t n = new_branch(b, &x->v[i]);

		if (last != 0)
			b->pool[last].next = n;
		else if (parent != 0)
			b->pool[parent].child = n;
		else
			x->steps[d].wakeup = n;
		b->pool[n].unless = unless;
		last = unless = 0;
		parent = n;
		b->pool[n].doubtful = x->v_doubtful && i + 1 == x->v_count;
	}
}

static bool
same_outcome(const struct item *a, unsigned value)
{
	return a->alternatives <= 1 || a->value == value;
}

/*
 * Does event k of v have no predecessor in v?  Rows are in x->v[].at order.
 * What the event touched in E is not always what it touches here, as `id`.
 */
static bool
is_initial(const struct exhaustive *x, uint32_t k, uint32_t id)
{
	const uint64_t *const row = before_row(x, x->v[k].at);

	for (uint32_t i = 0; i < k; i++)
		if (row_has(row, x->v[i].at) || dependent(x, x->v[k].proc, id,
		    x->v[i].proc, x->v[i].id))
			return false;
	return true;
}

/*
 * Is the process, whose next event is `id`, a weak initial of v?  *ret_k is
 * its first event in v, or v_count.
 */
static bool
weak_initial(const struct exhaustive *x, unsigned proc, unsigned value,
             uint32_t id, uint32_t *ret_k)
{
	uint32_t k;

	for (k = 0; k < x->v_count; k++)
		if (x->v[k].proc == proc)
			break;
	*ret_k = k;
	if (k < x->v_count)
		return same_outcome(&x->v[k], value) && is_initial(x, k, id);
	/* As in Source-DPOR: sleepers may be left when a sequence has ended. */
	if (x->options.bounded)
		return false;
	for (k = 0; k < x->v_count; k++)
		if (dependent(x, proc, id, x->v[k].proc, x->v[k].id))
			return false;
	return true;
}

static bool
slept_through(const struct exhaustive *x, uint32_t d)
{
	const struct step *const s = &x->steps[d];
	uint32_t k;

	for (uint32_t i = 0; i < s->sleep_count; i++) {
		const struct sleeper *const q = &x->sleepers[s->sleep_at + i];

		if (weak_initial(x, q->proc, q->value, q->id, &k))
			return true;
	}
	return false;
}

static void
remove_item(struct exhaustive *x, uint32_t k)
{
	x->v_count--;
	for (; k < x->v_count; k++)
		x->v[k] = x->v[k + 1];
}

/* What is left of v is as doubtful as the leaf at hand, and for the same. */
static bool
is_same_doubt(const struct exhaustive *x, uint32_t k)
{
	return x->v_doubtful && x->v_count == 1 && k == 0;
}

void
wakeup_insert(struct exhaustive *x, uint32_t d)
{
	const struct branches *const b = &x->branches;
	uint32_t list = x->steps[d].wakeup, parent = 0, last = 0, unless = 0;

	if (slept_through(x, d))
		return;
	while (list != 0) {
		struct branch *const c = &b->pool[list];
		uint32_t k;

		if (!weak_initial(x, c->proc, c->value, c->id, &k)) {
			last = list;
			list = c->next;
			continue;
		}
		if (c->doubtful && !is_same_doubt(x, k)) {
			last = unless = list;
			list = c->next;
			continue;
		}
		if (c->unless != unless)
			c->unless = 0;
		if (k < x->v_count)
			remove_item(x, k);
		if (c->child == 0 || x->v_count == 0)
			return;
		parent = list;
		last = unless = 0;
		list = c->child;
	}
	if (parent != 0 || (x->steps[d].refused & BIT(x->v[0].proc)) == 0)
		append_chain(x, d, parent, last, unless);
}

void
wakeup_resolve(struct exhaustive *x, uint32_t d, uint32_t n, bool possible)
{
	struct branch *const pool = x->branches.pool;
	uint32_t *at = &x->steps[d].wakeup;

	while (*at != 0) {
		const uint32_t c = *at;

		if (pool[c].unless != n || !possible) {
			if (pool[c].unless == n)
				pool[c].unless = 0;
			at = &pool[c].next;
			continue;
		}
		*at = pool[c].next;
		pool[c].next = 0;
		branches_free_list(&x->branches, c);
	}
}

/*
 * Another outcome that has a branch is explored in more orders than that of
 * the branch: v is inserted like any other sequence.
 *
 * All outcomes of a data choice are explored before any other branch of the
 * node, so that in those the process is asleep with all of its outcomes.
 */
void
wakeup_alternative(struct exhaustive *x, uint32_t d)
{
	struct branch *const pool = x->branches.pool;
	struct step *const s = &x->steps[d];
	const struct item item = x->v[0];
	uint32_t n = s->wakeup, before = 0, rest;

	while (n != 0 && (pool[n].proc != item.proc ||
	    pool[n].value != item.value)) {
		before = n;
		n = pool[n].next;
	}
	if (n != 0) {
		if (before != 0) {
			pool[before].next = pool[n].next;
			pool[n].next = s->wakeup;
			s->wakeup = n;
		}
		wakeup_insert(x, d);
		return;
	}
	if (slept_through(x, d))
		return;
	rest = s->wakeup;
	s->wakeup = 0;
	append_chain(x, d, 0, 0, 0);
	x->branches.pool[s->wakeup].next = rest;
}

void
wakeup_append(struct exhaustive *x, uint32_t d, const struct item *item)
{
	uint32_t last = 0;

	for (uint32_t n = x->steps[d].wakeup; n != 0;
	    n = x->branches.pool[n].next) {
		if (x->branches.pool[n].proc == item->proc)
			return;
		last = n;
	}
	x->v[0] = *item;
	x->v_count = 1;
	x->v_doubtful = false;
	append_chain(x, d, 0, last, 0);
}
