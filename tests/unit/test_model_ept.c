/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An EPT's own entries (SDM 3C, 28.3.2; rule N6 of docs/semantics.md): their bits
 * are not those of page tables.  Cpu 1 runs a guest under an EPT that maps GPA.
 */
#include "tests/unit/test_model.h"

#define EPT_RWX 7ull
#define EPT_WB (6ull << 3 | 1ull << 6)  /* and "ignore PAT" */
#define EPT_A (1ull << 8)
#define EPT_D (1ull << 9)
#define EPT_LEAF (EPT_RWX | EPT_WB | EPT_A | EPT_D)

static gpa_t a, hframe;
static bool with_ad = true;

static gpa_t
ept_table(void)
{
	const gpa_t t = table();

	machine_table_ept(vm.m, machine_ptr(vm.m, t), with_ad);
	return t;
}

/* Cpu 1 is to run a guest with CR3 = a; nothing of a is used. */
static void
guest_world(void)
{
	vm_make(2);
	vm.config.nested = true;
	vm_config();
	a = table();
	hframe = page();
	start(0, table() | 9, PCIDE);
	start(1, table() | 1, PCIDE);
}

/* cpu 1 runs under a new EPT that maps GPA so; the leaf comes back. */
static uint64_t *
ept_world(uint64_t leaf)
{
	gpa_t t, root;
	uint64_t *e;

	guest_world();
	t = root = ept_table();
	for (unsigned level = 4;; level--) {
		e = (uint64_t *)machine_ptr(vm.m, t) +
		    (GPA >> (12 + 9 * (level - 1)) & 511);
		if (level == 1)
			break;
		t = ept_table();
		set(0, e, t | EPT_RWX | EPT_A);
	}
	set(0, e, page() | leaf);
	ck_assert_int_eq(machine_guest_enter(vm.m, 1, root, a | 1), 0);
	return e;
}

START_TEST(test_n6_the_accessed_bit_of_an_ept_is_bit_8)
{
	uint64_t *e = ept_world(EPT_LEAF & ~EPT_A);

	ck_assert_uint_eq(machine_walks(vm.m, 1), 1);
	set(0, e, 0);
	ck_assert(!mapping(GPA, false));
	set(0, e, hframe | (EPT_LEAF & ~EPT_A));
	machine_walk(vm.m, 1, 0);
	ck_assert_uint_eq(get(e), hframe | EPT_LEAF);
	set(0, e, 0);
	ck_assert(mapping(GPA, false));
}
END_TEST

START_TEST(test_n6_without_a_and_d_whatever_grants_is_cached)
{
	uint64_t *e;

	with_ad = false;
	e = ept_world(EPT_LEAF & ~(EPT_A | EPT_D));
	ck_assert_uint_eq(machine_walks(vm.m, 1), 0);
	set(0, e, 0);
	ck_assert(mapping(GPA, false));
	with_ad = true;
}
END_TEST

/* Kernels that emulate A and D take R for A and W for D. */
START_TEST(test_n6_without_a_and_d_taking_r_or_w_back_is_a_loss)
{
	with_ad = false;
	for (uint64_t right = 1; right <= 2; right <<= 1) {
		const uint64_t leaf = EPT_LEAF & ~(EPT_A | EPT_D);
		uint64_t *e = ept_world(leaf & ~right);

		set(0, e, get(e) | right);      /* a gain */
		ck_assert_uint_eq(stale_count(1), 0);
		set(0, e, get(e) & ~right);
		ck_assert(mapping(GPA, false));
	}
	with_ad = true;
}
END_TEST

START_TEST(test_n6_what_grants_nothing_is_not_present)
{
	uint64_t *e = ept_world(EPT_LEAF & ~EPT_RWX);

	set(0, e, hframe | EPT_LEAF);
	ck_assert_uint_eq(stale_count(1), 0);
	set(0, e, hframe | (EPT_LEAF & ~EPT_RWX));
	ck_assert(mapping(GPA, false));
}
END_TEST

START_TEST(test_n6_rights_and_memory_types_of_an_ept_are_lost)
{
	const uint64_t less[] = { EPT_LEAF & ~2ull, EPT_LEAF & ~4ull,
		EPT_LEAF & ~(6ull << 3) };

	for (unsigned i = 0; i < 3; i++) {
		uint64_t *e = ept_world(EPT_LEAF);

		set(0, e, (get(e) & PTE_ADDR) | less[i]);
		ck_assert(mapping(GPA, false));
	}
}
END_TEST

/* Bit 6 is no dirty bit, bit 63 no XD. */
START_TEST(test_n6_bits_of_page_tables_mean_nothing_in_an_ept)
{
	uint64_t *e = ept_world(EPT_LEAF);

	set(0, e, get(e) ^ (1ull << 63 | 1ull << 6));
	ck_assert_uint_eq(stale_count(1), 0);
	set(0, e, 0);
	ck_assert(mapping(GPA, false));
}
END_TEST

START_TEST(test_n6_a_page_that_was_an_epts_is_an_ordinary_one_again)
{
	gpa_t t;

	vm_make(1);
	t = ept_table();
	machine_frame_free(vm.m, machine_ptr(vm.m, t));
	ck_assert_uint_eq(table(), t);
	start(0, t, 0);
	set(0, map(t, UVA, page(), USER), 0);
	ck_assert(stale(0, UVA));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_n6_the_accessed_bit_of_an_ept_is_bit_8,
		test_n6_without_a_and_d_whatever_grants_is_cached,
		test_n6_without_a_and_d_taking_r_or_w_back_is_a_loss,
		test_n6_what_grants_nothing_is_not_present,
		test_n6_rights_and_memory_types_of_an_ept_are_lost,
		test_n6_bits_of_page_tables_mean_nothing_in_an_ept,
		test_n6_a_page_that_was_an_epts_is_an_ordinary_one_again,
		NULL
	};

	return run_tests("model-ept", tests);
}
