/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Canary: a row that cannot find anything does not count as clean.  Each test
 * fails when row_run() calls its row clean (or blind and vacuous alike); the
 * last one makes sure that a row like them, but with something at stake, is.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/stake.h"
#include "reference.h"

static void
map_user(struct scenario_world *w)
{
	w->k->map(w->space, w->user_va, &w->frames[0], 1,
	          KPROT_W | KPROT_USER);
}

static void
use_user(struct scenario_world *w)
{
	scn_enter_user(w);
	scn_touch(w->user_va, false);
	scn_work(4);
	scn_leave_user(w);
}

/* All touch the page, and nobody takes it away. */
static void
run_idle(struct scenario_world *w, unsigned vcpu)
{
	(void)vcpu;
	use_user(w);
}

/* The last vCPU is the one that uses the page. */
static void
run_unmap(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0)
		w->k->unmap(w->space, w->user_va, 1);
	if (vcpu == w->vcpus - 1)
		use_user(w);
}

static const struct scenario idle = {
	.name = "idle", .summary = "nothing is unmapped",
	.min_vcpus = 2, .max_vcpus = 2,
	.setup = map_user, .program = run_idle,
}, unmap = {
	.name = "unmap", .summary = "a user page is unmapped",
	.min_vcpus = 1, .max_vcpus = 2,
	.setup = map_user, .program = run_unmap,
};

static void
expect(const struct row *row, const char *status, bool canary)
{
	json_t *out = reference_run(row);
	const char *why = json_string_value(json_object_get(out, "why"));

	ck_assert_msg(strcmp(json_string_value(json_object_get(out, "status")),
	    status) == 0, "%s, not %s (%s)",
	    json_string_value(json_object_get(out, "status")), status,
	    why != NULL ? why : "-");
	ck_assert_int_eq(json_is_integer(json_object_get(out, "canary")),
	                 canary);
	ck_assert_uint_eq(json_array_size(json_object_get(out, "findings")), 0);
	json_decref(out);
}

START_TEST(nothing_at_stake_is_blind)
{
	struct row row = reference_row(&idle, _i != 0, 0, NULL);

	expect(&row, "blind", false);
}
END_TEST

/* Even a bug cannot be seen there. */
START_TEST(nothing_at_stake_is_blind_with_a_bug_too)
{
	struct row row = reference_row(&idle, false, 0, "local-only");

	expect(&row, "blind", false);
}
END_TEST

/* No other vCPU ever holds anything: the shootdown is not put to the test. */
START_TEST(nothing_remote_is_vacuous)
{
	struct row row = reference_row(&unmap, false, 0, NULL);

	row.vcpus = 1;
	row.machine.cpus = 1;
	expect(&row, "vacuous", true);
}
END_TEST

/* The host does not recommend flush calls, so the kernel makes none. */
START_TEST(hypercall_path_that_never_calls_is_vacuous)
{
	struct row row = reference_row(&unmap, true, 0, NULL);

	ck_assert_int_eq(hv_knob_set(&row.host, HV_KNOB_REC_FLUSH, "no"), 0);
	expect(&row, "vacuous", true);
}
END_TEST

/* Calls that are all refused are no path that ran, but where they are to be. */
START_TEST(refused_calls_alone_are_vacuous)
{
	struct row row = reference_row(&unmap, true, 0, NULL);
	struct stake s = { .remote = 1, .hypercalls = 2, .flushes = 2 };

	ck_assert(stake_is_vacuous(&s, &row));
	s.targets = 1;
	ck_assert(!stake_is_vacuous(&s, &row));
	s.targets = 0;
	ck_assert_int_eq(hv_knob_set(&row.host, HV_KNOB_FAIL_CALL, "1"), 0);
	ck_assert(!stake_is_vacuous(&s, &row));
	s.flushes = 0;
	ck_assert(stake_is_vacuous(&s, &row));
	row.hypercall = false;
	ck_assert(!stake_is_vacuous(&s, &row));
}
END_TEST

START_TEST(something_at_stake_is_clean)
{
	struct row row = reference_row(&unmap, _i != 0, 0, NULL);

	expect(&row, "clean", true);
}
END_TEST

static int
run(void)
{
	Suite *suite = suite_create("canary");
	TCase *tc = tcase_create("canary");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, nothing_at_stake_is_blind, 0, 2);
	tcase_add_test(tc, nothing_at_stake_is_blind_with_a_bug_too);
	tcase_add_test(tc, nothing_remote_is_vacuous);
	tcase_add_test(tc, hypercall_path_that_never_calls_is_vacuous);
	tcase_add_test(tc, refused_calls_alone_are_vacuous);
	tcase_add_loop_test(tc, something_at_stake_is_clean, 0, 2);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

int
main(int argc, char **argv)
{
	return reference_main(argc, argv, run);
}
