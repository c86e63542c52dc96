/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What instructions and flushes from outside remove (rules I1-I9, I12 of the
 * manuals; docs/semantics.md, rule 10), and what they must leave.
 * Every test starts with the same stale entries on cpu 1:
 *
 *      under PCID 1 (root a): leaf UVA, leaf UVA2, path of UVA2's table
 *      under PCID 2 (root b): leaf UVA, leaf UVA2
 *      global: leaf KVA, leaf KVA + one page
 */
#include "tests/unit/test_model.h"

#define UVA2 (UVA + GIB)

static gpa_t a, b;

/* Is the leaf still held under the PCID? */
static bool
leaf(uint16_t pcid, gva_t va)
{
	struct machine_stale s;

	for (unsigned i = 0; machine_stale(vm.m, 1, i, &s); i++)
		if (!s.cached.path && !s.cached.global && s.pcid == pcid &&
		    va - s.cached.va < MACHINE_PAGE)
			return true;
	return false;
}

static bool
path(uint16_t pcid, gva_t va)
{
	struct machine_stale s;

	for (unsigned i = 0; machine_stale(vm.m, 1, i, &s); i++)
		if (s.cached.path && s.pcid == pcid && va >= s.cached.va &&
		    va - s.cached.va < GIB)
			return true;
	return false;
}

static bool
global(gva_t va)
{
	struct machine_stale s;

	for (unsigned i = 0; machine_stale(vm.m, 1, i, &s); i++)
		if (s.cached.global && va - s.cached.va < MACHINE_PAGE)
			return true;
	return false;
}

/* Leaves cpu 1 in a under PCID 1. */
static void
everything_stale(void)
{
	uint64_t *e[6];

	vm_make(2);
	a = table();
	b = table();
	e[0] = map(a, UVA, page(), USER);
	e[1] = map(b, UVA, page(), USER);
	e[2] = map(b, UVA2, page(), USER);
	e[3] = map(a, KVA, page(), KERN | PTE_G);
	e[4] = map(a, KVA + MACHINE_PAGE, page(), KERN | PTE_G);
	(void)map(a, UVA2, page(), USER);
	e[5] = entry(a, UVA2, 2);
	set(0, entry(b, KVA, 4), get(entry(a, KVA, 4)));
	start(0, b | 9, PCIDE);
	start(1, b | 2, PCIDE);
	load_keep(1, a | 1);
	for (unsigned i = 0; i < 6; i++)
		set(0, e[i], 0);
	ck_assert(leaf(1, UVA) && leaf(1, UVA2) && path(1, UVA2));
	ck_assert(leaf(2, UVA) && leaf(2, UVA2));
	ck_assert(global(KVA) && global(KVA + MACHINE_PAGE));
}

static void
assert_pcid_2_untouched(void)
{
	ck_assert(leaf(2, UVA) && leaf(2, UVA2));
}

static void
assert_globals_untouched(void)
{
	ck_assert(global(KVA) && global(KVA + MACHINE_PAGE));
}

/* ---- INVLPG (I1) ---------------------------------------------------------------- */

START_TEST(test_i1_invlpg_drops_the_page_of_the_loaded_pcid_only)
{
	everything_stale();
	machine_invlpg(vm.m, 1, UVA);
	ck_assert(!leaf(1, UVA));
	ck_assert(leaf(1, UVA2));
	assert_pcid_2_untouched();
	assert_globals_untouched();
}
END_TEST

START_TEST(test_i1_invlpg_drops_every_path_of_the_pcid)
{
	everything_stale();
	machine_invlpg(vm.m, 1, KVA + 9 * MACHINE_PAGE);
	ck_assert(!path(1, UVA2));
	ck_assert(leaf(1, UVA) && leaf(1, UVA2));
}
END_TEST

START_TEST(test_i1_invlpg_leaves_the_paths_of_other_pcids)
{
	everything_stale();
	load_keep(1, b | 2);
	machine_invlpg(vm.m, 1, UVA2);
	ck_assert(path(1, UVA2) && leaf(1, UVA2));
	ck_assert(!leaf(2, UVA2));
}
END_TEST

START_TEST(test_i1_invlpg_drops_the_global_entry_of_the_page)
{
	everything_stale();
	machine_invlpg(vm.m, 1, KVA + 8);
	ck_assert(!global(KVA));
	ck_assert(global(KVA + MACHINE_PAGE));
}
END_TEST

/* PCID 1 is loaded with another root: what it held of a is gone for good. */
START_TEST(test_i1_invlpg_drops_the_paths_of_a_root_that_had_the_pcid)
{
	uint64_t *e;

	everything_stale();
	e = entry(a, UVA, 2);
	load_keep(1, b | 1);
	set(0, e, 0);
	ck_assert(path(1, UVA));
	set(0, e, table() | UPPER);
	load(1, a | 1);
	load_keep(1, b | 1);
	machine_invlpg(vm.m, 1, KVA);
	set(0, e, 0);
	ck_assert(!path(1, UVA));
}
END_TEST

START_TEST(test_i14_an_instruction_acts_on_its_own_cpu)
{
	everything_stale();
	machine_invlpg(vm.m, 0, UVA);
	ck_assert_int_eq(machine_invpcid(vm.m, 0, 2, 0, 0), 0);
	ck_assert(leaf(1, UVA));
	assert_globals_untouched();
}
END_TEST

/* ---- INVPCID (I2-I5) -------------------------------------------------------------- */

START_TEST(test_i2_invpcid_address_drops_the_page_of_the_named_pcid)
{
	everything_stale();
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 2, UVA), 0);
	ck_assert(!leaf(2, UVA));
	ck_assert(leaf(2, UVA2) && leaf(1, UVA));
}
END_TEST

START_TEST(test_i2_invpcid_address_drops_only_paths_that_lead_there)
{
	everything_stale();
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1, UVA), 0);
	ck_assert(path(1, UVA2));
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1, UVA2 + 64), 0);
	ck_assert(!path(1, UVA2));
}
END_TEST

START_TEST(test_i2_invpcid_address_leaves_globals)
{
	everything_stale();
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1, KVA), 0);
	assert_globals_untouched();
}
END_TEST

START_TEST(test_i3_invpcid_context_drops_all_of_one_pcid)
{
	everything_stale();
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 1, 1, 0), 0);
	ck_assert(!leaf(1, UVA) && !leaf(1, UVA2) && !path(1, UVA2));
	assert_pcid_2_untouched();
	assert_globals_untouched();
}
END_TEST

START_TEST(test_i4_invpcid_all_drops_everything)
{
	everything_stale();
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 2, 0, 0), 0);
	ck_assert_uint_eq(stale_count(1), 0);
}
END_TEST

START_TEST(test_i5_invpcid_all_but_global_leaves_globals)
{
	everything_stale();
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 3, 0, 0), 0);
	ck_assert_uint_eq(stale_count(1), 2);
	assert_globals_untouched();
}
END_TEST

START_TEST(test_i2_invpcid_faults_on_what_the_manual_forbids)
{
	everything_stale();
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 4, 0, 0), -1);
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 0x1000, 0), -1);
	ck_assert_int_eq(machine_mov_cr4(vm.m, 0, CR4_PGE), 0);
	ck_assert_int_eq(machine_invpcid(vm.m, 0, 1, 5, 0), -1);
	ck_assert_int_eq(machine_invpcid(vm.m, 0, 1, 0, 0), 0);
	ck_assert(leaf(1, UVA));
}
END_TEST

START_TEST(test_i2_invpcid_faults_on_reserved_bits_of_its_descriptor)
{
	everything_stale();
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1 | 1ull << 12, UVA), -1);
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 3, 1ull << 63, 0), -1);
	ck_assert_ptr_nonnull(strstr(machine_invpcid_fault(vm.m, 1, 3,
	    1ull << 63, 0), "63:12"));
	ck_assert_uint_eq(stale_count(1), 7);
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1, 1ull << 47), -1);
	ck_assert_ptr_nonnull(strstr(machine_invpcid_fault(vm.m, 1, 0, 1,
	    1ull << 47), "canonical"));
	ck_assert_ptr_null(machine_invpcid_fault(vm.m, 1, 1, 1, 1ull << 47));
}
END_TEST

/* ---- MOV CR3 (I6-I8) --------------------------------------------------------------- */

START_TEST(test_i6_without_pcids_mov_cr3_drops_all_but_globals)
{
	uint64_t *e, *k;

	vm_make(2);
	a = table();
	b = table();
	e = map(a, UVA, page(), USER);
	k = map(a, KVA, page(), KERN | PTE_G);
	set(0, entry(b, KVA, 4), get(entry(a, KVA, 4)));
	start(1, a, CR4_PGE);
	set(0, e, 0);
	set(0, k, 0);
	ck_assert(leaf(0, UVA) && global(KVA));
	load(1, b);
	ck_assert(!leaf(0, UVA));
	ck_assert(global(KVA));
}
END_TEST

START_TEST(test_i7_mov_cr3_drops_the_new_pcid_and_not_the_old)
{
	everything_stale();
	load(1, b | 2);
	ck_assert(!leaf(2, UVA) && !leaf(2, UVA2));
	ck_assert(leaf(1, UVA) && leaf(1, UVA2) && path(1, UVA2));
	assert_globals_untouched();
}
END_TEST

START_TEST(test_i8_mov_cr3_with_bit_63_drops_nothing)
{
	everything_stale();
	load_keep(1, b | 2);
	load_keep(1, a | 1);
	ck_assert(leaf(1, UVA) && leaf(1, UVA2) && path(1, UVA2));
	assert_pcid_2_untouched();
	assert_globals_untouched();
	ck_assert_uint_eq(machine_cr3(vm.m, 1), a | 1);
}
END_TEST

START_TEST(test_i8_bit_63_without_pcids_is_gp)
{
	vm_make(1);
	a = table();
	start(0, a, CR4_PGE);
	ck_assert_int_eq(machine_mov_cr3(vm.m, 0, a | CR3_NOFLUSH), -1);
	ck_assert_uint_eq(machine_cr3(vm.m, 0), a);
}
END_TEST

START_TEST(test_i6_mov_cr3_faults_on_bits_above_the_addresses)
{
	everything_stale();
	ck_assert_int_eq(machine_mov_cr3(vm.m, 1, a | 1ull << 52), -1);
	ck_assert_int_eq(machine_mov_cr3(vm.m, 1, a | 1ull << 62), -1);
	ck_assert_ptr_nonnull(strstr(machine_cr3_fault(vm.m, 1,
	    a | 1ull << 62), "MAXPHYADDR"));
	ck_assert_uint_eq(machine_cr3(vm.m, 1), a | 1);
	ck_assert_uint_eq(stale_count(1), 7);
	/* bits that are ignored, whatever CR4.PCIDE is */
	ck_assert_ptr_null(machine_cr3_fault(vm.m, 1, a | 0xfff));
}
END_TEST

/* ---- MOV CR4 (I9, rule 10) ----------------------------------------------------------- */

START_TEST(test_i9_each_edge_of_pge_drops_everything)
{
	everything_stale();
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, CR4_PCIDE), 0);
	ck_assert_uint_eq(stale_count(1), 0);

	everything_stale();
	ck_assert_int_eq(machine_mov_cr4(vm.m, 0, CR4_PCIDE), 0);
	set(1, map(b, UVA, page(), USER), 0);
	ck_assert_uint_eq(stale_count(0), 1);
	ck_assert_int_eq(machine_mov_cr4(vm.m, 0, PCIDE), 0);
	ck_assert_uint_eq(stale_count(0), 0);
}
END_TEST

START_TEST(test_r10_mov_cr4_that_leaves_pge_alone_drops_nothing)
{
	everything_stale();
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, PCIDE), 0);
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, PCIDE | 1ull << 20), 0);
	ck_assert_uint_eq(stale_count(1), 7);
}
END_TEST

START_TEST(test_i9_pcide_off_drops_everything)
{
	everything_stale();
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, CR4_PGE), 0);
	ck_assert_uint_eq(stale_count(1), 0);
}
END_TEST

START_TEST(test_r10_pcide_on_with_a_pcid_in_cr3_is_gp)
{
	vm_make(1);
	a = table();
	start(0, a | PTE_PWT, CR4_PGE);
	ck_assert_int_eq(machine_mov_cr4(vm.m, 0, PCIDE), -1);
	ck_assert_uint_eq(machine_cr4(vm.m, 0), CR4_PGE);
	load(0, a);
	ck_assert_int_eq(machine_mov_cr4(vm.m, 0, PCIDE), 0);
}
END_TEST

START_TEST(test_r10_mov_cr4_faults_on_reserved_bits)
{
	everything_stale();
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, PCIDE | 1ull << 15), -1);
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, ~0ull), -1);
	ck_assert_ptr_nonnull(strstr(machine_cr4_fault(vm.m, 1, ~0ull),
	    "reserved"));
	ck_assert_uint_eq(machine_cr4(vm.m, 1), PCIDE);
	ck_assert_uint_eq(stale_count(1), 7);
}
END_TEST

/* With PGE=0 the G bit is ignored: a CR3 load takes such an entry along. */
START_TEST(test_r10_fills_without_pge_are_under_the_pcid)
{
	uint64_t *k;

	vm_make(2);
	a = table();
	k = map(a, KVA, page(), KERN | PTE_G);
	start(1, a | 1, CR4_PCIDE);
	set(0, k, 0);
	ck_assert(stale(1, KVA));
	load_keep(1, a | 2);
	ck_assert(!stale(1, KVA));
	load(1, a | 1);
	ck_assert_uint_eq(stale_count(1), 0);
}
END_TEST

/* ---- #PF (I12, rule 10) ---------------------------------------------------------------- */

START_TEST(test_i12_a_page_fault_drops_the_page_in_its_context)
{
	everything_stale();
	/* where a leaf is cached no fault need come; here is only a path */
	ck_assert(machine_access(vm.m, 1, UVA2 + MACHINE_PAGE, false) ==
	    ~0ull);
	ck_assert(!path(1, UVA2));
	ck_assert(leaf(1, UVA) && leaf(1, UVA2));
	assert_pcid_2_untouched();
	assert_globals_untouched();
}
END_TEST

START_TEST(test_i12_a_page_fault_drops_a_global_entry_too)
{
	everything_stale();
	user(1);                        /* may not use a kernel page */
	ck_assert(machine_access(vm.m, 1, KVA, false) == ~0ull);
	ck_assert(!global(KVA));
	ck_assert(global(KVA + MACHINE_PAGE));
}
END_TEST

START_TEST(test_i12_no_fault_comes_where_a_stale_entry_still_permits)
{
	everything_stale();
	ck_assert(machine_access(vm.m, 1, UVA, true) != ~0ull);
	ck_assert(leaf(1, UVA));        /* and it is still there */
	ck_assert_uint_eq(found(), 0);  /* nobody promised anything yet */
}
END_TEST

/* ---- flushes from outside --------------------------------------------------------------------- */

static void
flush(struct machine_flush f)
{
	machine_flush(vm.m, 1, &f);
}

START_TEST(test_hv_a_flush_of_a_root_takes_any_pcid_of_that_root)
{
	everything_stale();
	flush((struct machine_flush){ .root = b, .keep_global = true,
	    .whole = true });
	ck_assert(!leaf(2, UVA) && !leaf(2, UVA2));
	ck_assert(leaf(1, UVA) && path(1, UVA2));
	assert_globals_untouched();
}
END_TEST

START_TEST(test_hv_a_flush_of_all_spaces_takes_every_root)
{
	everything_stale();
	flush((struct machine_flush){ .any_root = true, .keep_global = true,
	    .whole = true });
	ck_assert_uint_eq(stale_count(1), 2);
	assert_globals_untouched();
}
END_TEST

START_TEST(test_hv_globals_go_unless_they_may_be_kept)
{
	everything_stale();
	flush((struct machine_flush){ .root = b, .whole = true });
	ck_assert(!global(KVA) && !global(KVA + MACHINE_PAGE));
	ck_assert(leaf(1, UVA));
}
END_TEST

START_TEST(test_hv_globals_of_other_roots_stay_where_spaces_must_match)
{
	everything_stale();
	flush((struct machine_flush){ .root = b, .global_match = true,
	    .whole = true });
	ck_assert(!leaf(2, UVA));
	assert_globals_untouched();     /* they were filled under a */
	flush((struct machine_flush){ .root = a, .global_match = true,
	    .whole = true });
	ck_assert(!global(KVA) && !global(KVA + MACHINE_PAGE));
}
END_TEST

START_TEST(test_hv_all_spaces_are_those_of_every_global)
{
	everything_stale();
	flush((struct machine_flush){ .any_root = true, .root = b,
	    .global_match = true, .whole = true });
	ck_assert(!global(KVA) && !global(KVA + MACHINE_PAGE));
}
END_TEST

START_TEST(test_hv_a_range_takes_what_overlaps_it)
{
	everything_stale();
	flush((struct machine_flush){ .any_root = true, .va = UVA2,
	    .bytes = 2 * MACHINE_PAGE });
	ck_assert(!leaf(1, UVA2) && !leaf(2, UVA2) && !path(1, UVA2));
	ck_assert(leaf(1, UVA) && leaf(2, UVA));
	assert_globals_untouched();
}
END_TEST

START_TEST(test_hv_a_range_takes_the_globals_in_it)
{
	everything_stale();
	flush((struct machine_flush){ .root = a, .va = KVA,
	    .bytes = MACHINE_PAGE });
	ck_assert(!global(KVA));
	ck_assert(global(KVA + MACHINE_PAGE));
}
END_TEST

START_TEST(test_hv_the_canary_swallows_every_invalidation)
{
	everything_stale();
	vm.config.swallow = true;
	vm_config();
	machine_invlpg(vm.m, 1, UVA);
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 2, 0, 0), 0);
	flush((struct machine_flush){ .any_root = true, .whole = true });
	load(1, a | 1);
	ck_assert_uint_eq(stale_count(1), 7);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_i1_invlpg_drops_the_page_of_the_loaded_pcid_only,
		test_i1_invlpg_drops_every_path_of_the_pcid,
		test_i1_invlpg_leaves_the_paths_of_other_pcids,
		test_i1_invlpg_drops_the_global_entry_of_the_page,
		test_i1_invlpg_drops_the_paths_of_a_root_that_had_the_pcid,
		test_i14_an_instruction_acts_on_its_own_cpu,
		test_i2_invpcid_address_drops_the_page_of_the_named_pcid,
		test_i2_invpcid_address_drops_only_paths_that_lead_there,
		test_i2_invpcid_address_leaves_globals,
		test_i3_invpcid_context_drops_all_of_one_pcid,
		test_i4_invpcid_all_drops_everything,
		test_i5_invpcid_all_but_global_leaves_globals,
		test_i2_invpcid_faults_on_what_the_manual_forbids,
		test_i2_invpcid_faults_on_reserved_bits_of_its_descriptor,
		test_i6_mov_cr3_faults_on_bits_above_the_addresses,
		test_i6_without_pcids_mov_cr3_drops_all_but_globals,
		test_i7_mov_cr3_drops_the_new_pcid_and_not_the_old,
		test_i8_mov_cr3_with_bit_63_drops_nothing,
		test_i8_bit_63_without_pcids_is_gp,
		test_i9_each_edge_of_pge_drops_everything,
		test_r10_mov_cr4_that_leaves_pge_alone_drops_nothing,
		test_i9_pcide_off_drops_everything,
		test_r10_pcide_on_with_a_pcid_in_cr3_is_gp,
		test_r10_mov_cr4_faults_on_reserved_bits,
		test_r10_fills_without_pge_are_under_the_pcid,
		test_i12_a_page_fault_drops_the_page_in_its_context,
		test_i12_a_page_fault_drops_a_global_entry_too,
		test_i12_no_fault_comes_where_a_stale_entry_still_permits,
		test_hv_a_flush_of_a_root_takes_any_pcid_of_that_root,
		test_hv_a_flush_of_all_spaces_takes_every_root,
		test_hv_globals_go_unless_they_may_be_kept,
		test_hv_globals_of_other_roots_stay_where_spaces_must_match,
		test_hv_all_spaces_are_those_of_every_global,
		test_hv_a_range_takes_what_overlaps_it,
		test_hv_a_range_takes_the_globals_in_it,
		test_hv_the_canary_swallows_every_invalidation,
		NULL
	};

	return run_tests("model-insn", tests);
}
