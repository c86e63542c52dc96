/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processors and their knobs (model/profile.c), and what each knob changes:
 * once with its effect, once without.  The paths of cpu 1 are stale at every
 * level, each under an address of its own:
 *
 *      V2: level 2     V3: level 3 and 2 below     V4: level 4, and below
 */
#include "tests/unit/test_model.h"

#define V2 UVA
#define V3 (UVA + 2 * GIB)
#define V4 (UVA + 512 * GIB)

static gpa_t a, b;

static void
stale_paths_of(gpa_t root)
{
	set(0, entry(root, V2, 2), 0);
	set(0, entry(root, V3, 3), 0);
	set(0, entry(root, V4, 4), 0);
}

/* Cpu 1 is in a under PCID 1 and has been in b under PCID 2. */
static void
world(void)
{
	static const gva_t va[] = { V2, V3, V4 };

	vm_make(2);
	a = table();
	b = table();
	for (unsigned i = 0; i < 3; i++) {
		(void)map(a, va[i], page(), USER);
		(void)map(b, va[i], page(), USER);
	}
	start(0, table() | 9, PCIDE);
	start(1, b | 2, PCIDE);
	load_keep(1, a | 1);
	stale_paths_of(a);
	stale_paths_of(b);
}

/* The levels at which a stale path for va is held under the PCID: bits. */
static unsigned
paths(uint16_t pcid, gva_t va)
{
	struct machine_stale s;
	unsigned set = 0;

	for (unsigned i = 0; machine_stale(vm.m, 1, i, &s); i++)
		if (s.cached.path && s.pcid == pcid && va >= s.cached.va &&
		    (va - s.cached.va) >> (3 + 9 * s.cached.level) == 0)
			set |= 1u << s.cached.level;
	return set;
}

static void
assert_paths(uint16_t pcid, unsigned v2, unsigned v3, unsigned v4)
{
	ck_assert_uint_eq(paths(pcid, V2), v2);
	ck_assert_uint_eq(paths(pcid, V3), v3);
	ck_assert_uint_eq(paths(pcid, V4), v4);
}

#define L2 (1u << 2)
#define L3 (L2 | 1u << 3)
#define L4 (L3 | 1u << 4)

static void
assert_pcid_2_untouched(void)
{
	assert_paths(2, L2, L3, L4);
}

/* ---- what clears the upper-level caches, level by level ------------------------ */

START_TEST(test_i1_invlpg_clears_paths_of_every_level)
{
	world();
	assert_paths(1, L2, L3, L4);
	machine_invlpg(vm.m, 1, KVA);
	assert_paths(1, 0, 0, 0);
	assert_pcid_2_untouched();
}
END_TEST

START_TEST(test_i1_invlpg_with_tce_clears_the_paths_to_its_page_only)
{
	static const gva_t va[] = { V2, V3, V4, KVA };

	for (unsigned i = 0; i < 4; i++) {
		world();
		vm.config.tce = true;
		vm_config();
		machine_invlpg(vm.m, 1, va[i]);
		assert_paths(1, i == 0 ? 0 : L2, i == 1 ? 0 : L3,
		    i == 2 ? 0 : L4);
		assert_pcid_2_untouched();
	}
}
END_TEST

START_TEST(test_i2_invpcid_address_clears_each_level_on_its_way)
{
	static const gva_t va[] = { V2, V3, V4, KVA };

	for (unsigned i = 0; i < 4; i++) {
		world();
		ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1, va[i]), 0);
		assert_paths(1, i == 0 ? 0 : L2, i == 1 ? 0 : L3,
		    i == 2 ? 0 : L4);
		assert_pcid_2_untouched();
	}
}
END_TEST

START_TEST(test_i2_invpcid_address_may_clear_every_path_of_its_pcid)
{
	world();
	vm.config.invpcid_all_paths = true;
	vm_config();
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 2, KVA), 0);
	assert_paths(2, 0, 0, 0);
	assert_paths(1, L2, L3, L4);
}
END_TEST

START_TEST(test_i3_i5_invpcid_of_a_context_and_of_all_clear_every_level)
{
	world();
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 1, 1, 0), 0);
	assert_paths(1, 0, 0, 0);
	assert_pcid_2_untouched();
	for (unsigned type = 2; type <= 3; type++) {
		world();
		ck_assert_int_eq(machine_invpcid(vm.m, 1, type, 0, 0), 0);
		assert_paths(1, 0, 0, 0);
		assert_paths(2, 0, 0, 0);
	}
}
END_TEST

START_TEST(test_i7_mov_cr3_clears_every_level_of_the_new_pcid)
{
	world();
	load(1, b | 2);
	assert_paths(2, 0, 0, 0);
	assert_paths(1, L2, L3, L4);
}
END_TEST

START_TEST(test_i12_a_page_fault_clears_the_levels_on_its_way)
{
	world();
	ck_assert(machine_access(vm.m, 1, V3 + 5 * MACHINE_PAGE, false) ==
	    ~0ull);
	assert_paths(1, L2, 0, L4);
	assert_pcid_2_untouched();
}
END_TEST

/* ---- other knobs ----------------------------------------------------------------- */

/* The global leaf of KVA and its neighbour are stale on cpu 0. */
static void
stale_globals(uint64_t cr4)
{
	uint64_t *e[2];

	vm_make(2);
	a = table();
	for (unsigned i = 0; i < 2; i++)
		e[i] = map(a, KVA + i * MACHINE_PAGE, page(), KERN | PTE_G);
	start(0, a, cr4);
	set(1, e[0], 0);
	set(1, e[1], 0);
	ck_assert_uint_eq(stale_count(0), 2);
	vm.config.invlpg_keeps_globals = true;
	vm_config();
}

START_TEST(test_erratum_invlpg_keeps_globals_while_pcids_are_on)
{
	stale_globals(PCIDE);
	machine_invlpg(vm.m, 0, KVA);
	ck_assert_uint_eq(stale_count(0), 2);
	/* the way around it */
	ck_assert_int_eq(machine_mov_cr4(vm.m, 0, CR4_PCIDE), 0);
	ck_assert_uint_eq(stale_count(0), 0);
}
END_TEST

START_TEST(test_erratum_invlpg_drops_globals_while_pcids_are_off)
{
	stale_globals(CR4_PGE);
	machine_invlpg(vm.m, 0, KVA);
	ck_assert(!stale(0, KVA) && stale(0, KVA + MACHINE_PAGE));
}
END_TEST

START_TEST(test_i10_smep_on_drops_the_current_pcid)
{
	uint64_t *g;

	world();
	g = map(a, KVA, page(), KERN | PTE_G);
	set(0, g, 0);
	vm.config.smep_flushes = true;
	vm_config();
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, PCIDE | CR4_SMEP), 0);
	assert_paths(1, 0, 0, 0);
	assert_pcid_2_untouched();
	ck_assert(stale(1, KVA));
}
END_TEST

START_TEST(test_i10_smep_off_or_unchanged_drops_nothing)
{
	world();
	vm.config.smep_flushes = true;
	vm_config();
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, PCIDE | CR4_SMEP), 0);
	load_keep(1, b | 2);
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, PCIDE | CR4_SMEP), 0);
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, PCIDE), 0);
	assert_pcid_2_untouched();
}
END_TEST

START_TEST(test_i10_smep_on_drops_nothing_where_that_is_not_promised)
{
	world();
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, PCIDE | CR4_SMEP), 0);
	assert_paths(1, L2, L3, L4);
}
END_TEST

START_TEST(test_i10_pae_and_la57_cannot_change_in_64_bit_mode)
{
	world();
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, PCIDE | CR4_PAE), 0);
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, PCIDE), -1);
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, PCIDE | CR4_PAE | CR4_LA57),
	    -1);
	ck_assert_uint_eq(machine_cr4(vm.m, 1), PCIDE | CR4_PAE);
	assert_paths(1, L2, L3, L4);
}
END_TEST

/* ---- PCIDs ------------------------------------------------------------------------- */

/* Cpu 1 holds stale leaves of UVA under two PCIDs. */
static void
two_pcids(uint16_t one, uint16_t two)
{
	uint64_t *e, *f;

	machine_restore(vm.m);
	e = entry(a, V2, 1);
	f = entry(b, V2, 1);
	load(1, b | two);
	load(1, a | one);
	set(0, e, 0);
	set(0, f, 0);
}

static bool
leaf(uint16_t pcid)
{
	struct machine_stale s;

	for (unsigned i = 0; machine_stale(vm.m, 1, i, &s); i++)
		if (!s.cached.path && s.pcid == pcid)
			return true;
	return false;
}

START_TEST(test_i2_i3_i7_each_of_4096_pcids_is_a_tag_of_its_own)
{
	vm_make(2);
	a = table();
	b = table();
	(void)map(a, V2, page(), USER);
	(void)map(b, V2, page(), USER);
	start(0, table() | 1, PCIDE);
	start(1, table(), PCIDE);
	machine_save(vm.m);
	for (unsigned p = 0; p < 4096; p++) {
		const uint16_t one = (uint16_t)p;
		const uint16_t two = (uint16_t)(p ^ 1u << p % 12);

		two_pcids(one, two);
		ck_assert(leaf(one) && leaf(two));
		machine_invlpg(vm.m, 1, V2);
		ck_assert(!leaf(one) && leaf(two));

		two_pcids(one, two);
		ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, two, V2), 0);
		ck_assert(leaf(one) && !leaf(two));

		two_pcids(one, two);
		ck_assert_int_eq(machine_invpcid(vm.m, 1, 1, one, 0), 0);
		ck_assert(!leaf(one) && leaf(two));

		two_pcids(one, two);
		load(1, b | two);
		ck_assert(leaf(one) && !leaf(two));
		ck_assert(!machine_overflowed(vm.m));
	}
}
END_TEST

START_TEST(test_i2_an_address_that_is_not_canonical_is_gp)
{
	world();
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 0, 1, 1ull << 47), -1);
	ck_assert_int_eq(machine_invpcid(vm.m, 1, 1, 1, 1ull << 47), 0);
	assert_pcid_2_untouched();
}
END_TEST

/* PCIDE 0->1 keeps what PCID 0 holds; it is used again under PCID 0 alone. */
START_TEST(test_i9_pcide_on_drops_nothing)
{
	uint64_t *e;

	vm_make(2);
	a = table();
	e = map(a, V2, page(), USER);
	start(1, a, CR4_PGE);
	set(0, e, 0);
	ck_assert_int_eq(machine_mov_cr4(vm.m, 1, PCIDE), 0);
	ck_assert(stale(1, V2));
	load_keep(1, a | 5);
	ck_assert(!stale(1, V2));
	load_keep(1, a);
	ck_assert(stale(1, V2));
}
END_TEST

/* ---- profiles and their words -------------------------------------------------------- */

START_TEST(test_profiles_give_every_knob_a_value_and_a_source)
{
	unsigned knobs = 0;

	for (unsigned p = 0; machine_cpu_name(p) != NULL; p++) {
		struct machine_config c = { .cpus = 3, .tso = true };

		ck_assert_int_eq(machine_cpu_find(machine_cpu_name(p), &c), 0);
		ck_assert(c.cpus == 3 && c.tso && !c.speculative_fills);
		for (knobs = 0; machine_knob_name(knobs) != NULL; knobs++) {
			struct machine_config d = c;
			char buf[8];
			const char *v = machine_knob_value(&c, knobs, buf);

			ck_assert_ptr_nonnull(machine_knob_help(knobs));
			ck_assert_ptr_nonnull(machine_knob_source(
			    machine_cpu_name(p), knobs));
			ck_assert_int_eq(machine_knob_set(&d,
			    machine_knob_name(knobs), v), 0);
			ck_assert_mem_eq(&c, &d, sizeof(c));
		}
	}
	ck_assert_uint_gt(knobs, 4);
	ck_assert_ptr_null(machine_knob_help(knobs));
	ck_assert_ptr_null(machine_knob_source("intel", knobs));
	ck_assert_ptr_null(machine_knob_source("via", 0));
}
END_TEST

START_TEST(test_profiles_differ_where_the_manuals_do)
{
	struct machine_config intel = { .cpus = 1 }, amd = { .cpus = 1 };

	ck_assert_int_eq(machine_cpu_find("intel", &intel), 0);
	ck_assert_int_eq(machine_cpu_find("amd", &amd), 0);
	ck_assert(intel.smep_flushes && !amd.smep_flushes);
	ck_assert(!intel.invpcid_all_paths && amd.invpcid_all_paths);
	ck_assert(!intel.tce && !amd.tce);
	ck_assert_int_eq(machine_cpu_find("via", &amd), -1);
}
END_TEST

START_TEST(test_knobs_take_their_words_and_nothing_else)
{
	struct machine_config c = { .cpus = 1 };

	ck_assert_int_eq(machine_knob_set(&c, "invlpg_paths", "page"), 0);
	ck_assert(c.tce);
	ck_assert_int_eq(machine_knob_set(&c, "invlpg_globals", "keep"), 0);
	ck_assert(c.invlpg_keeps_globals);
	ck_assert_int_eq(machine_knob_set(&c, "invlpg_globals", "drop"), 0);
	ck_assert(!c.invlpg_keeps_globals);
	ck_assert_int_eq(machine_knob_set(&c, "invlpg_globals", "1"), -1);
	ck_assert_int_eq(machine_knob_set(&c, "invlpg_globals", ""), -1);
	ck_assert_int_eq(machine_knob_set(&c, "no_such_knob", "yes"), -1);
	ck_assert_str_eq(machine_knob_word(0, 1), "yes");
	ck_assert_ptr_null(machine_knob_word(0, 2));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_i1_invlpg_clears_paths_of_every_level,
		test_i1_invlpg_with_tce_clears_the_paths_to_its_page_only,
		test_i2_invpcid_address_clears_each_level_on_its_way,
		test_i2_invpcid_address_may_clear_every_path_of_its_pcid,
		test_i3_i5_invpcid_of_a_context_and_of_all_clear_every_level,
		test_i7_mov_cr3_clears_every_level_of_the_new_pcid,
		test_i12_a_page_fault_clears_the_levels_on_its_way,
		test_erratum_invlpg_keeps_globals_while_pcids_are_on,
		test_erratum_invlpg_drops_globals_while_pcids_are_off,
		test_i10_smep_on_drops_the_current_pcid,
		test_i10_smep_off_or_unchanged_drops_nothing,
		test_i10_smep_on_drops_nothing_where_that_is_not_promised,
		test_i10_pae_and_la57_cannot_change_in_64_bit_mode,
		test_i2_i3_i7_each_of_4096_pcids_is_a_tag_of_its_own,
		test_i2_an_address_that_is_not_canonical_is_gp,
		test_i9_pcide_on_drops_nothing,
		test_profiles_give_every_knob_a_value_and_a_source,
		test_profiles_differ_where_the_manuals_do,
		test_knobs_take_their_words_and_nothing_else,
		NULL
	};

	return run_tests("model-profile", tests);
}
