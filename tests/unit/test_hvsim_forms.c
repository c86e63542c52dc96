/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of what hvsim takes beside flushes in memory: registers,
 * interrupts, guest-physical flushes, privilege; of continuation, suspension
 * and order; and of each kind of fault, of which a legal call has none.
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

static void
add_running(TCase *tc)
{
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
}

static Suite *
forms_suite(void)
{
	Suite *s = suite_create("hvsim forms");
	TCase *decoding = tcase_create("decoding");
	TCase *running = tcase_create("running");

	ADD_LOOP(decoding, test_rule, rules);
	tcase_add_test(decoding, test_all_broken_rules_are_named);
	tcase_add_test(decoding, test_forms_agree);
	tcase_add_test(decoding, test_garbage_ends);
	ADD_LOOP(decoding, test_privilege, mode_cases);
	tcase_add_test(decoding, test_intercept);
	tcase_add_test(decoding, test_ipi_describe);
	tcase_add_test(decoding, test_calls_are_listed_by_code);
	suite_add_tcase(s, decoding);
	add_running(running);
	suite_add_tcase(s, running);
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
