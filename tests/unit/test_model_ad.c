/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accessed and dirty bits that a walk sets beside a store of another processor
 * (rule 4), and faults that the tables do not cause (O3).  Cpu 0 stores, cpu 1
 * has the root loaded.
 */
#include "tests/unit/test_model.h"

#define CLEAN (USER & ~PTE_D)

static gpa_t a;
static uint64_t *pte;

static void
mapped(gva_t va, uint64_t flags)
{
	vm_make(3);
	a = table();
	pte = map(a, va, page(), flags);
	start(0, a | 1, PCIDE);
	start(1, a | 1, PCIDE);
}

/* ---- O3: spurious faults ------------------------------------------------------------ */

/* The page was there, without W, until now. */
static void
gained_w(bool knob)
{
	mapped(UVA, USER & ~(PTE_W | PTE_D));
	vm.config.spurious_faults = knob;
	vm_config();
	set(0, pte, get(pte) | PTE_W);
}

START_TEST(test_o3_an_access_may_fault_by_the_rights_that_were)
{
	gained_w(true);
	ck_assert(machine_may_fault(vm.m, 1, UVA + 8, true));
	ck_assert(!machine_may_fault(vm.m, 1, UVA, false));
	ck_assert(!machine_may_fault(vm.m, 1, UVA + MACHINE_PAGE, true));
	ck_assert(!machine_may_fault(vm.m, 2, UVA, true));
	ck_assert_uint_eq(stale_count(1), 0);
}
END_TEST

START_TEST(test_o3_it_faults_at_most_once)
{
	gained_w(true);
	machine_fault(vm.m, 1, UVA);
	ck_assert(!machine_may_fault(vm.m, 1, UVA, true));
	ck_assert(machine_access(vm.m, 1, UVA, true) != ~0ull);
	/* each processor for itself */
	ck_assert(machine_may_fault(vm.m, 0, UVA, true));
}
END_TEST

START_TEST(test_o3_an_invalidation_prevents_it)
{
	gained_w(true);
	machine_invlpg(vm.m, 1, UVA + MACHINE_PAGE);
	ck_assert(machine_may_fault(vm.m, 1, UVA, true));
	machine_invlpg(vm.m, 1, UVA);
	ck_assert(!machine_may_fault(vm.m, 1, UVA, true));
}
END_TEST

START_TEST(test_o3_it_is_the_entry_of_the_context_that_faults)
{
	gained_w(true);
	load_keep(1, a | 2);
	ck_assert(!machine_may_fault(vm.m, 1, UVA, true));
	load_keep(1, a | 1);
	ck_assert(machine_may_fault(vm.m, 1, UVA, true));
}
END_TEST

START_TEST(test_o3_no_fault_without_the_knob)
{
	gained_w(false);
	ck_assert(!machine_may_fault(vm.m, 1, UVA, true));
}
END_TEST

START_TEST(test_o3_a_gained_u_counts_in_user_mode)
{
	mapped(UVA, USER & ~PTE_U);
	vm.config.spurious_faults = true;
	vm_config();
	set(0, pte, get(pte) | PTE_U);
	ck_assert(!machine_may_fault(vm.m, 1, UVA, false));
	user(1);
	ck_assert(machine_may_fault(vm.m, 1, UVA, false));
}
END_TEST

START_TEST(test_o3_a_path_with_the_old_rights_faults_too)
{
	uint64_t *pde;

	mapped(UVA, USER);
	pde = entry(a, UVA, 2);
	set(0, pde, get(pde) & ~PTE_W);
	machine_invlpg(vm.m, 1, UVA);
	vm.config.spurious_faults = true;
	vm_config();
	set(0, pde, get(pde) | PTE_W);
	/* another page of the same table: no leaf of it is cached */
	(void)map(a, UVA + MACHINE_PAGE, page(), USER);
	ck_assert(machine_may_fault(vm.m, 1, UVA + MACHINE_PAGE, true));
	machine_fault(vm.m, 1, UVA + MACHINE_PAGE);
	ck_assert(!machine_may_fault(vm.m, 1, UVA + MACHINE_PAGE, true));
}
END_TEST

START_TEST(test_o1_what_was_not_present_never_faults)
{
	mapped(UVA, USER & ~PTE_P);
	vm.config.spurious_faults = true;
	vm_config();
	set(0, pte, get(pte) | PTE_P);
	ck_assert(!machine_may_fault(vm.m, 1, UVA, true));
}
END_TEST

START_TEST(test_o3_a_fault_that_the_tables_cause_is_none_of_these)
{
	gained_w(true);
	set(0, pte, get(pte) & ~PTE_W);
	ck_assert(!machine_may_fault(vm.m, 1, UVA, true));
	ck_assert(machine_access(vm.m, 1, UVA, true) == ~0ull);
}
END_TEST

/* ---- rule 4: D set beside a store that takes W ------------------------------------------ */

static void
took_w(uint64_t flags, bool knob)
{
	mapped(UVA, flags);
	vm.config.late_dirty = knob;
	vm_config();
	set(0, pte, get(pte) & ~PTE_W);
}

START_TEST(test_r4_a_walk_under_way_may_set_d_after_w_was_taken)
{
	took_w(CLEAN, true);
	ck_assert_uint_eq(machine_walks(vm.m, 1), 1);
	machine_walk(vm.m, 1, 0);
	ck_assert(get(pte) & PTE_D);
	ck_assert(!(get(pte) & PTE_W));
	ck_assert_uint_eq(machine_walks(vm.m, 1), 0);
	ck_assert_uint_eq(stale_count(1), 0);
}
END_TEST

START_TEST(test_r4_d_is_not_set_late_without_the_knob)
{
	took_w(CLEAN, false);
	ck_assert_uint_eq(machine_walks(vm.m, 1), 0);
}
END_TEST

START_TEST(test_r4_d_is_not_set_late_by_the_storing_cpu_or_elsewhere)
{
	took_w(CLEAN, true);
	ck_assert_uint_eq(machine_walks(vm.m, 0), 0);
	ck_assert_uint_eq(machine_walks(vm.m, 2), 0);
}
END_TEST

START_TEST(test_r4_the_walk_is_over_when_its_cpu_goes_on)
{
	took_w(CLEAN, true);
	machine_invlpg(vm.m, 1, KVA);
	ck_assert_uint_eq(machine_walks(vm.m, 1), 0);

	took_w(CLEAN, true);
	machine_set_if(vm.m, 1, false);         /* an interrupt is taken */
	ck_assert_uint_eq(machine_walks(vm.m, 1), 0);

	took_w(CLEAN, true);
	(void)machine_access(vm.m, 1, UVA, false);
	ck_assert_uint_eq(machine_walks(vm.m, 1), 0);
}
END_TEST

START_TEST(test_r4_only_a_writable_clean_entry_gets_d_late)
{
	took_w(USER, true);
	ck_assert_uint_eq(machine_walks(vm.m, 1), 0);
	took_w(CLEAN, true);
	set(0, pte, 0);
	ck_assert_uint_eq(machine_walks(vm.m, 1), 0);
	mapped(UVA, CLEAN);
	vm.config.late_dirty = true;
	vm_config();
	set(0, pte, 0);
	ck_assert_uint_eq(machine_walks(vm.m, 1), 0);
	mapped(UVA, CLEAN & ~PTE_W);
	vm.config.late_dirty = true;
	vm_config();
	set(0, pte, get(pte) | PTE_PCD);
	ck_assert_uint_eq(machine_walks(vm.m, 1), 0);
}
END_TEST

/* ---- rule 4: a plain store over a bit that a walk has set --------------------------------- */

/* Cpu 0 stores what it makes of the entry; it drains after cpu 1's access. */
static unsigned
raced(gva_t va, uint64_t flags, uint64_t keep, bool write)
{
	mapped(va, flags);
	vm.config.tso = true;
	vm_config();
	machine_show(vm.m, 0);
	machine_store_before(vm.m, 0, pte, 8);
	*pte &= keep;
	machine_hide(vm.m, 0);
	(void)machine_access(vm.m, 1, va, write);
	ck_assert_uint_eq(found(), 0);
	machine_drain_all(vm.m, 0);
	return found();
}

START_TEST(test_r4_a_plain_store_over_a_new_d_loses_it)
{
	ck_assert_uint_eq(raced(UVA, CLEAN, ~PTE_W, true), 1);
	ck_assert_int_eq(vm.found[0].kind, FINDING_LOST_DIRTY);
	ck_assert_uint_eq(vm.found[0].cpu, 0);
	ck_assert_uint_eq(vm.found[0].va, UVA);
	ck_assert_uint_eq(raced(UVA, CLEAN, 0, true), 1);
}
END_TEST

START_TEST(test_r4_a_plain_store_that_saw_d_or_comes_first_loses_nothing)
{
	ck_assert_uint_eq(raced(UVA, USER, ~PTE_W, true), 0);
	ck_assert_uint_eq(raced(UVA, USER, ~(PTE_W | PTE_D), true), 0);
	ck_assert_uint_eq(raced(UVA, CLEAN, ~PTE_W, false), 0);
	ck_assert_uint_eq(raced(UVA, CLEAN & ~PTE_W, ~PTE_U, true), 0);
}
END_TEST

START_TEST(test_r4_a_plain_store_over_a_new_a_is_no_finding)
{
	ck_assert_uint_eq(raced(UVA, CLEAN & ~PTE_A, ~PTE_U, false), 0);
}
END_TEST

START_TEST(test_r4_the_dirty_bits_of_kernel_mappings_are_nobodys_loss)
{
	ck_assert_uint_eq(raced(KVA, KERN & ~PTE_D, ~PTE_W, true), 0);
}
END_TEST

START_TEST(test_r4_a_locked_store_sees_what_it_replaces)
{
	mapped(UVA, CLEAN);
	vm.config.tso = true;
	vm_config();
	(void)machine_access(vm.m, 1, UVA, true);
	set(0, pte, get(pte) & ~(PTE_W | PTE_D));
	ck_assert_uint_eq(found(), 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_o3_an_access_may_fault_by_the_rights_that_were,
		test_o3_it_faults_at_most_once,
		test_o3_an_invalidation_prevents_it,
		test_o3_it_is_the_entry_of_the_context_that_faults,
		test_o3_no_fault_without_the_knob,
		test_o3_a_gained_u_counts_in_user_mode,
		test_o3_a_path_with_the_old_rights_faults_too,
		test_o1_what_was_not_present_never_faults,
		test_o3_a_fault_that_the_tables_cause_is_none_of_these,
		test_r4_a_walk_under_way_may_set_d_after_w_was_taken,
		test_r4_d_is_not_set_late_without_the_knob,
		test_r4_d_is_not_set_late_by_the_storing_cpu_or_elsewhere,
		test_r4_the_walk_is_over_when_its_cpu_goes_on,
		test_r4_only_a_writable_clean_entry_gets_d_late,
		test_r4_a_plain_store_over_a_new_d_loses_it,
		test_r4_a_plain_store_that_saw_d_or_comes_first_loses_nothing,
		test_r4_a_plain_store_over_a_new_a_is_no_finding,
		test_r4_the_dirty_bits_of_kernel_mappings_are_nobodys_loss,
		test_r4_a_locked_store_sees_what_it_replaces,
		NULL
	};

	return run_tests("model-ad", tests);
}
