/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore_pick(): a choice within an event: all values are tried, nothing
 * comes between it and what follows, and a record replays to it.
 */
#include "explore/explore.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static unsigned picked[2], turn, broken;
static bool with_point;

static void
view(void *ctx, unsigned t)
{
	(void)ctx;
	(void)t;
}

static unsigned
buffered(void *ctx, unsigned t)
{
	(void)ctx;
	(void)t;
	return 0;
}

static void
drain(void *ctx, unsigned t, unsigned n)
{
	(void)ctx;
	(void)t;
	(void)n;
}

static const struct explore_ops ops = {
	.hide = view, .show = view, .buffered = buffered, .drain = drain,
	.interrupt = view
};

/* Both tasks touch one word; the pick must not let the other one in. */
static void
task(void *arg, unsigned t)
{
	(void)arg;
	explore_point_at(1, EXPLORE_WRITE);
	turn = t;
	picked[t] = with_point ? explore_choose(3) : explore_pick(3);
	broken += turn != t;
}

static struct explore_result
run_once(const struct strategy *s, struct schedule *record)
{
	struct explore_result r;

	picked[0] = picked[1] = 9;
	explore_run(2, task, NULL, s, 1000, record, &r);
	return r;
}

/* How many executions; *ret_pairs: which values were seen together. */
static uint64_t
search(unsigned *ret_pairs)
{
	const struct exhaustive_options options = { 0 };
	struct exhaustive *const x = exhaustive_new(&options);
	bool seen[9] = { false };
	struct exhaustive_stats stats;
	struct strategy s;

	broken = 0;
	while (exhaustive_next(x, &s))
		if (run_once(&s, NULL).end == EXPLORE_DONE)
			seen[picked[0] * 3 + picked[1]] = true;
	exhaustive_stats(x, &stats);
	exhaustive_free(x);
	*ret_pairs = 0;
	for (unsigned i = 0; i < 9; i++)
		*ret_pairs += seen[i];
	ck_assert(stats.complete);
	return stats.executions;
}

START_TEST(test_all_values_in_both_orders_and_nothing_between)
{
	unsigned pairs;

	explore_setup(&ops);
	with_point = false;
	ck_assert_uint_eq(search(&pairs), 2 * 9);
	ck_assert_uint_eq(pairs, 9);
	ck_assert_uint_eq(broken, 0);
}
END_TEST

static unsigned
broken_at_random(bool point)
{
	with_point = point;
	broken = 0;
	for (uint64_t seed = 0; seed < 200; seed++) {
		const struct strategy random = { .kind = STRATEGY_RANDOM,
		    .seed = seed, .burst = 1 };

		run_once(&random, NULL);
	}
	return broken;
}

/* What a pick is for: a choice that is a point lets the other one in. */
START_TEST(test_a_choice_with_a_point_lets_others_in)
{
	explore_setup(&ops);
	ck_assert_uint_eq(broken_at_random(false), 0);
	ck_assert_uint_gt(broken_at_random(true), 0);
}
END_TEST

START_TEST(test_a_record_replays_its_picks)
{
	struct schedule record = { 0 }, again = { 0 };
	unsigned other = 0;

	explore_setup(&ops);
	with_point = false;
	for (uint64_t seed = 0; seed < 50; seed++) {
		const struct strategy random = { .kind = STRATEGY_RANDOM,
		    .seed = seed };
		const struct strategy replay = { .kind = STRATEGY_REPLAY,
		    .replay = &record };
		unsigned was[2];
		char *a, *b;

		run_once(&random, &record);
		memcpy(was, picked, sizeof(was));
		other += was[0] != 0;
		run_once(&replay, &again);
		ck_assert(memcmp(was, picked, sizeof(was)) == 0);
		a = schedule_print(&record);
		b = schedule_print(&again);
		ck_assert_str_eq(a, b);
		free(a);
		free(b);
	}
	ck_assert_uint_gt(other, 0);
	schedule_clear(&record);
	schedule_clear(&again);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pick");
	TCase *tc = tcase_create("pick");
	SRunner *sr;
	int failures;

	tcase_add_test(tc, test_all_values_in_both_orders_and_nothing_between);
	tcase_add_test(tc, test_a_choice_with_a_point_lets_others_in);
	tcase_add_test(tc, test_a_record_replays_its_picks);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failures = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failures != 0;
}
