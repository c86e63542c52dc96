/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Machines with more processors than a word has bits: who owns a candidate,
 * whose walks are under way, who waits for whom; and that going back to the
 * saved state goes back in everything, although only what changed is copied.
 */
#include "tests/unit/test_model.h"

#define MANY MACHINE_MAX_CPUS
#define SOME 130                /* three words of bits */

static gpa_t a, b;
static uint64_t *pte, *next;

/* All run in b, but `victim` in a. */
static void
many_cpus(unsigned n, unsigned victim)
{
	vm_make(n);
	a = table();
	b = table();
	pte = map(a, UVA, page(), USER);
	next = map(a, UVA + MACHINE_PAGE, page(), USER);
	for (unsigned c = 0; c < n; c++)
		start(c, c == victim ? a : b, 0);
}

/* ---- who owns a candidate -------------------------------------------------------- */

static const struct {
	unsigned caller;
	bool found;
} owner_cases[] = {
	{ 0, true }, { 70, true }, { 140, true }, { 1023, true },
	{ 6, false }, { 64, false }, { 76, false }, { 127, false },
	{ 959, false }, { 1022, false },
};

/* Each of four stores, by far processors, makes the entry worse. */
START_TEST(test_r12_each_that_made_it_worse_answers_for_it)
{
	uint64_t v;

	many_cpus(MANY, 500);
	v = get(pte);
	user(500);
	set(0, pte, v & ~PTE_D);
	set(70, pte, v & ~(PTE_D | PTE_W));
	set(140, pte, v & ~(PTE_D | PTE_W | PTE_U));
	set(1023, pte, 0);
	ck_assert_uint_eq(found(), 0);
	for (unsigned i = 0; i < sizeof(owner_cases) / sizeof(owner_cases[0]);
	     i++) {
		machine_save(vm.m);
		invalidated(owner_cases[i].caller, a, UVA);
		ck_assert_int_eq(vm.nfound > 0, owner_cases[i].found);
		if (owner_cases[i].found)
			ck_assert_uint_eq(vm.found[0].store_cpu,
			    owner_cases[i].caller);
		(void)found();
		machine_restore(vm.m);
	}
	ck_assert(!machine_overflowed(vm.m));
}
END_TEST

/* A store that mends the entry takes all owners away. */
START_TEST(test_owners_go_when_it_is_mended)
{
	uint64_t v;

	many_cpus(MANY, 500);
	user(500);
	v = get(pte);
	set(0, pte, v & ~PTE_U);
	set(900, pte, 0);
	ck_assert(stale(500, UVA));
	set(70, pte, v);
	ck_assert(!stale(500, UVA));
	set(1000, pte, 0);
	invalidated(900, a, UVA);
	ck_assert_uint_eq(found(), 0);
	invalidated(1000, a, UVA);
	ck_assert_uint_gt(found(), 0);
}
END_TEST

/* ---- who may hold ----------------------------------------------------------------- */

START_TEST(test_only_who_had_the_root_may_hold)
{
	many_cpus(MANY, 1000);
	set(3, pte, 0);
	for (unsigned c = 0; c < MANY; c++)
		ck_assert_uint_eq(stale_count(c), c == 1000);
	load(1000, b);
	ck_assert_uint_eq(stale_count(1000), 0);
	set(3, next, 0);                /* nobody has the root any more */
	ck_assert_uint_eq(stale_count(1000), 0);
}
END_TEST

START_TEST(test_r13_all_who_run_on_are_found)
{
	unsigned n;

	vm_make(MANY);
	a = table();
	pte = map(a, UVA, page(), USER);
	for (unsigned c = 0; c < 100; c++) {
		start(c * 10, a, 0);
		user(c * 10);
	}
	set(0, pte, 0);
	for (unsigned c = 0; c < 100; c++)
		if (c % 2 == 0)
			machine_invlpg(vm.m, c * 10, UVA);
	operation(0, a, UVA);
	n = vm.nfound;
	ck_assert_uint_eq(n, 50);
	for (unsigned i = 0; i < n; i++)
		ck_assert_uint_eq(vm.found[i].cpu, (2 * i + 1) * 10);
}
END_TEST

/* ---- walks and broadcasts --------------------------------------------------------- */

START_TEST(test_r4_a_late_walk_of_any_other_cpu)
{
	many_cpus(MANY, 500);
	vm.config.late_dirty = true;
	vm_config();
	machine_start(vm.m, 501, a, 0);
	set(3, pte, get(pte) & ~PTE_D);
	machine_start(vm.m, 3, a, 0);
	set(3, pte, get(pte) & ~(PTE_D | PTE_W));
	ck_assert_uint_eq(machine_walks(vm.m, 3), 0);
	ck_assert_uint_eq(machine_walks(vm.m, 500), 1);
	ck_assert_uint_eq(machine_walks(vm.m, 501), 1);
	machine_set_if(vm.m, 500, false);       /* it goes on */
	ck_assert_uint_eq(machine_walks(vm.m, 500), 0);
	ck_assert_uint_eq(machine_walks(vm.m, 501), 1);
	machine_walk(vm.m, 501, 0);
	ck_assert(get(pte) & PTE_D);
}
END_TEST

START_TEST(test_tlbsync_waits_for_its_own_requests_alone)
{
	const struct machine_invlpgb op = { .va_valid = true, .va = UVA };

	many_cpus(SOME, 100);
	ck_assert_int_eq(machine_invlpgb(vm.m, 129, &op), 0);
	ck_assert(machine_tlbsync_waits(vm.m, 129));
	ck_assert(!machine_tlbsync_waits(vm.m, 65));
	for (unsigned c = 0; c < SOME; c++) {
		ck_assert(machine_tlbsync_waits(vm.m, 129));
		ck_assert_uint_eq(machine_pending_broadcasts(vm.m, c), 1);
		machine_broadcast_step(vm.m, c, 0);
	}
	ck_assert(!machine_tlbsync_waits(vm.m, 129));
}
END_TEST

/* ---- going back -------------------------------------------------------------------- */

static uint64_t seed;

static unsigned
below(unsigned n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(seed >> 33) % n;
}

static uint64_t
mix(uint64_t h, uint64_t v)
{
	return (h ^ v) * 0x9e3779b97f4a7c15ull;
}

/* Of all that can be seen from outside. */
static uint64_t
state(void)
{
	const uint64_t *ram = machine_ptr(vm.m, MACHINE_RAM_BASE);
	const struct machine_stats *st = machine_stats(vm.m);
	struct machine_stale s;
	uint64_t h = st->candidates + 31 * st->pte_stores +
	    1009 * st->invalidations;

	for (unsigned i = 0; i < MACHINE_FRAMES * 512; i++)
		h = mix(h, ram[i]);
	for (unsigned f = 0; f < MACHINE_FRAMES; f++)
		h = mix(h, machine_frame_use(vm.m, MACHINE_RAM_BASE +
		    f * MACHINE_PAGE));
	for (unsigned c = 0; c < SOME; c++) {
		h = mix(h, machine_cr3(vm.m, c) + machine_cr4(vm.m, c));
		h = mix(h, machine_if(vm.m, c));
		h = mix(h, machine_mode(vm.m, c));
		h = mix(h, machine_buffered(vm.m, c));
		h = mix(h, machine_walks(vm.m, c));
		for (unsigned i = 0; machine_stale(vm.m, c, i, &s); i++)
			h = mix(h, s.cached.va + s.cached.entry + s.pcid +
			    s.root + s.dead);
	}
	return h;
}

static void
random_store(unsigned cpu)
{
	char *p = (char *)machine_ptr(vm.m, below(4) != 0 ?
	    machine_gpa(vm.m, pte) & PTE_ADDR : MACHINE_RAM_BASE +
	    below(MACHINE_FRAMES) * MACHINE_PAGE);
	const unsigned at = below(3) == 0 ? below(4088) : 8 * below(4);
	const uint64_t value = (MACHINE_RAM_BASE + below(20) * MACHINE_PAGE) |
	    below(256);

	machine_show(vm.m, cpu);
	machine_store_before(vm.m, cpu, p + at, 8);
	memcpy(p + at, &value, 8);
	machine_store_settle(vm.m, cpu);
	machine_hide(vm.m, cpu);
}

static void
random_step(void)
{
	const unsigned cpu = below(SOME);
	void *p;

	switch (below(12)) {
	case 0:
		machine_invlpg(vm.m, cpu, UVA + below(4) * MACHINE_PAGE);
		break;
	case 1:
		(void)machine_mov_cr3(vm.m, cpu, below(2) ? a : b);
		break;
	case 2:
		machine_set_if(vm.m, cpu, below(2));
		break;
	case 3:
		machine_set_mode(vm.m, cpu, below(2) ? MODE_USER : MODE_KERNEL);
		break;
	case 4:
		(void)machine_access(vm.m, cpu, UVA + below(4) * MACHINE_PAGE,
		    below(2));
		break;
	case 5:
		machine_drain(vm.m, cpu, 1 + below(3));
		break;
	case 6:
		p = machine_frame_alloc(vm.m, below(2) ? FRAME_DATA :
		    FRAME_TABLE);
		if (p != NULL && below(2))
			machine_frame_free(vm.m, p);
		break;
	case 7:
		invalidated(cpu, a, UVA + below(4) * MACHINE_PAGE);
		break;
	case 8:
		if (machine_walks(vm.m, cpu) > 0)
			machine_walk(vm.m, cpu, 0);
		break;
	default:
		random_store(cpu);
		break;
	}
}

static uint64_t
random_run(uint64_t number)
{
	seed = number;
	for (unsigned i = 0; i < 300; i++)
		random_step();
	(void)found();
	return state();
}

START_TEST(test_going_back_leaves_nothing_behind)
{
	uint64_t before, first[8];

	many_cpus(SOME, 100);
	for (unsigned c = 60; c < 70; c++)
		machine_start(vm.m, c, a, 0);
	vm.config.tso = vm.config.late_dirty = true;
	vm_config();
	(void)random_run(99);           /* not an empty state */
	machine_save(vm.m);
	before = state();
	for (unsigned i = 0; i < 8; i++) {
		first[i] = random_run(i);
		ck_assert_uint_ne(first[i], before);
		machine_restore(vm.m);
		ck_assert_uint_eq(state(), before);
	}
	for (unsigned i = 8; i-- > 0;) {
		ck_assert_uint_eq(random_run(i), first[i]);
		machine_restore(vm.m);
	}
}
END_TEST

START_TEST(test_size_is_in_proportion)
{
	const size_t one = machine_size(2) - machine_size(1);

	ck_assert_uint_le(machine_size(1024) - machine_size(1),
	    1023 * (one + one / 20));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_r12_each_that_made_it_worse_answers_for_it,
		test_owners_go_when_it_is_mended,
		test_only_who_had_the_root_may_hold,
		test_r13_all_who_run_on_are_found,
		test_r4_a_late_walk_of_any_other_cpu,
		test_tlbsync_waits_for_its_own_requests_alone,
		test_going_back_leaves_nothing_behind,
		test_size_is_in_proportion,
		NULL
	};

	return run_tests("model, many processors", tests);
}
