/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When a stale translation is dead (docs/semantics.md, rules 12-14): after an
 * invalidation, after an operation, with its frame, with its range.  The cpus
 * run in user mode throughout, so that what is dead is found at once.
 */
#include "tests/unit/test_model.h"

#define NEXT (UVA + MACHINE_PAGE)

static gpa_t a, b, pa;
static uint64_t *pte, *next, *kpte;

/* cpus 0 and 1 store, cpu 2 runs in a, in user mode. */
static void
three_cpus(void)
{
	vm_make(3);
	a = table();
	b = table();
	pa = page();
	pte = map(a, UVA, pa, USER);
	next = map(a, NEXT, page(), USER);
	kpte = map(a, KVA, page(), KERN);
	set(0, entry(b, KVA, 4), get(entry(a, KVA, 4)));
	start(0, b, CR4_PGE);
	start(1, b, CR4_PGE);
	start(2, a, CR4_PGE);
	user(2);
}

/* ---- rule 12: contract (a) ------------------------------------------------------- */

START_TEST(test_r12_what_the_caller_replaced_is_dead_when_its_call_returns)
{
	three_cpus();
	set(0, pte, 0);
	ck_assert_uint_eq(found(), 0);
	invalidated(0, a, UVA);
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_uint_eq(vm.found[0].cpu, 2);
	ck_assert_uint_eq(vm.found[0].store_cpu, 0);
	ck_assert_uint_eq(vm.found[0].cached.entry & PTE_ADDR, pa);
	ck_assert_str_eq(vm.found[0].killed_by, "invalidation");
	ck_assert(!vm.found[0].accessed && !vm.found[0].reused);
}
END_TEST

START_TEST(test_r12_what_was_flushed_before_the_return_is_no_finding)
{
	three_cpus();
	set(0, pte, 0);
	machine_invlpg(vm.m, 2, UVA);
	invalidated(0, a, UVA);
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(test_r12_what_another_cpu_replaced_is_not_the_callers)
{
	three_cpus();
	set(1, pte, 0);
	invalidated(0, a, UVA);
	ck_assert_uint_eq(found(), 0);
	invalidated(1, a, UVA);
	ck_assert_uint_eq(found(), 1);
}
END_TEST

START_TEST(test_r12_a_call_answers_for_its_range_only)
{
	three_cpus();
	set(0, pte, 0);
	invalidated(0, a, NEXT);
	ck_assert_uint_eq(found(), 0);
	invalidated(0, a, UVA);
	ck_assert_uint_eq(found(), 1);
}
END_TEST

START_TEST(test_r12_a_call_answers_for_its_space_only)
{
	three_cpus();
	set(0, pte, 0);
	invalidated(0, b, UVA);
	ck_assert_uint_eq(found(), 0);
	invalidated(0, a, UVA);
	ck_assert_uint_eq(found(), 1);
}
END_TEST

START_TEST(test_r12_a_call_for_every_space_answers_for_users_too)
{
	three_cpus();
	set(0, pte, 0);
	invalidated_all(0, 0);
	ck_assert_uint_eq(found(), 1);
}
END_TEST

START_TEST(test_r12_a_call_for_a_space_answers_for_its_pti_root)
{
	three_cpus();
	machine_space_add(vm.m, b, a, SPACE_USER);      /* a: b's user root */
	set(0, pte, 0);
	invalidated(0, b, UVA);
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_int_eq(vm.found[0].space, SPACE_PTI_USER);
}
END_TEST

/* The kernel's own root is hardly ever in CR3: all roots have its half. */
START_TEST(test_r12_a_call_for_the_kernel_answers_under_every_root)
{
	gpa_t kernel;

	three_cpus();
	kernel = table();
	set(0, entry(kernel, KVA, 4), get(entry(a, KVA, 4)));
	machine_space_add(vm.m, kernel, 0, SPACE_KERNEL);
	set(0, kpte, 0);
	set(0, pte, 0);
	invalidated(0, kernel, KVA);
	ck_assert_uint_eq(vm.nfound, 3);        /* on each cpu */
	ck_assert_int_eq(vm.found[0].space, SPACE_KERNEL);
	(void)found();
	invalidated(0, kernel, UVA);            /* a user page is not its */
	ck_assert_uint_eq(found(), 0);
}
END_TEST

/* Two cpus make it wrong in different ways: each answers for its own. */
START_TEST(test_r12_each_store_that_made_it_worse_is_answered_for)
{
	for (unsigned first = 0; first < 2; first++) {
		three_cpus();
		ck_assert_int_eq(machine_mov_cr4(vm.m, 2, PCIDE), 0);
		load_keep(2, b | 2);    /* what it holds is as of now */
		set(0, pte, get(pte) & ~PTE_W);
		set(1, pte, 0);
		invalidated(first, a, UVA);
		load_keep(2, a);
		ck_assert_uint_eq(vm.nfound, 1);
		ck_assert_uint_eq(vm.found[0].store_cpu, first);
	}
}
END_TEST

START_TEST(test_r12_a_store_that_changes_nothing_more_is_not_answered_for)
{
	three_cpus();
	set(0, pte, 0);
	set(1, pte, page() | USER);     /* a new page where nothing was */
	invalidated(1, a, UVA);
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(test_r12_a_dead_one_that_the_tables_agree_with_again_lives)
{
	uint64_t old;

	three_cpus();
	machine_set_mode(vm.m, 2, MODE_KERNEL);
	old = get(pte);
	set(0, pte, 0);
	invalidated(0, a, UVA);
	set(0, pte, old);
	user(2);
	ck_assert_uint_eq(found(), 0);
	set(1, pte, 0);                 /* and dies anew */
	ck_assert_uint_eq(found(), 0);
	invalidated(1, a, UVA);
	ck_assert_uint_eq(found(), 1);
}
END_TEST

/* ---- rule 13: contract (b) ---------------------------------------------------------- */

START_TEST(test_r13_an_operation_answers_without_any_flush_call)
{
	three_cpus();
	set(0, pte, 0);
	operation(0, a, UVA);
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_str_eq(vm.found[0].killed_by, "operation");
}
END_TEST

START_TEST(test_r13_an_operation_answers_for_what_it_relied_on)
{
	three_cpus();
	set(1, pte, 0);                 /* the other's flush is pending */
	operation(0, a, UVA);           /* found it clear and returned */
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_uint_eq(vm.found[0].store_cpu, 1);
}
END_TEST

START_TEST(test_r13_an_operation_does_not_answer_for_what_came_after_its_read)
{
	struct machine_scope s;
	uint32_t seq;

	three_cpus();
	s = (struct machine_scope){ a, UVA, NEXT };
	seq = machine_store_seq(vm.m);
	set(1, pte, 0);
	machine_operation_done(vm.m, 0, &s, seq);
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(test_r13_an_operation_answers_for_its_own_stores_after_its_read)
{
	struct machine_scope s;
	uint32_t seq;

	three_cpus();
	s = (struct machine_scope){ a, UVA, NEXT };
	seq = machine_store_seq(vm.m);
	set(0, pte, 0);
	machine_operation_done(vm.m, 0, &s, seq);
	ck_assert_uint_eq(found(), 1);
}
END_TEST

START_TEST(test_r13_an_operation_that_defers_does_not_answer)
{
	three_cpus();
	set(0, pte, 0);
	/* no call is what deferring is */
	user(2);
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(test_r13_a_path_dies_under_the_contracts_of_its_prefix)
{
	three_cpus();
	set(0, pte, 0);
	set(0, next, 0);
	load(2, a);
	set(0, entry(a, UVA, 2), 0);
	operation(0, a, UVA + MIB2);
	ck_assert_uint_eq(found(), 0);
	operation(0, a, UVA + 100 * MACHINE_PAGE);
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_int_eq(vm.found[0].kind, FINDING_STALE_PATH);
}
END_TEST

/* ---- rule 14: frames and ranges -------------------------------------------------------- */

static void
free_frame(gpa_t f)
{
	machine_frame_free(vm.m, machine_ptr(vm.m, f));
}

START_TEST(test_r14_a_freed_frame_kills_stale_user_leaves_to_it)
{
	three_cpus();
	set(0, pte, 0);
	set(0, next, 0);
	free_frame(pa);
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_uint_eq(vm.found[0].va, UVA);
	ck_assert(vm.found[0].reused);
	ck_assert_str_eq(vm.found[0].killed_by, "frame freed");
}
END_TEST

START_TEST(test_r14_what_the_tables_still_hold_is_not_killed)
{
	three_cpus();
	free_frame(pa);
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(test_r14_a_freed_table_kills_stale_paths_into_it)
{
	gpa_t pt;

	three_cpus();
	pt = get(entry(a, UVA, 2)) & PTE_ADDR;
	machine_set_mode(vm.m, 2, MODE_KERNEL);
	set(0, entry(a, UVA, 2), 0);
	ck_assert_uint_eq(found(), 0);
	free_frame(pt);
	ck_assert_uint_eq(vm.nfound, 1);        /* in the kernel, too */
	ck_assert_int_eq(vm.found[0].kind, FINDING_STALE_PATH);
	ck_assert(vm.found[0].reused);
}
END_TEST

START_TEST(test_r14_a_freed_frame_does_not_kill_kernel_leaves)
{
	gpa_t f;

	three_cpus();
	f = get(kpte) & PTE_ADDR;
	set(0, kpte, 0);
	free_frame(f);
	ck_assert_uint_eq(found(), 0);
	invalidated(0, 0, KVA);                 /* this does */
	ck_assert_uint_eq(found(), 3);
}
END_TEST

START_TEST(test_r14_a_freed_frame_kills_kernel_leaves_of_an_eager_range)
{
	gpa_t f;

	three_cpus();
	machine_range_eager(vm.m, KVA, KVA + MACHINE_PAGE);
	f = get(kpte) & PTE_ADDR;
	set(0, kpte, 0);
	free_frame(f);
	ck_assert_uint_eq(found(), 3);
}
END_TEST

START_TEST(test_r14_a_range_handed_out_again_kills_whoever_stored)
{
	const struct machine_scope s = { 0, KVA, KVA + MACHINE_PAGE };
	const struct machine_scope t = { 0, KVA + MACHINE_PAGE, 0 };

	three_cpus();
	set(1, kpte, 0);
	machine_range_reused(vm.m, &t);
	ck_assert_uint_eq(found(), 0);
	machine_range_reused(vm.m, &s);
	ck_assert_uint_eq(vm.nfound, 3);
	ck_assert_str_eq(vm.found[0].killed_by, "range reused");
}
END_TEST

START_TEST(test_r14_a_local_range_counts_on_its_owner_alone)
{
	three_cpus();
	machine_range_local(vm.m, 1, KVA, KVA + MACHINE_PAGE);
	set(1, kpte, 0);
	invalidated(1, 0, KVA);
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_uint_eq(vm.found[0].cpu, 1);
}
END_TEST

START_TEST(test_r14_a_local_range_flushed_by_its_owner_is_clean)
{
	three_cpus();
	machine_range_local(vm.m, 1, KVA, KVA + MACHINE_PAGE);
	set(1, kpte, 0);
	machine_invlpg(vm.m, 1, KVA);
	invalidated(1, 0, KVA);
	ck_assert_uint_eq(found(), 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_r12_what_the_caller_replaced_is_dead_when_its_call_returns,
		test_r12_what_was_flushed_before_the_return_is_no_finding,
		test_r12_what_another_cpu_replaced_is_not_the_callers,
		test_r12_a_call_answers_for_its_range_only,
		test_r12_a_call_answers_for_its_space_only,
		test_r12_a_call_for_every_space_answers_for_users_too,
		test_r12_a_call_for_a_space_answers_for_its_pti_root,
		test_r12_a_call_for_the_kernel_answers_under_every_root,
		test_r12_each_store_that_made_it_worse_is_answered_for,
		test_r12_a_store_that_changes_nothing_more_is_not_answered_for,
		test_r12_a_dead_one_that_the_tables_agree_with_again_lives,
		test_r13_an_operation_answers_without_any_flush_call,
		test_r13_an_operation_answers_for_what_it_relied_on,
		test_r13_an_operation_does_not_answer_for_what_came_after_its_read,
		test_r13_an_operation_answers_for_its_own_stores_after_its_read,
		test_r13_an_operation_that_defers_does_not_answer,
		test_r13_a_path_dies_under_the_contracts_of_its_prefix,
		test_r14_a_freed_frame_kills_stale_user_leaves_to_it,
		test_r14_what_the_tables_still_hold_is_not_killed,
		test_r14_a_freed_table_kills_stale_paths_into_it,
		test_r14_a_freed_frame_does_not_kill_kernel_leaves,
		test_r14_a_freed_frame_kills_kernel_leaves_of_an_eager_range,
		test_r14_a_range_handed_out_again_kills_whoever_stored,
		test_r14_a_local_range_counts_on_its_owner_alone,
		test_r14_a_local_range_flushed_by_its_owner_is_clean,
		NULL
	};

	return run_tests("model-contract", tests);
}
