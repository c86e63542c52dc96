/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The exhaustive search: known numbers of Mazurkiewicz classes, litmus tests
 * of TSO, preemption bounds, deadlocks.
 */
#include <stdio.h>

#include "tests/unit/exhaustive_naive.h"
#include "tests/unit/exhaustive_programs.h"

static struct explore_relation relation;
static struct exhaustive_options options;

static void
setup(void)
{
	explore_setup(&toy_ops);
	toy_relation(&relation);
	options = (struct exhaustive_options){ .relation = &relation,
		.count_traces = true };
}

/* ---- gm(N,K) ------------------------------------------------------------- */

static struct program
gm_program(unsigned n, unsigned k)
{
	struct program p = { .tasks = n, .sc = true };

	for (unsigned t = 0; t < n; t++)
		for (unsigned i = 0; i < k; i++) {
			const uint8_t a = (i + t) % 2 == 0;
			const uint8_t value = (uint8_t)(1 + t + 4 * i);

			p.op[t][p.count[t]++] = (struct op){ OP_STORE, a,
				value };
			p.op[t][p.count[t]++] = (struct op){ OP_LOAD, !a, 0 };
		}
	return p;
}

/* GenMC and Nidhugg agree on these. */
static const struct {
	unsigned n, k, classes;
	double interleavings;
} gm[] = {
	{ 2, 2, 13, 70 }, { 2, 3, 69, 924 }, { 3, 2, 628, 34650 },
	{ 3, 3, 40042, 17153136 },
};

START_TEST(test_gm_has_the_known_number_of_traces)
{
	const struct program p = gm_program(gm[_i].n, gm[_i].k);
	struct exhaustive *const x = exhaustive_new(&options);
	struct outcomes all = { 0 };
	struct exhaustive_stats s;
	struct strategy st;
	double total;

	toy_program = &p;
	while (exhaustive_next(x, &st)) {
		run_toy(&st, NULL);
		exhaustive_stats(x, &s);
		ck_assert(s.left >= 0 && !s.complete);
		total = ((double)s.executions + s.left) / gm[_i].classes;
		/* Too little is known at first. */
		if (s.executions * 20 >= gm[_i].classes)
			ck_assert_msg(total > 0.25 && total < 4,
			    "estimate wrong by a factor of %g", total);
	}
	exhaustive_stats(x, &s);
	ck_assert(s.left == 0 && s.finished);
	/* A state is reached by at least one execution, and by one event. */
	ck_assert_uint_ge(s.events, s.executions);
	ck_assert_uint_le(s.events, s.executions * 2 * gm[_i].n * gm[_i].k +
	    gm[_i].n);
	exhaustive_free(x);
	printf("# gm(%u,%u): %llu traces, %llu executions, %llu redundant\n",
	    gm[_i].n, gm[_i].k, (unsigned long long)s.traces,
	    (unsigned long long)s.executions,
	    (unsigned long long)s.redundant);
	ck_assert(s.complete);
	ck_assert_uint_eq(s.traces, gm[_i].classes);
	ck_assert_uint_eq(s.executions, gm[_i].classes);
	if (_i < 3)
		ck_assert(enumerate_naively(&p, &all) == gm[_i].interleavings);
	free(all.list);
}
END_TEST

/* ---- litmus -------------------------------------------------------------- */

#define L(w) { OP_LOAD, w, 0 }
#define S(w, v) { OP_STORE, w, v }
#define F { OP_FENCE, 0, 0 }

struct litmus {
	const char *name;
	struct program p;
	/* What each task saw in order, then words 0 and 1; 9: whatever. */
	uint8_t seen[TASKS][2], word[2];
	bool reachable;
};

static const struct litmus litmus[] = {
	{ "SB", { 2, .count = { 2, 2 },
	    .op = { { S(0, 1), L(1) }, { S(1, 1), L(0) } } },
	    { { 0 }, { 0 } }, { 9, 9 }, true },
	{ "SB+mfences", { 2, .count = { 3, 3 },
	    .op = { { S(0, 1), F, L(1) }, { S(1, 1), F, L(0) } } },
	    { { 0 }, { 0 } }, { 9, 9 }, false },
	{ "SB+mfence+po", { 2, .count = { 3, 2 },
	    .op = { { S(0, 1), F, L(1) }, { S(1, 1), L(0) } } },
	    { { 0 }, { 0 } }, { 9, 9 }, true },
	{ "MP", { 2, .count = { 2, 2 },
	    .op = { { S(0, 1), S(1, 1) }, { L(1), L(0) } } },
	    { { 9 }, { 1, 0 } }, { 9, 9 }, false },
	{ "LB", { 2, .count = { 2, 2 },
	    .op = { { L(0), S(1, 1) }, { L(1), S(0, 1) } } },
	    { { 1 }, { 1 } }, { 9, 9 }, false },
	{ "R", { 2, .count = { 2, 2 },
	    .op = { { S(0, 1), S(1, 1) }, { S(1, 2), L(0) } } },
	    { { 9 }, { 0 } }, { 9, 2 }, true },
	{ "R+mfences", { 2, .count = { 3, 3 },
	    .op = { { S(0, 1), F, S(1, 1) }, { S(1, 2), F, L(0) } } },
	    { { 9 }, { 0 } }, { 9, 2 }, false },
	{ "S", { 2, .count = { 2, 2 },
	    .op = { { S(0, 2), S(1, 1) }, { L(1), S(0, 1) } } },
	    { { 9 }, { 1 } }, { 2, 9 }, false },
	{ "2+2W", { 2, .count = { 2, 2 },
	    .op = { { S(0, 1), S(1, 2) }, { S(1, 1), S(0, 2) } } },
	    { { 9 }, { 9 } }, { 1, 1 }, false },
	{ "IRIW", { 4, .count = { 1, 1, 2, 2 },
	    .op = { { S(0, 1) }, { S(1, 1) }, { L(0), L(1) },
	    { L(1), L(0) } } },
	    { { 9 }, { 9 }, { 1, 0 }, { 1, 0 } }, { 9, 9 }, false },
	{ "IRIW+mfences", { 4, .count = { 1, 1, 3, 3 },
	    .op = { { S(0, 1) }, { S(1, 1) }, { L(0), F, L(1) },
	    { L(1), F, L(0) } } },
	    { { 9 }, { 9 }, { 1, 0 }, { 1, 0 } }, { 9, 9 }, false },
};

static bool
shows(const struct litmus *l, const struct state *s)
{
	for (unsigned t = 0; t < l->p.tasks; t++)
		for (unsigned i = 0; i < s->cpu[t].seen_count; i++)
			if (l->seen[t][0] != 9 &&
			    l->seen[t][i] != s->cpu[t].seen[i])
				return false;
	return (l->word[0] == 9 || l->word[0] == s->word[0]) &&
	    (l->word[1] == 9 || l->word[1] == s->word[1]);
}

START_TEST(test_litmus_tests_have_their_known_verdicts_under_tso)
{
	const struct litmus *const l = &litmus[_i];
	struct outcomes found = { 0 };
	struct exhaustive_stats s;
	bool reached = false;

	toy_program = &l->p;
	search_toy(&options, &s, &found);
	for (unsigned i = 0; i < found.count; i++)
		reached = reached || shows(l, &found.list[i]);
	printf("# %s: %u outcomes, %llu executions\n", l->name, found.count,
	    (unsigned long long)s.executions);
	ck_assert(s.complete);
	ck_assert_msg(reached == l->reachable, "%s", l->name);
	free(found.list);
}
END_TEST

/* ---- deadlock, waits ----------------------------------------------------- */

/* A handshake, which always succeeds, and two tasks that wait for each other. */
START_TEST(test_a_deadlock_is_found_and_does_not_end_the_search)
{
	static const struct program p = { 2, .count = { 2, 2 },
		.op = { { S(0, 1), { OP_AWAIT, 1, 0 } },
		    { { OP_AWAIT, 0, 0 }, S(1, 1) } } };
	static const struct program stuck = { 2, .count = { 1, 1 },
		.op = { { { OP_AWAIT, 1, 0 } }, { { OP_AWAIT, 0, 0 } } } };
	struct outcomes found = { 0 };
	struct exhaustive_stats s;

	toy_program = &p;
	search_toy(&options, &s, &found);
	ck_assert(s.complete);
	ck_assert_uint_eq(s.deadlocks, 0);
	ck_assert_uint_eq(found.count, 1);
	toy_program = &stuck;
	search_toy(&options, &s, &found);
	ck_assert(s.complete);
	ck_assert_uint_eq(s.deadlocks, s.executions);
	free(found.list);
}
END_TEST

/* ---- what is cut ---------------------------------------------------------- */

static bool stops;

static void
stopping_task(void *arg, unsigned t)
{
	(void)arg;
	explore_point_at(0, t == 0 ? EXPLORE_WRITE : EXPLORE_READ);
	if (t == 0)
		toy.word[0] = 1;
	else if (stops && toy.word[0] == 1)
		explore_stop();
	explore_point_at(1, EXPLORE_WRITE);
}

/* What would have come after the stop is not known. */
START_TEST(test_a_search_with_a_stopped_run_is_not_complete)
{
	static const struct program nothing = { .tasks = 2 };

	toy_program = &nothing;
	for (unsigned i = 0; i < 2; i++) {
		struct exhaustive *const x = exhaustive_new(&options);
		struct explore_result r;
		struct exhaustive_stats s;
		struct strategy st;
		unsigned stopped = 0;

		stops = i == 1;
		while (exhaustive_next(x, &st)) {
			memset(&toy, 0, sizeof(toy));
			explore_run(2, stopping_task, NULL, &st, 1000, NULL,
			    &r);
			stopped += r.end == EXPLORE_STOPPED;
		}
		exhaustive_stats(x, &s);
		exhaustive_free(x);
		ck_assert(s.finished);
		ck_assert((stopped > 0) == stops);
		ck_assert(s.complete == !stops);
	}
}
END_TEST

/* ---- bounds -------------------------------------------------------------- */

START_TEST(test_a_bounded_search_is_complete_only_without_a_cut)
{
	struct program p = gm_program(2, 3);
	struct outcomes all = { 0 };
	struct exhaustive_stats s;
	unsigned last = 0;

	toy_program = &p;
	search_toy(&options, &s, &all);
	options.bounded = true;
	for (unsigned bound = 0; bound < 12; bound++) {
		struct outcomes found = { 0 };

		options.preemptions = bound;
		search_toy(&options, &s, &found);
		printf("# bound %u: %u of %u outcomes, %llu executions%s\n",
		    bound, found.count, all.count,
		    (unsigned long long)s.executions,
		    s.complete ? ", complete" : "");
		ck_assert(s.finished);
		ck_assert_uint_ge(found.count, last);
		if (s.complete)
			ck_assert_uint_eq(found.count, all.count);
		ck_assert(bound > 0 || !s.complete);
		last = found.count;
		free(found.list);
	}
	ck_assert(s.complete);
	free(all.list);
}
END_TEST

/* What every schedule with so few preemptions shows is found. */
START_TEST(test_a_bounded_search_finds_what_the_bound_allows)
{
	double executions = 0, interleavings = 0;

	for (unsigned i = 0; i < 300; i++) {
		const struct program p = random_program(i);
		struct outcomes all = { 0 }, found = { 0 };
		struct naive n = { .p = &p, .outcomes = &all,
			.bounded = true };
		struct naive_memo start = { .last = 7,
			.bound = (uint8_t)(i / THEMES % 3) };
		struct exhaustive_stats s;

		/* The engine's wait begins only when its load has failed. */
		if (has_op(&p, OP_AWAIT))
			continue;
		toy_program = &p;
		options.bounded = true;
		options.preemptions = start.bound;
		naive_clear(&n, 4096);
		start_state(&p, &start.state);
		interleavings += naive_paths(&n, &start);
		search_toy(&options, &s, &found);
		ck_assert_msg(outcomes_missing(&found, &all) == 0 &&
		    outcomes_missing(&all, &found) == 0,
		    "%u, bound %u: %u of %u missing, %u beyond: %s", i,
		    start.bound, outcomes_missing(&all, &found), all.count,
		    outcomes_missing(&found, &all), print_program(&p));
		executions += (double)s.executions;
		free(n.memo);
		free(all.list);
		free(found.list);
	}
	printf("# bounded: %.0f schedules, %.0f executions\n", interleavings,
	    executions);
	ck_assert(executions * 50 < interleavings);
}
END_TEST

static Suite *
exhaustive_suite(void)
{
	Suite *const s = suite_create("exhaustive");
	TCase *const t = tcase_create("search");

	tcase_set_timeout(t, 0);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, test_gm_has_the_known_number_of_traces, 0,
	    sizeof(gm) / sizeof(gm[0]));
	tcase_add_loop_test(t,
	    test_litmus_tests_have_their_known_verdicts_under_tso, 0,
	    sizeof(litmus) / sizeof(litmus[0]));
	tcase_add_test(t,
	    test_a_deadlock_is_found_and_does_not_end_the_search);
	tcase_add_test(t, test_a_search_with_a_stopped_run_is_not_complete);
	tcase_add_test(t,
	    test_a_bounded_search_is_complete_only_without_a_cut);
	tcase_add_test(t, test_a_bounded_search_finds_what_the_bound_allows);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *const sr = srunner_create(exhaustive_suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
