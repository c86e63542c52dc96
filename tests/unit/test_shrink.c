/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Properties of shrinking, on random programs of the toy machine.  A "bug" is
 * an outcome that the default rule does not give.  What is left of a schedule
 * still gives it; without any one of its choices it does not; and shrinking
 * the same schedule again gives the same.
 */
#include "explore_toy.h"

#include "explore/rng.h"

#include <stdlib.h>

#define PROGRAMS 300
#define TASKS 3
#define MAX_OPS 6
#define BUDGET 20000

struct op {
	unsigned kind, word, value;
};

static struct program {
	struct op op[TASKS][MAX_OPS];
	unsigned count[TASKS];
	uint64_t outcome;       /* what tasks have seen, and the memory */
} program;

static struct program
random_program(uint64_t seed)
{
	struct program p = { 0 };
	struct rng rng;

	rng_seed(&rng, seed);
	for (unsigned t = 0; t < TASKS; t++) {
		p.count[t] = 2 + rng_below(&rng, MAX_OPS - 1);
		for (unsigned i = 0; i < p.count[t]; i++)
			p.op[t][i] = (struct op){ rng_below(&rng, 8),
			    rng_below(&rng, 3), 1 + rng_below(&rng, 3) };
	}
	return p;
}

static void
program_task(void *arg, unsigned task)
{
	struct program *p = arg;
	uint64_t h = task + 1;

	for (unsigned i = 0; i < p->count[task]; i++) {
		const struct op *o = &p->op[task][i];

		switch (o->kind) {
		case 0: case 1: case 2:
			store(o->word, o->value);
			break;
		case 3: case 4: case 5:
			h = h * 31 + load(o->word);
			break;
		case 6:
			h = h * 31 + explore_choose(4);
			break;
		default:
			interrupt_task((task + 1) % TASKS);
			break;
		}
	}
	p->outcome += h * UINT64_C(0x9e3779b97f4a7c15) * (task + 1);
}

/* What the run of a schedule comes to; *record may be NULL. */
static uint64_t
outcome_of(const struct strategy *st, struct schedule *record)
{
	uint64_t h;

	program.outcome = 0;
	toy.quiet = true;
	run_toy(TASKS, program_task, &program, st, record);
	h = program.outcome;
	for (unsigned i = 0; i < 3; i++)
		h = (h ^ toy.word[i]) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t
outcome_of_schedule(const struct schedule *s, struct schedule *record)
{
	const struct strategy st = { .kind = STRATEGY_REPLAY, .replay = s };

	return outcome_of(&st, record);
}

struct wanted {
	uint64_t outcome;
	bool renormalise;       /* the callback gives back its record */
};

static bool
gives_it(void *arg, struct schedule *cand)
{
	const struct wanted *w = arg;
	struct schedule record = { 0 };
	const bool same = outcome_of_schedule(cand, &record) == w->outcome;

	if (same && w->renormalise)
		schedule_copy(cand, &record);
	schedule_clear(&record);
	return same;
}

static void
without(const struct schedule *s, size_t which, struct schedule *ret)
{
	ret->count = 0;
	for (size_t i = 0; i < s->count; i++)
		if (i != which)
			schedule_add(ret, s->choices[i]);
}

static void
check_minimal(const struct schedule *s, struct wanted *w)
{
	struct schedule less = { 0 };

	ck_assert(outcome_of_schedule(s, NULL) == w->outcome);
	for (size_t i = 0; i < s->count; i++) {
		without(s, i, &less);
		if (outcome_of_schedule(&less, NULL) == w->outcome) {
			char *const text = schedule_print(s);

			ck_abort_msg("%s: choice %zu is not needed", text, i);
		}
	}
	schedule_clear(&less);
}

static void
check_same(const struct schedule *a, const struct schedule *b)
{
	char *const x = schedule_print(a), *const y = schedule_print(b);

	ck_assert_str_eq(x, y);
	free(x);
	free(y);
}

/* A schedule that the default rule does not follow anyway; else false. */
static bool
find_bug(uint64_t seed, struct schedule *record, struct wanted *w)
{
	const struct schedule none = { 0 };
	const uint64_t usual = outcome_of_schedule(&none, NULL);

	for (uint64_t i = 0; i < 20; i++) {
		const struct strategy st = { .kind = STRATEGY_RANDOM,
		    .seed = seed * 20 + i, .burst = 2 };

		w->outcome = outcome_of(&st, record);
		if (w->outcome != usual)
			return true;
	}
	return false;
}

START_TEST(a_shrunk_schedule_still_fails_and_less_of_it_does_not)
{
	struct wanted w = { .renormalise = _i != 0 };
	struct schedule s = { 0 }, again = { 0 };
	unsigned found = 0, runs;
	size_t before = 0, after = 0;

	for (uint64_t seed = 0; seed < PROGRAMS; seed++) {
		program = random_program(seed);
		if (!find_bug(seed, &s, &w))
			continue;
		found++;
		before += s.count;
		schedule_copy(&again, &s);
		runs = schedule_shrink(&s, gives_it, &w, BUDGET);
		ck_assert_uint_lt(runs, BUDGET);
		ck_assert_uint_gt(s.count, 0);
		check_minimal(&s, &w);
		ck_assert_uint_eq(schedule_shrink(&again, gives_it, &w,
		    BUDGET), runs);
		check_same(&s, &again);
		after += s.count;
	}
	/* So that the loop cannot be empty, nor shrinking do nothing. */
	ck_assert_uint_gt(found, PROGRAMS / 2);
	ck_assert_uint_lt(3 * after, before);
	schedule_clear(&s);
	schedule_clear(&again);
}
END_TEST

/* The property can fail: a schedule as it was found is not minimal. */
START_TEST(a_schedule_as_found_is_not_minimal)
{
	struct wanted w = { 0 };
	struct schedule s = { 0 }, less = { 0 };
	bool needless = false;

	for (uint64_t seed = 0; seed < PROGRAMS && !needless; seed++) {
		program = random_program(seed);
		if (!find_bug(seed, &s, &w))
			continue;
		for (size_t i = 0; i < s.count; i++) {
			without(&s, i, &less);
			needless = needless ||
			    outcome_of_schedule(&less, NULL) == w.outcome;
		}
	}
	ck_assert(needless);
	schedule_clear(&s);
	schedule_clear(&less);
}
END_TEST

START_TEST(a_small_budget_is_kept_and_can_be_told)
{
	struct wanted w = { 0 };
	struct schedule s = { 0 };
	uint64_t seed = 0;

	do
		program = random_program(seed);
	while (!find_bug(seed++, &s, &w));
	ck_assert_uint_eq(schedule_shrink(&s, gives_it, &w, 3), 3);
	ck_assert(outcome_of_schedule(&s, NULL) == w.outcome);
	schedule_clear(&s);
}
END_TEST

int
main(void)
{
	Suite *const suite = suite_create("shrink");
	TCase *const tcase = tcase_create("properties");
	SRunner *const sr = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 0);    /* the caller's affair */
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase,
	    a_shrunk_schedule_still_fails_and_less_of_it_does_not, 0, 2);
	tcase_add_test(tcase, a_schedule_as_found_is_not_minimal);
	tcase_add_test(tcase, a_small_budget_is_kept_and_can_be_told);
	suite_add_tcase(suite, tcase);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
