/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stories and tables: which events make one step, why a call spared an entry,
 * what a group of rows came to, and that nothing is wider than it may be.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/explain.h"
#include "cli/rowtext.h"
#include "cli/steps.h"
#include "cli/story.h"
#include "cli/table.h"
#include "cli/words.h"

#define VA 0x40000000ull
#define NON_GLOBAL "HvCallFlushVirtualAddressSpace: all VPs, root 0x1000000, " \
	"everything, NON_GLOBAL"
#define LIST "HvCallFlushVirtualAddressListEx: VPs {0,5-7,130}, root " \
	"0x1000000, pages 0x40000000, 0x50000000-0x50003fff"

static struct trace_event events[64];
static struct trace trace = { events, 0, 64 };

static struct run_result
stale_leaf(unsigned cpu)
{
	struct run_result r;

	memset(&r, 0, sizeof(r));
	r.found = true;
	r.finding.kind = FINDING_STALE_TRANSLATION;
	r.finding.cpu = cpu;
	r.finding.va = r.finding.cached.va = VA;
	r.finding.cached.level = 1;
	r.finding.root = 0x1000000;
	return r;
}

static struct row
row_on(const char *host)
{
	struct row row;
	char *why = NULL;

	memset(&row, 0, sizeof(row));
	row.vcpus = 2;
	row.vp_index[1] = 1;
	ck_assert_int_eq(host_parse(host, &row.host, &why), 0);
	return row;
}

static void
put(enum trace_kind kind, unsigned cpu, uint64_t step, uint64_t a, uint64_t b,
    const char *text)
{
	struct trace_event *e = &events[trace.count++];

	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->cpu = cpu;
	e->step = step;
	e->a = a;
	e->b = b;
	strcpy(e->text, text);
}

static void
put_machine(enum machine_event_kind kind, unsigned cpu, uint64_t step,
            uint64_t a, uint64_t b, uint64_t c)
{
	struct trace_event *e = &events[trace.count];

	put(TRACE_MACHINE, cpu, step, 0, 0, "");
	e->machine.kind = kind;
	e->machine.cpu = cpu;
	e->machine.a = a;
	e->machine.b = b;
	e->machine.c = c;
}

/* An unmap that flushes by hypercall; both vCPUs may hold the entry. */
static void
record(void)
{
	trace.count = 0;
	put(TRACE_OP_BEGIN, 0, 1, VA, VA + 4096, "unmap");
	put_machine(EVENT_PTE_STORE, 0, 2, 0x1005000, PTE_P | 0x1003000, 0);
	put_machine(EVENT_CANDIDATE, 0, 2, VA, PTE_P | 0x1003000, 3);
	put_machine(EVENT_CANDIDATE, 1, 2, VA, PTE_P | 0x1003000, 3);
	put_machine(EVENT_CANDIDATE, 1, 2, VA, PTE_P | 0x1003000, 3);
	put(TRACE_INVAL_BEGIN, 0, 3, VA, VA + 4096, "");
	put(TRACE_HYPERCALL, 0, 4, 0, 0, NON_GLOBAL);
	put_machine(EVENT_FLUSH, 0, 5, 0x1000000, 0, 0);
	put_machine(EVENT_FLUSH, 1, 6, 0x1000000, 0, 0);
	put(TRACE_HYPERCALL_DONE, 0, 7, 0, 0, "");
	put(TRACE_INVAL_END, 0, 7, VA, VA + 4096, "");
	put_machine(EVENT_DEAD, 0, 7, VA, 0, 3);
	put_machine(EVENT_DEAD, 1, 7, VA, 0, 3);
}

static char *
tell(const struct run_result *r, const struct row *row)
{
	struct story story;
	char *text = cli_copy(""), *more;

	memset(&story, 0, sizeof(story));
	story_tell(&story, &trace, r, row);
	ck_assert_uint_le(story.count, STORY_MAX_LINES);
	for (unsigned i = 0; i < story.count; i++) {
		ck_assert_uint_le(strlen(story.lines[i]), STORY_WIDTH);
		more = cli_format("%s%s\n", text, story.lines[i]);
		free(text);
		text = more;
	}
	story_clear(&story);
	return text;
}

START_TEST(events_that_say_one_thing_are_one_step)
{
	const struct run_result r = stale_leaf(1);
	struct steps steps = { NULL, 0, 0 };

	record();
	steps_make(&steps, &trace, &r);
	ck_assert_uint_eq(steps.count, 6);
	/* The store, with who may hold what it replaced. */
	ck_assert_int_eq(steps.v[1].weight, WEIGHT_ALWAYS);
	ck_assert_uint_eq(steps.v[1].holders[0].ntags, 1);
	ck_assert_uint_eq(steps.v[1].holders[1].ntags, 1);
	/* One flush of two vCPUs, and one return. */
	ck_assert_uint_eq(steps.v[4].cpus.word[0], 3);
	ck_assert_uint_eq(steps.v[5].dead.word[0], 3);
	ck_assert_ptr_nonnull(steps.v[5].call);
	steps_clear(&steps);
}
END_TEST

START_TEST(a_story_says_which_input_let_the_entry_live)
{
	struct run_result r = stale_leaf(1);
	struct row row = row_on("tlfs");
	char *text;

	r.finding.cached.global = true;
	record();
	text = tell(&r, &row);
	ck_assert_ptr_nonnull(strstr(text, "NON_GLOBAL: the host may keep "
	                             "global entries"));
	ck_assert_ptr_nonnull(strstr(text, "vCPUs 0, 1 (PCID 3)"));
	ck_assert_ptr_nonnull(strstr(text, "vCPUs 0, 1 flushed by the host"));
	ck_assert_ptr_null(strstr(text, "status 0"));
	free(text);
}
END_TEST

START_TEST(a_store_that_waits_in_the_buffer_is_told)
{
	const struct run_result r = stale_leaf(1);
	struct row row = row_on("tlfs");
	char *text;

	trace.count = 0;
	put_machine(EVENT_PTE_BUFFERED, 0, 2, 0x1005000, PTE_P, 0);
	put_machine(EVENT_INVLPG, 1, 3, VA, 0, 0);
	put_machine(EVENT_PTE_STORE, 0, 4, 0x1005000, PTE_P, 0);
	put_machine(EVENT_CANDIDATE, 1, 4, VA, PTE_P, 3);
	text = tell(&r, &row);
	ck_assert_ptr_nonnull(strstr(text, "store buffer until step 4"));
	ck_assert_ptr_nonnull(strstr(text, "leaves the store buffer"));
	free(text);
	trace.count = 1;
	text = tell(&r, &row);
	ck_assert_ptr_nonnull(strstr(text, "it is still in"));
	free(text);
	/* Nothing came between: one store. */
	trace.count = 0;
	put_machine(EVENT_PTE_BUFFERED, 0, 2, 0x1005000, PTE_P, 0);
	put_machine(EVENT_PTE_STORE, 0, 3, 0x1005000, PTE_P, 0);
	put_machine(EVENT_CANDIDATE, 1, 3, VA, PTE_P, 3);
	text = tell(&r, &row);
	ck_assert_ptr_null(strstr(text, "buffer"));
	free(text);
}
END_TEST

START_TEST(a_long_run_is_told_by_its_end)
{
	const struct run_result r = stale_leaf(1);
	struct row row = row_on("tlfs");
	char *text;

	trace.count = 0;
	for (unsigned i = 0; i < 60; i++)
		put(TRACE_HYPERCALL, 0, i, 0, 0, NON_GLOBAL);
	text = tell(&r, &row);
	ck_assert_ptr_nonnull(strstr(text, "    59  vCPU 0"));
	ck_assert_ptr_null(strstr(text, "     0  vCPU 0"));
	free(text);
}
END_TEST

/* ---- why ----------------------------------------------------------------------- */

START_TEST(a_call_is_read_as_it_was_described)
{
	ck_assert(explain_names_vp(LIST, 0));
	ck_assert(!explain_names_vp(LIST, 1));
	ck_assert(explain_names_vp(LIST, 6));
	ck_assert(explain_names_vp(LIST, 130));
	ck_assert(!explain_names_vp(LIST, 131));
	ck_assert(explain_names_vp(NON_GLOBAL, 77));
	ck_assert(explain_names_page(LIST, 0x40000000));
	ck_assert(!explain_names_page(LIST, 0x40001000));
	ck_assert(explain_names_page(LIST, 0x50003000));
	ck_assert(!explain_names_page(LIST, 0x50004000));
	ck_assert(explain_names_page(NON_GLOBAL, 0x50004000));
	ck_assert(!explain_names_vp("x: VPs {}, pages", 0));
}
END_TEST

static void
assert_why(const char *call, const struct run_result *r, const char *host,
           const char *part)
{
	struct row row = row_on(host);
	char *why = explain_call(call, r, &row);

	if (part == NULL) {
		ck_assert_ptr_null(why);
	} else {
		ck_assert_ptr_nonnull(why);
		ck_assert_ptr_nonnull(strstr(why, part));
	}
	free(why);
}

START_TEST(what_spares_the_entry_is_named)
{
	struct run_result r = stale_leaf(1);

	assert_why(LIST, &r, "tlfs", "VP index 1");
	r = stale_leaf(0);
	assert_why(LIST, &r, "tlfs", NULL);
	r.finding.va += 0x5000;
	assert_why(LIST, &r, "tlfs", "pages: 0x40005000");
	r = stale_leaf(0);
	r.finding.root = 0x1001000;
	assert_why(LIST, &r, "tlfs", "filled under root 0x1001000");
	assert_why(LIST, &r, "tlfs,as=ignore", NULL);
	/* A global entry belongs to no root. */
	r.finding.cached.global = true;
	assert_why(LIST, &r, "tlfs", NULL);
	assert_why(NON_GLOBAL, &r, "tlfs", "NON_GLOBAL");
	assert_why(NON_GLOBAL, &r, "tlfs,globals=drop", NULL);
	r.finding.kind = FINDING_DEADLOCK;
	assert_why(NON_GLOBAL, &r, "tlfs", NULL);
}
END_TEST

/* ---- lines and tables ------------------------------------------------------------ */

START_TEST(a_text_breaks_at_blanks)
{
	ck_assert_uint_eq(words_break("one two", 10), 7);
	ck_assert_uint_eq(words_break("one two", 7), 7);
	ck_assert_uint_eq(words_break("one two", 6), 3);
	ck_assert_uint_eq(words_break("one two", 3), 3);
	ck_assert_uint_eq(words_break("onetwo", 4), 4);
	ck_assert_uint_eq(words_break("  one two", 6), 5);
	ck_assert_uint_eq(words_break("", 6), 0);
}
END_TEST

static void
add_row(json_t *rows, const char *mode, int vcpus, const char *index,
        const char *host, const char *status)
{
	json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, "
	    "s:s, s:s}", "kernel", "linux", "path", "native", "scenario",
	    "lazy", "mode", mode, "vcpus", vcpus, "vp_index", index, "host",
	    host, "status", status));
}

static void
assert_status(const json_t *rows, const char *wanted)
{
	char *text = table_status(rows, 0, json_array_size(rows));

	ck_assert_str_eq(text, wanted);
	free(text);
}

START_TEST(a_group_says_which_of_its_rows_are_not_clean)
{
	json_t *rows = json_array();

	add_row(rows, "nopcid", 2, "", "tlfs", "clean");
	add_row(rows, "pcid", 2, "", "tlfs", "clean");
	assert_status(rows, "clean");
	add_row(rows, "nopcid+pti", 2, "", "tlfs", "findings");
	assert_status(rows, "findings in 1: mode nopcid+pti");
	add_row(rows, "pcid+pti", 2, "", "tlfs", "findings");
	assert_status(rows, "findings in 2: modes with pti");
	add_row(rows, "pcid", 3, "0,64,130", "tlfs", "vacuous");
	assert_status(rows, "findings in 2: modes with pti; vCPUs 2; vacuous "
	              "in 1: mode pcid; vCPUs 3@0,64,130");
	json_array_clear(rows);
	add_row(rows, "pcid", 2, "", "tlfs", "findings");
	add_row(rows, "pcid", 2, "", "kvm", "clean");
	assert_status(rows, "findings in 1: host tlfs");
	json_array_remove(rows, 1);
	assert_status(rows, "findings");
	json_decref(rows);
}
END_TEST

START_TEST(a_reason_loses_the_name_in_front)
{
	ck_assert_str_eq(cli_why("linux: no compiler", "linux"), "no compiler");
	ck_assert_str_eq(cli_why("linux: linux: x", "linux"), "x");
	ck_assert_str_eq(cli_why("linux", "linux"), "linux");
	ck_assert_str_eq(cli_why("freebsd: x", "linux"), "freebsd: x");
	ck_assert_ptr_nonnull(cli_why(NULL, "linux"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cli_story");
	TCase *tc = tcase_create("cli_story");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, events_that_say_one_thing_are_one_step);
	tcase_add_test(tc, a_story_says_which_input_let_the_entry_live);
	tcase_add_test(tc, a_store_that_waits_in_the_buffer_is_told);
	tcase_add_test(tc, a_long_run_is_told_by_its_end);
	tcase_add_test(tc, a_call_is_read_as_it_was_described);
	tcase_add_test(tc, what_spares_the_entry_is_named);
	tcase_add_test(tc, a_text_breaks_at_blanks);
	tcase_add_test(tc, a_group_says_which_of_its_rows_are_not_clean);
	tcase_add_test(tc, a_reason_loses_the_name_in_front);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
