/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cases of OpenVMM's hypercall parser tests that exist on x86, asked of
 * hvsim with the calls that it has.  docs/peers.md has the table.
 *
 * There the calls are made up, one per shape; here a shape is the call that has
 * it.  Every case looks at which registers change, and where RIP is left.
 */
#include "tests/unit/hvsim_recorder.h"

#define FAST BIT(16)
#define VARHEAD(n) ((uint64_t)(n) << 17)
#define REPS(n) ((uint64_t)(n) << 32)
#define START(n) ((uint64_t)(n) << 48)
#define PATTERN 0x1919191919191919ull
#define FAST_REPS 11            /* (112 - 24) / 8 */

static const char *const hosts[] = { "openvmm", "tlfs" };

/* ---- registers ---- */

static struct hv_regs before, after;

/* Registers with the pattern in all that the call does not use. */
static void
load(enum hv_mode mode, uint64_t control, uint64_t gpa)
{
	memset(&before, 0x19, sizeof(before));
	before.mode = mode;
	before.cpl = 0;
	before.advanced = before.ud = before.intercepted = false;
	if (mode == HV_MODE_LONG) {
		before.rcx = control;
		before.rdx = gpa;
		before.r8 = 4096 - 8;   /* no output: not looked at */
	} else {
		before.rdx = control >> 32;
		before.rax = control & 0xffffffff;
		before.rbx = gpa >> 32;
		before.rcx = gpa & 0xffffffff;
	}
}

/* A pattern in memory too, and the words at its end or at an offset. */
static void
load_memory(enum hv_mode mode, uint64_t control, const uint64_t *words,
            unsigned count, unsigned offset)
{
	load(mode, control, RAM + offset);
	memset(ram, 0x19, sizeof(ram));
	memcpy(&ram[offset], words, count * 8);
}

static void
load_fast(uint64_t control, const uint64_t *words, unsigned count)
{
	uint64_t fast[14];

	load(HV_MODE_LONG, control | FAST, 0);
	memset(fast, 0x19, sizeof(fast));
	memcpy(fast, words, count * 8);
	before.rdx = fast[0];
	before.r8 = fast[1];
	memcpy(before.xmm, &fast[2], sizeof(before.xmm));
}

/* Executes the instruction once; true: the call is over. */
static bool
execute(void)
{
	after = before;
	forget();
	return hv_hypercall_execute(&part, 0, &after);
}

static uint64_t
result_of(const struct hv_regs *r)
{
	return r->mode == HV_MODE_LONG ? r->rax :
	       r->rdx << 32 | (r->rax & 0xffffffff);
}

/* Nothing but the result, RCX of a rep call and RIP may have changed. */
static void
check_rest(bool rep)
{
	struct hv_regs want = before;

	want.advanced = after.advanced;
	want.rax = after.rax;
	if (before.mode != HV_MODE_LONG)
		want.rdx = after.rdx;
	else if (rep)
		want.rcx = after.rcx;
	ck_assert_mem_eq(&want, &after, sizeof(want));
}

static void
expect(uint64_t wanted, bool rep)
{
	ck_assert(execute());
	ck_assert_uint_eq(result_of(&after), wanted);
	ck_assert(after.advanced && !after.ud);
	check_rest(rep);
}

static void
boot_peer(unsigned i)
{
	static const uint32_t index[] = { 0, 64, 130 };

	boot_with(hosts[i], 3, index);
	knob(HV_KNOB_XMM, "on");
	knob(HV_KNOB_CONTINUE, "never");
}

static const uint64_t space_words[] = { ROOT, 0, 1 };
static const uint64_t set_words[] = { ROOT, 0, 0, 7, 1, 1, BIT(2) };

/* A header, three banks if asked for, and elements. */
static unsigned
make_list(uint64_t *words, bool variable, unsigned reps)
{
	unsigned n = variable ? COUNT(set_words) : COUNT(space_words);

	memcpy(words, variable ? set_words : space_words, n * 8);
	for (unsigned i = 0; i < reps; i++)
		words[n + i] = (i + 1) << 12;
	return n + reps;
}

/* ---- simple calls: test_null, test_simple_no_output, test_simple ---- */

START_TEST(test_simple)
{
	static const enum hv_mode modes[] = { HV_MODE_LONG, HV_MODE_PROTECTED };

	for (unsigned m = 0; m < COUNT(modes); m++) {
		boot_peer((unsigned)_i);
		load_memory(modes[m], 0x02, space_words, 3, 4096 - 24);
		expect(0, false);
		ck_assert_uint_eq(host.flushes, 1);
	}
	boot_peer((unsigned)_i);
	load_fast(0x02, space_words, 3);
	expect(0, false);
	ck_assert_uint_eq(host.flushes, 1);
}
END_TEST

/* Two registers of input are fast in 32-bit mode too; XMM registers are not. */
START_TEST(test_fast_in_32_bit_mode)
{
	boot_peer((unsigned)_i);
	load(HV_MODE_PROTECTED, 0x0b | FAST, 0xfe);
	before.rdi = 0;
	before.rsi = 1;
	expect(0, false);
	ck_assert(host.ipis == 1 && host.ipi[0].vector == 0xfe);
	load(HV_MODE_PROTECTED, 0x02 | FAST, ROOT);
	execute();
	ck_assert(after.ud && !after.advanced);
	ck_assert_uint_eq(host.flushes, 0);
}
END_TEST

/* ---- rep calls: test_rep_no_output, test_rep ---- */

static void
check_list(unsigned reps, unsigned start)
{
	expect(result(0, reps), true);
	ck_assert_uint_eq(host.flushes, reps - start);
	for (unsigned i = 0; i < host.flushes; i++)
		ck_assert_uint_eq(host.flush[i].va, (start + i + 1) << 12);
}

START_TEST(test_rep)
{
	uint64_t words[40];

	for (unsigned start = 0; start < 2; start++) {
		unsigned n = make_list(words, false, 31);

		boot_peer((unsigned)_i);
		load_memory(HV_MODE_LONG, 0x03 | REPS(31) | START(start), words,
		            n, 4096 - n * 8);
		check_list(31, start);
		load_memory(HV_MODE_PROTECTED, 0x03 | REPS(31) | START(start),
		            words, n, 4096 - n * 8);
		check_list(31, start);
		n = make_list(words, false, FAST_REPS);
		load_fast(0x03 | REPS(FAST_REPS) | START(start), words, n);
		check_list(FAST_REPS, start);
	}
}
END_TEST

/* test_rep_fail: the elements before the failing one are done and counted. */
START_TEST(test_rep_fail)
{
	uint64_t words[40];
	unsigned n = make_list(words, false, 3);

	for (unsigned start = 0; start < 2; start++) {
		for (unsigned fast = 0; fast < 2; fast++) {
			boot_peer((unsigned)_i);
			knob(HV_KNOB_FAIL_CALL, "always");
			knob(HV_KNOB_FAIL_REPS, start == 0 ? "2" : "1");
			if (fast)
				load_fast(0x03 | REPS(3) | START(start), words, n);
			else
				load_memory(HV_MODE_LONG, 0x03 | REPS(3) |
				            START(start), words, n, 4096 - n * 8);
			expect(result(6, 2), true);
			ck_assert_uint_eq(host.flushes, 2 - start);
		}
	}
}
END_TEST

/* test_rep_timeout: RIP stays, the rep start moves, nothing else changes. */
START_TEST(test_rep_timeout)
{
	uint64_t words[40];
	unsigned n = make_list(words, false, 3);

	for (unsigned start = 0; start < 2; start++) {
		for (unsigned fast = 0; fast < 2; fast++) {
			boot_peer((unsigned)_i);
			knob(HV_KNOB_CONTINUE, start == 0 ? "2" : "1");
			if (fast)
				load_fast(0x03 | REPS(3) | START(start), words, n);
			else
				load_memory(HV_MODE_LONG, 0x03 | REPS(3) |
				            START(start), words, n, 4096 - n * 8);
			ck_assert(!execute());
			ck_assert(!after.advanced);
			ck_assert_uint_eq(after.rcx >> 48, 2);
			ck_assert_uint_eq(after.rcx & ~START(0xfff),
			                  before.rcx & ~START(0xfff));
			ck_assert_uint_eq(after.rax, before.rax);
			check_rest(true);
			/* The instruction is executed again: the rest is done. */
			before = after;
			expect(result(0, 3), true);
			ck_assert_uint_eq(host.flushes, 1);
			ck_assert_uint_eq(host.flush[0].va, 0x3000);
			ck_assert_uint_eq(part.now.flush_calls, 1);
		}
	}
}
END_TEST

/* The same in 32-bit registers: EDX:EAX holds the new input value. */
START_TEST(test_rep_timeout_32_bit)
{
	uint64_t words[40];
	unsigned n = make_list(words, false, 3);

	boot_peer((unsigned)_i);
	knob(HV_KNOB_CONTINUE, "2");
	load_memory(HV_MODE_PROTECTED, 0x03 | REPS(3), words, n, 0);
	ck_assert(!execute());
	ck_assert(!after.advanced);
	ck_assert_uint_eq(result_of(&after), 0x03 | REPS(3) | START(2));
	check_rest(true);
}
END_TEST

/* ---- variable headers: test_variable*, 24 bytes of it ---- */

START_TEST(test_variable)
{
	static const enum hv_mode modes[] = { HV_MODE_LONG, HV_MODE_PROTECTED };
	const unsigned n = COUNT(set_words);

	for (unsigned m = 0; m < COUNT(modes); m++) {
		boot_peer((unsigned)_i);
		load_memory(modes[m], 0x13 | VARHEAD(3), set_words, n,
		            4096 - n * 8);
		expect(0, false);
		ck_assert_uint_eq(host.flushes, 3);
	}
	load_fast(0x13 | VARHEAD(3), set_words, n);
	expect(0, false);
	ck_assert_uint_eq(host.flushes, 3);
}
END_TEST

START_TEST(test_variable_rep)
{
	uint64_t words[16];
	unsigned n = make_list(words, true, 3);

	for (unsigned start = 0; start < 2; start++) {
		uint64_t control = 0x14 | VARHEAD(3) | REPS(3) | START(start);

		boot_peer((unsigned)_i);
		load_memory(HV_MODE_LONG, control, words, n, 4096 - n * 8);
		expect(result(0, 3), true);
		ck_assert_uint_eq(host.flushes, (3 - start) * 3);
		load_fast(control, words, n);
		expect(result(0, 3), true);
		ck_assert_uint_eq(host.flushes, (3 - start) * 3);
	}
}
END_TEST

/* ---- what the parser refuses ---- */

struct refusal {
	const char *name;
	uint64_t control;
	unsigned offset, status, openvmm;
	bool fast;
};

static const struct refusal refusals[] = {
	/* test_simple_with_reps */
	{ "count on simple", 0x02 | REPS(3), 0, 3, 3, false },
	{ "start on simple", 0x02 | START(1), 0, 3, 3, false },
	/* test_rep_incorrect_rep_params */
	{ "no count", 0x03, 0, 3, 3, false },
	{ "start is count", 0x03 | REPS(3) | START(3), 0, 3, 3, false },
	/* test_unimplemented */
	{ "unknown", 0xffff, 0, 2, 2, false },
	/* test_alignment_and_straddling; the text has 4 for a straddle */
	{ "unaligned", 0x02, 4, 4, 4, false },
	{ "straddles", 0x02, 4096 - 8, 4, 3, false },
	{ "one more than fits", 0x03 | REPS(FAST_REPS + 1), 0, 3, 3, true },
};

START_TEST(test_refused)
{
	const struct refusal *t = &refusals[_i];
	uint64_t words[14];

	make_list(words, false, FAST_REPS);
	for (unsigned h = 0; h < COUNT(hosts); h++) {
		boot_peer(h);
		if (t->fast)
			load_fast(t->control, words, 14);
		else
			load_memory(HV_MODE_LONG, t->control, words, 14,
			            t->offset);
		ck_assert_msg(execute(), "%s", t->name);
		ck_assert_msg(after.rax == (h == 0 ? t->openvmm : t->status),
		              "%s: %#lx", t->name, (unsigned long)after.rax);
		ck_assert(after.advanced && host.faults == 1);
		check_rest(false);
		ck_assert_uint_eq(host.flushes, 0);
	}
}
END_TEST

static Suite *
openvmm_suite(void)
{
	Suite *s = suite_create("hvsim against OpenVMM's parser tests");
	TCase *tc = tcase_create("cases");

	ADD_LOOP(tc, test_simple, hosts);
	ADD_LOOP(tc, test_fast_in_32_bit_mode, hosts);
	ADD_LOOP(tc, test_rep, hosts);
	ADD_LOOP(tc, test_rep_fail, hosts);
	ADD_LOOP(tc, test_rep_timeout, hosts);
	ADD_LOOP(tc, test_rep_timeout_32_bit, hosts);
	ADD_LOOP(tc, test_variable, hosts);
	ADD_LOOP(tc, test_variable_rep, hosts);
	ADD_LOOP(tc, test_refused, refusals);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	SRunner *sr = srunner_create(openvmm_suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
