/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No text brings the parser of litmus tests down: files that are cut short,
 * and texts of which a byte is another one or missing.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "litmus/litmus.h"
#include "tests/unit/litmus_files.h"

/* In a block of its own size, so that reading beyond it is seen. */
static void
parse_garbage(const char *text, size_t size)
{
	char *const copy = malloc(size + (size == 0));
	struct litmus_test t;
	struct litmus_error e;

	memcpy(copy, text, size);
	if (litmus_parse(copy, size, &t, &e) == 0) {
		litmus_check_round_trip(&t);
		litmus_free(&t);
	} else if (e.text[0] == '\0' || e.place.line == 0) {
		/* An assertion for each would cost more than the parsing. */
		ck_abort_msg("a mistake without place or reason");
	}
	free(copy);
}

static void
truncate_everywhere(const char *path, const char *text, size_t size)
{
	(void)path;
	for (size_t n = 0; n < size; n++)
		parse_garbage(text, n);
}

static const char hostile[] = "\0\xff\"({[<;:|,=$~-r9 x\nP*";

/* Each byte becomes each of some others; or every `step`-th of them. */
static void
mutate(const char *text, size_t size, size_t step)
{
	char *const copy = malloc(size);
	size_t turn = 0;

	for (size_t i = 0; i < size; i++) {
		memcpy(copy, text, size);
		for (size_t j = 0; j < sizeof(hostile) - 1; j++) {
			if (turn++ % step != 0)
				continue;
			copy[i] = hostile[j];
			parse_garbage(copy, size);
		}
	}
	free(copy);
}

/* Each byte is left out. */
static void
omit(const char *text, size_t size)
{
	char *const copy = malloc(size);

	for (size_t i = 0; i < size; i++) {
		memcpy(copy, text, i);
		memcpy(copy + i, text + i + 1, size - i - 1);
		parse_garbage(copy, size - 1);
	}
	free(copy);
}

static void
mutate_file(const char *path, const char *text, size_t size)
{
	(void)path;
	mutate(text, size, sizeof(hostile) - 2);
}

START_TEST(test_truncated_files_do_no_harm)
{
	litmus_each_file(truncate_everywhere, 8);
	truncate_everywhere("", litmus_everything, strlen(litmus_everything));
}
END_TEST

START_TEST(test_mutated_text_does_no_harm)
{
	mutate(litmus_everything, strlen(litmus_everything), 3);
	omit(litmus_everything, strlen(litmus_everything));
}
END_TEST

START_TEST(test_mutated_files_do_no_harm)
{
	litmus_each_file(mutate_file, 8);
}
END_TEST

static Suite *
garbage_suite(void)
{
	Suite *const s = suite_create("litmus_garbage");
	TCase *const garbage = tcase_create("garbage");

	tcase_set_timeout(garbage, 0);
	tcase_add_test(garbage, test_truncated_files_do_no_harm);
	tcase_add_test(garbage, test_mutated_text_does_no_harm);
	tcase_add_test(garbage, test_mutated_files_do_no_harm);
	suite_add_tcase(s, garbage);
	return s;
}

int
main(void)
{
	SRunner *const sr = srunner_create(garbage_suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
