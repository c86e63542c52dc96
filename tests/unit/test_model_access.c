/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an access may be translated with (docs/semantics.md, rules 1-8; F2, F4,
 * F8, F10, I1, I12), each rule both ways: what it allows, what it does not.
 *
 * Frame p is what x maps at first, q what it maps then.  ways(p) is how many
 * options of the access reach p, WALK and FAULT count those kinds.
 */
#include "tests/unit/test_model.h"

#define FAULT ~0ull

static gpa_t a, b, p, q;
static uint64_t *pte;

static void
plain(unsigned cpu, uint64_t *e, uint64_t value)
{
	machine_store_before(vm.m, cpu, e, 8);
	*e = value;
	machine_store_settle(vm.m, cpu);
}

/* Two cpus in a, where UVA maps p; b maps nothing there. */
static void
machine(bool speculative, bool tso)
{
	vm_make(2);
	a = table();
	b = table();
	p = page();
	q = page();
	pte = map(a, UVA, p, USER);
	(void)entry(b, UVA, 1);
	vm.config.speculative_fills = speculative;
	vm.config.tso = tso;
	vm.config.fills = true;
	vm_config();
	start(0, a, CR4_PGE);
	start(1, a, CR4_PGE);
	machine_show(vm.m, 0);
}

static struct machine_option options[MACHINE_MAX_OPTIONS];

static unsigned
look(unsigned cpu, gva_t va, bool write)
{
	return machine_options(vm.m, cpu, va, write, options,
	    MACHINE_MAX_OPTIONS);
}

static unsigned
ways_at(unsigned cpu, gva_t va, bool write, gpa_t pa)
{
	unsigned n = look(cpu, va, write), found = 0;

	for (unsigned i = 0; i < n; i++)
		found += options[i].pa == pa;
	return found;
}

static unsigned
ways(unsigned cpu, gpa_t pa)
{
	return ways_at(cpu, UVA, false, pa);
}

/* Cpu loads or stores through a walk of its own. */
static gpa_t
use_walk(unsigned cpu, bool write, unsigned id)
{
	ck_assert_uint_gt(look(cpu, UVA, write), 0);
	ck_assert(options[0].walk);
	return machine_use(vm.m, cpu, UVA, write, &options[0], id);
}

/* ---- walks --------------------------------------------------------------- */

START_TEST(test_f2_a_walk_is_always_an_option_and_sets_a_and_d)
{
	machine(false, false);
	set(0, pte, p | PTE_P | PTE_W | PTE_U);
	ck_assert_uint_eq(look(0, UVA, false), 1);
	ck_assert(options[0].walk && options[0].updates && !options[0].fault);
	ck_assert_uint_eq(use_walk(0, false, 1), p);
	ck_assert_uint_eq(get(pte) & (PTE_A | PTE_D), PTE_A);
	ck_assert_uint_eq(use_walk(0, true, 2), p);
	ck_assert_uint_eq(get(pte) & (PTE_A | PTE_D), PTE_A | PTE_D);
	ck_assert(look(0, UVA, true) > 0 && !options[0].updates);
}
END_TEST

START_TEST(test_a_walk_without_rights_faults)
{
	machine(false, false);
	set(0, pte, p | PTE_P | PTE_A | PTE_D);
	ck_assert_uint_eq(ways_at(0, UVA, true, FAULT), 1);
	ck_assert_uint_eq(ways_at(0, UVA, false, p), 1);
	user(0);
	ck_assert_uint_eq(ways_at(0, UVA, false, p), 0);
	ck_assert_uint_eq(ways_at(0, UVA, false, FAULT), 1);
}
END_TEST

/* ---- own fills ----------------------------------------------------------- */

START_TEST(test_nospec_only_what_an_access_loaded_is_used_again)
{
	machine(false, false);
	use_walk(0, false, 7);
	set(1, pte, q | USER);
	ck_assert_uint_eq(ways(0, p), 1);
	ck_assert_uint_eq(ways(0, q), 1);
	ck_assert_uint_eq(ways(1, p), 0);       /* it never looked */
	ck_assert_uint_eq(ways(1, q), 1);
}
END_TEST

START_TEST(test_i1_invlpg_takes_own_fills_of_the_page_alone)
{
	machine(false, false);
	use_walk(0, false, 7);
	set(1, pte, q | USER);
	machine_invlpg(vm.m, 0, UVA + MACHINE_PAGE);
	ck_assert_uint_eq(ways(0, p), 1);
	machine_invlpg(vm.m, 0, UVA);
	ck_assert_uint_eq(ways(0, p), 0);
	ck_assert_uint_eq(ways(0, q), 1);
}
END_TEST

START_TEST(test_a_swallowed_invlpg_takes_nothing)
{
	machine(false, false);
	vm.config.swallow = true;
	vm_config();
	use_walk(0, false, 7);
	set(1, pte, q | USER);
	machine_invlpg(vm.m, 0, UVA);
	ck_assert_uint_eq(ways(0, p), 1);
}
END_TEST

START_TEST(test_f10_several_fills_of_a_page_stand_side_by_side)
{
	gpa_t r;

	machine(false, false);
	r = page();
	use_walk(0, false, 1);
	set(1, pte, q | USER);
	use_walk(0, false, 2);
	set(1, pte, r | USER);
	ck_assert_uint_eq(ways(0, p), 1);
	ck_assert_uint_eq(ways(0, q), 1);
	ck_assert_uint_eq(ways(0, r), 1);
	ck_assert_uint_eq(look(0, UVA, false), 3);
}
END_TEST

START_TEST(test_i1_a_large_fill_goes_with_any_of_its_pages)
{
	uint64_t *pde;

	machine(false, false);
	pde = map_large(a, GIB, 2, 0x40000000, USER);
	ck_assert_uint_eq(look(0, GIB + 0x5000, false), 1);
	ck_assert_uint_eq(machine_use(vm.m, 0, GIB + 0x5000, false,
	    &options[0], 3), 0x40005000);
	set(1, pde, 0);
	ck_assert_uint_eq(ways_at(0, GIB + 0x5000, false, 0x40005000), 1);
	/* the whole entry is cached, not the page that was asked for */
	ck_assert_uint_eq(ways_at(0, GIB + 0x7000, false, 0x40007000), 1);
	ck_assert_uint_eq(ways_at(0, GIB + MIB2, false, 0x40200000), 0);
	machine_invlpg(vm.m, 0, GIB + 0x1ff000);
	ck_assert_uint_eq(ways_at(0, GIB + 0x5000, false, 0x40005000), 0);
}
END_TEST

START_TEST(test_i12_a_fault_takes_what_was_cached_of_the_page)
{
	machine(false, false);
	use_walk(0, false, 7);
	set(1, pte, 0);
	ck_assert_uint_eq(ways(0, p), 1);
	ck_assert_uint_eq(use_walk(0, false, 8), FAULT);
	ck_assert_uint_eq(ways(0, p), 0);
	ck_assert_uint_eq(ways(0, FAULT), 1);
}
END_TEST

/* ---- R4: dirty; O3: rights gained ---------------------------------------- */

START_TEST(test_r4_a_write_through_a_clean_entry_walks)
{
	machine(false, false);
	set(0, pte, p | (USER & ~PTE_D));
	use_walk(0, false, 7);
	set(1, pte, q | USER);
	ck_assert_uint_eq(ways_at(0, UVA, true, p), 0);
	ck_assert_uint_eq(ways_at(0, UVA, false, p), 1);
	machine(false, false);
	use_walk(0, false, 7);
	set(1, pte, q | USER);
	ck_assert_uint_eq(ways_at(0, UVA, true, p), 1); /* was dirty */
}
END_TEST

START_TEST(test_o3_a_cached_entry_that_lacks_a_right_may_fault_once)
{
	machine(false, false);
	set(0, pte, p | (USER & ~PTE_W));
	use_walk(0, false, 7);
	set(1, pte, p | USER);
	ck_assert_uint_eq(ways_at(0, UVA, true, FAULT), 1);
	ck_assert_uint_eq(ways_at(0, UVA, true, p), 1);
	for (unsigned i = 0; i < look(0, UVA, true); i++)
		if (options[i].fault) {
			machine_use(vm.m, 0, UVA, true, &options[i], 8);
			break;
		}
	ck_assert_uint_eq(ways_at(0, UVA, true, FAULT), 0);
}
END_TEST

/* ---- R1: tags ------------------------------------------------------------ */

START_TEST(test_r1_fills_of_another_pcid_wait_for_its_return)
{
	machine(false, false);
	start(0, a | 1, PCIDE);
	use_walk(0, false, 7);
	set(1, pte, 0);
	load_keep(0, b | 2);
	ck_assert_uint_eq(ways(0, p), 0);
	load_keep(0, a | 1);
	ck_assert_uint_eq(ways(0, p), 1);
	load(0, b | 2);
	load(0, a | 1);
	ck_assert_uint_eq(ways(0, p), 0);
}
END_TEST

START_TEST(test_f13_a_global_fill_is_used_under_every_root)
{
	machine(false, false);
	set(0, pte, p | USER | PTE_G);
	use_walk(0, false, 7);
	load(0, b);
	ck_assert_uint_eq(ways(0, p), 1);
	set(0, pte, p | USER);
	machine_invlpg(vm.m, 0, UVA);
	ck_assert_uint_eq(ways(0, p), 0);
	load(0, a);
	use_walk(0, false, 8);
	load(0, b);
	ck_assert_uint_eq(ways(0, p), 0);       /* was not global */
}
END_TEST

START_TEST(test_f13_a_speculative_global_of_another_root_is_used)
{
	machine(true, false);
	set(0, pte, p | USER | PTE_G);
	load(0, b);
	ck_assert_uint_eq(ways(0, p), 1);
	machine_invlpg(vm.m, 0, UVA);
	ck_assert_uint_eq(ways(0, p), 0);
}
END_TEST

/* ---- F4: speculative fills ----------------------------------------------- */

START_TEST(test_f4_what_memory_has_lost_may_have_been_loaded_unasked)
{
	machine(true, false);
	set(1, pte, q | USER);
	ck_assert_uint_eq(ways(0, p), 1);
	ck_assert_uint_eq(ways(0, q), 1);
	machine_invlpg(vm.m, 0, UVA);
	ck_assert_uint_eq(ways(0, p), 0);
	ck_assert_uint_eq(ways(0, q), 1);
	ck_assert_uint_eq(ways(1, p), 1);       /* I14: the other keeps it */
}
END_TEST

START_TEST(test_r3_what_was_never_accessed_was_never_loaded)
{
	machine(true, false);
	set(1, pte, 0);
	machine_invlpg(vm.m, 0, UVA);
	set(1, pte, p | (USER & ~PTE_A));
	ck_assert_uint_eq(look(0, UVA, false), 1);      /* the walk alone */
	ck_assert(options[0].updates);
	set(1, pte, q | USER);
	ck_assert_uint_eq(ways(0, p), 0);
	set(1, pte, 0);
	ck_assert_uint_eq(ways(0, q), 1);       /* A=1 was */
}
END_TEST

/* ---- R6: paths ----------------------------------------------------------- */

START_TEST(test_f8_a_stale_path_is_walked_on_as_memory_is_now)
{
	uint64_t *pde;

	machine(true, false);
	pde = entry(a, UVA, 2);
	set(1, pde, 0);
	machine_invlpg(vm.m, 1, UVA);
	set(1, pte, q | USER);
	ck_assert_uint_eq(ways(0, q), 1);       /* written after the unlink */
	ck_assert_uint_eq(ways(0, FAULT), 1);
	ck_assert_uint_eq(ways(1, q), 0);
	/* I1: any INVLPG takes every path of the PCID */
	machine_invlpg(vm.m, 0, UVA + 64 * GIB);
	ck_assert_uint_eq(ways(0, q), 0);
}
END_TEST

START_TEST(test_nopsc_has_no_stale_paths)
{
	machine(true, false);
	vm.config.upper_caches = false;
	vm_config();
	set(1, entry(a, UVA, 2), 0);
	set(1, pte, q | USER);
	ck_assert_uint_eq(ways(0, q), 0);
}
END_TEST

START_TEST(test_r6_a_walk_from_a_stale_path_sets_a_where_it_leads)
{
	unsigned n;

	machine(true, false);
	set(1, entry(a, UVA, 2), 0);
	set(1, pte, q | PTE_P | PTE_W | PTE_U);
	n = look(0, UVA, true);
	for (unsigned i = 0; i < n; i++)
		if (options[i].pa == q) {
			ck_assert(options[i].walk && options[i].updates);
			machine_use(vm.m, 0, UVA, true, &options[i], 9);
		}
	ck_assert_uint_eq(get(pte) & (PTE_A | PTE_D), PTE_A | PTE_D);
}
END_TEST

/* ---- R8: store buffers --------------------------------------------------- */

START_TEST(test_r8_fills_use_any_part_of_the_own_buffer)
{
	gpa_t r;

	machine(true, true);
	r = page();
	plain(0, pte, q | USER);
	plain(0, pte, r | USER);
	ck_assert_uint_eq(ways(0, p), 1);       /* memory */
	ck_assert_uint_eq(ways(0, q), 1);
	ck_assert_uint_eq(ways(0, r), 1);       /* the demand walk, too */
	ck_assert_uint_eq(options[0].pa, r);
	ck_assert_uint_eq(get(pte) & PTE_ADDR, r);
	machine_hide(vm.m, 0);
	machine_show(vm.m, 1);
	ck_assert_uint_eq(look(1, UVA, false), 1);
	ck_assert_uint_eq(options[0].pa, p);    /* others see memory alone */
}
END_TEST

START_TEST(test_r8_asking_changes_no_view)
{
	machine(true, true);
	plain(0, pte, q | USER);
	ck_assert_uint_eq(look(0, UVA, false), 2);
	ck_assert_uint_eq(get(pte), q | USER);
	machine_hide(vm.m, 0);
	ck_assert_uint_eq(get(pte), p | USER);
	ck_assert_uint_eq(machine_buffered(vm.m, 0), 1);
}
END_TEST

START_TEST(test_updates_do_not_wait_for_other_stores)
{
	uint64_t *word;

	machine(true, true);
	word = machine_ptr(vm.m, q);
	machine_hide(vm.m, 0);
	machine_show(vm.m, 1);
	plain(1, pte, p | PTE_P | PTE_W | PTE_U);
	machine_drain_all(vm.m, 1);
	machine_invlpg(vm.m, 1, UVA);
	machine_hide(vm.m, 1);
	machine_show(vm.m, 0);
	machine_invlpg(vm.m, 0, UVA);
	plain(0, word, 5);
	ck_assert(look(0, UVA, true) > 0 && options[0].updates);
	ck_assert(!options[0].waits);
	ck_assert_uint_eq(machine_use(vm.m, 0, UVA, true, &options[0], 1), p);
	ck_assert_uint_eq(machine_buffered(vm.m, 0), 1);
	machine_hide(vm.m, 0);
	ck_assert_uint_eq(get(word), 0);
	ck_assert_uint_eq(get(pte) & (PTE_A | PTE_D), PTE_A | PTE_D);
}
END_TEST

START_TEST(test_an_update_waits_for_an_own_store_to_the_entry)
{
	uint64_t *word;

	machine(true, true);
	word = machine_ptr(vm.m, q);
	plain(0, word, 5);
	plain(0, pte, q | PTE_P | PTE_W | PTE_U);
	plain(0, word, 6);
	ck_assert(look(0, UVA, false) > 0 && options[0].waits);
	ck_assert_uint_eq(machine_use(vm.m, 0, UVA, false, &options[0], 1), q);
	ck_assert_uint_eq(machine_buffered(vm.m, 0), 1);
	machine_hide(vm.m, 0);
	ck_assert_uint_eq(get(word), 5);
	ck_assert_uint_eq(get(pte), q | PTE_P | PTE_W | PTE_U | PTE_A);
}
END_TEST

/* ---- provenance ---------------------------------------------------------- */

START_TEST(test_ways_of_one_effect_count_once_unless_asked)
{
	machine(true, false);
	use_walk(0, false, 7);
	ck_assert_uint_eq(look(0, UVA, false), 1);
	vm.config.provenance = true;
	vm_config();
	/* a walk; the fill of access 7; a fill of nobody's */
	ck_assert_uint_eq(look(0, UVA, false), 3);
	ck_assert(options[0].walk && options[0].fill == 0);
	ck_assert(!options[1].walk && options[1].fill == 7);
	ck_assert(!options[2].walk && options[2].fill == 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_f2_a_walk_is_always_an_option_and_sets_a_and_d,
		test_a_walk_without_rights_faults,
		test_nospec_only_what_an_access_loaded_is_used_again,
		test_i1_invlpg_takes_own_fills_of_the_page_alone,
		test_a_swallowed_invlpg_takes_nothing,
		test_f10_several_fills_of_a_page_stand_side_by_side,
		test_i1_a_large_fill_goes_with_any_of_its_pages,
		test_i12_a_fault_takes_what_was_cached_of_the_page,
		test_r4_a_write_through_a_clean_entry_walks,
		test_o3_a_cached_entry_that_lacks_a_right_may_fault_once,
		test_r1_fills_of_another_pcid_wait_for_its_return,
		test_f13_a_global_fill_is_used_under_every_root,
		test_f13_a_speculative_global_of_another_root_is_used,
		test_f4_what_memory_has_lost_may_have_been_loaded_unasked,
		test_r3_what_was_never_accessed_was_never_loaded,
		test_f8_a_stale_path_is_walked_on_as_memory_is_now,
		test_nopsc_has_no_stale_paths,
		test_r6_a_walk_from_a_stale_path_sets_a_where_it_leads,
		test_r8_fills_use_any_part_of_the_own_buffer,
		test_r8_asking_changes_no_view,
		test_updates_do_not_wait_for_other_stores,
		test_an_update_waits_for_an_own_store_to_the_entry,
		test_ways_of_one_effect_count_once_unless_asked,
		NULL
	};

	return run_tests("model-access", tests);
}
