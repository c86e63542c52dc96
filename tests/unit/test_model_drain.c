/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What drains a store buffer and what does not (docs/semantics.md, rule 9).
 * Every test starts with one store in the buffer of cpu 0.
 */
#include "tests/unit/test_model.h"

static gpa_t root;
static uint64_t *word;

/* cpu 0 has one store in its buffer. */
static void
one_buffered(void)
{
	vm_make(1);
	vm.config.tso = true;
	vm_config();
	root = table();
	word = machine_frame_alloc(vm.m, FRAME_KERNEL);
	start(0, root, CR4_PGE);
	machine_show(vm.m, 0);
	machine_store_before(vm.m, 0, word, 8);
	*word = 1;
	machine_store_settle(vm.m, 0);
	ck_assert_uint_eq(machine_buffered(vm.m, 0), 1);
}

START_TEST(test_r9_serialising_instructions_drain)
{
	one_buffered();
	machine_invlpg(vm.m, 0, UVA);
	ck_assert_uint_eq(machine_buffered(vm.m, 0), 0);
	one_buffered();
	load(0, root);
	ck_assert_uint_eq(machine_buffered(vm.m, 0), 0);
	one_buffered();
	ck_assert_int_eq(machine_mov_cr4(vm.m, 0, CR4_PGE), 0);
	ck_assert_uint_eq(machine_buffered(vm.m, 0), 0);
	one_buffered();
	user(0);
	ck_assert_uint_eq(machine_buffered(vm.m, 0), 0);
}
END_TEST

START_TEST(test_r9_a_locked_access_drains)
{
	one_buffered();
	machine_store_locked(vm.m, 0, word + 1, 7, 8);
	ck_assert_uint_eq(machine_buffered(vm.m, 0), 0);
}
END_TEST

START_TEST(test_r9_invpcid_drains_where_the_profile_says_so)
{
	one_buffered();
	ck_assert_int_eq(machine_invpcid(vm.m, 0, 2, 0, 0), 0);
	ck_assert_uint_eq(machine_buffered(vm.m, 0), 0);
	one_buffered();
	vm.config.invpcid_drains = false;
	vm_config();
	ck_assert_int_eq(machine_invpcid(vm.m, 0, 2, 0, 0), 0);
	ck_assert_uint_eq(machine_buffered(vm.m, 0), 1);
}
END_TEST

START_TEST(test_r9_interrupts_and_their_flag_drain_nothing)
{
	one_buffered();
	machine_set_if(vm.m, 0, false);
	machine_handler(vm.m, 0, true);
	machine_handler(vm.m, 0, false);
	machine_set_if(vm.m, 0, true);
	machine_window(vm.m, 0, true);
	machine_set_mode(vm.m, 0, MODE_KERNEL);
	ck_assert_uint_eq(machine_buffered(vm.m, 0), 1);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_r9_serialising_instructions_drain,
		test_r9_a_locked_access_drains,
		test_r9_invpcid_drains_where_the_profile_says_so,
		test_r9_interrupts_and_their_flag_drain_nothing,
		NULL
	};

	return run_tests("model-drain", tests);
}
