/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of the litmus language: what is read, what is refused and where,
 * and that printing loses nothing.
 */
#include <check.h>
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "litmus/litmus.h"
#include "model/model.h"
#include "tests/unit/litmus_equal.h"
#include "tests/unit/litmus_files.h"
#include "tests/unit/litmus_random.h"

/* ---- what is read -------------------------------------------------------- */

START_TEST(test_everything_is_read_and_printed)
{
	struct litmus_test t;
	struct litmus_error e;
	bool seen[OP_COUNT] = { false };

	ck_assert_msg(litmus_parse(litmus_everything,
	    strlen(litmus_everything), &t, &e) == 0,
	    "%u:%u: %s", e.place.line, e.place.column, e.text);
	for (unsigned c = 0; c < t.cpus; c++) {
		for (unsigned i = 0; i < t.cpu[c].code.count; i++)
			seen[t.cpu[c].code.insn[i].op] = true;
		for (unsigned i = 0; i < t.cpu[c].handler.count; i++)
			seen[t.cpu[c].handler.insn[i].op] = true;
	}
	for (unsigned i = 0; i < OP_COUNT; i++)
		ck_assert_msg(seen[i], "no instruction %u", i);
	litmus_check_round_trip(&t);
	litmus_free(&t);
}
END_TEST

START_TEST(test_values_have_their_meaning)
{
	struct litmus_test t;
	struct litmus_error e;
	const struct litmus_insn *i;

	ck_assert_int_eq(litmus_parse(litmus_everything,
	    strlen(litmus_everything), &t, &e),
	    0);
	ck_assert_str_eq(t.name, "every+thing-1.2");
	ck_assert_str_eq(t.doc, "one line");
	ck_assert_str_eq(t.cpu_profile, "amd");
	ck_assert_str_eq(t.cpu_knobs, "splinter=yes,invlpgb_max=9");
	ck_assert_str_eq(t.host, "tlfs,globals=keep,rep=0x2");
	ck_assert_uint_eq(t.cr4, CR4_PGE | CR4_PCIDE);
	ck_assert_uint_eq(t.page[0].va, LITMUS_FIRST_PAGE);
	ck_assert_uint_eq(t.page[1].va, 0x40000000);
	ck_assert_uint_eq(t.page[2].va, LITMUS_FIRST_PAGE + 0x1000);
	ck_assert_uint_eq(t.map[0].entry.flags,
	    PTE_P | PTE_W | PTE_U | PTE_A | PTE_D);
	ck_assert_uint_eq(t.map[1].entry.flags, PTE_P | PTE_U | PTE_D | PTE_G |
	    PTE_NX | PTE_PWT | PTE_PCD | PTE_PAT);
	ck_assert_int_eq(t.map[2].entry.target, TARGET_NONE);
	ck_assert_uint_eq(t.map[3].entry.flags, PTE_P | PTE_W | PTE_U);
	ck_assert_uint_eq(t.map[4].entry.flags, PTE_P | PTE_W | PTE_U | PTE_A |
	    PTE_D | PTE_PS | 1ull << 12);
	ck_assert_uint_eq(t.map[4].slot.space, 1);
	ck_assert(t.cpu[1].user && !t.cpu[1].irq && t.cpu[1].space == 1);
	ck_assert_uint_eq(t.cpu[1].vp_index, 65);
	ck_assert_uint_eq(t.cpu[2].vp_index, 2);
	ck_assert(t.cpu[0].irq && !t.cpu[0].user);
	i = &t.cpu[0].code.insn[0];
	ck_assert_str_eq(i->label, "L0");
	ck_assert_uint_eq(i->word, 8);
	ck_assert_uint_eq(i->place.line, 16);
	ck_assert_uint_eq(i->place.column, 5);
	ck_assert_int_eq(t.clause[2].quantifier, CLAUSE_FORBIDDEN);
	ck_assert_int_eq(t.clause[0].cond->logic, LOGIC_AND);
	litmus_free(&t);
}
END_TEST

START_TEST(test_random_tests_print_and_parse)
{
	struct litmus_test t;

	for (uint64_t seed = 1; seed <= 3000; seed++) {
		litmus_random(seed, &t);
		litmus_check_round_trip(&t);
		litmus_free(&t);
	}
}
END_TEST

/* The comparison of the round trips sees what differs. */
START_TEST(test_different_tests_are_not_equal)
{
	struct litmus_test a, b;

	for (uint64_t seed = 1; seed <= 200; seed++) {
		litmus_random(seed, &a);
		litmus_random(seed + 1, &b);
		free(b.name);
		b.name = strdup(a.name);
		ck_assert(litmus_equal(&a, &a));
		ck_assert(!litmus_equal(&a, &b));
		litmus_free(&a);
		litmus_free(&b);
	}
}
END_TEST

/* ---- what is refused ----------------------------------------------------- */

#define START "X86VM n {frame a; table t; page x; x -> a;\n"
#define CODE START "}\n"

static const struct {
	const char *text;
	unsigned line, column;
	const char *why;
} errors[] = {
	{ "", 1, 1, "expected X86VM, found the end" },
	{ "X86 n", 1, 1, "expected X86VM, found 'X86'" },
	{ "X86VM", 1, 6, "expected the name of the test" },
	{ "X86VM n\n (* (* *)", 2, 2, "a comment does not end" },
	{ "X86VM n \"a\n\"", 1, 9,
	    "a quoted line needs printable ASCII and an end" },
	{ "X86VM n {\n ?", 2, 2, "no word of the language begins here" },
	{ START "frame a;", 2, 7, "'a' is declared twice" },
	{ START "page r1;", 2, 6, "'r1' is a word of the language" },
	{ START "page P0;", 2, 6, "'P0' is a word of the language" },
	{ START "frame none;", 2, 7, "'none' is a word of the language" },
	{ START "frame abcdefghijklmnopqrstuvwxyzabcdefgh;", 2, 7,
	    "a name has at most 31 characters" },
	{ START "frame c = 18446744073709551616;", 2, 11,
	    "a number needs more than 64 bits" },
	{ START "frame c = 12a;", 2, 11, "a number holds a letter" },
	{ START "frame c = 0x;", 2, 11, "0x needs hexadecimal digits" },
	{ START "page y at 0x1001;", 2, 11,
	    "an address of a page is a multiple of 0x1000" },
	{ START "page y at 0x800000000000;", 2, 11,
	    "the address is not canonical" },
	{ START "page y at 0x10000000;", 2, 11, "page 'x' is there already" },
	{ START "levels 5;", 2, 8, "levels must stand before the first page" },
	{ START "levels 6;", 2, 8, "expected 4 or 5, found '6'" },
	{ START "z -> a;", 2, 1, "unknown page 'z'" },
	{ START "x -> z;", 2, 6, "unknown frame 'z'" },
	{ START "x -> a;", 2, 1, "this entry is set twice" },
	{ START "PTE(x) -> a;", 2, 1, "this entry is set twice" },
	{ START "s9:x -> a;", 2, 1, "unknown space 's9'" },
	{ START "page y; y -> t;", 2, 14, "a PTE maps a frame, not a table" },
	{ START "page y; y -> a (PS);", 2, 17, "a PTE has no PS" },
	{ START "PDE(x) -> a;", 2, 11, "a PDE maps a frame only with PS" },
	{ START "PDE(x) -> t (PS);", 2, 11, "an entry of a table has no PS" },
	{ START "PDE(x) -> a (Q);", 2, 14, "unknown flag 'Q': P W U PWT PCD A "
	    "D G PS PAT NX" },
	{ START "PML4E(x) -> a;", 2, 13, "a PML4E maps a table, not a frame" },
	{ START "PML5E(x) -> t;", 2, 1, "PML5E: the test does not say "
	    "'levels 5'" },
	{ START "page y at 0x201000; PDE(y) -> a (PS);", 2, 21,
	    "a large page needs an address that is a multiple of 0x200000" },
	{ START "sc; sc;", 2, 5, "sc is set twice" },
	{ START "machine fast;", 2, 9,
	    "expected full, nospec or nopsc, found 'fast'" },
	{ START "cpu via;", 2, 5, "expected intel or amd, found 'via'" },
	{ START "host vmware;", 2, 6, "unknown host 'vmware'" },
	{ START "host tlfs,foo=1;", 2, 11, "unknown knob 'foo'" },
	{ START "cpu intel,foo=1;", 2, 11, "unknown knob 'foo'" },
	{ START "cpu intel,splinter=2;", 2, 20, "'2' is no value of splinter" },
	{ START "cpu intel,splinter;", 2, 19, "expected '=', found ';'" },
	{ START "host tlfs,as=9;", 2, 14, "'9' is no value of as" },
	{ START "space s1 pcid=4096;", 2, 15,
	    "expected a PCID, 0 to 4095, found '4096'" },
	{ START "space s1 pcid=1;} P0; MFENCE;", 2, 15,
	    "a PCID needs cr4 = PCIDE" },
	{ START "P0: vp=4096;", 2, 8,
	    "expected a VP index, 0 to 4095, found '4096'" },
	{ START "P8: vp=1;", 2, 1, "vCPU P8: P0 to P7" },
	{ START "P0: if=1; P0: if=0;", 2, 11, "P0 is set twice" },
	{ START "P0: mode=smm;", 2, 10,
	    "expected user or kernel, found 'smm'" },
	{ START "P0: ring=3;", 2, 5,
	    "expected space, mode, if or vp, found 'ring'" },
	{ START "P1: vp=0;} P0|P1;", 2, 1, "P0 and P1 have VP index 0" },
	{ START "P2: if=0;} P0;", 2, 1, "P2 has no column" },
	{ START "x", 2, 2, "expected '->', found the end" },
	{ CODE "", 3, 1, "expected the name of a vCPU, found the end" },
	{ CODE "P1; MFENCE;", 3, 1, "P0 has no column" },
	{ CODE "P0|P0.handler|P2;", 3, 1, "P1 has no column" },
	{ CODE "P0|P0;", 3, 4, "P0 has two such columns" },
	{ CODE "P0|P8;", 3, 4, "expected a vCPU, P0 to P7, found 'P8'" },
	{ CODE "P0|P0.main;", 3, 7, "expected handler, found 'main'" },
	{ CODE "P0;\nMFENCE|MFENCE;", 4, 8,
	    "the row has more cells than there are columns" },
	{ CODE "P0;\nMFENCE", 4, 7, "expected '|' or ';', found the end" },
	{ CODE "P0;\nHLT;", 4, 1, "unknown instruction 'HLT'" },
	{ CODE "P0;\nL: L: MFENCE;", 4, 4, "unknown instruction 'L'" },
	{ CODE "P0;\nL: MFENCE; L: MFENCE;", 4, 12,
	    "label 'L' is used twice" },
	{ CODE "P0;\ninit: MFENCE;", 4, 1,
	    "'init' is no label: a word of the conditions" },
	{ CODE "P0;\nMOV r16,[x];", 4, 5, "register r16: r0 to r15" },
	{ CODE "P0;\nMOV r0,r1;", 4, 8, "a register is loaded from [page], "
	    "<frame> or PTE(page)" },
	{ CODE "P0;\nMOV r0,$1;", 4, 8, "a register is loaded from [page], "
	    "<frame> or PTE(page)" },
	{ CODE "P0;\nMOV $1,r0;", 4, 5, "a value is no place to store to" },
	{ CODE "P0;\nMOV [x],1;", 4, 9, "expected '$', found '1'" },
	{ CODE "P0;\nMOV [a],$1;", 4, 6, "unknown page 'a'" },
	{ CODE "P0;\nMOV [x+4],$1;", 4, 8, "an offset is a multiple of 8" },
	{ CODE "P0;\nMOV [x+4096],$1;", 4, 8,
	    "expected an offset, 0 to 4088, found '4096'" },
	{ CODE "P0;\nMOV <t>,$1;", 4, 6, "'t' is a table, not a data frame" },
	{ CODE "P0;\nMOV PTE(x),$1;", 4, 12,
	    "expected pte(frame), table(table), none or 0, found '$'" },
	{ CODE "P0;\nMOV PTE(x),pte(t);", 4, 16,
	    "'t' is a table: write table(...)" },
	{ CODE "P0;\nMOV PDE(x),table(a);", 4, 18,
	    "'a' is a data frame: write pte(...)" },
	{ CODE "P0;\nMOV PTE(x),table(t);", 4, 12,
	    "a PTE maps a frame, not a table" },
	{ CODE "P0;\nMOV PDE(x),pte(a);", 4, 12,
	    "a PDE maps a frame only with PS" },
	{ CODE "P0;\nMOV PDE(x),pte(a,PS,);", 4, 21,
	    "expected a flag, found ')'" },
	{ CODE "P0;\nXCHG [x],r0;", 4, 6, "expected a register, found '['" },
	{ CODE "P0;\nXCHG r0,r1,$1;", 4, 9, "a register is exchanged with "
	    "[page], <frame> or PTE(page)" },
	{ CODE "P0;\nLOCK XADD [x],r0;", 4, 6,
	    "expected BTR or BTS, found 'XADD'" },
	{ CODE "P0;\nLOCK BTR [x],W;", 4, 10,
	    "expected PTE(page), found '['" },
	{ CODE "P0;\nINVPCID $4;", 4, 10,
	    "expected a type of INVPCID, 0 to 3, found '4'" },
	{ CODE "P0;\nINVPCID $0,$1;", 4, 14, "expected ',', found ';'" },
	{ CODE "P0;\nINVLPG [x+8];", 4, 1, "INVLPG takes a page, no offset" },
	{ CODE "P0;\nMOV CR3,s1;", 4, 9, "unknown space 's1'" },
	{ CODE "P0;\nMOV CR3,s0,x;", 4, 12, "expected noflush, found 'x'" },
	{ CODE "P0;\nMOV CR4,PGE;", 4, 9, "expected + or -, found 'PGE'" },
	{ CODE "P0;\nMOV CR4,+PAE;", 4, 10,
	    "expected PGE or PCIDE, found 'PAE'" },
	{ CODE "P0;\nTLBSYNC;", 4, 1, "this needs the processor: cpu amd" },
	{ START "cpu amd;} P0;\nINVLPGB count=1;", 3, 9,
	    "a count needs a page" },
	{ CODE "P0|P1;\nIPI P1;", 4, 5, "P1 has no handler" },
	{ CODE "P0|P1;\nIPI P2;", 4, 5, "P2 has no column" },
	{ CODE "P0|P0.handler;\nIPI P0;", 4, 1, "P0 sends itself an IPI" },
	{ CODE "P0|P0.handler;\n|STI;", 4, 2,
	    "a handler changes neither mode nor IF" },
	{ CODE "P0;\nFLUSH ALL;", 4, 7, "expected SPACE or LIST, found 'ALL'" },
	{ CODE "P0;\nFLUSH SPACE;", 4, 12, "FLUSH needs vCPUs: all, or "
	    "cpus={...}" },
	{ CODE "P0;\nFLUSH SPACE all cpus={0};", 4, 17,
	    "vCPUs are given twice" },
	{ CODE "P0;\nFLUSH SPACE cpus={1};", 4, 19, "P1 has no column" },
	{ "X86VM n {page x; space s0; space s1;} P0;\nFLUSH SPACE all;", 2, 16,
	    "FLUSH needs a space: space=NAME, or spaces=all" },
	{ START "P0: vp=64;} P0;\nFLUSH SPACE cpus={0};", 3, 1,
	    "P0 has VP index 64: only ex names it" },
	{ START "P0: mode=user;} P0;\nINVLPG [x];", 3, 1,
	    "user mode cannot do this: KERNEL has to come before" },
	{ CODE "P0;\nKERNEL;", 4, 1, "this vCPU is in kernel mode already" },
	{ CODE "P0;\nMFENCE; always (true)", 4, 9,
	    "unknown instruction 'always'" },
	{ CODE "P0;\nexists (1:r0=0)", 4, 9, "P1 has no column" },
	{ CODE "P0;\nexists (0:r0=0)", 4, 14, "nothing writes 0:r0" },
	{ CODE "P0;\nMOV r0,[x]; exists (0:r0=none)", 4, 26,
	    "0:r0 never holds an entry" },
	{ CODE "P0;\nMOV r0,PTE(x); exists (0:r0=1)", 4, 29,
	    "0:r0 holds an entry: pte(...), table(...), none or 0" },
	{ CODE "P0;\nexists (tr(L)=a)", 4, 12, "unknown label 'L'" },
	{ CODE "P0;\nL: MFENCE; exists (tr(L)=a)", 4, 23,
	    "L is no access through a page" },
	{ CODE "P0;\nL: MOV r0,[x]; exists (src(L)=L)", 4, 31,
	    "L is no write of an entry" },
	{ CODE "P0;\nL: MOV [x],$1; exists (src(L)=dirty(L))", 4, 31,
	    "unknown label 'dirty'" },
	{ CODE "P0;\nL: MOV r0,[x]; exists (walk(L)=dirty(L))", 4, 38,
	    "L is no write through a page" },
	{ CODE "P0;\nL: MOV r0,[x]; exists (co(L,init))", 4, 27,
	    "L is no write" },
	{ CODE "P0;\nexists (true", 4, 13, "expected ')', found the end" },
	{ CODE "P0;\nexists (true /\\)", 4, 16,
	    "expected a condition, found ')'" },
	{ CODE "P0;\nexists true true", 4, 13,
	    "expected exists, forbidden or required, found 'true'" },
	{ CODE "P0;\nexists (PDE(x)=pte(a))", 4, 16,
	    "a PDE maps a frame only with PS" },
};

START_TEST(test_mistakes_have_place_and_reason)
{
	struct litmus_test t, empty;
	struct litmus_error e;
	const char *const text = errors[_i].text;

	memset(&empty, 0, sizeof(empty));
	ck_assert_msg(litmus_parse(text, strlen(text), &t, &e) == -1, "%s",
	    text);
	ck_assert_msg(strcmp(e.text, errors[_i].why) == 0 &&
	    e.place.line == errors[_i].line &&
	    e.place.column == errors[_i].column,
	    "%s\n%u:%u: %s\nnot %u:%u: %s", text, e.place.line,
	    e.place.column, e.text, errors[_i].line, errors[_i].column,
	    errors[_i].why);
	ck_assert_mem_eq(&t, &empty, sizeof(t));
}
END_TEST

/* ---- limits -------------------------------------------------------------- */

/* head, n times body, tail. */
static char *
repeated(const char *head, const char *body, unsigned n, const char *tail)
{
	char *text = NULL;
	size_t size;
	FILE *const f = open_memstream(&text, &size);

	fputs(head, f);
	for (unsigned i = 0; i < n; i++)
		fprintf(f, body, i, i);
	fputs(tail, f);
	fclose(f);
	return text;
}

static const struct {
	const char *head, *body, *tail;
	unsigned most;
	const char *why;
} limits[] = {
	{ "X86VM n {", "frame f%u;", "} P0;", 64, "more than 64 of these" },
	{ "X86VM n {", "page q%u;", "} P0;", 64, "more than 64 of these" },
	{ "X86VM n {page x;} P0;", "MFENCE;", "", 64,
	    "more than 64 instructions" },
	{ "X86VM n {} P0;", "exists true ", "", 256, "more than 256 clauses" },
	{ "X86VM n {} P0; exists ", "(", "true", 63,
	    "conditions nest more than 64 deep" },
	{ "X86VM n {} P0; exists true", " /\\ true", "", 2048,
	    "conditions of more than 2048 parts" },
	{ "X86VM n {} P0; exists ", "~", "true", 63,
	    "conditions nest more than 64 deep" },
};

START_TEST(test_sizes_are_bounded)
{
	struct litmus_test t;
	struct litmus_error e;
	char *text = repeated(limits[_i].head, limits[_i].body,
	    limits[_i].most + 1, limits[_i].tail);

	ck_assert_int_eq(litmus_parse(text, strlen(text), &t, &e), -1);
	ck_assert_str_eq(e.text, limits[_i].why);
	free(text);
	text = repeated(limits[_i].head, limits[_i].body, limits[_i].most,
	    limits[_i].tail);
	if (litmus_parse(text, strlen(text), &t, &e) == 0)
		litmus_free(&t);
	else
		ck_assert_str_eq(e.text, "expected ')', found the end");
	free(text);
}
END_TEST

/* ---- the committed tests, and what is left of them ----------------------- */

static void
file_round_trip(const char *path, const char *text, size_t size)
{
	struct litmus_test t;
	struct litmus_error e;

	ck_assert_msg(litmus_parse(text, size, &t, &e) == 0, "%s:%u:%u: %s",
	    path, e.place.line, e.place.column, e.text);
	litmus_check_round_trip(&t);
	litmus_free(&t);
}

START_TEST(test_every_file_prints_and_parses)
{
	litmus_each_file(file_round_trip, 1);
}
END_TEST

/* The file's name is the test's, and what is forbidden has a counterpart. */
static void
file_is_in_order(const char *path, const char *text, size_t size)
{
	unsigned count[3] = { 0 };
	struct litmus_test t;
	struct litmus_error e;
	char name[128];

	ck_assert_int_eq(litmus_parse(text, size, &t, &e), 0);
	snprintf(name, sizeof(name), "/%s.litmus", t.name);
	ck_assert_msg(strcmp(strrchr(path, '/'), name) == 0, "%s holds %s",
	    path, t.name);
	ck_assert_msg(t.doc != NULL, "%s has no doc line", path);
	for (unsigned i = 0; i < t.clauses; i++)
		count[t.clause[i].quantifier]++;
	ck_assert_msg(count[CLAUSE_REQUIRED] > 0, "%s requires nothing", path);
	litmus_free(&t);
}

START_TEST(test_every_file_has_its_name_and_requires_something)
{
	litmus_each_file(file_is_in_order, 1);
}
END_TEST

/* Both sides of L1 to L15: something is forbidden, something required. */
START_TEST(test_every_own_question_is_asked)
{
	for (unsigned n = 1; n <= 15; n++) {
		char pattern[512];
		unsigned forbidden = 0, stale = 0;
		glob_t g;

		snprintf(pattern, sizeof(pattern), LITMUS_DIR "/L%02u-*.litmus",
		    n);
		ck_assert_int_eq(glob(pattern, 0, NULL, &g), 0);
		for (size_t i = 0; i < g.gl_pathc; i++) {
			FILE *const f = fopen(g.gl_pathv[i], "r");
			char line[512];
			bool forbids = false;

			while (fgets(line, sizeof(line), f) != NULL)
				forbids |= strncmp(line, "forbidden", 9) == 0;
			fclose(f);
			forbidden += forbids;
			stale += !forbids;
		}
		ck_assert_msg(forbidden > 0 && (stale > 0 || g.gl_pathc > 1),
		    "L%u lacks a side", n);
		globfree(&g);
	}
}
END_TEST

static Suite *
litmus_suite(void)
{
	Suite *const s = suite_create("litmus_parse");
	TCase *const read = tcase_create("read");

	tcase_add_test(read, test_everything_is_read_and_printed);
	tcase_add_test(read, test_values_have_their_meaning);
	tcase_add_test(read, test_random_tests_print_and_parse);
	tcase_add_test(read, test_different_tests_are_not_equal);
	tcase_add_loop_test(read, test_mistakes_have_place_and_reason, 0,
	    sizeof(errors) / sizeof(errors[0]));
	tcase_add_loop_test(read, test_sizes_are_bounded, 0,
	    sizeof(limits) / sizeof(limits[0]));
	tcase_add_test(read, test_every_file_prints_and_parses);
	tcase_add_test(read,
	    test_every_file_has_its_name_and_requires_something);
	tcase_add_test(read, test_every_own_question_is_asked);
	tcase_set_timeout(read, 0);
	suite_add_tcase(s, read);
	return s;
}

int
main(void)
{
	SRunner *const sr = srunner_create(litmus_suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
