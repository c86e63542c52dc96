/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 5-level paging (SDM 4.5, CR4.LA57): linear addresses of 57 bits, and a PML5
 * entry that is walked, cached and invalidated like the levels below it.
 */
#include "tests/unit/test_model.h"

#define FAR (UVA + (1ull << 50))                /* another PML5 entry */
#define KFAR (0xff00000000000000ull + UVA)      /* the lowest upper half */

static gpa_t a, b;

static void
world(void)
{
	vm_make(2);
	vm.config.levels5 = true;
	vm_config();
	a = table();
	b = table();
	(void)map(a, UVA, page(), USER);
	(void)map(a, FAR, page(), USER);
	(void)map(a, KFAR, page(), KERN);
	start(0, b | 9, PCIDE);
	start(1, a | 1, PCIDE);
}

START_TEST(test_la57_leaves_are_told_apart_by_57_bits)
{
	world();
	set(0, entry(a, FAR, 1), 0);
	ck_assert(stale(1, FAR) && !stale(1, UVA));
	machine_invlpg(vm.m, 1, UVA);
	ck_assert(stale(1, FAR));
	machine_invlpg(vm.m, 1, FAR);
	ck_assert(!stale(1, FAR));
}
END_TEST

START_TEST(test_la57_the_upper_half_begins_at_bit_56)
{
	world();
	set(0, entry(a, KFAR, 1), 0);
	ck_assert(stale(1, KFAR));
	operation(0, a, KFAR);
	ck_assert_uint_eq(found(), 1);
	ck_assert_uint_eq(vm.found[0].va, KFAR);
	ck_assert_int_eq(vm.found[0].space, SPACE_KERNEL);
}
END_TEST

START_TEST(test_la57_a_walk_goes_through_five_levels)
{
	gpa_t pa;

	world();
	pa = page();
	(void)map(a, FAR + MACHINE_PAGE, pa, USER);
	ck_assert_uint_eq(machine_access(vm.m, 1, FAR + MACHINE_PAGE + 3,
	    false), pa + 3);
	set(0, entry(a, FAR, 5), get(entry(a, FAR, 5)) & ~PTE_P);
	machine_invlpg(vm.m, 1, FAR + MACHINE_PAGE);
	ck_assert(machine_access(vm.m, 1, FAR + MACHINE_PAGE, false) == ~0ull);
	ck_assert(machine_access(vm.m, 1, UVA, false) != ~0ull);
}
END_TEST

START_TEST(test_la57_a_cleared_pml5_entry_leaves_a_path_at_each_level)
{
	world();
	set(0, entry(a, FAR, 5), 0);
	for (unsigned level = 2; level <= 5; level++)
		ck_assert(stale_path(1, FAR, level));
	ck_assert(stale_path(1, 1ull << 50, 5));
	ck_assert(!stale_path(1, UVA, 5) && !stale_path(1, UVA, 4));
}
END_TEST

START_TEST(test_la57_invlpg_clears_the_pml5_cache)
{
	world();
	set(0, entry(a, FAR, 5), 0);
	machine_invlpg(vm.m, 1, UVA);
	ck_assert(!stale_path(1, FAR, 5) && !stale_path(1, FAR, 2));
	ck_assert(stale(1, FAR));
}
END_TEST

START_TEST(test_la57_an_address_clears_the_pml5_entry_on_its_way_only)
{
	world();
	set(0, entry(a, FAR, 5), 0);
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1, UVA), 0);
	ck_assert(stale_path(1, FAR, 5));
	/* the same PML5 entry, another PML4 entry */
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1, FAR + 512 * GIB), 0);
	ck_assert(!stale_path(1, FAR, 5) && stale_path(1, FAR, 4));
}
END_TEST

START_TEST(test_la57_a_clear_in_pml5_keeps_all_below_out)
{
	uint64_t *top;

	world();
	start(1, b | 2, PCIDE);
	top = entry(a, FAR, 5);
	set(0, top, get(top) & ~PTE_A);
	machine_invlpg(vm.m, 1, FAR);
	load(1, a | 1);
	set(0, entry(a, FAR, 1), 0);
	ck_assert_uint_eq(stale_count(1), 0);
	/* a walk may set it */
	ck_assert_uint_eq(machine_walks(vm.m, 1), 1);
	machine_walk(vm.m, 1, 0);
	ck_assert(get(top) & PTE_A);
}
END_TEST

START_TEST(test_la57_pml5_rights_count_below)
{
	uint64_t *top;

	world();
	top = entry(a, FAR, 5);
	set(0, top, get(top) & ~PTE_W);
	ck_assert(stale(1, FAR) && stale_path(1, FAR, 5));
	ck_assert(!stale(1, UVA));
}
END_TEST

START_TEST(test_la57_a_pcid_that_returns_with_another_root_is_a_finding)
{
	world();
	user(1);
	load_keep(1, b | 1);
	ck_assert_uint_gt(found(), 0);
	for (unsigned i = 0; i < vm.nfound; i++)
		ck_assert_uint_lt(vm.found[i].va, 1ull << 56);
}
END_TEST

START_TEST(test_la57_canonical_means_57_bits)
{
	world();
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1, 1ull << 47), 0);
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1, 1ull << 56), -1);
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1, KFAR), 0);
}
END_TEST

/* In both modes; the address would be UVA if it were cut. */
START_TEST(test_i1_invlpg_of_an_address_that_is_not_canonical_is_a_nop)
{
	for (unsigned levels5 = 0; levels5 < 2; levels5++) {
		vm_make(2);
		vm.config.levels5 = levels5;
		vm_config();
		a = table();
		(void)map(a, UVA, page(), USER);
		start(1, a | 1, PCIDE);
		set(0, entry(a, UVA, 1), 0);
		machine_invlpg(vm.m, 1, UVA | 1ull << 60);
		ck_assert(stale(1, UVA));
		machine_invlpg(vm.m, 1, UVA);
		ck_assert(!stale(1, UVA));
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_la57_leaves_are_told_apart_by_57_bits,
		test_la57_the_upper_half_begins_at_bit_56,
		test_la57_a_walk_goes_through_five_levels,
		test_la57_a_cleared_pml5_entry_leaves_a_path_at_each_level,
		test_la57_invlpg_clears_the_pml5_cache,
		test_la57_an_address_clears_the_pml5_entry_on_its_way_only,
		test_la57_a_clear_in_pml5_keeps_all_below_out,
		test_la57_pml5_rights_count_below,
		test_la57_a_pcid_that_returns_with_another_root_is_a_finding,
		test_la57_canonical_means_57_bits,
		test_i1_invlpg_of_an_address_that_is_not_canonical_is_a_nop,
		NULL
	};

	return run_tests("model-la57", tests);
}
