/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernels on more vCPUs than people draw: the reference kernel on 64, with VP
 * indexes in one bank and in 64 of them, and on 130, which takes sets of three
 * words, with programs on all vCPUs or on three far from each other; and with
 * known bugs, which must show there as well.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/reference_row.h"

#define MANY 64
#define WIDE 130

static unsigned
mutant(const char *name)
{
	for (unsigned i = 0; i < ops->nmutants; i++)
		if (strcmp(ops->mutants[i].name, name) == 0)
			return ops->mutants[i].number;
	ck_abort_msg("no mutant %s", name);
}

/* VP number v has index v * step. */
static struct row
row_of(const char *path, unsigned vcpus, unsigned step)
{
	struct row row;

	reference_row("unmap-page", path, vcpus, &row);
	for (unsigned v = 0; v < vcpus; v++)
		row.vp_index[v] = v * step;
	return row;
}

static struct {
	unsigned findings, flushes, ex_flushes;
	uint64_t targets, ipis;
	uint64_t states;                /* of all runs, in order */
} seen;

static void
run(const struct row *row, unsigned schedules)
{
	struct run_result r;
	char *why = NULL;

	memset(&seen, 0, sizeof(seen));
	ck_assert_msg(runner_open(row, &why) == 0, "%s", why);
	for (unsigned i = 0; i < schedules; i++) {
		const struct strategy s = { .kind = STRATEGY_RANDOM,
			.seed = i + 1 };

		runner_run(&s, NULL, &r);
		ck_assert(!r.overflowed);
		seen.findings += r.found;
		seen.flushes += r.stats.flush_calls;
		seen.ex_flushes += r.stats.flush_ex_calls;
		seen.targets += r.stats.targets;
		seen.ipis += r.stats.ipis;
		seen.states = seen.states * 31 + runner_state();
	}
	runner_close();
}

START_TEST(correct_code_is_clean_with_interrupts)
{
	const struct row row = row_of("native", MANY, 1);
	uint64_t states;

	run(&row, 60);
	ck_assert_uint_eq(seen.findings, 0);
	/* The page is taken from all who run the space at the time. */
	ck_assert_uint_gt(seen.ipis, 60 * 32);
	states = seen.states;
	run(&row, 60);
	ck_assert_uint_eq(seen.states, states);
}
END_TEST

/* All indexes are below 64: the plain calls name them. */
START_TEST(correct_code_is_clean_with_calls_of_one_bank)
{
	const struct row row = row_of("hypercall", MANY, 1);

	run(&row, 60);
	ck_assert_uint_eq(seen.findings, 0);
	ck_assert_uint_gt(seen.flushes, 0);
	ck_assert_uint_eq(seen.ex_flushes, 0);
	ck_assert_uint_gt(seen.targets, 60 * 32);
}
END_TEST

START_TEST(correct_code_is_clean_with_calls_of_64_banks)
{
	const struct row row = row_of("hypercall", MANY, 64);

	run(&row, 60);
	ck_assert_uint_eq(seen.findings, 0);
	ck_assert_uint_gt(seen.ex_flushes, 0);
	ck_assert_uint_gt(seen.targets, 60 * 32);
}
END_TEST

/* The highest vCPUs do what is otherwise the lowest ones' part. */
static void
upside_down(struct scenario_world *w, unsigned vcpu)
{
	scenario_find("user-and-kernel")->program(w, w->vcpus - 1 - vcpu);
}

/* They have no vector of their own. */
START_TEST(correct_code_is_clean_with_initiators_that_share_a_vector)
{
	struct scenario scenario = *scenario_find("user-and-kernel");
	struct row row = row_of("native", MANY, 1);

	scenario.program = upside_down;
	row.scenario = &scenario;
	run(&row, 60);
	ck_assert_uint_eq(seen.findings, 0);
	ck_assert_uint_gt(seen.ipis, 60 * 64);
	row.mutant = mutant("no-wait");
	run(&row, 60);
	ck_assert_uint_gt(seen.findings, 0);
}
END_TEST

static const struct {
	const char *path, *mutant;
	unsigned vcpus, step;
} bugs[] = {
	{ "native", "no-wait", MANY, 1 },
	{ "native", "local-only", MANY, 1 },
	{ "hypercall", "header-size", MANY, 64 },
	{ "hypercall", "cpu-for-vp", MANY, 64 },
	{ "hypercall", "banks-not-compacted", MANY / 2, 128 },
};

START_TEST(bugs_show)
{
	struct row row = row_of(bugs[_i].path, bugs[_i].vcpus, bugs[_i].step);

	row.mutant = mutant(bugs[_i].mutant);
	run(&row, 300);
	ck_assert_uint_gt(seen.findings, 0);
}
END_TEST

START_TEST(too_many_are_refused_with_the_bound)
{
	const struct row row = row_of("native", MANY + 1, 1);
	char *why = NULL;

	ck_assert_int_ne(runner_open(&row, &why), 0);
	ck_assert_ptr_nonnull(strstr(why, "at most 64 vCPUs"));
	free(why);
}
END_TEST

/* ---- sets of several words ------------------------------------------------ */

static void
load_wide(void)
{
	load_for(WIDE);
}

static struct row
placed(const char *scenario, const char *path, const char *place)
{
	struct row row;

	reference_row(scenario, path, WIDE, &row);
	ck_assert_int_eq(place_parse(place, &row), 0);
	return row;
}

START_TEST(correct_code_is_clean_where_all_run)
{
	struct row row = row_of(_i == 0 ? "native" : "hypercall", WIDE, 1);

	run(&row, 10);
	ck_assert_uint_eq(seen.findings, 0);
	ck_assert_uint_gt(seen.ipis + seen.targets, 10 * 64);
	row.swallow = true;
	run(&row, 10);
	ck_assert_uint_gt(seen.findings, 0);
}
END_TEST

static const char *const scenarios[] = {
	"unmap-page", "flush-all-subset", "free-table", "kernel-page",
	"user-and-kernel",
};
#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

START_TEST(correct_code_is_clean_where_few_run)
{
	const char *const path = _i % 2 == 0 ? "native" : "hypercall";
	const struct row row = placed(scenarios[_i / 2], path, "65,0,129");

	run(&row, 60);
	ck_assert_uint_eq(seen.findings, 0);
	ck_assert_uint_gt(seen.ipis + seen.targets, 0);
}
END_TEST

/* The set of the flush has those who run the space, and nobody else. */
START_TEST(idle_vcpus_are_in_no_set)
{
	const struct row row = placed("unmap-page", "native", "65,0,129");

	run(&row, 60);
	ck_assert_uint_eq(seen.ipis, 60 * 2);
}
END_TEST

static const struct {
	const char *path, *mutant, *place;
} wide_bugs[] = {
	{ "native", "word-short", "0,129,64" },
	{ "native", "word-short", "129,0,128" },
	{ "hypercall", "word-short", "0,129,64" },
	{ "native", "no-wait", "65,0,129" },
	{ "hypercall", "small-call", "0,1,65" },
	{ "hypercall", "banks-not-compacted", "129,0,128" },
};

START_TEST(bugs_show_where_few_run)
{
	struct row row = placed("unmap-page", wide_bugs[_i].path,
	    wide_bugs[_i].place);

	row.mutant = mutant(wide_bugs[_i].mutant);
	run(&row, 600);
	ck_assert_uint_gt(seen.findings, 0);
}
END_TEST

/* It takes one of the last word. */
START_TEST(the_last_word_is_missed_by_its_vcpus_alone)
{
	struct row row = placed("unmap-page", "native", "127,0,64");

	row.mutant = mutant("word-short");
	run(&row, 600);
	ck_assert_uint_eq(seen.findings, 0);
}
END_TEST

static TCase *
wide_tests(void)
{
	TCase *const tcase = tcase_create("wide");

	tcase_set_timeout(tcase, 0);
	tcase_add_checked_fixture(tcase, load_wide, NULL);
	tcase_add_loop_test(tcase, correct_code_is_clean_where_all_run, 0, 2);
	tcase_add_loop_test(tcase, correct_code_is_clean_where_few_run, 0,
	    2 * SCENARIOS);
	tcase_add_test(tcase, idle_vcpus_are_in_no_set);
	tcase_add_loop_test(tcase, bugs_show_where_few_run, 0,
	    sizeof(wide_bugs) / sizeof(wide_bugs[0]));
	tcase_add_test(tcase, the_last_word_is_missed_by_its_vcpus_alone);
	return tcase;
}

int
main(void)
{
	Suite *const suite = suite_create("many_vcpus");
	TCase *const tcase = tcase_create("many");
	SRunner *const sr = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 0);
	tcase_add_checked_fixture(tcase, load, NULL);
	tcase_add_test(tcase, correct_code_is_clean_with_interrupts);
	tcase_add_test(tcase, correct_code_is_clean_with_calls_of_one_bank);
	tcase_add_test(tcase, correct_code_is_clean_with_calls_of_64_banks);
	tcase_add_test(tcase,
	    correct_code_is_clean_with_initiators_that_share_a_vector);
	tcase_add_loop_test(tcase, bugs_show, 0,
	    sizeof(bugs) / sizeof(bugs[0]));
	tcase_add_test(tcase, too_many_are_refused_with_the_bound);
	suite_add_tcase(suite, tcase);
	suite_add_tcase(suite, wide_tests());
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
