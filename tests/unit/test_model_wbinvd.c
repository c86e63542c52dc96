/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flushes of caches (SDM 3A, 11.5.5, 11.12.4; rules W1 and W2 of
 * docs/semantics.md).  Cpu 0 asks for one; cpus 1 and 2 have to execute WBINVD.
 */
#include "tests/unit/test_model.h"

static uint32_t since;

static void
three_cpus(void)
{
	vm_make(3);
	for (unsigned c = 0; c < 3; c++)
		start(c, table(), 0);
	since = machine_wbinvds(vm.m);
}

static void
found_of(unsigned cpu, enum finding_kind kind)
{
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_int_eq(vm.found[0].kind, kind);
	ck_assert_uint_eq(vm.found[0].cpu, cpu);
	ck_assert_uint_eq(vm.found[0].store_cpu, 0);
}

START_TEST(test_w1_wbinvd_flushes_the_caches_of_its_cpu_alone)
{
	three_cpus();
	for (unsigned i = 0; i < 3; i++)
		machine_wbinvd(vm.m, i % 2);    /* 0, 1, 0 */
	machine_caches_flushed(vm.m, 0, since);
	found_of(2, FINDING_CACHES_KEPT);
}
END_TEST

START_TEST(test_w1_all_have_done_it)
{
	three_cpus();
	for (unsigned c = 0; c < 3; c++)
		machine_wbinvd(vm.m, c);
	machine_caches_flushed(vm.m, 0, since);
	machine_finish(vm.m);
	ck_assert_uint_eq(vm.nfound, 0);
}
END_TEST

START_TEST(test_w1_one_from_before_the_call_does_not_count)
{
	three_cpus();
	machine_wbinvd(vm.m, 1);
	since = machine_wbinvds(vm.m);
	machine_wbinvd(vm.m, 0);
	machine_wbinvd(vm.m, 2);
	machine_caches_flushed(vm.m, 0, since);
	found_of(1, FINDING_CACHES_KEPT);
}
END_TEST

START_TEST(test_w1_who_asks_counts_too)
{
	three_cpus();
	machine_wbinvd(vm.m, 1);
	machine_wbinvd(vm.m, 2);
	machine_caches_flushed(vm.m, 0, since);
	found_of(0, FINDING_CACHES_KEPT);
}
END_TEST

START_TEST(test_w1_who_is_stopped_does_not_count)
{
	three_cpus();
	machine_stop(vm.m, 2);
	machine_wbinvd(vm.m, 0);
	machine_wbinvd(vm.m, 1);
	machine_caches_flushed(vm.m, 0, since);
	machine_finish(vm.m);
	ck_assert_uint_eq(vm.nfound, 0);
}
END_TEST

START_TEST(test_w1_wbinvd_drains_the_store_buffer)
{
	uint64_t *p;

	three_cpus();
	vm.config.tso = true;
	vm_config();
	p = machine_ptr(vm.m, table());
	machine_show(vm.m, 1);
	machine_store_before(vm.m, 1, p, 8);
	*(volatile uint64_t *)p = 1;
	machine_store_settle(vm.m, 1);
	ck_assert_uint_eq(machine_buffered(vm.m, 1), 1);
	machine_wbinvd(vm.m, 1);
	ck_assert_uint_eq(machine_buffered(vm.m, 1), 0);
}
END_TEST

/* Cpu 1 has interrupts off when the call returns, and has yet to do it. */
static void
late(bool strict)
{
	three_cpus();
	vm.config.strict = strict;
	vm_config();
	machine_set_if(vm.m, 1, false);
	machine_wbinvd(vm.m, 0);
	machine_wbinvd(vm.m, 2);
	machine_caches_flushed(vm.m, 0, since);
}

START_TEST(test_w2_with_interrupts_off_there_is_time)
{
	late(false);
	machine_wbinvd(vm.m, 1);
	machine_set_if(vm.m, 1, true);
	machine_finish(vm.m);
	ck_assert_uint_eq(vm.nfound, 0);
}
END_TEST

START_TEST(test_w2_until_if_is_set)
{
	late(false);
	ck_assert_uint_eq(vm.nfound, 0);
	machine_set_if(vm.m, 1, true);
	found_of(1, FINDING_CACHES_KEPT);
}
END_TEST

START_TEST(test_w2_or_user_mode_is_entered)
{
	late(false);
	machine_set_mode(vm.m, 1, MODE_USER);
	found_of(1, FINDING_CACHES_KEPT);
}
END_TEST

START_TEST(test_w2_or_the_scenario_ends)
{
	late(false);
	machine_finish(vm.m);
	found_of(1, FINDING_CACHES_KEPT);
}
END_TEST

START_TEST(test_w2_only_strict_says_that_it_is_late)
{
	late(true);
	found_of(1, FINDING_CACHES_LATE);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_w1_wbinvd_flushes_the_caches_of_its_cpu_alone,
		test_w1_all_have_done_it,
		test_w1_one_from_before_the_call_does_not_count,
		test_w1_who_asks_counts_too,
		test_w1_who_is_stopped_does_not_count,
		test_w1_wbinvd_drains_the_store_buffer,
		test_w2_with_interrupts_off_there_is_time,
		test_w2_until_if_is_set,
		test_w2_or_user_mode_is_entered,
		test_w2_or_the_scenario_ends,
		test_w2_only_strict_says_that_it_is_late,
		NULL
	};

	return run_tests("model-wbinvd", tests);
}
