/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strategy pos on random programs whose events are declared: it shows every
 * outcome that all interleavings have, and no other.  And where an outcome
 * takes several races to go one way, new priorities after each race make it
 * likelier, as the paper says.
 */
#include <stdio.h>

#include "tests/unit/exhaustive_naive.h"
#include "tests/unit/exhaustive_programs.h"

#define PROGRAMS 120
#define RUNS 20000

static void
setup(void)
{
	explore_setup(&toy_ops);
}

/* Runs until all outcomes were seen, RUNS times at most. */
static unsigned
missing_after(const struct program *p,
              const struct explore_relation *relation)
{
	struct outcomes all = { 0 }, found = { 0 };
	unsigned missing;

	toy_program = p;
	enumerate_naively(p, &all);
	for (uint64_t seed = 0; found.count < all.count && seed < RUNS;
	     seed++) {
		const struct strategy st = { .kind = STRATEGY_POS, .seed = seed,
		    .relation = relation };
		const struct explore_result r = run_toy(&st, NULL);

		if (r.end == EXPLORE_DONE || r.end == EXPLORE_DEADLOCK)
			add_outcome(&found, &toy);
	}
	ck_assert_msg(outcomes_missing(&found, &all) == 0,
	    "an outcome that cannot be: %s", print_program(p));
	missing = outcomes_missing(&all, &found);
	free(all.list);
	free(found.list);
	return missing;
}

/* When interrupts come is a plain random choice, which this is not about. */
static bool
has_interrupts(const struct program *p)
{
	for (unsigned t = 0; t < p->tasks; t++)
		for (unsigned i = 0; i < p->count[t]; i++)
			if (p->op[t][i].kind == OP_SEND)
				return true;
	return false;
}

START_TEST(pos_shows_every_outcome)
{
	struct explore_relation relation;

	toy_relation(&relation);
	for (unsigned i = 0; i < PROGRAMS; i++) {
		const struct program p = random_program(i);
		unsigned missing;

		if (has_interrupts(&p))
			continue;
		missing = missing_after(&p, &relation);

		ck_assert_msg(missing == 0, "%u: %u missing: %s", i, missing,
		    print_program(&p));
	}
}
END_TEST

/*
 * One writer, one reader: the reader is to see the values alternate, which
 * takes a win and a loss of each side in turn.
 */
static const struct program turns = {
	.tasks = 2, .sc = true, .count = { 4, 4 },
	.op = { { { OP_STORE, 0, 1 }, { OP_STORE, 0, 2 }, { OP_STORE, 0, 3 },
	          { OP_STORE, 0, 4 } },
	        { { OP_LOAD, 0, 0 }, { OP_LOAD, 0, 0 }, { OP_LOAD, 0, 0 },
	          { OP_LOAD, 0, 0 } } },
};

static unsigned
count_turns(const struct explore_relation *relation)
{
	unsigned hits = 0;

	toy_program = &turns;
	for (uint64_t seed = 0; seed < 20000; seed++) {
		const struct strategy st = { .kind = STRATEGY_POS,
		    .seed = seed, .relation = relation };

		run_toy(&st, NULL);
		hits += memcmp(toy.cpu[1].seen, "\1\2\3\4", 4) == 0;
	}
	return hits;
}

START_TEST(new_priorities_after_a_race_make_turns_likelier)
{
	struct explore_relation races, none;
	unsigned with, without;

	toy_relation(&races);
	memset(&none, 0, sizeof(none));
	with = count_turns(&races);
	without = count_turns(&none);
	printf("# 1 2 3 4 in 20,000 runs: %u, without races %u\n", with,
	    without);
	/* Each of the races is a fair coin: at least 1 of 2^8. */
	ck_assert_uint_gt(with, 20000 / 256);
	ck_assert_uint_lt(without, with / 2);
}
END_TEST

int
main(void)
{
	Suite *const suite = suite_create("pos");
	TCase *const t = tcase_create("pos");
	SRunner *const sr = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 0);        /* the caller's affair */
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, pos_shows_every_outcome);
	tcase_add_test(t, new_priorities_after_a_race_make_turns_likelier);
	suite_add_tcase(suite, t);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
