/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Findings of known bugs are shrunk: to the vCPUs and operations that they
 * need, with the same key and place, to a schedule of which nothing can be
 * left out; and the row says by itself how to run what is left.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/rowtext.h"
#include "cli/shrink.h"

static struct kernel_object object;
static const struct kernel_ops *ops;

static void
load(void)
{
	char *why = NULL;

	if (ops != NULL)
		return;
	ck_assert_int_eq(kernel_prepare("reference", NULL, &object, &why),
	                 KERNEL_OK);
	ops = kernel_load(&object, &why);
	ck_assert_msg(ops != NULL, "%s", why);
}

static const struct bug {
	const char *mutant, *path, *scenario, *mode, *without;
	unsigned vcpus, least, operations;
} bugs[] = {
	{ "ack-before-flush", "native", "free-table", "pcid", "1:7", 4, 2, 1 },
	{ "ack-before-flush", "native", "lazy", "pcid", "1:3f", 3, 2, 1 },
	{ "ack-before-flush", "native", "user-and-kernel", "pcid", "0:1,1:e",
	  4, 2, 1 },
	{ "global-non-global", "hypercall", "kernel-page", "pcid", "", 4, 2,
	  1 },
	{ "wrong-space", "hypercall", "unmap-foreign", "nopcid", NULL, 4, 2,
	  3 },
	{ "switch-window", "native", "switch-in", "pcid", NULL, 2, 2, 4 },
	{ "table-freed-early", "native", "free-table", "nopcid", NULL, 4, 2,
	  1 },
	{ "lazy-exit-lost", "native", "lazy-unmap", "nopcid", NULL, 3, 2, 4 },
};

static void
row_of(const struct bug *b, struct row *ret)
{
	struct rowtext t;
	char *why = NULL;

	memset(&t, 0, sizeof(t));
	strcpy(t.kernel, "reference");
	strcpy(t.path, b->path);
	strcpy(t.scenario, b->scenario);
	strcpy(t.mode, b->mode);
	strcpy(t.host, "tlfs");
	strcpy(t.memory, "tso");
	strcpy(t.machine, "full");
	strcpy(t.mutant, b->mutant);
	t.vcpus = b->vcpus;
	ck_assert_msg(rowtext_to_row(&t, &object, ops, ret, &why) == 0,
	              "%s", why);
	ck_assert_msg(runner_open(ret, &why) == 0, "%s", why);
}

struct found {
	struct search search;
	struct finding_key key;
	struct shrink_context ctx;
	struct shrunk shrunk;
};

static void
find(const struct row *row, struct found *f)
{
	struct run_result r = { .found = false };
	struct strategy strategy;
	uint64_t i;

	memset(f, 0, sizeof(*f));
	f->search.kind = STRATEGY_RANDOM;
	f->search.seed = 1;
	for (i = 0; i < 20000 && !r.found; i++) {
		strategy = search_strategy(&f->search, i, 0);
		runner_run(&strategy, &f->shrunk.schedule, &r);
	}
	ck_assert(r.found);
	finding_key_make(&f->key, &r, row->hypercall);
	f->ctx = (struct shrink_context){ .row = row, .search = &f->search,
	    .key = &f->key, .after = i };
	ck_assert(shrink_schedule(&f->ctx, &f->shrunk));
	shrink_row(&f->ctx, &f->shrunk);
}

static bool
has_key(const struct schedule *s, const struct finding_key *key)
{
	struct finding_key other;
	struct run_result r;

	shrink_replay(s, NULL, &r);
	if (!r.found)
		return false;
	finding_key_make(&other, &r, key->hypercall);
	return finding_key_same(key, &other);
}

static void
check_choices(const struct found *f)
{
	const struct schedule *s = &f->shrunk.schedule;
	struct schedule less = { NULL, 0, 0 };

	ck_assert(has_key(s, &f->key));
	for (size_t i = 0; i < s->count; i++) {
		less.count = 0;
		for (size_t k = 0; k < s->count; k++)
			if (k != i)
				schedule_add(&less, s->choices[k]);
		ck_assert_msg(!has_key(&less, &f->key),
		              "choice %zu of %zu is not needed", i, s->count);
	}
	schedule_clear(&less);
}

START_TEST(nothing_can_be_left_out_of_a_shrunk_finding)
{
	const struct bug *b = &bugs[_i];
	struct rowtext text, other;
	struct row row, back;
	struct found f;
	char *why = NULL;

	row_of(b, &row);
	find(&row, &f);
	ck_assert(f.shrunk.minimal);
	ck_assert_uint_eq(f.shrunk.row.vcpus, b->least);
	ck_assert_uint_eq(f.shrunk.after.vcpus, b->least);
	ck_assert_uint_le(f.shrunk.after.operations, b->operations);
	ck_assert_uint_lt(f.shrunk.after.choices, f.shrunk.before.choices);
	check_choices(&f);

	/* What is left can be written down, read, and run. */
	rowtext_from_row(&text, &f.shrunk.row);
	if (b->without != NULL)
		ck_assert_str_eq(text.without, b->without);
	ck_assert_msg(rowtext_to_row(&text, &object, ops, &back, &why) == 0,
	              "%s", why);
	rowtext_from_row(&other, &back);
	ck_assert_int_eq(memcmp(&text, &other, sizeof(text)), 0);
	ck_assert_int_eq(runner_open(&back, &why), 0);
	ck_assert(has_key(&f.shrunk.schedule, &f.key));
	schedule_clear(&f.shrunk.schedule);
	runner_close();
}
END_TEST

/* With no time left nothing is shrunk, and that is said. */
START_TEST(shrinking_that_was_cut_is_not_minimal)
{
	struct search search = { .kind = STRATEGY_RANDOM, .seed = 1,
	    .deadline = 1e-9 };
	struct shrunk s = { .minimal = true };
	struct finding_key key;
	struct shrink_context ctx = { .search = &search, .key = &key,
	    .after = 1 };
	struct run_result r = { .found = false };
	struct row row;

	row_of(&bugs[0], &row);
	ctx.row = &row;
	for (uint64_t i = 0; i < 20000 && !r.found; i++) {
		struct strategy strategy = search_strategy(&search, i, 0);

		runner_run(&strategy, &s.schedule, &r);
	}
	finding_key_make(&key, &r, row.hypercall);
	ck_assert(shrink_schedule(&ctx, &s));
	shrink_row(&ctx, &s);
	ck_assert(!s.minimal);
	ck_assert_uint_eq(s.row.vcpus, row.vcpus);
	ck_assert_uint_eq(s.after.choices, s.before.choices);
	schedule_clear(&s.schedule);
	runner_close();
}
END_TEST

/* Legal programs only: what is left of a correct kernel's row stays clean. */
START_TEST(leaving_operations_out_makes_no_finding)
{
	struct search search = { .kind = STRATEGY_RANDOM, .seed = 3 };
	struct bug b = { "", "native", NULL, "pcid", NULL, 0, 0, 0 };
	uint32_t left_out[RUNNER_MAX_CPUS];
	struct strategy strategy;
	struct run_result r;
	struct row row;

	b.scenario = scenarios_all[_i]->name;
	b.vcpus = scenarios_all[_i]->min_vcpus;
	if (scenarios_all[_i]->needs & NEEDS_FAILING_HOST)
		return;
	if (scenario_missing(scenarios_all[_i], ops) != NULL)
		return;
	row_of(&b, &row);
	for (uint64_t i = 0; i < 1500; i++) {
		memset(left_out, 0, sizeof(left_out));
		for (unsigned c = 0; c < row.vcpus; c++)
			left_out[c] = (uint32_t)(i / 3 * 0x9e3779b9u >>
			    (8 + c * 5)) & 0xffff;
		runner_leave_out(left_out);
		strategy = search_strategy(&search, i, 0);
		runner_run(&strategy, NULL, &r);
		ck_assert_msg(!r.found, "%s without %x, %x: %s in %s",
		              b.scenario, (unsigned)left_out[0],
		              (unsigned)left_out[1],
		              finding_kind_name(r.finding.kind),
		              r.operation != NULL ? r.operation : "none");
	}
	runner_close();
}
END_TEST

START_TEST(a_bad_list_of_operations_is_refused)
{
	static const char *const bad[] = { "0", "0:", "0:0", "0:g", "2:1",
	    "0:1,", "0:1,0:2", "0:100000000", "0:1x", ",0:1", "0:+1" };
	struct rowtext t;
	struct row row, back;
	char *why;

	row_of(&bugs[5], &row);
	rowtext_from_row(&t, &row);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why = NULL;
		strcpy(t.without, bad[i]);
		ck_assert_msg(rowtext_to_row(&t, &object, ops, &back, &why) ==
		              -1, "%s", bad[i]);
		ck_assert_ptr_nonnull(strstr(why, "without"));
		free(why);
	}
	runner_close();
}
END_TEST

int
main(void)
{
	Suite *const suite = suite_create("cli_shrink");
	TCase *const tcase = tcase_create("findings");
	SRunner *const sr = srunner_create(suite);
	int failed, n = 0;

	while (scenarios_all[n] != NULL)
		n++;
	tcase_set_timeout(tcase, 0);
	tcase_add_checked_fixture(tcase, load, NULL);
	tcase_add_loop_test(tcase,
	    nothing_can_be_left_out_of_a_shrunk_finding, 0,
	    (int)(sizeof(bugs) / sizeof(bugs[0])));
	tcase_add_test(tcase, shrinking_that_was_cut_is_not_minimal);
	tcase_add_loop_test(tcase, leaving_operations_out_makes_no_finding, 0,
	    n);
	tcase_add_test(tcase, a_bad_list_of_operations_is_refused);
	suite_add_tcase(suite, tcase);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
