/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of explore/: a run is a function of its seed and of its record,
 * for random programs under all strategies, on a toy machine.  Also built with
 * -DEXPLORE_UCONTEXT for the other fiber backend.
 */
#include "explore/rng.h"
#include "tests/unit/explore_toy.h"

#include <stdlib.h>

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

int
main(void)
{
	Suite *const suite = suite_create("explore_replay");
	TCase *const t = tcase_create("explore_replay");
	SRunner *const sr = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 0);        /* the caller's affair */
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_a_run_is_a_function_of_its_seed_and_its_record);
	tcase_add_test(t, test_a_damaged_record_replays_to_its_own_record);
	suite_add_tcase(suite, t);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
