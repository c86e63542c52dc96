/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checks that read text, each on a good and on bad trees and patches.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "review_tree.h"

#define MP "sys/amd64/amd64/mp_machdep.c"
#define PMAP "sys/amd64/amd64/pmap.c"
#define VMBUS "sys/dev/hyperv/vmbus/vmbus.c"

static struct review_tree t;

static void
setup(void)
{
	tree_new(&t, "freebsd");
}

static void
teardown(void)
{
	tree_free(&t);
}

/* ---- dispatch ---- */

#define CALL "void all(void)\n{\n\tflush_fn(1);\n}\n"
#define NATIVE "static void flush_native(int a)\n{\n\t(void)a;\n}\n"
#define ATTACH "static void attach(void)\n{\n\tflush_fn = &hv_flush;\n}\n"
#define METHOD "static device_method_t m[] = {\n" \
	"\tDEVMETHOD(device_attach, attach),\n" \
	"\tDEVMETHOD(device_detach, detach),\n};\n"
#define GOOD_HOOK NATIVE "void (*flush_fn)(int) = &flush_native;\n" CALL
#define BAD_HOOK NATIVE "void (*flush_fn)(int);\n" CALL

static void
hook_tree(const char *core, const char *driver)
{
	tree_write(&t, MP, core);
	tree_write(&t, PMAP, "int pmap_nothing;\n");
	tree_write(&t, VMBUS, driver);
}

START_TEST(dispatch_passes_an_initialised_pointer_that_is_restored)
{
	hook_tree(GOOD_HOOK, ATTACH "static void undo(void)\n"
	    "{\n\tflush_fn = &flush_native;\n}\n"
	    "static int detach(void)\n{\n\trun(undo);\n\treturn (0);\n}\n"
	    METHOD);
	tree_expect(&t, "dispatch", "pass", "flush_fn is valid before attach");
}
END_TEST

START_TEST(dispatch_fails_without_an_initialiser)
{
	hook_tree(BAD_HOOK, ATTACH);
	tree_expect(&t, "dispatch", "fail", "mp_machdep.c:5: flush_fn is NULL");
}
END_TEST

START_TEST(dispatch_fails_with_a_null_initialiser)
{
	hook_tree(NATIVE "void (*flush_fn)(int) = NULL;\n" CALL, ATTACH);
	tree_expect(&t, "dispatch", "fail", "flush_fn is NULL");
}
END_TEST

START_TEST(dispatch_sees_a_pointer_by_its_typedef)
{
	hook_tree("typedef void (*flush_t)(int);\n" NATIVE
	    "flush_t flush_fn;\n" CALL, ATTACH);
	tree_expect(&t, "dispatch", "fail", "flush_fn is NULL");
}
END_TEST

START_TEST(dispatch_passes_a_call_behind_a_test)
{
	hook_tree(NATIVE "void (*flush_fn)(int);\n"
	    "void all(void)\n{\n\tif (flush_fn != NULL)\n"
	    "\t\tflush_fn(1);\n}\n", ATTACH);
	tree_expect(&t, "dispatch", "pass", "behind a test");
}
END_TEST

START_TEST(dispatch_takes_no_other_pointer_for_the_test)
{
	hook_tree(NATIVE "void (*flush_fn)(int);\n"
	    "void all(void)\n{\n\tif (flush_other != NULL)\n"
	    "\t\tflush_fn(1);\n}\n", ATTACH);
	tree_expect(&t, "dispatch", "fail", "flush_fn is NULL");
}
END_TEST

START_TEST(dispatch_passes_a_store_in_pmap_bootstrap)
{
	hook_tree(BAD_HOOK "void pmap_bootstrap(void)\n"
	    "{\n\tflush_fn = flush_native;\n}\n", ATTACH);
	tree_expect(&t, "dispatch", "pass", "pmap_bootstrap() stores");
}
END_TEST

START_TEST(dispatch_fails_when_detach_leaves_it)
{
	hook_tree(GOOD_HOOK, ATTACH
	    "static int detach(void)\n{\n\treturn (0);\n}\n" METHOD);
	tree_expect(&t, "dispatch", "fail", "takes it back");
}
END_TEST

START_TEST(dispatch_fails_when_another_function_restores_it)
{
	hook_tree(GOOD_HOOK, ATTACH "static void never(void)\n"
	    "{\n\tflush_fn = &flush_native;\n}\n"
	    "static int detach(void)\n{\n\treturn (0);\n}\n" METHOD);
	tree_expect(&t, "dispatch", "fail", "takes it back");
}
END_TEST

START_TEST(dispatch_fails_when_detach_leaves_null)
{
	hook_tree(GOOD_HOOK, ATTACH "static int detach(void)\n"
	    "{\n\tflush_fn = NULL;\n\treturn (0);\n}\n" METHOD);
	tree_expect(&t, "dispatch", "fail", "leaves NULL");
}
END_TEST

START_TEST(dispatch_skips_a_tree_without_a_pointer)
{
	hook_tree("void all(void)\n{\n}\n", "int nothing;\n");
	tree_expect(&t, "dispatch", "skip", "no flush through a function");
}
END_TEST

START_TEST(dispatch_of_linux_needs_an_initialiser)
{
	t.in.kernel = "linux";
	tree_write(&t, "arch/x86/hyperv/mmu.c", "void setup(void)\n"
	    "{\n\tpv_ops.mmu.flush_some = hv_flush;\n}\n");
	tree_expect(&t, "dispatch", "skip", "paravirt.c");
	tree_write(&t, "arch/x86/kernel/paravirt.c", "struct ops pv_ops = {\n"
	    "\t.mmu.flush_some = native_flush,\n};\n");
	tree_expect(&t, "dispatch", "pass", "has an initialiser");
	tree_edit(&t, "arch/x86/kernel/paravirt.c", "native_flush", "NULL");
	tree_expect(&t, "dispatch", "fail", "flush_some");
}
END_TEST

/* ---- dependency ---- */

static void
core_with(const char *text)
{
	tree_write(&t, PMAP, text);
	tree_write(&t, MP, "int nothing;\n");
	tree_write(&t, "sys/sys/shared.h", "int shared_name(void);\n");
	tree_write(&t, "sys/dev/hyperv/vmbus/hv_x.h", "#define HV_CALL 1\n"
	    "int hv_flush(int);\nint shared_name(void);\n"
	    "struct hv_state { int hv_member; };\n");
	tree_write(&t, "sys/dev/hyperv/vmbus/hv_x.c",
	    "static int cleanup(void) { return 0; }\n"
	    "int hv_flush(int a) { return a + cleanup(); }\n");
}

START_TEST(dependency_passes_a_core_of_its_own)
{
	core_with("/* hv_flush() */\nstatic const char *s = \"HV_CALL\";\n"
	    "int f(struct other *o)\n{\n"
	    "\treturn (o->hv_member + shared_name() + cleanup());\n}\n");
	tree_expect(&t, "dependency", "pass", "name none");
}
END_TEST

START_TEST(dependency_fails_on_each_kind_of_use)
{
	static const char *const uses[] = {
		"int f(void)\n{\n\treturn (hv_flush(1));\n}\n",
		"int f(void)\n{\n\treturn (HV_CALL);\n}\n",
		"int f(struct hv_state *s);\n",
		"#include <dev/hyperv/vmbus/hv_x.h>\n",
		"#include \"hyperv_mmu.h\"\n",
	};

	core_with(uses[_i]);
	tree_expect(&t, "dependency", "fail", "pmap.c");
}
END_TEST

START_TEST(dependency_allows_code_under_a_condition_for_the_driver)
{
	core_with("#ifdef HYPERV\n#include <dev/hyperv/vmbus/hv_x.h>\n#endif\n"
	    "int f(void)\n{\n#if defined(SMP) && defined(DEV_HYPERV)\n"
	    "\treturn (hv_flush(HV_CALL));\n#else\n\treturn (0);\n#endif\n}\n");
	tree_expect(&t, "dependency", "pass", "3 uses under a condition");
}
END_TEST

START_TEST(dependency_does_not_allow_the_other_branch)
{
	static const char *const uses[] = {
		"#ifdef HYPERV\n#else\nint a = HV_CALL;\n#endif\n",
		"#ifndef HYPERV\nint a = HV_CALL;\n#endif\n",
		"#if !defined(HYPERV)\nint a = HV_CALL;\n#endif\n",
		"#ifdef SMP\nint a = HV_CALL;\n#endif\n",
		"#ifdef HYPERV\n#endif\nint a = HV_CALL;\n",
	};

	core_with(uses[_i]);
	tree_expect(&t, "dependency", "fail", "HV_CALL");
}
END_TEST

START_TEST(dependency_looks_at_changed_core_files)
{
	const char *changed[] = { "sys/kern/subr_x.c" };

	core_with("int a;\n");
	tree_write(&t, changed[0], "int a = HV_CALL;\n");
	tree_expect(&t, "dependency", "pass", "");
	t.in.changed = changed;
	t.in.nchanged = 1;
	tree_expect(&t, "dependency", "fail", "sys/kern/subr_x.c:1");
}
END_TEST

/* ---- patches ---- */

#define HEAD "--- a/sys/vm/a.c\n+++ b/sys/vm/a.c\n"
#define HUNK "@@ -1,3 +1,3 @@ f(void)\n one\n-old_name\n+new_name\n three\n"

static const char *const a_file[] = { "sys/vm/a.c" };
static const char *const two_files[] = { "sys/vm/a.c", "sys/kern/zz.c" };
static struct review_commit commit = { .body = "", .files = a_file,
	.nfiles = 1 };

static void
patch(const char *text, const char *subject)
{
	static char path[128];

	tree_write(&t, "p.diff", text);
	tree_write(&t, PMAP, "int nothing;\n");
	snprintf(path, sizeof(path), "%s/p.diff", t.dir);
	commit.subject = subject;
	t.in.diff = path;
	t.in.commits = &commit;
	t.in.ncommits = subject != NULL;
}

START_TEST(stray_passes_a_hunk_that_says_something)
{
	patch(HEAD HUNK, "vm: rename a thing");
	tree_expect(&t, "stray", "pass", "1 hunks in 1 files");
}
END_TEST

START_TEST(stray_fails_on_white_space_alone)
{
	patch(HEAD HUNK "@@ -9,2 +9,3 @@\n one\n-a  b\n+\ta b\n+\n", "vm: x");
	tree_expect(&t, "stray", "fail", "sys/vm/a.c:10: ");
}
END_TEST

START_TEST(stray_fails_on_a_file_that_nothing_explains)
{
	commit.files = two_files;
	commit.nfiles = 2;
	patch(HEAD HUNK "--- a/sys/kern/zz.c\n+++ b/sys/kern/zz.c\n"
	    "@@ -1 +1 @@\n-int unrelated;\n+int unrelated = 1;\n",
	    "vm: rename a thing");
	tree_expect(&t, "stray", "fail", "sys/kern/zz.c");
	/* the same name on its changed lines explains it */
	patch(HEAD HUNK "--- a/sys/kern/zz.c\n+++ b/sys/kern/zz.c\n"
	    "@@ -1 +1 @@\n-f(old_name);\n+f(new_name);\n",
	    "vm: rename a thing");
	tree_expect(&t, "stray", "pass", "each file explained");
}
END_TEST

START_TEST(stray_skips_without_a_diff)
{
	patch("no diff\n", "vm: x");
	tree_expect(&t, "stray", "skip", "not a unified diff");
	t.in.diff = NULL;
	tree_expect(&t, "stray", "skip", "no diff");
}
END_TEST

#define CHECKER "my $f = $ARGV[-1]; open(F, '<', $f); " \
	"while (<F>) { print \"$f:$.: ERROR: long\\n\" and $bad = 1 " \
	"if /^\\+.*new_name/; } exit($bad ? 1 : 0);\n"

START_TEST(style_runs_the_checker_of_the_tree)
{
	patch(HEAD HUNK, "vm: x");
	tree_expect(&t, "style", "skip", "no tools/build/checkstyle9.pl");
	tree_write(&t, "tools/build/checkstyle9.pl", CHECKER);
	tree_expect(&t, "style", "fail", "sys/vm/a.c:2: ERROR: long");
	tree_edit(&t, "p.diff", "new_name", "name");
	tree_expect(&t, "style", "pass", "nothing to say");
	tree_write(&t, "tools/build/checkstyle9.pl", "die \"broken\";\n");
	tree_expect(&t, "style", "skip", "broken");
}
END_TEST

START_TEST(split_wants_core_and_driver_apart)
{
	static const char *const core[] = { "sys/amd64/amd64/pmap.c" };
	static const char *const driver[] = { "sys/dev/hyperv/vmbus/vmbus.c",
		"share/man/man4/hv_vmbus.4" };
	static const char *const both[] = { "sys/dev/hyperv/vmbus/vmbus.c",
		"sys/amd64/amd64/pmap.c" };
	const struct review_commit good[] = {
		{ "amd64: x", "", core, 1 }, { "hyperv: y", "", driver, 2 } };
	const struct review_commit bad[] = { { "all of it", "", both, 2 } };

	tree_write(&t, PMAP, "int nothing;\n");
	tree_expect(&t, "split", "skip", "no commits");
	t.in.commits = good;
	t.in.ncommits = 2;
	tree_expect(&t, "split", "pass", "none changes both");
	t.in.commits = bad;
	t.in.ncommits = 1;
	tree_expect(&t, "split", "fail", "all of it");
}
END_TEST

START_TEST(a_tree_that_is_none_is_an_error)
{
	json_t *out = NULL;
	char err[256] = "";

	ck_assert_int_eq(review_run(&t.in, &out, err, sizeof(err)), -1);
	ck_assert_ptr_nonnull(strstr(err, "no sys/amd64"));
	t.in.kernel = "plan9";
	ck_assert_int_eq(review_run(&t.in, &out, err, sizeof(err)), -1);
	ck_assert_ptr_nonnull(strstr(err, "plan9"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("review_text");
	TCase *tc = tcase_create("checks");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc,
	    dispatch_passes_an_initialised_pointer_that_is_restored);
	tcase_add_test(tc, dispatch_fails_without_an_initialiser);
	tcase_add_test(tc, dispatch_fails_with_a_null_initialiser);
	tcase_add_test(tc, dispatch_sees_a_pointer_by_its_typedef);
	tcase_add_test(tc, dispatch_passes_a_call_behind_a_test);
	tcase_add_test(tc, dispatch_takes_no_other_pointer_for_the_test);
	tcase_add_test(tc, dispatch_passes_a_store_in_pmap_bootstrap);
	tcase_add_test(tc, dispatch_fails_when_detach_leaves_it);
	tcase_add_test(tc, dispatch_fails_when_another_function_restores_it);
	tcase_add_test(tc, dispatch_fails_when_detach_leaves_null);
	tcase_add_test(tc, dispatch_skips_a_tree_without_a_pointer);
	tcase_add_test(tc, dispatch_of_linux_needs_an_initialiser);
	tcase_add_test(tc, dependency_passes_a_core_of_its_own);
	tcase_add_loop_test(tc, dependency_fails_on_each_kind_of_use, 0, 5);
	tcase_add_test(tc,
	    dependency_allows_code_under_a_condition_for_the_driver);
	tcase_add_loop_test(tc, dependency_does_not_allow_the_other_branch, 0,
	    5);
	tcase_add_test(tc, dependency_looks_at_changed_core_files);
	tcase_add_test(tc, stray_passes_a_hunk_that_says_something);
	tcase_add_test(tc, stray_fails_on_white_space_alone);
	tcase_add_test(tc, stray_fails_on_a_file_that_nothing_explains);
	tcase_add_test(tc, stray_skips_without_a_diff);
	tcase_add_test(tc, style_runs_the_checker_of_the_tree);
	tcase_add_test(tc, split_wants_core_and_driver_apart);
	tcase_add_test(tc, a_tree_that_is_none_is_an_error);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
