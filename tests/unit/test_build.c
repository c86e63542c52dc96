/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of pmapshim/build: tiny objects in a temporary cache.  What must
 * rebuild does, what must be refused is refused by name, two builds at once
 * are safe, and no copy in a compiled probe escapes the hooks.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../pmapshim/build/build.h"
#include "../../pmapshim/build/run.h"
#include "../../pmapshim/build/text.h"

#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }

static char dir[64], cache[120], source[80], header[80], include_flag[80];

static void
write_file(const char *path, const char *text)
{
	ck_assert_int_eq(file_write(path, text, strlen(text)), 0);
}

static void
setup(void)
{
	strcpy(dir, "/tmp/test_build.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(cache, sizeof(cache), "%s/a/cache", dir);
	snprintf(source, sizeof(source), "%s/k.c", dir);
	snprintf(header, sizeof(header), "%s/inc/k.h", dir);
	snprintf(include_flag, sizeof(include_flag), "-I%s/inc", dir);
	header[strlen(header) - 4] = '\0';
	ck_assert_int_eq(mkdir(header, 0777), 0);
	strcat(header, "/k.h");
	write_file(header, "#define STEP 1\n");
	write_file(source, "#include <k.h>\nint counter;\n"
	    "__attribute__((visibility(\"default\"))) void sd_step(void);\n"
	    "void sd_step(void) { counter += STEP; }\n");
	unsetenv("CC");
}

static void
teardown(void)
{
	const char *argv[] = { "rm", "-rf", dir, NULL };
	struct text out = { 0 };

	ck_assert_int_eq(run_capture(argv, &out), 0);
	text_clear(&out);
}

/* Build k.c (or the text) with the folder inc. */
static enum build_status
build(const char *text, const char *build_id, const char *cc,
      struct build_result *ret)
{
	const struct build_unit unit = { .name = "unit.c", .source = source,
		.text = text };
	const struct build_request req = { .name = "k", .units = &unit,
		.nunits = 1, .flags = LIST(include_flag), .cc = cc,
		.build_id = build_id, .cache = cache };

	return kernel_object_build(&req, ret);
}

static void
expect_build(bool cached, const char *build_id, const char *cc)
{
	struct build_result res;
	enum build_status st = build(NULL, build_id, cc, &res);

	ck_assert_msg(st == BUILD_OK, "%s", res.error);
	ck_assert_int_eq(res.cached, cached);
	ck_assert_int_eq(access(res.object, R_OK), 0);
	build_result_clear(&res);
}

static bool
have(const char *program)
{
	const char *argv[] = { program, "--version", NULL };
	struct text out = { 0 };
	int status = run_capture(argv, &out);

	text_clear(&out);
	return status == 0;
}

/* Those of gcc and clang that are installed; the others are named. */
static const char *compilers[2];
static int ncompilers;

static void
find_compilers(void)
{
	static const char *const names[] = { "gcc", "clang" };

	for (size_t i = 0; i < 2; i++) {
		if (have(names[i]))
			compilers[ncompilers++] = names[i];
		else
			fprintf(stderr, "# not tested, not installed: %s\n",
			    names[i]);
	}
}

START_TEST(only_a_change_rebuilds)
{
	char shadow[80];

	expect_build(false, "1", NULL);
	expect_build(true, "1", NULL);
	write_file(header, "#define STEP 2\n");
	expect_build(false, "1", NULL);
	expect_build(true, "1", NULL);
	write_file(source, "#include <k.h>\nint counter = STEP;\n");
	expect_build(false, "1", NULL);
	expect_build(false, "2", NULL);
	expect_build(true, "2", NULL);
	/* a new header that is found before the old one */
	snprintf(shadow, sizeof(shadow), "%s/k.h", dir);
	write_file(source, "#include \"k.h\"\nint counter = STEP;\n");
	expect_build(false, "2", NULL);
	expect_build(true, "2", NULL);
	write_file(shadow, "#define STEP 5\n");
	expect_build(false, "2", NULL);
	expect_build(true, "2", NULL);
}
END_TEST

/* Builds k.c and two.c, which includes nothing; how many were compiled? */
static unsigned
compiled_of_two(const char *two)
{
	const struct build_unit units[] = { { .source = source },
		{ .name = "two.c", .source = two } };
	char log[80], cc[80], script[400];
	const struct build_request req = { .name = "k", .units = units,
		.nunits = 2, .flags = LIST(include_flag), .cc = cc,
		.build_id = "1", .cache = cache };
	struct build_result res;
	unsigned n = 0;
	char *data;
	size_t size;

	snprintf(log, sizeof(log), "%s/log", dir);
	snprintf(cc, sizeof(cc), "%s/cc", dir);
	snprintf(script, sizeof(script), "#!/bin/sh\ncase \" $* \" in\n"
	    "*\" -c \"*) echo c >>%s ;;\nesac\nexec cc \"$@\"\n", log);
	write_file(cc, script);
	ck_assert_int_eq(chmod(cc, 0755), 0);
	write_file(log, "");
	ck_assert_msg(kernel_object_build(&req, &res) == BUILD_OK, "%s",
	    res.error);
	build_result_clear(&res);
	ck_assert_int_eq(file_read(log, &data, &size), 0);
	for (size_t i = 0; i < size; i++)
		n += data[i] == 'c';
	free(data);
	return n;
}

START_TEST(a_change_compiles_the_units_that_read_it)
{
	char two[80], shadow[80];

	snprintf(two, sizeof(two), "%s/two.c", dir);
	write_file(two, "int two;\n");
	ck_assert_uint_eq(compiled_of_two(two), 2);
	ck_assert_uint_eq(compiled_of_two(two), 0);
	write_file(header, "#define STEP 2\n");
	ck_assert_uint_eq(compiled_of_two(two), 1);
	write_file(two, "int two = 2;\n");
	ck_assert_uint_eq(compiled_of_two(two), 1);
	/* of the object: its units are there, and what they read counts */
	write_file(source, "#include \"k.h\"\nint counter = STEP;\n");
	ck_assert_uint_eq(compiled_of_two(two), 1);
	ck_assert_uint_eq(compiled_of_two(two), 0);
	snprintf(shadow, sizeof(shadow), "%s/k.h", dir);
	write_file(shadow, "#define STEP 5\n");
	ck_assert_uint_eq(compiled_of_two(two), 1);
	ck_assert_uint_eq(compiled_of_two(two), 0);
}
END_TEST

START_TEST(a_damaged_unit_is_compiled_again)
{
	const char *argv[] = { "sh", "-c", NULL, NULL };
	struct text out = { 0 };
	char two[80], script[400];

	snprintf(two, sizeof(two), "%s/two.c", dir);
	write_file(two, "int two;\n");
	ck_assert_uint_eq(compiled_of_two(two), 2);
	snprintf(script, sizeof(script), "for f in %s/*.o; do "
	    "echo >$f.new && mv $f.new $f || exit 1; done; rm %s/*.so", cache,
	    cache);
	argv[2] = script;
	ck_assert_int_eq(run_capture(argv, &out), 0);
	text_clear(&out);
	ck_assert_uint_eq(compiled_of_two(two), 2);
	snprintf(script, sizeof(script), "rm %s/*.so", cache);
	ck_assert_int_eq(run_capture(argv, &out), 0);
	text_clear(&out);
	ck_assert_uint_eq(compiled_of_two(two), 0);
}
END_TEST

START_TEST(an_unset_stack_is_a_pattern_where_the_compiler_can)
{
	ck_assert_ptr_nonnull(build_stack_flag("gcc (Debian 12.2.0-14) 12.2.0\n"
	    "Copyright (C) 2022"));
	ck_assert_ptr_nonnull(build_stack_flag("gcc (GCC) 13.2.1 20231011"));
	ck_assert_ptr_nonnull(build_stack_flag("Debian clang version 14.0.6"));
	ck_assert_ptr_null(build_stack_flag("gcc (Ubuntu 11.4.0-1) 11.4.0\n"
	    "(C) 2021"));
	ck_assert_ptr_null(build_stack_flag(""));
}
END_TEST

START_TEST(another_compiler_rebuilds)
{
	expect_build(false, "1", "gcc");
	expect_build(false, "1", "gcc -DOTHER");
	setenv("CC", "gcc", 1);
	expect_build(true, "1", NULL);
	if (have("clang")) {
		expect_build(false, "1", "clang");
		expect_build(true, "1", "clang");
	}
	expect_build(true, "1", "gcc");
}
END_TEST

START_TEST(a_damaged_or_lost_object_is_built_again)
{
	struct build_result res;

	ck_assert_int_eq(build(NULL, "1", NULL, &res), BUILD_OK);
	write_file(res.object, "torn");
	expect_build(false, "1", NULL);
	unlink(res.object);
	expect_build(false, "1", NULL);
	expect_build(true, "1", NULL);
	build_result_clear(&res);
}
END_TEST

START_TEST(builds_at_the_same_time_all_succeed)
{
	enum { BUILDERS = 6 };
	pid_t pids[BUILDERS];

	for (int i = 0; i < BUILDERS; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] == 0) {
			struct build_result res;
			enum build_status st = build(NULL, "1", NULL, &res);
			bool good = st == BUILD_OK && !access(res.object, R_OK);

			build_result_clear(&res);
			_exit(good ? 0 : 1);
		}
	}
	for (int i = 0; i < BUILDERS; i++)
		ck_assert_int_eq(run_wait(pids[i]), 0);
	expect_build(true, "1", NULL);
}
END_TEST

static const struct {
	const char *what, *text, *cc;
	enum build_status status;
	const char *error;
} refused[] = {
	{ "a syntax error, with file and line",
	  "#line 7 \"tree/pmap.c\"\nint f(void)\n{\n\treturn 1 +;\n}\n", NULL,
	  BUILD_BAD_SOURCE, "tree/pmap.c:9: expected expression" },
	{ "a header that is not there", "#include <gone/away.h>\n", NULL,
	  BUILD_BAD_SOURCE, "gone/away.h: No such file" },
	{ "a call of an undeclared function", "int f(void) { return g(); }\n",
	  NULL, BUILD_BAD_SOURCE, "implicit declaration of function" },
	{ "an undefined symbol", "int stray(void); int other(void);\n"
	  "int f(void) { return stray() + other(); }\n", NULL,
	  BUILD_BAD_SOURCE, "other, stray" },
	{ "libc is not linked", "void *memcpy(void *, const void *, "
	  "unsigned long); void f(void *a, void *b) { memcpy(a, b, 64); }\n",
	  NULL, BUILD_BAD_SOURCE, "memcpy" },
	{ "thread-local storage", "__thread int per_thread = 3;\n"
	  "int *f(void) { return &per_thread; }\n", NULL,
	  BUILD_BAD_SOURCE, "per_thread" },
	{ "what only the assembler refuses", "int f(void) { return 1; }\n"
	  "__asm__(\"twice: nop\\ntwice: nop\\n\");\n", NULL,
	  BUILD_BAD_SOURCE, "already defined" },
	{ "no compiler", "int x;\n", "no-such-compiler -O2", BUILD_NO_TOOL,
	  "no-such-compiler" },
	{ "a compiler that fails", "int x;\n", "false", BUILD_NO_TOOL,
	  "false" },
};

START_TEST(what_cannot_be_built_is_refused_by_name)
{
	struct build_result res;
	enum build_status st = build(refused[_i].text, "1", refused[_i].cc,
	    &res);

	ck_assert_msg(st == refused[_i].status, "%s: status %d, %s",
	    refused[_i].what, (int)st, res.error);
	ck_assert_msg(strstr(res.error, refused[_i].error), "%s: %s",
	    refused[_i].what, res.error);
	ck_assert_ptr_null(strchr(res.error, '\n'));
	ck_assert_ptr_null(res.object);
	if (res.log)
		ck_assert_int_eq(access(res.log, R_OK), 0);
	ck_assert_int_eq(build_exit_status(st), st == BUILD_BAD_SOURCE ? 2 : 3);
	build_result_clear(&res);
}
END_TEST

START_TEST(hook_and_shim_names_may_stay_undefined)
{
	struct build_result res;

	ck_assert_msg(build("void sd_pause(void); extern long word;\nlong word;\n"
	    "void f(void) { word++; sd_pause(); }\n", "1", NULL, &res) ==
	    BUILD_OK, "%s", res.error);
	build_result_clear(&res);
	ck_assert(build_undefined_allowed("__tsan_read8"));
	ck_assert(build_undefined_allowed("sd_invlpg"));
	ck_assert(!build_undefined_allowed("invlpg"));
}
END_TEST

START_TEST(a_cache_that_cannot_be_written_is_told)
{
	struct build_result res;

	write_file(header, "#define STEP 1\n");
	snprintf(cache, sizeof(cache), "%s/under", header);
	ck_assert_int_eq(build(NULL, "1", NULL, &res), BUILD_SYSTEM);
	ck_assert_ptr_nonnull(strstr(res.error, "SHOOTDOWN_CACHE"));
	build_result_clear(&res);
}
END_TEST

START_TEST(the_cache_is_where_the_environment_says)
{
	char *path;

	setenv("SHOOTDOWN_CACHE", "/own", 1);
	setenv("XDG_CACHE_HOME", "/xdg", 1);
	setenv("HOME", "/home/me", 1);
	path = build_cache_dir();
	ck_assert_str_eq(path, "/own");
	free(path);
	unsetenv("SHOOTDOWN_CACHE");
	path = build_cache_dir();
	ck_assert_str_eq(path, "/xdg/shootdown");
	free(path);
	unsetenv("XDG_CACHE_HOME");
	path = build_cache_dir();
	ck_assert_str_eq(path, "/home/me/.cache/shootdown");
	free(path);
	unsetenv("HOME");
	ck_assert_ptr_null(build_cache_dir());
}
END_TEST

/*
 * The probe: one function per way of touching memory, and the calls that must
 * be in it.  A copy is hooked when a call of a hook or of an interposed mem*
 * comes before it.
 */
static const char probe_text[] =
	"typedef unsigned long u64;\n"
	"struct mask { u64 w[16]; };\n"
	"struct mask a, b; int plain; volatile int vol; u64 bits;\n"
	"struct pm { int x; struct mask active; };\n"
	"void *memcpy(void *, const void *, u64);\n"
	"void *memset(void *, int, u64);\n"
	"void t_memcpy(void) { memcpy(&a, &b, sizeof(a)); }\n"
	"void t_memset(void) { memset(&a, 0, sizeof(a)); }\n"
	"void t_struct(void) { a = b; }\n"
	"void t_zero(void) { a = (struct mask){ 0 }; }\n"
	"struct mask t_return(void) { return a; }\n"
	"void t_loop(void) { for (int i = 0; i < 16; i++) a.w[i] = b.w[i]; }\n"
	"void t_inc(void) { plain += 3; }\n"
	"int t_vread(void) { return vol; }\n"
	"void t_vwrite(void) { vol = 1; }\n"
	"u64 t_or(void) { return __atomic_fetch_or(&bits, 4, 5); }\n"
	"void t_fence(void) { __atomic_thread_fence(5); }\n"
	"void sd_ipi(struct mask);\n"
	"static struct mask targets(struct pm *p) { return p->active; }\n"
	"void t_argument(struct pm *p) { sd_ipi(targets(p)); }\n";

/* The interposed copies, in a unit of their own so that none is inlined. */
static const char mem_text[] =
	"void *memcpy(void *, const void *, unsigned long);\n"
	"void *memset(void *, int, unsigned long);\n"
	"void *memcpy(void *d, const void *s, unsigned long n)"
	" { (void)n; (void)s; return d; }\n"
	"void *memset(void *d, int c, unsigned long n)"
	" { (void)n; (void)c; return d; }\n";

/* Separated by '|': alternatives; by ' ': all of them. */
static const struct {
	const char *function, *needs;
	bool gcc_only;		/* clang 14 has no hook here: see the README */
} probes[] = {
	{ "t_memcpy", "memcpy", false },
	{ "t_memset", "memset", false },
	{ "t_struct", "__tsan_write_range __tsan_read_range|memcpy", false },
	{ "t_zero", "__tsan_write_range|memset", false },
	{ "t_return", "__tsan_read_range|memcpy", false },
	{ "t_loop", "__tsan_read8 __tsan_write8", false },
	{ "t_inc", "__tsan_read4 __tsan_write4", false },
	{ "t_vread", "__tsan_volatile_read4", false },
	{ "t_vwrite", "__tsan_volatile_write4", false },
	{ "t_or", "__tsan_atomic64_fetch_or", false },
	{ "t_fence", "__tsan_atomic_thread_fence", false },
	{ "t_argument", "__tsan_read_range", .gcc_only = true },
};

static bool
body_has(const char *body, const char *word, size_t len)
{
	char call[80];

	snprintf(call, sizeof(call), "<%.*s@plt>", (int)len, word);
	if (strstr(body, call))
		return true;
	snprintf(call, sizeof(call), "<%.*s>", (int)len, word);
	return strstr(body, call) != NULL;
}

static bool
body_has_all(const char *body, const char *words, size_t len)
{
	for (size_t i = 0; i < len; ) {
		size_t n = strcspn(words + i, " |");

		if (!body_has(body, words + i, n))
			return false;
		i += n + 1;
	}
	return true;
}

/* Check each probe's disassembly, and that it uses no vector register. */
static void
check_probes(const char *cc, char *asm_text)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		const char *needs = probes[i].needs;
		char head[40], *body, *end, saved;
		bool good = false;

		if (probes[i].gcc_only && strcmp(cc, "gcc"))
			continue;
		snprintf(head, sizeof(head), "<%s>:\n", probes[i].function);
		body = strstr(asm_text, head);
		ck_assert_msg(body, "%s: no %s", cc, head);
		end = strstr(body, "\n\n");
		end = end ? end : body + strlen(body);
		saved = *end;
		*end = '\0';
		for (; !good && *needs; needs += needs[0] == '|') {
			size_t n = strcspn(needs, "|");

			good = body_has_all(body, needs, n);
			needs += n;
		}
		ck_assert_msg(good, "%s: %s: an access has no hook:\n%s", cc,
		    probes[i].function, body);
		ck_assert_msg(!strstr(body, "xmm"), "%s: %s: vector copy:\n%s",
		    cc, probes[i].function, body);
		*end = saved;
	}
}

START_TEST(no_copy_escapes_the_hooks)
{
	const char *cc = compilers[_i];
	const struct build_unit units[] = {
		{ .name = "probe.c", .text = probe_text },
		{ .name = "mem.c", .text = mem_text, .unhooked = true },
	};
	const struct build_request req = { .name = "probe", .units = units,
		.nunits = 2, .cc = cc, .cache = cache };
	struct build_result res;
	struct text out = { 0 };
	const char *argv[] = { "objdump", "-d", "--no-show-raw-insn", NULL,
		NULL };

	ck_assert_msg(kernel_object_build(&req, &res) == BUILD_OK, "%s",
	    res.error);
	argv[3] = res.object;
	ck_assert_int_eq(run_capture(argv, &out), 0);
	check_probes(cc, out.s);
	ck_assert_msg(!strstr(out.s, "__tsan_func_entry"),
	    "%s: entry hooks were not dropped", cc);
	text_clear(&out);
	build_result_clear(&res);
}
END_TEST

START_TEST(an_unhooked_unit_has_no_hooks)
{
	const struct build_unit units[] = {
		{ .name = "glue.c", .text = "int g; int glue(void);\n"
		  "int glue(void) { return g++; }\n", .unhooked = true },
		{ .source = source, .flags = LIST("-DEXTRA") },
	};
	const struct build_request req = { .name = "two", .units = units,
		.nunits = 1, .cache = cache };
	struct build_request both = req;
	struct build_result res;
	struct text out = { 0 };
	const char *argv[] = { "nm", NULL, NULL };

	ck_assert_msg(kernel_object_build(&req, &res) == BUILD_OK, "%s",
	    res.error);
	argv[1] = res.object;
	ck_assert_int_eq(run_capture(argv, &out), 0);
	ck_assert_ptr_null(strstr(out.s, "__tsan"));
	ck_assert_ptr_nonnull(strstr(out.s, "glue"));
	text_clear(&out);
	build_result_clear(&res);
	both.nunits = 2;
	both.flags = LIST(include_flag);
	ck_assert_msg(kernel_object_build(&both, &res) == BUILD_OK, "%s",
	    res.error);
	build_result_clear(&res);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("build");
	TCase *tc = tcase_create("build");
	SRunner *sr;
	int failed;

	find_compilers();
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, only_a_change_rebuilds);
	tcase_add_test(tc, a_change_compiles_the_units_that_read_it);
	tcase_add_test(tc, a_damaged_unit_is_compiled_again);
	tcase_add_test(tc, another_compiler_rebuilds);
	tcase_add_test(tc, an_unset_stack_is_a_pattern_where_the_compiler_can);
	tcase_add_test(tc, a_damaged_or_lost_object_is_built_again);
	tcase_add_test(tc, builds_at_the_same_time_all_succeed);
	tcase_add_loop_test(tc, what_cannot_be_built_is_refused_by_name, 0,
	    sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(tc, hook_and_shim_names_may_stay_undefined);
	tcase_add_test(tc, a_cache_that_cannot_be_written_is_told);
	tcase_add_test(tc, the_cache_is_where_the_environment_says);
	tcase_add_loop_test(tc, no_copy_escapes_the_hooks, 0,
	    ncompilers);
	tcase_add_test(tc, an_unhooked_unit_has_no_hooks);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
