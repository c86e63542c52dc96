/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What presubmit decides, on made-up patches and reports: that hunks apply
 * where they match and nowhere else, and that nothing is new, fixed or accepted
 * which is not.
 */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pmapshim/build/text.h"
#include "presubmit/apply.h"
#include "presubmit/compare.h"
#include "presubmit/judge.h"
#include "presubmit/mail.h"
#include "presubmit/presubmit.h"
#include "presubmit/prune.h"
#include "presubmit/shims.h"
#include "presubmit/util.h"

/* ---- patches ------------------------------------------------------------------- */

static const char old_text[] = "one\ntwo\nthree\nfour\nfive\nsix\n";

static const struct applying {
	const char *name, *patch;
	const char *text;       /* what comes out, or NULL: refused */
	const char *why;        /* then: part of the message */
} applyings[] = {
	{ "in its place",
	  "--- a/f\n+++ b/f\n@@ -2,3 +2,3 @@\n two\n-three\n+3\n four\n",
	  "one\ntwo\n3\nfour\nfive\nsix\n", NULL },
	{ "three lines off",
	  "--- a/f\n+++ b/f\n@@ -5,3 +5,3 @@\n two\n-three\n+3\n four\n",
	  "one\ntwo\n3\nfour\nfive\nsix\n", NULL },
	{ "two hunks, the second one moved by the first",
	  "--- a/f\n+++ b/f\n@@ -1,2 +1,4 @@\n one\n+a\n+b\n two\n"
	  "@@ -5,2 +7,1 @@\n five\n-six\n",
	  "one\na\nb\ntwo\nthree\nfour\nfive\n", NULL },
	{ "no context at all",
	  "--- a/f\n+++ b/f\n@@ -3,0 +4,1 @@\n+between\n",
	  "one\ntwo\nthree\nbetween\nfour\nfive\nsix\n", NULL },
	{ "the last line without its end",
	  "--- a/f\n+++ b/f\n@@ -6,1 +6,1 @@\n-six\n+6\n"
	  "\\ No newline at end of file\n",
	  "one\ntwo\nthree\nfour\nfive\n6", NULL },
	{ "an empty line of context that lost its blank",
	  "--- a/f\n+++ b/f\n@@ -6,1 +6,2 @@\n six\n+seven\n",
	  "one\ntwo\nthree\nfour\nfive\nsix\nseven\n", NULL },
	{ "other context",
	  "--- a/f\n+++ b/f\n@@ -2,3 +2,3 @@\n two\n-3\n+three\n four\n",
	  NULL, "p:3: hunk 1 of f does not apply: line 3 is 'three'" },
	{ "applied already",
	  "--- a/f\n+++ b/f\n@@ -2,3 +2,3 @@\n two\n-3\n+three\n four\n",
	  NULL, "there already" },
	{ "the second of two hunks",
	  "--- a/f\n+++ b/f\n@@ -1,2 +1,3 @@\n one\n+a\n two\n"
	  "@@ -5,2 +6,1 @@\n fife\n-six\n",
	  NULL, "p:7: hunk 2 of f" },
	{ "beyond the end",
	  "--- a/f\n+++ b/f\n@@ -6,2 +6,1 @@\n six\n-seven\n",
	  NULL, "the file ends at line 6" },
	{ "out of order",
	  "--- a/f\n+++ b/f\n@@ -5,1 +5,1 @@\n-five\n+5\n"
	  "@@ -1,1 +1,1 @@\n-one\n+1\n",
	  NULL, "hunk 2" },
	{ "a file that is there, made anew",
	  "diff --git a/f b/f\nnew file mode 100644\n--- /dev/null\n+++ b/f\n"
	  "@@ -0,0 +1,1 @@\n+one\n", NULL, "is there already" },
	{ "binary", "diff --git a/f b/f\nindex 1..2 100644\n"
	  "GIT binary patch\nliteral 3\n", NULL, "binary" },
	{ "a link", "diff --git a/g b/g\nnew file mode 120000\n"
	  "--- /dev/null\n+++ b/g\n@@ -0,0 +1,1 @@\n+/etc\n", NULL,
	  "symbolic link" },
};

static char folder[] = "/tmp/test_presubmit.XXXXXX";

static void
setup(void)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void
teardown(void)
{
	ps_remove(folder);
}

/* Each applies as it says, or is refused as it says. */
START_TEST(test_hunks_apply_where_they_match)
{
	const struct applying *a = &applyings[_i];
	char *path = ps_format("%s/f", folder), *why = NULL, *text = NULL;
	struct patch patch;
	size_t size;
	int error;

	ck_assert_int_eq(file_write(path, old_text, strlen(old_text)), 0);
	ck_assert_int_eq(patch_parse(&patch, "p", ps_copy(a->patch), false,
	                             &why), 0);
	error = apply_patch(&patch, "p", 1, folder, &why);
	ck_assert_msg((error == 0) == (a->text != NULL), "%s: %s", a->name,
	              why != NULL ? why : "applied");
	if (error != 0) {
		ck_assert_msg(strstr(why, a->why) != NULL, "%s: %s", a->name,
		              why);
	} else {
		ck_assert_int_eq(file_read(path, &text, &size), 0);
		ck_assert_str_eq(text, a->text);
	}
	free(text);
	free(why);
	free(path);
	patch_clear(&patch);
}
END_TEST

static const char *const damaged[][2] = {
	{ "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n one\n", "p:4: the patch ends" },
	{ "--- a/f\n+++ b/f\n@@ -1,1 +1,1 @@\n-one\nnext\n", "p:5: no line" },
	{ "--- a/f\n+++ b/f\n@@ -1,1 +1 @\n-one\n", "p:3: no line numbers" },
	{ "@@ -1,1 +1,1 @@\n-one\n+1\n", "p:1: a hunk with no file" },
	{ "--- /dev/null\n+++ /dev/null\n", "both names" },
	{ "--- a/f\n+++ /etc/passwd\n@@ -1 +1 @@\n-a\n+b\n", "out of the tree" },
	{ "--- a/x\n+++ b/../../x\n@@ -1 +1 @@\n-a\n+b\n", "out of the tree" },
	{ "--- a/x\n+++ \"b/..\\057..\\057x\"\n@@ -1 +1 @@\n", "out of the tree" },
	{ "diff --cc f\n--- a/f\n+++ b/f\n@@@ -1 -1 +1 @@@\n", "combined" },
	{ "", "no diff" },
	{ "Subject: [PATCH] hello\n\nonly words\n", "no diff" },
};

START_TEST(test_a_damaged_patch_names_its_line)
{
	char *why = NULL;
	struct patch patch;

	ck_assert_int_eq(patch_parse(&patch, "p", ps_copy(damaged[_i][0]),
	                             false, &why), -1);
	ck_assert_msg(strstr(why, damaged[_i][1]) != NULL, "%s", why);
	free(why);
}
END_TEST

START_TEST(test_mails_keep_subject_and_files)
{
	static const char mails[] =
	    "From 0123 Mon Sep 17 00:00:00 2001\n"
	    "Subject: [PATCH 1/2] area: the first\n goes on\n\n"
	    "Why.\n---\n f | 2 +-\n\n"
	    "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-one\n+1\n"
	    "-- \n2.39\n\n"
	    "From 4567 Mon Sep 17 00:00:00 2001\n"
	    "Subject: [PATCH 2/2] area: the second\n\n"
	    "diff --git a/g b/h\nsimilarity index 90%\nrename from g\n"
	    "rename to h\n--- a/g\n+++ b/h\n@@ -2 +2 @@\n-two\n+2\n";
	struct patch p;
	char *why;

	ck_assert_int_eq(patch_parse(&p, "p", ps_copy(mails), false, &why), 0);
	ck_assert_uint_eq(p.nmails, 2);
	ck_assert_str_eq(p.mails[0].subject, "area: the first goes on");
	ck_assert_str_eq(p.mails[0].body, "Why.\n");
	ck_assert_str_eq(p.mails[1].subject, "area: the second");
	ck_assert_uint_eq(p.nfiles, 2);
	ck_assert_uint_eq(p.files[0].mail, 0);
	ck_assert_uint_eq(p.files[1].mail, 1);
	ck_assert_str_eq(p.files[1].old, "a/g");
	ck_assert_str_eq(p.files[1].new, "b/h");
	patch_clear(&p);
}
END_TEST

/* The patch of one line more, "+\303\244=1", as a mail program sends it. */
static const struct encoded_mail {
	const char *encoding, *body;
} encoded_mails[] = {
	{ "Quoted-Printable",
	  "Why.\n---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n"
	  "@@ -1 +1,2 @@\n one\n+=C3=A4=3D1\n" },
	{ "base64",
	  "V2h5LgotLS0KZGlmZiAtLWdpdCBhL2YgYi9mCi0tLSBhL2YKKysrIGIvZgpAQCAtMSAr\n"
	  "MSwyIEBACiBvbmUKK8OkPTEK\n" }
};

START_TEST(test_encoded_mails_are_decoded)
{
	const struct encoded_mail *m = &encoded_mails[_i];
	char scratch[] = "mail.XXXXXX", *file, *text, *why = NULL;
	struct patch p;

	ck_assert_ptr_nonnull(mkdtemp(scratch));
	file = ps_format("%s/mail", scratch);
	text = ps_format("Subject: [PATCH] area: one\nMIME-Version: 1.0\n"
	    "Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: %s\n\n%s", m->encoding, m->body);
	ck_assert(mail_is_encoded(text));
	ck_assert_int_eq(file_write(file, text, strlen(text)), 0);
	ck_assert_int_eq(mail_decode(file, scratch, &text, &why), 0);
	ck_assert(!mail_is_encoded(text));
	ck_assert_ptr_nonnull(strstr(text, "\n+\303\244=1\n"));
	ck_assert_int_eq(patch_parse(&p, "p", text, false, &why), 0);
	ck_assert_str_eq(p.mails[0].subject, "area: one");
	ck_assert_str_eq(p.mails[0].body, "Why.\n");
	patch_clear(&p);
	ps_remove(scratch);
	free(file);
}
END_TEST

START_TEST(test_plain_mails_are_left_alone)
{
	ck_assert(!mail_is_encoded("Subject: x\n"
	    "Content-Transfer-Encoding: 8bit\n\n@@ -1 +1 @@\n"
	    "+Content-Transfer-Encoding: base64\n"));
	ck_assert(!mail_is_encoded("@@ -1 +1 @@\n"
	    "Content-Transfer-Encoding: base64"));
}
END_TEST

static void
make_old_folder(const char *cache, const char *name)
{
	const struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	char *path = ps_format("%s/%s", cache, name);

	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(utimensat(AT_FDCWD, path, old, 0), 0);
	free(path);
}

static bool
is_there(const char *cache, const char *name)
{
	char *path = ps_format("%s/%s", cache, name);
	const bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

START_TEST(test_old_folders_leave_the_cache)
{
	char cache[] = "cache.XXXXXX", *used;

	ck_assert_ptr_nonnull(mkdtemp(cache));
	make_old_folder(cache, "commit-0");
	make_old_folder(cache, "commit-1");
	make_old_folder(cache, "photographs");
	used = ps_format("%s/commit-1", cache);
	prune_used(used);
	prune_cache(cache);
	ck_assert(!is_there(cache, "commit-0"));
	ck_assert(is_there(cache, "commit-1"));
	ck_assert(is_there(cache, "photographs"));
	ps_remove(cache);
	free(used);
}
END_TEST

/* ---- reports ------------------------------------------------------------------- */

static json_t *
make_row(const char *scenario, const char *status, const char *signature,
         const char *class)
{
	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:i, s:i,"
	    " s:i, s:{s:i, s:i, s:i}, s:[]}", "kernel", "k", "path", "native",
	    "scenario", scenario, "mode", "pcid", "vcpus", 2, "host", "tlfs",
	    "status", status, "schedules", 100, "hypercalls", 0, "ipis", 100,
	    "cost", "local_invalidations", 1, "targets", 1, "overflush", 1,
	    "findings");

	if (signature != NULL)
		json_array_append_new(json_object_get(row, "findings"),
		    json_pack("{s:s, s:s, s:b, s:s}", "signature", signature,
		    "class", class, "known", 0, "string", "sd2:"));
	return row;
}

static json_t *
make_report(json_t *a, json_t *b)
{
	json_t *rows = json_array();

	json_array_append_new(rows, a);
	if (b != NULL)
		json_array_append_new(rows, b);
	return json_pack("{s:o}", "rows", rows);
}

static bool answer;

static bool
reproduces(void *ctx, bool on_head, const json_t *finding)
{
	(void)ctx;
	(void)on_head;
	(void)finding;
	return answer;
}

struct counts {
	size_t new, fixed, unchanged, open;
};

static struct counts
count(json_t *base, json_t *head)
{
	const struct compare c = { base, head, reproduces, NULL };
	json_t *open = json_array();
	json_t *f = compare_findings(&c, open);
	const struct counts n = {
		json_array_size(json_object_get(f, "new")),
		json_array_size(json_object_get(f, "fixed")),
		json_array_size(json_object_get(f, "unchanged")),
		json_array_size(open)
	};

	json_decref(f);
	json_decref(open);
	json_decref(base);
	json_decref(head);
	return n;
}

#define CHECK(n, a, b, c, d) do { \
	ck_assert_uint_eq((n).new, a); \
	ck_assert_uint_eq((n).fixed, b); \
	ck_assert_uint_eq((n).unchanged, c); \
	ck_assert_uint_eq((n).open, d); \
} while (0)

START_TEST(test_findings_are_compared_by_signature)
{
	answer = false;
	CHECK(count(make_report(make_row("a", "clean", NULL, NULL), NULL),
	    make_report(make_row("a", "findings", "s", "defect"), NULL)),
	    1, 0, 0, 0);
	CHECK(count(make_report(make_row("a", "findings", "s", "defect"), NULL),
	    make_report(make_row("a", "clean", NULL, NULL), NULL)), 0, 1, 0, 0);
	/* In another row it is still the same. */
	CHECK(count(make_report(make_row("a", "findings", "s", "defect"),
	    make_row("b", "clean", NULL, NULL)),
	    make_report(make_row("a", "clean", NULL, NULL),
	    make_row("b", "findings", "s", "defect"))), 0, 0, 1, 0);
	/* What was no defect and is one now is new. */
	CHECK(count(make_report(make_row("a", "findings", "s", "ambiguous"),
	    NULL), make_report(make_row("a", "findings", "s", "defect"), NULL)),
	    1, 0, 0, 0);
}
END_TEST

START_TEST(test_a_schedule_of_the_other_side_decides)
{
	answer = true;
	CHECK(count(make_report(make_row("a", "clean", NULL, NULL), NULL),
	    make_report(make_row("a", "findings", "s", "defect"), NULL)),
	    0, 0, 1, 0);
	CHECK(count(make_report(make_row("a", "findings", "s", "defect"), NULL),
	    make_report(make_row("a", "clean", NULL, NULL), NULL)), 0, 0, 1, 0);
}
END_TEST

START_TEST(test_not_validated_is_not_fixed)
{
	static const char *const statuses[] = { "blind", "vacuous", "cut" };

	answer = false;
	CHECK(count(make_report(make_row("a", "findings", "s", "defect"), NULL),
	    make_report(make_row("a", statuses[_i], NULL, NULL), NULL)),
	    0, 0, 0, 1);
	/* The row is missing. */
	CHECK(count(make_report(make_row("a", "findings", "s", "defect"), NULL),
	    make_report(make_row("b", "clean", NULL, NULL), NULL)), 0, 0, 0, 1);
}
END_TEST

START_TEST(test_rows_left_open_are_told)
{
	json_t *base = make_report(make_row("a", "clean", NULL, NULL),
	                           make_row("b", "blind", NULL, NULL));
	json_t *head = make_report(make_row("a", "vacuous", NULL, NULL),
	                           make_row("c", "clean", NULL, NULL));
	const struct compare c = { base, head, reproduces, NULL };
	json_t *open = json_array();

	compare_rows(&c, open);
	/* b is blind and not on the head, a vacuous there, c not on the base */
	ck_assert_uint_eq(json_array_size(open), 4);
	json_decref(open);
	json_decref(base);
	json_decref(head);
}
END_TEST

/* ---- verdicts ------------------------------------------------------------------ */

static json_t *
make_check(const char *name, const char *status, bool advises)
{
	return json_pack("[{s:s, s:s, s:b, s:s, s:[]}]", "name", name, "status",
	                 status, "advises", advises, "why", "", "details");
}

static int
verdict(const char *class, bool known, const char *check, const char *was,
        const char *is, int executed)
{
	json_t *open = json_array();
	json_t *base = make_check(check, was, false);
	json_t *head = make_check(check, is, false);
	json_t *report = json_pack("{s:{s:[]}, s:o, s:{s:i}, s:o}", "findings",
	    "new", "review", judge_review(base, head, open), "coverage",
	    "executed", executed, "unfinished", open);
	int status;

	if (class != NULL)
		json_array_append_new(json_object_get(json_object_get(report,
		    "findings"), "new"), json_pack("{s:s, s:b}", "class", class,
		    "known", known));
	status = judge_report(report);
	json_decref(base);
	json_decref(head);
	json_decref(report);
	return status;
}

START_TEST(test_the_verdict)
{
	/* Nothing but an executed patch and no complaint is accepted. */
	ck_assert_int_eq(verdict(NULL, false, "layout", "pass", "pass", 1), 0);
	ck_assert_int_eq(verdict(NULL, false, "layout", "pass", "pass", 0), 3);
	ck_assert_int_eq(verdict("defect", false, "layout", "pass", "pass", 1),
	                 1);
	ck_assert_int_eq(verdict("defect", true, "layout", "pass", "pass", 1),
	                 0);
	ck_assert_int_eq(verdict("host-literal", false, "layout", "pass",
	                         "pass", 1), 0);
	/* 1 wins over 3. */
	ck_assert_int_eq(verdict("defect", false, "layout", "pass", "pass", 0),
	                 1);
	ck_assert_int_eq(verdict(NULL, false, "layout", "pass", "fail", 1), 1);
	ck_assert_int_eq(verdict(NULL, false, "layout", "skip", "fail", 1), 1);
	ck_assert_int_eq(verdict(NULL, false, "layout", "fail", "fail", 1), 0);
	ck_assert_int_eq(verdict(NULL, false, "layout", "pass", "skip", 1), 3);
	ck_assert_int_eq(verdict(NULL, false, "layout", "fail", "skip", 1), 3);
	ck_assert_int_eq(verdict(NULL, false, "layout", "skip", "skip", 1), 0);
}
END_TEST

START_TEST(test_advisers_refuse_nothing)
{
	static const char *const names[] = { "split", "stray", "style", "cost" };

	ck_assert_int_eq(verdict(NULL, false, names[_i], "pass", "fail", 1), 0);
	ck_assert_int_eq(verdict(NULL, false, names[_i], "pass", "skip", 1), 0);
}
END_TEST

/* ---- shims --------------------------------------------------------------------- */

static const char *const complaints[][2] = {
	{ "f.c:3: 'frob' undeclared (first use in this function)", "'frob'" },
	{ "f.c:3: implicit declaration of function 'frob'", "'frob'" },
	{ "f.c:3: unknown type name 'frob_t'; did you mean 'x'?", "'frob_t'" },
	{ "f.c:3: 'struct pmap' has no member named 'frob'", "'frob'" },
	{ "f.c:3: use of undeclared identifier 'frob'", "'frob'" },
	{ "f.c:3: call to undeclared function 'frob'; ISO C99", "'frob'" },
	{ "f.c:3: no member named 'frob' in 'struct pmap'", "'frob'" },
	{ "defined neither in the tree's sources nor in the shim: frob, x",
	  "'frob'" },
	{ "f.c:3: sys/frob.h: No such file or directory", "header sys/frob.h" },
	{ "f.c:3: 'sys/frob.h' file not found", "header sys/frob.h" },
	{ "f.c:3: expected ';' before 'frob'", "does not compile: f.c:3" },
};

START_TEST(test_a_missing_name_is_named)
{
	const struct patch none = { 0 };
	char *text = shims_advice("/nonexistent", "freebsd", &none,
	                          complaints[_i][0]);

	ck_assert_msg(strstr(text, complaints[_i][1]) != NULL, "%s", text);
	free(text);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("presubmit");
	TCase *tc = tcase_create("presubmit");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_hunks_apply_where_they_match, 0,
	                    COUNT(applyings));
	tcase_add_loop_test(tc, test_a_damaged_patch_names_its_line, 0,
	                    COUNT(damaged));
	tcase_add_test(tc, test_mails_keep_subject_and_files);
	tcase_add_loop_test(tc, test_encoded_mails_are_decoded, 0,
	    sizeof(encoded_mails) / sizeof(encoded_mails[0]));
	tcase_add_test(tc, test_plain_mails_are_left_alone);
	tcase_add_test(tc, test_old_folders_leave_the_cache);
	tcase_add_test(tc, test_findings_are_compared_by_signature);
	tcase_add_test(tc, test_a_schedule_of_the_other_side_decides);
	tcase_add_loop_test(tc, test_not_validated_is_not_fixed, 0, 3);
	tcase_add_test(tc, test_rows_left_open_are_told);
	tcase_add_test(tc, test_the_verdict);
	tcase_add_loop_test(tc, test_advisers_refuse_nothing, 0, 4);
	tcase_add_loop_test(tc, test_a_missing_name_is_named, 0,
	                    COUNT(complaints));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
