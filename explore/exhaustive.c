/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exhaustive search: the order of exploration, and its state.
 *
 * At the end of each run its races are added to the wakeup trees along the
 * way, and the deepest node with a branch left is where the next run turns
 * off.  A branch that was explored goes to sleep at its node.
 */
#include "explore/exhaustive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_EVENTS 16384

/* ---- memory -------------------------------------------------------------- */

void *
search_grow(void *array, size_t count, size_t size)
{
	void *const grown = realloc(array, count * size);

	if (grown == NULL) {
		fputs("explore: out of memory for the search\n", stderr);
		abort();
	}
	return grown;
}

/* Rows get wider as executions get longer. */
static void
widen_rows(struct exhaustive *x, uint32_t words, uint32_t rows)
{
	uint64_t *const wide = search_grow(NULL, (size_t)rows * words,
	    sizeof(*wide));

	memset(wide, 0, (size_t)rows * words * sizeof(*wide));
	for (uint32_t i = 0; i < x->rows; i++)
		memcpy(wide + (size_t)i * words, before_row(x, i),
		    x->words * sizeof(*wide));
	free(x->before);
	x->before = wide;
	x->words = words;
	x->rows = rows;
	x->v = search_grow(x->v, rows, sizeof(*x->v));
}

void
search_reserve_more(struct exhaustive *x)
{
	const uint32_t old = x->capacity;

	x->capacity = old == 0 ? 64 : 2 * old;
	x->steps = search_grow(x->steps, x->capacity, sizeof(*x->steps));
	memset(x->steps + old, 0, (x->capacity - old) * sizeof(*x->steps));
	widen_rows(x, x->capacity / 64, x->capacity);
}

/* ---- sleep sets ---------------------------------------------------------- */

bool
search_asleep(const struct exhaustive *x, const struct step *s, unsigned proc,
              unsigned value)
{
	for (uint32_t i = 0; i < s->sleep_count; i++) {
		const struct sleeper *const q = &x->sleepers[s->sleep_at + i];

		if (q->proc == proc &&
		    (q->alternatives <= 1 || q->value == value))
			return true;
	}
	return false;
}

/* The least value with which the process is not asleep, or -1. */
int
search_awake_value(const struct exhaustive *x, const struct step *s,
                   unsigned proc)
{
	unsigned value = 0, alternatives = 1;

	for (uint32_t i = 0; i < s->sleep_count; i++) {
		const struct sleeper *const q = &x->sleepers[s->sleep_at + i];

		if (q->proc == proc)
			alternatives = q->alternatives;
	}
	while (search_asleep(x, s, proc, value))
		if (++value >= alternatives)
			return -1;
	return (int)value;
}

static void
add_sleeper(struct exhaustive *x, struct step *s, struct sleeper sleeper)
{
	const uint32_t at = s->sleep_at + s->sleep_count++;

	if (at >= x->sleepers_capacity) {
		x->sleepers_capacity = x->sleepers_capacity == 0 ? 256 :
		    2 * x->sleepers_capacity;
		x->sleepers = search_grow(x->sleepers, x->sleepers_capacity,
		    sizeof(*x->sleepers));
	}
	x->sleepers[at] = sleeper;
}

/*
 * No sleeper is a weak initial of a sequence that was inserted, so none is
 * left at its end, from where the search is free.  One is if the sequence
 * touches less than was feared: it has to wake, since what is asleep then
 * hides what has to be explored.
 */
void
search_inherit_sleep(struct exhaustive *x, uint32_t d)
{
	struct step *const s = &x->steps[d];
	const struct step *const up = s - 1;

	s->sleep_count = 0;
	s->sleep_at = d == 0 ? 0 : up->sleep_at + up->sleep_count;
	/* A bounded search does not count on it: see weak_initial(). */
	if (d == 0 || (up->leaf && !x->options.bounded))
		return;
	for (uint32_t i = 0; i < up->sleep_count; i++) {
		const struct sleeper q = x->sleepers[up->sleep_at + i];

		if (!dependent(x, q.proc, q.id, up->proc, up->id))
			add_sleeper(x, s, q);
	}
}

/* ---- the search ---------------------------------------------------------- */

struct exhaustive *
exhaustive_new(const struct exhaustive_options *options)
{
	struct exhaustive *const x = calloc(1, sizeof(*x));

	if (x == NULL)
		abort();
	x->player = &exhaustive_player;
	x->options = *options;
	if (x->options.max_events == 0)
		x->options.max_events = MAX_EVENTS;
	events_init(&x->events, options->relation);
	x->procs = PROC_WALK;
	search_reserve_more(x);
	return x;
}

void
exhaustive_free(struct exhaustive *x)
{
	events_free(&x->events);
	free(x->branches.pool);
	free(x->steps);
	free(x->sleepers);
	free(x->before);
	free(x->races);
	free(x->v);
	free(x->traces);
	free(x);
}

bool
search_affords(struct exhaustive *x, const struct step *s, unsigned p)
{
	if (!x->options.bounded || !search_preempts(s, p) ||
	    s->preemptions < x->options.preemptions)
		return true;
	x->cut = true;
	return false;
}

/*
 * Takes the head of the node's wakeup tree, whose rest is for the child.  What
 * was inserted without a doubt and is impossible may have covered others.
 */
bool
search_take_branch(struct exhaustive *x, uint32_t d, struct branch *ret)
{
	struct step *const s = &x->steps[d];
	struct branch *b;
	uint32_t n;

	while ((n = s->wakeup) != 0) {
		bool possible;

		b = &x->branches.pool[n];
		*ret = *b;
		s->wakeup = b->next;
		b->next = b->child = 0;
		branches_free_list(&x->branches, n);
		possible = (s->enabled & BIT(ret->proc)) != 0;
		if (ret->doubtful)
			wakeup_resolve(x, d, n, possible);
		if (!possible) {
			x->stats.diverged++;
			x->cut = x->cut || !ret->doubtful;
			s->refused |= BIT(ret->proc);
		} else if (search_affords(x, s, ret->proc)) {
			return true;
		}
		branches_free_list(&x->branches, ret->child);
	}
	return false;
}

/* Steps to the node's next branch; false when it has none left. */
static bool
next_branch(struct exhaustive *x, uint32_t d)
{
	struct step *const s = &x->steps[d];
	struct branch b;

	s->done++;
	add_sleeper(x, s, (struct sleeper){ .id = s->id, .proc = s->proc,
	    .value = s->value, .alternatives = s->alternatives });
	if (!search_take_branch(x, d, &b))
		return false;
	x->steps[d + 1].wakeup = b.child;
	s->leaf = b.child == 0;
	s->proc = b.proc;
	s->value = b.value;
	x->depth = d;
	return true;
}

/*
 * Decisions that rested on what an event touches may have been wrong: forgets
 * the tree, but not the figures.
 */
static void
start_over(struct exhaustive *x)
{
	for (uint32_t d = 0; d <= x->depth; d++) {
		branches_free_list(&x->branches, x->steps[d].wakeup);
		x->steps[d].wakeup = 0;
	}
	x->depth = x->fixed = 0;
	x->started = x->again = false;
	x->stats.restarts++;
}

bool
exhaustive_next(struct exhaustive *x, struct strategy *ret)
{
	uint32_t d;

	*ret = (struct strategy){ .kind = STRATEGY_EXHAUSTIVE, .search = x };
	if (x->stats.executions == 0)
		return true;
	if (x->stats.finished)
		return false;
	if (x->again) {
		start_over(x);
		return true;
	}
	for (d = x->depth; d-- > 0;)
		if (next_branch(x, d))
			break;
	if (d == UINT32_MAX) {
		x->stats.finished = true;
		x->stats.complete = !x->cut;
		return false;
	}
	x->fixed = d;
	return true;
}

/*
 * Knuth's estimate, on the path where the search is: a node's branches are
 * taken for equally large, so that those behind us are a known share.
 */
static double
share_done(const struct exhaustive *x)
{
	double share = 0, weight = 1;

	for (uint32_t d = 0; d < x->depth; d++) {
		const struct step *const s = &x->steps[d];
		uint32_t left = 0;

		for (uint32_t n = s->wakeup; n != 0;
		    n = x->branches.pool[n].next)
			left++;
		weight /= s->done + 1 + left;
		share += weight * s->done;
	}
	return share + weight;
}

void
exhaustive_stats(const struct exhaustive *x, struct exhaustive_stats *ret)
{
	*ret = x->stats;
	ret->left = 0;
	if (!x->stats.finished && x->stats.executions > 0)
		ret->left = (double)x->stats.executions *
		    (1 / share_done(x) - 1);
}
