/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of a partition with more VPs than a word has bits: who is
 * flushed, in which orders, and what going back to the saved state undoes.
 */
#include "tests/unit/hvsim_request.h"

#define VPS HV_MAX_VPS
#define RANGES 3

static union {
	struct hv_partition partition;
	unsigned char bytes[HV_PARTITION_SIZE(VPS)];
} memory;
#define part memory.partition

static struct {
	unsigned flushes[VPS], ipis[VPS], total, faults;
	unsigned order[VPS * RANGES];   /* VPs, as they are flushed */
	uint64_t random;
	unsigned widest;                /* choice that was asked for */
} host;

static unsigned
on_choose(void *ctx, unsigned n)
{
	(void)ctx;
	if (n > host.widest)
		host.widest = n;
	host.random = host.random * 6364136223846793005ull + 1;
	return (unsigned)(host.random >> 33) % n;
}

static void
on_flush(void *ctx, unsigned vp, const struct hv_flush *f,
         const struct hv_range *range, enum hv_globals globals, bool any,
         uint64_t root)
{
	(void)ctx;
	(void)f;
	(void)range;
	(void)globals;
	(void)any;
	(void)root;
	ck_assert_uint_lt(vp, VPS);
	ck_assert_uint_lt(host.total, COUNT(host.order));
	host.order[host.total++] = vp;
	host.flushes[vp]++;
}

static void
on_fault(void *ctx, unsigned vp, uint64_t control, const struct hv_fault *f)
{
	(void)ctx;
	(void)vp;
	(void)control;
	(void)f;
	host.faults++;
}

static void
on_ipi(void *ctx, unsigned vp, uint32_t vector)
{
	(void)ctx;
	ck_assert_uint_eq(vector, 0x40);
	host.ipis[vp]++;
}

static const struct hv_env env = { .read = read_ram, .choose = on_choose,
	.flush = on_flush, .fault = on_fault, .ipi = on_ipi };

/* VP number v has index `first` + v * step. */
static void
boot(unsigned vps, uint32_t first, uint32_t step)
{
	struct hv_profile p = profile("tlfs");
	uint32_t index[VPS];

	for (unsigned v = 0; v < vps; v++)
		index[v] = first + v * step;
	memset(&host, 0, sizeof(host));
	hv_partition_init(&part, &p, &env, vps, index);
	ck_assert_int_eq(hv_wrmsr(&part, 0, 0x40000000, 1), 0);
	ck_assert_int_eq(hv_wrmsr(&part, 0, 0x40000001, 0x5000001), 0);
	hv_partition_save(&part);
}

static uint64_t
call_from(unsigned vp, const struct request *r)
{
	return hv_hypercall(&part, vp, encode(r), r->gpa, ~0ull);
}

/* TLFS HV_VP_SET: each bank names 64 VPs. */
START_TEST(test_banks_name_vps_of_their_own)
{
	struct request r;

	boot(VPS, 0, 1);
	legal(&r, 0x13);
	r.valid = BIT(0) | BIT(3) | BIT(15);
	r.bank[0] = BIT(5);
	r.bank[1] = BIT(0) | BIT(63);
	r.bank[2] = BIT(63);
	r.nbanks = r.varhead = 3;
	ck_assert_uint_eq(call_from(700, &r), 0);
	ck_assert_uint_eq(host.total, 4);
	ck_assert_uint_eq(host.flushes[5], 1);
	ck_assert_uint_eq(host.flushes[3 * 64], 1);
	ck_assert_uint_eq(host.flushes[3 * 64 + 63], 1);
	ck_assert_uint_eq(host.flushes[VPS - 1], 1);
	ck_assert_uint_eq(part.now.targets, 4);
}
END_TEST

/* As many VPs as fit, up to the highest index that a set can name. */
START_TEST(test_sparse_indexes)
{
	struct request r;

	boot(VPS, 3, 4);
	legal(&r, 0x13);
	r.valid = BIT(63);
	r.bank[0] = ~0ull;
	ck_assert_uint_eq(call_from(0, &r), 0);
	ck_assert_uint_eq(host.total, 16);
	for (unsigned v = VPS - 16; v < VPS; v++)
		ck_assert_uint_eq(host.flushes[v], 1);
}
END_TEST

/*
 * Each VP loses each element once (TLFS Hypercall Atomicity and Ordering), and
 * which VP is the first or the last is the explorer's choice.
 */
START_TEST(test_all_of_a_list_on_all)
{
	struct request r;
	unsigned first = 0, last = 0;

	for (unsigned run = 0; run < 2; run++) {
		uint64_t seed = run + 1;

		boot(VPS, 0, 1);
		host.random = seed << 40;
		ck_assert_int_eq(hv_knob_set(&part.profile,
		    HV_KNOB_LATE_TARGET, "any"), 0);
		legal(&r, 0x14);
		r.flags = 1;            /* ALL_PROCESSORS */
		r.reps = RANGES;
		for (unsigned i = 0; i < RANGES; i++)
			r.element[i] = 0x400000 + 0x2000 * i;
		ck_assert_uint_eq(call_from(1, &r) & 0xffff, 0);
		ck_assert_uint_eq(host.total, VPS * RANGES);
		for (unsigned v = 0; v < VPS; v++)
			ck_assert_uint_eq(host.flushes[v], RANGES);
		ck_assert_uint_gt(host.widest, 900);
		if (run == 0) {
			first = host.order[0];
			last = host.order[VPS * RANGES - 1];
		}
	}
	ck_assert_uint_ne(first, host.order[0]);
	ck_assert_uint_ne(last, host.order[VPS * RANGES - 1]);
	ck_assert(first >= 64 || host.order[0] >= 64);
}
END_TEST

START_TEST(test_interrupts_to_all_but_one)
{
	struct hv_regs regs = { .rcx = 0x15 | 16ull << 17, .rdx = RAM };
	uint64_t bank[16];

	boot(VPS, 0, 1);
	for (unsigned i = 0; i < 16; i++)
		bank[i] = i == 9 ? ~BIT(7) : ~0ull;
	put_word(RAM, 0x40);            /* vector, target VTL */
	put_word(RAM + 8, 0);           /* sparse */
	put_word(RAM + 16, 0xffff);
	for (unsigned i = 0; i < 16; i++)
		put_word(RAM + 24 + 8 * i, bank[i]);
	hv_hypercall_regs(&part, 2, &regs);
	ck_assert_uint_eq(regs.rax, 0);
	for (unsigned v = 0; v < VPS; v++)
		ck_assert_uint_eq(host.ipis[v], v != 9 * 64 + 7);
}
END_TEST

/* The assist page of a VP far out is an overlay page as well. */
START_TEST(test_assist_page_of_a_far_vp)
{
	struct request r;

	boot(VPS, 0, 1);
	legal(&r, 2);
	ck_assert_int_eq(hv_wrmsr(&part, 1000, 0x40000073, RAM | 1), 0);
	ck_assert_uint_ne(call_from(0, &r), 0);
	ck_assert_uint_eq(host.faults, 1);
	ck_assert_int_eq(hv_wrmsr(&part, 1000, 0x40000073, RAM), 0);
	ck_assert_uint_eq(call_from(0, &r), 0);
	ck_assert_uint_eq(host.faults, 1);
}
END_TEST

START_TEST(test_restore_undoes_what_changed)
{
	struct request r;
	uint64_t v;

	boot(VPS, 0, 1);
	ck_assert_int_eq(hv_wrmsr(&part, 130, 0x40000073, RAM), 0);
	hv_partition_save(&part);
	legal(&r, 2);
	ck_assert_uint_eq(call_from(900, &r), 0);
	ck_assert_int_eq(hv_wrmsr(&part, 130, 0x40000073, RAM | 1), 0);
	ck_assert_int_eq(hv_wrmsr(&part, 1001, 0x40000073, RAM | 1), 0);
	part.vp[5].busy = true;         /* nobody said so: it stays */
	hv_partition_restore(&part);
	ck_assert_int_eq(hv_rdmsr(&part, 130, 0x40000073, &v), 0);
	ck_assert_uint_eq(v, RAM);
	ck_assert_int_eq(hv_rdmsr(&part, 1001, 0x40000073, &v), 0);
	ck_assert_uint_eq(v, 0);
	ck_assert_uint_eq(part.vp[900].call.number, 0);
	ck_assert_uint_eq(part.now.calls + part.now.assists, 0);
	ck_assert(part.vp[5].busy);
}
END_TEST

START_TEST(test_size_is_in_proportion)
{
	ck_assert_uint_le(HV_PARTITION_SIZE(1024), 128 * HV_PARTITION_SIZE(8));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hvsim, many VPs");
	TCase *tc = tcase_create("many");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, test_banks_name_vps_of_their_own);
	tcase_add_test(tc, test_sparse_indexes);
	tcase_add_test(tc, test_all_of_a_list_on_all);
	tcase_add_test(tc, test_interrupts_to_all_but_one);
	tcase_add_test(tc, test_assist_page_of_a_far_vp);
	tcase_add_test(tc, test_restore_undoes_what_changed);
	tcase_add_test(tc, test_size_is_in_proportion);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
