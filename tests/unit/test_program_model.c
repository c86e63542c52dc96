/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_program_model: what a touch may have seen, as the reference model of
 * programs says.  The test is the machine: it says what a touch saw and whether
 * an operation was left out, and catches what the model calls wrong.
 */
#include <check.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/program_model.h"
#include "scenarios/programs.h"

#define FRAME(i) (0x1000000ul + (i) * PAGE)

static struct scenario_world w;
static uint64_t seen;
static bool did;
static jmp_buf wrong;

uint64_t
scn_see(uint64_t va, bool write)
{
	(void)va;
	(void)write;
	return seen;
}

bool
scn_did(void)
{
	return did;
}

_Noreturn void
scn_wrong(const char *text)
{
	(void)text;
	longjmp(wrong, 1);
}

uint64_t
program_va(const struct scenario_world *world, unsigned page)
{
	return world->user_va + page * PAGE;
}

/* Page 0 is frame 0, writable. */
static void
begin(void)
{
	memset(&w, 0, sizeof(w));
	did = true;
	for (w.nframes = 0; w.nframes < 8; w.nframes++)
		w.frames[w.nframes] = FRAME(w.nframes);
	model_first(&w, 0, 0);
}

/* May a touch of page 0 have seen that? */
static bool
may_see(uint64_t pa, bool write)
{
	seen = pa;
	if (setjmp(wrong) != 0)
		return false;
	model_see(&w, 0, write);
	return true;
}

static struct scenario_version *
frame_begins(unsigned frame)
{
	return model_begin(&w, &w.pages[0].frame, frame);
}

START_TEST(a_page_is_seen_as_it_was_made)
{
	ck_assert(may_see(FRAME(0), false));
	ck_assert(may_see(FRAME(0), true));
	ck_assert(!may_see(FRAME(1), false));
	ck_assert(!may_see(SCN_FAULT, false));
}
END_TEST

START_TEST(both_are_seen_while_an_operation_is_under_way)
{
	struct scenario_version *v = frame_begins(1);

	ck_assert(may_see(FRAME(0), false));
	ck_assert(may_see(FRAME(1), false));
	model_end(&w, v);
	ck_assert(!may_see(FRAME(0), false));
	ck_assert(may_see(FRAME(1), false));
}
END_TEST

START_TEST(what_was_unmapped_is_not_seen_again)
{
	struct scenario_version *v = frame_begins(NO_FRAME);

	ck_assert(may_see(FRAME(0), false));
	ck_assert(may_see(SCN_FAULT, false));
	model_end(&w, v);
	ck_assert(!may_see(FRAME(0), false));
	ck_assert(may_see(SCN_FAULT, false));
}
END_TEST

/* Two at once: the order of their effects is not known. */
START_TEST(of_two_operations_at_once_either_stays)
{
	struct scenario_version *a = frame_begins(1), *b = frame_begins(2);

	model_end(&w, a);
	model_end(&w, b);
	ck_assert(may_see(FRAME(1), false));
	ck_assert(may_see(FRAME(2), false));
	ck_assert(!may_see(FRAME(0), false));
}
END_TEST

START_TEST(an_operation_that_is_left_out_counts_for_nothing)
{
	struct scenario_version *v = frame_begins(NO_FRAME);

	did = false;
	model_end(&w, v);
	did = true;
	ck_assert(may_see(FRAME(0), false));
	ck_assert(!may_see(SCN_FAULT, false));
}
END_TEST

START_TEST(a_touch_that_is_left_out_is_not_judged)
{
	did = false;
	ck_assert(may_see(FRAME(1), false));
}
END_TEST

START_TEST(a_page_made_read_only_is_read_and_not_written)
{
	struct scenario_version *v = model_begin(&w, &w.pages[0].rights,
	    IS_READ_ONLY);

	ck_assert(may_see(FRAME(0), true));
	model_end(&w, v);
	ck_assert(!may_see(FRAME(0), true));
	ck_assert(may_see(SCN_FAULT, true));
	ck_assert(may_see(FRAME(0), false));
	ck_assert(!may_see(SCN_FAULT, false));
}
END_TEST

START_TEST(rights_that_come_back_come_when_they_like)
{
	model_end(&w, model_begin(&w, &w.pages[0].rights, IS_READ_ONLY));
	model_end(&w, model_begin(&w, &w.pages[0].rights, IS_WRITABLE));
	ck_assert(may_see(FRAME(0), true));
	ck_assert(may_see(SCN_FAULT, true));
}
END_TEST

START_TEST(a_page_that_was_absent_for_a_moment_may_fault)
{
	model_absent(&w, 0);
	ck_assert(may_see(SCN_FAULT, false));
	ck_assert(!may_see(FRAME(1), false));
}
END_TEST

START_TEST(frames_that_are_no_ram_are_told_apart)
{
	model_end(&w, frame_begins(FAR_FIRST));
	ck_assert(may_see(PROGRAM_FAR, false));
	ck_assert(!may_see(PROGRAM_FAR + PROGRAM_APART * PAGE, false));
	ck_assert(!may_see(PROGRAM_FAR + PAGE, false));
	model_end(&w, frame_begins(FAR_SECOND));
	ck_assert(may_see(PROGRAM_FAR + PROGRAM_APART * PAGE, false));
	ck_assert(!may_see(PROGRAM_FAR, false));
}
END_TEST

START_TEST(too_many_versions_explain_everything)
{
	for (unsigned i = 0; i < SCENARIO_VERSIONS; i++)
		model_end(&w, frame_begins(1));
	ck_assert(may_see(FRAME(0), false));
	ck_assert_ptr_null(frame_begins(1));
}
END_TEST

START_TEST(what_went_on_meanwhile_is_known)
{
	struct scenario_version *mine, *other;

	mine = frame_begins(1);
	ck_assert(!model_others(&w.pages[0].frame, mine));
	other = frame_begins(NO_FRAME);
	ck_assert(model_others(&w.pages[0].frame, mine));
	model_end(&w, mine);
	model_end(&w, other);
	mine = frame_begins(2);
	ck_assert(!model_others(&w.pages[0].frame, mine));
	ck_assert(model_others(&w.pages[0].frame, NULL));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("program_model");
	TCase *tc = tcase_create("model");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, begin, NULL);
	tcase_add_test(tc, a_page_is_seen_as_it_was_made);
	tcase_add_test(tc, both_are_seen_while_an_operation_is_under_way);
	tcase_add_test(tc, what_was_unmapped_is_not_seen_again);
	tcase_add_test(tc, of_two_operations_at_once_either_stays);
	tcase_add_test(tc, an_operation_that_is_left_out_counts_for_nothing);
	tcase_add_test(tc, a_touch_that_is_left_out_is_not_judged);
	tcase_add_test(tc, a_page_made_read_only_is_read_and_not_written);
	tcase_add_test(tc, rights_that_come_back_come_when_they_like);
	tcase_add_test(tc, a_page_that_was_absent_for_a_moment_may_fault);
	tcase_add_test(tc, frames_that_are_no_ram_are_told_apart);
	tcase_add_test(tc, too_many_versions_explain_everything);
	tcase_add_test(tc, what_went_on_meanwhile_is_known);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
