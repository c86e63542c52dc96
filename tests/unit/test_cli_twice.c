/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --strategy twice: nothing but the recorded choices decides about a run; and
 * a scenario whose programs look at something else is noticed.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/row_run.h"
#include "pmapshim/backend.h"
#include "tests/unit/reference_row.h"

static json_t *
run(const struct row *row, const char *strategy)
{
	struct search search = { .seed = 1, .schedules = 200 };

	ck_assert_int_eq(search_parse(strategy, &search), 0);
	return row_run(row, &search, "/nonexistent");
}

static const char *
text(const json_t *row, const char *key)
{
	const char *value = json_string_value(json_object_get(row, key));

	return value != NULL ? value : "";
}

START_TEST(a_run_is_a_function_of_its_choices)
{
	static const char *const strategies[] = { "twice", "twice:pct:3",
	    "twice:pos", "twice:urw", "twice:surw", "twice:delay:4" };
	static const char *const scenarios[] = { "unmap-page", "switch-in",
	    "two-initiators", "lazy" };
	struct row row;
	json_t *out;

	reference_row(scenarios[_i % 4], _i / 4 % 2 == 0 ? "native" :
	              "hypercall", 2, &row);
	for (unsigned i = 0; i < 6; i++) {
		out = run(&row, strategies[i]);
		ck_assert_str_eq(text(out, "why"), "");
		ck_assert_str_eq(text(out, "status"), "clean");
		json_decref(out);
	}
}
END_TEST

/* What a run must not depend on: outside of all that is restored. */
static unsigned calls;
static int impure;

static void
impure_program(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0 && calls++ % 2 == 0) {
		if (impure == 0)
			scn_work(1);            /* in other steps */
		else if (impure == 1)           /* the same, but for memory */
			*(unsigned *)sd_phys_to_virt(w->frames[9]) = calls;
	}
	scenario_find("unmap-page")->program(w, vcpu);
}

START_TEST(a_run_that_depends_on_something_else_is_noticed)
{
	struct scenario scenario = *scenario_find("unmap-page");
	struct row row;
	json_t *out;

	impure = _i;
	reference_row("unmap-page", "native", 2, &row);
	scenario.program = impure_program;
	row.scenario = &scenario;
	out = run(&row, "twice");
	ck_assert_str_eq(text(out, "status"), "cut");
	ck_assert_ptr_nonnull(strstr(text(out, "why"), "internal error"));
	ck_assert_ptr_nonnull(strstr(text(out, "why"), _i == 0 ? "choices" :
	    "state"));
	json_decref(out);
}
END_TEST

int
main(void)
{
	Suite *const suite = suite_create("cli_twice");
	TCase *const tcase = tcase_create("twice");
	SRunner *const sr = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 0);
	tcase_add_checked_fixture(tcase, load, NULL);
	tcase_add_loop_test(tcase, a_run_is_a_function_of_its_choices, 0, 8);
	tcase_add_loop_test(tcase,
	    a_run_that_depends_on_something_else_is_noticed, 0, 2);
	suite_add_tcase(suite, tcase);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
