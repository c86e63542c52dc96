/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cases of Linux's KVM selftests hyperv_tlb_flush, hyperv_ipi and of the
 * hypercalls in hyperv_features, asked of hvsim.  docs/peers.md has the table.
 *
 * As there, the caller has VP index 0 and the others 2 and 65.  Where a guest
 * there watches memory or counts interrupts, the host's record is looked at.
 */
#include "tests/unit/hvsim_recorder.h"

#define FAST BIT(16)
#define VARHEAD(n) ((uint64_t)(n) << 17)
#define REPS(n) ((uint64_t)(n) << 32)
#define ALL_SPACES 2
#define ALL_CPUS 1
#define SPARSE 0
#define ALL_VPS 1
#define PAGE_VA 0x7000

static const uint32_t index_of[] = { 0, 2, 65 };
static const char *const hosts[] = { "kvm", "tlfs", "hyperv" };

static void
boot_peer(const char *name)
{
	boot_with(name, 3, index_of);
	knob(HV_KNOB_XMM, "on");
}

/* ---- hyperv_tlb_flush ---- */

struct flush_case {
	uint64_t control;       /* without the Fast bit */
	uint64_t words[7];      /* AddressSpace, Flags, ... */
	unsigned count;
	unsigned vps;           /* bit v: VP number v must be flushed */
};

/* Stages 1 to 10 in memory; 11 to 20 are the same in registers. */
static const struct flush_case flush_cases[] = {
	{ 0x02, { 0, ALL_SPACES, BIT(2) }, 3, 2 },
	{ 0x03 | REPS(1), { 0, ALL_SPACES, BIT(2), PAGE_VA }, 4, 2 },
	{ 0x02, { 0, ALL_SPACES | ALL_CPUS, 0 }, 3, 7 },
	{ 0x03 | REPS(1), { 0, ALL_SPACES | ALL_CPUS, 0, PAGE_VA }, 4, 7 },
	{ 0x13 | VARHEAD(1), { 0, ALL_SPACES, SPARSE, BIT(1), BIT(1) }, 5, 4 },
	{ 0x14 | VARHEAD(1) | REPS(1),
	  { 0, ALL_SPACES, SPARSE, BIT(1), BIT(1), PAGE_VA }, 6, 4 },
	{ 0x13 | VARHEAD(2), { 0, ALL_SPACES, SPARSE, 3, BIT(2), BIT(1) }, 6, 6 },
	{ 0x14 | VARHEAD(2) | REPS(1),
	  { 0, ALL_SPACES, SPARSE, 3, BIT(2), BIT(1), PAGE_VA }, 7, 6 },
	{ 0x13, { 0, ALL_SPACES, ALL_VPS, 0 }, 4, 7 },
	{ 0x14 | REPS(1), { 0, ALL_SPACES, ALL_VPS, 0, PAGE_VA }, 5, 7 },
};

static void
check_flush(const struct flush_case *t, uint64_t fast)
{
	bool list = t->control >> 32 != 0;
	struct hv_regs regs;
	unsigned flushed = 0;

	ck_assert_uint_eq(call_words(t->control | fast, t->words, t->count,
	                             &regs), result(0, list));
	ck_assert(regs.advanced && host.faults == 0);
	for (unsigned i = 0; i < host.flushes; i++) {
		flushed |= 1u << host.flush[i].vp;
		ck_assert(host.flush[i].any);
		ck_assert(host.flush[i].whole == !list);
		ck_assert_uint_eq(host.flush[i].va, list ? PAGE_VA : 0);
	}
	ck_assert_uint_eq(flushed, t->vps);
	ck_assert_uint_eq(host.flushes,
	                  (unsigned)__builtin_popcount(t->vps));
}

START_TEST(test_tlb_flush_in_memory)
{
	for (unsigned h = 0; h < COUNT(hosts); h++) {
		boot_peer(hosts[h]);
		check_flush(&flush_cases[_i], 0);
	}
}
END_TEST

START_TEST(test_tlb_flush_in_registers)
{
	for (unsigned h = 0; h < COUNT(hosts); h++) {
		boot_peer(hosts[h]);
		check_flush(&flush_cases[_i], FAST);
	}
}
END_TEST

/* ---- hyperv_ipi ---- */

#define VECTOR 0xfe

struct ipi_case {
	uint64_t control;
	uint64_t words[5];
	unsigned count;
	unsigned vps;
};

static const struct ipi_case ipi_cases[] = {
	{ 0x0b, { VECTOR, BIT(2) }, 2, 2 },
	{ 0x0b | FAST, { VECTOR, BIT(2) }, 2, 2 },
	{ 0x15 | VARHEAD(1), { VECTOR, SPARSE, 1, BIT(2) }, 4, 2 },
	{ 0x15 | VARHEAD(1) | FAST, { VECTOR, SPARSE, 1, BIT(2) }, 4, 2 },
	{ 0x15 | VARHEAD(1), { VECTOR, SPARSE, 2, BIT(1) }, 4, 4 },
	{ 0x15 | VARHEAD(1) | FAST, { VECTOR, SPARSE, 2, BIT(1) }, 4, 4 },
	{ 0x15 | VARHEAD(2), { VECTOR, SPARSE, 3, BIT(2), BIT(1) }, 5, 6 },
	{ 0x15 | VARHEAD(2) | FAST, { VECTOR, SPARSE, 3, BIT(2), BIT(1) }, 5, 6 },
	{ 0x15, { VECTOR, ALL_VPS, 0 }, 3, 7 },
	{ 0x15 | FAST, { VECTOR, ALL_VPS, 0 }, 3, 7 },
};

START_TEST(test_ipi)
{
	const struct ipi_case *t = &ipi_cases[_i];
	struct hv_regs regs;

	for (unsigned h = 0; h < COUNT(hosts); h++) {
		unsigned got = 0;

		boot_peer(hosts[h]);
		ck_assert_uint_eq(call_words(t->control, t->words, t->count,
		                             &regs), 0);
		ck_assert(regs.advanced && host.faults == 0);
		for (unsigned i = 0; i < host.ipis; i++) {
			ck_assert_uint_eq(host.ipi[i].vector, VECTOR);
			got |= 1u << host.ipi[i].vp;
		}
		ck_assert_uint_eq(got, t->vps);
		ck_assert_uint_eq(host.ipis,
		                  (unsigned)__builtin_popcount(t->vps));
	}
}
END_TEST

/* ---- hyperv_features: hypercalls ---- */

/* All input is zero; features come one by one, and are enforced. */
struct feature_case {
	uint64_t control;
	const char *rec_flush, *rec_ex, *rec_ipi, *xmm;
	unsigned status;
	bool ud;
};

static const struct feature_case feature_cases[] = {
	{ 0xbeef, "no", "no", "no", "ud", 2, false },           /* stage 0 */
	{ 0x02, "no", "no", "no", "ud", 6, false },             /* 8 */
	{ 0x02, "yes", "no", "no", "ud", 0, false },            /* 9 */
	{ 0x13, "yes", "no", "no", "ud", 6, false },            /* 10 */
	{ 0x13, "yes", "yes", "no", "ud", 0, false },           /* 11 */
	{ 0x0b, "yes", "yes", "no", "ud", 6, false },           /* 12 */
	{ 0x0b, "yes", "yes", "yes", "ud", 3, false },          /* 13 */
	{ 0x15, "yes", "yes", "yes", "ud", 0, false },          /* 14 */
	{ 0x02 | FAST, "yes", "yes", "yes", "ud", 0, true },    /* 17 */
	{ 0x02 | FAST, "yes", "yes", "yes", "on", 0, false },   /* 18 */
};

START_TEST(test_features_hypercalls)
{
	const struct feature_case *t = &feature_cases[_i];
	static const uint64_t zeroes[4];
	struct hv_regs regs;

	boot_with("kvm", 1, index_of);
	knob(HV_KNOB_ENFORCE, "yes");
	knob(HV_KNOB_REC_FLUSH, t->rec_flush);
	knob(HV_KNOB_REC_EX, t->rec_ex);
	knob(HV_KNOB_REC_IPI, t->rec_ipi);
	knob(HV_KNOB_XMM, t->xmm);
	call_words(t->control, zeroes, 4, &regs);
	ck_assert_int_eq(regs.ud, t->ud);
	ck_assert_int_eq(regs.advanced, !t->ud);
	if (!t->ud)
		ck_assert_uint_eq(regs.rax, t->status);
	ck_assert_uint_eq(host.ipis, 0);
}
END_TEST

/* ---- hyperv_features: MSRs ---- */

START_TEST(test_features_msrs)
{
	uint64_t value;

	boot_with("kvm", 1, index_of);
	knob(HV_KNOB_MSRS, "no_hypercall");                     /* 0, 1 */
	ck_assert_int_eq(hv_rdmsr(&part, 0, 0x40000000, &value), -1);
	ck_assert_int_eq(hv_rdmsr(&part, 0, 0x40000001, &value), -1);
	knob(HV_KNOB_MSRS, "no_vp_index");                      /* 2, 3, 4 */
	ck_assert_int_eq(hv_wrmsr(&part, 0, 0x40000000, BIT(60)), 0);
	ck_assert_int_eq(hv_rdmsr(&part, 0, 0x40000000, &value), 0);
	ck_assert_uint_eq(value, BIT(60));
	ck_assert_int_eq(hv_rdmsr(&part, 0, 0x40000001, &value), 0);
	ck_assert_int_eq(hv_rdmsr(&part, 0, 0x40000002, &value), -1); /* 11 */
	knob(HV_KNOB_MSRS, "all");                              /* 12, 13 */
	ck_assert_int_eq(hv_rdmsr(&part, 0, 0x40000002, &value), 0);
	ck_assert_int_eq(hv_wrmsr(&part, 0, 0x40000002, 1), -1);
}
END_TEST

/* ---- what KVM does and the selftests do not ask ---- */

/* A list too long for the registers: refused, if it is looked at at all. */
START_TEST(test_fast_list_too_long)
{
	static const uint64_t words[14] = { 0, ALL_SPACES, BIT(2) };
	struct hv_regs regs;

	boot_peer("kvm");
	ck_assert_uint_eq(call_words(0x03 | REPS(11) | FAST, words, 14, &regs),
	                  result(0, 11));
	ck_assert_uint_eq(call_words(0x03 | REPS(12) | FAST, words, 14, &regs),
	                  3);
	ck_assert_uint_eq(call_words(0x03 | REPS(16) | FAST, words, 14, &regs),
	                  result(0, 16));
	ck_assert(host.flushes == 1 && host.flush[0].whole);
}
END_TEST

/* The flag is offered and not read: four large pages become 2052 small ones. */
START_TEST(test_extended_range_is_misread)
{
	static const uint64_t words[] = { 0, ALL_SPACES | 8, BIT(2),
		0x40000800 | 3 };
	struct hv_regs regs;

	boot_peer("kvm");
	ck_assert_uint_eq(call_words(0x03 | REPS(1), words, 4, &regs),
	                  result(0, 1));
	ck_assert_uint_eq(host.flush[0].va, 0x40000000);
	ck_assert_uint_eq(host.flush[0].bytes, 2052 * 4096);
	boot_peer("tlfs");
	call_words(0x03 | REPS(1), words, 4, &regs);
	ck_assert_uint_eq(host.flush[0].bytes, 4 << 21);
}
END_TEST

/* Reserved bits of a call that nobody knows: looked at first. */
START_TEST(test_reserved_before_code)
{
	static const unsigned codes[] = { 0x16, 0xaf, 0xb0, 0xffff };
	static const uint64_t words[4];
	struct hv_regs regs;

	for (unsigned i = 0; i < COUNT(codes); i++) {
		boot_peer("kvm");
		ck_assert_uint_eq(call_words(codes[i], words, 4, &regs), 2);
		ck_assert_uint_eq(call_words(codes[i] | BIT(27), words, 4,
		    &regs), 3);
		boot_peer("openvmm");
		ck_assert_uint_ne(call_words(codes[i] | BIT(27), words, 4,
		    &regs) & 0xffff, 3);
	}
}
END_TEST

static Suite *
kvm_suite(void)
{
	Suite *s = suite_create("hvsim against KVM's selftests");
	TCase *tc = tcase_create("cases");

	ADD_LOOP(tc, test_tlb_flush_in_memory, flush_cases);
	ADD_LOOP(tc, test_tlb_flush_in_registers, flush_cases);
	ADD_LOOP(tc, test_ipi, ipi_cases);
	ADD_LOOP(tc, test_features_hypercalls, feature_cases);
	tcase_add_test(tc, test_features_msrs);
	tcase_add_test(tc, test_fast_list_too_long);
	tcase_add_test(tc, test_extended_range_is_misread);
	tcase_add_test(tc, test_reserved_before_code);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	SRunner *sr = srunner_create(kvm_suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
