/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a processor may have cached (docs/semantics.md, rules 5-8): page sizes,
 * upper levels, which changes of an entry make a cached copy stale, and demand
 * walks.  Rules 1-4: test_model_cache.c.
 */
#include "tests/unit/test_model.h"

static gpa_t a, b;              /* two roots */
static uint64_t *pte;           /* of UVA in a */

/* a maps UVA; cpu 0 stores, cpu 1 runs in a with PCID 1, both have PCIDs. */
static void
two_roots(void)
{
	vm_make(2);
	a = table();
	b = table();
	pte = map(a, UVA, page(), USER);
	(void)map(b, UVA, page(), USER);
	start(0, b | 9, PCIDE);
	start(1, a | 1, PCIDE);
}

/* ---- rule 5: sizes ---------------------------------------------------------------- */

static uint64_t *pde;
#define BIG 0x40000000ull       /* physical, at a 1 GiB boundary */

/* 2 MiB at UVA, and a table of the same 512 pages to swap it with. */
static gpa_t
large(void)
{
	gpa_t small;

	two_roots();
	small = table();
	for (unsigned i = 0; i < 512; i++)
		set(0, (uint64_t *)machine_ptr(vm.m, small) + i,
		    (BIG + i * MACHINE_PAGE) | USER);
	pde = map_large(a, UVA + GIB, 2, BIG, USER);
	load(1, a | 1);
	return small;
}

START_TEST(test_r5_demotion_without_flush_is_not_stale)
{
	gpa_t small = large();

	set(0, pde, small | UPPER);
	ck_assert(!stale(1, UVA + GIB));
	ck_assert(!stale(1, UVA + GIB + 17 * MACHINE_PAGE));
}
END_TEST

START_TEST(test_r5_a_store_after_demotion_makes_the_large_entry_stale)
{
	gpa_t small = large();

	set(0, pde, small | UPPER);
	set(0, (uint64_t *)machine_ptr(vm.m, small) + 17, 0);
	ck_assert(stale(1, UVA + GIB));         /* the one entry maps all */
	machine_invlpg(vm.m, 1, UVA + GIB + 3 * MACHINE_PAGE);
	ck_assert(!stale(1, UVA + GIB));        /* and goes as one */
}
END_TEST

START_TEST(test_r5_promotion_without_flush_is_not_stale)
{
	gpa_t small = large();

	set(0, pde, small | UPPER);
	load(1, a | 1);
	set(0, pde, BIG | USER | PTE_PS);
	ck_assert(!stale(1, UVA + GIB + 17 * MACHINE_PAGE) ||
	    stale_path(1, UVA + GIB, 2));
	machine_invlpg(vm.m, 1, UVA);           /* takes the path only */
	ck_assert(!stale(1, UVA + GIB + 17 * MACHINE_PAGE));
	set(0, pde, 0);                         /* the small one is still there */
	machine_invlpg(vm.m, 1, UVA + GIB);
	ck_assert(!stale(1, UVA + GIB));
	ck_assert(stale(1, UVA + GIB + 17 * MACHINE_PAGE));
	ck_assert(!machine_overflowed(vm.m));
}
END_TEST

START_TEST(test_r5_demotion_of_1g_is_not_stale_until_one_page_changes)
{
	uint64_t *pdpte, *e;
	gpa_t dir;

	two_roots();
	pdpte = map_large(a, 4 * GIB, 3, BIG, USER);
	dir = table();
	for (unsigned i = 0; i < 512; i++)
		set(0, (uint64_t *)machine_ptr(vm.m, dir) + i,
		    (BIG + i * MIB2) | USER | PTE_PS);
	load(1, a | 1);
	set(0, pdpte, dir | UPPER);
	ck_assert(!stale(1, 4 * GIB + 5 * MIB2));
	e = (uint64_t *)machine_ptr(vm.m, dir) + 5;
	set(0, e, get(e) & ~PTE_W);
	ck_assert(stale(1, 4 * GIB));
}
END_TEST

START_TEST(test_r5_invlpg_of_any_page_removes_a_large_entry)
{
	(void)large();
	set(0, pde, 0);
	machine_invlpg(vm.m, 1, UVA + GIB + 300 * MACHINE_PAGE);
	ck_assert(!stale(1, UVA + GIB));
	ck_assert_uint_eq(stale_count(1), 0);
}
END_TEST

START_TEST(test_r5_invpcid_of_one_page_spares_no_large_entry_while_away)
{
	(void)large();
	load_keep(1, b | 2);
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1,
	    UVA + GIB + 9 * MACHINE_PAGE), 0);
	set(0, pde, 0);
	load_keep(1, a | 1);
	ck_assert(!stale(1, UVA + GIB));
}
END_TEST

START_TEST(test_r5_splinters_of_an_unmapped_large_page_go_one_by_one)
{
	(void)large();
	vm.config.splinter = true;
	vm_config();
	set(0, pde, 0);
	machine_invlpg(vm.m, 1, UVA + GIB);
	ck_assert(stale(1, UVA + GIB + MACHINE_PAGE));
	for (unsigned i = 1; i < 512; i++)
		machine_invlpg(vm.m, 1, UVA + GIB + i * MACHINE_PAGE);
	ck_assert(!stale(1, UVA + GIB));
}
END_TEST

START_TEST(test_r5_splinters_go_together_while_the_tables_map_it_large)
{
	(void)large();
	vm.config.splinter = true;
	vm_config();
	set(0, pde, get(pde) & ~PTE_W);
	ck_assert(stale(1, UVA + GIB));
	machine_invlpg(vm.m, 1, UVA + GIB + 5 * MACHINE_PAGE);
	ck_assert(!stale(1, UVA + GIB));
}
END_TEST

/* ---- rule 6: upper levels ------------------------------------------------------------ */

START_TEST(test_r6_a_cleared_pde_leaves_a_path_and_its_leaves)
{
	two_roots();
	set(0, entry(a, UVA, 2), 0);
	ck_assert(stale_path(1, UVA, 2));
	ck_assert(stale_path(1, UVA + MIB2 - 1, 2));
	ck_assert(!stale_path(1, UVA + MIB2, 2));
	ck_assert_uint_eq(stale_count(1), 2);
}
END_TEST

/* F7: a page table with nothing in it. */
START_TEST(test_r6_a_path_is_cached_though_no_translation_comes_of_it)
{
	two_roots();
	set(0, pte, 0);
	machine_invlpg(vm.m, 1, UVA);
	set(0, entry(a, UVA, 2), 0);
	ck_assert(stale_path(1, UVA, 2));
	ck_assert_uint_eq(stale_count(1), 1);
}
END_TEST

START_TEST(test_r6_paths_below_a_cleared_entry_are_cached_each)
{
	two_roots();
	set(0, entry(a, UVA, 4), 0);
	for (unsigned level = 2; level <= 4; level++)
		ck_assert(stale_path(1, UVA, level));
}
END_TEST

START_TEST(test_r6_an_entry_put_back_is_not_stale)
{
	uint64_t *e, old;

	two_roots();
	e = entry(a, UVA, 2);
	old = get(e);
	set(0, e, 0);
	set(0, e, old);
	ck_assert_uint_eq(stale_count(1), 0);
}
END_TEST

START_TEST(test_r6_a_cpu_without_upper_caches_holds_leaves_only)
{
	two_roots();
	vm.config.upper_caches = false;
	vm_config();
	set(0, entry(a, UVA, 2), 0);
	ck_assert(stale(1, UVA));
	ck_assert(!stale_path(1, UVA, 2));
}
END_TEST

START_TEST(test_r6_a_path_loses_rights_like_a_leaf)
{
	uint64_t *e;

	two_roots();
	e = entry(a, UVA, 3);
	set(0, e, get(e) & ~PTE_W);
	ck_assert(stale_path(1, UVA, 3));
	set(0, e, get(e) | PTE_W);
	ck_assert(!stale_path(1, UVA, 3));
}
END_TEST

START_TEST(test_r6_a_table_that_moves_leaves_a_path_at_the_old_place_only)
{
	uint64_t *from, *to, old;

	two_roots();
	from = entry(a, UVA, 2);
	to = entry(a, UVA + MIB2, 2);
	old = get(from);
	set(0, from, 0);
	set(0, to, old);
	ck_assert(stale_path(1, UVA, 2));
	ck_assert(!stale_path(1, UVA + MIB2, 2));
	ck_assert(!stale(1, UVA + MIB2));
	/* the table tells where it is now */
	machine_invlpg(vm.m, 1, UVA);
	set(0, pte, 0);
	ck_assert(!stale(1, UVA));
	ck_assert(stale(1, UVA + MIB2));
}
END_TEST

/* A page freed before its PDE is cleared must not stay linked. */
START_TEST(test_r6_a_table_freed_before_it_is_unlinked_is_forgotten_there)
{
	uint64_t *e;
	gpa_t pt, other;

	two_roots();
	e = entry(a, UVA, 2);
	pt = get(e) & PTE_ADDR;
	other = table();
	machine_frame_free(vm.m, machine_ptr(vm.m, pt));
	set(0, e, other | UPPER);
	ck_assert(stale_path(1, UVA, 2));
	load(1, a | 1);
	ck_assert(table() == pt);
	set(0, entry(a, UVA + GIB, 2), pt | UPPER);
	set(0, (uint64_t *)machine_ptr(vm.m, pt), page() | USER);
	set(0, (uint64_t *)machine_ptr(vm.m, pt), 0);
	ck_assert(stale(1, UVA + GIB));
	ck_assert(!stale(1, UVA));
}
END_TEST

/* ---- F9: entries that lead to their own page ------------------------------------- */

#define SELF 300ull
/* Where the page table of UVA, and the entry that maps it, are to be seen. */
#define TABLE_OF_UVA (0xffff000000000000ull | SELF << 39 | UVA >> 9)
#define DIR_OF_UVA (0xffff000000000000ull | SELF << 39 | SELF << 30 | UVA >> 18)

static void
self_mapped(bool followed)
{
	vm_make(2);
	vm.config.self_maps = followed;
	vm_config();
	a = table();
	(void)map(a, UVA, page(), USER);
	set(0, (uint64_t *)machine_ptr(vm.m, a) + SELF, a | UPPER | PTE_D);
	start(1, a | 1, PCIDE);
}

START_TEST(test_f9_a_table_entry_serves_as_a_leaf_through_a_self_map)
{
	self_mapped(true);
	set(0, entry(a, UVA, 2), 0);
	ck_assert(stale(1, TABLE_OF_UVA) && stale(1, UVA));
	ck_assert(!stale(1, TABLE_OF_UVA + MACHINE_PAGE));
	machine_invlpg(vm.m, 1, UVA);
	ck_assert(!stale(1, UVA) && stale(1, TABLE_OF_UVA));
	machine_invlpg(vm.m, 1, TABLE_OF_UVA);
	ck_assert(!stale(1, TABLE_OF_UVA));
}
END_TEST

START_TEST(test_f9_each_level_is_seen_through_as_many_turns)
{
	self_mapped(true);
	set(0, entry(a, UVA, 3), 0);
	ck_assert(stale(1, DIR_OF_UVA & ~(MACHINE_PAGE - 1)));
	ck_assert(stale(1, TABLE_OF_UVA));
	/* as leaf, and as the path to what lies below */
	ck_assert(stale_path(1, UVA, 3) && stale_path(1, TABLE_OF_UVA, 2));
}
END_TEST

START_TEST(test_f9_self_maps_are_not_followed_unless_configured)
{
	self_mapped(false);
	set(0, entry(a, UVA, 3), 0);
	ck_assert(!stale(1, TABLE_OF_UVA) && stale(1, UVA));
}
END_TEST

/* ---- rule 7: what makes stale ----------------------------------------------------------- */

static const struct {
	uint64_t before, after;
	bool stale;
} changes[] = {
	{ USER, 0, true },
	{ USER, USER & ~PTE_P, true },
	{ USER, USER | 1ull << 40, true },              /* another frame */
	{ USER, USER & ~PTE_W, true },
	{ USER, USER & ~PTE_U, true },
	{ USER, USER | PTE_NX, true },
	{ USER, USER | PTE_PWT, true },
	{ USER | PTE_PCD, USER, true },
	{ USER, USER | PTE_PAT, true },
	{ USER, USER | 3ull << 59, true },
	{ USER | PTE_G, USER, true },
	{ USER, USER & ~PTE_D, true },
	/* nothing lost */
	{ USER, USER & ~PTE_A, false },
	{ USER & ~PTE_W, USER, false },
	{ USER & ~PTE_U, USER, false },
	{ USER | PTE_NX, USER, false },
	{ USER, USER | PTE_G, false },
	{ USER & ~PTE_D, USER, false },
	{ USER, USER | 7ull << 9, false },              /* software's */
	{ USER & ~PTE_P, USER, false },                 /* F3 */
};

START_TEST(test_r7_losing_makes_stale_and_gaining_does_not)
{
	for (unsigned i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		gpa_t pa;

		two_roots();
		pa = page();
		set(0, pte, pa | changes[i].before);
		load(1, a | 1);
		(void)machine_mov_cr4(vm.m, 1, PCIDE & ~CR4_PGE);
		(void)machine_mov_cr4(vm.m, 1, PCIDE);
		set(0, pte, changes[i].after == 0 ? 0 : pa | changes[i].after);
		ck_assert_msg(stale(1, UVA) == changes[i].stale,
		    "change %u", i);
	}
}
END_TEST

START_TEST(test_r7_the_pat_bit_of_a_large_page_counts)
{
	(void)large();
	set(0, pde, get(pde) | 1ull << 9);      /* software's */
	ck_assert(!stale(1, UVA + GIB));
	set(0, pde, get(pde) | 1ull << 12);
	ck_assert(stale(1, UVA + GIB));
}
END_TEST

/* An entry cached before G was set is under its PCID, not global. */
START_TEST(test_r7_a_gained_g_leaves_the_old_entry_under_its_pcid)
{
	two_roots();
	set(0, pte, get(pte) | PTE_G);
	ck_assert(!stale(1, UVA));
	set(0, pte, 0);
	load_keep(1, b | 2);
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 1, 1, 0), 0);
	ck_assert(stale(1, UVA));       /* the global one */
	load_keep(1, a | 1);
	machine_invlpg(vm.m, 1, UVA);
	ck_assert_uint_eq(stale_count(1), 0);
}
END_TEST

START_TEST(test_r7_a_restored_entry_is_not_stale_any_more)
{
	uint64_t old;

	two_roots();
	old = get(pte);
	set(0, pte, 0);
	ck_assert(stale(1, UVA));
	set(0, pte, old);
	ck_assert(!stale(1, UVA));
	set(0, pte, 0);
	ck_assert(stale(1, UVA));
}
END_TEST

/* ---- rule 8: demand walks (store buffers: test_model_tso.c) ---------------------------- */

START_TEST(test_r8_a_demand_walk_sets_a_and_d_in_memory)
{
	two_roots();
	set(0, pte, page() | (USER & ~(PTE_A | PTE_D)));
	set(0, entry(a, UVA, 2), get(entry(a, UVA, 2)) & ~PTE_A);
	ck_assert(machine_access(vm.m, 1, UVA, false) != ~0ull);
	ck_assert((get(pte) & (PTE_A | PTE_D)) == PTE_A);
	ck_assert(get(entry(a, UVA, 2)) & PTE_A);
	ck_assert(machine_access(vm.m, 1, UVA, true) != ~0ull);
	ck_assert(get(pte) & PTE_D);
}
END_TEST

START_TEST(test_r8_a_demand_walk_faults_where_rights_are_missing)
{
	two_roots();
	set(0, pte, page() | (USER & ~(PTE_W | PTE_U)));
	load(1, a | 1);
	ck_assert(machine_access(vm.m, 1, UVA, true) == ~0ull);
	ck_assert(machine_access(vm.m, 1, UVA, false) != ~0ull);
	user(1);
	ck_assert(machine_access(vm.m, 1, UVA, false) == ~0ull);
	ck_assert(machine_access(vm.m, 1, UVA + GIB, false) == ~0ull);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_r5_demotion_without_flush_is_not_stale,
		test_r5_a_store_after_demotion_makes_the_large_entry_stale,
		test_r5_promotion_without_flush_is_not_stale,
		test_r5_demotion_of_1g_is_not_stale_until_one_page_changes,
		test_r5_invlpg_of_any_page_removes_a_large_entry,
		test_r5_invpcid_of_one_page_spares_no_large_entry_while_away,
		test_r5_splinters_of_an_unmapped_large_page_go_one_by_one,
		test_r5_splinters_go_together_while_the_tables_map_it_large,
		test_r6_a_cleared_pde_leaves_a_path_and_its_leaves,
		test_r6_a_path_is_cached_though_no_translation_comes_of_it,
		test_r6_paths_below_a_cleared_entry_are_cached_each,
		test_r6_an_entry_put_back_is_not_stale,
		test_r6_a_cpu_without_upper_caches_holds_leaves_only,
		test_r6_a_path_loses_rights_like_a_leaf,
		test_r6_a_table_that_moves_leaves_a_path_at_the_old_place_only,
		test_r6_a_table_freed_before_it_is_unlinked_is_forgotten_there,
		test_f9_a_table_entry_serves_as_a_leaf_through_a_self_map,
		test_f9_each_level_is_seen_through_as_many_turns,
		test_f9_self_maps_are_not_followed_unless_configured,
		test_r7_losing_makes_stale_and_gaining_does_not,
		test_r7_the_pat_bit_of_a_large_page_counts,
		test_r7_a_gained_g_leaves_the_old_entry_under_its_pcid,
		test_r7_a_restored_entry_is_not_stale_any_more,
		test_r8_a_demand_walk_sets_a_and_d_in_memory,
		test_r8_a_demand_walk_faults_where_rights_are_missing,
		NULL
	};

	return run_tests("model-paging", tests);
}
