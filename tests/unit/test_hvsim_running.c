/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of what hvsim does between call and return: the order of targets,
 * continuation, suspension, what is flushed beyond what was asked, and what a
 * caller relies on.
 */
#include "tests/unit/hvsim_recorder.h"

#define VARHEAD(n) ((uint64_t)(n) << 17)
#define REPS(n) ((uint64_t)(n) << 32)

/* ---- VP sets up to 4095 ---- */

START_TEST(test_ipi_to_the_last_vp)
{
	static const uint32_t index[] = { 0, 4095, 4096 };
	static const uint64_t words[] = { 0xfe, 0, BIT(63), BIT(63) };
	struct hv_regs regs;

	boot_with("tlfs", 3, index);
	ck_assert_uint_eq(call_words(0x15 | VARHEAD(1), words, 4, &regs), 0);
	ck_assert(host.ipis == 1 && host.ipi[0].vp == 1);
	/* What lies above can be named by "all" only. */
	ck_assert_uint_eq(call_words(0x15, (const uint64_t[]){ 0xfe, 1, 0 }, 3,
	                             &regs), 0);
	ck_assert_uint_eq(host.ipis, 3);
}
END_TEST

/* IPIs too are sent one by one, in the order that the explorer likes. */
START_TEST(test_ipi_order)
{
	static const uint64_t words[] = { 0xfe, 1, 0 };
	struct hv_regs regs;

	boot("tlfs");
	host.pick = 2;
	call_words(0x15, words, 3, &regs);
	ck_assert(host.ipi[0].vp == 2 && host.ipi[2].vp == 0);
	ck_assert_uint_eq(host.points, 3);
	ck_assert_uint_eq(part.now.ipis, 3);
	ck_assert_uint_eq(part.now.flush_calls, 0);
}
END_TEST

START_TEST(test_gpa_flush_reaches_all)
{
	static const uint64_t words[] = { ROOT, 0, 0x1000, 0x40000801 };
	static struct hv_flush f;
	const struct hv_request req = { &part.profile,
		&(const struct hv_regs){ .rcx = 0xb0 | REPS(2), .rdx = RAM },
		read_ram, NULL };
	struct hv_fault fault;
	struct hv_regs regs;
	char text[200];

	boot("tlfs");
	knob(HV_KNOB_NESTED, "yes");
	ck_assert_uint_eq(call_words(0xaf, words, 2, &regs), 0);
	ck_assert_uint_eq(host.gpa_flushes, 3);
	ck_assert_uint_eq(call_words(0xb0 | REPS(2), words, 4, &regs),
	                  result(0, 2));
	ck_assert_uint_eq(host.gpa_flushes, 6);
	ck_assert_uint_eq(host.flushes, 0);
	ck_assert_int_eq(hv_gpa_flush_decode(&req, &f, &fault), 0);
	hv_flush_describe(&f, text, sizeof(text));
	ck_assert_str_eq(text, "HvCallFlushGuestPhysicalAddressList: all VPs, "
	                 "second-level root 0x1234000, pages 0x1000, "
	                 "0x40000000-0x403fffff");
}
END_TEST

/* ---- orders, continuation, suspension ---- */

static void
list_of(struct request *r, unsigned reps)
{
	legal(r, 3);
	r->reps = reps;
	for (unsigned i = 0; i < reps; i++)
		r->element[i] = (i + 1) << 12;
}

/* late_target=any: each pair of target and element once, in any order. */
START_TEST(test_any_order)
{
	unsigned seen[3] = { 0 };
	struct request r;

	boot("tlfs");
	list_of(&r, 4);
	r.flags = 1;
	knob(HV_KNOB_CONTINUE, "never");
	host.pick = 99;                 /* the last of what there is */
	ck_assert_uint_eq(call(&r), result(0, 4));
	ck_assert_uint_eq(host.flushes, 12);
	ck_assert_uint_eq(host.points, 12);
	ck_assert_uint_eq(host.flush[0].vp, 2);
	ck_assert_uint_eq(host.flush[0].va, 0x4000);
	for (unsigned i = 0; i < 12; i++)
		seen[host.flush[i].vp] |= 1u << (host.flush[i].va >> 12);
	for (unsigned v = 0; v < 3; v++)
		ck_assert_uint_eq(seen[v], 0x1e);
}
END_TEST

/* continue=any: after each element the guest may be entered, once a choice. */
START_TEST(test_continue_after_any)
{
	struct request r;

	boot("tlfs");
	list_of(&r, 4);
	host.pick = 0;                  /* the first choice: go on */
	ck_assert_uint_eq(call(&r), result(0, 4));
	ck_assert_uint_eq(host.reenters, 0);
	host.pick = 1;                  /* interrupted wherever it can be */
	ck_assert_uint_eq(call(&r), result(0, 4));
	ck_assert_uint_eq(host.reenters, 3);
	ck_assert_uint_eq(host.flushes, 4);
	ck_assert_uint_eq(part.now.flush_calls, 2);
}
END_TEST

/* In between, the handler of an interrupt makes a call of its own. */
static void
nested_call(void *ctx, unsigned vp)
{
	static const uint64_t words[] = { ROOT, 0, 1 };

	(void)ctx;
	host.reenters++;
	memcpy(&ram[4096], words, sizeof(words));
	ck_assert_uint_eq(hv_hypercall(&part, vp, 2, RAM + 4096, 0), 0);
}

START_TEST(test_interrupt_makes_a_call)
{
	struct request r;

	boot("tlfs");
	part.env.reenter = nested_call;
	knob(HV_KNOB_CONTINUE, "2");
	list_of(&r, 4);
	ck_assert_uint_eq(call(&r), result(0, 4));
	ck_assert_uint_eq(host.reenters, 1);
	ck_assert_uint_eq(host.flushes, 5);
	ck_assert_uint_eq(part.now.flush_calls, 2);
	ck_assert_uint_eq(part.now.calls, 2);
	ck_assert_uint_eq(host.faults, 0);
}
END_TEST

/* The input is read again when the call goes on: rewritten, it counts anew. */
static void
rewrite(void *ctx, unsigned vp)
{
	(void)ctx;
	(void)vp;
	put_word(RAM + 24 + 3 * 8, 0x9000);
}

START_TEST(test_input_is_read_again)
{
	struct request r;

	boot("tlfs");
	part.env.reenter = rewrite;
	knob(HV_KNOB_CONTINUE, "2");
	list_of(&r, 4);
	ck_assert_uint_eq(call(&r), result(0, 4));
	ck_assert_uint_eq(host.flush[3].va, 0x9000);
	ck_assert(host.faults == 1 && host.fault.kind == HV_FAULT_REWRITTEN);
	ck_assert_ptr_nonnull(strstr(host.fault.rule, "Continuation"));
}
END_TEST

/* A locked TLB suspends the caller; nothing is done, then everything. */
START_TEST(test_tlb_lock)
{
	struct hv_regs regs = { .rdx = RAM };
	struct request r;

	boot("tlfs");
	knob(HV_KNOB_TLB_LOCK, "2");
	legal(&r, 2);
	host.pick = 1;                  /* locked whenever it may be */
	regs.rcx = encode(&r);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert(!hv_hypercall_execute(&part, 0, &regs));
		ck_assert(!regs.advanced && host.flushes == 0);
	}
	ck_assert(hv_hypercall_execute(&part, 0, &regs));
	ck_assert(regs.advanced && host.flushes == 1);
	ck_assert_uint_eq(part.now.suspensions, 2);
	ck_assert_uint_eq(part.now.flush_calls, 1);
	/* A call without targets needs no TLB. */
	r.mask = 2;
	ck_assert_uint_eq(call(&r), 0);
	ck_assert_uint_eq(part.now.suspensions, 2);
	/* And one that is told to go on does. */
	host.pick = 0;
	r.mask = 1;
	ck_assert_uint_eq(call(&r), 0);
	ck_assert_uint_eq(host.reenters, 0);
}
END_TEST

/* ---- what a flush does beyond what was asked, and to globals ---- */

START_TEST(test_overflush)
{
	struct request r;

	boot("tlfs");
	list_of(&r, 2);
	knob(HV_KNOB_OVERFLUSH, "yes");
	call(&r);
	ck_assert(host.flushes == 2 && host.flush[1].whole);
	knob(HV_KNOB_OVERFLUSH, "random");
	call(&r);
	ck_assert(!host.flush[0].whole);
	knob(HV_KNOB_CONTINUE, "never");
	host.pick = 1;
	call(&r);
	ck_assert(host.flush[0].whole);
}
END_TEST

static const struct globals_case {
	const char *globals, *as;
	uint64_t flags;
	unsigned pick;
	enum hv_globals want;
} globals_cases[] = {
	{ "keep", "any", 0, 0, HV_GLOBALS_DROP },
	{ "keep", "any", 4, 0, HV_GLOBALS_KEEP },
	{ "drop", "any", 4, 0, HV_GLOBALS_DROP },
	{ "random", "any", 4, 0, HV_GLOBALS_KEEP },
	{ "random", "any", 4, 1, HV_GLOBALS_DROP },
	{ "keep", "match", 0, 0, HV_GLOBALS_MATCH },
	{ "keep", "match", 2, 0, HV_GLOBALS_DROP },
	{ "drop", "match", 4, 0, HV_GLOBALS_MATCH },
	{ "keep", "match", 4, 0, HV_GLOBALS_KEEP },
};

START_TEST(test_globals)
{
	const struct globals_case *t = &globals_cases[_i];
	struct request r;

	boot("tlfs");
	knob(HV_KNOB_GLOBALS, t->globals);
	knob(HV_KNOB_GLOBAL_AS, t->as);
	host.pick = t->pick;
	legal(&r, 2);
	r.flags = t->flags;
	ck_assert_uint_eq(call(&r), 0);
	ck_assert_int_eq(host.flush[0].globals, t->want);
}
END_TEST

/* ---- contracts of the caller ---- */

START_TEST(test_space_that_is_none)
{
	struct request r;

	boot("tlfs");
	host.root = ROOT;
	legal(&r, 2);
	r.space = ROOT | 5;             /* with a PCID */
	ck_assert_uint_eq(call(&r), 0);
	ck_assert_uint_eq(host.faults, 0);
	r.space = ROOT >> 12;
	ck_assert_uint_eq(call(&r), 0);
	ck_assert(host.faults == 1 && host.fault.kind == HV_FAULT_SPACE);
	ck_assert_uint_eq(host.fault.status, 0);
	r.flags = 2;                    /* not looked at */
	call(&r);
	ck_assert_uint_eq(host.faults, 0);
}
END_TEST

/* An empty set is told even where the host takes it. */
START_TEST(test_empty_set_is_told)
{
	static const char *const hosts[] = { "tlfs", "kvm", "xen" };
	struct request r;

	for (unsigned i = 0; i < COUNT(hosts); i++) {
		boot(hosts[i]);
		legal(&r, 2);
		r.mask = 0;
		call(&r);
		ck_assert(host.faults == 1);
		ck_assert_int_eq(host.fault.kind, HV_FAULT_EMPTY_SET);
		ck_assert(host.fault.also & 1);
		r.flags = 1;
		call(&r);
		ck_assert_uint_eq(host.faults, 0);
	}
}
END_TEST

/* A caller that goes on for ever on a host that stands still. */
START_TEST(test_no_progress)
{
	struct request r;

	boot("tlfs");
	knob(HV_KNOB_REP, "stall");
	list_of(&r, 2);
	r.start = 1;
	for (unsigned i = 0; i < 7; i++) {
		ck_assert_uint_eq(call(&r), result(0, 1));
		ck_assert_uint_eq(host.faults, 0);
	}
	ck_assert_uint_eq(call(&r), result(0, 1));
	ck_assert_int_eq(host.fault.kind, HV_FAULT_NO_PROGRESS);
	ck_assert_uint_eq(host.flushes, 0);
	/* Giving up in between is what a caller should do. */
	legal(&r, 2);
	call(&r);
	ck_assert_uint_eq(host.faults, 0);
	list_of(&r, 2);
	call(&r);
	ck_assert_uint_eq(host.faults, 0);
}
END_TEST

static Suite *
running_suite(void)
{
	Suite *s = suite_create("hvsim running");
	TCase *tc = tcase_create("running");

	tcase_add_test(tc, test_ipi_to_the_last_vp);
	tcase_add_test(tc, test_ipi_order);
	tcase_add_test(tc, test_gpa_flush_reaches_all);
	tcase_add_test(tc, test_any_order);
	tcase_add_test(tc, test_continue_after_any);
	tcase_add_test(tc, test_interrupt_makes_a_call);
	tcase_add_test(tc, test_input_is_read_again);
	tcase_add_test(tc, test_tlb_lock);
	tcase_add_test(tc, test_overflush);
	ADD_LOOP(tc, test_globals, globals_cases);
	tcase_add_test(tc, test_space_that_is_none);
	tcase_add_test(tc, test_empty_set_is_told);
	tcase_add_test(tc, test_no_progress);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	SRunner *sr = srunner_create(running_suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
