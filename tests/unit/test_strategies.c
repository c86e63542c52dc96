/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each strategy promises, on the toy machine: urw is uniform over
 * interleavings, surw over those of the marked events, a delay bound of 0 is
 * one schedule; and the classes of runs, counted against known numbers.
 */
#include "explore_toy.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- orders of events, as a task's program makes them --------------------- */

#define MAX_ORDERS 512

static struct orders {
	unsigned count[3];      /* events of each task */
	unsigned noise;         /* plain events before each */
	bool mark;
	uint64_t word;          /* this run's, three bits an event */
} orders;

static void
ordered_task(void *arg, unsigned task)
{
	(void)arg;
	for (unsigned i = 0; i < orders.count[task]; i++) {
		for (unsigned k = 0; k < orders.noise * (task + 1); k++)
			explore_point_at(task, EXPLORE_WRITE);
		if (orders.mark)
			explore_mark();
		explore_point_at(7, EXPLORE_WRITE);
		orders.word = orders.word << 2 | (task + 1);
	}
}

/* How often each order came up. */
static struct tally {
	uint64_t word[MAX_ORDERS];
	unsigned times[MAX_ORDERS], count;
} tally;

static void
tally_add(uint64_t word)
{
	unsigned i;

	for (i = 0; i < tally.count; i++)
		if (tally.word[i] == word)
			break;
	ck_assert_uint_lt(i, MAX_ORDERS);
	if (i == tally.count) {
		tally.word[tally.count++] = word;
		tally.times[i] = 0;
	}
	tally.times[i]++;
}

/* Chi square of `runs` runs against equal shares for `kinds` orders. */
static double
chi_square(enum strategy_kind kind, const uint32_t *weights, unsigned kinds,
           unsigned runs)
{
	const double expected = (double)runs / kinds;
	double sum;

	tally.count = 0;
	toy.sc = true;
	for (uint64_t seed = 0; seed < runs; seed++) {
		const struct strategy st = { kind, .seed = seed,
			.weights = weights };

		orders.word = 0;
		run_toy(3, ordered_task, NULL, &st, NULL);
		tally_add(orders.word);
	}
	sum = (kinds - tally.count) * expected;
	for (unsigned i = 0; i < tally.count; i++) {
		const double off = tally.times[i] - expected;

		sum += off * off / expected;
	}
	return sum;
}

/* What another run says that each task has. */
static void
profile(enum strategy_kind kind, uint32_t *ret_events, uint32_t *ret_marked)
{
	const struct strategy st = { kind, .seed = 1 };

	toy.sc = true;
	run_toy(3, ordered_task, NULL, &st, NULL);
	for (unsigned t = 0; t < 3; t++) {
		ret_events[t] = explore_task_result(t).events;
		ret_marked[t] = explore_task_result(t).marked;
	}
}

/*
 * 7! / (2! 2! 3!) = 210 orders.  With 209 degrees of freedom chi square is
 * below 290 in all but one of 10,000 samples; seeds are fixed, so this one
 * always is the same.
 */
START_TEST(urw_is_uniform_over_interleavings)
{
	uint32_t events[3], marked[3];

	orders = (struct orders){ .count = { 2, 2, 3 } };
	profile(STRATEGY_URW, events, marked);
	ck_assert_uint_eq(events[0], 2);
	ck_assert_uint_eq(events[1], 2);
	ck_assert_uint_eq(events[2], 3);
	ck_assert_double_lt(chi_square(STRATEGY_URW, events, 210, 21000),
	    290);
	ck_assert_uint_eq(tally.count, 210);
}
END_TEST

/* So that the test before could fail. */
START_TEST(others_are_not_uniform_over_interleavings)
{
	static const enum strategy_kind kinds[] = { STRATEGY_URW,
		STRATEGY_RANDOM, STRATEGY_POS, STRATEGY_SURW };
	static const uint32_t wrong[8] = { 3, 2, 2 };

	orders = (struct orders){ .count = { 2, 2, 3 } };
	ck_assert_double_gt(chi_square(kinds[_i], _i == 0 ? wrong : NULL, 210,
	    21000), 400);
}
END_TEST

/* 6! / (2! 2! 2!) = 90 orders, among events of very different number. */
START_TEST(surw_is_uniform_over_marked_events)
{
	uint32_t events[3], marked[3];

	orders = (struct orders){ .count = { 2, 2, 2 }, .noise = 5,
		.mark = true };
	profile(STRATEGY_SURW, events, marked);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(marked[i], 2);
		ck_assert_uint_eq(events[i], 2 + 2 * 5 * (i + 1));
	}
	/* 89 degrees of freedom. */
	ck_assert_double_lt(chi_square(STRATEGY_SURW, marked, 90, 9000),
	    145);
	ck_assert_uint_eq(tally.count, 90);
	/* The plain form is uniform over all events, hence not over these. */
	ck_assert_double_gt(chi_square(STRATEGY_URW, events, 90, 9000),
	    400);
}
END_TEST

/* ---- delays ------------------------------------------------------------------ */

/* Between two adjacent steps of task 0 only; deep in a run, a data choice. */
static void
window_task(void *arg, unsigned task)
{
	unsigned *hits = arg;

	if (task == 0) {
		for (unsigned i = 0; i < 20; i++)
			load(1);
		store(0, 1);
		store(0, 0);
		for (unsigned i = 0; i < 20; i++)
			load(1);
		interrupt_task(1);
	} else {
		*hits += load(0) == 1;
		*hits += explore_choose(3) == 2;
	}
}

static unsigned
hits_of(const struct strategy *st)
{
	unsigned hits = 0;

	run_toy(2, window_task, &hits, st, NULL);
	return hits;
}

START_TEST(without_a_delay_there_is_one_schedule)
{
	struct schedule first = { 0 }, other = { 0 };
	unsigned hits = 0;
	char *a, *b;

	toy.sc = _i != 0;
	for (uint64_t seed = 0; seed < 100; seed++) {
		const struct strategy st = { STRATEGY_DELAY, .seed = seed,
			.depth = 0, .length = 50 };

		run_toy(2, window_task, &hits, &st, seed == 0 ? &first :
		    &other);
		if (seed == 0)
			continue;
		a = schedule_print(&first);
		b = schedule_print(&other);
		ck_assert_str_eq(a, b);
		free(a);
		free(b);
	}
	ck_assert_uint_eq(hits, 0);
	schedule_clear(&first);
	schedule_clear(&other);
}
END_TEST

START_TEST(a_few_delays_reach_what_needs_them)
{
	unsigned one = 0, three = 0;

	toy.sc = true;
	for (uint64_t seed = 0; seed < 2000; seed++) {
		struct strategy st = { STRATEGY_DELAY, .seed = seed,
			.depth = 1, .length = 50 };

		one += hits_of(&st);
		st.depth = 3;
		three += hits_of(&st) > 0;
	}
	ck_assert_uint_gt(one, 20);
	ck_assert_uint_gt(three, one);
}
END_TEST

START_TEST(a_delayed_store_shows_store_buffering)
{
	unsigned both_zero = 0;

	for (uint64_t seed = 0; seed < 4000; seed++) {
		const struct strategy st = { STRATEGY_DELAY, .seed = seed,
			.depth = 1 + (unsigned)_i, .length = 5 };

		run_toy(2, sb_task, NULL, &st, NULL);
		both_zero += seen[0] + seen[1] == 0;
	}
	ck_assert_uint_gt(both_zero, 20);
}
END_TEST

/* Both strategies take the buffers for events of their own, or drain them. */
START_TEST(every_strategy_shows_store_buffering)
{
	static const enum strategy_kind kinds[] = { STRATEGY_RANDOM,
		STRATEGY_PCT, STRATEGY_POS, STRATEGY_URW, STRATEGY_SURW };
	unsigned outcomes = 0;

	for (uint64_t seed = 0; seed < 4000; seed++) {
		const struct strategy st = { kinds[_i], .seed = seed,
			.depth = 2, .length = 5 };

		run_toy(2, sb_task, NULL, &st, NULL);
		outcomes |= 1u << (2 * seen[0] + seen[1]);
	}
	ck_assert_uint_eq(outcomes, 0xf);
}
END_TEST

/* ---- classes -------------------------------------------------------------------- */

struct gm {
	unsigned tasks, rounds, classes, runs;
	bool blind;             /* takes loads of one object for another's */
};

static void
touch(unsigned word, unsigned mode)
{
	const struct explore_access a = { word, mode };

	explore_point_at(word, mode);
	explore_class_event(explore_current(), &a, 1);
}

/* In round i, task t stores to one of two words and loads the other. */
static void
gm_task(void *arg, unsigned task)
{
	const struct gm *g = arg;

	for (unsigned i = 0; i < g->rounds; i++) {
		const unsigned a = (i + task) % 2;

		touch(a, EXPLORE_WRITE);
		touch(g->blind ? 5 + task : 1 - a, EXPLORE_READ);
	}
}

/* Mazurkiewicz classes of gm(N,K), as other checkers count them. */
START_TEST(classes_are_as_many_as_are_known)
{
	static const struct gm loads[] = {
		{ 2, 2, 13, 4000, false }, { 2, 3, 69, 20000, false },
		{ 3, 2, 628, 300000, false },
		/* without the loads' conflicts: two pairs of stores */
		{ 2, 2, 3, 4000, true },
	};
	struct gm g = loads[_i];
	uint64_t *hashes = calloc(g.classes + 1, sizeof(*hashes));
	uint32_t weights[8] = { 4, 4, 4 };
	unsigned n = 0;

	toy.sc = true;
	for (uint64_t seed = 0; seed < g.runs; seed++) {
		const struct strategy st = { STRATEGY_URW, .seed = seed,
			.weights = weights, .classes = true };
		const struct explore_result r = run_toy(g.tasks, gm_task, &g,
		    &st, NULL);
		unsigned i = 0;

		while (i < n && hashes[i] != r.class_hash)
			i++;
		ck_assert_uint_lt(i, g.classes);
		if (i == n)
			hashes[n++] = r.class_hash;
	}
	ck_assert_uint_eq(n, g.classes);
	free(hashes);
}
END_TEST

static uint64_t
class_of(void (*entry)(void *arg, unsigned task), const char *text)
{
	struct schedule s = { 0 };
	const struct strategy st = { STRATEGY_REPLAY, .replay = &s,
		.classes = true };
	struct explore_result r;
	const char *why;
	size_t offset;

	toy.sc = true;
	ck_assert_int_eq(schedule_parse(text, &s, &offset, &why), 0);
	r = run_toy(2, entry, NULL, &st, NULL);
	schedule_clear(&s);
	return r.class_hash;
}

/* Two own words, then one that both use. */
static void
class_task(void *arg, unsigned task)
{
	(void)arg;
	touch(task, EXPLORE_WRITE);
	touch(2, EXPLORE_READ);
	touch(3, task == 0 ? EXPLORE_WRITE : EXPLORE_READ);
	explore_choose(2);
}

START_TEST(only_the_order_of_dependent_events_makes_a_class)
{
	const uint64_t usual = class_of(class_task, "r0:9 r1:9");

	/* other orders of own words and of reads */
	ck_assert(class_of(class_task, "r1:2 r0:9 r1:9") == usual);
	ck_assert(class_of(class_task, "r1:3 r0:9 r1:9") == usual);
	ck_assert(class_of(class_task, "r0:2 r1:3 r0:9 r1:9") == usual);
	/* word 3 the other way round */
	ck_assert(class_of(class_task, "r1:9 r0:9") != usual);
	ck_assert(class_of(class_task, "r0:2 r1:9 r0:9") ==
	    class_of(class_task, "r1:9 r0:9"));
	/* another choice of the host */
	ck_assert(class_of(class_task, "c1:4=1 r0:9 r1:9") != usual);
}
END_TEST

/* More objects than the table has room for at first; the last is common. */
static void
many_objects_task(void *arg, unsigned task)
{
	(void)arg;
	for (unsigned i = 0; i < 2000; i++)
		touch(task * 10000 + i, EXPLORE_WRITE);
	touch(5000, EXPLORE_WRITE);
}

START_TEST(many_objects_have_a_class_too)
{
	const uint64_t a = class_of(many_objects_task, "r0:3000 r1:3000");

	ck_assert(class_of(many_objects_task, "r0:3000 r1:3000") == a);
	ck_assert(class_of(many_objects_task, "r0:1 r1:900 r0:3000 r1:3000")
	    == a);
	ck_assert(class_of(many_objects_task, "r1:3000 r0:3000") != a);
}
END_TEST

/* One event of many objects; what follows in task 1 reads one that 0 wrote. */
static void
wide_task(void *arg, unsigned task)
{
	struct explore_access a[100];

	(void)arg;
	for (unsigned i = 0; i < 100; i++)
		a[i] = (struct explore_access){ .object = i + 1000 * task,
			.mode = EXPLORE_WRITE };
	explore_point();
	explore_class_event(task, a, 100);
	explore_point();
	if (task == 1)
		touch(90, EXPLORE_READ);
}

START_TEST(every_object_of_an_event_counts)
{
	const uint64_t a = class_of(wide_task, "r0:9 r1:9");

	ck_assert(class_of(wide_task, "r1:2 r0:9 r1:9") == a);
	ck_assert(class_of(wide_task, "r1:9 r0:9") != a);
}
END_TEST

START_TEST(there_is_no_class_unless_it_is_asked_for)
{
	const struct strategy st = { STRATEGY_RANDOM, .seed = 1 };

	ck_assert_uint_eq(run_toy(2, class_task, NULL, &st, NULL).class_hash,
	    0);
}
END_TEST

int
main(void)
{
	Suite *const suite = suite_create("strategies");
	TCase *const t = tcase_create("strategies");
	SRunner *const sr = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 0);        /* the caller's affair */
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, urw_is_uniform_over_interleavings);
	tcase_add_loop_test(t, others_are_not_uniform_over_interleavings, 0,
	    4);
	tcase_add_test(t, surw_is_uniform_over_marked_events);
	tcase_add_loop_test(t, without_a_delay_there_is_one_schedule, 0, 2);
	tcase_add_test(t, a_few_delays_reach_what_needs_them);
	tcase_add_loop_test(t, a_delayed_store_shows_store_buffering, 0, 3);
	tcase_add_loop_test(t, every_strategy_shows_store_buffering, 0, 5);
	tcase_add_loop_test(t, classes_are_as_many_as_are_known, 0, 4);
	tcase_add_test(t, only_the_order_of_dependent_events_makes_a_class);
	tcase_add_test(t, many_objects_have_a_class_too);
	tcase_add_test(t, every_object_of_an_event_counts);
	tcase_add_test(t, there_is_no_class_unless_it_is_asked_for);
	suite_add_tcase(suite, t);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
