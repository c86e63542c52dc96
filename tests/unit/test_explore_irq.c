/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of explore/: when interrupts are taken, on a toy machine.  Also
 * built with -DEXPLORE_UCONTEXT for the other fiber backend.
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

int
main(void)
{
	Suite *const suite = suite_create("explore_irq");
	TCase *const t = tcase_create("explore_irq");
	SRunner *const sr = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 0);        /* the caller's affair */
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t,
	    test_an_interrupt_is_delivered_whatever_the_task_does, 0, 3);
	tcase_add_test(t,
	    test_replay_takes_interrupts_where_told_or_else_late);
	tcase_add_test(t, test_a_wait_notices_its_own_interrupt);
	tcase_add_test(t, test_interrupts_come_at_once_half_of_the_time);
	suite_add_tcase(suite, t);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
