/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When a dead translation is a finding (docs/semantics.md, rules 15-19).
 * cpu 0 takes a page from root a and returns; what cpu 1 is about meanwhile
 * decides.
 */
#include "tests/unit/test_model.h"

static gpa_t a, b, u;           /* b: another space; u: a's PTI user root */
static uint64_t *pte, *upte, *kpte;

static void
two_cpus(void)
{
	vm_make(2);
	a = table();
	b = table();
	u = table();
	pte = map(a, UVA, page(), USER);
	upte = map(u, UVA, get(pte) & PTE_ADDR, USER);
	(void)map(b, UVA, page(), USER);
	kpte = map(a, KVA, page(), KERN);
	set(0, entry(b, KVA, 4), get(entry(a, KVA, 4)));
	machine_space_add(vm.m, a, u, SPACE_USER);
	machine_space_add(vm.m, b, 0, SPACE_USER);
	start(0, b | 9, PCIDE);
	start(1, a | 1, PCIDE);
}

/* cpu 0 unmaps UVA in both roots, and its call returns. */
static void
unmap_user(void)
{
	set(0, pte, 0);
	set(0, upte, 0);
	invalidated(0, a, UVA);
}

static void
unmap_kernel(void)
{
	set(0, kpte, 0);
	machine_invlpg(vm.m, 0, KVA);           /* itself it serves */
	invalidated(0, 0, KVA);
}

/* ---- rule 15: the user range -------------------------------------------------------- */

START_TEST(test_r15_user_mode_counts)
{
	two_cpus();
	user(1);
	unmap_user();
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_int_eq(vm.found[0].kind, FINDING_STALE_TRANSLATION);
	ck_assert_int_eq(vm.found[0].space, SPACE_USER);
	ck_assert_uint_eq(vm.found[0].va, UVA);
	ck_assert_uint_eq(vm.found[0].pcid, 1);
	ck_assert_uint_eq(vm.found[0].root, a);
	ck_assert_uint_eq(vm.found[0].memory, 0);
}
END_TEST

START_TEST(test_r15_the_kernel_may_be_lazy_until_it_enters_user_mode)
{
	two_cpus();
	unmap_user();
	ck_assert_uint_eq(found(), 0);
	user(1);
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_str_eq(vm.found[0].where, "enters user mode");
}
END_TEST

START_TEST(test_r15_a_lazy_kernel_that_flushes_first_is_clean)
{
	two_cpus();
	unmap_user();
	load(1, a | 1);
	user(1);
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(test_r15_a_lazy_kernel_that_leaves_the_space_is_clean)
{
	two_cpus();
	unmap_user();
	load(1, b | 2);
	user(1);
	machine_finish(vm.m);
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(test_r15_a_window_counts)
{
	two_cpus();
	machine_window(vm.m, 1, true);
	unmap_user();
	ck_assert_uint_eq(found(), 1);

	two_cpus();
	unmap_user();
	machine_window(vm.m, 1, true);
	ck_assert_uint_eq(found(), 1);
}
END_TEST

START_TEST(test_r15_a_closed_window_does_not_count)
{
	two_cpus();
	machine_window(vm.m, 1, true);
	machine_window(vm.m, 1, false);
	unmap_user();
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(test_r15_a_window_is_suspended_in_a_handler)
{
	two_cpus();
	machine_window(vm.m, 1, true);
	machine_handler(vm.m, 1, true);
	unmap_user();
	ck_assert_uint_eq(found(), 0);
	load(1, a | 1);                         /* flushed in the handler */
	machine_handler(vm.m, 1, false);
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(test_r15_a_window_counts_again_after_the_handler)
{
	two_cpus();
	machine_window(vm.m, 1, true);
	machine_handler(vm.m, 1, true);
	unmap_user();
	machine_handler(vm.m, 1, false);
	ck_assert_uint_eq(found(), 1);
}
END_TEST

START_TEST(test_r15_a_handler_may_open_a_window_of_its_own)
{
	two_cpus();
	machine_handler(vm.m, 1, true);
	machine_window(vm.m, 1, true);
	unmap_user();
	ck_assert_uint_eq(found(), 1);

	two_cpus();                             /* which ends with it */
	machine_handler(vm.m, 1, true);
	machine_window(vm.m, 1, true);
	machine_handler(vm.m, 1, false);
	unmap_user();
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(test_r15_the_pti_user_root_counts_in_user_mode)
{
	two_cpus();
	load(1, u | 2);
	user(1);
	unmap_user();
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_int_eq(vm.found[0].space, SPACE_PTI_USER);
	ck_assert_uint_eq(vm.found[0].root, u);
}
END_TEST

START_TEST(test_r15_the_pti_user_root_does_not_count_in_the_kernel)
{
	two_cpus();
	load(1, u | 2);
	load_keep(1, a | 1);
	machine_window(vm.m, 1, true);
	set(0, upte, 0);
	invalidated(0, a, UVA);
	ck_assert_uint_eq(found(), 0);          /* its flush is deferred */
	load(1, u | 2);
	user(1);
	ck_assert_uint_eq(found(), 0);          /* and came in time */
}
END_TEST

START_TEST(test_r15_the_pti_user_root_loaded_unflushed_is_a_finding)
{
	two_cpus();
	load(1, u | 2);
	load_keep(1, a | 1);
	set(0, upte, 0);
	invalidated(0, a, UVA);
	load_keep(1, u | 2);
	ck_assert_uint_eq(found(), 0);
	user(1);
	ck_assert_uint_eq(found(), 1);
}
END_TEST

/* ---- rule 16: the kernel range, and paths ------------------------------------------------ */

START_TEST(test_r16_the_kernel_range_counts_in_any_mode)
{
	two_cpus();
	unmap_kernel();
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_int_eq(vm.found[0].space, SPACE_KERNEL);
	two_cpus();
	user(1);
	unmap_kernel();
	ck_assert_uint_eq(found(), 1);
}
END_TEST

START_TEST(test_r16_the_kernel_range_counts_in_its_context_only)
{
	two_cpus();
	load(1, b | 2);
	unmap_kernel();                         /* held under PCIDs 1 and 2 */
	ck_assert_uint_eq(found(), 1);
	load_keep(1, a | 1);
	ck_assert_uint_eq(found(), 1);
	load(1, b | 2);
	load(1, a | 1);
	(void)found();
	load_keep(1, b | 2);
	load_keep(1, a | 1);
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(test_r16_globals_count_under_every_context)
{
	two_cpus();
	set(0, kpte, get(kpte) | PTE_G);
	load(1, a | 1);
	load(1, b | 2);
	unmap_kernel();
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert(vm.found[0].cached.global);
	load(1, table() | 5);
	ck_assert_uint_eq(vm.nfound, 2);
}
END_TEST

/* A PTI user root lacks the kernel: that makes no global entry stale. */
START_TEST(test_r16_a_global_entry_is_judged_by_the_kernels_tables)
{
	uint64_t *other;

	two_cpus();
	machine_space_add(vm.m, b, 0, SPACE_KERNEL);
	other = map(a, KVA + MACHINE_PAGE, page(), KERN);
	set(0, kpte, get(kpte) | PTE_G);
	load(1, a | 1);
	set(0, kpte, get(kpte) & ~PTE_A);       /* held, and agrees */
	load(1, u | 2);
	set(0, other, 0);
	set(0, kpte, get(kpte) | PTE_A);
	ck_assert(!stale(1, KVA));
}
END_TEST

START_TEST(test_r16_a_dead_path_counts_in_any_mode)
{
	two_cpus();
	set(0, pte, 0);
	load(1, a | 1);
	set(0, entry(a, UVA, 2), 0);
	invalidated(0, a, UVA);
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_int_eq(vm.found[0].kind, FINDING_STALE_PATH);
}
END_TEST

START_TEST(test_r16_a_dead_path_counts_while_its_context_is_loaded)
{
	two_cpus();
	set(0, pte, 0);
	load(1, a | 1);
	load_keep(1, b | 2);
	set(0, entry(a, UVA, 2), 0);
	invalidated(0, a, UVA);
	ck_assert_uint_eq(found(), 0);
	load_keep(1, a | 1);
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_str_eq(vm.found[0].where, "loads CR3");
}
END_TEST

/* ---- rule 17: interrupts off -------------------------------------------------------------- */

/* FreeBSD: the handler acknowledges, and then invalidates. */
START_TEST(test_r17_early_acknowledgement_is_clean)
{
	two_cpus();
	machine_set_if(vm.m, 1, false);
	machine_handler(vm.m, 1, true);
	unmap_kernel();
	ck_assert_uint_eq(found(), 0);
	machine_invlpg(vm.m, 1, KVA);
	machine_set_if(vm.m, 1, true);
	machine_handler(vm.m, 1, false);
	machine_finish(vm.m);
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(test_r17_setting_if_ends_the_postponement)
{
	two_cpus();
	machine_set_if(vm.m, 1, false);
	unmap_kernel();
	ck_assert_uint_eq(found(), 0);
	machine_set_if(vm.m, 1, true);
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_str_eq(vm.found[0].where, "sets IF");
}
END_TEST

START_TEST(test_r17_entering_user_mode_ends_the_postponement)
{
	two_cpus();
	machine_set_if(vm.m, 1, false);
	unmap_user();
	ck_assert_uint_eq(found(), 0);
	user(1);
	ck_assert(machine_if(vm.m, 1));
	ck_assert_uint_eq(found(), 1);
}
END_TEST

START_TEST(test_r17_the_end_of_the_scenario_ends_the_postponement)
{
	two_cpus();
	machine_set_if(vm.m, 1, false);
	unmap_kernel();
	machine_finish(vm.m);
	ck_assert_uint_eq(found(), 1);
}
END_TEST

START_TEST(test_r17_an_access_counts_although_if_is_clear)
{
	two_cpus();
	machine_set_if(vm.m, 1, false);
	unmap_kernel();
	(void)machine_access(vm.m, 1, KVA + MACHINE_PAGE, false);
	ck_assert_uint_eq(found(), 0);
	(void)machine_access(vm.m, 1, KVA + 16, false);
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert(vm.found[0].accessed);
	ck_assert_uint_eq(vm.found[0].va, KVA + 16);
}
END_TEST

START_TEST(test_r17_an_nmi_counts_by_its_accesses)
{
	two_cpus();
	machine_set_if(vm.m, 1, false);
	machine_handler(vm.m, 1, true);         /* the NMI's */
	unmap_user();
	machine_handler(vm.m, 1, false);        /* back to IF=0 */
	ck_assert_uint_eq(found(), 0);
	machine_handler(vm.m, 1, true);
	(void)machine_access(vm.m, 1, UVA, false);
	ck_assert_uint_eq(found(), 1);
}
END_TEST

START_TEST(test_r17_a_speculative_use_is_transient_and_only_strict_says_so)
{
	two_cpus();
	machine_set_if(vm.m, 1, false);
	unmap_kernel();
	ck_assert_uint_eq(found(), 0);
	two_cpus();
	vm.config.strict = true;
	vm_config();
	machine_set_if(vm.m, 1, false);
	unmap_kernel();
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_int_eq(vm.found[0].kind, FINDING_TRANSIENT);
}
END_TEST

START_TEST(test_r17_strict_adds_nothing_where_interrupts_are_on)
{
	two_cpus();
	vm.config.strict = true;
	vm_config();
	unmap_kernel();
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_int_eq(vm.found[0].kind, FINDING_STALE_TRANSLATION);
}
END_TEST

/* ---- rule 18: cpus that do not run ------------------------------------------------------------ */

START_TEST(test_r18_a_stopped_cpu_counts_from_its_next_instruction)
{
	two_cpus();
	machine_stop(vm.m, 1);
	unmap_kernel();
	ck_assert_uint_eq(found(), 0);
	machine_set_mode(vm.m, 1, MODE_KERNEL);
	ck_assert_uint_eq(found(), 1);
}
END_TEST

START_TEST(test_r18_a_stopped_cpu_that_flushes_before_all_else_is_clean)
{
	two_cpus();
	machine_stop(vm.m, 1);
	unmap_kernel();
	load(1, a | 1);
	machine_set_mode(vm.m, 1, MODE_KERNEL);
	machine_finish(vm.m);
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(test_r18_a_cpu_that_never_started_holds_nothing)
{
	vm_make(2);
	a = table();
	kpte = map(a, KVA, page(), KERN);
	start(0, a, CR4_PGE);
	unmap_kernel();
	machine_finish(vm.m);
	ck_assert_uint_eq(found(), 0);
	start(1, a, CR4_PGE);
	ck_assert_uint_eq(found(), 0);
}
END_TEST

/* ---- rule 19: accesses ---------------------------------------------------------------------------- */

START_TEST(test_r19_no_access_has_to_happen_and_one_that_does_is_told)
{
	two_cpus();
	unmap_kernel();
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert(!vm.found[0].accessed);
	(void)machine_access(vm.m, 1, KVA, true);
	ck_assert_uint_eq(vm.nfound, 2);
	ck_assert(vm.found[1].accessed);
	ck_assert_str_eq(vm.found[1].where, "accesses it");
}
END_TEST

START_TEST(test_r19_an_access_before_any_contract_is_legal)
{
	two_cpus();
	user(1);
	set(0, pte, 0);
	ck_assert(machine_access(vm.m, 1, UVA, true) != ~0ull);
	ck_assert_uint_eq(found(), 0);
	/* and it did not lose the entry by that */
	invalidated(0, a, UVA);
	ck_assert_uint_eq(found(), 1);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_r15_user_mode_counts,
		test_r15_the_kernel_may_be_lazy_until_it_enters_user_mode,
		test_r15_a_lazy_kernel_that_flushes_first_is_clean,
		test_r15_a_lazy_kernel_that_leaves_the_space_is_clean,
		test_r15_a_window_counts,
		test_r15_a_closed_window_does_not_count,
		test_r15_a_window_is_suspended_in_a_handler,
		test_r15_a_window_counts_again_after_the_handler,
		test_r15_a_handler_may_open_a_window_of_its_own,
		test_r15_the_pti_user_root_counts_in_user_mode,
		test_r15_the_pti_user_root_does_not_count_in_the_kernel,
		test_r15_the_pti_user_root_loaded_unflushed_is_a_finding,
		test_r16_the_kernel_range_counts_in_any_mode,
		test_r16_the_kernel_range_counts_in_its_context_only,
		test_r16_globals_count_under_every_context,
		test_r16_a_global_entry_is_judged_by_the_kernels_tables,
		test_r16_a_dead_path_counts_in_any_mode,
		test_r16_a_dead_path_counts_while_its_context_is_loaded,
		test_r17_early_acknowledgement_is_clean,
		test_r17_setting_if_ends_the_postponement,
		test_r17_entering_user_mode_ends_the_postponement,
		test_r17_the_end_of_the_scenario_ends_the_postponement,
		test_r17_an_access_counts_although_if_is_clear,
		test_r17_an_nmi_counts_by_its_accesses,
		test_r17_a_speculative_use_is_transient_and_only_strict_says_so,
		test_r17_strict_adds_nothing_where_interrupts_are_on,
		test_r18_a_stopped_cpu_counts_from_its_next_instruction,
		test_r18_a_stopped_cpu_that_flushes_before_all_else_is_clean,
		test_r18_a_cpu_that_never_started_holds_nothing,
		test_r19_no_access_has_to_happen_and_one_that_does_is_told,
		test_r19_an_access_before_any_contract_is_legal,
		NULL
	};

	return run_tests("model-verdict", tests);
}
