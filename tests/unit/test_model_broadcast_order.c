/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * INVLPGB and TLBSYNC beside stores, and how their registers are read (rules
 * B6 and 9 of docs/semantics.md).  What they remove is in
 * test_model_broadcast.c.
 */
#include "tests/unit/test_model.h"

static gpa_t root;

/* Both cpus in one space, of which cpu 1 may hold UVA. */
static void
one_page(void)
{
	vm_make(2);
	root = table();
	(void)map(root, UVA, page(), USER);
	start(0, root | 9, PCIDE);
	start(1, root | 1, PCIDE);
}

static bool
is_stale(void)
{
	return stale_count(1) != 0;
}

START_TEST(test_b6_reserved_bits_of_the_registers_are_a_fault)
{
	struct machine_invlpgb op;

	ck_assert_ptr_null(machine_invlpgb_decode(UVA | 0x3f, 0x0fffffff,
	    1u << 31 | 7, &op));
	ck_assert(op.va_valid && op.pcid_valid && op.globals &&
	    op.final_only && op.large);
	ck_assert_uint_eq(op.va, UVA);
	ck_assert_uint_eq(op.count, 7);
	ck_assert_uint_eq(op.pcid, 0xfff);
	ck_assert_ptr_nonnull(machine_invlpgb_decode(1 << 6, 0, 0, &op));
	ck_assert_ptr_nonnull(machine_invlpgb_decode(1 << 11, 0, 0, &op));
	ck_assert_ptr_nonnull(machine_invlpgb_decode(1, 1u << 28, 0, &op));
	ck_assert_ptr_nonnull(machine_invlpgb_decode(1, 0, 1u << 16, &op));
}
END_TEST

START_TEST(test_b6_a_pcid_needs_pcids_to_be_on)
{
	struct machine_invlpgb op = { .pcid_valid = true, .pcid = 1 };

	vm_make(1);
	root = table();
	start(0, root, CR4_PGE);
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), -1);
	op.pcid = 0;
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), 0);
}
END_TEST

/* Cpu 0 unmaps UVA by a plain store and asks; is the flush in vain? */
static bool
in_vain(bool unordered)
{
	const struct machine_invlpgb op = { .va_valid = true, .va = UVA };
	uint64_t *e;

	one_page();
	vm.config.tso = true;
	vm.config.invlpgb_unordered = unordered;
	vm_config();
	e = entry(root, UVA, 1);
	machine_show(vm.m, 0);
	machine_store_before(vm.m, 0, e, 8);
	*e = 0;
	ck_assert_int_eq(machine_invlpgb(vm.m, 0, &op), 0);
	machine_broadcast_step(vm.m, 1, 0);
	machine_drain_all(vm.m, 0);
	machine_hide(vm.m, 0);
	return is_stale();
}

START_TEST(test_b6_invlpgb_comes_after_earlier_stores_unless_it_may_not)
{
	ck_assert(!in_vain(false));
	ck_assert(in_vain(true));
}
END_TEST

/* Cpu 0 unmaps UVA by a plain store, which is still buffered then. */
START_TEST(test_r9_tlbsync_leaves_the_store_buffer_alone)
{
	uint64_t *e;

	one_page();
	vm.config.tso = true;
	vm_config();
	e = entry(root, UVA, 1);
	machine_show(vm.m, 0);
	machine_store_before(vm.m, 0, e, 8);
	*e = 0;
	ck_assert_int_eq(machine_tlbsync(vm.m, 0), 0);
	ck_assert(!is_stale());
	machine_drain_all(vm.m, 0);
	ck_assert(is_stale());
	machine_hide(vm.m, 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_b6_reserved_bits_of_the_registers_are_a_fault,
		test_b6_a_pcid_needs_pcids_to_be_on,
		test_b6_invlpgb_comes_after_earlier_stores_unless_it_may_not,
		test_r9_tlbsync_leaves_the_store_buffer_alone,
		NULL
	};

	return run_tests("model-broadcast-order", tests);
}
