/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of the importer of the external suite, on rows of our own: what
 * becomes of each notation, what is not applicable, and that no table brings
 * it down.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "litmus/litmus.h"

static struct litmus_elts elts;
static char error[160];

/* Reads the text as a file. */
static int
read_text(const char *text, size_t size)
{
	char path[] = "/tmp/litmus-elts-XXXXXX";
	const int fd = mkstemp(path);
	int result;

	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		ck_abort_msg("no temporary file");
	close(fd);
	result = litmus_elts_read(path, &elts, error, sizeof(error));
	unlink(path);
	return result;
}

static int
read_rows(const char *text)
{
	return read_text(text, strlen(text));
}

/* One row, whose axiom is `ax`. */
static void
read_row(const char *program, const char *outcome, const char *ax)
{
	char *text;

	if (asprintf(&text, "[{\"id\":\"T1\",\"cls\":\"T\",\"program\":\"%s\","
	    "\"outcome\":\"%s\",\"ax\":[\"%s\"]}]", program, outcome, ax) < 0)
		ck_abort_msg("no memory");
	ck_assert_msg(read_rows(text) == 0, "%s", error);
	free(text);
}

static void
check_cond(const struct litmus_test *t, unsigned clause, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *const f = open_memstream(&text, &size);

	litmus_print_cond(t, t->clause[clause].cond, f);
	fclose(f);
	ck_assert_str_eq(text, expected);
	free(text);
}

static const struct {
	const char *program, *outcome, *ax;
	const char *forbidden, *required;
} rows[] = {
	{ "i1: WPTE PTE(x)=PA_n0; i2: INVLPG x (remap i1); i3: R [x] {miss}",
	    "i3->initial PTE, i3=0", "invlpg",
	    "src(i3)=init /\\ 0:r3=0", "src(i3)=i1 /\\ 0:r3=0" },
	{ "i1: R [x] {miss}; i2: W [x]=2 {hit}",
	    "i1=2, i2 uses TLB entry of walk@i1", "tlb_causality",
	    "miss(i1) /\\ walk(i1)=init /\\ 0:r1=2 /\\ hit(i2)=i1",
	    "miss(i1) /\\ walk(i1)=init /\\ 0:r1=0 /\\ hit(i2)=i1" },
	{ "i1: W [x]=1 {miss} || i2: R [x] {miss}",
	    "walk@i1<-dirty@i1, i2=1, walk@i2<-dirty@i1, co: i1<dirty@i1",
	    "sc_per_loc",
	    "miss(i1) /\\ miss(i2) /\\ 1:r2=1 /\\ walk(i2)=dirty(i1) /\\ "
	    "co(i1,dirty(i1))",
	    "miss(i1) /\\ miss(i2) /\\ walk(i1)=init /\\ "
	    "walk(i2)=dirty(i1) /\\ 1:r2=1" },
	{ "i1: R [x] (rmw->i2) {miss}; i2: W [x]=2 {hit} || i3: W [x]=3 {miss}",
	    "i1=0, i2 uses TLB entry of walk@i1, co: dirty@i2<dirty@i3 i3<i2",
	    "rmw_atomicity",
	    "miss(i1) /\\ walk(i1)=init /\\ miss(i3) /\\ walk(i3)=init /\\ "
	    "0:r1=0 /\\ co(dirty(i1),dirty(i3)) /\\ co(i3,i1)",
	    "miss(i1) /\\ miss(i3) /\\ walk(i1)=init /\\ 0:r1=0 /\\ "
	    "walk(i3)=dirty(i1) /\\ co(dirty(i1),dirty(i3)) /\\ co(i1,i3)" },
	{ "i1: R [x]; i2: MFENCE; i3: R [y]", "i1=1, i3=0", "causality",
	    "miss(i1) /\\ walk(i1)=init /\\ miss(i3) /\\ walk(i3)=init /\\ "
	    "0:r1=1 /\\ 0:r3=0",
	    "miss(i1) /\\ miss(i3) /\\ walk(i1)=init /\\ 0:r1=0 /\\ "
	    "walk(i3)=init /\\ 0:r3=0" },
};

START_TEST(test_rows_become_clauses)
{
	read_row(rows[_i].program, rows[_i].outcome, rows[_i].ax);
	ck_assert_uint_eq(elts.rows, 1);
	ck_assert_msg(elts.row[0].reason == NULL, "%s", elts.row[0].reason);
	check_cond(&elts.row[0].test, 0, rows[_i].forbidden);
	check_cond(&elts.row[0].test, 1, rows[_i].required);
	litmus_elts_free(&elts);
}
END_TEST

#define REMOTE "i1: INVLPG x (remap i3); i2: W [x]=2 {miss} || " \
	"i3: WPTE PTE(x)=PA_n0; i4: INVLPG x (remap i3)"

/* The remap edge: set after the PTE store, awaited before the INVLPG. */
START_TEST(test_a_remote_remap_is_awaited)
{
	const struct litmus_test *t;

	read_row(REMOTE, "i2->initial PTE, co: i3<dirty@i2", "invlpg");
	t = &elts.row[0].test;
	ck_assert_int_eq(t->cpu[0].code.insn[0].op, OP_WAIT);
	ck_assert_int_eq(t->cpu[0].code.insn[1].op, OP_INVLPG);
	ck_assert_int_eq(t->cpu[1].code.insn[0].op, OP_ENTRY_STORE);
	ck_assert_int_eq(t->cpu[1].code.insn[1].op, OP_FRAME_STORE);
	ck_assert_int_eq(t->cpu[1].code.insn[2].op, OP_INVLPG);
	ck_assert_uint_eq(t->cpu[1].code.count, 3);
	/* Its counterpart lacks the one INVLPG. */
	t = &elts.row[0].without;
	ck_assert_int_eq(t->cpu[0].code.insn[0].op, OP_WAIT);
	ck_assert_int_eq(t->cpu[0].code.insn[1].op, OP_STORE);
	ck_assert_uint_eq(t->cpu[1].code.count, 3);
	check_cond(t, 0, "src(i2)=init /\\ co(i3,dirty(i2))");
	litmus_elts_free(&elts);
}
END_TEST

START_TEST(test_a_dirty_update_before_the_remap_takes_the_wait_away)
{
	const struct litmus_test *t;

	read_row(REMOTE, "i2->initial PTE, co: dirty@i2<i3", "invlpg");
	t = &elts.row[0].without;
	ck_assert_uint_eq(t->cpu[0].code.count, 1);
	ck_assert_uint_eq(t->cpu[1].code.count, 2);
	check_cond(t, 0, "src(i2)=init /\\ co(dirty(i2),i3)");
	litmus_elts_free(&elts);
}
END_TEST

START_TEST(test_rows_of_one_program_share_a_test)
{
	ck_assert_int_eq(read_rows(
	    "[{\"id\":\"M1.1\",\"cls\":\"M\",\"program\":\"i1: R [x]\","
	    "\"outcome\":\"i1=1\",\"ax\":[]},"
	    "{\"id\":\"M2.1\",\"cls\":\"M\",\"program\":\"i1: R [y]\","
	    "\"outcome\":\"i1=1\",\"ax\":[]},"
	    "{\"id\":\"M1.2\",\"cls\":\"M\",\"program\":\"i1: R [x]\","
	    "\"outcome\":\"i1=2\",\"ax\":[\"invlpg\"]},"
	    "{\"id\":\"M1.3\",\"cls\":\"M\",\"program\":\"i1: R [x]\","
	    "\"outcome\":\"i1=3\",\"ax\":[]}]"), 0);
	ck_assert_uint_eq(elts.programs, 3);
	ck_assert_str_eq(elts.program[0].name, "M1");
	ck_assert_str_eq(elts.program[0].doc,
	    "TransForm ff5c052, x86t_elt: rows M1.1 3");
	ck_assert_uint_eq(elts.program[0].clauses, 3);
	ck_assert_str_eq(elts.program[2].name, "M1-invlpg");
	litmus_elts_free(&elts);
}
END_TEST

/* ---- what is not applicable, or no table --------------------------------- */

static const struct {
	const char *program, *outcome, *reason;
} not_applicable[] = {
	{ "i1: R [x] {hit}; i2: R [x] {miss}",
	    "i1=0, i1 uses TLB entry of walk@i2",
	    "an access uses a TLB entry that a later one's walk loads" },
	{ "i1: R [x] {hit} || i2: R [x] {miss}",
	    "i1=0, i1 uses TLB entry of walk@i2",
	    "an access uses a TLB entry of another processor" },
	{ "i1: R [x]", "i2=0",
	    "an outcome about an event that is not in the program" },
	{ "i1: R [x]", "i1->PTE i2",
	    "an outcome about an event that is not in the program" },
	{ "i1: W [x]=1", "i1=0", "a row that no test can say" },
	{ "i1: R [r1]", "i1=0", "a row that no test can say" },
	{ "i1: R [x]", "i1=0 or so", "an outcome that is not understood" },
	{ "i1: R [x]", "co: i1", "an outcome that is not understood" },
	{ "i1: R [x]; i1: R [x]", "i1=0", "an event that is there twice" },
	{ "i1: CLFLUSH [x]", "i1=0", "an event that is not understood" },
	{ "i16: R [x]", "i16=0", "an event that is not understood" },
	{ "i1: W [x]=2", "co: i1<i1", "an event that is not understood" },
	{ "i1: R [x] (rmw->i3); i2: R [x]; i3: W [x]=3", "i1=0",
	    "a locked instruction in two places" },
};

START_TEST(test_what_cannot_be_asked_has_a_reason)
{
	read_row(not_applicable[_i].program, not_applicable[_i].outcome, "x");
	ck_assert_ptr_nonnull(elts.row[0].reason);
	ck_assert_str_eq(elts.row[0].reason, not_applicable[_i].reason);
	ck_assert_uint_eq(elts.programs, 0);
	litmus_elts_free(&elts);
}
END_TEST

static const struct {
	const char *text, *why;
} bad_tables[] = {
	{ "", "1:0: '[' or '{' expected near end of file" },
	{ "{}", "expected an array of rows" },
	{ "[]", "expected an array of rows" },
	{ "[1]", "row 1 has no id, cls, program or outcome" },
	{ "[{\"id\":\"T1\"}]", "row 1 has no id, cls, program or outcome" },
	{ "[{\"id\":\"\",\"cls\":\"T\",\"program\":\"\",\"outcome\":\"\"}]",
	    "row 1 has no id, cls, program or outcome" },
	{ "[{\"id\":\"../x\",\"cls\":\"T\",\"program\":\"\","
	    "\"outcome\":\"\"}]", "row 1 has no id, cls, program or outcome" },
};

START_TEST(test_what_is_no_table_is_refused)
{
	ck_assert_int_eq(read_rows(bad_tables[_i].text), -1);
	ck_assert_str_eq(error, bad_tables[_i].why);
	ck_assert_uint_eq(elts.rows, 0);
}
END_TEST

START_TEST(test_a_file_that_is_not_there_is_refused)
{
	ck_assert_int_eq(litmus_elts_read("/nowhere", &elts, error,
	    sizeof(error)), -1);
	ck_assert_ptr_nonnull(strstr(error, "/nowhere"));
}
END_TEST

static const char table[] =
    "[{\"id\":\"T1a\",\"cls\":\"T\",\"program\":\"" REMOTE "\",\"outcome\":"
    "\"i2->initial PTE, walk@i2<-dirty@i2, co: i3<dirty@i2\","
    "\"ax\":[\"invlpg\"]},{\"id\":\"M1.1\",\"cls\":\"M\",\"program\":"
    "\"i1: R [x] (rmw->i2) {miss}; i2: W [x]=2 {hit} || i3: W [x]=3 {miss}\","
    "\"outcome\":\"i1=0, i2 uses TLB entry of walk@i1, co: i3<i2\","
    "\"ax\":[\"x\"]}]";

/* Each byte becomes each of some others: a table, or a sentence. */
START_TEST(test_mutated_tables_do_no_harm)
{
	static const char hostile[] = "\0\xff\"0i9 ;|{";
	const size_t size = sizeof(table) - 1;
	char copy[sizeof(table)];

	for (size_t i = 0; i < size; i++) {
		for (size_t j = 0; j < sizeof(hostile) - 1; j++) {
			memcpy(copy, table, sizeof(table));
			copy[i] = hostile[j];
			error[0] = '\0';
			if (read_text(copy, size) == 0)
				litmus_elts_free(&elts);
			else if (error[0] == '\0')
				ck_abort_msg("no sentence");
		}
	}
}
END_TEST

static Suite *
elts_suite(void)
{
	Suite *const s = suite_create("litmus_elts");
	TCase *const t = tcase_create("elts");

	tcase_set_timeout(t, 0);
	tcase_add_loop_test(t, test_rows_become_clauses, 0,
	    sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, test_a_remote_remap_is_awaited);
	tcase_add_test(t,
	    test_a_dirty_update_before_the_remap_takes_the_wait_away);
	tcase_add_test(t, test_rows_of_one_program_share_a_test);
	tcase_add_loop_test(t, test_what_cannot_be_asked_has_a_reason, 0,
	    sizeof(not_applicable) / sizeof(not_applicable[0]));
	tcase_add_loop_test(t, test_what_is_no_table_is_refused, 0,
	    sizeof(bad_tables) / sizeof(bad_tables[0]));
	tcase_add_test(t, test_a_file_that_is_not_there_is_refused);
	tcase_add_test(t, test_mutated_tables_do_no_harm);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *const sr = srunner_create(elts_suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
