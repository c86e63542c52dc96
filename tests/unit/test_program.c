/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_program: which texts are programs, and what random ones are.  Nothing is
 * run here.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/program.h"

/* program_run.c's, which wants a machine. */
void
program_setup(struct scenario_world *w)
{
	(void)w;
}

void
program_run(struct scenario_world *w, unsigned vcpu)
{
	(void)w;
	(void)vcpu;
}

static const char *const good[] = {
	"u0|w", "PV|<r4w>", "PBQ|<s5w>", "Pu4p5|w", "L|w", "H|w", "c0|<r0>",
	"J|y0", "A|y0", "RJ|w", "T|U", "lUb|w",
	"n1|iN", "<r0w>n1N<r0w>|iNu0n0", "n1N|iNn2|iNn0", "n1|w",
};

static const struct {
	const char *text, *why;
} bad[] = {
	{ "N|w", "already" }, { "iN|w", "does not come" },
	{ "iNn1|iNn0", "does not come" }, { "n1iN|iN", "does not come" },
	{ "n0|w", "another vCPU" }, { "n2|w", "another vCPU" },
	{ "on1|w", "not in the space" }, { "n1r0|iN", "user mode" },
	{ "m4|w", "keep their frames" }, { "g5|w", "keep their frames" },
	{ "e4|w", "keep their frames" }, { "u6|w", "no such" },
	{ "PL|w", "long ranges" }, { "u4H|w", "long ranges" },
	{ "A|k0", "only one" }, { "k0|A", "only one" },
	{ "R|k1", "only one" }, { "T|T", "only one" },
	{ "lPb|w", "lazy" }, { "<P>|w", "user mode" }, { "XB|w", "exit" },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

START_TEST(legal_programs_are_taken)
{
	struct program p;

	ck_assert_ptr_null(program_parse(good[_i], &p));
}
END_TEST

START_TEST(illegal_programs_are_refused_with_the_reason)
{
	struct program p;
	const char *why = program_parse(bad[_i].text, &p);

	ck_assert_ptr_nonnull(why);
	ck_assert_msg(strstr(why, bad[_i].why) != NULL, "%s: %s",
	    bad[_i].text, why);
}
END_TEST

/* Short and long form say the same. */
START_TEST(what_is_printed_is_read)
{
	struct program p, again;
	char text[2048];

	program_random((uint64_t)_i, &p);
	ck_assert_uint_ne(p.vcpus, 0);
	program_print(&p, text, sizeof(text));
	ck_assert_ptr_null(program_parse_lines(text, &again));
	ck_assert_str_eq(p.name, again.name);
	ck_assert_int_eq(memcmp(p.op, again.op, sizeof(p.op)), 0);
	ck_assert_ptr_null(program_parse(p.name + strlen(PROGRAM_PREFIX),
	    &again));
	ck_assert_int_eq(memcmp(p.op, again.op, sizeof(p.op)), 0);
}
END_TEST

/* In 1000 seeds each operation is drawn, and threads come where they go. */
START_TEST(every_operation_is_drawn)
{
	struct program p;

	for (const struct program_word *w = program_words; w->code != 0; w++) {
		unsigned n = 0;

		for (uint64_t seed = 1; seed <= 1000; seed++) {
			program_random(seed, &p);
			n += program_count(&p, w->code);
		}
		ck_assert_msg(n > 0, "%s is never drawn", w->word);
	}
}
END_TEST

START_TEST(threads_arrive_in_random_programs)
{
	struct program p;
	unsigned moves = 0;

	for (uint64_t seed = 2; seed <= 1000; seed += 8) {
		program_random(seed, &p);
		ck_assert_uint_eq(program_count(&p, 'n'),
		    program_count(&p, 'N'));
		moves += program_count(&p, 'n');
	}
	ck_assert_uint_ge(moves, 200);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("program");
	TCase *tc = tcase_create("program");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, legal_programs_are_taken, 0, COUNT(good));
	tcase_add_loop_test(tc, illegal_programs_are_refused_with_the_reason,
	    0, COUNT(bad));
	tcase_add_loop_test(tc, what_is_printed_is_read, 1, 1000);
	tcase_add_test(tc, every_operation_is_drawn);
	tcase_add_test(tc, threads_arrive_in_random_programs);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
