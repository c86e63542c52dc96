/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of what hvsim takes beside flushes in memory: registers,
 * interrupts, guest-physical flushes, privilege; and of each kind of fault, of
 * which a legal call has none.
 */
#include "tests/unit/hvsim_recorder.h"

#define FAST BIT(16)
#define VARHEAD(n) ((uint64_t)(n) << 17)
#define REPS(n) ((uint64_t)(n) << 32)
#define START(n) ((uint64_t)(n) << 48)

/* ---- decoding: every rule of the other calls ---- */

struct rule {
	const char *name;
	uint64_t control;
	uint64_t words[5];
	int status;             /* 0: accepted */
	const char *section;
	enum hv_fault_kind kind;
	enum hv_knob knob;
	const char *value;
	bool ud;
};

#define VECTOR_RULE "vector must be"
#define VTL_RULE "HV_INPUT_VTL"
#define XMM_RULE "XMM Fast Hypercall Input"

static const struct rule rules[] = {
	/* interrupts */
	{ "IPI", 0x0b, { 0x10, 1 }, .status = 0 },
	{ "IPI, last vector", 0x0b, { 0xff, 1 }, .status = 0 },
	{ "IPI, fast", 0x0b | FAST, { 0xfe, 1 }, .status = 0 },
	{ "vector too low", 0x0b, { 0x0f, 1 }, .status = 5,
	  .section = VECTOR_RULE },
	{ "vector too high", 0x0b, { 0x100, 1 }, .status = 5,
	  .section = VECTOR_RULE },
	{ "vector, status 3", 0x0b, { 0, 1 }, .status = 3,
	  .section = VECTOR_RULE, .knob = HV_KNOB_IPI_VECTOR, .value = "3" },
	{ "own VTL", 0x0b, { 0xfe | 3ull << 32, 1 }, .status = 0 },
	{ "VTL 0", 0x0b, { 0xfe | 0x10ull << 32, 1 }, .status = 0 },
	{ "VTL 1", 0x0b, { 0xfe | 0x11ull << 32, 1 }, .status = 5,
	  .section = VTL_RULE },
	{ "reserved VTL bits", 0x0b, { 0xfe | 0x20ull << 32, 1 },
	  .status = 5, .section = VTL_RULE },
	{ "VTL 1, ignored", 0x0b, { 0xfe | 0x11ull << 32, 1 },
	  .knob = HV_KNOB_VTL, .value = "ignore" },
	{ "VTL 1, only fast", 0x0b, { 0xfe | 0x11ull << 32, 1 },
	  .knob = HV_KNOB_VTL, .value = "fast" },
	{ "VTL 1, fast", 0x0b | FAST, { 0xfe | 0x11ull << 32, 1 },
	  .status = 3, .section = VTL_RULE, .knob = HV_KNOB_VTL,
	  .value = "fast" },
	{ "own VTL, must be zero", 0x0b, { 0xfe | 3ull << 32, 1 }, .status = 5,
	  .section = VTL_RULE, .knob = HV_KNOB_VTL, .value = "zero" },
	{ "padding, must be zero", 0x0b, { 0xfe | 1ull << 40, 1 }, .status = 5,
	  .section = VTL_RULE, .knob = HV_KNOB_VTL, .value = "zero" },
	{ "padding is ignored", 0x0b, { 0xfe | 0xffull << 40, 1 },
	  .status = 0 },
	{ "IPI to nobody", 0x0b, { 0xfe, 0 }, .status = 0 },
	{ "IPI to nobody, refused", 0x0b, { 0xfe, 0 }, .status = 5,
	  .section = "empty set", .kind = HV_FAULT_EMPTY_SET,
	  .knob = HV_KNOB_IPI_EMPTY, .value = "error" },
	{ "IPI with reps", 0x0b | REPS(1), { 0xfe, 1 }, .status = 3,
	  .section = "simple call" },
	{ "IPI with a header", 0x0b | VARHEAD(1), { 0xfe, 1 }, .status = 3,
	  .section = "no variable header", .kind = HV_FAULT_VARHEAD },
	{ "IPI Ex", 0x15 | VARHEAD(1), { 0xfe, 0, 2, 1 }, .status = 0 },
	{ "IPI Ex, all", 0x15, { 0xfe, 1, 0 }, .status = 0 },
	{ "IPI Ex, header", 0x15 | VARHEAD(2), { 0xfe, 0, 2, 1 },
	  .status = 3, .section = "number of valid banks",
	  .kind = HV_FAULT_VARHEAD },
	{ "IPI Ex, format 2", 0x15 | VARHEAD(1), { 0xfe, 2, 2, 1 },
	  .status = 5, .section = "HV_VP_SET" },
	{ "IPI Ex, format 2 sparse", 0x15 | VARHEAD(1), { 0xfe, 2, 2, 1 },
	  .knob = HV_KNOB_IPI_FORMAT, .value = "sparse" },
	{ "IPI Ex, empty, vector 0", 0x15, { 0, 0, 0 }, .status = 5,
	  .section = VECTOR_RULE },
	{ "IPI Ex, empty first", 0x15, { 0, 0, 0 },
	  .knob = HV_KNOB_IPI_EMPTY, .value = "first" },
	{ "IPI Ex, fast", 0x15 | VARHEAD(1) | FAST, { 0xfe, 0, 2, 1 },
	  .status = 3, .section = XMM_RULE, .kind = HV_FAULT_NOT_OFFERED,
	  .ud = true },
	{ "IPI Ex, fast, offered", 0x15 | VARHEAD(1) | FAST, { 0xfe, 0, 2, 1 },
	  .knob = HV_KNOB_XMM, .value = "on" },
	{ "IPI Ex, 12 banks in registers", 0x15 | VARHEAD(12) | FAST, { 0xfe, 0, 0xfff },
	  .status = 3, .section = "112 bytes", .kind = HV_FAULT_PAST_PAGE,
	  .knob = HV_KNOB_XMM, .value = "on" },
	/* guest-physical flushes */
	{ "GPA flush, no nested guests", 0xaf, { ROOT, 0 }, .status = 0x15,
	  .section = "nested", .kind = HV_FAULT_NOT_OFFERED },
	{ "GPA flush, unknown", 0xb0 | REPS(1), { ROOT, 0, 0 }, .status = 2,
	  .section = "nested", .kind = HV_FAULT_NOT_OFFERED,
	  .knob = HV_KNOB_NESTED, .value = "unknown" },
	{ "GPA flush", 0xaf, { ROOT, 0 }, .knob = HV_KNOB_NESTED,
	  .value = "yes" },
	{ "GPA flush, fast", 0xaf | FAST, { ROOT, 0 },
	  .knob = HV_KNOB_NESTED, .value = "yes" },
	{ "GPA list", 0xb0 | REPS(2), { ROOT, 0, 0x1000, 0x40000801 },
	  .knob = HV_KNOB_NESTED, .value = "yes" },
	{ "GPA list, fast", 0xb0 | REPS(1) | FAST, { ROOT, 0, 0x1000 },
	  .status = 3, .section = XMM_RULE, .kind = HV_FAULT_NOT_OFFERED,
	  .knob = HV_KNOB_NESTED, .value = "yes", .ud = true },
	{ "GPA list without a count", 0xb0, { ROOT, 0, 0x1000 },
	  .status = 3, .section = "rep count of a rep call",
	  .kind = HV_FAULT_MALFORMED, .knob = HV_KNOB_NESTED,
	  .value = "yes" },
	{ "GPA flags", 0xaf, { ROOT, 1 }, .status = 5,
	  .section = "Flags must be zero", .kind = HV_FAULT_MALFORMED,
	  .knob = HV_KNOB_NESTED, .value = "yes" },
	{ "GPA range, reserved bits", 0xb0 | REPS(1), { ROOT, 0, 0x2800 },
	  .status = 5, .section = "HV_GPA_PAGE_RANGE",
	  .kind = HV_FAULT_MALFORMED, .knob = HV_KNOB_NESTED,
	  .value = "yes" },
	/* flushes in registers */
	{ "space, fast, refused", 0x02 | FAST, { ROOT, 0, 1 }, .status = 5,
	  .section = XMM_RULE, .kind = HV_FAULT_NOT_OFFERED,
	  .knob = HV_KNOB_XMM, .value = "5" },
	{ "space, fast", 0x02 | FAST, { ROOT, 0, 1 }, .knob = HV_KNOB_XMM,
	  .value = "on" },
	{ "list of 11, fast", 0x03 | REPS(11) | FAST, { ROOT, 0, 1 },
	  .knob = HV_KNOB_XMM, .value = "on" },
	{ "list of 12, fast", 0x03 | REPS(12) | FAST, { ROOT, 0, 1 },
	  .status = 3, .section = "112 bytes", .kind = HV_FAULT_PAST_PAGE,
	  .knob = HV_KNOB_XMM, .value = "on" },
	{ "1 bank and 10 elements, fast", 0x14 | VARHEAD(1) | REPS(9) | FAST, { ROOT, 0, 0, 1, 1 },
	  .knob = HV_KNOB_XMM, .value = "on" },
	{ "1 bank and 11 elements, fast", 0x14 | VARHEAD(1) | REPS(10) | FAST, { ROOT, 0, 0, 1, 1 },
	  .status = 3, .section = "112 bytes", .kind = HV_FAULT_PAST_PAGE,
	  .knob = HV_KNOB_XMM, .value = "on" },
	/* kinds of faults */
	{ "empty set", 0x02, { ROOT, 0, 0 }, .status = 5,
	  .section = "must not be empty", .kind = HV_FAULT_EMPTY_SET },
	{ "bad CR3", 0x02, { BIT(63), 0, 1 }, .status = 5,
	  .section = "valid CR3", .kind = HV_FAULT_SPACE },
	{ "past the page", 0x03 | REPS(510), { ROOT, 0, 1 }, .status = 4,
	  .section = "cross a page", .kind = HV_FAULT_PAST_PAGE },
	{ "reserved flag", 0x02, { ROOT, 8, 1 }, .status = 5,
	  .section = "reserved flags" },
};

START_TEST(test_rule)
{
	const struct rule *t = &rules[_i];
	struct hv_regs regs;

	boot("tlfs");
	if (t->value != NULL)
		knob(t->knob, t->value);
	call_words(t->control, t->words, COUNT(t->words), &regs);
	ck_assert_msg((regs.rax & 0xffff) == (uint64_t)t->status,
	              "%s: status %lu", t->name, (unsigned long)regs.rax);
	ck_assert_uint_eq(host.faults, t->status != 0);
	ck_assert_int_eq(regs.ud, t->ud);
	ck_assert_int_eq(regs.advanced, !t->ud);
	if (t->status == 0)
		return;
	ck_assert_msg(strstr(host.fault.rule, t->section) != NULL, "%s: %s",
	              t->name, host.fault.rule);
	ck_assert_msg(host.fault.kind == t->kind, "%s: kind %d", t->name,
	              host.fault.kind);
	ck_assert_int_eq(strncmp(host.fault.rule, "TLFS ", 5), 0);
	ck_assert_uint_eq(host.ipis + host.gpa_flushes, 0);
	ck_assert(hv_fault_permits(&host.fault, (unsigned)t->status));
	ck_assert(!hv_fault_permits(&host.fault, 99));
}
END_TEST

/* `explain` names every rule, not only the one that decides. */
START_TEST(test_all_broken_rules_are_named)
{
	const struct hv_regs regs = {
		.rcx = 0x03 | BIT(63) | VARHEAD(1), .rdx = RAM + 4
	};
	struct hv_profile p = profile("tlfs");
	const struct hv_request r = { &p, &regs, read_ram, NULL };
	static struct hv_flush f;
	struct hv_fault fault;

	ck_assert_int_eq(hv_flush_decode_regs(&r, &f, &fault), -1);
	ck_assert_uint_eq(fault.nbroken, 4);
	ck_assert_ptr_eq(fault.broken[0], fault.rule);
	ck_assert_ptr_nonnull(strstr(fault.broken[0], "reserved bits"));
	ck_assert_ptr_nonnull(strstr(fault.broken[1], "rep count"));
	ck_assert_ptr_nonnull(strstr(fault.broken[2], "variable header"));
	ck_assert_ptr_nonnull(strstr(fault.broken[3], "aligned"));
	ck_assert(hv_fault_permits(&fault, 3) && hv_fault_permits(&fault, 4));
}
END_TEST

/* The same words in memory and in registers mean the same. */
START_TEST(test_forms_agree)
{
	static const unsigned codes[] = { 0x02, 0x03, 0x13, 0x14 };
	static struct hv_flush slow, fast;
	struct hv_profile p = profile("tlfs");
	uint64_t rng = 7, words[14];
	unsigned legal_calls = 0;
	struct hv_fault fault;

	hv_knob_set(&p, HV_KNOB_XMM, "on");
	for (unsigned n = 0; n < 4000; n++) {
		uint64_t control = codes[n % 4];
		struct hv_regs regs = { .rdx = RAM };
		const struct hv_request r = { &p, &regs, read_ram, NULL };
		int a, b;

		for (unsigned i = 0; i < 14; i++) {
			rng = rng * 6364136223846793005u + 1442695040888963407u;
			words[i] = rng >> (n % 60);
		}
		words[1] &= 7;
		words[0] &= BIT(52) - 1;
		if (control >= 0x13) {
			words[2] &= 1;
			words[3] &= 0x1111;
			control |= VARHEAD(__builtin_popcountll(words[3]));
		}
		if (control & 1 || (control & 0xff) == 0x14)
			control |= (control & 0xff) == 0x13 ? 0 : REPS(1 + n % 6);
		memset(&slow, 0, sizeof(slow));
		memset(&fast, 0, sizeof(fast));
		memset(ram, 0, sizeof(ram));
		memcpy(ram, words, sizeof(words));
		regs.rcx = control;
		a = hv_flush_decode_regs(&r, &slow, &fault);
		regs.rcx = control | FAST;
		regs.rdx = words[0];
		regs.r8 = words[1];
		memcpy(regs.xmm, &words[2], sizeof(regs.xmm));
		b = hv_flush_decode_regs(&r, &fast, &fault);
		ck_assert_int_eq(a, b);
		if (a == 0)
			ck_assert_mem_eq(&slow, &fast, sizeof(slow));
		legal_calls += a == 0;
	}
	ck_assert_uint_gt(legal_calls, 2000);
}
END_TEST

static void
ignore_flush(void *ctx, unsigned vp, const struct hv_flush *f,
             const struct hv_range *range, enum hv_globals globals,
             bool any_space, uint64_t root)
{
	(void)ctx;
	(void)f;
	(void)globals;
	(void)any_space;
	(void)root;
	ck_assert(vp < 3 && (range == NULL || range->bytes != 0));
}

static void
ignore_ipi(void *ctx, unsigned vp, uint32_t vector)
{
	(void)ctx;
	ck_assert(vp < 3 && vector >= 0x10 && vector <= 0xff);
}

static uint64_t
next(uint64_t *rng)
{
	*rng = *rng * 6364136223846793005u + 1442695040888963407u;
	return *rng >> 11;
}

/* A host of any kind: each knob may have each of its words, or a number. */
static void
random_knobs(uint64_t *rng)
{
	static const char *const words[] = { "0", "1", "3", "5", "no", "yes",
		"any", "all", "none", "ignore", "on", "match", "random",
		"error", "accept", "reject", "misread", "stall", "list",
		"element", "atomic", "sparse", "fast", "first", "root",
		"strict", "keep", "drop", "unknown", "check", "counted" };

	for (unsigned i = 0; i < 60; i++)
		hv_knob_set(&part.profile,
		            (enum hv_knob)(next(rng) % HV_KNOB_COUNT),
		            words[next(rng) % COUNT(words)]);
}

/* Any call on any host: it ends, with a result or with a reason for none. */
START_TEST(test_garbage_ends)
{
	uint64_t rng = 99, succeeded = 0;

	for (unsigned n = 0; n < 20000; n++) {
		struct hv_regs regs = { .rdx = RAM + next(&rng) % 8 * 8 };
		const struct hv_call_info *call = hv_call_at(n % 8);

		if (n % 50 == 0) {
			boot("tlfs");
			random_knobs(&rng);
			part.env.flush = ignore_flush;
			part.env.ipi = ignore_ipi;
		}
		forget();
		host.pick = next(&rng) % 3;
		for (unsigned i = 0; i < sizeof(ram); i += 8)
			put_word(RAM + i, next(&rng) >> next(&rng) % 53);
		if (n % 16 < 8) {       /* half of them might be legal */
			put_word(regs.rdx, call->kind == HV_CALL_IPI ?
			         next(&rng) % 300 : ROOT);
			put_word(regs.rdx + 8, next(&rng) & 7);
		}
		regs.rcx = call->code | next(&rng) % 2 << 16;
		if (call->variable)
			regs.rcx |= VARHEAD(next(&rng) % 66);
		if (call->rep)
			regs.rcx |= REPS(next(&rng) % (n % 3 ? 12 : 4096));
		if (next(&rng) % 4 == 0)
			regs.rcx |= START(next(&rng) % 8);
		if ((regs.rcx & FAST) != 0)
			memcpy(&regs.rdx, ram, 16);
		memcpy(regs.xmm, &ram[16], sizeof(regs.xmm));
		hv_hypercall_regs(&part, 0, &regs);
		ck_assert_int_eq(regs.advanced + regs.ud + regs.intercepted, 1);
		succeeded += regs.advanced && (regs.rax & 0xffff) == 0;
		ck_assert_uint_eq(part.now.busy, 0);
	}
	ck_assert_uint_gt(succeeded, 1000);
}
END_TEST

static const struct hv_mode_case {
	enum hv_mode mode;
	unsigned cpl;
	bool ud;
} mode_cases[] = {
	{ HV_MODE_LONG, 0, false }, { HV_MODE_PROTECTED, 0, false },
	{ HV_MODE_REAL, 0, true }, { HV_MODE_LONG, 3, true },
	{ HV_MODE_LONG, 1, true }, { HV_MODE_PROTECTED, 3, true },
};

START_TEST(test_privilege)
{
	const struct hv_mode_case *t = &mode_cases[_i];
	struct hv_regs regs = { .mode = t->mode, .cpl = (uint8_t)t->cpl };
	struct request r;

	boot("tlfs");
	legal(&r, 2);
	if (t->mode == HV_MODE_LONG) {
		regs.rcx = encode(&r);
		regs.rdx = r.gpa;
	} else {
		regs.rax = encode(&r);
		regs.rcx = r.gpa;
	}
	ck_assert(hv_hypercall_execute(&part, 0, &regs));
	ck_assert_int_eq(regs.ud, t->ud);
	ck_assert_uint_eq(host.flushes, !t->ud);
	ck_assert_uint_eq(host.faults, t->ud);
}
END_TEST

/* An unmapped input page: a message to the parent, and no result. */
START_TEST(test_intercept)
{
	struct hv_regs regs = { .rcx = 2, .rdx = RAM + 8192 };

	boot("tlfs");
	hv_hypercall_regs(&part, 0, &regs);
	ck_assert(regs.intercepted && !regs.advanced && !regs.ud);
	knob(HV_KNOB_BAD_GPA, "3");
	hv_hypercall_regs(&part, 0, &regs);
	ck_assert(!regs.intercepted && regs.advanced);
	ck_assert_uint_eq(regs.rax, 3);
}
END_TEST

START_TEST(test_ipi_describe)
{
	struct hv_ipi ipi = { .code = 0x0b, .vector = 0xfe, .vtl = 0x11 };
	char text[100], small[10];

	ipi.set.valid = 1;
	ipi.set.banks[0] = 5;
	hv_ipi_describe(&ipi, text, sizeof(text));
	ck_assert_str_eq(text, "HvCallSendSyntheticClusterIpi: vector 0xfe to "
	                 "VPs {0,2}, VTL 1");
	hv_ipi_describe(&ipi, small, sizeof(small));
	ck_assert_str_eq(small, "HvCallSen");
}
END_TEST

START_TEST(test_calls_are_listed_by_code)
{
	const struct hv_call_info *call;
	unsigned n = 0, last = 0;

	for (; (call = hv_call_at(n)) != NULL; n++) {
		ck_assert_uint_gt(call->code, last);
		ck_assert_ptr_eq(hv_call_find(call->code), call);
		last = call->code;
	}
	ck_assert_uint_eq(n, 8);
	ck_assert_ptr_null(hv_call_find(0x01));
}
END_TEST

static Suite *
forms_suite(void)
{
	Suite *s = suite_create("hvsim forms");
	TCase *decoding = tcase_create("decoding");

	ADD_LOOP(decoding, test_rule, rules);
	tcase_add_test(decoding, test_all_broken_rules_are_named);
	tcase_add_test(decoding, test_forms_agree);
	tcase_add_test(decoding, test_garbage_ends);
	ADD_LOOP(decoding, test_privilege, mode_cases);
	tcase_add_test(decoding, test_intercept);
	tcase_add_test(decoding, test_ipi_describe);
	tcase_add_test(decoding, test_calls_are_listed_by_code);
	suite_add_tcase(s, decoding);
	return s;
}

int
main(void)
{
	SRunner *sr = srunner_create(forms_suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
