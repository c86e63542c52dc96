/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shrinking: delta debugging over the choices of a schedule.
 *
 * Every accepted candidate is smaller than what it replaces, in the order
 * (number of choices, sum of data values), so shrinking ends.  The callback
 * may put the record of the actual run in the candidate's place; that is kept
 * only if it is no larger, since a record also spells out what the default
 * rule would do anyway.
 */
#include "explore/explore.h"

#include <string.h>

struct shrinker {
	struct schedule *s;
	struct schedule candidate, actual;
	bool (*still_fails)(void *arg, struct schedule *cand);
	void *arg;
	unsigned runs, budget;
};

static uint64_t
data_sum(const struct schedule *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->count; i++)
		sum += s->choices[i].value;
	return sum;
}

static bool
no_larger(const struct schedule *a, const struct schedule *b)
{
	return a->count < b->count ||
	    (a->count == b->count && data_sum(a) <= data_sum(b));
}

/* Runs the candidate and adopts it if the failure is still there. */
static bool
try_candidate(struct shrinker *k)
{
	if (k->runs >= k->budget)
		return false;
	k->runs++;
	schedule_copy(&k->actual, &k->candidate);
	if (!k->still_fails(k->arg, &k->actual))
		return false;
	schedule_copy(k->s, no_larger(&k->actual, &k->candidate) ?
	    &k->actual : &k->candidate);
	return true;
}

static void
delete_range(struct schedule *s, size_t first, size_t n)
{
	memmove(&s->choices[first], &s->choices[first + n],
	    (s->count - first - n) * sizeof(*s->choices));
	s->count -= n;
}

static bool
without_range(struct shrinker *k, size_t first, size_t n)
{
	schedule_copy(&k->candidate, k->s);
	delete_range(&k->candidate, first, n);
	return try_candidate(k);
}

static bool
without_kind(struct shrinker *k, enum choice_kind kind)
{
	struct schedule *const c = &k->candidate;

	c->count = 0;
	for (size_t i = 0; i < k->s->count; i++)
		if (k->s->choices[i].kind != kind)
			schedule_add(c, k->s->choices[i]);
	return c->count < k->s->count && try_candidate(k);
}

/* Late choices first: what follows the failure goes in a few runs. */
static bool
delete_chunks(struct shrinker *k)
{
	bool any = false;

	for (size_t n = k->s->count; n > 0; n /= 2) {
		size_t end = k->s->count;

		while (end > 0 && k->runs < k->budget) {
			const size_t first = end > n ? end - n : 0;

			if (without_range(k, first, end - first))
				any = true;
			end = first < k->s->count ? first : k->s->count;
		}
	}
	return any;
}

/*
 * Choice i takes over what a later one of its kind and task does: two segments
 * or two drains become one, which spares a preemption.
 */
static bool
merge_forward(struct shrinker *k, size_t i)
{
	const struct choice c = k->s->choices[i];

	if (c.kind != CHOICE_RUN && c.kind != CHOICE_DRAIN)
		return false;
	for (size_t j = i + 1; j < k->s->count; j++) {
		const struct choice d = k->s->choices[j];

		if (d.kind != c.kind || d.task != c.task)
			continue;
		schedule_copy(&k->candidate, k->s);
		if (c.kind == CHOICE_DRAIN)
			k->candidate.choices[i].arg += d.arg;
		else
			k->candidate.choices[i].arg = d.arg;
		delete_range(&k->candidate, j, 1);
		return try_candidate(k);
	}
	return false;
}

static bool
merge_all(struct shrinker *k)
{
	bool any = false;

	for (size_t i = 0; i < k->s->count; i++)
		while (i < k->s->count && merge_forward(k, i))
			any = true;
	return any;
}

static bool
lower_to(struct shrinker *k, size_t i, uint16_t value)
{
	if (i >= k->s->count || k->s->choices[i].value <= value)
		return false;
	schedule_copy(&k->candidate, k->s);
	k->candidate.choices[i].value = value;
	return try_candidate(k);
}

/* 0 is what deletion means; so 1, then half, then one less. */
static bool
lower_data(struct shrinker *k)
{
	bool any = false;

	for (size_t i = 0; i < k->s->count; i++) {
		uint16_t v;

		do {
			v = k->s->choices[i].value;
			if (v > 1 && (lower_to(k, i, 1) ||
			    lower_to(k, i, v / 2) ||
			    lower_to(k, i, (uint16_t)(v - 1))))
				any = true;
		} while (i < k->s->count && k->s->choices[i].value < v);
	}
	return any;
}

unsigned
schedule_shrink(struct schedule *s,
                bool (*still_fails)(void *arg, struct schedule *cand),
                void *arg, unsigned budget)
{
	static const enum choice_kind kinds[] = {
		CHOICE_WALK, CHOICE_DRAIN, CHOICE_DATA, CHOICE_IRQ, CHOICE_RUN
	};
	struct shrinker k = {
		.s = s, .still_fails = still_fails, .arg = arg,
		.budget = budget,
	};
	bool any;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		without_kind(&k, kinds[i]);
	do {
		any = delete_chunks(&k);
		any = merge_all(&k) || any;
		any = lower_data(&k) || any;
	} while (any && k.runs < budget);
	schedule_clear(&k.candidate);
	schedule_clear(&k.actual);
	return k.runs;
}
