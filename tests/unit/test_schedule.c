/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of schedules as such: their text form, and shrinking, with bugs
 * planted in programs for the toy machine.
 */
#include "tests/unit/explore_toy.h"

#include <stdlib.h>

/* ---- text --------------------------------------------------------------- */

START_TEST(test_schedules_print_and_parse)
{
	static const char text[] =
	    "r0:37 d0:1 r1:4294967295 i1:12 c7:13=65535 w1:0";
	struct schedule s = { 0 }, t = { 0 };
	const char *why;
	size_t offset;
	char *printed;

	ck_assert_int_eq(schedule_parse(text, &s, &offset, &why), 0);
	ck_assert_uint_eq(s.count, 6);
	ck_assert_int_eq(s.choices[4].kind, CHOICE_DATA);
	ck_assert_uint_eq(s.choices[4].value, 65535);
	schedule_copy(&t, &s);
	printed = schedule_print(&t);
	ck_assert_str_eq(printed, text);
	free(printed);
	ck_assert_int_eq(schedule_parse(" \n", &t, &offset, &why), 0);
	printed = schedule_print(&t);
	ck_assert_str_eq(printed, "");
	free(printed);
	schedule_clear(&s);
	schedule_clear(&t);
}
END_TEST

static const struct {
	const char *text;
	size_t offset;
	const char *why;
} parse_errors[] = {
	{ "x0:1", 0, "expected a choice" },
	{ "r0:1 ,", 5, "expected a choice" },
	{ "r1024:1", 1, "number too large" },
	{ "r", 1, "expected a task" },
	{ "r0", 2, "expected ':'" },
	{ "r00:1", 1, "leading zero" },
	{ "r0:", 3, "expected a number" },
	{ "r0:-1", 3, "expected a number" },
	{ "r0:01", 3, "leading zero" },
	{ "i0:4294967296", 3, "too large" },
	{ "i0:99999999999999999999999", 3, "too large" },
	{ "d1:0", 3, "a drain of nothing" },
	{ "c0:1", 4, "expected '='" },
	{ "c0:1=", 5, "expected a number" },
	{ "c0:1=65536", 5, "too large" },
	{ "r0:1=2", 4, "expected a space" },
	{ "r0:1 i0:2x", 9, "expected a space" },
};

START_TEST(test_parse_errors_have_offset_and_reason)
{
	struct schedule s = { 0 };
	const char *why = NULL;
	size_t offset = 0;

	schedule_add(&s, (struct choice){ CHOICE_RUN, 1, 0, 2 });
	ck_assert_int_eq(schedule_parse(parse_errors[_i].text, &s, &offset,
	    &why), -1);
	ck_assert_uint_eq(offset, parse_errors[_i].offset);
	ck_assert_msg(strstr(why, parse_errors[_i].why) != NULL, "%s", why);
	ck_assert_uint_eq(s.count, 1);  /* left alone on failure */
	schedule_clear(&s);
}
END_TEST

/* ---- shrinking ---------------------------------------------------------- */

struct planted {
	void (*entry)(void *arg, unsigned task);
	bool hit;
	bool renormalise;
};

/* Needs task 0 | task 1 | task 0, the middle one stopped half way. */
static void
two_preemptions_task(void *arg, unsigned task)
{
	struct planted *p = arg;
	unsigned first;

	for (unsigned i = 0; i < 10; i++)
		load(1);
	if (task == 2 && explore_choose(4) == 3)
		store(2, 1);
	if (task == 1) {
		store(0, 1);
		store(0, 2);
	}
	if (task != 0)
		return;
	first = load(0);
	p->hit = first == 0 && load(0) == 1;
}

static void
data_task(void *arg, unsigned task)
{
	struct planted *p = arg;

	for (unsigned i = 0; i < 5; i++)
		load(0);
	if (explore_choose(16) >= 5 && task == 0)
		p->hit = true;
	interrupt_task(task);
}

static void
sb_planted_task(void *arg, unsigned task)
{
	sb_task(NULL, task);
	((struct planted *)arg)->hit = seen[0] + seen[1] == 0;
}

static bool
planted_fails(void *arg, struct schedule *cand)
{
	struct planted *p = arg;
	struct schedule record = { 0 };
	const struct strategy st = { STRATEGY_REPLAY, .replay = cand };

	p->hit = false;
	seen[0] = seen[1] = 1;
	run_toy(3 - (p->entry == sb_planted_task), p->entry, p, &st, &record);
	if (p->renormalise)
		schedule_copy(cand, &record);
	schedule_clear(&record);
	return p->hit;
}

static char *
find_and_shrink(struct planted *p, bool sc, unsigned *ret_runs)
{
	struct schedule s = { 0 };
	char *text;

	toy.sc = sc;
	for (uint64_t seed = 0; !p->hit; seed++) {
		const struct strategy st = { STRATEGY_RANDOM, .seed = seed,
			.burst = 4 };

		ck_assert_uint_lt(seed, 100000);
		seen[0] = seen[1] = 1;
		run_toy(3 - (p->entry == sb_planted_task), p->entry, p, &st,
		    &s);
	}
	*ret_runs = schedule_shrink(&s, planted_fails, p, 5000);
	text = schedule_print(&s);
	ck_assert(planted_fails(p, &s));
	schedule_clear(&s);
	return text;
}

START_TEST(test_shrinking_finds_the_minimal_schedule)
{
	static const struct {
		void (*entry)(void *arg, unsigned task);
		bool sc;
		const char *minimal;
	} bugs[] = {
		{ two_preemptions_task, true, "r0:12 r1:12 r0:" },
		{ sb_planted_task, false, "r" },
		{ data_task, true, "c0:" },
	};
	static const unsigned words[] = { 3, 2, 1 };
	struct planted p = { bugs[_i / 2].entry, false, _i % 2 != 0 };
	unsigned runs, n = 1;
	char *const text = find_and_shrink(&p, bugs[_i / 2].sc, &runs);

	for (const char *t = text; *t != '\0'; t++)
		n += *t == ' ';
	ck_assert_msg(n == words[_i / 2], "not minimal: %s", text);
	ck_assert_msg(strncmp(text, bugs[_i / 2].minimal,
	    strlen(bugs[_i / 2].minimal)) == 0, "unexpected: %s", text);
	if (_i / 2 == 2)
		ck_assert_ptr_nonnull(strstr(text, "=5"));
	ck_assert_uint_lt(runs, 2000);
	free(text);
}
END_TEST

static bool
two_stores_drained(void *arg, struct schedule *cand)
{
	unsigned n = 0;

	(void)arg;
	for (size_t i = 0; i < cand->count; i++)
		if (cand->choices[i].kind == CHOICE_DRAIN)
			n += cand->choices[i].arg;
	return n >= 2;
}

START_TEST(test_shrinking_merges_what_it_cannot_delete)
{
	struct schedule s = { 0 };
	const char *why;
	size_t offset;
	char *text;

	ck_assert_int_eq(schedule_parse("r0:1 d0:1 r1:4 d0:1 r0:7", &s,
	    &offset, &why), 0);
	schedule_shrink(&s, two_stores_drained, NULL, 100);
	text = schedule_print(&s);
	ck_assert_str_eq(text, "d0:2");
	free(text);
	schedule_clear(&s);
}
END_TEST

static bool
never_fails(void *arg, struct schedule *cand)
{
	(void)cand;
	++*(unsigned *)arg;
	return false;
}

START_TEST(test_shrinking_keeps_to_its_budget)
{
	struct schedule s = { 0 };
	unsigned calls = 0;

	for (unsigned i = 0; i < 500; i++)
		schedule_add(&s, (struct choice){ CHOICE_RUN, 0, 0, i });
	ck_assert_uint_eq(schedule_shrink(&s, never_fails, &calls, 100), 100);
	ck_assert_uint_eq(calls, 100);
	ck_assert_uint_eq(s.count, 500);
	schedule_clear(&s);
}
END_TEST

/* ---- schedules nearby ---------------------------------------------------- */

struct changed {
	unsigned early, late;   /* points that the code has gained */
	bool hit;
};

/* Task 1 must get in between two stores, twice. */
static void
changed_task(void *arg, unsigned task)
{
	struct changed *c = arg;
	unsigned seen_first, seen_second;

	if (task == 0) {
		for (unsigned i = 0; i < 10 + c->early; i++)
			load(1);
		store(0, 1);
		store(0, 2);
		for (unsigned i = 0; i < 5 + c->late; i++)
			load(1);
		store(0, 3);
		store(0, 4);
		return;
	}
	seen_first = load(0);
	for (unsigned i = 0; i < 3 + c->early; i++)
		load(1);
	seen_second = load(0);
	c->hit = seen_first == 1 && seen_second == 3;
}

static bool
changed_fails(void *arg, struct schedule *cand)
{
	struct changed *c = arg;
	const struct strategy st = { STRATEGY_REPLAY, .replay = cand };

	c->hit = false;
	run_toy(2, changed_task, c, &st, NULL);
	return c->hit;
}

START_TEST(test_a_schedule_survives_small_changes_of_the_code)
{
	struct changed c = { 0 };
	struct schedule recorded = { 0 }, near = { 0 }, again = { 0 };
	unsigned runs, runs_again;
	char *a, *b;

	toy.sc = true;
	for (uint64_t seed = 0; !c.hit; seed++) {
		const struct strategy st = { STRATEGY_RANDOM, .seed = seed,
			.burst = 4 };

		run_toy(2, changed_task, &c, &st, &recorded);
	}
	schedule_shrink(&recorded, changed_fails, &c, 5000);
	c.early = (unsigned)_i % 4;
	c.late = (unsigned)_i / 4;
	ck_assert(changed_fails(&c, &recorded) == (_i == 0));
	schedule_copy(&near, &recorded);
	schedule_copy(&again, &recorded);
	ck_assert(schedule_nearby(&near, 8, changed_fails, &c, 5000, &runs));
	ck_assert(changed_fails(&c, &near));
	ck_assert((runs == 1) == (_i == 0));
	ck_assert(schedule_nearby(&again, 8, changed_fails, &c, 5000,
	    &runs_again));
	a = schedule_print(&near);
	b = schedule_print(&again);
	ck_assert_str_eq(a, b);
	ck_assert_uint_eq(runs, runs_again);
	free(a);
	free(b);
	schedule_clear(&recorded);
	schedule_clear(&near);
	schedule_clear(&again);
}
END_TEST

START_TEST(test_what_is_gone_is_not_found_nearby)
{
	struct schedule s = { 0 };
	unsigned calls = 0, runs;
	const char *why;
	size_t offset;

	ck_assert_int_eq(schedule_parse("r0:12 d0:1 r1:4 i1:2", &s, &offset,
	    &why), 0);
	ck_assert(!schedule_nearby(&s, 8, never_fails, &calls, 200, &runs));
	ck_assert_uint_eq(runs, 200);
	ck_assert_uint_eq(calls, 200);
	schedule_clear(&s);
}
END_TEST

static Suite *
schedule_suite(void)
{
	Suite *const s = suite_create("schedule");
	TCase *const text = tcase_create("text"), *const shrink =
	    tcase_create("shrink");
	const int errors = sizeof(parse_errors) / sizeof(parse_errors[0]);

	tcase_set_timeout(shrink, 0);   /* the caller's affair */
	tcase_add_checked_fixture(shrink, setup, NULL);
	tcase_add_test(text, test_schedules_print_and_parse);
	tcase_add_loop_test(text, test_parse_errors_have_offset_and_reason, 0,
	    errors);
	tcase_add_loop_test(shrink, test_shrinking_finds_the_minimal_schedule,
	    0, 6);
	tcase_add_test(shrink, test_shrinking_merges_what_it_cannot_delete);
	tcase_add_test(shrink, test_shrinking_keeps_to_its_budget);
	tcase_add_loop_test(shrink,
	    test_a_schedule_survives_small_changes_of_the_code, 0, 12);
	tcase_add_test(shrink, test_what_is_gone_is_not_found_nearby);
	suite_add_tcase(s, text);
	suite_add_tcase(s, shrink);
	return s;
}

int
main(void)
{
	SRunner *const sr = srunner_create(schedule_suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
