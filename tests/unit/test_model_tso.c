/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Store buffers by view swapping (docs/semantics.md, rules 8, 9, 12-14), and
 * that restoring a machine forgets nothing and keeps nothing.
 *
 * Exactly one cpu is shown at a time: cpu(n) hides the other and shows n.
 */
#include "tests/unit/test_model.h"

#include "explore/rng.h"

static gpa_t a;
static uint64_t *pte, *x, *y;   /* x, y: words in a data page */
static int shown;

static void
cpu(int n)
{
	if (shown >= 0 && shown != n)
		machine_hide(vm.m, (unsigned)shown);
	if (n >= 0 && shown != n)
		machine_show(vm.m, (unsigned)n);
	shown = n;
}

/* Two cpus with buffers, both in a; cpu 0 is shown. */
static void
buffers(void)
{
	vm_make(2);
	a = table();
	pte = map(a, UVA, page(), USER);
	x = machine_ptr(vm.m, page());
	y = x + 1;
	vm.config.tso = true;
	vm_config();
	start(0, a, CR4_PGE);
	start(1, a, CR4_PGE);
	shown = -1;
	cpu(0);
}

/* A plain store of the cpu that is shown, as the hooks make it. */
static void
plain(void *p, uint64_t value, unsigned size)
{
	machine_store_before(vm.m, (unsigned)shown, p, size);
	memcpy(p, &value, size);
	machine_store_settle(vm.m, (unsigned)shown);
}

/* ---- forwarding, order, visibility -------------------------------------------------- */

START_TEST(test_r8_a_cpu_reads_its_own_stores_and_others_do_not)
{
	buffers();
	plain(x, 1, 8);
	ck_assert_uint_eq(get(x), 1);
	cpu(1);
	ck_assert_uint_eq(get(x), 0);
	cpu(0);
	ck_assert_uint_eq(get(x), 1);
}
END_TEST

/* SB: both read 0, which sequential consistency forbids. */
START_TEST(test_r8_store_buffering_is_possible)
{
	uint64_t r0, r1;

	buffers();
	plain(x, 1, 8);
	r0 = get(y);
	cpu(1);
	plain(y, 1, 8);
	r1 = get(x);
	ck_assert(r0 == 0 && r1 == 0);
}
END_TEST

START_TEST(test_r8_stores_drain_in_order)
{
	buffers();
	plain(x, 1, 8);
	plain(y, 1, 8);
	cpu(1);
	machine_drain(vm.m, 0, 1);
	ck_assert(get(x) == 1 && get(y) == 0);
	machine_drain(vm.m, 0, 1);
	ck_assert(get(x) == 1 && get(y) == 1);
	ck_assert_uint_eq(machine_buffered(vm.m, 0), 0);
}
END_TEST

START_TEST(test_r8_two_stores_to_one_word_are_undone_and_redone_in_order)
{
	buffers();
	plain(x, 1, 8);
	plain(x, 2, 8);
	ck_assert_uint_eq(get(x), 2);
	cpu(1);
	ck_assert_uint_eq(get(x), 0);
	machine_drain(vm.m, 0, 1);
	ck_assert_uint_eq(get(x), 1);
	cpu(0);
	ck_assert_uint_eq(get(x), 2);
}
END_TEST

START_TEST(test_r8_the_later_drain_wins_memory)
{
	buffers();
	plain(x, 1, 8);
	cpu(1);
	plain(x, 2, 8);
	cpu(-1);
	machine_drain(vm.m, 1, 1);
	machine_drain(vm.m, 0, 1);
	ck_assert_uint_eq(get(x), 1);
}
END_TEST

START_TEST(test_r8_small_and_unaligned_stores_keep_their_neighbours)
{
	buffers();
	*x = 0x1111111111111111;
	plain((char *)x + 3, 0xabcd, 2);
	plain((char *)x + 7, 0x22, 1);
	ck_assert_uint_eq(*x, 0x221111abcd111111);
	cpu(1);
	ck_assert_uint_eq(*x, 0x1111111111111111);
	plain((char *)x + 1, 0x33, 1);
	cpu(-1);
	machine_drain_all(vm.m, 0);
	machine_drain_all(vm.m, 1);
	ck_assert_uint_eq(*x, 0x221111abcd113311);
}
END_TEST

START_TEST(test_r8_a_full_buffer_drains_its_oldest)
{
	unsigned n;

	buffers();
	for (n = 0; machine_buffered(vm.m, 0) == n && n < 64; n++)
		plain(x + n, n + 1, 8);
	ck_assert_uint_lt(n, 64);
	cpu(1);
	ck_assert_uint_eq(x[0], 1);
	ck_assert_uint_eq(x[1], 0);
}
END_TEST

/* The store that finds the buffer full is itself not visible yet. */
START_TEST(test_r8_a_full_buffer_keeps_the_newest_store)
{
	buffers();
	plain(pte + 8, page() | USER, 8);       /* a table is among them */
	for (unsigned i = 0; i < 40; i++)
		plain(x, i, 8);
	plain(pte, 0, 8);
	ck_assert_uint_eq(get(x), 39);
	ck_assert_uint_eq(get(pte), 0);
	cpu(1);
	ck_assert_uint_ne(get(pte), 0);
	ck_assert(!stale(1, UVA));
	machine_drain_all(vm.m, 0);
	ck_assert_uint_eq(get(x), 39);
	ck_assert(stale(1, UVA));
}
END_TEST

START_TEST(test_r9_a_locked_store_drains_and_is_visible)
{
	buffers();
	plain(x, 1, 8);
	machine_store_locked(vm.m, 0, y, 2, 8);
	cpu(1);
	ck_assert(get(x) == 1 && get(y) == 2);
}
END_TEST

START_TEST(test_r9_without_store_buffers_a_store_is_visible_at_once)
{
	buffers();
	vm.config.tso = false;
	vm_config();
	plain(pte, 0, 8);
	ck_assert_uint_eq(machine_buffered(vm.m, 0), 0);
	ck_assert(stale(1, UVA));
}
END_TEST

/* ---- page-table entries ------------------------------------------------------------------ */

START_TEST(test_r8_a_table_store_is_seen_by_walks_when_it_drains)
{
	buffers();
	plain(pte, 0, 8);
	ck_assert_uint_eq(machine_store_seq(vm.m), 4);  /* the set-up's */
	cpu(1);
	ck_assert(machine_access(vm.m, 1, UVA, false) != ~0ull);
	ck_assert(!stale(1, UVA));
	machine_drain(vm.m, 0, 1);
	ck_assert_uint_eq(machine_store_seq(vm.m), 5);
	ck_assert(stale(1, UVA));
}
END_TEST

START_TEST(test_r8_a_demand_walk_sees_the_stores_of_its_own_cpu)
{
	gva_t va = UVA + MACHINE_PAGE;

	buffers();
	plain(pte + 1, page() | USER, 8);
	ck_assert(machine_access(vm.m, 0, va, false) != ~0ull);
	cpu(1);
	ck_assert(machine_access(vm.m, 1, va, false) == ~0ull);
}
END_TEST

/* The flush came before the store: whoever walks may fill again. */
START_TEST(test_r8_a_flush_before_the_drain_is_in_vain)
{
	buffers();
	plain(pte, 0, 8);
	cpu(1);
	machine_invlpg(vm.m, 1, UVA);
	machine_drain(vm.m, 0, 1);
	ck_assert(stale(1, UVA));
}
END_TEST

START_TEST(test_r8_a_flush_after_the_drain_is_not)
{
	buffers();
	plain(pte, 0, 8);
	machine_drain_all(vm.m, 0);
	cpu(1);
	machine_invlpg(vm.m, 1, UVA);
	ck_assert(!stale(1, UVA));
}
END_TEST

/* INVLPG drains first, and so serves its own cpu. */
START_TEST(test_r9_invlpg_after_a_plain_store_serves_its_own_cpu)
{
	buffers();
	plain(pte, 0, 8);
	machine_invlpg(vm.m, 0, UVA);
	ck_assert(!stale(0, UVA));
	ck_assert(stale(1, UVA));
}
END_TEST

START_TEST(test_r9_invpcid_that_does_not_drain_serves_nobody)
{
	buffers();
	vm.config.invpcid_drains = false;
	vm_config();
	plain(pte, 0, 8);
	ck_assert_int_eq(machine_invpcid(vm.m, 0, 2, 0, 0), 0);
	machine_drain_all(vm.m, 0);
	ck_assert(stale(0, UVA));
}
END_TEST

START_TEST(test_r8_half_an_entry_is_a_store_to_the_entry)
{
	buffers();
	plain((char *)pte + 7, 0x80, 1);        /* NX */
	machine_drain_all(vm.m, 0);
	ck_assert(get(pte) & PTE_NX);
	ck_assert(stale(1, UVA));
}
END_TEST

/* ---- contracts over buffered stores ---------------------------------------------------------- */

START_TEST(test_r12_a_contract_over_a_buffered_store_kills_at_birth)
{
	buffers();
	plain(pte, 0, 8);
	invalidated(0, a, UVA);
	user(1);
	ck_assert_uint_eq(found(), 0);          /* nothing stale yet */
	cpu(-1);
	machine_drain(vm.m, 0, 1);
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert_str_eq(vm.found[0].killed_by, "invalidation");
}
END_TEST

START_TEST(test_r12_a_buffered_store_outside_the_range_is_not_dead)
{
	buffers();
	user(1);
	plain(pte, 0, 8);
	invalidated(0, a, UVA + MACHINE_PAGE);
	cpu(-1);
	machine_drain(vm.m, 0, 1);
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(test_r12_each_contract_over_a_buffered_store_counts)
{
	buffers();
	user(1);
	plain(pte, 0, 8);
	invalidated(0, a, UVA + MACHINE_PAGE);
	invalidated(0, a, UVA);
	cpu(-1);
	machine_drain(vm.m, 0, 1);
	ck_assert_uint_eq(found(), 1);
}
END_TEST

START_TEST(test_r13_another_cpus_operation_does_not_answer_for_buffered_stores)
{
	buffers();
	plain(pte, 0, 8);
	cpu(1);
	operation(1, a, UVA);
	user(1);
	machine_drain(vm.m, 0, 1);
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(test_r14_a_frame_freed_before_the_drain_kills_at_birth)
{
	gpa_t pa;

	buffers();
	user(1);
	pa = get(pte) & PTE_ADDR;
	plain(pte, 0, 8);
	machine_frame_free(vm.m, machine_ptr(vm.m, pa));
	ck_assert_uint_eq(found(), 0);
	ck_assert_uint_eq(page(), pa);          /* given away already */
	cpu(-1);
	machine_drain(vm.m, 0, 1);
	ck_assert_uint_eq(vm.nfound, 1);
	ck_assert(vm.found[0].reused);
}
END_TEST

START_TEST(test_r14_stores_into_a_page_come_before_its_being_freed)
{
	char *p;

	buffers();
	p = machine_frame_alloc(vm.m, FRAME_TABLE);
	plain(x, 1, 8);
	plain(p, 7, 8);
	plain(y, 1, 8);
	machine_frame_free(vm.m, p);
	ck_assert_uint_eq(machine_buffered(vm.m, 0), 1);
	ck_assert_ptr_eq(machine_frame_alloc(vm.m, FRAME_DATA), p);
	cpu(1);
	machine_drain_all(vm.m, 0);
	ck_assert_uint_eq(get((uint64_t *)(void *)p), 0);
}
END_TEST

/* ---- save and restore --------------------------------------------------------------------------- */

static struct rng rng;
static uint64_t digest;

static void
mix(uint64_t v)
{
	digest = (digest ^ v) * UINT64_C(0x100000001b3);
	digest ^= digest >> 29;
}

static void
observe(void *ctx, const struct machine_event *e)
{
	(void)ctx;
	mix(e->kind);
	mix(e->cpu);
	mix(e->a ^ e->b << 1 ^ e->c << 2 ^ e->d << 3);
}

static void
observe_finding(void *ctx, const struct machine_finding *f)
{
	(void)ctx;
	mix(f->va ^ f->memory ^ f->store_seq ^ f->kind);
}

static void
random_op(void)
{
	unsigned c = (unsigned)shown;
	uint64_t *e = pte + rng_below(&rng, 4);

	switch (rng_below(&rng, 12)) {
	case 0: case 1: case 2:
		plain(e, rng_below(&rng, 2) * (USER | (MACHINE_RAM_BASE +
		    rng_below(&rng, 8) * MACHINE_PAGE)), 8);
		break;
	case 3:
		plain((char *)x + rng_below(&rng, 16), rng_next(&rng), 2);
		break;
	case 4:
		machine_store_locked(vm.m, c, e, 0, 8);
		break;
	case 5:
		machine_invlpg(vm.m, c, UVA);
		break;
	case 6:
		machine_drain(vm.m, c, 1);
		break;
	case 7:
		invalidated(c, a, UVA);
		break;
	case 8:
		machine_set_mode(vm.m, c, rng_below(&rng, 2) ? MODE_USER :
		    MODE_KERNEL);
		break;
	case 9:
		(void)machine_access(vm.m, c, UVA, rng_below(&rng, 2));
		break;
	case 10:
		load(c, machine_cr3(vm.m, c));
		break;
	default:
		cpu(!shown);
	}
}

/* What a run shows, and what RAM holds when it ends. */
static uint64_t
run(uint64_t seed)
{
	char *ram = machine_ptr(vm.m, MACHINE_RAM_BASE);
	void *f;

	machine_restore(vm.m);
	shown = -1;
	cpu(0);
	digest = 0;
	rng_seed(&rng, seed);
	f = machine_frame_alloc(vm.m, FRAME_TABLE);
	plain(f, rng_next(&rng), 8);
	for (unsigned i = 0; i < 60; i++)
		random_op();
	machine_frame_free(vm.m, f);
	cpu(-1);
	machine_finish(vm.m);
	for (unsigned i = 0; i < 32 * MACHINE_PAGE; i += 8)
		mix(get((uint64_t *)(void *)(ram + i)));
	mix(machine_stats(vm.m)->candidates);
	mix(machine_store_seq(vm.m));
	return digest;
}

START_TEST(test_restore_makes_every_run_start_from_the_same_state)
{
	static const struct machine_hooks hooks = {
		.finding = observe_finding, .event = observe
	};
	static char before[MACHINE_FRAMES * MACHINE_PAGE];
	char *ram;
	uint64_t first[20];

	buffers();
	cpu(-1);
	machine_set_hooks(vm.m, &hooks);
	machine_save(vm.m);
	ram = machine_ptr(vm.m, MACHINE_RAM_BASE);
	memcpy(before, ram, sizeof(before));
	for (unsigned i = 0; i < 20; i++)
		first[i] = run(i);
	for (unsigned i = 20; i-- > 0;) {
		(void)run(1000 + i);
		ck_assert_uint_eq(run(i), first[i]);
		machine_restore(vm.m);
		ck_assert(memcmp(before, ram, sizeof(before)) == 0);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_r8_a_cpu_reads_its_own_stores_and_others_do_not,
		test_r8_store_buffering_is_possible,
		test_r8_stores_drain_in_order,
		test_r8_two_stores_to_one_word_are_undone_and_redone_in_order,
		test_r8_the_later_drain_wins_memory,
		test_r8_small_and_unaligned_stores_keep_their_neighbours,
		test_r8_a_full_buffer_drains_its_oldest,
		test_r8_a_full_buffer_keeps_the_newest_store,
		test_r9_a_locked_store_drains_and_is_visible,
		test_r9_without_store_buffers_a_store_is_visible_at_once,
		test_r8_a_table_store_is_seen_by_walks_when_it_drains,
		test_r8_a_demand_walk_sees_the_stores_of_its_own_cpu,
		test_r8_a_flush_before_the_drain_is_in_vain,
		test_r8_a_flush_after_the_drain_is_not,
		test_r9_invlpg_after_a_plain_store_serves_its_own_cpu,
		test_r9_invpcid_that_does_not_drain_serves_nobody,
		test_r8_half_an_entry_is_a_store_to_the_entry,
		test_r12_a_contract_over_a_buffered_store_kills_at_birth,
		test_r12_a_buffered_store_outside_the_range_is_not_dead,
		test_r12_each_contract_over_a_buffered_store_counts,
		test_r13_another_cpus_operation_does_not_answer_for_buffered_stores,
		test_r14_a_frame_freed_before_the_drain_kills_at_birth,
		test_r14_stores_into_a_page_come_before_its_being_freed,
		test_restore_makes_every_run_start_from_the_same_state,
		NULL
	};

	return run_tests("model-tso", tests);
}
