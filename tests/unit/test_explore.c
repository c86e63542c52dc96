/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of explore/: runs and the strategies, on a toy machine.
 * Also built with -DEXPLORE_UCONTEXT for the other fiber backend.
 */
#include "explore/rng.h"
#include "tests/unit/explore_toy.h"

#include <stdlib.h>

static struct explore_result
run_seed(unsigned ntasks, void (*entry)(void *arg, unsigned task), void *arg,
         uint64_t seed)
{
	const struct strategy st = { STRATEGY_RANDOM, .seed = seed };

	return run_toy(ntasks, entry, arg, &st, NULL);
}

static struct explore_result
run_text(unsigned ntasks, void (*entry)(void *arg, unsigned task), void *arg,
         const char *text)
{
	struct schedule s = { 0 };
	const struct strategy st = { STRATEGY_REPLAY, .replay = &s };
	struct explore_result res;
	const char *why;
	size_t offset;

	ck_assert_int_eq(schedule_parse(text, &s, &offset, &why), 0);
	res = run_toy(ntasks, entry, arg, &st, NULL);
	schedule_clear(&s);
	return res;
}

/* ---- random programs: determinism and replay ---------------------------- */

static unsigned
toy_walks(void *ctx, unsigned task)
{
	(void)ctx;
	return task % 2 == 0 ? 3 : 0;
}

static void
toy_walk(void *ctx, unsigned task, unsigned k)
{
	(void)ctx;
	observe(1000 + 10 * task + k);
	toy.walks++;
}

/* What a task does is a function of the program's seed and what it observes. */
static void
random_task(void *arg, unsigned task)
{
	struct rng rng;
	unsigned ops, x = 0;

	rng_seed(&rng, *(const uint64_t *)arg * 8 + task);
	ops = rng_below(&rng, 60);
	for (unsigned i = 0; i < ops; i++) {
		const unsigned word = rng_below(&rng, WORDS - 1);

		switch (rng_below(&rng, 12)) {
		case 0: case 1: case 2:
			store(word, x + i);
			break;
		case 3: case 4: case 5:
			x += load(word);
			break;
		case 6:
			fence();
			break;
		case 7:
			interrupt_task(rng_below(&rng, 4));
			break;
		case 8:
			explore_mark();
			x += explore_choose(1 + word);
			observe(x);
			break;
		case 9:
			mask_interrupts(true);
			break;
		case 10:
			mask_interrupts(false);
			break;
		case 11:
			if (rng_below(&rng, 3) == 0)
				explore_spin();
			while (rng_below(&rng, 24) == 0 && load(word) % 3 != 0)
				explore_spin();
			if (x % 61 == 60)
				explore_stop();
			/* Not a thing of real machines: another's attention. */
			if (x % 7 == 0) {
				explore_attention(x % 4, false);
				update_attention(x % 4);
			}
			break;
		}
		if (task == 0 && i == 5)
			while (*(const uint64_t *)arg % 64 == 63)
				explore_point();
	}
	mask_interrupts(false);
}

struct outcome {
	struct explore_result res;
	struct schedule record;
	uint64_t trace;
	unsigned word[WORDS];
	uint32_t steps[TOY_TASKS];
};

static void
run_program(uint64_t program, const struct strategy *st, struct outcome *ret)
{
	toy_reset();
	memset(&ret->res, 0, sizeof(ret->res));
	explore_run(1 + program % 5, random_task, &program, st,
	    program % 3 == 0 ? 150 : MAX_STEPS, &ret->record, &ret->res);
	ret->trace = toy.trace;
	for (unsigned t = 0; t < TOY_TASKS; t++)
		ret->steps[t] = explore_task_result(t).steps;
	memcpy(ret->word, toy.word, sizeof(ret->word));
}

static void
assert_same(const struct outcome *a, const struct outcome *b)
{
	char *const ta = schedule_print(&a->record);
	char *const tb = schedule_print(&b->record);

	ck_assert_str_eq(ta, tb);
	free(ta);
	free(tb);
	ck_assert_uint_eq(a->trace, b->trace);
	ck_assert_int_eq((int)a->res.end, (int)b->res.end);
	ck_assert_uint_eq(a->res.steps, b->res.steps);
	ck_assert_uint_eq(a->res.switches, b->res.switches);
	ck_assert_uint_eq(a->res.waiting, b->res.waiting);
	ck_assert_mem_eq(a->steps, b->steps, sizeof(a->steps));
	ck_assert_mem_eq(a->word, b->word, sizeof(a->word));
}

/* Each strategy gets its share; half of the programs are for random. */
static struct strategy
strategy_for(uint64_t program)
{
	static const enum strategy_kind kinds[10] = {
		STRATEGY_RANDOM, STRATEGY_POS, STRATEGY_PCT, STRATEGY_RANDOM,
		STRATEGY_URW, STRATEGY_RANDOM, STRATEGY_SURW, STRATEGY_PCT,
		STRATEGY_DELAY, STRATEGY_RANDOM
	};

	return (struct strategy){ kinds[program % 10], .seed = program,
		.burst = program % 4 == 1 ? 2 : 0,
		.depth = 1 + program % 5, .length = 100 };
}

START_TEST(test_a_run_is_a_function_of_its_seed_and_its_record)
{
	struct explore_ops ops = toy_ops;
	struct outcome first = { 0 }, again = { 0 };
	unsigned ends[4] = { 0 }, walks = 0;

	ops.walks = toy_walks;
	ops.walk = toy_walk;
	for (uint64_t program = 0; program < 1500; program++) {
		const struct strategy st = strategy_for(program);
		struct schedule record = { 0 };
		const struct strategy replay = { STRATEGY_REPLAY,
			.replay = &record };

		explore_setup(program % 7 == 3 ? &ops : &toy_ops);
		run_program(program, &st, &first);
		ends[first.res.end]++;
		walks += toy.walks;
		run_program(program, &st, &again);
		assert_same(&first, &again);
		schedule_copy(&record, &first.record);
		run_program(program, &replay, &again);
		assert_same(&first, &again);
		schedule_clear(&record);
	}
	schedule_clear(&first.record);
	schedule_clear(&again.record);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_gt(ends[i], 5);
	ck_assert_uint_gt(walks, 10);
}
END_TEST

/* A damaged record is followed somehow, and what is recorded then replays. */
START_TEST(test_a_damaged_record_replays_to_its_own_record)
{
	struct outcome first = { 0 }, again = { 0 };
	struct rng rng;

	rng_seed(&rng, 7);
	for (uint64_t program = 0; program < 1500; program++) {
		const struct strategy st = strategy_for(program);
		struct schedule s = { 0 };
		const struct strategy replay = { STRATEGY_REPLAY,
			.replay = &s };

		run_program(program, &st, &first);
		for (size_t i = 0; i < first.record.count; i++) {
			struct choice c = first.record.choices[i];

			if (rng_below(&rng, 4) == 0)
				continue;
			if (rng_below(&rng, 8) == 0)
				c.arg += rng_below(&rng, 9) - 4;
			if (rng_below(&rng, 16) == 0)
				c.task = rng_below(&rng, 8) & 7;
			schedule_add(&s, c);
		}
		run_program(program, &replay, &first);
		schedule_copy(&s, &first.record);
		run_program(program, &replay, &again);
		assert_same(&first, &again);
		schedule_clear(&s);
	}
	schedule_clear(&first.record);
	schedule_clear(&again.record);
}
END_TEST

static void
restless_task(void *arg, unsigned task)
{
	(void)arg;
	(void)task;
	for (unsigned i = 0; i < 300; i++)
		explore_point();
}

START_TEST(test_bursts_have_the_mean_asked_for)
{
	for (unsigned burst = 1; burst <= 64; burst *= 4) {
		uint64_t steps = 0, switches = 0;

		for (uint64_t seed = 0; seed < 500; seed++) {
			const struct strategy st = { STRATEGY_RANDOM,
				.seed = seed, .burst = burst };
			const struct explore_result r =
			    run_toy(8, restless_task, NULL, &st, NULL);

			steps += r.steps;
			switches += r.switches;
		}
		ck_assert_uint_gt(steps, (burst - 1) * switches * 8 / 10);
		ck_assert_uint_lt(steps, (burst + 1) * switches * 12 / 10);
	}
}
END_TEST

/* ---- how runs end ------------------------------------------------------- */

static void
waiting_task(void *arg, unsigned task)
{
	(void)arg;
	if (task == 1)
		return;
	while (load(task) == 0)
		explore_spin();
}

START_TEST(test_deadlock_names_who_waits)
{
	const struct explore_result r =
	    run_seed(3, waiting_task, NULL, (uint64_t)_i);

	ck_assert_int_eq((int)r.end, EXPLORE_DEADLOCK);
	ck_assert_uint_eq(r.waiting, 2);
	for (unsigned t = 0; t < 4; t++)
		ck_assert_int_eq(explore_task_result(t).waits, t % 2 == 0 &&
		    t < 3);
}
END_TEST

static void
endless_task(void *arg, unsigned task)
{
	(void)arg;
	(void)task;
	for (;;)
		explore_point();
}

START_TEST(test_livelock_is_found_at_the_bound)
{
	const struct strategy st = { (enum strategy_kind)(_i % 2), .seed = 3,
		.depth = 3 };
	struct explore_result r;

	toy_reset();
	explore_run(1 + (unsigned)_i / 2, endless_task, NULL, &st, 12345, NULL,
	    &r);
	ck_assert_int_eq((int)r.end, EXPLORE_LIVELOCK);
	ck_assert_uint_eq(r.steps, 12345);
}
END_TEST

static void
unfair_task(void *arg, unsigned task)
{
	if (task == 0)
		while (*(volatile bool *)arg)
			explore_point();
	*(volatile bool *)arg = false;
}

/* Neither pct nor an empty replay nor delay:0 would preempt task 0. */
START_TEST(test_nobody_runs_forever_while_others_could)
{
	static const enum strategy_kind kinds[] = { STRATEGY_PCT,
		STRATEGY_REPLAY, STRATEGY_DELAY, STRATEGY_URW };
	const struct schedule empty = { 0 };
	const struct strategy st = { kinds[_i % 4], .seed = (uint64_t)_i,
		.depth = _i % 4 == 0, .replay = &empty };
	bool flag = true;
	const struct explore_result r =
	    run_toy(2, unfair_task, &flag, &st, NULL);

	ck_assert_int_eq((int)r.end, EXPLORE_DONE);
}
END_TEST

static void
stopping_task(void *arg, unsigned task)
{
	const unsigned depth = *(const unsigned *)arg;

	store(task, 1);
	for (unsigned i = 0; i < depth; i++)
		load(i % WORDS);
	if (task == 1)
		explore_stop();
}

START_TEST(test_stopped_runs_restart_thousands_of_times)
{
	struct schedule record = { 0 };

	for (unsigned i = 0; i < 5000; i++) {
		const struct strategy st = { STRATEGY_RANDOM, .seed = i };
		unsigned depth = i % 50;
		const struct explore_result r =
		    run_toy(3, stopping_task, &depth, &st, &record);

		ck_assert_int_eq((int)r.end, EXPLORE_STOPPED);
		ck_assert_uint_eq(explore_task_result(1).steps, depth + 1);
	}
	ck_assert_uint_lt(record.capacity, 2000);
	schedule_clear(&record);
}
END_TEST

/* ---- waiting ------------------------------------------------------------ */

static void
handshake_task(void *arg, unsigned task)
{
	(void)arg;
	if (task == 0) {
		store(0, 1);
		while (load(1) == 0)
			explore_spin();
	} else {
		while (load(0) == 0)
			explore_spin();
		store(1, 1);
	}
}

START_TEST(test_a_waiting_task_wakes_when_a_store_becomes_visible)
{
	for (uint64_t seed = 0; seed < 500; seed++) {
		const struct explore_result r =
		    run_seed(2, handshake_task, NULL, seed);

		ck_assert_int_eq((int)r.end, EXPLORE_DONE);
		/* Few rounds: it does not run while nothing has changed. */
		ck_assert_uint_lt(r.steps, 40);
	}
}
END_TEST

static void
two_flags_task(void *arg, unsigned task)
{
	(void)arg;
	if (task == 0) {
		for (;;) {
			const unsigned a = load(0), b = load(1), c = load(2);

			if (a + b + c > 0)
				break;
			explore_spin();
		}
	} else {
		store(0, 1);
		fence();
	}
}

/* The flag may be set between its load and the wait. */
START_TEST(test_a_change_just_before_the_wait_is_not_lost)
{
	for (uint64_t seed = 0; seed < 500; seed++) {
		const struct explore_result r =
		    run_seed(2, two_flags_task, NULL, seed);

		ck_assert_int_eq((int)r.end, EXPLORE_DONE);
	}
}
END_TEST

/* ---- interrupts --------------------------------------------------------- */

static void
ack_task(void *arg, unsigned task)
{
	const unsigned points = *(const unsigned *)arg;

	if (task == 0) {
		interrupt_task(1);
		while (load(7) == 0)
			explore_spin();
	} else if (points == 1000) {
		while (load(7) == 0)
			explore_spin();
	} else {
		for (unsigned i = 0; i < points; i++)
			load(0);
	}
}

/* To a task that has ended, that runs, and that waits. */
START_TEST(test_an_interrupt_is_delivered_whatever_the_task_does)
{
	static const unsigned points[3] = { 0, 40, 1000 };

	for (uint64_t seed = 0; seed < 500; seed++) {
		unsigned n = points[_i];
		const struct explore_result r =
		    run_seed(2, ack_task, &n, seed);

		ck_assert_int_eq((int)r.end, EXPLORE_DONE);
		ck_assert_uint_eq(toy.taken[1], 1);
	}
}
END_TEST

START_TEST(test_replay_takes_interrupts_where_told_or_else_late)
{
	unsigned points = 5;

	/* Told: while task 1 is at its step 3; it reads on after that. */
	run_text(2, ack_task, &points, "r1:3 r0:2 r1:20 i1:3");
	ck_assert_uint_eq(toy.taken[1], 1);
	/* By default at its end, and also when it has ended before. */
	run_text(2, ack_task, &points, "r1:3 r0:2");
	ck_assert_uint_eq(toy.taken[1], 1);
	run_text(2, ack_task, &points, "r1:30");
	ck_assert_uint_eq(toy.taken[1], 1);
	points = 1000;          /* at the wait */
	run_text(2, ack_task, &points, "r1:1 r0:2 r1:30");
	ck_assert_uint_eq(toy.taken[1], 1);
}
END_TEST

static void
own_flag_task(void *arg, unsigned task)
{
	(void)arg;
	interrupt_task(task);
	for (;;) {
		const unsigned taken = toy.taken[task];

		load(0);
		load(1);
		if (taken > 0)
			break;
		explore_spin();
	}
}

/* It changed a register, say, after the loop had looked: no store, no wait. */
START_TEST(test_a_wait_notices_its_own_interrupt)
{
	toy.quiet = true;
	for (uint64_t seed = 0; seed < 500; seed++) {
		const struct explore_result r =
		    run_seed(1, own_flag_task, NULL, seed);

		ck_assert_int_eq((int)r.end, EXPLORE_DONE);
	}
}
END_TEST

static unsigned taken_at[64];

static void
timing_task(void *arg, unsigned task)
{
	(void)arg;
	if (task == 0) {
		interrupt_task(0);
		for (unsigned i = 0; i < 63 && toy.taken[0] == 0; i++) {
			explore_point();
			taken_at[i] += toy.taken[0];
		}
	}
}

START_TEST(test_interrupts_come_at_once_half_of_the_time)
{
	for (uint64_t seed = 0; seed < 4000; seed++)
		run_seed(1, timing_task, NULL, seed);
	ck_assert_uint_gt(taken_at[0], 1800);
	ck_assert_uint_lt(taken_at[0], 2200);
	ck_assert_uint_gt(taken_at[1], 150);
	ck_assert_uint_gt(taken_at[20], 5);
}
END_TEST

/* ---- reach: TSO litmus, pct --------------------------------------------- */

static unsigned
count_sb(bool sc)
{
	unsigned both_zero = 0;

	toy.sc = sc;
	for (uint64_t seed = 0; seed < 5000; seed++) {
		run_seed(2, sb_task, NULL, seed);
		both_zero += seen[0] + seen[1] == 0;
	}
	return both_zero;
}

START_TEST(test_store_buffering_is_seen_under_tso_only)
{
	ck_assert_uint_eq(count_sb(true), 0);
	ck_assert_uint_gt(count_sb(false), 50);
}
END_TEST

/* Between two adjacent steps of task 0 only: depth 2. */
static void
window_task(void *arg, unsigned task)
{
	if (task == 0) {
		for (unsigned i = 0; i < 20; i++)
			load(1);
		store(0, 1);
		store(0, 0);
		for (unsigned i = 0; i < 20; i++)
			load(1);
	} else if (load(0) == 1) {
		++*(unsigned *)arg;
	}
}

static unsigned
count_pct(unsigned depth)
{
	unsigned hits = 0;

	toy.sc = true;
	for (uint64_t seed = 0; seed < 4000; seed++) {
		const struct strategy st = { STRATEGY_PCT, .seed = seed,
			.depth = depth, .length = 45 };

		run_toy(2, window_task, &hits, &st, NULL);
	}
	return hits;
}

/* The bound: at least 1 / (n k^(d-1)) = 1 / 90 of 4000, that is 44. */
START_TEST(test_pct_reaches_a_bug_of_depth_2_at_depth_2)
{
	ck_assert_uint_eq(count_pct(1), 0);
	ck_assert_uint_ge(count_pct(2), 30);
}
END_TEST

static Suite *
explore_suite(void)
{
	Suite *const s = suite_create("explore");
	TCase *const run = tcase_create("run");

	tcase_set_timeout(run, 0);      /* the caller's affair */
	tcase_add_checked_fixture(run, setup, NULL);
	tcase_add_test(run,
	    test_a_run_is_a_function_of_its_seed_and_its_record);
	tcase_add_test(run, test_a_damaged_record_replays_to_its_own_record);
	tcase_add_test(run, test_bursts_have_the_mean_asked_for);
	tcase_add_loop_test(run, test_deadlock_names_who_waits, 0, 5);
	tcase_add_loop_test(run, test_livelock_is_found_at_the_bound, 0, 6);
	tcase_add_loop_test(run, test_nobody_runs_forever_while_others_could,
	    0, 16);
	tcase_add_test(run, test_stopped_runs_restart_thousands_of_times);
	tcase_add_test(run,
	    test_a_waiting_task_wakes_when_a_store_becomes_visible);
	tcase_add_test(run, test_a_change_just_before_the_wait_is_not_lost);
	tcase_add_loop_test(run,
	    test_an_interrupt_is_delivered_whatever_the_task_does, 0, 3);
	tcase_add_test(run,
	    test_replay_takes_interrupts_where_told_or_else_late);
	tcase_add_test(run, test_a_wait_notices_its_own_interrupt);
	tcase_add_test(run, test_interrupts_come_at_once_half_of_the_time);
	tcase_add_test(run, test_store_buffering_is_seen_under_tso_only);
	tcase_add_test(run, test_pct_reaches_a_bug_of_depth_2_at_depth_2);
	suite_add_tcase(s, run);
	return s;
}

int
main(void)
{
	SRunner *const sr = srunner_create(explore_suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
