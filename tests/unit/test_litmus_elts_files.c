/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The committed tests of the external suite are what its importer makes of the
 * table.  Needs the table (LITMUS_ELTS, from the Meson option `elts`); without
 * it the program skips, and says so.  LITMUS_REGENERATE=1 writes the files.
 */
#include <check.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "litmus/litmus.h"
#include "tests/unit/litmus_equal.h"

static struct litmus_elts elts;

static void
setup(void)
{
	char error[160];

	ck_assert_msg(litmus_elts_read(getenv("LITMUS_ELTS"), &elts, error,
	    sizeof(error)) == 0, "%s", error);
}

static void
teardown(void)
{
	litmus_elts_free(&elts);
}

static unsigned
applicable(const char *cls, bool invlpg)
{
	unsigned n = 0;

	for (unsigned i = 0; i < elts.rows; i++)
		n += elts.row[i].reason == NULL &&
		    elts.row[i].invlpg == invlpg &&
		    strcmp(elts.row[i].cls, cls) == 0;
	return n;
}

START_TEST(test_every_row_is_applicable)
{
	for (unsigned i = 0; i < elts.rows; i++)
		ck_assert_msg(elts.row[i].reason == NULL, "%s: %s",
		    elts.row[i].id, elts.row[i].reason);
	ck_assert_uint_eq(applicable("T", true), 8);
	ck_assert_uint_eq(applicable("T", false), 21);
	ck_assert_uint_eq(applicable("M", false), 141);
	ck_assert_uint_eq(applicable("M", true), 0);
}
END_TEST

/* Each has two clauses; those of the axiom run on every machine. */
START_TEST(test_rows_become_tests)
{
	for (unsigned i = 0; i < elts.rows; i++) {
		const struct litmus_elts_row *const row = &elts.row[i];

		ck_assert_uint_eq(row->test.clauses, 2);
		ck_assert_int_eq(row->test.clause[0].quantifier,
		    CLAUSE_FORBIDDEN);
		ck_assert_int_eq(row->test.clause[1].quantifier,
		    CLAUSE_REQUIRED);
		ck_assert(row->test.dirty_always);
		ck_assert_int_eq(row->test.machine == NULL, row->invlpg);
		ck_assert_int_eq(row->has_without, row->invlpg);
	}
}
END_TEST

/* Does the committed file hold this test?  Or: writes it. */
static void
check_file(const struct litmus_test *t)
{
	static char text[1 << 16];
	char path[512];
	struct litmus_test committed;
	struct litmus_error e;
	FILE *f;

	snprintf(path, sizeof(path), "%s/elts/%s.litmus", LITMUS_DIR, t->name);
	if (getenv("LITMUS_REGENERATE") != NULL) {
		f = fopen(path, "w");
		ck_assert_msg(f != NULL, "%s cannot be written", path);
		litmus_print(t, f);
		fclose(f);
	}
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s is not there", path);
	ck_assert_msg(litmus_parse(text, fread(text, 1, sizeof(text), f),
	    &committed, &e) == 0, "%s: %s", path, e.text);
	fclose(f);
	ck_assert_msg(litmus_equal(t, &committed), "%s is another test", path);
	litmus_free(&committed);
}

START_TEST(test_committed_files_are_what_the_importer_makes)
{
	unsigned files = elts.programs;
	glob_t g;

	for (unsigned i = 0; i < elts.programs; i++)
		check_file(&elts.program[i]);
	for (unsigned i = 0; i < elts.rows; i++) {
		if (elts.row[i].has_without) {
			check_file(&elts.row[i].without);
			files++;
		}
	}
	ck_assert_int_eq(glob(LITMUS_DIR "/elts/*.litmus", 0, NULL, &g), 0);
	ck_assert_uint_eq(g.gl_pathc, files);
	globfree(&g);
}
END_TEST

static Suite *
elts_suite(void)
{
	Suite *const s = suite_create("litmus_elts_files");
	TCase *const t = tcase_create("files");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_every_row_is_applicable);
	tcase_add_test(t, test_rows_become_tests);
	tcase_add_test(t, test_committed_files_are_what_the_importer_makes);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	const char *const path = getenv("LITMUS_ELTS");
	SRunner *sr;
	int failed;

	if (path == NULL || *path == '\0') {
		puts("1..0 # SKIP no table: give one by -Delts=FILE");
		return EXIT_SUCCESS;
	}
	sr = srunner_create(elts_suite());
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
