/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules, the scanner and changed texts.  Each operator has a text that it
 * changes and one that it leaves alone; no change may add or lose a line.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mutate/mutate.h"

/* What the rule makes of the text, the changes joined by "|". */
static char joined[4096];

static const char *
changed(const char *rule, const char *text)
{
	struct mutate_rules rules;
	struct mutate_changes c;
	const char *why;

	ck_assert_int_eq(mutate_rules_parse(rule, &rules, &why), 0);
	ck_assert_int_eq(mutate_find(text, &rules, &c), 0);
	joined[0] = '\0';
	for (size_t i = 0; i < c.n; i++) {
		char *new = mutate_apply(text, &c.v[i]);

		strcat(joined, i > 0 ? "|" : "");
		strcat(joined, new);
		free(new);
	}
	mutate_changes_clear(&c);
	mutate_rules_clear(&rules);
	return joined;
}

static const struct {
	const char *rule, *text, *want;
} cases[] = {
	{ "r drop-call mb", "f(){mb();x();}", "f(){;    x();}" },
	{ "r drop-call m*", "f(){x();}", "" },
	{ "r drop-call *", "f(){a->b(1);}", "f(){;       }" },
	{ "r drop-call *", "f(){return g();}", "" },
	{ "r drop-store", "f(){a=1;}", "f(){;   }" },
	{ "r drop-store", "f(){int a=1;}", "" },
	{ "r drop-store", "f(){struct s *a = b;}", "" },
	{ "r drop-store", "int a=1;", "" },
	{ "r drop-jump", "f(){break;}", "f(){;     }" },
	{ "r drop-jump", "f(){return 1;}", "" },
	{ "r swap", "f(){a();b();}", "f(){b();a();}" },
	{ "r swap", "f(){a();\nb=1;}", "f(){b=1;\na();}" },
	{ "r swap", "f(){if(c)a();b();}", "f(){b();if(c)a();}" },
	{ "r swap", "f(){a();\n#if X\nb();\n#endif\n}", "" },
	{ "r swap", "f(){a();return;}", "" },
	{ "r negate", "f(){if(a)b();}", "f(){if(!(a))b();}" },
	{ "r negate", "f(){do{a();}while(0);}", "" },
	{ "r negate", "f(){do{a();}while(b);}", "f(){do{a();}while(!(b));}" },
	{ "r force 0", "f(){while(a)b();}", "f(){while(0 && (a))b();}" },
	{ "r constant 1", "f(){a(2);}", "f(){a((2 + (1)));}" },
	{ "r constant -1", "f(){a(\"2\");/* 3 */}", "" },
	{ "r replace < <=", "f(){a<b;}", "f(){a<=b;}" },
	{ "r replace < <=", "f(){a<<b;}", "" },
	{ "r replace < <=", "#define A a<b\nf(){}", "" },
	{ "r replace & |", "f() __attribute__((x(1))) {a&b;}",
	  "f() __attribute__((x(1))) {a|b;}" },
	/* the first of two rules that come to the same */
	{ "p negate\nq negate", "f(){if(a)b();}", "f(){if(!(a))b();}" },
};

START_TEST(test_an_operator_changes_what_it_says_and_nothing_else)
{
	ck_assert_str_eq(changed(cases[_i].rule, cases[_i].text),
	    cases[_i].want);
}
END_TEST

static const struct {
	const char *text;
	int line;
} bad[] = {
	{ "", 1 }, { "# nothing\n", 2 }, { "r", 1 }, { "r nonsense", 1 },
	{ "r drop-call", 1 }, { "r swap x", 1 }, { "r constant x", 1 },
	{ "r replace a", 1 }, { "r swap\nr negate", 2 },
};

START_TEST(test_a_bad_rule_file_is_refused_with_its_line)
{
	struct mutate_rules rules;
	const char *why = NULL;

	ck_assert_int_eq(mutate_rules_parse(bad[_i].text, &rules, &why),
	    bad[_i].line);
	ck_assert_ptr_nonnull(why);
	ck_assert_ptr_null(rules.v);
}
END_TEST

START_TEST(test_a_change_knows_its_function)
{
	struct mutate_rules rules;
	struct mutate_changes c;
	const char *why;

	ck_assert_int_eq(mutate_rules_parse("r negate", &rules, &why), 0);
	ck_assert_int_eq(mutate_find("static int\nf(a)\n{ if (a) b(); }\n"
	    "int g(void) { while (a) b(); }", &rules, &c), 0);
	ck_assert_uint_eq(c.n, 2);
	ck_assert_str_eq(c.v[0].function, "f");
	ck_assert_str_eq(c.v[1].function, "g");
	mutate_changes_clear(&c);
	mutate_rules_clear(&rules);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("mutate");
	TCase *t = tcase_create("mutate");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t,
	    test_an_operator_changes_what_it_says_and_nothing_else, 0,
	    sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(t, test_a_bad_rule_file_is_refused_with_its_line,
	    0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(t, test_a_change_knows_its_function);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
