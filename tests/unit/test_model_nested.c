/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Second-level translation (SDM 3C, 28.3; rules N1-N5 of docs/semantics.md;
 * N6: test_model_ept.c).
 * Cpu 0 is the hypervisor that owns the second-level tables n and o; cpu 1 runs
 * a guest under n with CR3 = a and PCID 1:
 *
 *      n: GPA -> a frame, GPA2 -> a frame          o: GPA -> a frame
 *      a: UVA -> GPA, UVA + one page -> GPA2, KVA -> GPA, global
 */
#include "tests/unit/test_model.h"

#define GPA2 (9 * GIB)
#define UVA2 (UVA + MACHINE_PAGE)

static gpa_t a, n, o, hframe;

static void
world(void)
{
	vm_make(2);
	vm.config.nested = true;
	vm_config();
	a = table();
	n = table();
	o = table();
	hframe = page();
	(void)map(n, GPA, hframe, USER);
	(void)map(n, GPA2, page(), USER);
	(void)map(o, GPA, page(), USER);
	(void)map(a, UVA, GPA, USER);
	(void)map(a, UVA2, GPA2, USER);
	(void)map(a, KVA, GPA, KERN | PTE_G);
	start(0, table() | 9, PCIDE);
	start(1, table() | 1, PCIDE);
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, n, a | 1), 0);
}

static bool
combined(gva_t va)
{
	struct machine_stale s;

	for (unsigned i = 0; machine_stale(vm.m, 1, i, &s); i++)
		if (!s.nested && !s.cached.path && s.cached.va == va)
			return true;
	return false;
}

/* The hypervisor takes both pages, the guest unmaps all three. */
static void
everything_stale(void)
{
	world();
	set(0, entry(n, GPA, 1), 0);
	set(0, entry(n, GPA2, 1), 0);
	set(0, entry(a, UVA, 1), 0);
	set(0, entry(a, UVA2, 1), 0);
	set(0, entry(a, KVA, 1), 0);
	ck_assert(mapping(GPA, false) && mapping(GPA2, false));
	ck_assert(combined(UVA) && combined(UVA2) && combined(KVA));
}

static void
flush(gpa_t root, bool whole, gpa_t gpa, uint64_t bytes)
{
	machine_flush_guest_physical(vm.m, 1, root, whole, gpa, bytes);
}

/* ---- N1: what may be cached ----------------------------------------------------------- */

START_TEST(test_n1_guest_physical_mappings_are_cached_under_their_root)
{
	world();
	set(0, entry(o, GPA, 1), 0);
	ck_assert(!mapping(GPA, false));
	set(0, entry(n, GPA, 1), 0);
	ck_assert(mapping(GPA, false) && !mapping(GPA2, false));
	ck_assert_uint_eq(stale_count(0), 0);
}
END_TEST

START_TEST(test_n1_a_guest_physical_path_is_cached)
{
	world();
	set(0, entry(n, GPA, 2), 0);
	ck_assert(mapping(GPA, true) && !mapping(GPA2, true));
}
END_TEST

START_TEST(test_n1_with_a_clear_nothing_is_cached_until_a_walk_sets_it)
{
	uint64_t *e;

	world();
	e = map(n, GPA + MACHINE_PAGE, page(), USER & ~PTE_A);
	ck_assert_uint_eq(machine_walks(vm.m, 1), 1);
	ck_assert_uint_eq(machine_walks(vm.m, 0), 0);
	set(0, e, 0);
	ck_assert(!mapping(GPA + MACHINE_PAGE, false));
	set(0, e, hframe | (USER & ~PTE_A));
	machine_walk(vm.m, 1, 0);
	set(0, e, 0);
	ck_assert(mapping(GPA + MACHINE_PAGE, false));
}
END_TEST

START_TEST(test_n1_nothing_is_nested_unless_configured)
{
	vm_make(1);
	a = table();
	ck_assert_int_eq(machine_guest_enter(vm.m, 0, a, a), -1);
	ck_assert_int_eq(machine_invept(vm.m, 0, 2, 0), -1);
}
END_TEST

/* ---- N2: who uses what ------------------------------------------------------------------- */

START_TEST(test_n2_combined_mappings_are_used_under_their_root_alone)
{
	world();
	set(0, entry(a, UVA, 1), 0);
	ck_assert(stale(1, UVA));
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, o, a | 1), 0);
	ck_assert(!stale(1, UVA));
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, 0, a | 1), 0);
	ck_assert(!stale(1, UVA));
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, n, a | 1), 0);
	ck_assert(stale(1, UVA));
}
END_TEST

START_TEST(test_n2_combined_globals_are_used_under_their_root_alone)
{
	world();
	set(0, entry(a, KVA, 1), 0);
	load_keep(1, a | 7);
	ck_assert(stale(1, KVA));
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, o, a | 1), 0);
	ck_assert(!stale(1, KVA));
}
END_TEST

START_TEST(test_n2_guest_physical_mappings_count_while_their_root_is_in_use)
{
	world();
	set(0, entry(n, GPA, 1), 0);
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, 0, a | 1), 0);
	operation(0, n, GPA);
	ck_assert_uint_eq(found(), 0);
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, o, a | 1), 0);
	ck_assert_uint_eq(found(), 0);
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, n, a | 1), 0);
	ck_assert_uint_eq(found(), 1);
	ck_assert_int_eq(vm.found[0].space, SPACE_NESTED);
	ck_assert_uint_eq(vm.found[0].va, GPA);
}
END_TEST

START_TEST(test_n2_cr4_belongs_to_the_guest)
{
	world();
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, CR4_PCIDE), 0);
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, 0, a | 1), 0);
	ck_assert_uint_eq(machine_cr4(vm.m, 1), PCIDE);
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, n, a | 1), 0);
	ck_assert_uint_eq(machine_cr4(vm.m, 1), CR4_PCIDE);
}
END_TEST

/* The host turns PGE off while the guest is away: nothing of it changes. */
START_TEST(test_n2_an_absent_guest_keeps_what_it_had_as_global)
{
	world();
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, 0, table() | 1), 0);
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, CR4_PCIDE), 0);
	set(0, entry(a, KVA, 1), 0);
	ck_assert(combined(KVA));
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, n, a | 7), 0);
	ck_assert(stale(1, KVA));
}
END_TEST

/* ---- N3: what the guest's instructions remove ----------------------------------------------- */

START_TEST(test_n3_instructions_remove_combined_mappings_alone)
{
	everything_stale();
	machine_invlpg(vm.m, 1, UVA);
	ck_assert(!combined(UVA) && combined(UVA2));
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 2, 0, 0), 0);
	ck_assert(!combined(UVA2) && !combined(KVA));
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, CR4_PCIDE), 0);
	load(1, a | 1);
	ck_assert(mapping(GPA, false) && mapping(GPA2, false));
}
END_TEST

START_TEST(test_n3_instructions_act_under_the_root_in_use)
{
	everything_stale();
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, 0, table() | 1), 0);
	machine_invlpg(vm.m, 1, UVA);
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 2, 0, 0), 0);
	ck_assert(combined(UVA) && combined(UVA2) && combined(KVA));
}
END_TEST

START_TEST(test_n3_a_broadcast_acts_under_the_root_of_its_issuer)
{
	const struct machine_invlpgb op = { .globals = true };

	everything_stale();
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), 0);
	machine_broadcast_step(vm.m, 1, 0);
	ck_assert(combined(UVA) && combined(KVA));
	ck_assert_int_eq(machine_invlpgb(vm.m, 1, &op), 0);
	machine_broadcast_step(vm.m, 1, 0);
	ck_assert(!combined(UVA) && !combined(KVA));
	ck_assert(mapping(GPA, false));
}
END_TEST

/* ---- N4: INVEPT ------------------------------------------------------------------------------ */

START_TEST(test_n4_invept_of_a_root_removes_both_kinds)
{
	everything_stale();
	ck_assert_int_eq(machine_invept(vm.m, 1, 1, n), 0);
	ck_assert_uint_eq(stale_count(1), 0);
}
END_TEST

/*
 * Two virtual CPUs of the same guest have been here, each with a VPID of its own:
 * a PCID stands for it.  INVEPT needs to know neither.
 */
START_TEST(test_n4_invept_of_a_root_is_for_every_vpid_and_pcid)
{
	gpa_t b;

	for (unsigned type = 1; type <= 2; type++) {
		world();
		b = table();
		(void)map(b, UVA2, GPA2, USER);
		ck_assert_int_eq(machine_guest_enter(vm.m, 1, n, b | 2), 0);
		set(0, entry(a, UVA, 1), 0);
		set(0, entry(b, UVA2, 1), 0);
		ck_assert(combined(UVA) && combined(UVA2));
		ck_assert_int_eq(machine_invept(vm.m, 1, type, n), 0);
		ck_assert(!combined(UVA) && !combined(UVA2));
		ck_assert_int_eq(machine_guest_enter(vm.m, 1, n, a | 1), 0);
		ck_assert_uint_eq(stale_count(1), 0);
	}
}
END_TEST

START_TEST(test_n4_invept_of_a_root_leaves_other_roots)
{
	everything_stale();
	ck_assert_int_eq(machine_invept(vm.m, 1, 1, o), 0);
	ck_assert_int_eq(machine_invept(vm.m, 0, 1, n), 0);
	ck_assert_int_eq(machine_invept(vm.m, 1, 3, n), -1);
	ck_assert(mapping(GPA, false) && combined(UVA) && combined(KVA));
}
END_TEST

START_TEST(test_n4_invept_of_all_leaves_what_is_not_nested)
{
	gpa_t h;
	uint64_t *e;

	everything_stale();
	h = table();
	e = map(h, UVA2, page(), USER);
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, 0, h | 3), 0);
	set(0, e, 0);
	ck_assert_int_eq(machine_invept(vm.m, 1, 2, 0), 0);
	ck_assert_uint_eq(stale_count(1), 1);
	ck_assert(combined(UVA2));
}
END_TEST

/* ---- N5: the hypercalls' flushes ---------------------------------------------------------------- */

START_TEST(test_n5_a_flush_of_a_range_takes_what_leads_there)
{
	everything_stale();
	flush(n, false, GPA, MACHINE_PAGE);
	ck_assert(!mapping(GPA, false) && mapping(GPA2, false));
	ck_assert(!combined(UVA) && combined(UVA2) && !combined(KVA));
}
END_TEST

START_TEST(test_n5_a_flush_of_another_root_or_of_nothing_takes_nothing)
{
	everything_stale();
	flush(o, true, 0, 0);
	flush(n, false, GPA, 0);
	flush(n, false, GPA + MACHINE_PAGE, MACHINE_PAGE);
	ck_assert(mapping(GPA, false) && mapping(GPA2, false));
	ck_assert(combined(UVA) && combined(UVA2) && combined(KVA));
}
END_TEST

START_TEST(test_n5_a_flush_of_the_space_takes_all_of_its_root)
{
	everything_stale();
	flush(n, true, 0, 0);
	ck_assert_uint_eq(stale_count(1), 0);
}
END_TEST

START_TEST(test_n5_a_flush_takes_the_path_to_its_address)
{
	world();
	set(0, entry(n, GPA, 2), 0);
	flush(n, false, GPA2, MACHINE_PAGE);
	ck_assert(mapping(GPA, true));
	flush(n, false, GPA, MACHINE_PAGE);
	ck_assert(!mapping(GPA, true) && !mapping(GPA, false));
}
END_TEST

/* The guest is away: what was flushed never comes back. */
START_TEST(test_n5_a_flush_while_the_guest_is_away_is_remembered)
{
	world();
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, 0, table() | 1), 0);
	flush(n, false, GPA, MACHINE_PAGE);
	set(0, entry(n, GPA, 1), 0);
	set(0, entry(n, GPA2, 1), 0);
	ck_assert(!mapping(GPA, false) && mapping(GPA2, false));

	world();
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, 0, table() | 1), 0);
	flush(n, true, 0, 0);
	set(0, entry(n, GPA, 1), 0);
	set(0, entry(a, UVA, 1), 0);
	ck_assert_uint_eq(stale_count(1), 0);
}
END_TEST

START_TEST(test_n5_guest_virtual_flushes_of_the_host_leave_guests_alone)
{
	const struct machine_flush all = { .any_root = true, .whole = true };

	everything_stale();
	machine_flush(vm.m, 1, &all);
	ck_assert(mapping(GPA, false) && combined(UVA) && combined(KVA));
}
END_TEST

/* ---- contracts ------------------------------------------------------------------------------------- */

/* The hypervisor unmaps a page of the guest; cpu 1 is in it meanwhile. */
static unsigned
unmap(bool flushed)
{
	world();
	set(0, entry(n, GPA, 1), 0);
	if (flushed)
		flush(n, false, GPA, MACHINE_PAGE);
	operation(0, n, GPA);
	return found();
}

START_TEST(test_n2_an_unmap_without_flush_is_a_finding)
{
	ck_assert_uint_eq(unmap(false), 1);
	ck_assert_uint_eq(unmap(true), 0);
}
END_TEST

START_TEST(test_n2_guest_physical_mappings_do_not_care_for_pge)
{
	world();
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, CR4_PCIDE), 0);
	set(0, entry(n, GPA, 1), 0);
	operation(0, n, GPA);
	ck_assert_uint_eq(found(), 1);
}
END_TEST

START_TEST(test_n2_contracts_over_linear_addresses_are_not_meant)
{
	world();
	set(0, entry(n, GPA, 1), 0);
	operation(0, 0, GPA);
	invalidated_all(0, a);
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(test_n2_a_frame_freed_under_a_guest_is_a_finding)
{
	world();
	set(0, entry(n, GPA, 1), 0);
	machine_frame_free(vm.m, machine_ptr(vm.m, hframe));
	ck_assert_uint_eq(found(), 1);
	ck_assert(vm.found[0].reused);

	world();
	set(0, entry(n, GPA, 1), 0);
	flush(n, true, 0, 0);
	machine_frame_free(vm.m, machine_ptr(vm.m, hframe));
	ck_assert_uint_eq(found(), 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_n1_guest_physical_mappings_are_cached_under_their_root,
		test_n1_a_guest_physical_path_is_cached,
		test_n1_with_a_clear_nothing_is_cached_until_a_walk_sets_it,
		test_n1_nothing_is_nested_unless_configured,
		test_n2_combined_mappings_are_used_under_their_root_alone,
		test_n2_combined_globals_are_used_under_their_root_alone,
		test_n2_guest_physical_mappings_count_while_their_root_is_in_use,
		test_n2_cr4_belongs_to_the_guest,
		test_n2_an_absent_guest_keeps_what_it_had_as_global,
		test_n3_instructions_remove_combined_mappings_alone,
		test_n3_instructions_act_under_the_root_in_use,
		test_n3_a_broadcast_acts_under_the_root_of_its_issuer,
		test_n4_invept_of_a_root_removes_both_kinds,
		test_n4_invept_of_a_root_is_for_every_vpid_and_pcid,
		test_n4_invept_of_a_root_leaves_other_roots,
		test_n4_invept_of_all_leaves_what_is_not_nested,
		test_n5_a_flush_of_a_range_takes_what_leads_there,
		test_n5_a_flush_of_another_root_or_of_nothing_takes_nothing,
		test_n5_a_flush_of_the_space_takes_all_of_its_root,
		test_n5_a_flush_takes_the_path_to_its_address,
		test_n5_a_flush_while_the_guest_is_away_is_remembered,
		test_n5_guest_virtual_flushes_of_the_host_leave_guests_alone,
		test_n2_an_unmap_without_flush_is_a_finding,
		test_n2_guest_physical_mappings_do_not_care_for_pge,
		test_n2_contracts_over_linear_addresses_are_not_meant,
		test_n2_a_frame_freed_under_a_guest_is_a_finding,
		NULL
	};

	return run_tests("model-nested", tests);
}
