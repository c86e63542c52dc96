/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of explore/ with many tasks: all strategies around the bounds of
 * the sets' words and at the most there can be, on a machine with a store
 * buffer of one entry per task.  Also built with -DEXPLORE_UCONTEXT.
 */
#include "explore/rng.h"
#include "explore/explore.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 16
#define MAX_STEPS 4000000

struct cpu {
	unsigned word, value;
	bool buffered, hidden;
	unsigned pending, taken;
};

static struct {
	unsigned tasks, arrived;
	unsigned word[WORDS];
	struct cpu cpu[EXPLORE_MAX_TASKS + 1]; /* one to be refused */
	uint64_t trace;
	bool broken;
} toy;

static void
observe(unsigned value)
{
	toy.trace = (toy.trace ^ value ^ (uint64_t)explore_current() << 32) *
	    UINT64_C(0x100000001b3);
}

static void
commit(struct cpu *c)
{
	if (!c->buffered)
		return;
	toy.word[c->word] = c->value;
	c->buffered = false;
	explore_progress();
}

static void
toy_hide(void *ctx, unsigned t)
{
	(void)ctx;
	toy.broken = toy.broken || toy.cpu[t].hidden;
	toy.cpu[t].hidden = true;
}

static void
toy_show(void *ctx, unsigned t)
{
	(void)ctx;
	toy.broken = toy.broken || !toy.cpu[t].hidden;
	toy.cpu[t].hidden = false;
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
	toy.broken = toy.broken || n != 1 || !toy.cpu[t].buffered;
	commit(&toy.cpu[t]);
}

static void
toy_interrupt(void *ctx, unsigned t)
{
	(void)ctx;
	toy.cpu[t].taken += toy.cpu[t].pending;
	toy.cpu[t].pending = 0;
	explore_attention(t, false);
	explore_point();
	observe(toy.cpu[t].taken);
}

static unsigned
toy_walks(void *ctx, unsigned t)
{
	(void)ctx;
	return t % 16 == 3 ? 2 : 0;
}

static void
toy_walk(void *ctx, unsigned t, unsigned k)
{
	(void)ctx;
	toy.trace += 3 * t + k;
}

static const struct explore_ops ops = {
	.hide = toy_hide, .show = toy_show, .buffered = toy_buffered,
	.drain = toy_drain, .interrupt = toy_interrupt,
};

static void
store(unsigned t, unsigned word, unsigned value)
{
	explore_mark();
	explore_point_at(word, EXPLORE_WRITE);
	commit(&toy.cpu[t]);
	toy.cpu[t].buffered = true;
	toy.cpu[t].word = word;
	toy.cpu[t].value = value;
}

static void
load(unsigned t, unsigned word)
{
	const struct cpu *const c = &toy.cpu[t];

	explore_point_at(word, EXPLORE_READ);
	observe(c->buffered && c->word == word ? c->value : toy.word[word]);
}

/* Words of few tasks and of all, an interrupt; some wait for everybody. */
static void
busy_task(void *arg, unsigned t)
{
	const unsigned next = (t + 1) % toy.tasks;

	(void)arg;
	store(t, t % WORDS, t);
	load(t, (t + 1) % WORDS);
	observe(explore_choose(3));
	toy.cpu[next].pending++;
	explore_attention(next, true);
	store(t, 0, t);
	load(t, 0);
	explore_point();
	commit(&toy.cpu[t]);
	toy.arrived++;
	explore_progress();
	while (t % 64 == 1 && toy.arrived < toy.tasks)
		explore_spin();
}

struct outcome {
	struct explore_result result;
	uint64_t trace;
	char *record;
};

static void
run_many(unsigned tasks, void (*entry)(void *arg, unsigned t),
         const struct strategy *st, struct outcome *ret)
{
	struct schedule record = { 0 };

	memset(&toy, 0, sizeof(toy));
	toy.tasks = tasks;
	for (unsigned t = 0; t < tasks; t++)
		toy.cpu[t].hidden = true;
	explore_run(tasks, entry, NULL, st, MAX_STEPS, &record,
	    &ret->result);
	ret->trace = toy.trace;
	ret->record = schedule_print(&record);
	schedule_clear(&record);
}

static void
replay(unsigned tasks, const char *text, struct outcome *ret)
{
	struct schedule s = { 0 };
	const struct strategy st = { STRATEGY_REPLAY, .replay = &s };
	const char *why;
	size_t offset;

	ck_assert_int_eq(schedule_parse(text, &s, &offset, &why), 0);
	run_many(tasks, busy_task, &st, ret);
	schedule_clear(&s);
}

static void
assert_same(const struct outcome *a, const struct outcome *b)
{
	ck_assert_int_eq((int)a->result.end, (int)b->result.end);
	ck_assert_uint_eq(a->result.steps, b->result.steps);
	ck_assert_uint_eq(a->result.switches, b->result.switches);
	ck_assert_uint_eq(a->trace, b->trace);
	ck_assert_str_eq(a->record, b->record);
}

static const enum strategy_kind kinds[] = { STRATEGY_RANDOM, STRATEGY_PCT,
	STRATEGY_POS, STRATEGY_URW, STRATEGY_SURW, STRATEGY_DELAY };
#define KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

static const unsigned sizes[] = { 9, 63, 64, 65, 200, 1024 };
#define SIZES ((int)(sizeof(sizes) / sizeof(sizes[0])))

static struct strategy
strategy_of(enum strategy_kind kind, uint64_t seed)
{
	return (struct strategy){ kind, .seed = seed, .depth = 3,
		.length = 5000 };
}

static void
setup(void)
{
	explore_setup(&ops);
}

/* Everybody runs to its end and takes its interrupt. */
START_TEST(every_strategy_runs_many_tasks_and_replays)
{
	const unsigned tasks = sizes[_i / KINDS];
	const struct strategy st = strategy_of(kinds[_i % KINDS],
	    (uint64_t)_i);
	struct explore_ops with_walks = ops;
	struct outcome first, again;

	with_walks.walks = toy_walks;
	with_walks.walk = toy_walk;
	if (_i % 2 == 0 && tasks < 1000)
		explore_setup(&with_walks);
	run_many(tasks, busy_task, &st, &first);
	ck_assert_int_eq((int)first.result.end, EXPLORE_DONE);
	ck_assert(!toy.broken);
	for (unsigned t = 0; t < tasks; t++) {
		ck_assert_uint_eq(toy.cpu[t].taken, 1);
		ck_assert(!toy.cpu[t].buffered);
		ck_assert_uint_ge(explore_task_result(t).steps, 8);
	}
	ck_assert_uint_eq(explore_task_result(tasks).steps, 0);
	replay(tasks, first.record, &again);
	assert_same(&first, &again);
	free(first.record);
	free(again.record);
}
END_TEST

/* What a run of many has left behind does not show in a run of few. */
START_TEST(a_run_does_not_depend_on_larger_ones_before_it)
{
	const struct strategy st = strategy_of(kinds[_i], 5);
	struct outcome before, many, after;

	run_many(3, busy_task, &st, &before);
	run_many(1024, busy_task, &st, &many);
	run_many(3, busy_task, &st, &after);
	assert_same(&before, &after);
	free(before.record);
	free(many.record);
	free(after.record);
}
END_TEST

/* All but every 100th task wait for ever. */
static void
stuck_task(void *arg, unsigned t)
{
	(void)arg;
	while (t % 100 != 0)
		explore_spin();
}

START_TEST(a_deadlock_names_who_waits)
{
	const struct strategy st = strategy_of(kinds[_i], 1);
	struct outcome o;

	run_many(1024, stuck_task, &st, &o);
	ck_assert_int_eq((int)o.result.end, EXPLORE_DEADLOCK);
	ck_assert_uint_eq(o.result.waiting, 1024 - 11);
	for (unsigned t = 0; t < 1024; t++)
		ck_assert_int_eq(explore_task_result(t).waits, t % 100 != 0);
	free(o.record);
}
END_TEST

/* One that waits is not looked at again before something has changed. */
static void
chain_task(void *arg, unsigned t)
{
	unsigned looks = 0;

	(void)arg;
	while (toy.arrived != t) {
		explore_spin();
		looks++;
	}
	toy.trace += looks;
	toy.arrived++;
	explore_progress();
}

START_TEST(waiting_tasks_are_woken_by_changes_only)
{
	const struct strategy st = { STRATEGY_RANDOM, .seed = 1 };
	struct outcome o;

	run_many(300, chain_task, &st, &o);
	ck_assert_int_eq((int)o.result.end, EXPLORE_DONE);
	ck_assert_uint_eq(toy.arrived, 300);
	/* at most a look after each change, and the first */
	ck_assert_uint_le(toy.trace, 300 * 301);
	free(o.record);
}
END_TEST

START_TEST(an_exhaustive_search_refuses_more_tasks_than_it_can_have)
{
	const struct exhaustive_options options = { 0 };
	struct exhaustive *const x = exhaustive_new(&options);
	struct strategy st;
	struct outcome o;

	ck_assert(exhaustive_next(x, &st));
	run_many(EXHAUSTIVE_MAX_TASKS + 1, stuck_task, &st, &o);
}
END_TEST

START_TEST(more_tasks_than_there_can_be_are_refused)
{
	const struct strategy st = { STRATEGY_RANDOM, .seed = 1 };
	struct outcome o;

	run_many(EXPLORE_MAX_TASKS + (unsigned)_i, stuck_task, &st, &o);
}
END_TEST

int
main(void)
{
	Suite *const suite = suite_create("explore_many");
	TCase *const t = tcase_create("many");
	SRunner *const sr = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 0);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, every_strategy_runs_many_tasks_and_replays, 0,
	    KINDS * SIZES);
	tcase_add_loop_test(t, a_run_does_not_depend_on_larger_ones_before_it,
	    0, KINDS);
	tcase_add_loop_test(t, a_deadlock_names_who_waits, 0, KINDS);
	tcase_add_test(t, waiting_tasks_are_woken_by_changes_only);
	tcase_add_test_raise_signal(t,
	    an_exhaustive_search_refuses_more_tasks_than_it_can_have, SIGABRT);
	tcase_add_loop_test_raise_signal(t,
	    more_tasks_than_there_can_be_are_refused, SIGABRT, 1, 2);
	suite_add_tcase(suite, t);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
