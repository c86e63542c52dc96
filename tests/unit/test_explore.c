/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of explore/: how runs go on, wait and end, and what strategies
 * reach, on a toy machine.  Also built with -DEXPLORE_UCONTEXT for the other
 * fiber backend.
 */
#include "tests/unit/explore_toy.h"

#include <stdlib.h>

static struct explore_result
run_seed(unsigned ntasks, void (*entry)(void *arg, unsigned task), void *arg,
         uint64_t seed)
{
	const struct strategy st = { STRATEGY_RANDOM, .seed = seed };

	return run_toy(ntasks, entry, arg, &st, NULL);
}

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

int
main(void)
{
	Suite *const suite = suite_create("explore");
	TCase *const t = tcase_create("explore");
	SRunner *const sr = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 0);        /* the caller's affair */
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_bursts_have_the_mean_asked_for);
	tcase_add_loop_test(t, test_deadlock_names_who_waits, 0, 5);
	tcase_add_loop_test(t, test_livelock_is_found_at_the_bound, 0, 6);
	tcase_add_loop_test(t, test_nobody_runs_forever_while_others_could, 0,
	    16);
	tcase_add_test(t, test_stopped_runs_restart_thousands_of_times);
	tcase_add_test(t,
	    test_a_waiting_task_wakes_when_a_store_becomes_visible);
	tcase_add_test(t, test_a_change_just_before_the_wait_is_not_lost);
	tcase_add_test(t, test_store_buffering_is_seen_under_tso_only);
	tcase_add_test(t, test_pct_reaches_a_bug_of_depth_2_at_depth_2);
	suite_add_tcase(suite, t);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
