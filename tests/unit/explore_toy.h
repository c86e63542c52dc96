/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A toy machine for the tests of explore/: eight words of memory, a TSO store
 * buffer per task, interrupts that can be masked.  Included by the one file of
 * each test program; it checks by itself that the engine calls hide, show and
 * drain in the order promised.
 */
#ifndef SHOOTDOWN_TESTS_EXPLORE_TOY_H
#define SHOOTDOWN_TESTS_EXPLORE_TOY_H

#include "explore/explore.h"

#include <check.h>
#include <string.h>

#define TOY_TASKS 8
#define WORDS 8
#define BUFFER 6
#define MAX_STEPS 100000

struct store {
	unsigned word, value, old;
};

static struct toy {
	unsigned word[WORDS];
	struct store buffer[TOY_TASKS][BUFFER];
	unsigned buffered[TOY_TASKS];
	unsigned pending[TOY_TASKS], taken[TOY_TASKS];
	bool masked[TOY_TASKS], hidden[TOY_TASKS];
	unsigned walks;
	bool sc;                /* hiding a task drains it */
	bool quiet;             /* interrupts store nothing */
	uint64_t trace;         /* digest of all that tasks observe */
} toy;

/* ck_assert() does a system call each time: too slow for the inner loops. */
static void
ensure(bool holds)
{
	if (!holds)
		ck_abort_msg("the engine broke a rule of the toy machine");
}

static void
observe(unsigned value)
{
	toy.trace = (toy.trace ^ value ^ explore_current() << 8) *
	    UINT64_C(0x100000001b3);
}

static void
toy_commit(unsigned task)
{
	if (toy.buffered[task] > 0)
		explore_progress();
	toy.buffered[task] = 0;
}

static void
toy_hide(void *ctx, unsigned task)
{
	(void)ctx;
	ensure(!toy.hidden[task]);
	if (toy.sc)
		toy_commit(task);
	for (unsigned i = toy.buffered[task]; i-- > 0;)
		toy.word[toy.buffer[task][i].word] = toy.buffer[task][i].old;
	toy.hidden[task] = true;
}

static void
toy_show(void *ctx, unsigned task)
{
	(void)ctx;
	ensure(toy.hidden[task]);
	toy.hidden[task] = false;
	for (unsigned i = 0; i < toy.buffered[task]; i++) {
		struct store *s = &toy.buffer[task][i];

		s->old = toy.word[s->word];
		toy.word[s->word] = s->value;
	}
}

static unsigned
toy_buffered(void *ctx, unsigned task)
{
	(void)ctx;
	return toy.buffered[task];
}

static void
toy_drain(void *ctx, unsigned task, unsigned n)
{
	struct store *b = toy.buffer[task];

	(void)ctx;
	for (unsigned i = 0; i < TOY_TASKS; i++)
		ensure(toy.hidden[i]);
	ensure(n <= toy.buffered[task]);
	for (unsigned i = 0; i < n; i++)
		toy.word[b[i].word] = b[i].value;
	toy.buffered[task] -= n;
	memmove(b, b + n, toy.buffered[task] * sizeof(*b));
	explore_progress();
}

static unsigned
load(unsigned word)
{
	explore_point();
	observe(toy.word[word]);
	return toy.word[word];
}

static void
store(unsigned word, unsigned value)
{
	const unsigned t = explore_current();

	explore_point();
	if (toy.buffered[t] == BUFFER)
		toy_commit(t);
	toy.buffer[t][toy.buffered[t]++] =
	    (struct store){ word, value, toy.word[word] };
	toy.word[word] = value;
}

static void
fence(void)
{
	explore_point();
	toy_commit(explore_current());
}

static void
update_attention(unsigned task)
{
	explore_attention(task, toy.pending[task] > 0 && !toy.masked[task]);
}

static __attribute__((unused)) void
interrupt_task(unsigned task)
{
	explore_point();
	toy.pending[task]++;
	update_attention(task);
}

static void
mask_interrupts(bool masked)
{
	toy.masked[explore_current()] = masked;
	update_attention(explore_current());
}

/* Increments word 7; passes points, may be switched away in the middle. */
static void
toy_interrupt(void *ctx, unsigned task)
{
	(void)ctx;
	ensure(task == explore_current());
	ensure(!toy.masked[task] && toy.pending[task] > 0);
	mask_interrupts(true);
	toy.pending[task]--;
	toy.taken[task]++;
	if (!toy.quiet) {
		store(7, load(7) + 1);
		observe(explore_choose(3));
		fence();
	}
	mask_interrupts(false);
}

static void
toy_reset(void)
{
	toy = (struct toy){ .sc = toy.sc, .quiet = toy.quiet };
	for (unsigned i = 0; i < TOY_TASKS; i++)
		toy.hidden[i] = true;
}

static const struct explore_ops toy_ops = {
	.hide = toy_hide, .show = toy_show, .buffered = toy_buffered,
	.drain = toy_drain, .interrupt = toy_interrupt,
};

static void
setup(void)
{
	explore_setup(&toy_ops);
	toy.sc = toy.quiet = false;
}

static __attribute__((unused)) struct explore_result
run_toy(unsigned ntasks, void (*entry)(void *arg, unsigned task), void *arg,
        const struct strategy *st, struct schedule *record)
{
	struct explore_result res;

	toy_reset();
	explore_run(ntasks, entry, arg, st, MAX_STEPS, record, &res);
	ensure(!explore_hot.active);
	if (res.end == EXPLORE_DONE)
		for (unsigned i = 0; i < ntasks; i++)
			ensure(toy.buffered[i] == 0);
	return res;
}

/* Store buffering, the litmus test. */
static unsigned seen[2];

static __attribute__((unused)) void
sb_task(void *arg, unsigned task)
{
	(void)arg;
	store(task, 1);
	seen[task] = load(1 - task);
}

#endif
