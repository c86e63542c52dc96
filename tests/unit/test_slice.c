/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of pmapshim/slice: each trap of real kernel text as a small file of
 * our own.  A row gives the text, the roots, what must and must not be in the
 * slice, or the words the error must hold.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../pmapshim/slice/slice.h"

#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }

struct row {
	const char *name, *text;
	const char *const *roots, *const *defined, *const *allowed,
	    *const *stop;
	const char *const *has;		/* parts of the text */
	const char *const *lacks;
	unsigned functions, kinds;
	const char *error;		/* part of the error, NULL: no error */
};

static char dir[] = "/tmp/test_slice.XXXXXX";
static char file[64];

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void
setup(void)
{
	strcpy(dir, "/tmp/test_slice.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/a.c", dir);
}

static void
teardown(void)
{
	unlink(file);
	rmdir(dir);
}

static const struct row rows[] = {
	{ .name = "the closure takes callees and leaves the rest",
	  .text = "int\nother(void)\n{\n\treturn (0);\n}\n\n"
		  "static int\nleaf(void)\n{\n\treturn (1);\n}\n\n"
		  "int\nroot(void)\n{\n\treturn (leaf());\n}\n",
	  .roots = LIST("root"), .functions = 2,
	  .has = LIST("#line 7 ", "static int\nleaf", "int\nroot"),
	  .lacks = LIST("other") },
	{ .name = "attributes and types on lines before the name",
	  .text = "int x;\nstatic\n__attribute__((noinline))\nlong\n"
		  "root(void)\n{\n\treturn (0);\n}\n",
	  .roots = LIST("root"), .functions = 1,
	  .has = LIST("#line 2 ", "static\n__attribute__((noinline))\nlong\n"),
	  .lacks = LIST("int x") },
	{ .name = "old-style parameter declarations",
	  .text = "static int\nkr(a, b)\n\tint a;\n\tchar *b;\n{\n"
		  "\treturn (a + *b);\n}\n\n"
		  "int\nroot(c)\n\tchar c;\n{\n\treturn (kr(1, &c));\n}\n",
	  .roots = LIST("root"), .functions = 2,
	  .has = LIST("kr(a, b)\n\tint a;\n\tchar *b;\n{\n\treturn",
		      "root(c)\n\tchar c;\n{") },
	{ .name = "DEFINE_IFUNC on one line and on three",
	  .text = "static void one(void)\n{\n}\n\n"
		  "DEFINE_IFUNC(static, void, sel, (int a)) {\n"
		  "\treturn (one);\n}\n\n"
		  "DEFINE_IFUNC(, void,\n    root,\n    (int a, long b))\n{\n"
		  "\tsel(1);\n\treturn (one);\n}\n",
	  .roots = LIST("root"), .allowed = LIST("DEFINE_IFUNC"),
	  .functions = 3,
	  .has = LIST("DEFINE_IFUNC(static, void, sel", "#line 9 ",
		      "DEFINE_IFUNC(, void,\n    root,") },
	{ .name = "a function that a macro generates",
	  .text = "#define OPS(n, t)\t\t\\\n"
		  "static t n##_all(void) { return (helper()); }\n\n"
		  "static int helper(void)\n{\n\treturn (3);\n}\n\n"
		  "OPS(ept, int)\n"
		  "OPS(npt, long)\n\n"
		  "int\nafter(void)\n{\n\treturn (ept_all());\n}\n",
	  .roots = LIST("after"), .functions = 3,
	  .has = LIST("#define OPS(n, t)", "OPS(ept, int)", "helper"),
	  .lacks = LIST("OPS(npt") },
	{ .name = "a root that only a macro generates",
	  .text = "#define HEAD(n) static int run_##n(int a)\n"
		  "HEAD(fast)\n{\n\treturn (a);\n}\n\n"
		  "int x;\n",
	  .roots = LIST("run_fast"), .functions = 1,
	  .has = LIST("HEAD(fast)\n{\n\treturn (a);\n}"),
	  .lacks = LIST("int x") },
	{ .name = "a root named as an argument of a foreign macro",
	  .text = "int y;\nstatic MALLOC_DEFINE(M_X, \"x\",\n    \"long\");\n",
	  .roots = LIST("M_X"), .allowed = LIST("MALLOC_DEFINE"),
	  .functions = 1, .has = LIST("#line 2 ", "static MALLOC_DEFINE(M_X"),
	  .lacks = LIST("int y") },
	{ .name = "twins: the defined side",
	  .text = "#ifdef SMP\nint\nroot(void)\n{\n\treturn (2);\n}\n"
		  "#else\nint\nroot(void)\n{\n\treturn (1);\n}\n#endif\n",
	  .roots = LIST("root"), .defined = LIST("SMP"), .functions = 1,
	  .has = LIST("return (2)"), .lacks = LIST("return (1)") },
	{ .name = "twins: the other side",
	  .text = "#if defined(SMP) && !defined(EARLY)\nint\nroot(void)\n{\n"
		  "\treturn (2);\n}\n#elif N > 3\nint\nroot(void)\n{\n"
		  "\treturn (1);\n}\n#endif\n",
	  .roots = LIST("root"), .defined = LIST("SMP", "EARLY", "N=4"),
	  .functions = 1,
	  .has = LIST("return (1)"), .lacks = LIST("return (2)") },
	{ .name = "twins under a condition we cannot decide: the first",
	  .text = "#if LEVEL > 0\nint\nroot(void)\n{\n\tif (1) {\n#if LEVEL > 1\n"
		  "\t\tif (2) {\n#else\n\t\tif (3) {\n#endif\n"
		  "\t\t}\n\t}\n\treturn (2);\n}\n#else\n"
		  "int\nroot(void)\n{\n\treturn (1);\n}\n#endif\n",
	  .roots = LIST("root"), .functions = 1,
	  .has = LIST("return (2)"), .lacks = LIST("return (1)") },
	{ .name = "a head inside a condition is emitted without it",
	  .text = "int a;\n#ifdef SMP\nint root(int c)\n#else\n"
		  "int root(void)\n#endif\n{\n\treturn (0);\n}\n",
	  .roots = LIST("root"), .defined = LIST("SMP"), .functions = 1,
	  .has = LIST("int root(int c)\n\n\n\n{"), .lacks = LIST("#else") },
	{ .name = "a condition inside a function stays as it is",
	  .text = "int\nroot(void)\n{\n#ifdef DEBUG\n\tprint(1);\n#endif\n"
		  "\treturn (0);\n}\n",
	  .roots = LIST("root"), .functions = 1,
	  .has = LIST("#ifdef DEBUG\n\tprint(1);\n#endif\n") },
	{ .name = "names in comments and strings are not used",
	  .text = "int\nghost(void)\n{\n\treturn (0);\n}\n\n"
		  "const char *\nroot(void)\n{\n\t/* ghost() */ // ghost()\n"
		  "\treturn (\"ghost() \\\" ghost()\");\n}\n",
	  .roots = LIST("root"), .functions = 1,
	  .lacks = LIST("int\nghost") },
	{ .name = "members are not the variables of the same name",
	  .text = "static int gen;\nstruct s { int gen; };\n\n"
		  "int\nroot(struct s *p)\n{\n\treturn (p->gen);\n}\n",
	  .roots = LIST("root"), .functions = 1,
	  .has = LIST("struct s { int gen; };"), .lacks = LIST("static int") },
	{ .name = "variables with initialisers, macros, types",
	  .text = "typedef unsigned long word;\n\n"
		  "enum op {\n\tOP_A,\n\tOP_B = 4,\n};\n\n"
		  "struct pair {\n\tword a;\n\n\tword b;\n};\n\n"
		  "#define LIMIT\t\\\n\t(BASE + 2)\n#define BASE 4\n\n"
		  "static struct pair table[] = {\n\t{ 1, 2 },\n"
		  "\t{ 3, OP_B },\n};\n\nint unused = 3;\n\n"
		  "word\nroot(void)\n{\n\treturn (table[0].a + LIMIT);\n}\n",
	  .roots = LIST("root"), .functions = 1,
	  .has = LIST("typedef unsigned long word;", "OP_B = 4,\n};",
		      "\tword a;\n\n\tword b;", "(BASE + 2)\n#define BASE 4",
		      "{ 3, OP_B },\n};"),
	  .lacks = LIST("unused") },
	{ .name = "a forward declaration goes with its definition",
	  .text = "static int late(int);\nstatic int never(int);\n\n"
		  "int\nroot(void)\n{\n\treturn (late(1));\n}\n\n"
		  "static int\nlate(int a)\n{\n\treturn (a);\n}\n",
	  .roots = LIST("root"), .functions = 2,
	  .has = LIST("static int late(int);"), .lacks = LIST("never") },
	{ .name = "parameters and locals may be called",
	  .text = "typedef void (*cb_t)(int);\n\n"
		  "#define CALL(f, a) f(a)\n\n"
		  "void\nroot(cb_t cb, void (*fn)(int))\n{\n\tcb_t own = cb;\n\n"
		  "\tcb(1);\n\tfn(2);\n\town(3);\n\tCALL(cb, 4);\n}\n",
	  .roots = LIST("root"), .functions = 1,
	  .has = LIST("typedef void (*cb_t)", "#define CALL") },
	{ .name = "a name of the shim is not pulled in",
	  .text = "static int\nown(void)\n{\n\treturn (0);\n}\n\n"
		  "int\nroot(void)\n{\n\treturn (own());\n}\n",
	  .roots = LIST("root"), .stop = LIST("own"), .functions = 1,
	  .lacks = LIST("static int\nown") },
	{ .name = "an optional root may be absent",
	  .text = "int\nroot(void)\n{\n\treturn (0);\n}\n",
	  .roots = LIST("root", "?newer"), .functions = 1 },
	{ .name = "a missing root is named",
	  .text = "int\nroot(void)\n{\n\treturn (0);\n}\n",
	  .roots = LIST("root", "newer"), .error = "'newer'" },
	{ .name = "a root left out by a condition is missing",
	  .text = "#ifdef SMP\nint\nroot(void)\n{\n\treturn (0);\n}\n#endif\n",
	  .roots = LIST("root"), .error = "'root'" },
	{ .name = "a function nobody defines is named, with its line",
	  .text = "int\nroot(void)\n{\n\treturn (gone(1));\n}\n",
	  .roots = LIST("root"), .error = "a.c:4: " },
	{ .name = "a function only declared here is missing",
	  .text = "static int cut(void);\n\n"
		  "int\nroot(void)\n{\n\tint (*f)(void) = cut;\n\n"
		  "\treturn (f());\n}\n",
	  .roots = LIST("root"), .error = "'cut'" },
	{ .name = "a variable is missing when only functions are asked for",
	  .text = "int counter;\n\nint\nroot(void)\n{\n\treturn (counter);\n}\n",
	  .roots = LIST("root"), .kinds = SLICE_FUNCTIONS_ONLY,
	  .error = "'counter'" },
	{ .name = "a macro that calls what nobody defines",
	  .text = "#define BUMP(x) bump_it(x)\n\n"
		  "void\nroot(void)\n{\n\tBUMP(1);\n}\n",
	  .roots = LIST("root"), .error = "'bump_it'" },
};

static void
check_row(const struct row *r, const struct slice_result *res)
{
	for (const char *const *h = r->has; h && *h; h++)
		ck_assert_msg(strstr(res->text, *h), "%s: no \"%s\" in:\n%s",
		    r->name, *h, res->text);
	for (const char *const *l = r->lacks; l && *l; l++)
		ck_assert_msg(!strstr(res->text, *l), "%s: \"%s\" in:\n%s",
		    r->name, *l, res->text);
	ck_assert_msg(res->functions == r->functions, "%s: %u functions in:\n%s",
	    r->name, res->functions, res->text);
}

START_TEST(a_trap_is_cut_right)
{
	const struct row *r = &rows[_i];
	const struct slice_request req = {
		.file = file, .roots = r->roots, .defined = r->defined,
		.allowed = r->allowed, .stop = r->stop, .kinds = r->kinds,
	};
	struct slice_result res;
	enum slice_status st;

	write_file(file, r->text);
	st = slice_cut(&req, &res);
	if (r->error) {
		ck_assert_msg(st == SLICE_BAD_SOURCE, "%s: status %d", r->name,
		    (int)st);
		ck_assert_msg(strstr(res.error, r->error), "%s: %s", r->name,
		    res.error);
		ck_assert_ptr_null(strchr(res.error, '\n'));
	} else {
		ck_assert_msg(st == SLICE_OK, "%s: %s", r->name, res.error);
		check_row(r, &res);
	}
	slice_result_clear(&res);
}
END_TEST

START_TEST(the_hash_names_the_lines_and_not_the_path)
{
	struct slice_request req = { .file = file, .roots = LIST("root") };
	struct slice_result a, b, c;

	write_file(file, "int root(void)\n{\n\treturn (1);\n}\n");
	ck_assert_int_eq(slice_cut(&req, &a), SLICE_OK);
	write_file(file, "int x;\n\nint root(void)\n{\n\treturn (1);\n}\n");
	req.shown = "kernel/a.c";
	ck_assert_int_eq(slice_cut(&req, &b), SLICE_OK);
	write_file(file, "int root(void)\n{\n\treturn (2);\n}\n");
	ck_assert_int_eq(slice_cut(&req, &c), SLICE_OK);
	ck_assert_str_eq(a.sha256, b.sha256);
	ck_assert_str_ne(a.sha256, c.sha256);
	ck_assert_ptr_nonnull(strstr(b.text, "#line 3 \"kernel/a.c\"\n"));
	ck_assert_uint_eq(a.lines, 4);
	ck_assert(slice_has(&a, "root") && !slice_has(&a, "roo"));
	slice_result_clear(&a);
	slice_result_clear(&b);
	slice_result_clear(&c);
}
END_TEST

START_TEST(headers_allow_what_they_declare)
{
	char header[80];
	struct slice_request req = { .file = file, .roots = LIST("root"),
		.prologue = "/* before */", .epilogue = "/* after */" };
	struct slice_result res, names;

	snprintf(header, sizeof(header), "%s/shim.h", dir);
	write_file(header, "void shim_call(int);\n#define SHIM_MAX(a) (a)\n");
	write_file(file, "void\nroot(void)\n{\n\tshim_call(SHIM_MAX(1));\n}\n");
	ck_assert_int_eq(slice_cut(&req, &res), SLICE_BAD_SOURCE);
	slice_result_clear(&res);
	req.headers = LIST(dir);
	ck_assert_msg(slice_cut(&req, &res) == SLICE_OK, "%s", res.error);
	ck_assert_ptr_nonnull(strstr(res.text, "/* before */\n#line 1 "));
	ck_assert_ptr_nonnull(strstr(res.text, "/* after */\n"));
	slice_result_clear(&res);
	req.headers = NULL;
	ck_assert_int_eq(slice_header_names(LIST(header), &names), SLICE_OK);
	ck_assert_uint_eq(names.nnames, 2);
	req.allowed = (const char *const *)names.names;
	ck_assert_msg(slice_cut(&req, &res) == SLICE_OK, "%s", res.error);
	slice_result_clear(&res);
	slice_result_clear(&names);
	unlink(header);
	ck_assert_int_eq(slice_header_names(LIST(header), &names),
	    SLICE_BAD_SOURCE);
	ck_assert_ptr_nonnull(strstr(names.error, "shim.h: No such file"));
	slice_result_clear(&names);
}
END_TEST

START_TEST(a_slice_compiles)
{
	struct slice_request req = { .file = file,
		.roots = LIST("root", "pick"),
		.prologue = "#define DEFINE_IFUNC(q, r, n, a) "
		    "q r (*n##_resolve(void)) a",
		.allowed = LIST("DEFINE_IFUNC", "pick_resolve") };
	struct slice_result res;
	char out[80], command[200];

	write_file(file, "#define G(n) static int get_##n(void) { return (n); }\n"
	    "enum { one = 1 };\nG(one)\nstatic void two(void)\n{\n}\n\n"
	    "DEFINE_IFUNC(static, void, pick, (void))\n{\n"
	    "\treturn (get_one() ? two : 0);\n}\n\n"
	    "int\nroot(void)\n{\n\treturn (pick_resolve() != 0);\n}\n");
	ck_assert_msg(slice_cut(&req, &res) == SLICE_OK, "%s", res.error);
	snprintf(out, sizeof(out), "%s/out.c", dir);
	write_file(out, res.text);
	snprintf(command, sizeof(command), "cc -c -o /dev/null %s", out);
	ck_assert_msg(system(command) == 0, "%s", res.text);
	slice_result_clear(&res);
	unlink(out);
}
END_TEST

START_TEST(a_probe_sees_identifiers_only)
{
	write_file(file, "int pm_pcidp; /* pm_old */\nconst char *s = \"pm_str\";\n");
	ck_assert_int_eq(slice_probe(file, "pm_pcidp"), 1);
	ck_assert_int_eq(slice_probe(file, "pm_pcid"), 0);
	ck_assert_int_eq(slice_probe(file, "pm_old"), 0);
	ck_assert_int_eq(slice_probe(file, "pm_str"), 0);
	ck_assert_int_lt(slice_probe("/nonexistent.c", "x"), 0);
}
END_TEST

START_TEST(a_missing_tool_or_file_is_told_apart)
{
	struct slice_request req = { .file = file, .roots = LIST("root") };
	struct slice_result res;

	ck_assert_int_eq(slice_cut(&req, &res), SLICE_BAD_SOURCE);
	ck_assert_ptr_nonnull(strstr(res.error, "No such file"));
	write_file(file, "int root;\n");
	setenv("PATH", dir, 1);
	ck_assert_int_eq(slice_cut(&req, &res), SLICE_NO_TOOL);
	ck_assert_ptr_nonnull(strstr(res.error, "universal-ctags"));
}
END_TEST

/* Broken text must end in a status, whatever it is, and not in a crash. */
START_TEST(any_prefix_of_a_file_is_survived)
{
	struct slice_request req = { .file = file, .roots = LIST("root") };
	const char *text = rows[_i].text;

	for (size_t n = 0; n < strlen(text); n += 41) {
		char *part = strndup(text, n);
		struct slice_result res;

		write_file(file, part);
		ck_assert_int_le(slice_cut(&req, &res), SLICE_SYSTEM);
		slice_result_clear(&res);
		free(part);
	}
}
END_TEST

int
main(void)
{
	const int nrows = sizeof(rows) / sizeof(rows[0]);
	Suite *s = suite_create("slice");
	TCase *tc = tcase_create("slice");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, a_trap_is_cut_right, 0, nrows);
	tcase_add_test(tc, the_hash_names_the_lines_and_not_the_path);
	tcase_add_test(tc, headers_allow_what_they_declare);
	tcase_add_test(tc, a_slice_compiles);
	tcase_add_test(tc, a_probe_sees_identifiers_only);
	tcase_add_test(tc, a_missing_tool_or_file_is_told_apart);
	tcase_add_loop_test(tc, any_prefix_of_a_file_is_survived, 0, nrows);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
