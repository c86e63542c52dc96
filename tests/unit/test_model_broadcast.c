/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * INVLPGB and TLBSYNC (rules B1-B6 and 9 of docs/semantics.md).  Cpu 1 holds
 * the same stale entries before each test, cpu 0 asks:
 *
 *      under PCID 1 (root a, loaded): 4 KiB leaves and their paths for UVA, the
 *      page after it and UVA + 2 MiB; 2 MiB leaves at LARGE, + 2, + 4 MiB
 *      under PCID 2 (root b, away): the 4 KiB leaf of UVA
 *      global: KVA
 */
#include "tests/unit/test_model.h"

#define LARGE (UVA + GIB)

static gpa_t a, b;

static bool
held(uint16_t pcid, gva_t va, unsigned level, bool path)
{
	struct machine_stale s;

	for (unsigned i = 0; machine_stale(vm.m, 1, i, &s); i++)
		if (s.cached.path == path && s.cached.level == level &&
		    s.pcid == pcid && !s.cached.global && s.cached.va == va)
			return true;
	return false;
}

static bool
leaf(uint16_t pcid, gva_t va)
{
	return held(pcid, va, va >= LARGE ? 2 : 1, false);
}

static bool
global(void)
{
	struct machine_stale s;

	for (unsigned i = 0; machine_stale(vm.m, 1, i, &s); i++)
		if (s.cached.global)
			return true;
	return false;
}

static const gva_t small[] = { UVA, UVA + MACHINE_PAGE, UVA + MIB2 };
static const gva_t large[] = { LARGE, LARGE + MIB2, LARGE + 2 * MIB2 };

static void
build(void)
{
	vm_make(3);
	a = table();
	b = table();
	for (unsigned i = 0; i < 3; i++) {
		(void)map(a, small[i], page(), USER);
		(void)map_large(a, large[i], 2, GIB + i * MIB2, USER);
	}
	(void)map(b, UVA, page(), USER);
	(void)map(a, KVA, page(), KERN | PTE_G);
	set(0, entry(b, KVA, 4), get(entry(a, KVA, 4)));
	start(0, b | 9, PCIDE);
	start(1, b | 2, PCIDE);
	load_keep(1, a | 1);
}

/* The last two go by their upper entry: paths too. */
static void
make_stale(void)
{
	for (unsigned i = 0; i < 3; i++) {
		set(0, entry(a, small[i], 1), 0);
		set(0, entry(a, large[i], 2), 0);
	}
	set(0, entry(a, UVA, 2), 0);
	set(0, entry(a, UVA + MIB2, 2), 0);
	set(0, entry(b, UVA, 1), 0);
	set(0, entry(a, KVA, 1), 0);
}

static void
everything_stale(void)
{
	build();
	make_stale();
	for (unsigned i = 0; i < 3; i++)
		ck_assert(leaf(1, small[i]) && leaf(1, large[i]));
	ck_assert(held(1, UVA, 2, true) && held(1, UVA + MIB2, 2, true));
	ck_assert(leaf(2, UVA) && global());
}

/* Cpu 0 asks and cpu 1 does it. */
static void
invlpgb(struct machine_invlpgb op)
{
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), 0);
	ck_assert_uint_eq(machine_pending_broadcasts(vm.m, 1), 1);
	machine_broadcast_step(vm.m, 1, 0);
	ck_assert_uint_eq(machine_pending_broadcasts(vm.m, 1), 0);
}

static void
assert_small(bool s0, bool s1, bool s2)
{
	ck_assert_int_eq(leaf(1, small[0]), s0);
	ck_assert_int_eq(leaf(1, small[1]), s1);
	ck_assert_int_eq(leaf(1, small[2]), s2);
}

static void
assert_large(bool l0, bool l1, bool l2)
{
	ck_assert_int_eq(leaf(1, large[0]), l0);
	ck_assert_int_eq(leaf(1, large[1]), l1);
	ck_assert_int_eq(leaf(1, large[2]), l2);
}

/* ---- B1: it only asks --------------------------------------------------------------- */

START_TEST(test_b1_invlpgb_takes_effect_when_its_target_carries_it_out)
{
	const struct machine_invlpgb op = { .va_valid = true, .va = UVA };

	everything_stale();
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), 0);
	ck_assert(leaf(1, UVA));
	ck_assert_uint_eq(machine_pending_broadcasts(vm.m, 0), 1);
	machine_broadcast_step(vm.m, 0, 0);
	ck_assert(leaf(1, UVA));
	machine_broadcast_step(vm.m, 1, 0);
	ck_assert(!leaf(1, UVA));
}
END_TEST

START_TEST(test_b1_requests_are_carried_out_in_any_order)
{
	struct machine_invlpgb op = { .va_valid = true, .va = UVA };

	everything_stale();
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), 0);
	op.va = LARGE;
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), 0);
	machine_broadcast_step(vm.m, 1, 1);
	ck_assert(leaf(1, UVA) && !leaf(1, LARGE));
	machine_broadcast_step(vm.m, 1, 0);
	ck_assert(!leaf(1, UVA));
}
END_TEST

START_TEST(test_b1_a_cpu_that_never_ran_is_not_asked)
{
	const struct machine_invlpgb op = { .globals = true };

	everything_stale();
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), 0);
	ck_assert_uint_eq(machine_pending_broadcasts(vm.m, 2), 0);
}
END_TEST

/* ---- B2: TLBSYNC ------------------------------------------------------------------------ */

START_TEST(test_b2_tlbsync_waits_until_everybody_has_carried_out_its_own)
{
	const struct machine_invlpgb op = { .globals = true };

	everything_stale();
	ck_assert_int_eq(machine_tlbsync(vm.m, 0), 0);
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), 0);
	machine_broadcast_step(vm.m, 0, 0);
	ck_assert(machine_tlbsync_waits(vm.m, 0));
	ck_assert_int_eq(machine_tlbsync(vm.m, 0), -1);
	machine_broadcast_step(vm.m, 1, 0);
	ck_assert(!machine_tlbsync_waits(vm.m, 0));
	ck_assert_int_eq(machine_tlbsync(vm.m, 0), 0);
}
END_TEST

START_TEST(test_b2_tlbsync_does_not_wait_for_what_others_asked)
{
	const struct machine_invlpgb op = { .globals = true };

	everything_stale();
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), 0);
	ck_assert(!machine_tlbsync_waits(vm.m, 1));
	ck_assert_int_eq(machine_tlbsync(vm.m, 1), 0);
	ck_assert_uint_eq(machine_pending_broadcasts(vm.m, 1), 1);
}
END_TEST

/* The operation returned without TLBSYNC: it counts until it is carried out. */
static unsigned
findings_of_an_operation(bool synced)
{
	const struct machine_invlpgb op = { .va_valid = true, .va = UVA };

	build();
	user(1);
	set(0, entry(a, UVA, 1), 0);
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), 0);
	if (synced) {
		machine_broadcast_step(vm.m, 0, 0);
		machine_broadcast_step(vm.m, 1, 0);
		ck_assert_int_eq(machine_tlbsync(vm.m, 0), 0);
	}
	operation(0, a, UVA);
	return found();
}

START_TEST(test_b2_invlpgb_without_tlbsync_is_a_finding)
{
	ck_assert_uint_eq(findings_of_an_operation(false), 1);
	ck_assert_uint_eq(findings_of_an_operation(true), 0);
}
END_TEST

/* ---- B3: what it selects ------------------------------------------------------------------- */

START_TEST(test_b3_an_address_goes_under_every_pcid)
{
	everything_stale();
	invlpgb((struct machine_invlpgb){ .va_valid = true, .va = UVA });
	ck_assert(!leaf(2, UVA) && global());
	assert_small(false, true, true);
	assert_large(true, true, true);
}
END_TEST

START_TEST(test_b3_an_address_goes_under_the_pcid_named)
{
	everything_stale();
	invlpgb((struct machine_invlpgb){ .va_valid = true, .va = UVA + 8,
	    .pcid_valid = true, .pcid = 1 });
	assert_small(false, true, true);
	ck_assert(leaf(2, UVA) && global());

	everything_stale();
	invlpgb((struct machine_invlpgb){ .va_valid = true, .va = UVA,
	    .pcid_valid = true, .pcid = 2 });
	assert_small(true, true, true);
	ck_assert(!leaf(2, UVA));
}
END_TEST

START_TEST(test_b3_a_pcid_goes_as_a_whole)
{
	everything_stale();
	invlpgb((struct machine_invlpgb){ .pcid_valid = true, .pcid = 1 });
	assert_small(false, false, false);
	assert_large(false, false, false);
	ck_assert(!held(1, UVA, 2, true));
	ck_assert(leaf(2, UVA) && global());
}
END_TEST

START_TEST(test_b3_globals_go_if_included_and_where_named)
{
	everything_stale();
	invlpgb((struct machine_invlpgb){ .globals = false });
	ck_assert_uint_eq(stale_count(1), 1);
	ck_assert(global());

	everything_stale();
	invlpgb((struct machine_invlpgb){ .globals = true });
	ck_assert_uint_eq(stale_count(1), 0);

	everything_stale();
	invlpgb((struct machine_invlpgb){ .globals = true, .va_valid = true,
	    .va = UVA });
	ck_assert(global());
	invlpgb((struct machine_invlpgb){ .globals = true, .va_valid = true,
	    .va = KVA });
	ck_assert(!global());
	assert_small(false, true, true);
}
END_TEST

/* ---- B4: upper levels ----------------------------------------------------------------------- */

START_TEST(test_b4_upper_levels_go_wherever_they_lead)
{
	everything_stale();
	invlpgb((struct machine_invlpgb){ .va_valid = true, .va = KVA });
	ck_assert(!held(1, UVA, 2, true) && !held(1, UVA + MIB2, 2, true));
	assert_small(true, true, true);
}
END_TEST

START_TEST(test_b4_with_tce_upper_levels_go_on_the_way_to_the_page)
{
	build();
	vm.config.tce = true;
	vm_config();
	make_stale();
	invlpgb((struct machine_invlpgb){ .va_valid = true, .va = UVA });
	ck_assert(!held(1, UVA, 2, true) && held(1, UVA + MIB2, 2, true));
}
END_TEST

START_TEST(test_b4_final_only_leaves_every_upper_level)
{
	everything_stale();
	invlpgb((struct machine_invlpgb){ .va_valid = true, .va = UVA,
	    .count = 1, .final_only = true });
	assert_small(false, false, true);
	ck_assert(held(1, UVA, 2, true) && held(1, UVA + MIB2, 2, true));
	invlpgb((struct machine_invlpgb){ .final_only = true });
	assert_small(false, false, false);
	ck_assert(held(1, UVA, 2, true) && held(1, UVA + MIB2, 2, true));
	ck_assert(!leaf(2, UVA) && global());
}
END_TEST

/* The same while the context is away: nothing comes back later. */
START_TEST(test_b4_final_only_of_an_absent_context_leaves_its_paths)
{
	build();
	load_keep(1, b | 2);
	invlpgb((struct machine_invlpgb){ .final_only = true });
	make_stale();
	assert_small(false, false, false);
	assert_large(false, false, false);
	ck_assert(held(1, UVA, 2, true));
}
END_TEST

/* ---- B5: count and step ------------------------------------------------------------------------ */

START_TEST(test_b5_the_count_is_of_pages_after_the_first)
{
	everything_stale();
	invlpgb((struct machine_invlpgb){ .va_valid = true, .va = UVA,
	    .count = 1 });
	assert_small(false, false, true);
	everything_stale();
	invlpgb((struct machine_invlpgb){ .va_valid = true, .va = UVA,
	    .count = 511 });
	assert_small(false, false, true);
	everything_stale();
	invlpgb((struct machine_invlpgb){ .va_valid = true, .va = UVA,
	    .count = 512 });
	assert_small(false, false, false);
}
END_TEST

START_TEST(test_b5_a_small_step_takes_a_large_entry_that_it_touches)
{
	everything_stale();
	invlpgb((struct machine_invlpgb){ .va_valid = true,
	    .va = LARGE + 511 * MACHINE_PAGE, .count = 1 });
	assert_large(false, false, true);
}
END_TEST

START_TEST(test_b5_a_large_step_takes_large_entries)
{
	everything_stale();
	invlpgb((struct machine_invlpgb){ .va_valid = true, .large = true,
	    .va = LARGE + 5 * MACHINE_PAGE, .count = 1 });
	assert_large(false, false, true);
	ck_assert(leaf(2, UVA));
}
END_TEST

START_TEST(test_b5_a_large_step_takes_no_4k_entries)
{
	everything_stale();
	invlpgb((struct machine_invlpgb){ .va_valid = true, .large = true,
	    .va = UVA, .count = 1 });
	assert_small(true, true, true);
	ck_assert(leaf(2, UVA));
	ck_assert(!held(1, UVA, 2, true));
}
END_TEST

/* Without speculation what was accessed counts, in the same way. */
START_TEST(test_b5_a_large_step_spares_4k_pages_that_were_accessed)
{
	build();
	vm.config.speculative_fills = false;
	vm_config();
	(void)machine_access(vm.m, 1, UVA, false);
	(void)machine_access(vm.m, 1, LARGE, false);
	load_keep(1, b | 2);
	invlpgb((struct machine_invlpgb){ .va_valid = true, .large = true,
	    .va = UVA });
	invlpgb((struct machine_invlpgb){ .va_valid = true, .large = true,
	    .va = LARGE });
	make_stale();
	assert_small(true, false, false);
	assert_large(false, false, false);
}
END_TEST

START_TEST(test_b5_a_large_step_takes_no_pieces_of_a_large_page)
{
	everything_stale();
	vm.config.splinter = true;
	vm_config();
	invlpgb((struct machine_invlpgb){ .va_valid = true, .large = true,
	    .va = LARGE, .count = 2 });
	assert_large(true, true, true);
	invlpgb((struct machine_invlpgb){ .va_valid = true, .va = LARGE,
	    .count = 511 });
	assert_large(false, true, true);
}
END_TEST

START_TEST(test_b5_a_large_step_may_take_the_4k_entry_just_there)
{
	everything_stale();
	vm.config.invlpgb_any_size = true;
	vm_config();
	invlpgb((struct machine_invlpgb){ .va_valid = true, .large = true,
	    .va = UVA, .count = 1 });
	assert_small(false, true, false);
}
END_TEST

START_TEST(test_b5_a_large_step_spares_4k_entries_of_an_absent_context)
{
	for (unsigned any = 0; any < 2; any++) {
		build();
		vm.config.invlpgb_any_size = any;
		vm_config();
		load_keep(1, b | 2);
		invlpgb((struct machine_invlpgb){ .va_valid = true,
		    .large = true, .va = UVA });
		invlpgb((struct machine_invlpgb){ .va_valid = true,
		    .large = true, .va = LARGE });
		make_stale();
		assert_small(!any, true, true);
		assert_large(false, true, true);
	}
}
END_TEST

START_TEST(test_b5_ranges_of_an_absent_context_do_not_hide_each_other)
{
	build();
	load_keep(1, b | 2);
	invlpgb((struct machine_invlpgb){ .va_valid = true, .large = true,
	    .va = UVA, .count = 1 });
	invlpgb((struct machine_invlpgb){ .va_valid = true, .va = UVA });
	make_stale();
	assert_small(false, true, true);
}
END_TEST

/* ---- B6: faults; the next run ------------------------------------------------------------------------ */

START_TEST(test_b6_what_the_processor_does_not_take_is_a_fault)
{
	struct machine_invlpgb op = { .va_valid = true, .va = UVA,
	    .count = 8 };

	everything_stale();
	vm.config.invlpgb_max = 7;
	vm_config();
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), -1);
	op.count = 7;
	op.pcid_valid = true;
	op.pcid = 0x1000;
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), -1);
	op.pcid = 1;
	vm.config.no_invlpgb = true;
	vm_config();
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), -1);
	ck_assert_int_eq(machine_tlbsync(vm.m, 0), -1);
	ck_assert_uint_eq(machine_pending_broadcasts(vm.m, 1), 0);
	vm.config.no_invlpgb = false;
	vm_config();
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), 0);
}
END_TEST

START_TEST(test_b1_no_run_starts_with_requests)
{
	const struct machine_invlpgb op = { .globals = true };

	everything_stale();
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), 0);
	machine_save(vm.m);
	ck_assert_uint_eq(machine_pending_broadcasts(vm.m, 1), 0);
	ck_assert_uint_eq(stale_count(1), 0);
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), 0);
	machine_restore(vm.m);
	ck_assert_uint_eq(machine_pending_broadcasts(vm.m, 1), 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_b1_invlpgb_takes_effect_when_its_target_carries_it_out,
		test_b1_requests_are_carried_out_in_any_order,
		test_b1_a_cpu_that_never_ran_is_not_asked,
		test_b2_tlbsync_waits_until_everybody_has_carried_out_its_own,
		test_b2_tlbsync_does_not_wait_for_what_others_asked,
		test_b2_invlpgb_without_tlbsync_is_a_finding,
		test_b3_an_address_goes_under_every_pcid,
		test_b3_an_address_goes_under_the_pcid_named,
		test_b3_a_pcid_goes_as_a_whole,
		test_b3_globals_go_if_included_and_where_named,
		test_b4_upper_levels_go_wherever_they_lead,
		test_b4_with_tce_upper_levels_go_on_the_way_to_the_page,
		test_b4_final_only_leaves_every_upper_level,
		test_b4_final_only_of_an_absent_context_leaves_its_paths,
		test_b5_the_count_is_of_pages_after_the_first,
		test_b5_a_small_step_takes_a_large_entry_that_it_touches,
		test_b5_a_large_step_takes_large_entries,
		test_b5_a_large_step_takes_no_4k_entries,
		test_b5_a_large_step_spares_4k_pages_that_were_accessed,
		test_b5_a_large_step_takes_no_pieces_of_a_large_page,
		test_b5_a_large_step_may_take_the_4k_entry_just_there,
		test_b5_a_large_step_spares_4k_entries_of_an_absent_context,
		test_b5_ranges_of_an_absent_context_do_not_hide_each_other,
		test_b6_what_the_processor_does_not_take_is_a_fault,
		test_b1_no_run_starts_with_requests,
		NULL
	};

	return run_tests("model-broadcast", tests);
}
