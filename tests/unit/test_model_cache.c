/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a processor may have cached (docs/semantics.md, rules 1-4): tags, what
 * "current" means, and the A and D bits.  Rules 5-8: test_model_paging.c.
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

/* ---- rule 1: tags ----------------------------------------------------------- */

START_TEST(test_r1_an_entry_outlives_its_context_under_its_pcid)
{
	two_roots();
	load_keep(1, b | 2);
	set(0, pte, 0);
	ck_assert(!stale(1, UVA));      /* another PCID is loaded */
	load_keep(1, a | 1);
	ck_assert(stale(1, UVA));
}
END_TEST

START_TEST(test_r1_a_load_that_flushes_ends_what_the_pcid_held)
{
	two_roots();
	load_keep(1, b | 2);
	set(0, pte, 0);
	load(1, a | 1);
	ck_assert(!stale(1, UVA));
}
END_TEST

START_TEST(test_r1_what_was_mapped_after_the_context_left_was_never_held)
{
	uint64_t *later;

	two_roots();
	later = entry(a, UVA + MACHINE_PAGE, 1);
	load_keep(1, b | 2);
	set(0, later, page() | USER);
	set(0, later, 0);
	load_keep(1, a | 1);
	ck_assert(!stale(1, UVA + MACHINE_PAGE));
}
END_TEST

START_TEST(test_r1_a_flush_of_an_absent_context_is_remembered)
{
	uint64_t *next;

	two_roots();
	next = map(a, UVA + MACHINE_PAGE, page(), USER);
	load_keep(1, b | 2);
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1, UVA), 0);
	set(0, pte, 0);
	set(0, next, 0);
	load_keep(1, a | 1);
	ck_assert(!stale(1, UVA));
	ck_assert(stale(1, UVA + MACHINE_PAGE));
}
END_TEST

/* Side by side, in either order, they are one range to remember. */
START_TEST(test_r1_many_flushes_of_an_absent_context_are_remembered)
{
	const unsigned half = 200;

	two_roots();
	load_keep(1, b | 2);
	for (unsigned i = 0; i < half; i++) {
		const gva_t below = UVA + (half - 1 - i) * MACHINE_PAGE;
		const gva_t above = UVA + (half + i) * MACHINE_PAGE;

		ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1, below), 0);
		ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1, above), 0);
	}
	ck_assert(!machine_overflowed(vm.m));
	set(0, pte, 0);
	load_keep(1, a | 1);
	ck_assert(!stale(1, UVA));
}
END_TEST

/* Back in CR3, it may be filled again: the old flush proves nothing. */
START_TEST(test_r1_a_remembered_flush_is_void_once_the_context_returns)
{
	two_roots();
	load_keep(1, b | 2);
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1, UVA), 0);
	load_keep(1, a | 1);
	load_keep(1, b | 2);
	set(0, pte, 0);
	load_keep(1, a | 1);
	ck_assert(stale(1, UVA));
}
END_TEST

/* The entry as it was before it gained a right is what is held. */
START_TEST(test_r1_an_absent_context_keeps_what_it_held_before_rights_were_gained)
{
	two_roots();
	set(0, pte, page() | (USER & ~(PTE_W | PTE_D)));
	load(1, a | 1);
	load_keep(1, b | 2);
	set(0, pte, get(pte) | PTE_W);
	set(0, pte, get(pte) | PTE_D);
	load_keep(1, a | 1);
	ck_assert(!stale(1, UVA));
	load_keep(1, b | 2);
	set(0, pte, 0);
	load_keep(1, a | 1);
	ck_assert(stale(1, UVA));
}
END_TEST

START_TEST(test_r1_a_pcid_that_returns_with_another_root_unflushed_is_a_finding)
{
	two_roots();
	vm.config.upper_caches = false; /* paths would count at once */
	vm_config();
	load_keep(1, b | 2);
	load_keep(1, b | 1);            /* PCID 1 was a's */
	ck_assert_uint_eq(found(), 0);  /* not in user mode yet */
	user(1);
	ck_assert_uint_ge(vm.nfound, 1);
	ck_assert_str_eq(vm.found[0].killed_by, "PCID reused");
}
END_TEST

START_TEST(test_r1_a_pcid_that_returns_with_another_root_flushed_is_none)
{
	two_roots();
	load_keep(1, b | 2);
	load(1, b | 1);
	user(1);
	ck_assert_uint_eq(found(), 0);
	ck_assert_uint_eq(stale_count(1), 0);
}
END_TEST

START_TEST(test_r1_global_entries_are_used_under_every_pcid)
{
	uint64_t *k;

	two_roots();
	k = map(a, KVA, page(), KERN | PTE_G);
	set(0, entry(b, KVA, 4), get(entry(a, KVA, 4)));
	load(1, b | 2);
	set(0, k, 0);
	load(1, a | 1);
	ck_assert(stale(1, KVA));
}
END_TEST

START_TEST(test_r1_entries_that_are_not_global_are_not_used_under_other_pcids)
{
	uint64_t *k;

	two_roots();
	k = map(a, KVA, page(), KERN);
	set(0, entry(b, KVA, 4), get(entry(a, KVA, 4)));
	load_keep(1, b | 2);
	set(0, k, 0);
	load(1, b | 3);
	ck_assert(!stale(1, KVA));
}
END_TEST

/* ---- rule 2: current is what CR3 reaches -------------------------------------- */

START_TEST(test_r2_what_is_reachable_from_cr3_may_be_cached_unused)
{
	two_roots();
	set(0, pte, 0);                 /* nobody ever touched it */
	ck_assert(stale(1, UVA));
}
END_TEST

START_TEST(test_r2_a_root_that_was_never_loaded_is_never_cached)
{
	uint64_t *e;
	gpa_t c;

	two_roots();
	c = table();
	e = map(c, UVA + GIB, page(), USER);
	machine_space_add(vm.m, c, 0, SPACE_KERNEL);
	set(0, e, 0);
	ck_assert_uint_eq(stale_count(0) + stale_count(1), 0);
}
END_TEST

/* ---- rule 3: A ------------------------------------------------------------------ */

START_TEST(test_r3_an_entry_with_a_clear_is_never_cached)
{
	two_roots();
	set(0, pte, page() | (USER & ~PTE_A));
	load(1, a | 1);
	set(0, pte, 0);
	ck_assert(!stale(1, UVA));
}
END_TEST

START_TEST(test_r3_clearing_a_does_not_remove_what_is_cached)
{
	two_roots();
	set(0, pte, get(pte) & ~PTE_A);
	ck_assert(!stale(1, UVA));
	set(0, pte, 0);
	ck_assert(stale(1, UVA));
}
END_TEST

START_TEST(test_r3_a_clear_and_flushed_proves_that_nothing_is_cached)
{
	two_roots();
	set(0, pte, get(pte) & ~PTE_A);
	machine_invlpg(vm.m, 1, UVA);
	set(0, pte, 0);
	ck_assert(!stale(1, UVA));
}
END_TEST

START_TEST(test_r3_a_clear_in_an_upper_entry_keeps_all_below_out)
{
	uint64_t *pde;

	two_roots();
	pde = entry(a, UVA, 2);
	set(0, pde, get(pde) & ~PTE_A);
	load(1, a | 1);
	set(0, pte, 0);
	set(0, pde, 0);
	ck_assert(!stale(1, UVA));
	ck_assert(!stale_path(1, UVA, 2));
}
END_TEST

START_TEST(test_r3_clearing_a_in_an_upper_entry_does_not_remove_its_path)
{
	uint64_t *pde;

	two_roots();
	pde = entry(a, UVA, 2);
	set(0, pde, get(pde) & ~PTE_A);
	ck_assert(!stale(1, UVA));
	set(0, pde, 0);
	ck_assert(stale_path(1, UVA, 2));
}
END_TEST

START_TEST(test_r3_a_speculative_walk_sets_a_and_fills)
{
	two_roots();
	set(0, pte, page() | (USER & ~PTE_A));
	load(1, a | 1);
	ck_assert_uint_eq(machine_walks(vm.m, 1), 1);
	ck_assert_uint_eq(machine_walks(vm.m, 0), 0);   /* not its tables */
	machine_walk(vm.m, 1, 0);
	ck_assert(get(pte) & PTE_A);
	ck_assert_uint_eq(machine_walks(vm.m, 1), 0);
	set(0, pte, 0);
	ck_assert(stale(1, UVA));
}
END_TEST

START_TEST(test_r3_no_walk_gets_past_an_upper_entry_before_that_has_a)
{
	uint64_t *pde;

	two_roots();
	pde = entry(a, UVA, 2);
	set(0, pde, get(pde) & ~PTE_A);
	set(0, pte, get(pte) & ~PTE_A);
	ck_assert_uint_eq(machine_walks(vm.m, 1), 1);
	machine_walk(vm.m, 1, 0);
	ck_assert(get(pde) & PTE_A);
	ck_assert(!(get(pte) & PTE_A));
	ck_assert_uint_eq(machine_walks(vm.m, 1), 1);
}
END_TEST

/* Many stores to few entries must not crowd the walks out. */
START_TEST(test_r3_walks_are_offered_however_often_a_was_cleared)
{
	uint64_t *last;

	two_roots();
	for (unsigned i = 0; i < 100; i++) {
		set(0, pte, get(pte) & ~PTE_A);
		set(0, pte, get(pte) | PTE_A);
	}
	last = map(a, UVA + MACHINE_PAGE, page(), USER & ~PTE_A);
	ck_assert_uint_eq(machine_walks(vm.m, 1), 1);
	machine_walk(vm.m, 1, 0);
	ck_assert(get(last) & PTE_A);
}
END_TEST

START_TEST(test_r3_a_cpu_that_does_not_speculate_caches_what_it_accesses)
{
	uint64_t *next;

	two_roots();
	next = map(a, UVA + MACHINE_PAGE, page(), USER);
	vm.config.speculative_fills = false;
	vm_config();
	ck_assert_uint_eq(machine_walks(vm.m, 1), 0);
	(void)machine_access(vm.m, 1, UVA, false);
	set(0, pte, 0);
	set(0, next, 0);
	ck_assert(stale(1, UVA));
	ck_assert(!stale(1, UVA + MACHINE_PAGE));
}
END_TEST

START_TEST(test_r3_without_speculation_an_access_fills_only_what_was_there_then)
{
	two_roots();
	vm.config.speculative_fills = false;
	vm_config();
	(void)machine_access(vm.m, 1, UVA, false);
	set(0, pte, 0);
	machine_invlpg(vm.m, 1, UVA);
	set(0, pte, page() | USER);
	set(0, pte, 0);
	ck_assert(!stale(1, UVA));
}
END_TEST

/* ---- rule 4: D ------------------------------------------------------------------ */

START_TEST(test_r4_taking_write_from_a_clean_entry_needs_no_flush)
{
	two_roots();
	set(0, pte, page() | (USER & ~PTE_D));
	load(1, a | 1);
	set(0, pte, get(pte) & ~PTE_W);
	ck_assert(!stale(1, UVA));
	ck_assert(machine_access(vm.m, 1, UVA, true) == ~0ull);
}
END_TEST

START_TEST(test_r4_taking_write_from_a_dirty_entry_makes_it_stale)
{
	gpa_t pa;

	two_roots();
	pa = get(pte) & PTE_ADDR;
	set(0, pte, get(pte) & ~PTE_W);
	ck_assert(stale(1, UVA));
	/* and a write may still go through it */
	ck_assert(machine_access(vm.m, 1, UVA + 8, true) == pa + 8);
}
END_TEST

START_TEST(test_r4_a_cleared_d_is_of_its_own_kind)
{
	two_roots();
	user(1);
	set(0, pte, get(pte) & ~PTE_D);
	ck_assert_uint_eq(found(), 0);
	invalidated(0, a, UVA);
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_int_eq(vm.found[0].kind, FINDING_LOST_DIRTY);
}
END_TEST

START_TEST(test_r4_a_cleared_d_of_a_read_only_entry_loses_nothing)
{
	two_roots();
	set(0, pte, page() | (USER & ~PTE_W));
	load(1, a | 1);
	set(0, pte, get(pte) & ~PTE_D);
	ck_assert(!stale(1, UVA));
}
END_TEST

START_TEST(test_r4_lost_dirty_grows_into_a_stale_translation)
{
	two_roots();
	load_keep(1, b | 2);
	set(0, pte, get(pte) & ~PTE_D);
	set(0, pte, 0);
	invalidated(0, a, UVA);
	load_keep(1, a | 1);
	user(1);
	ck_assert_uint_ge(vm.nfound, 1);
	ck_assert_int_eq(vm.found[0].kind, FINDING_STALE_TRANSLATION);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_r1_an_entry_outlives_its_context_under_its_pcid,
		test_r1_a_load_that_flushes_ends_what_the_pcid_held,
		test_r1_what_was_mapped_after_the_context_left_was_never_held,
		test_r1_a_flush_of_an_absent_context_is_remembered,
		test_r1_many_flushes_of_an_absent_context_are_remembered,
		test_r1_a_remembered_flush_is_void_once_the_context_returns,
		test_r1_an_absent_context_keeps_what_it_held_before_rights_were_gained,
		test_r1_a_pcid_that_returns_with_another_root_unflushed_is_a_finding,
		test_r1_a_pcid_that_returns_with_another_root_flushed_is_none,
		test_r1_global_entries_are_used_under_every_pcid,
		test_r1_entries_that_are_not_global_are_not_used_under_other_pcids,
		test_r2_what_is_reachable_from_cr3_may_be_cached_unused,
		test_r2_a_root_that_was_never_loaded_is_never_cached,
		test_r3_an_entry_with_a_clear_is_never_cached,
		test_r3_clearing_a_does_not_remove_what_is_cached,
		test_r3_a_clear_and_flushed_proves_that_nothing_is_cached,
		test_r3_a_clear_in_an_upper_entry_keeps_all_below_out,
		test_r3_clearing_a_in_an_upper_entry_does_not_remove_its_path,
		test_r3_a_speculative_walk_sets_a_and_fills,
		test_r3_no_walk_gets_past_an_upper_entry_before_that_has_a,
		test_r3_walks_are_offered_however_often_a_was_cleared,
		test_r3_a_cpu_that_does_not_speculate_caches_what_it_accesses,
		test_r3_without_speculation_an_access_fills_only_what_was_there_then,
		test_r4_taking_write_from_a_clean_entry_needs_no_flush,
		test_r4_taking_write_from_a_dirty_entry_makes_it_stale,
		test_r4_a_cleared_d_is_of_its_own_kind,
		test_r4_a_cleared_d_of_a_read_only_entry_loses_nothing,
		test_r4_lost_dirty_grows_into_a_stale_translation,
		NULL
	};

	return run_tests("model-cache", tests);
}
