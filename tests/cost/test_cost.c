/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of the cost table, the estimate and the extrapolation, on numbers that
 * can be checked by hand.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cost/cost.h"

#define NEAR(a, b) ck_assert_double_eq_tol(a, b, 1e-6)

static struct cost_table
round_table(void)
{
	struct cost_table t = { .json = NULL };

	for (unsigned i = 0; i < FIGURE_COUNT; i++) {
		t.cycles[i] = 100;
		t.low[i] = 50;
		t.high[i] = 200;
	}
	return t;
}

/* ---- estimates ---------------------------------------------------------------- */

START_TEST(native_path_is_the_sum_of_its_parts)
{
	const struct cost_table t = round_table();
	struct cost_counts c = { .v = {
		[COUNT_IPIS] = 3, [COUNT_BURSTS] = 1, [COUNT_INTERRUPTS] = 3,
		[COUNT_INVLPG] = 2, [COUNT_REMOTE_INVLPG] = 6 } };
	struct cost_estimate e;

	cost_estimate(&t, &c, SEND_EACH, &e);
	NEAR(e.exits, 3);
	/* own 2, exits 3, targets 3, and one of the three that invalidate 2 */
	NEAR(e.latency, 1000);
	/* and 3 interrupts, 6 invalidations */
	NEAR(e.total, 1900);
	cost_estimate(&t, &c, SEND_ONCE, &e);
	NEAR(e.exits, 1);
	NEAR(e.latency, 800);
	cost_estimate(&t, &c, SEND_FREE, &e);
	NEAR(e.exits, 0);
	NEAR(e.latency, 700);
}
END_TEST

START_TEST(what_is_done_side_by_side_counts_once)
{
	const struct cost_table t = round_table();
	struct cost_counts c = { .v = {
		[COUNT_IPIS] = 3, [COUNT_BURSTS] = 1, [COUNT_INTERRUPTS] = 3,
		[COUNT_INVLPG] = 5, [COUNT_OVERLAPPED] = 4,
		[COUNT_REMOTE_INVLPG] = 6 } };
	struct cost_estimate e;

	cost_estimate(&t, &c, SEND_FREE, &e);
	/* 1 before, 3 targets, then 4 beside the 2 of each target */
	NEAR(e.latency, 800);
	c.v[COUNT_REMOTE_INVLPG] = 27;
	cost_estimate(&t, &c, SEND_FREE, &e);
	NEAR(e.latency, 1300);
}
END_TEST

START_TEST(hypercall_path_is_the_sum_of_its_parts)
{
	const struct cost_table t = round_table();
	struct cost_counts c = { .v = {
		[COUNT_HYPERCALLS] = 1, [COUNT_TARGETS] = 3,
		[COUNT_HOST_FLUSHES] = 6, [COUNT_OWN_HOST_FLUSHES] = 3 } };
	struct cost_estimate e;

	cost_estimate(&t, &c, SEND_EACH, &e);
	NEAR(e.exits, 4);
	/* exit, call, 3 kicks, 3 own flushes beside 2 of each target */
	NEAR(e.latency, 800);
	/* and 3 exits of others, their 6 flushes */
	NEAR(e.total, 1700);
}
END_TEST

START_TEST(nothing_done_costs_nothing)
{
	const struct cost_table t = round_table();
	struct cost_counts c;
	struct cost_estimate e;
	struct cost_saving s;

	memset(&c, 0, sizeof(c));
	cost_estimate(&t, &c, SEND_EACH, &e);
	NEAR(e.exits + e.latency + e.total, 0);
	cost_saving(&t, &c, &c, SEND_EACH, &s);
	ck_assert(!s.any);
}
END_TEST

START_TEST(saving_has_its_range_around_it)
{
	const struct cost_table t = round_table();
	struct cost_counts native = { .v = {
		[COUNT_IPIS] = 2, [COUNT_BURSTS] = 1,
		[COUNT_INTERRUPTS] = 2 } };
	struct cost_counts call = { .v = {
		[COUNT_HYPERCALLS] = 1, [COUNT_TARGETS] = 1 } };
	struct cost_saving s;

	cost_saving(&t, &native, &call, SEND_EACH, &s);
	ck_assert(s.any);
	NEAR(s.nominal, 1 - 300.0 / 400);
	NEAR(s.worst, 1 - 600.0 / 200);
	NEAR(s.best, 1 - 150.0 / 800);
}
END_TEST

START_TEST(extrapolation_follows_the_line_and_says_so)
{
	struct cost_counts a = { .v = { [COUNT_IPIS] = 3 } };
	struct cost_counts b = { .v = { [COUNT_IPIS] = 7 } };
	struct cost_counts c;

	cost_extrapolate(&a, 4, &b, 8, 64, &c);
	NEAR(c.v[COUNT_IPIS], 63);
	ck_assert(c.extrapolated);
	cost_extrapolate(&b, 4, &a, 8, 64, &c);
	NEAR(c.v[COUNT_IPIS], 0);
}
END_TEST

/* ---- tables --------------------------------------------------------------------- */

/* The default table with one figure changed, or left out (NULL). */
static int
load_changed(const char *figure, json_t *with, char **ret_why)
{
	char path[] = "/tmp/cost-table-XXXXXX";
	const int fd = mkstemp(path);
	json_t *root = json_load_file(cost_table_default(), 0, NULL);
	struct cost_table t;
	int rc;

	ck_assert(fd >= 0 && root != NULL);
	if (with != NULL)
		json_object_set_new(root, figure, with);
	else
		json_object_del(root, figure);
	ck_assert_int_eq(json_dumpfd(root, fd, 0), 0);
	close(fd);
	rc = cost_table_load(&t, path, ret_why);
	if (rc == 0)
		cost_table_clear(&t);
	unlink(path);
	json_decref(root);
	return rc;
}

static json_t *
figure(double low, double cycles, double high, const char *kind,
       const char *source)
{
	return json_pack("{s:f, s:f, s:f, s:s, s:i, s:s}", "low", low,
	    "cycles", cycles, "high", high, "kind", kind, "year", 2020,
	    "source", source);
}

START_TEST(default_table_has_a_source_for_each_figure)
{
	struct cost_table t;
	char *why = NULL;

	ck_assert_msg(cost_table_load(&t, cost_table_default(), &why) == 0,
	              "%s", why);
	for (unsigned i = 0; i < FIGURE_COUNT; i++)
		ck_assert(t.low[i] > 0 && t.low[i] <= t.cycles[i] &&
		          t.cycles[i] <= t.high[i]);
	cost_table_clear(&t);
}
END_TEST

START_TEST(bad_tables_are_refused_with_their_place)
{
	char *why = NULL;
	const struct {
		json_t *figure;
		const char *expect;
	} bad[] = {
		{ NULL, "cycles" },
		{ json_string("many"), "cycles" },
		{ figure(1, -1, 2, "measured", "x"), "cycles" },
		{ figure(3, 2, 4, "measured", "x"), "low" },
		{ figure(1, 2, 1, "measured", "x"), "high" },
		{ figure(1, 2, 3, "measured", ""), "source" },
		{ figure(1, 2, 3, "guess", "x"), "kind" },
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(load_changed("host_kick", bad[i].figure,
		                              &why), -1);
		ck_assert_msg(strstr(why, "host_kick") != NULL &&
		              strstr(why, bad[i].expect) != NULL, "%s", why);
		free(why);
	}
	ck_assert_int_eq(load_changed("host_kick", figure(1, 2, 3, "measured",
	                                                  "x"), &why), 0);
}
END_TEST

START_TEST(a_file_that_is_no_table_is_refused)
{
	struct cost_table t;
	char *why = NULL;

	ck_assert_int_eq(cost_table_load(&t, "/nowhere/at/all", &why), -1);
	ck_assert_ptr_nonnull(strstr(why, "/nowhere/at/all"));
	free(why);
	ck_assert_int_eq(cost_table_load(&t, "/dev/null", &why), -1);
	free(why);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cost");
	TCase *t = tcase_create("cost");
	SRunner *r;
	int failed;

	tcase_add_test(t, native_path_is_the_sum_of_its_parts);
	tcase_add_test(t, what_is_done_side_by_side_counts_once);
	tcase_add_test(t, hypercall_path_is_the_sum_of_its_parts);
	tcase_add_test(t, nothing_done_costs_nothing);
	tcase_add_test(t, saving_has_its_range_around_it);
	tcase_add_test(t, extrapolation_follows_the_line_and_says_so);
	tcase_add_test(t, default_table_has_a_source_for_each_figure);
	tcase_add_test(t, bad_tables_are_refused_with_their_place);
	tcase_add_test(t, a_file_that_is_no_table_is_refused);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
