/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flush: what a flush does to its targets, and in which order.
 *
 * A flush is not atomic: its effects on every target are complete when the call
 * returns, and not before.  Between call and return each target VP loses its
 * translations at scheduling points of its own, in an order that the explorer
 * chooses; of a list, each element at its own.
 */
#include "hvsim/running.h"

#include <string.h>

#define LOW_LAST 0x00007fffffffffffull  /* 48-bit canonical addresses */
#define HIGH_FIRST 0xffff800000000000ull

/*
 * TLFS HvCallFlushVirtualAddressList: GVAs beyond the end of the GVA space are
 * ignored.  So of a range that runs into the hole (or past the top) the valid
 * part counts; false: nothing is left.
 */
static bool
clip(const struct hv_range *asked, struct hv_range *ret)
{
	uint64_t first = asked->va, last = first + asked->bytes - 1;

	if (last < first)
		last = UINT64_MAX;
	if (first > LOW_LAST && first < HIGH_FIRST)
		first = HIGH_FIRST;
	if (last > LOW_LAST && last < HIGH_FIRST)
		last = LOW_LAST;
	if (first > last)
		return false;
	ret->va = first;
	ret->bytes = last - first + 1;
	return true;
}

/* TLFS HV_FLUSH_FLAGS: what may happen to globals; see knob global_as. */
static enum hv_globals
globals_of(const struct hv_running *c, bool any)
{
	uint32_t keep = hv_running_knob(c, HV_KNOB_GLOBALS);

	if ((c->f->flags & HVA_FLUSH_NON_GLOBAL) != 0 &&
	    (keep == 0 || (keep == 2 && hv_running_choose(c, 2) == 0)))
		return HV_GLOBALS_KEEP;
	if (!any && hv_running_knob(c, HV_KNOB_GLOBAL_AS) == 1)
		return HV_GLOBALS_MATCH;
	return HV_GLOBALS_DROP;
}

static void
flush_gva(const struct hv_running *c, unsigned vp, const struct hv_range *range)
{
	const struct hv_env *env = &c->p->env;
	const struct hv_flush *f = c->f;
	bool any = (f->flags & HVA_FLUSH_ALL_SPACES) != 0 ||
	           hv_running_knob(c, HV_KNOB_AS) == 0;
	uint64_t root = f->space;
	struct hv_range valid;

	if (hv_running_knob(c, HV_KNOB_AS) != 2)
		root &= ~0xfffull;
	if (range != NULL && hv_running_overflush(c))
		range = NULL;
	if (range != NULL) {
		if (!clip(range, &valid))
			return;
		range = &valid;
	}
	env->flush(env->ctx, vp, f, range, globals_of(c, any), any, root);
}

/* Flushes one VP; range NULL: the whole space. */
static void
flush_one(const struct hv_running *c, unsigned vp, const struct hv_range *range)
{
	const struct hv_env *env = &c->p->env;

	if (c->call->kind == HV_CALL_FLUSH)
		flush_gva(c, vp, range);
	else if (env->flush_gpa != NULL)
		env->flush_gpa(env->ctx, vp, c->f, range);
}

/* ---- orders ---- */

/* Takes the k-th member, of more than k, out of the set. */
static unsigned
take_bit(uint64_t *set, unsigned k)
{
	unsigned word = 0, bits;
	uint64_t rest;

	while ((bits = (unsigned)__builtin_popcountll(set[word])) <= k) {
		k -= bits;
		word++;
	}
	for (rest = set[word]; k > 0; k--)
		rest &= rest - 1;
	rest &= -rest;
	set[word] &= ~rest;
	return word * 64 + (unsigned)__builtin_ctzll(rest);
}

unsigned
hv_running_take(const struct hv_running *c, uint64_t *left, unsigned n)
{
	unsigned k = 0;

	if (n > 1 && hv_running_knob(c, HV_KNOB_LATE_TARGET) != 0)
		k = hv_running_choose(c, n);
	return take_bit(left, k);
}

/* Flushes `count` ranges from `range` on (0: whole space) on all targets. */
static void
flush_targets(const struct hv_running *c, const struct hv_range *range,
              uint32_t count)
{
	uint64_t left[HV_MAX_VPS / 64];

	memcpy(left, c->target, hv_running_words(c) * sizeof(left[0]));
	for (unsigned n = c->targets; n > 0; n--) {
		unsigned vp = hv_running_take(c, left, n);

		hv_running_point(c);
		if (count == 0)
			flush_one(c, vp, NULL);
		for (uint32_t i = 0; i < count; i++)
			flush_one(c, vp, &range[i]);
	}
}

/* The elements that one target has not flushed yet. */
struct pending {
	unsigned vp;
	uint32_t count;
	uint64_t left[HV_MAX_RANGES / 64];
};

/* Targets of one call that are in the middle of their lists at a time. */
#define PENDING 64

static void
pending_begin(struct pending *p, unsigned vp, uint32_t count)
{
	*p = (struct pending){ .vp = vp, .count = count };
	for (uint32_t i = 0; i < count; i++)
		p->left[i / 64] |= 1ull << i % 64;
}

/*
 * Any target, any of its elements, until nothing is left.  Of more than
 * PENDING targets the explorer chooses who is to begin when one has ended.
 */
static void
flush_any(const struct hv_running *c, uint32_t count)
{
	struct pending pending[PENDING];
	uint64_t left[HV_MAX_VPS / 64];
	unsigned waiting = c->targets, n = 0;
	bool few = waiting <= PENDING;

	memcpy(left, c->target, hv_running_words(c) * sizeof(left[0]));
	while (waiting > 0 || n > 0) {
		unsigned t;
		uint32_t i;

		for (; waiting > 0 && n < PENDING; waiting--)
			pending_begin(&pending[n++], few ? take_bit(left, 0) :
			    hv_running_take(c, left, waiting), count);
		t = n > 1 ? hv_running_choose(c, n) : 0;
		i = pending[t].count > 1 ?
		    hv_running_choose(c, pending[t].count) : 0;
		i = take_bit(pending[t].left, i);
		pending[t].count--;
		hv_running_point(c);
		flush_one(c, pending[t].vp, &c->f->range[i]);
		if (pending[t].count == 0)
			pending[t] = pending[--n];
	}
}

/*
 * TLFS Hypercall Atomicity and Ordering: a rep call is a series of actions, and
 * only their being complete at the return is promised (late_target=any).
 * "element" keeps the order of the list; "list" is the order of hosts that
 * queue the list to each target.
 */
void
hv_flush_elements(const struct hv_running *c, uint32_t count)
{
	uint32_t late = hv_running_knob(c, HV_KNOB_LATE_TARGET);

	if (count == 0)
		return;
	if (late == 3) {
		flush_any(c, count);
		return;
	}
	if (late == 2) {
		flush_targets(c, c->f->range, count);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		flush_targets(c, &c->f->range[i], 1);
}

void
hv_flush_whole(const struct hv_running *c)
{
	flush_targets(c, NULL, 0);
}
