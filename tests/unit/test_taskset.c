/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of explore/taskset.h: sets of tasks against arrays of flags, at
 * sizes around the words' bounds.
 */
#include "explore/rng.h"
#include "explore/taskset.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const unsigned sizes[] = { 1, 2, 8, 63, 64, 65, 128, 1000, 1024 };

struct plain {
	unsigned n;
	bool has[EXPLORE_MAX_TASKS];
};

static unsigned
plain_next(const struct plain *p, unsigned t)
{
	while (t < p->n && !p->has[t])
		t++;
	return t < p->n ? t : NO_TASK;
}

static void
check_same(const struct task_set *s, const struct plain *p)
{
	unsigned rank = 0, visited, from = 0;

	for (SET_EACH(s, visited)) {
		ck_assert_uint_eq(visited, plain_next(p, from));
		from = visited + 1;
	}
	ck_assert_uint_eq(plain_next(p, from), NO_TASK);
	for (unsigned t = 0; t < p->n; t++) {
		ck_assert_int_eq(set_has(s, t), p->has[t]);
		ck_assert_uint_eq(set_next(s, t), plain_next(p, t));
		ck_assert_uint_eq(set_rank(s, t), rank);
		if (p->has[t])
			ck_assert_uint_eq(set_nth(s, rank++), t);
	}
	ck_assert_uint_eq(set_next(s, p->n), NO_TASK);
	ck_assert_uint_eq(s->count, rank);
}

static void
check_pair(const struct task_set *s, const struct task_set *other)
{
	struct task_set minus;
	unsigned common = NO_TASK, count = 0;

	set_minus(&minus, s, other);
	for (unsigned t = s->words * 64; t-- > 0;) {
		const bool left = set_has(s, t) && !set_has(other, t);

		ck_assert_int_eq(set_has(&minus, t), left);
		count += left;
		if (set_has(s, t) && set_has(other, t))
			common = t;
	}
	ck_assert_uint_eq(minus.count, count);
	ck_assert_uint_eq(set_first_common(s, other), common);
}

/* Ever fuller, then ever emptier; what was there before a reset is gone. */
START_TEST(a_set_is_the_array_of_its_flags)
{
	const unsigned n = sizes[_i];
	struct task_set set, other;
	struct plain plain = { .n = n };
	struct rng rng;

	rng_seed(&rng, n);
	memset(&set, 0xff, sizeof(set));
	set_reset(&set, n);
	set_reset(&other, n);
	for (unsigned i = 0; i < 60; i++) {
		for (unsigned k = 0; k <= n / 8; k++) {
			const unsigned t = rng_below(&rng, n);

			plain.has[t] = i < 30;
			if (i < 30)
				set_add(&set, t);
			else
				set_delete(&set, t);
			set_add(&other, rng_below(&rng, n));
		}
		check_same(&set, &plain);
		check_pair(&set, &other);
	}
}
END_TEST

int
main(void)
{
	Suite *const suite = suite_create("taskset");
	TCase *const t = tcase_create("taskset");
	SRunner *const sr = srunner_create(suite);
	int failed;

	tcase_add_loop_test(t, a_set_is_the_array_of_its_flags, 0,
	    sizeof(sizes) / sizeof(sizes[0]));
	suite_add_tcase(suite, t);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
