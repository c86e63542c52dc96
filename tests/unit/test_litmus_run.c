/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runner of litmus tests, held to all of tests/litmus: every outcome's
 * witness leads there again, a weaker machine shows no more, and what is
 * forbidden because of an invalidation is seen once invalidations are
 * swallowed.
 */
#include "explore/explore.h"
#include "litmus/litmus.h"
#include "model/model.h"

#include <check.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

static glob_t files;
static struct litmus_test test;

static void
setup(void)
{
	ck_assert_int_eq(glob(LITMUS_DIR "/*.litmus", 0, NULL, &files), 0);
}

static void
teardown(void)
{
	globfree(&files);
}

static const char *
read_test(size_t i)
{
	static char text[65536];
	FILE *f = fopen(files.gl_pathv[i], "r");
	struct litmus_error error;
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	ck_assert_msg(litmus_parse(text, n, &test, &error) == 0, "%s:%u: %s",
	    files.gl_pathv[i], error.place.line, error.text);
	return strrchr(files.gl_pathv[i], '/') + 1;
}

static struct litmus_result
run(const struct litmus_options *o)
{
	struct litmus_result r;
	struct litmus_error error;

	ck_assert_msg(litmus_run(&test, o, &r, &error) == 0, "%s: %s",
	    test.name, error.text);
	ck_assert_msg(!r.overflow, "%s: overflow", test.name);
	return r;
}

static bool
has(const struct litmus_result *r, const uint64_t *value)
{
	for (unsigned i = 0; i < r->outcomes; i++)
		if (memcmp(r->outcome[i].value, value,
		    r->nobserved * sizeof(*value)) == 0)
			return true;
	return false;
}

static bool
within(const struct litmus_result *a, const struct litmus_result *b)
{
	for (unsigned i = 0; i < a->outcomes; i++)
		if (!has(b, a->outcome[i].value))
			return false;
	return true;
}

static void
replay(const struct litmus_outcome *o)
{
	struct schedule s = { 0 };
	struct litmus_options options = { .replay = &s };
	struct litmus_result r;
	const char *why;
	size_t at;

	ck_assert_int_eq(schedule_parse(o->witness, &s, &at, &why), 0);
	r = run(&options);
	ck_assert_msg(r.outcomes > 0 && has(&r, o->value), "%s: witness '%s'",
	    test.name, o->witness);
	litmus_result_free(&r);
	schedule_clear(&s);
}

START_TEST(test_each_witness_leads_to_its_outcome)
{
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct litmus_result r;

		read_test(i);
		r = run(&(struct litmus_options){ 0 });
		ck_assert_msg(r.complete, "%s: not complete", test.name);
		for (unsigned k = 0; k < r.outcomes; k++)
			replay(&r.outcome[k]);
		litmus_result_free(&r);
		litmus_free(&test);
	}
}
END_TEST

START_TEST(test_a_weaker_machine_shows_no_more)
{
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct litmus_result full, less;

		read_test(i);
		full = run(&(struct litmus_options){ .machine = "full" });
		less = run(&(struct litmus_options){ .machine = "nospec" });
		ck_assert_msg(within(&less, &full), "%s: nospec", test.name);
		litmus_result_free(&less);
		less = run(&(struct litmus_options){ .machine = "nopsc" });
		ck_assert_msg(within(&less, &full), "%s: nopsc", test.name);
		litmus_result_free(&less);
		test.sc = true;
		less = run(&(struct litmus_options){ .machine = "full" });
		ck_assert_msg(within(&less, &full), "%s: sc", test.name);
		litmus_result_free(&less);
		litmus_result_free(&full);
		litmus_free(&test);
	}
}
END_TEST

/* ---- what is forbidden because of an invalidation ------------------------ */

static bool
invalidates(const struct litmus_code *code)
{
	for (unsigned i = 0; i < code->count; i++)
		switch (code->insn[i].op) {
		case OP_INVLPG: case OP_INVPCID: case OP_INVLPGB:
		case OP_CR3: case OP_CR4: case OP_FLUSH:
			return true;
		default:
			break;
		}
	return false;
}

static bool
rests_on_invalidations(void)
{
	bool any = false;

	for (unsigned c = 0; c < test.cpus; c++)
		any |= invalidates(&test.cpu[c].code) ||
		    invalidates(&test.cpu[c].handler);
	return any;
}

static unsigned
forbidden(const struct litmus_result *r, unsigned *ret_reached)
{
	unsigned n = 0;

	*ret_reached = 0;
	for (unsigned i = 0; i < test.clauses; i++)
		if (test.clause[i].quantifier == CLAUSE_FORBIDDEN) {
			n++;
			*ret_reached += r->clause[i].holds > 0;
		}
	return n;
}

/* What else forbids it; each with its reason. */
static const char *const others[] = {
	"L04-other-pcid.litmus",        /* the tag: it stays, and is not used */
	"L10-mask+mfence.litmus",       /* MOV CR3 as a fence */
	"L10-mask+xchg.litmus",
	NULL
};

static bool
is_other(const char *name)
{
	for (unsigned i = 0; others[i] != NULL; i++)
		if (strcmp(others[i], name) == 0)
			return true;
	return false;
}

START_TEST(test_swallowed_invalidations_show_what_they_forbid)
{
	unsigned judged = 0, missed = 0;

	for (size_t i = 0; i < files.gl_pathc; i++) {
		const char *name = read_test(i);
		struct litmus_result r = run(&(struct litmus_options){
		    .swallow = true });
		unsigned reached, n = forbidden(&r, &reached);

		if (n > 0 && rests_on_invalidations() && !is_other(name)) {
			judged++;
			missed += reached == 0;
			if (reached == 0)
				printf("# %s: forbidden even so\n", name);
		}
		litmus_result_free(&r);
		litmus_free(&test);
	}
	printf("# %u tests rest on an invalidation\n", judged);
	ck_assert_uint_eq(missed, 0);
	ck_assert_uint_ge(judged, 20);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("litmus_run");
	TCase *tc = tcase_create("litmus_run");
	SRunner *sr;
	int failures;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_each_witness_leads_to_its_outcome);
	tcase_add_test(tc, test_a_weaker_machine_shows_no_more);
	tcase_add_test(tc,
	    test_swallowed_invalidations_show_what_they_forbid);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failures = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failures != 0;
}
