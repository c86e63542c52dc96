/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The exhaustive search against the naive enumerator, on random programs of
 * the toy machine: the same outcomes from far fewer executions.  Without any
 * one kind of dependency outcomes are missing, so all of them are needed; but
 * for PTE_OFFER: what a walk fills between a store and an INVLPG is seen by an
 * access alone, which without that walk reads the entry, and so races itself.
 */
#include <stdio.h>

#include "tests/unit/exhaustive_naive.h"
#include "tests/unit/exhaustive_programs.h"

#define PROGRAMS 600
#define PROGRAMS_OF_KIND 500
#define PROGRAMS_OF_INTERRUPTS 300

static void
setup(void)
{
	explore_setup(&toy_ops);
}

struct comparison {
	struct exhaustive_stats stats;
	double interleavings;
	unsigned missing, wrong;
};

static struct comparison
compare(const struct program *p, const struct exhaustive_options *options)
{
	struct outcomes all = { 0 }, found = { 0 };
	struct comparison c;

	toy_program = p;
	c.interleavings = enumerate_naively(p, &all);
	search_toy(options, &c.stats, &found);
	c.missing = outcomes_missing(&all, &found);
	c.wrong = outcomes_missing(&found, &all);
	free(all.list);
	free(found.list);
	return c;
}

START_TEST(test_random_programs_have_the_outcomes_of_all_interleavings)
{
	struct explore_relation relation;
	const struct exhaustive_options options = { .relation = &relation,
		.count_traces = true };
	double executions = 0, redundant = 0, interleavings = 0;

	toy_relation(&relation);
	for (unsigned i = 0; i < PROGRAMS; i++) {
		const struct program p = random_program(i);
		const struct comparison c = compare(&p, &options);

		ck_assert_msg(c.missing == 0 && c.wrong == 0,
		    "%u: %u missing, %u wrong: %s", i, c.missing, c.wrong,
		    print_program(&p));
		ck_assert(c.stats.complete);
		/* The enumerator does not look in vain before it waits. */
		ck_assert(has_op(&p, OP_AWAIT) ||
		    (double)c.stats.traces <= c.interleavings);
		executions += (double)c.stats.executions;
		redundant += (double)c.stats.redundant;
		interleavings += c.interleavings;
	}
	printf("# %u programs: %.0f interleavings, %.0f executions, "
	    "%.0f of them redundant\n", PROGRAMS, interleavings, executions,
	    redundant);
	ck_assert(executions * 1000 < interleavings);
}
END_TEST

START_TEST(test_random_interrupts_have_the_outcomes_of_all_interleavings)
{
	struct explore_relation relation;
	const struct exhaustive_options options = { .relation = &relation };

	toy_relation(&relation);
	for (unsigned i = 0; i < PROGRAMS_OF_INTERRUPTS; i++) {
		const struct program p = random_interrupts(i);
		const struct comparison c = compare(&p, &options);

		ck_assert_msg(c.missing == 0 && c.wrong == 0 &&
		    c.stats.complete, "%u: %u missing, %u wrong: %s", i,
		    c.missing, c.wrong, print_program(&p));
	}
}
END_TEST

/*
 * What random programs, many thousands of them, have found, made small: each
 * has once had outcomes missing, or a search that could not be complete.
 */
static const struct {
	const char *name;
	struct program program;
} finds[] = {
	{ "a fence cannot come before its own drain", {
		.tasks = 2, .count = { 1, 4 }, .op = {
		{ { OP_CLI, 0, 0 } },
		{ { OP_STORE, 0, 2 }, { OP_SEND, 0, 0 }, { OP_FENCE, 0, 0 },
		    { OP_SEND, 0, 0 } } } } },
	{ "an interrupt cannot come before the only send of it", {
		.tasks = 3, .sc = true, .count = { 0, 2, 4 }, .op = {
		{ { 0, 0, 0 } },
		{ { OP_SEND, 2, 0 }, { OP_FENCE, 0, 0 } },
		{ { OP_SEND, 1, 0 }, { OP_SEND, 1, 0 }, { OP_SEND, 2, 0 },
		    { OP_CHOOSE, 0, 3 } } } } },
	{ "another outcome comes with more than one sequence", {
		.tasks = 3, .sc = true, .count = { 3, 2, 2 }, .op = {
		{ { OP_SEND, 1, 0 }, { OP_SEND, 2, 0 }, { OP_STORE, 1, 6 } },
		{ { OP_CHOOSE, 0, 2 }, { OP_XCHG, 1, 7 } },
		{ { OP_LOAD, 0, 0 }, { OP_CHOOSE, 0, 2 } } } } },
	{ "the end of a task does not end a wait for something else", {
		.tasks = 2, .late = true, .count = { 2, 3 }, .op = {
		{ { OP_CLI, 0, 0 }, { OP_AWAIT, 0, 0 } },
		{ { OP_STORE, 0, 2 }, { OP_SEND, 0, 0 },
		    { OP_AWAIT, 0, 0 } } } } },
};

#define FINDS (sizeof(finds) / sizeof(finds[0]))

static void
expect_all(const struct program *p, const char *name)
{
	struct explore_relation relation;
	const struct exhaustive_options options = { .relation = &relation };
	struct comparison c;

	toy_relation(&relation);
	c = compare(p, &options);
	ck_assert_msg(c.missing == 0 && c.wrong == 0, "%s: %u missing, "
	    "%u wrong: %s", name, c.missing, c.wrong, print_program(p));
	ck_assert_msg(c.stats.complete, "%s: not complete", name);
}

START_TEST(test_what_random_programs_have_found_stays_mended)
{
	expect_all(&finds[_i].program, finds[_i].name);
}
END_TEST

START_TEST(test_two_interrupts_of_a_task_in_program_117056)
{
	const struct program p = random_program(117056);

	expect_all(&p, "117056");
}
END_TEST

/* The theme of programs that it matters in; if rare, where to begin. */
static const struct {
	const char *name;
	unsigned a, b, theme, first;
} kinds[] = {
	{ "store and load", EXPLORE_WRITE, EXPLORE_READ, 0, 0 },
	{ "store and store", EXPLORE_WRITE, EXPLORE_WRITE, 0, 0 },
	{ "locked access and load", EXPLORE_LOCK, EXPLORE_READ, 0, 0 },
	{ "locked access and store", EXPLORE_LOCK, EXPLORE_WRITE, 0, 0 },
	{ "two locked accesses", EXPLORE_LOCK, EXPLORE_LOCK, 0, 0 },
	{ "own drain and fence", EXPLORE_EMPTY, EXPLORE_EMPTY, 0, 0 },
	{ "interrupt sent and masked or taken", EXPLORE_SEND, EXPLORE_MASK, 2, 0 },
	{ "interrupt taken and own step", EXPLORE_DELIVER, EXPLORE_STEP, 2, 0 },
	{ "entry stored and walked", PTE_STORE, PTE_READ, 1, 0 },
	{ "entry stored twice", PTE_STORE, PTE_STORE, 1, 0 },
	{ "translation filled and invalidated", TLB_FILL, TLB_DROP, 5,
	    2500 },
	{ "translation filled twice", TLB_FILL, TLB_FILL, 3,
	    1480 },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

START_TEST(test_without_one_kind_of_dependency_outcomes_are_missing)
{
	struct explore_relation relation;
	const struct exhaustive_options options = { .relation = &relation,
		.count_traces = true };
	unsigned missing = 0, i = kinds[_i].first;

	toy_relation(&relation);
	explore_relation_set(&relation, kinds[_i].a, kinds[_i].b, false);
	while (i < kinds[_i].first + PROGRAMS_OF_KIND && missing == 0) {
		const struct program p = random_program(THEMES *
		    i++ + kinds[_i].theme);
		const struct comparison c = compare(&p, &options);

		ck_assert_msg(c.wrong == 0, "%u: impossible outcomes", i);
		missing = c.missing;
	}
	printf("# without '%s': %u outcomes missing in program %u\n",
	    kinds[_i].name, missing, i);
	ck_assert_uint_gt(missing, 0);
}
END_TEST

START_TEST(test_every_execution_replays_from_its_record)
{
	struct explore_relation relation;
	const struct exhaustive_options options = { .relation = &relation,
		.count_traces = true };

	toy_relation(&relation);
	for (unsigned i = 0; i < 200; i++) {
		const struct program p = random_program(i);
		struct exhaustive *const x = exhaustive_new(&options);
		struct schedule record = { 0 }, again = { 0 };
		struct strategy st;
		unsigned runs = 0;

		toy_program = &p;
		while (exhaustive_next(x, &st) && runs++ < 300) {
			const struct strategy replay = { STRATEGY_REPLAY,
				.replay = &record };
			const struct explore_result r = run_toy(&st, &record);
			const struct state end = toy;
			const struct explore_result q =
			    run_toy(&replay, &again);
			char *const a = schedule_print(&record);
			char *const b = schedule_print(&again);

			if (r.end != EXPLORE_CUT) {
				ck_assert_str_eq(a, b);
				ck_assert_int_eq((int)r.end, (int)q.end);
				ck_assert_uint_eq(r.steps, q.steps);
				ck_assert_mem_eq(&end, &toy, sizeof(end));
			}
			free(a);
			free(b);
		}
		exhaustive_free(x);
		schedule_clear(&record);
		schedule_clear(&again);
	}
}
END_TEST

static Suite *
exhaustive_suite(void)
{
	Suite *const s = suite_create("exhaustive_random");
	TCase *const t = tcase_create("random");

	tcase_set_timeout(t, 0);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t,
	    test_random_programs_have_the_outcomes_of_all_interleavings);
	tcase_add_test(t,
	    test_random_interrupts_have_the_outcomes_of_all_interleavings);
	tcase_add_loop_test(t,
	    test_what_random_programs_have_found_stays_mended, 0, FINDS);
	tcase_add_test(t, test_two_interrupts_of_a_task_in_program_117056);
	tcase_add_loop_test(t,
	    test_without_one_kind_of_dependency_outcomes_are_missing, 0,
	    KINDS);
	tcase_add_test(t, test_every_execution_replays_from_its_record);
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
