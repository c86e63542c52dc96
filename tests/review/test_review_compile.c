/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checks that compile, on the miniature tree as it is and with one thing
 * wrong, with gcc and clang.  Each of them must see what is wrong; who is not
 * installed is left out, and no compiler at all fails the run.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "review_tree.h"

#define VMBUS "sys/dev/hyperv/vmbus/"
#define MMU_C VMBUS "hyperv_mmu.c"
#define MMU_H VMBUS "hyperv_mmu.h"
#define VAR_H VMBUS "hyperv_var.h"
#define PMAP "sys/amd64/amd64/pmap.c"
#define KERN_MK "sys/conf/kern.mk"

static struct review_tree t;
static const char *gcc, *clang;

static void
setup(void)
{
	tree_new(&t, "freebsd");
	t.in.gcc = gcc;
	t.in.clang = clang;
	tree_copy(&t, MINI_TREE);
}

static void
teardown(void)
{
	tree_free(&t);
}

/* The check fails, and each compiler says this. */
static void
all_say(const char *name, const char *words)
{
	char line[256];

	tree_expect(&t, name, "fail", "");
	for (int i = 0; i < 2; i++) {
		const char *cc = i == 0 ? gcc : clang, *p;
		bool said = false;

		snprintf(line, sizeof(line), "%s%s", cc ? cc : "",
		    strcmp(name, "headers") == 0 ? ", " : ": ");
		p = cc ? tree_details(&t) : "";
		while (cc && (p = strstr(p, line)) != NULL && !said) {
			const size_t n = strcspn(p, "\n");
			const char *found = strstr(p, words);

			said = found && found < p + n;
			p += n;
		}
		ck_assert_msg(!cc || said, "%s does not say '%s': %s", cc,
		    words, tree_details(&t));
	}
}

static void
change(const char *file)
{
	static const char *one[1];

	one[0] = file;
	t.in.changed = one;
	t.in.nchanged = 1;
}

/* ---- warnings ---- */

#define FLAGS "CWARNFLAGS?=\t-Wall -Wmissing-prototypes -Wundef \\\n" \
	"\t\t-Wpointer-arith ${EXTRA} # -Wstrict-prototypes\n"

START_TEST(warnings_pass_a_clean_tree)
{
	tree_write(&t, KERN_MK, FLAGS);
	tree_expect(&t, "warnings", "pass", gcc && clang ?
	    "10 of 10 compilations are clean" : "5 of 5 compilations are clean");
	tree_says(&t, "sys/conf/kern.mk");
}
END_TEST

START_TEST(warnings_fail_on_a_whole_file)
{
	tree_write(&t, KERN_MK, FLAGS);
	tree_edit(&t, MMU_C, "	uint64_t status;\n",
	    "	uint64_t status;\n	int unused;\n");
	all_say("warnings", "unused variable 'unused'");
	tree_says(&t, "hyperv_mmu.c:105: ");
}
END_TEST

START_TEST(warnings_fail_on_a_slice)
{
	tree_write(&t, KERN_MK, FLAGS);
	tree_edit(&t, PMAP, "	uint64_t tag;\n\n",
	    "	uint64_t tag;\n	int unused;\n\n	(void)(1 | undeclared);\n");
	all_say("warnings", "undeclared");
	tree_says(&t, "sys/amd64/amd64/pmap.c:");
}
END_TEST

START_TEST(warnings_want_prototypes_of_a_whole_file)
{
	tree_write(&t, KERN_MK, FLAGS);
	tree_edit(&t, MMU_C, "/* 0: the whole space. */\n",
	    "int stranger(void) { return 0; }\n");
	all_say("warnings", "stranger");
}
END_TEST

START_TEST(warnings_are_those_of_the_kernel)
{
	tree_edit(&t, MMU_C, "	uint64_t status;\n",
	    "	uint64_t status;\n	int unused;\n");
	tree_write(&t, KERN_MK, FLAGS);
	all_say("warnings", "unused");
	/* silenced by the build itself */
	tree_write(&t, KERN_MK, FLAGS
	    ".if ${COMPILER_TYPE} == \"clang\"\n"
	    "CWARNEXTRA?=\t-Wno-error=unused-variable\n"
	    ".elif ${COMPILER_TYPE} == \"gcc\"\n"
	    "CWARNEXTRA+=\t-Wno-unused-variable\n.endif\n");
	tree_expect(&t, "warnings", "pass", "clean");
	/* asked for under a condition that we cannot decide: not accused */
	tree_write(&t, KERN_MK, "CWARNFLAGS?=\t-Wpointer-arith\n"
	    ".if ${MACHINE} == \"amd64\"\nCWARNFLAGS+=\t-Wall\n.endif\n");
	tree_expect(&t, "warnings", "pass", "clean");
}
END_TEST

START_TEST(warnings_take_the_list_where_there_is_no_kern_mk)
{
	tree_edit(&t, MMU_C, "	uint64_t status;\n",
	    "	uint64_t status;\n	int unused;\n");
	all_say("warnings", "unused variable 'unused'");
}
END_TEST

START_TEST(warnings_of_a_header_count_when_it_is_touched)
{
	tree_write(&t, KERN_MK, FLAGS);
	tree_edit(&t, MMU_H, "struct flush_simple {",
	    "static int f(void) { int unused; return 0; }\n"
	    "struct flush_simple {");
	tree_edit(&t, MMU_C, "	in->space = 0;",
	    "	in->space = 0; (void)f;");
	tree_expect(&t, "warnings", "pass", "");
	change(MMU_H);
	tree_expect(&t, "warnings", "fail", "hyperv_mmu.h:16");
}
END_TEST

START_TEST(warnings_skip_without_a_compiler)
{
	t.in.gcc = t.in.clang = NULL;
	tree_expect(&t, "warnings", "skip", "neither gcc nor clang");
	tree_expect(&t, "layout", "skip", "neither gcc nor clang");
	tree_expect(&t, "headers", "skip", "neither gcc nor clang");
	t.in.gcc = "/nonexistent/gcc";
	tree_expect(&t, "warnings", "skip", "");
	tree_expect(&t, "layout", "skip", "");
	tree_expect(&t, "headers", "skip", "");
}
END_TEST

/* ---- layout ---- */

/* The two structures of the miniature tree under names that are known. */
static void
known_names(void)
{
	tree_edit(&t, MMU_H, "flush_simple", "hyperv_tlb_flush");
	tree_edit(&t, MMU_C, "struct flush_simple", "struct hyperv_tlb_flush");
	tree_edit(&t, MMU_H, "flush_sparse", "hv_tlb_flush_ex");
	tree_edit(&t, MMU_C, "struct flush_sparse", "struct hv_tlb_flush_ex");
}

START_TEST(layout_passes_what_the_tlfs_has)
{
	known_names();
	tree_expect(&t, "layout", "pass", "2 structures");
}
END_TEST

START_TEST(layout_skips_names_that_it_does_not_know)
{
	tree_expect(&t, "layout", "skip", "has a name that we know");
}
END_TEST

START_TEST(layout_fails_on_each_difference)
{
	static const struct {
		const char *from, *to, *words;
	} edit[] = {
		{ "uint64_t flags;\n	uint64_t processors",
		  "uint32_t flags;\n	uint64_t processors",
		  "bytes of a field: 4, not 8" },
		{ "	uint64_t processors;\n", "",
		  "fields: 2, not 3" },
		{ "	uint64_t processors;\n",
		  "	uint64_t processors;\n	uint64_t more;\n",
		  "a field at byte 24, not 24" },
		{ "	uint64_t ranges[];", "	uint64_t pad;\n"
		  "	uint64_t ranges[];", "the list at byte 32, not 24" },
		{ "	uint64_t ranges[];", "	uint32_t ranges[];",
		  "bytes of an element: 4, not 8" },
		{ "	uint64_t valid_banks;",
		  "	char gap;\n	uint64_t valid_banks;",
		  "bytes of a field: 1, not 8" },
	};
	const int i = _i;

	known_names();
	tree_edit(&t, MMU_H, edit[i].from, edit[i].to);
	tree_edit(&t, MMU_C, "in->processors = set->bank[0];", "(void)set;");
	all_say("layout", edit[i].words);
}
END_TEST

START_TEST(layout_fails_on_two_flexible_arrays)
{
	known_names();
	tree_edit(&t, MMU_H, "#endif", "struct hv_vpset {\n"
	    "	uint64_t format;\n	uint64_t valid;\n"
	    "	uint64_t banks[];\n};\n"
	    "struct own_flush_ex {\n	uint64_t space;\n"
	    "	struct hv_vpset set;\n	uint64_t list[];\n};\n#endif");
	all_say("layout", "set ends with a flexible array, and list follows");
	tree_says(&t, "struct own_flush_ex has a flexible array before its "
	    "end: set, then list");
}
END_TEST

START_TEST(layout_allows_a_structure_at_the_end)
{
	known_names();
	tree_edit(&t, MMU_H, "#endif", "struct hv_vpset {\n"
	    "	uint64_t format;\n	uint64_t valid;\n"
	    "	uint64_t banks[];\n};\n"
	    "struct own_flush_ex {\n	uint64_t space;\n"
	    "	struct hv_vpset set;\n};\n#endif");
	tree_expect(&t, "layout", "pass", "at a place that is certain");
}
END_TEST

/* ---- headers ---- */

START_TEST(headers_pass_the_tree)
{
	tree_expect(&t, "headers", "pass", "4 headers compile alone");
}
END_TEST

START_TEST(headers_fail_without_a_guard)
{
	tree_edit(&t, VAR_H, "#ifndef _HYPERV_VAR_H_\n#define _HYPERV_VAR_H_\n",
	    "");
	tree_edit(&t, VAR_H, "#endif\n", "");
	all_say("headers", "included twice");
	tree_says(&t, "hyperv_var.h does not compile twice");
}
END_TEST

START_TEST(headers_fail_when_two_define_a_structure)
{
	tree_edit(&t, VAR_H, "struct hypercall_ctx {",
	    "struct cpu_info { int a; };\nstruct hypercall_ctx {");
	tree_edit(&t, MMU_H, "struct flush_simple {",
	    "struct cpu_info { int a; };\nstruct flush_simple {");
	all_say("headers", "cpu_info'");
	change(MMU_H);
	tree_expect(&t, "headers", "fail", "hyperv_mmu.h does not compile "
	    "after");
}
END_TEST

START_TEST(headers_fail_when_two_define_a_type)
{
	tree_edit(&t, VAR_H, "struct hypercall_ctx {",
	    "typedef int my_type_t;\nstruct hypercall_ctx {");
	tree_edit(&t, MMU_H, "struct flush_simple {",
	    "typedef int my_type_t;\nstruct flush_simple {");
	all_say("headers", "my_type_t");
}
END_TEST

START_TEST(headers_fail_on_a_name_that_another_header_has)
{
	tree_edit(&t, MMU_H, "struct flush_simple {",
	    "struct mine { struct hypercall_ctx ctx; };\n"
	    "struct flush_simple {");
	change(MMU_H);
	tree_expect(&t, "headers", "fail", "hyperv_mmu.h does not compile "
	    "alone");
}
END_TEST

START_TEST(headers_do_not_judge_what_our_shims_lack)
{
	tree_edit(&t, MMU_H, "struct flush_simple {",
	    "struct mine { struct of_some_other_kernel ctx; };\n"
	    "struct flush_simple {");
	change(MMU_H);
	tree_expect(&t, "headers", "skip", "cannot be compiled with our");
}
END_TEST

START_TEST(headers_skip_a_patch_without_one)
{
	change(MMU_C);
	tree_expect(&t, "headers", "skip", "no header is touched");
}
END_TEST

/* ---- early ---- */

#define MP "sys/amd64/amd64/mp_machdep.c"
#define INITIALISED "smp_targeted_tlb_shootdown =\n" \
	"    &smp_targeted_tlb_shootdown_native;"

START_TEST(early_passes_with_the_native_function)
{
	tree_expect(&t, "early", "pass", " steps of early boot, in every mode");
	tree_expect(&t, "dispatch", "pass", "starts as "
	    "smp_targeted_tlb_shootdown_native");
}
END_TEST

/* The panic of the review. */
START_TEST(early_fails_when_nobody_has_stored_yet)
{
	char words[160];

	tree_edit(&t, MP, INITIALISED, "smp_targeted_tlb_shootdown;");
	snprintf(words, sizeof(words), "pmap_invalidate_page(kernel_pmap) "
	    "calls through NULL: " MP ":%zu (smp_masked_invlpg)",
	    tree_line(&t, MP, "MASKED(invlpg, "));
	tree_expect(&t, "early", "fail", words);
	tree_expect(&t, "dispatch", "fail", "smp_targeted_tlb_shootdown is "
	    "NULL");
	t.in.gcc = NULL;
	if (clang)
		tree_expect(&t, "early", "fail", "(smp_masked_invlpg)");
}
END_TEST

/* Guarded in the one macro that most calls come from, not in the other. */
START_TEST(early_fails_on_one_call_without_a_test)
{
	char words[160];

	tree_edit(&t, MP, INITIALISED, "smp_targeted_tlb_shootdown;");
	tree_edit(&t, MP, "	smp_targeted_tlb_shootdown(pmap, from, to, "
	    "curcpu_cb, op);	\\", "	if (smp_targeted_tlb_shootdown "
	    "!= NULL) smp_targeted_tlb_shootdown(pmap, from, to, curcpu_cb, "
	    "op); \\\n	else smp_targeted_tlb_shootdown_native(pmap, "
	    "from, to, curcpu_cb, op); \\");
	snprintf(words, sizeof(words), "pmap_invalidate_cache() calls "
	    "through NULL: " MP ":%zu (smp_cache_flush)",
	    tree_line(&t, MP, "smp_targeted_tlb_shootdown(kernel_pmap"));
	tree_expect(&t, "early", "fail", words);
}
END_TEST

START_TEST(early_fails_when_it_waits_for_processors)
{
	tree_edit(&t, MP, "	if (CPU_EMPTY(&targets)) {",
	    "	while (smp_started == 0)\n		ia32_pause();\n"
	    "	if (CPU_EMPTY(&targets)) {");
	tree_expect(&t, "early", "fail", "waits for another processor");
}
END_TEST

START_TEST(early_fails_on_an_assertion)
{
	tree_edit(&t, MP, "	critical_enter();",
	    "	KASSERT(smp_started != 0, (\"too early\"));\n"
	    "	critical_enter();");
	tree_expect(&t, "early", "fail", MP ":69: ");
}
END_TEST

START_TEST(early_skips_where_there_is_no_pointer)
{
	tree_edit(&t, MP, "smp_targeted_tlb_shootdown_t " INITIALISED, "");
	tree_expect(&t, "early", "skip", "no flush through a function pointer");
	t.in.kernel = "linux";
	tree_write(&t, "arch/x86/x.c", "");
	tree_expect(&t, "early", "skip", "pv_ops");
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_test(tc, early_passes_with_the_native_function);
	tcase_add_test(tc, early_fails_when_nobody_has_stored_yet);
	tcase_add_test(tc, early_fails_on_one_call_without_a_test);
	tcase_add_test(tc, early_fails_when_it_waits_for_processors);
	tcase_add_test(tc, early_fails_on_an_assertion);
	tcase_add_test(tc, early_skips_where_there_is_no_pointer);
	tcase_add_test(tc, warnings_pass_a_clean_tree);
	tcase_add_test(tc, warnings_fail_on_a_whole_file);
	tcase_add_test(tc, warnings_fail_on_a_slice);
	tcase_add_test(tc, warnings_want_prototypes_of_a_whole_file);
	tcase_add_test(tc, warnings_are_those_of_the_kernel);
	tcase_add_test(tc, warnings_take_the_list_where_there_is_no_kern_mk);
	tcase_add_test(tc, warnings_of_a_header_count_when_it_is_touched);
	tcase_add_test(tc, warnings_skip_without_a_compiler);
	tcase_add_test(tc, layout_passes_what_the_tlfs_has);
	tcase_add_test(tc, layout_skips_names_that_it_does_not_know);
	tcase_add_loop_test(tc, layout_fails_on_each_difference, 0, 6);
	tcase_add_test(tc, layout_fails_on_two_flexible_arrays);
	tcase_add_test(tc, layout_allows_a_structure_at_the_end);
	tcase_add_test(tc, headers_pass_the_tree);
	tcase_add_test(tc, headers_fail_without_a_guard);
	tcase_add_test(tc, headers_fail_when_two_define_a_structure);
	tcase_add_test(tc, headers_fail_when_two_define_a_type);
	tcase_add_test(tc, headers_fail_on_a_name_that_another_header_has);
	tcase_add_test(tc, headers_do_not_judge_what_our_shims_lack);
	tcase_add_test(tc, headers_skip_a_patch_without_one);
}

int
main(void)
{
	Suite *s = suite_create("review_compile");
	TCase *tc = tcase_create("checks");
	SRunner *sr;
	int failed;

	gcc = system("gcc --version >/dev/null 2>&1") == 0 ? "gcc" : NULL;
	clang = system("clang --version >/dev/null 2>&1") == 0 ? "clang" :
	    NULL;
	if (!gcc && !clang)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	add_tests(tc);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
