/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of hvsim's running host: targets and their order, continuation,
 * injected failures, misuse of the hypercall page, CPUID, MSRs.
 */
#include "tests/unit/hvsim_recorder.h"

START_TEST(test_targets_flushed_late_in_chosen_order)
{
	struct request r;

	boot("tlfs");
	legal(&r, 0x13);
	r.valid = 7;
	r.bank[0] = 3;          /* VP index 1 does not exist: ignored */
	r.bank[1] = 1;
	r.bank[2] = BIT(2);
	r.nbanks = r.varhead = 3;
	host.pick = 2;
	ck_assert_uint_eq(call(&r), 0);
	ck_assert_uint_eq(host.flushes, 3);
	ck_assert_uint_eq(host.points, 3);
	ck_assert_uint_eq(host.chooses, 2);
	ck_assert_uint_eq(host.flush[0].vp, 2);
	ck_assert_uint_eq(host.flush[1].vp, 1);
	ck_assert_uint_eq(host.flush[2].vp, 0);
	ck_assert_uint_eq(part.now.targets, 3);
	ck_assert_uint_eq(part.now.flush_ex_calls, 1);
	knob(HV_KNOB_LATE_TARGET, "atomic");
	ck_assert_uint_eq(call(&r), 0);
	ck_assert_uint_eq(host.points + host.chooses, 0);
	ck_assert_uint_eq(host.flush[0].vp, 0);
}
END_TEST

/* The caller is flushed only if it is in the set. */
START_TEST(test_caller_not_in_set)
{
	struct request r;

	boot("tlfs");
	legal(&r, 0x13);
	r.valid = 2;
	ck_assert_uint_eq(call(&r), 0);
	ck_assert_uint_eq(host.flushes, 1);
	ck_assert_uint_eq(host.flush[0].vp, 1);
	r.flags = 1;
	ck_assert_uint_eq(call(&r), 0);
	ck_assert_uint_eq(host.flushes, 3);
}
END_TEST

static const struct scope_case {
	const char *profile;
	uint64_t flags;
	const char *as;
	bool keep, any;
	uint64_t root;
} scope_cases[] = {
	{ "tlfs", 0, "root", false, false, ROOT },
	{ "tlfs", 4, "root", true, false, ROOT },
	{ "tlfs", 6, "root", true, true, ROOT },
	{ "tlfs", 4, "strict", true, false, ROOT | 5 },
	{ "tlfs", 0, "ignore", false, true, ROOT },
	{ "kvm", 4, "ignore", false, true, ROOT },
	{ "openvmm", 4, "ignore", true, true, ROOT },
	{ "xen", 4, "ignore", false, true, ROOT },
	{ "hyperv", 4, "root", true, false, ROOT },
};

START_TEST(test_scope)
{
	const struct scope_case *t = &scope_cases[_i];
	struct request r;

	boot(t->profile);
	knob(HV_KNOB_AS, t->as);
	legal(&r, 2);
	r.space = ROOT | 5;
	r.flags = t->flags;
	ck_assert_uint_eq(call(&r), 0);
	ck_assert(host.flush[0].whole);
	ck_assert(host.flush[0].keep == t->keep);
	ck_assert(host.flush[0].any == t->any);
	ck_assert_uint_eq(host.flush[0].root, t->root);
}
END_TEST

/* Invalid GVAs are ignored; a range that runs into the hole is cut. */
START_TEST(test_noncanonical_ranges)
{
	struct request r;

	boot("tlfs");
	legal(&r, 3);
	r.reps = 4;
	r.element[0] = 0x00007ffffffff003;
	r.element[1] = 0x0000900000000000;
	r.element[2] = 0xffff7fffffffe002;
	r.element[3] = 0xfffffffffffff001;
	ck_assert_uint_eq(call(&r), result(0, 4));
	ck_assert_uint_eq(host.flushes, 3);
	ck_assert_uint_eq(host.flush[0].va, 0x00007ffffffff000);
	ck_assert_uint_eq(host.flush[0].bytes, 0x1000);
	ck_assert_uint_eq(host.flush[1].va, 0xffff800000000000);
	ck_assert_uint_eq(host.flush[1].bytes, 0x1000);
	ck_assert_uint_eq(host.flush[2].va, 0xfffffffffffff000);
	ck_assert_uint_eq(host.flush[2].bytes, 0x1000);
}
END_TEST

static void
list_for_two(struct request *r)
{
	legal(r, 0x14);
	r->valid = 3;
	r->bank[1] = 1;
	r->nbanks = r->varhead = 2;
	r->reps = 3;
	for (unsigned i = 0; i < r->reps; i++)
		r->element[i] = (i + 1) << 12;
}

static const struct order_case {
	const char *late;
	unsigned points;
	unsigned vp[6], page[6];
} order_cases[] = {
	{ "element", 6, { 0, 1, 0, 1, 0, 1 }, { 1, 1, 2, 2, 3, 3 } },
	{ "list", 2, { 0, 0, 0, 1, 1, 1 }, { 1, 2, 3, 1, 2, 3 } },
	{ "atomic", 0, { 0, 1, 0, 1, 0, 1 }, { 1, 1, 2, 2, 3, 3 } },
};

START_TEST(test_order_of_list)
{
	const struct order_case *t = &order_cases[_i];
	struct request r;

	boot("tlfs");
	knob(HV_KNOB_LATE_TARGET, t->late);
	list_for_two(&r);
	ck_assert_uint_eq(call(&r), result(0, 3));
	ck_assert_uint_eq(host.flushes, 6);
	ck_assert_uint_eq(host.points, t->points);
	for (unsigned i = 0; i < 6; i++) {
		ck_assert_uint_eq(host.flush[i].vp, t->vp[i]);
		ck_assert_uint_eq(host.flush[i].va, t->page[i] << 12);
	}
}
END_TEST

/* Reps completed is the total, not relative to the start. */
START_TEST(test_early_success_and_restart)
{
	struct request r;

	boot("tlfs");
	knob(HV_KNOB_REP, "2");
	legal(&r, 3);
	r.reps = 5;
	ck_assert_uint_eq(call(&r), result(0, 2));
	ck_assert_uint_eq(host.flushes, 2);
	r.start = 2;
	ck_assert_uint_eq(call(&r), result(0, 4));
	r.start = 4;
	ck_assert_uint_eq(call(&r), result(0, 5));
	ck_assert_uint_eq(host.flushes, 1);
	ck_assert_uint_eq(part.now.failed_calls, 0);
}
END_TEST

START_TEST(test_continuation)
{
	struct request r;

	boot("tlfs");
	knob(HV_KNOB_CONTINUE, "2");
	legal(&r, 3);
	r.reps = 5;
	for (unsigned i = 0; i < r.reps; i++)
		r.element[i] = (i + 1) << 12;
	ck_assert_uint_eq(call(&r), result(0, 5));
	ck_assert_uint_eq(host.flushes, 5);
	ck_assert_uint_eq(host.flush[4].va, 0x5000);
	ck_assert_uint_eq(host.reenters, 2);
	ck_assert_uint_eq(part.now.calls, 1);
	ck_assert_uint_eq(part.now.continuations, 2);
	r.reps = 4;             /* ends just where it could be interrupted */
	ck_assert_uint_eq(call(&r), result(0, 4));
	ck_assert_uint_eq(host.reenters, 1);
	host.detach = true;
	ck_assert_uint_eq(call(&r), result(2, 2));
	ck_assert(host.faults == 1 && host.fault.detached);
	ck_assert_uint_eq(part.now.busy, 0);
}
END_TEST

/* A failing element: those before it are done and counted. */
START_TEST(test_failing_element)
{
	struct request r;

	boot("tlfs");
	legal(&r, 3);
	r.reps = 4;
	r.flags = 8;
	r.element[2] = 0x2800;
	ck_assert_uint_eq(call(&r), result(5, 2));
	ck_assert_uint_eq(host.flushes, 2);
	ck_assert(host.faults == 1 && host.fault.element);
	knob(HV_KNOB_REP, "1");
	ck_assert_uint_eq(call(&r), result(0, 1));
	ck_assert_uint_eq(host.faults, 0);
}
END_TEST

START_TEST(test_fail_call)
{
	struct request r;

	boot("tlfs");
	knob(HV_KNOB_FAIL_CALL, "2");
	legal(&r, 3);
	r.reps = 3;
	ck_assert_uint_eq(call(&r), result(0, 3));
	knob(HV_KNOB_FAIL_REPS, "1");
	ck_assert_uint_eq(call(&r), result(6, 1));
	ck_assert_uint_eq(host.flushes, 1);
	ck_assert_uint_eq(host.faults, 0);      /* not the guest's doing */
	ck_assert_uint_eq(call(&r), result(0, 3));
	knob(HV_KNOB_FAIL_CALL, "always");
	knob(HV_KNOB_FAIL_STATUS, "0xb");
	legal(&r, 2);
	ck_assert_uint_eq(call(&r), result(11, 0));
	ck_assert_uint_eq(host.flushes, 0);
	ck_assert_uint_eq(part.now.failed_calls, 2);
}
END_TEST

/* KVM: 15 entries are flushed one by one, 16 flush everything. */
START_TEST(test_kvm_long_list)
{
	struct request r;

	boot("kvm");
	legal(&r, 3);
	r.reps = 15;
	ck_assert_uint_eq(call(&r), result(0, 15));
	ck_assert(host.flushes == 15 && host.points == 1);
	r.reps = 16;
	ck_assert_uint_eq(call(&r), result(0, 16));
	ck_assert(host.flushes == 1 && host.flush[0].whole);
	r.reps = 4095;          /* runs out of memory that nobody reads */
	ck_assert_uint_eq(call(&r), result(0, 4095));
	legal(&r, 2);
	r.mask = 0;
	ck_assert_uint_eq(call(&r), 0);
	ck_assert_uint_eq(host.flushes, 3);
}
END_TEST

START_TEST(test_page_not_enabled)
{
	struct request r;

	boot("tlfs");
	legal(&r, 2);
	hv_wrmsr(&part, 0, 0x40000000, 0);
	ck_assert_uint_eq(call(&r) & 0xffff, 2);
	ck_assert(host.fault.detached && host.fault.ud);
	ck_assert_ptr_nonnull(strstr(host.fault.rule, "after the hypercall page"));
	ck_assert_uint_eq(host.flushes, 0);
	part.now.was_enabled = false;
	call(&r);
	ck_assert_ptr_nonnull(strstr(host.fault.rule, "before the hypercall page"));
	ck_assert_uint_eq(part.now.flush_calls, 0);
	/* A locked register keeps its enable bit; the identity still counts. */
	boot("tlfs");
	hv_wrmsr(&part, 0, 0x40000001, 0x5000003);
	ck_assert_uint_eq(call(&r), 0);
	hv_wrmsr(&part, 0, 0x40000000, 0);
	ck_assert_uint_eq(call(&r) & 0xffff, 2);
}
END_TEST

START_TEST(test_input_in_overlay_page)
{
	struct request r;

	boot("tlfs");
	legal(&r, 2);
	ck_assert_int_eq(hv_wrmsr(&part, 1, 0x40000073, RAM | 1), 0);
	ck_assert_uint_eq(call(&r), 5);
	ck_assert_ptr_nonnull(strstr(host.fault.rule, "overlay"));
	hv_wrmsr(&part, 1, 0x40000073, RAM);    /* not enabled */
	ck_assert_uint_eq(call(&r), 0);
	hv_wrmsr(&part, 1, 0x40000001, RAM | 1);
	ck_assert_uint_eq(call(&r), 5);
}
END_TEST

/* Another VP writes to the input page while the call is under way. */
START_TEST(test_input_changed_in_flight)
{
	struct request r;

	boot("tlfs");
	legal(&r, 3);
	host.poke = RAM + 24;
	ck_assert_uint_eq(call(&r), result(0, 1));
	ck_assert(host.faults == 1 && host.fault.status == 0);
	ck_assert_ptr_nonnull(strstr(host.fault.rule, "changed while"));
	host.poke = RAM + 32;   /* not part of the input */
	call(&r);
	ck_assert_uint_eq(host.faults, 0);
	ck_assert_uint_eq(host.flush[0].va, 0x400000);
}
END_TEST

START_TEST(test_unknown_call_and_restore)
{
	struct request r;

	boot("tlfs");
	hv_partition_save(&part);
	legal(&r, 2);
	r.code = 0x99;
	ck_assert_uint_eq(call(&r), 2);
	ck_assert_uint_eq(host.faults, 1);
	part.vp[0].busy = true;
	legal(&r, 2);
	ck_assert_uint_eq(call(&r), 8);
	ck_assert_uint_eq(part.now.calls, 2);
	hv_partition_restore(&part);
	ck_assert(part.now.calls == 0 && !part.vp[0].busy);
	ck_assert_uint_eq(call(&r), 0);
}
END_TEST

/* ---- CPUID and MSRs ---- */

START_TEST(test_cpuid)
{
	uint32_t r[4];

	boot("tlfs");
	hv_cpuid(&part, 0x40000000, r);
	ck_assert_uint_ge(r[0], 0x40000005);
	ck_assert_mem_eq(&r[1], "Microsoft Hv", 12);
	hv_cpuid(&part, 0x40000001, r);
	ck_assert_mem_eq(&r[0], "Hv#1", 4);
	hv_cpuid(&part, 0x40000003, r);
	ck_assert_uint_eq(r[0] & 0x60, 0x60);
	ck_assert_uint_eq(r[3] & (BIT(14) | BIT(4) | BIT(15)), BIT(14));
	hv_cpuid(&part, 0x40000004, r);
	ck_assert_uint_eq(r[0], BIT(2) | BIT(10) | BIT(11));
	hv_cpuid(&part, 0x40000005, r);
	ck_assert_uint_eq(r[0], 192);
	hv_cpuid(&part, 0x40000006, r);
	ck_assert_uint_eq(r[0] | r[1] | r[2] | r[3], 0);
	knob(HV_KNOB_REC_FLUSH, "no");
	knob(HV_KNOB_REC_EX, "no");
	knob(HV_KNOB_REC_IPI, "no");
	knob(HV_KNOB_EXT_RANGES, "off");
	hv_cpuid(&part, 0x40000004, r);
	ck_assert_uint_eq(r[0], 0);
	hv_cpuid(&part, 0x40000003, r);
	ck_assert_uint_eq(r[3] & BIT(14), 0);
	knob(HV_KNOB_XMM, "on");
	knob(HV_KNOB_MSRS, "no_hypercall");
	hv_cpuid(&part, 0x40000003, r);
	ck_assert_uint_eq(r[3] & BIT(4), BIT(4));
	ck_assert_uint_eq(r[0] & 0x60, 0x40);
	knob(HV_KNOB_MSRS, "no_vp_index");
	hv_cpuid(&part, 0x40000003, r);
	ck_assert_uint_eq(r[0] & 0x60, 0x20);
	knob(HV_KNOB_MAX_VPS, "240");
	hv_cpuid(&part, 0x40000005, r);
	ck_assert_uint_eq(r[0], 240);
	knob(HV_KNOB_MAX_VPS, "unlimited");
	hv_cpuid(&part, 0x40000005, r);
	ck_assert_uint_eq(r[0], 0xffffffff);
}
END_TEST

/* Leaf 0x4000000a and the nested index exist for nested guests only. */
START_TEST(test_cpuid_nested)
{
	uint64_t value;
	uint32_t r[4];

	boot("tlfs");
	hv_cpuid(&part, 0x4000000a, r);
	ck_assert_uint_eq(r[0], 0);
	ck_assert_int_eq(hv_rdmsr(&part, 2, 0x40001002, &value), -1);
	knob(HV_KNOB_NESTED, "yes");
	hv_cpuid(&part, 0x40000000, r);
	ck_assert_uint_eq(r[0], 0x4000000a);
	hv_cpuid(&part, 0x4000000a, r);
	ck_assert_uint_eq(r[0], BIT(18));
	ck_assert_int_eq(hv_rdmsr(&part, 2, 0x40001002, &value), 0);
	ck_assert_uint_eq(value, 130);
	ck_assert_int_eq(hv_wrmsr(&part, 2, 0x40001002, 1), -1);
}
END_TEST

/* Without the privilege, the register does not exist. */
START_TEST(test_msr_privileges)
{
	uint64_t value;

	boot("tlfs");
	knob(HV_KNOB_MSRS, "no_hypercall");
	ck_assert_int_eq(hv_rdmsr(&part, 0, 0x40000000, &value), -1);
	ck_assert_int_eq(hv_wrmsr(&part, 0, 0x40000001, 0), -1);
	ck_assert_int_eq(hv_rdmsr(&part, 0, 0x40000002, &value), 0);
	knob(HV_KNOB_MSRS, "no_vp_index");
	ck_assert_int_eq(hv_rdmsr(&part, 0, 0x40000000, &value), 0);
	ck_assert_int_eq(hv_rdmsr(&part, 0, 0x40000002, &value), -1);
}
END_TEST

static uint64_t
rdmsr(unsigned vp, uint32_t msr)
{
	uint64_t value = 0;

	ck_assert_int_eq(hv_rdmsr(&part, vp, msr, &value), 0);
	return value;
}

START_TEST(test_msrs)
{
	uint64_t value;

	boot("tlfs");
	ck_assert_uint_eq(rdmsr(2, 0x40000002), 130);
	ck_assert_int_eq(hv_wrmsr(&part, 2, 0x40000002, 1), -1);
	ck_assert_int_eq(hv_rdmsr(&part, 0, 0x40000070, &value), -1);
	ck_assert_int_eq(hv_wrmsr(&part, 0, 0x40000070, 0), -1);
	ck_assert_int_eq(hv_rdmsr(&part, 3, 0x40000000, &value), -1);
	ck_assert_int_eq(hv_wrmsr(&part, 3, 0x40000000, 1), -1);
	/* Zeroing the identity disables the page; it must come first. */
	ck_assert_uint_eq(rdmsr(1, 0x40000001), 0x5000001);
	hv_wrmsr(&part, 0, 0x40000000, 0);
	ck_assert_uint_eq(rdmsr(1, 0x40000001), 0x5000000);
	hv_wrmsr(&part, 0, 0x40000001, 0x6000001);
	ck_assert_uint_eq(rdmsr(1, 0x40000001), 0x6000000);
	hv_wrmsr(&part, 0, 0x40000000, 77);
	ck_assert_uint_eq(rdmsr(1, 0x40000000), 77);
	ck_assert_int_eq(hv_wrmsr(&part, 0, 0x40000001, BIT(52) | 1), -1);
	/* Reserved bits are preserved; the lock holds until reset. */
	ck_assert_int_eq(hv_wrmsr(&part, 0, 0x40000001, 0x7000ffb), 0);
	ck_assert_uint_eq(rdmsr(1, 0x40000001), 0x7000ffb);
	ck_assert_int_eq(hv_wrmsr(&part, 0, 0x40000001, 0x8000001), -1);
	ck_assert_int_eq(hv_wrmsr(&part, 0, 0x40000001, 0x7000ffb), 0);
	ck_assert_int_eq(hv_wrmsr(&part, 1, 0x40000073, 0x9000001), 0);
	ck_assert_uint_eq(rdmsr(1, 0x40000073), 0x9000001);
	ck_assert_uint_eq(rdmsr(0, 0x40000073), 0);
	ck_assert_int_eq(hv_wrmsr(&part, 1, 0x40000073, BIT(60)), -1);
}
END_TEST

static Suite *
host_suite(void)
{
	Suite *s = suite_create("hvsim host");
	TCase *running = tcase_create("running");
	TCase *rest = tcase_create("cpuid, msrs");

	tcase_add_test(running, test_targets_flushed_late_in_chosen_order);
	tcase_add_test(running, test_caller_not_in_set);
	ADD_LOOP(running, test_scope, scope_cases);
	tcase_add_test(running, test_noncanonical_ranges);
	ADD_LOOP(running, test_order_of_list, order_cases);
	tcase_add_test(running, test_early_success_and_restart);
	tcase_add_test(running, test_continuation);
	tcase_add_test(running, test_failing_element);
	tcase_add_test(running, test_fail_call);
	tcase_add_test(running, test_kvm_long_list);
	tcase_add_test(running, test_page_not_enabled);
	tcase_add_test(running, test_input_in_overlay_page);
	tcase_add_test(running, test_input_changed_in_flight);
	tcase_add_test(running, test_unknown_call_and_restore);
	suite_add_tcase(s, running);
	tcase_add_test(rest, test_cpuid);
	tcase_add_test(rest, test_cpuid_nested);
	tcase_add_test(rest, test_msrs);
	tcase_add_test(rest, test_msr_privileges);
	suite_add_tcase(s, rest);
	return s;
}

int
main(void)
{
	SRunner *sr = srunner_create(host_suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
