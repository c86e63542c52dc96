/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Happens-before and races of an execution E that has ended.
 *
 * Row j has a bit for each event that happens before event j, and for j.  A
 * race is a pair of dependent events with nothing in between in that order;
 * it is reversible if the second can happen without the first.  Each race
 * whose second event is new in this run gives a sequence v (everything that
 * does not happen after the first event, then the second), to be explored
 * from where the first event was executed.
 *
 * A process that an event disables or changes (an interrupt that is masked, a
 * step that an interrupt precedes) may never show up in E behind it.  Such
 * lost events race with the event that has lost them.
 */
#include "explore/exhaustive.h"

#include <stdlib.h>
#include <string.h>

static uint64_t
mix(uint64_t h)
{
	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	return h ^ h >> 31;
}

static void
add_race(struct exhaustive *x, uint32_t i, struct item second, bool doubtful)
{
	if (x->race_count == x->race_capacity) {
		x->race_capacity = x->race_capacity == 0 ? 64 :
		    2 * x->race_capacity;
		x->races = search_grow(x->races, x->race_capacity,
		    sizeof(*x->races));
	}
	x->races[x->race_count++] = (struct race){ .i = i,
		.second = second, .doubtful = doubtful };
}

static struct item
item_of(const struct step *s, uint32_t at)
{
	return (struct item){ .at = at, .id = s->id, .proc = s->proc,
		.value = s->value, .alternatives = s->alternatives };
}

static void
join_row(const struct exhaustive *x, uint64_t *row, uint32_t i)
{
	const uint64_t *const other = before_row(x, i);
	uint32_t w = 0;

	do
		row[w] |= other[w];
	while (w++ < i / 64);
}

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_MAYBE };

/* Does event j happen whenever what it depends on has, event i apart? */
static bool
needs_nobody(const struct exhaustive *x, uint32_t j)
{
	const struct step *const s = &x->steps[j];

	return !s->spin && (proc_is_task(s->proc) ||
	    (s->proc >= PROC_BUFFER && s->proc < PROC_IRQ));
}

static bool
is_own_fence(const struct exhaustive *x, uint32_t i, uint32_t j)
{
	const struct step *const s = x->steps;

	return proc_is_task(s[j].proc) &&
	    s[i].proc == PROC_BUFFER + s[j].proc &&
	    (x->events.list[s[j].id].flags & EXPLORE_FENCE) != 0;
}

/* A task's step that is neither a fence nor a wait: enabled ever since. */
static bool
waits_for_nothing(const struct exhaustive *x, uint32_t j)
{
	const struct step *const s = &x->steps[j];

	return proc_is_task(s->proc) && !s->spin &&
	    (x->events.list[s->id].flags & EXPLORE_FENCE) == 0;
}

/*
 * Could event j have been next, had event i not happened?  What decides is
 * the last event before j that both j depends on and i does not precede.  If
 * that comes after i, only a run without i can tell.
 */
static enum answer
reversible(const struct exhaustive *x, uint32_t i, uint32_t j)
{
	const struct step *const s = x->steps;
	const unsigned q = s[j].proc;
	uint32_t k;

	if (waits_for_nothing(x, j))
		return ANSWER_YES;
	if (is_own_fence(x, i, j))
		return ANSWER_NO;
	for (k = j - 1; k > i; k--)
		if (!row_has(before_row(x, k), i) && (s[j].store == (int32_t)k
		    || dependent(x, s[k].proc, s[k].id, q, s[j].id)))
			break;
	if ((s[k > i ? k + 1 : i].enabled & BIT(q)) == 0)
		return ANSWER_NO;
	return k <= i || needs_nobody(x, j) ? ANSWER_YES : ANSWER_MAYBE;
}

/*
 * Not every pair of dependent events.  Nothing comes before a task's start;
 * what an interrupt puts off is lost, not the handler's first step; and a
 * bounded search explores all orders of processors anyway.
 */
static bool
is_race(const struct exhaustive *x, uint32_t i, uint32_t j)
{
	const unsigned p = x->steps[i].proc, q = x->steps[j].proc;

	if (proc_is_task(p) && x->steps[i].index == 0)
		return false;
	if (proc_is_irq(p) && q == proc_cpu(p))
		return false;
	return !x->options.bounded || !proc_has_cpu(p) || !proc_has_cpu(q);
}

/* Event j depends on event i, and on nothing in between that depends on i. */
static void
order_pair(struct exhaustive *x, uint64_t *row, uint32_t i, uint32_t j)
{
	if (is_race(x, i, j)) {
		const enum answer answer = reversible(x, i, j);

		if (answer != ANSWER_NO)
			add_race(x, i, item_of(&x->steps[j], j),
			    answer == ANSWER_MAYBE);
	}
	join_row(x, row, i);
}

/*
 * Where each event number stands in E, for executions of one word of tasks'
 * steps and small numbers; x->placed steps are in there.
 */
static void
forget_places(struct exhaustive *x, uint32_t from)
{
	const uint32_t ids = x->events.count < PLACES ? x->events.count :
	    PLACES;

	if (from >= x->placed)
		return;
	for (uint32_t id = 0; id < ids; id++)
		x->places[id] &= BIT(from) - 1;
	x->placed = from;
}

static void
place_event(struct exhaustive *x, uint32_t j)
{
	const struct step *const s = &x->steps[j];

	if (x->placed != j || x->words > 1 || x->options.bounded ||
	    !proc_is_task(s->proc) || s->id >= PLACES)
		return;
	x->places[s->id] |= BIT(j);
	x->placed++;
}

/* The same as order_event() for a step that has been placed. */
static void
order_placed(struct exhaustive *x, uint32_t j)
{
	const struct step *const e = &x->steps[j];
	uint64_t *const row = before_row(x, j);
	uint64_t dependent = 0, left;

	*row = BIT(j);
	if (e->prev >= 0)
		*row |= x->before[e->prev];
	for (uint64_t ids = x->events.cached[e->id][0]; ids != 0;
	    ids &= ids - 1)
		dependent |= x->places[__builtin_ctzll(ids)];
	dependent &= BIT(j) - 1;
	while ((left = dependent & ~*row) != 0)
		order_pair(x, row, 63 - (uint32_t)__builtin_clzll(left), j);
}

/*
 * Fills row j, and notes j's races.  Later events first: what happens before
 * one of those is no longer looked at.
 */
static void
order_event(struct exhaustive *x, uint32_t j)
{
	const struct step *const s = x->steps, *const e = &s[j];
	uint64_t *const row = before_row(x, j);

	for (uint32_t w = 0; w < x->words; w++)
		row[w] = 0;
	row[j / 64] |= BIT(j % 64);
	if (e->prev >= 0)
		join_row(x, row, (uint32_t)e->prev);
	if (e->store >= 0)
		join_row(x, row, (uint32_t)e->store);
	for (uint32_t w = j / 64 + 1; w-- > 0;) {
		uint64_t left = ~row[w];

		if (w == j / 64)
			left &= BIT(j % 64) - 1;
		while (left != 0) {
			const uint32_t bit = 63 -
			    (uint32_t)__builtin_clzll(left);
			const uint32_t i = w * 64 + bit;

			left &= ~BIT(bit);
			if (!dependent(x, s[i].proc, s[i].id, e->proc, e->id))
				continue;
			order_pair(x, row, i, j);
			left &= ~row[w];
		}
	}
}

/* The event that the task of interrupt step i would have come to instead. */
static struct next
next_before(const struct exhaustive *x, unsigned task, uint32_t i)
{
	while (i-- > 0)
		if ((proc_is_task(x->steps[i].proc) ||
		    proc_is_irq(x->steps[i].proc)) &&
		    proc_cpu(x->steps[i].proc) == task)
			return x->steps[i].after;
	return (struct next){ .id = EVENT_LOCAL };
}

static uint32_t
id_of(const struct exhaustive *x, unsigned p, uint32_t i)
{
	if (proc_is_task(p))
		return next_before(x, p, i).id;
	if (proc_is_irq(p))
		return x->irq_id[proc_cpu(p)];
	return p >= PROC_WALK ? x->walk_id[p] : EVENT_OPAQUE;
}

/* What step i has disabled, or put off by an interrupt. */
static uint64_t
lost_by(const struct exhaustive *x, uint32_t i)
{
	const struct step *const s = &x->steps[i];
	uint64_t lost = s->enabled & ~s[1].enabled & ~BIT(s->proc);

	if (proc_is_irq(s->proc) && mode_conflicts(&x->events, EXPLORE_STEP,
	    EXPLORE_DELIVER) && next_before(x, proc_cpu(s->proc), i).state !=
	    NEXT_NONE)
		lost |= BIT(proc_cpu(s->proc));
	if (x->options.bounded && proc_has_cpu(s->proc))
		lost &= ~CPU_PROCS;     /* are explored anyway */
	return lost;
}

/* It could have happened last of all, so each run's other events matter. */
static void
note_lost(struct exhaustive *x, uint32_t i)
{
	for (uint64_t lost = x->steps[i].lost; lost != 0; lost &= lost - 1) {
		const unsigned p = (unsigned)__builtin_ctzll(lost);

		add_race(x, i, (struct item){ .at = x->depth,
		    .proc = (uint8_t)p, .id = id_of(x, p, i) }, false);
	}
}

/*
 * The other outcomes of the data choice made in step i.  What else happens in
 * E comes along, since it may be what makes this part of the search new.
 */
static void
note_alternatives(struct exhaustive *x, uint32_t i)
{
	struct item item = item_of(&x->steps[i], x->depth);

	for (unsigned v = 0; v < item.alternatives; v++)
		if (v != x->steps[i].value) {
			item.value = (uint8_t)v;
			add_race(x, i, item, false);
		}
}

/*
 * An event that did not happen comes last; its row is made for the purpose.
 * What could not have happened at once (a fence, a wait) needs something that
 * lets it.
 */
static bool
add_lost(struct exhaustive *x, uint32_t i, const struct item *item)
{
	uint64_t *const row = before_row(x, x->depth);
	bool possible = row_has(&x->steps[i].enabled, item->proc);

	x->v_doubtful = !possible;
	memset(row, 0, x->words * sizeof(*row));
	for (uint32_t k = 0; k < x->v_count; k++) {
		if (x->v[k].proc == item->proc)
			return false;
		if (!dependent(x, item->proc, item->id, x->v[k].proc,
		    x->v[k].id))
			continue;
		join_row(x, row, x->v[k].at);
		x->v_doubtful = x->v_doubtful || item->proc >= PROC_WALK;
		possible = true;
	}
	x->v[x->v_count++] = *item;
	return possible;
}

static bool
is_alternative(const struct exhaustive *x, const struct race *race)
{
	return race->second.proc == x->steps[race->i].proc;
}

/*
 * v = notdep(i, E).second: all of E that i does not precede.  Another outcome
 * of i itself is made first.
 */
static bool
build_v(struct exhaustive *x, const struct race *race)
{
	const bool alternative = is_alternative(x, race);
	const uint64_t *row = before_row(x, race->i + 1);

	x->v_count = 0;
	x->v_doubtful = race->doubtful;
	if (alternative) {
		memset(before_row(x, x->depth), 0,
		    x->words * sizeof(*x->before));
		x->v[x->v_count++] = race->second;
	}
	for (uint32_t k = race->i + 1; k < x->depth; k++, row += x->words)
		if (!row_has(row, race->i))
			x->v[x->v_count++] = item_of(&x->steps[k], k);
	if (alternative)
		return true;
	if (race->second.at == x->depth)
		return add_lost(x, race->i, &race->second);
	x->v[x->v_count++] = race->second;
	return true;
}

/* What it will touch is known only if that never varies. */
static void
doubt_last(struct exhaustive *x)
{
	struct item *const last = &x->v[x->v_count - 1];

	if (x->events.grows[last->id])
		last->id = EVENT_OPAQUE;
}

static void
reverse_races(struct exhaustive *x)
{
	for (uint32_t n = 0; n < x->race_count; n++) {
		const struct race *const race = &x->races[n];

		x->stats.races++;
		if (!build_v(x, race))
			continue;
		doubt_last(x);
		if (is_alternative(x, race))
			wakeup_alternative(x, race->i);
		else
			wakeup_insert(x, race->i);
	}
}

/* The hash of a trace: of each event, with the set of those before it. */
static void
digest_event(struct exhaustive *x, uint32_t j)
{
	struct step *const s = &x->steps[j];
	const uint64_t *const row = before_row(x, j);
	uint64_t sum = 0;

	s->digest = mix(((uint64_t)s->index << 32 | s->id) ^
	    ((uint64_t)s->proc << 56) ^ ((uint64_t)s->value << 48));
	for (uint32_t w = 0; w <= j / 64; w++)
		for (uint64_t bits = row[w]; bits != 0; bits &= bits - 1)
			sum += x->steps[w * 64 +
			    (uint32_t)__builtin_ctzll(bits)].digest;
	s->past = (j > 0 ? s[-1].past : 0) + mix(sum ^ s->digest << 1);
}

static void
put_trace(uint64_t *slots, uint64_t count, uint64_t hash)
{
	while (slots[hash & (count - 1)] != 0)
		hash++;
	slots[hash & (count - 1)] = hash;
}

static void
grow_traces(struct exhaustive *x)
{
	const uint64_t old = x->trace_slots;
	uint64_t *slots;

	x->trace_slots = old == 0 ? 1024 : 2 * old;
	slots = search_grow(NULL, x->trace_slots, sizeof(*slots));
	memset(slots, 0, x->trace_slots * sizeof(*slots));
	for (uint64_t i = 0; i < old; i++)
		if (x->traces[i] != 0)
			put_trace(slots, x->trace_slots, x->traces[i]);
	free(x->traces);
	x->traces = slots;
}

static void
count_trace(struct exhaustive *x, uint64_t hash)
{
	uint64_t at;

	if (2 * x->stats.traces >= x->trace_slots)
		grow_traces(x);
	hash = hash == 0 ? 1 : hash;
	for (at = hash;; at++) {
		uint64_t *const slot = &x->traces[at & (x->trace_slots - 1)];

		if (*slot == hash)
			return;
		if (*slot == 0) {
			*slot = hash;
			x->stats.traces++;
			return;
		}
	}
}

void
races_analyse(struct exhaustive *x, bool whole)
{
	const uint32_t last = x->depth;

	bool forks = x->forks;

	x->race_count = 0;
	forget_places(x, x->fixed);
	for (uint32_t j = x->fixed; j < last; j++) {
		place_event(x, j);
		if (x->placed > j)
			order_placed(x, j);
		else
			order_event(x, j);
		if (x->options.count_traces)
			digest_event(x, j);
		if (j + 1 < last || whole)
			x->steps[j].lost = lost_by(x, j);
		forks = forks || x->steps[j].lost != 0 ||
		    x->steps[j].alternatives > 1;
	}
	x->forks = forks;
	for (uint32_t j = 0; x->forks && j < last; j++) {
		note_alternatives(x, j);
		note_lost(x, j);
	}
	x->stats.events += last - x->fixed;
	reverse_races(x);
	if (whole && x->options.count_traces)
		count_trace(x, last > 0 ? x->steps[last - 1].past : 1);
}
