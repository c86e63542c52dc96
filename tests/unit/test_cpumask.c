/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux' masks of several words, as the shims have them, beside sets that are
 * looked at one processor at a time; and that a word less would show.
 */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cpumask_probe.h"

static unsigned long random_state;

static unsigned
below(unsigned n)
{
	random_state = random_state * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(random_state >> 33) % n;
}

static bool
has(const probe_mask m, unsigned cpu)
{
	return m[cpu / 64] >> cpu % 64 & 1;
}

/* Few or many, by word; nothing beyond the processors that there are. */
static void
draw(probe_mask m)
{
	memset(m, 0, sizeof(probe_mask));
	for (unsigned w = 0; w < PROBE_WORDS; w++) {
		const unsigned n = below(3) == 0 ? 0 : below(70);

		for (unsigned i = 0; i < n; i++) {
			const unsigned cpu = w * 64 + below(64);

			if (cpu < probe_cpus)
				m[w] |= 1ul << cpu % 64;
		}
	}
}

static unsigned
slow_next(int n, const probe_mask a, const probe_mask b)
{
	for (unsigned cpu = (unsigned)(n + 1); cpu < probe_cpus; cpu++)
		if (has(a, cpu) && (b == NULL || has(b, cpu)))
			return cpu;
	return probe_cpus;
}

static unsigned
slow_last(const probe_mask m)
{
	for (unsigned cpu = probe_cpus; cpu-- > 0;)
		if (has(m, cpu))
			return cpu;
	return probe_cpus;
}

static unsigned
slow_weight(const probe_mask m)
{
	unsigned n = 0;

	for (unsigned cpu = 0; cpu < probe_cpus; cpu++)
		n += has(m, cpu);
	return n;
}

static void
walks_agree(const probe_mask a, const probe_mask b)
{
	const unsigned first = slow_next(-1, a, NULL);

	for (int n = -1; n < (int)probe_cpus; n++) {
		ck_assert_uint_eq(probe_next(n, a), slow_next(n, a, NULL));
		ck_assert_uint_eq(probe_next_and(n, a, b), slow_next(n, a, b));
	}
	ck_assert_uint_eq(probe_last(a), slow_last(a));
	ck_assert_uint_eq(probe_weight(a), slow_weight(a));
	ck_assert_int_eq(probe_empty(a), slow_weight(a) == 0);
	ck_assert_uint_eq(probe_any_but(a, first), slow_next((int)first, a,
	    NULL));
}

static void
sets_agree(const probe_mask a, const probe_mask b)
{
	probe_mask both, either, copy;
	bool any = false;

	memset(both, 0, sizeof(both));
	memset(either, 0, sizeof(either));
	memset(copy, 0, sizeof(copy));
	ck_assert_int_eq(probe_and(both, a, b), slow_next(-1, a, b) <
	    probe_cpus);
	probe_or(either, a, b);
	probe_copy(copy, a);
	for (unsigned cpu = 0; cpu < probe_cpus; cpu++) {
		ck_assert_int_eq(probe_test((int)cpu, a), has(a, cpu));
		ck_assert(has(both, cpu) == (has(a, cpu) && has(b, cpu)));
		ck_assert(has(either, cpu) == (has(a, cpu) || has(b, cpu)));
		any = any || has(a, cpu) != has(b, cpu);
	}
	ck_assert_mem_eq(copy, a, sizeof(copy));
	ck_assert_int_eq(probe_equal(a, b), !any);
	ck_assert(probe_equal(copy, a));
	probe_clear(copy);
	ck_assert(probe_empty(copy) && slow_weight(copy) == 0);
}

static const unsigned sizes[] = { 1, 2, 63, 64, 65, 127, 128, 130, 191, 192 };

START_TEST(every_function_agrees_with_a_slow_one)
{
	probe_mask a, b;

	probe_cpus = sizes[_i];
	random_state = (unsigned long)_i;
	for (unsigned i = 0; i < 300; i++) {
		draw(a);
		draw(b);
		walks_agree(a, b);
		sets_agree(a, b);
		sets_agree(a, a);
	}
}
END_TEST

START_TEST(one_processor_comes_and_goes_in_each_word)
{
	probe_mask m;

	probe_cpus = PROBE_CPUS;
	memset(m, 0, sizeof(m));
	for (unsigned cpu = 0; cpu < PROBE_CPUS; cpu += 31) {
		probe_set(cpu, m);
		ck_assert(has(m, cpu) && slow_weight(m) == 1);
		ck_assert_uint_eq(probe_last(m), cpu);
		probe_unset((int)cpu, m);
		ck_assert(probe_empty(m));
	}
}
END_TEST

/* As one with a word less would be: it must not go unnoticed above. */
START_TEST(a_word_less_is_another_set)
{
	probe_mask m, copy;

	memset(m, 0, sizeof(m));
	memset(copy, 0, sizeof(copy));
	m[2] = 2;
	probe_cpus = 128;
	probe_copy(copy, m);
	ck_assert(probe_empty(m) && probe_equal(m, copy));
	probe_cpus = 130;
	ck_assert(!probe_empty(m) && !probe_equal(m, copy));
	ck_assert_uint_eq(probe_next(-1, m), 129);
}
END_TEST

int
main(void)
{
	Suite *const suite = suite_create("cpumask");
	TCase *const tcase = tcase_create("cpumask");
	SRunner *const sr = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, every_function_agrees_with_a_slow_one, 0,
	    sizeof(sizes) / sizeof(sizes[0]));
	tcase_add_test(tcase, one_processor_comes_and_goes_in_each_word);
	tcase_add_test(tcase, a_word_less_is_another_set);
	suite_add_tcase(suite, tcase);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
