/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A toy machine for the tests of the exhaustive search: a few words of memory
 * behind TSO store buffers, one page-table entry, a TLB entry per processor
 * with speculative walks, interrupts that can be masked, data choices.  The
 * machine's steps are plain functions on a struct state, which both the engine
 * and the naive enumerator (exhaustive_naive.h) drive.
 */
#ifndef SHOOTDOWN_TESTS_EXHAUSTIVE_TOY_H
#define SHOOTDOWN_TESTS_EXHAUSTIVE_TOY_H

#include "explore/explore.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define TASKS 4
#define OPS 10
#define BUFFER 8
#define SEEN 10
#define WORDS 4
#define PTE 3                   /* the word that is a page-table entry */

enum op_kind {
	OP_LOAD, OP_STORE, OP_FENCE, OP_XCHG, OP_INVLPG, OP_ACCESS, OP_CLI,
	OP_STI, OP_SEND, OP_CHOOSE, OP_AWAIT, OP_KINDS
};

/* a: word, or task of SEND; b: value, or number of alternatives */
struct op {
	uint8_t kind, a, b;
};

struct program {
	unsigned tasks;
	bool sc;                /* stores skip the buffer */
	bool walks;             /* speculative walks on offer */
	unsigned count[TASKS];
	struct op op[TASKS][OPS];
	uint8_t pte;            /* its initial value */
	bool late;              /* what operations touch is said after them */
	uint8_t vague;          /* bit set: of which kinds it is not said */
};

/* No padding: states are compared as bytes. */
struct processor {
	uint8_t pc, handler, masked, pending;
	uint8_t tlb;            /* 0: empty */
	uint8_t buffered;
	uint8_t word[BUFFER], value[BUFFER];
	uint8_t seen_count, seen[SEEN];
};

struct state {
	uint8_t word[WORDS];
	struct processor cpu[TASKS];
};

static const struct program *toy_program;
static struct state toy;

static void
observe(struct processor *c, unsigned value)
{
	if (c->seen_count < SEEN)
		c->seen[c->seen_count++] = (uint8_t)value;
}

static void
start_state(const struct program *p, struct state *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->word[PTE] = p->pte;
}

/* ---- the machine's steps ------------------------------------------------- */

static bool
has_ended(const struct program *p, const struct state *s, unsigned t)
{
	return s->cpu[t].handler == 0 && s->cpu[t].pc == p->count[t];
}

static const struct op *
next_op(const struct program *p, const struct state *s, unsigned t)
{
	return &p->op[t][s->cpu[t].pc];
}

static unsigned
load_word(const struct state *s, unsigned t, unsigned word)
{
	const struct processor *const c = &s->cpu[t];

	for (unsigned i = c->buffered; i-- > 0;)
		if (c->word[i] == word)
			return c->value[i];
	return s->word[word];
}

/* Fences and stores to a full buffer wait for drains. */
static bool
waits_for_buffer(const struct program *p, const struct state *s, unsigned t)
{
	const struct op *const o = next_op(p, s, t);

	return s->cpu[t].handler == 0 && s->cpu[t].buffered > 0 &&
	    (o->kind == OP_FENCE || o->kind == OP_XCHG);
}

static void
store_word(const struct program *p, struct state *s, unsigned t,
           const struct op *o)
{
	struct processor *const c = &s->cpu[t];

	if (p->sc) {
		s->word[o->a] = o->b;
		explore_progress();
		return;
	}
	c->word[c->buffered] = o->a;
	c->value[c->buffered++] = o->b;
}

/* Uses a translation, filling the TLB if it is empty. */
static void
access_page(struct state *s, unsigned t)
{
	struct processor *const c = &s->cpu[t];

	if (c->tlb == 0) {
		explore_touch(PTE, EXPLORE_CLIENT + 1);
		c->tlb = s->word[PTE];
	}
	observe(c, 10u + c->tlb);
}

/* What the task does next; a choice's value is given. */
static void
step_task(const struct program *p, struct state *s, unsigned t,
          unsigned choice)
{
	struct processor *const c = &s->cpu[t];
	const struct op *const o = next_op(p, s, t);

	if (c->handler != 0) {
		observe(c, 20 + load_word(s, t, 0));
		c->handler = c->masked = 0;
		return;
	}
	if (o->kind == OP_LOAD || o->kind == OP_XCHG)
		observe(c, load_word(s, t, o->a));
	if (o->kind == OP_STORE)
		store_word(p, s, t, o);
	if (o->kind == OP_XCHG) {
		s->word[o->a] = o->b;
		explore_progress();
	}
	if (o->kind == OP_INVLPG)
		c->tlb = 0;
	if (o->kind == OP_ACCESS)
		access_page(s, t);
	if (o->kind == OP_CLI || o->kind == OP_STI)
		c->masked = o->kind == OP_CLI;
	if (o->kind == OP_SEND)
		s->cpu[o->a].pending = 1;
	if (o->kind == OP_CHOOSE)
		observe(c, choice);
	c->pc++;
}

static void
drain_one(struct state *s, unsigned t)
{
	struct processor *const c = &s->cpu[t];

	s->word[c->word[0]] = c->value[0];
	c->buffered--;
	memmove(c->word, c->word + 1, BUFFER - 1);
	memmove(c->value, c->value + 1, BUFFER - 1);
	c->word[c->buffered] = c->value[c->buffered] = 0;
}

static bool
can_interrupt(const struct state *s, unsigned t)
{
	return s->cpu[t].pending != 0 && s->cpu[t].masked == 0;
}

static void
deliver(struct state *s, unsigned t)
{
	s->cpu[t].pending = 0;
	s->cpu[t].masked = s->cpu[t].handler = 1;
}

static bool
can_walk(const struct program *p, const struct state *s, unsigned t)
{
	return p->walks && s->cpu[t].tlb == 0 && s->word[PTE] != 0;
}

static void
walk(struct state *s, unsigned t)
{
	s->cpu[t].tlb = s->word[PTE];
}

/* ---- what the steps touch ------------------------------------------------ */

enum {
	PTE_STORE = EXPLORE_CLIENT, PTE_READ, TLB_FILL, TLB_DROP, PTE_OFFER
};

#define TLB(t) (100 + (t))

static void
add_access(struct explore_event *e, uint64_t object, unsigned mode)
{
	e->access[e->count++] =
	    (struct explore_access){ .object = object, .mode = mode };
}

static void
describe_op(const struct program *p, const struct state *s, unsigned t,
            struct explore_event *e)
{
	const struct op *const o = next_op(p, s, t);
	const bool pte = o->a == PTE;

	*e = (struct explore_event){ 0 };
	if (s->cpu[t].handler != 0) {
		add_access(e, 0, EXPLORE_READ);
		add_access(e, EXPLORE_IRQ(t), EXPLORE_MASK);
		return;
	}
	if (o->kind == OP_LOAD || o->kind == OP_AWAIT)
		add_access(e, o->a, pte ? PTE_READ : EXPLORE_READ);
	if (o->kind == OP_STORE && p->sc)
		add_access(e, o->a, pte ? PTE_STORE : EXPLORE_WRITE);
	if (o->kind == OP_XCHG)
		add_access(e, o->a, EXPLORE_LOCK);
	if (o->kind == OP_FENCE || o->kind == OP_XCHG)
		e->flags = EXPLORE_FENCE;
	if (o->kind == OP_INVLPG) {
		add_access(e, TLB(t), TLB_DROP);
		add_access(e, PTE, PTE_OFFER);
	}
	if (o->kind == OP_ACCESS)
		add_access(e, TLB(t), TLB_FILL);
	if (o->kind == OP_CLI || o->kind == OP_STI)
		add_access(e, EXPLORE_IRQ(t), EXPLORE_MASK);
	if (o->kind == OP_SEND)
		add_access(e, EXPLORE_IRQ(o->a), EXPLORE_SEND);
	if ((p->vague >> o->kind % 8 & 1) != 0)
		e->flags |= EXPLORE_OPAQUE;
}

/* The point before an operation, and what is said of it. */
static void
announce_op(const struct program *p, unsigned t)
{
	struct explore_event e, fence;

	describe_op(p, &toy, t, &e);
	if (!p->late || e.flags == EXPLORE_OPAQUE) {
		explore_point_event(&e);
		return;
	}
	fence = (struct explore_event){ .flags = e.flags };
	explore_point_event(&fence);
	for (unsigned i = 0; i < e.count; i++)
		explore_touch(e.access[i].object, e.access[i].mode);
}

static void
toy_describe(void *ctx, enum choice_kind what, unsigned t, unsigned k,
             struct explore_event *e)
{
	(void)ctx;
	(void)k;
	if (what == CHOICE_DRAIN) {
		const unsigned word = toy.cpu[t].word[0];

		add_access(e, word, word == PTE ? PTE_STORE : EXPLORE_WRITE);
	} else if (what == CHOICE_WALK) {
		add_access(e, PTE, PTE_READ);
		add_access(e, TLB(t), TLB_FILL);
	}
}

static void
toy_relation(struct explore_relation *ret)
{
	explore_relation_default(ret);
	explore_relation_set(ret, PTE_STORE, PTE_STORE, true);
	explore_relation_set(ret, PTE_STORE, PTE_READ, true);
	explore_relation_set(ret, PTE_STORE, PTE_OFFER, true);
	explore_relation_set(ret, TLB_FILL, TLB_FILL, true);
	explore_relation_set(ret, TLB_FILL, TLB_DROP, true);
}

/* ---- driven by the engine ------------------------------------------------ */

/* Views need no swapping: loads look into the buffer by themselves. */
static void
toy_view(void *ctx, unsigned t)
{
	(void)ctx;
	(void)t;
}

static unsigned
toy_buffered(void *ctx, unsigned t)
{
	(void)ctx;
	return toy.cpu[t].buffered;
}

static void
toy_drain(void *ctx, unsigned t, unsigned n)
{
	(void)ctx;
	while (n-- > 0)
		drain_one(&toy, t);
}

static unsigned
toy_walks(void *ctx, unsigned t)
{
	(void)ctx;
	return can_walk(toy_program, &toy, t) ? 1 : 0;
}

static void
toy_walk(void *ctx, unsigned t, unsigned k)
{
	(void)ctx;
	(void)k;
	walk(&toy, t);
}

static void
update_attention(unsigned t)
{
	explore_attention(t, can_interrupt(&toy, t));
}

static void
toy_interrupt(void *ctx, unsigned t)
{
	(void)ctx;
	deliver(&toy, t);
	update_attention(t);
	announce_op(toy_program, t);
	step_task(toy_program, &toy, t, 0);
	update_attention(t);
}

static void
toy_task(void *arg, unsigned t)
{
	const struct program *const p = toy_program;

	(void)arg;
	while (toy.cpu[t].pc < p->count[t]) {
		const struct op *const o = next_op(p, &toy, t);
		unsigned choice = 0;

		if (o->kind == OP_CHOOSE)
			choice = explore_choose(o->b);
		else
			announce_op(p, t);
		if (o->kind == OP_AWAIT && load_word(&toy, t, o->a) == 0) {
			explore_spin();
			continue;
		}
		step_task(p, &toy, t, choice);
		if (o->kind == OP_CLI || o->kind == OP_STI)
			update_attention(t);
		if (o->kind == OP_SEND)
			update_attention(o->a);
	}
}

static const struct explore_ops toy_ops = {
	.hide = toy_view, .show = toy_view, .buffered = toy_buffered,
	.drain = toy_drain, .interrupt = toy_interrupt, .walks = toy_walks,
	.walk = toy_walk, .describe = toy_describe,
};

static struct explore_result
run_toy(const struct strategy *st, struct schedule *record)
{
	struct explore_result res;

	start_state(toy_program, &toy);
	explore_run(toy_program->tasks, toy_task, NULL, st, 100000, record,
	    &res);
	return res;
}

/* ---- sets of outcomes ---------------------------------------------------- */

/* Everything but what walks at the very end may have filled. */
struct outcomes {
	struct state *list;
	unsigned count, capacity;
};

static void
add_outcome(struct outcomes *o, const struct state *end)
{
	struct state s = *end;

	for (unsigned t = 0; t < TASKS; t++)
		s.cpu[t].tlb = 0;
	for (unsigned i = 0; i < o->count; i++)
		if (memcmp(&o->list[i], &s, sizeof(s)) == 0)
			return;
	if (o->count == o->capacity) {
		o->capacity = o->capacity == 0 ? 64 : 2 * o->capacity;
		o->list = realloc(o->list, o->capacity * sizeof(*o->list));
		if (o->list == NULL)
			abort();
	}
	o->list[o->count++] = s;
}

/* How many outcomes of a are not in b. */
static unsigned
outcomes_missing(const struct outcomes *a, const struct outcomes *b)
{
	unsigned missing = 0;

	for (unsigned i = 0; i < a->count; i++) {
		unsigned k = 0;

		while (k < b->count && memcmp(&a->list[i], &b->list[k],
		    sizeof(a->list[i])) != 0)
			k++;
		missing += k == b->count;
	}
	return missing;
}

/* Runs the whole search over toy_program. */
static __attribute__((unused)) void
search_toy(const struct exhaustive_options *options,
           struct exhaustive_stats *ret, struct outcomes *outcomes)
{
	struct exhaustive *const x = exhaustive_new(options);
	struct strategy st;

	while (exhaustive_next(x, &st)) {
		const struct explore_result r = run_toy(&st, NULL);

		if (r.end == EXPLORE_DONE || r.end == EXPLORE_DEADLOCK)
			add_outcome(outcomes, &toy);
	}
	exhaustive_stats(x, ret);
	exhaustive_free(x);
}

#endif
