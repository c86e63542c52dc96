/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast model against a slow, obvious one (model_reference.h), on random
 * programs.  The fast model keeps only what memory has lost.  Both must name
 * the same stale entries after every step, and the same verdicts.
 */
#include "explore/rng.h"

#include "tests/unit/model_reference.h"

#define PROGRAMS 2000
#define STEPS 60

static struct rng rng;

/* ---- programs ------------------------------------------------------------------------------------ */

static unsigned
below(unsigned n)
{
	return rng_below(&rng, n);
}

static gva_t
any_place(void)
{
	return places[below(nplaces)];
}

static uint64_t
any_flags(gva_t va)
{
	static const uint64_t bits[] = {
		PTE_P, PTE_W, PTE_U, PTE_A, PTE_D, PTE_PCD, PTE_NX
	};
	uint64_t f = va >= 1ull << 63 ? KERN | (below(3) ? PTE_G : 0) : USER;

	for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (below(5) == 0)
			f ^= bits[i];
	return f;
}

/* A leaf of the table that holds it, whether or not that is linked now. */
static void
store_leaf(unsigned cpu, gpa_t r, gva_t va)
{
	uint64_t *t = machine_ptr(vm.m, r);
	uint64_t pa = BIG + below(2) * MIB2 + (va & (MIB2 - 1));

	for (unsigned l = top(); l > 1; l--) {
		uint64_t e = t[va >> (12 + 9 * (l - 1)) & 511];

		if (!(e & PTE_ADDR) || (e & PTE_PS))
			return;
		t = machine_ptr(vm.m, e & PTE_ADDR);
	}
	t += va >> 12 & 511;
	switch (below(4)) {
	case 0:
		set(cpu, t, 0);
		break;
	case 1:                         /* a neighbour of what is there */
		set(cpu, t, *t ^ (1ull << below(9)));
		break;
	default:
		set(cpu, t, pa | any_flags(va));
	}
}

/* An upper entry keeps its table, loses it, or changes its rights. */
static void
store_upper(unsigned cpu, unsigned r, gva_t va)
{
	unsigned level = 2 + below(below(4) ? 2 : top() - 1);
	uint64_t *e = (uint64_t *)machine_ptr(vm.m, root[r]) +
	    (va >> (12 + 9 * (top() - 1)) & 511);

	for (unsigned l = top() - 1; l >= level; l--)
		e = (uint64_t *)machine_ptr(vm.m, *e & PTE_ADDR) +
		    (va >> (12 + 9 * (l - 1)) & 511);
	if (va == ULARGE && level == 2) {
		set(cpu, e, below(2) ? full[r] | UPPER :
		    BIG | any_flags(va) | PTE_PS);
		return;
	}
	if (level == 2 && va < MIB2 + UVA && below(4) == 0) {
		set(cpu, e, spare[r] | UPPER);
		return;
	}
	/* the address stays, so that the tables stay reachable to us */
	set(cpu, e, below(2) ? *e | UPPER : *e ^
	    (below(2) ? PTE_P : below(2) ? PTE_W : PTE_A));
}

static void
random_store(unsigned cpu)
{
	unsigned r = below(ROOTS);

	if (below(4) == 0)
		store_upper(cpu, r, places[below(5)]);
	else
		store_leaf(cpu, root[r],
		    place[below(sizeof(place) / sizeof(place[0]))]);
}

static void
random_invlpg(unsigned cpu)
{
	gva_t va = any_place();
	const struct removal r = { .root_any = true,
	    .globals = !vm.config.invlpg_keeps_globals,
	    .under = under[cpu], .paths = !vm.config.tce,
	    .va = va, .end = va + MACHINE_PAGE,
	    .pcid = machine_cr3(vm.m, cpu) & CR3_PCID };

	machine_invlpg(vm.m, cpu, va);
	reference_remove(cpu, &r);
}

static void
random_invpcid(unsigned cpu)
{
	unsigned type = below(8);
	gva_t va = any_place();
	struct removal r = { .root_any = true, .va = va, .under = under[cpu],
	    .end = va + MACHINE_PAGE, .pcid = 1 + below(2 * ROOTS) };

	type = type < 4 ? 0 : type - 4;
	r.whole = type > 0;
	r.pcid_any = type > 1;
	r.globals = type == 2;
	r.paths = vm.config.invpcid_all_paths;
	ck_assert_int_eq(machine_invpcid(vm.m, cpu, type, (uint16_t)r.pcid,
	    va), 0);
	reference_remove(cpu, &r);
}

/* Each root has two PCIDs of its own. */
static void
random_cr3(unsigned cpu)
{
	unsigned i = below(ROOTS), pcid = 1 + 2 * i + below(2);
	bool keep = below(3) > 0;
	const struct removal r = { .root_any = true, .whole = true,
	    .under = under[cpu], .pcid = pcid };

	load(cpu, root[i] | pcid | (keep ? CR3_NOFLUSH : 0));
	if (!keep)
		reference_remove(cpu, &r);
}

static void
random_cr4(unsigned cpu)
{
	uint64_t value = (below(2) ? PCIDE : CR4_PCIDE) |
	    (below(2) ? CR4_SMEP : 0);
	uint64_t edge = machine_cr4(vm.m, cpu) ^ value;
	const struct removal r = { .root_any = true, .whole = true,
	    .under = under[cpu], .pcid = machine_cr3(vm.m, cpu) & CR3_PCID };
	const struct removal all = { .root_any = true, .whole = true,
	    .under = under[cpu], .pcid_any = true, .globals = true };

	if (edge & CR4_PGE)
		reference_remove(cpu, &all);
	else if ((edge & value & CR4_SMEP) && vm.config.smep_flushes)
		reference_remove(cpu, &r);
	ck_assert_int_eq(machine_mov_cr4(vm.m, cpu, value), 0);
}

static void
random_flush(unsigned cpu)
{
	const struct machine_flush f = { .any_root = below(2),
	    .root = root[below(ROOTS)], .keep_global = below(2),
	    .whole = below(2), .va = any_place(),
	    .bytes = (1 + below(2)) * MACHINE_PAGE };
	const struct removal r = { .pcid_any = true, .root_any = f.any_root,
	    .root = f.root, .globals = !f.keep_global, .whole = f.whole,
	    .va = f.va, .end = f.va + f.bytes };

	machine_flush(vm.m, cpu, &f);
	reference_remove(cpu, &r);
}

static void
random_invlpgb(unsigned cpu)
{
	const struct machine_invlpgb op = { .va_valid = below(4) > 0,
	    .pcid_valid = below(2), .globals = below(2),
	    .final_only = below(3) == 0, .large = below(2),
	    .count = (uint16_t)below(3), .va = any_place(),
	    .pcid = (uint16_t)(1 + below(2 * ROOTS)) };
	const struct removal r = { .pcid_any = !op.pcid_valid,
	    .under = under[cpu],
	    .root_any = true, .globals = op.globals, .pcid = op.pcid,
	    .whole = !op.va_valid, .leaves = op.final_only,
	    .paths = !op.final_only && (!op.va_valid || !vm.config.tce),
	    .stepped = op.large, .va = op.va, .end = op.va + MACHINE_PAGE +
	    op.count * (op.large ? MIB2 : MACHINE_PAGE) };

	if (nasked[0] == MAX_ASKED || nasked[1] == MAX_ASKED)
		return;
	ck_assert_int_eq(machine_invlpgb(vm.m, cpu, &op), 0);
	for (unsigned c = 0; c < 2; c++)
		asked[c][nasked[c]++] = r;
}

static void
random_carry_out(unsigned cpu)
{
	unsigned k;

	ck_assert_uint_eq(machine_pending_broadcasts(vm.m, cpu), nasked[cpu]);
	if (nasked[cpu] == 0)
		return;
	k = below(nasked[cpu]);
	machine_broadcast_step(vm.m, cpu, k);
	reference_carry_out(cpu, k);
}

static void
random_operation(unsigned cpu)
{
	gva_t va = any_place();
	gpa_t r = va >= 1ull << 63 || below(2) ? 0 : root[below(ROOTS)];
	const struct machine_scope s = { r, va,
	    va + (1 + below(2)) * MACHINE_PAGE };

	reference_operation(&s);
	machine_operation_done(vm.m, cpu, &s, machine_store_seq(vm.m));
}

/* What only guests do: come and go, lose pages, have them flushed. */
static void
random_guest(unsigned cpu)
{
	const unsigned n = sizeof(second_place) / sizeof(second_place[0]);
	unsigned i = below(SECONDS);
	const struct removal r = { .physical = true, .under = i + 1 };
	struct machine_scope s = { second[i], second_place[below(n)], 0 };

	switch (below(6)) {
	case 0:
	case 1:
		under[cpu] = below(SECONDS + 1);
		ck_assert_int_eq(machine_guest_enter(vm.m, cpu,
		    under[cpu] > 0 ? second[under[cpu] - 1] : 0,
		    machine_cr3(vm.m, cpu)), 0);
		return;
	case 2:
		machine_flush_guest_physical(vm.m, cpu, second[i], true, 0, 0);
		reference_remove(cpu, &r);
		return;
	case 3:
		s.end = s.va + MACHINE_PAGE;
		reference_operation(&s);
		machine_operation_done(vm.m, cpu, &s,
		    machine_store_seq(vm.m));
		return;
	default:
		store_leaf(cpu, second[i], second_place[below(n)]);
	}
}

static void
random_step(void)
{
	unsigned cpu = below(2), what = below(36);

	if (vm.config.nested && below(4) == 0)
		random_guest(cpu);
	else if (what < 14)
		random_store(cpu);
	else if (what < 17)
		random_invlpg(cpu);
	else if (what < 20)
		random_invpcid(cpu);
	else if (what < 26)
		random_cr3(cpu);
	else if (what < 27)
		random_cr4(cpu);
	else if (what < 29)
		random_flush(cpu);
	else if (what < 30)
		machine_set_mode(vm.m, cpu, below(2) ? MODE_USER : MODE_KERNEL);
	else if (what < 32)
		random_operation(cpu);
	else if (what < 34)
		random_invlpgb(cpu);
	else
		random_carry_out(cpu);
}

/* ---- the property ------------------------------------------------------------------------------------ */

static void
build(unsigned r)
{
	root[r] = table();
	spare[r] = table();
	full[r] = table();
	/* A only where we look: the others are never cached */
	for (unsigned i = 0; i < 512; i++)
		set(0, (uint64_t *)machine_ptr(vm.m, full[r]) + i,
		    (BIG + i * MACHINE_PAGE) |
		    (i == 0 || i == 5 ? USER : USER & ~PTE_A));
	set(0, (uint64_t *)machine_ptr(vm.m, spare[r]) + 0, (BIG + MIB2) | USER);
	(void)map(root[r], UVA, BIG, USER);
	(void)map(root[r], UVA + MACHINE_PAGE, BIG + MACHINE_PAGE, USER);
	(void)map(root[r], UVA + MIB2, BIG, USER);
	(void)map_large(root[r], ULARGE, 2, BIG, USER);
	if (r == 0) {
		(void)map(root[0], KVA, BIG, KERN | PTE_G);
		(void)map(root[0], KVA + MACHINE_PAGE, BIG, KERN);
	} else {
		set(0, entry(root[r], KVA, top()),
		    get(entry(root[0], KVA, top())));
	}
}

static void
map_self(void)
{
	for (unsigned r = 0; r < ROOTS; r++)
		set(0, (uint64_t *)machine_ptr(vm.m, root[r]) + SELF,
		    root[r] | UPPER);
	memcpy(places + nplaces, self_place, sizeof(self_place));
	nplaces += sizeof(self_place) / sizeof(self_place[0]);
}

static void
world(const struct machine_config *kind)
{
	vm_make(2);
	vm.config.levels5 = kind->levels5;
	vm.config.self_maps = kind->self_maps;
	vm.config.nested = kind->nested;
	vm_config();
	for (unsigned r = 0; r < ROOTS; r++)
		build(r);
	nplaces = sizeof(place) / sizeof(place[0]);
	memcpy(places, place, sizeof(place));
	if (kind->self_maps)
		map_self();
	for (unsigned i = 0; i < SECONDS && kind->nested; i++) {
		second[i] = table();
		for (unsigned p = 0; p < 3; p++)
			(void)map(second[i], second_place[p],
			    BIG + p * MACHINE_PAGE, USER);
	}
	start(0, root[0] | 1, PCIDE);
	start(1, root[1] | 3, PCIDE);
	machine_save(vm.m);
}

static bool
anything_found(void)
{
	for (unsigned i = 0; i < vm.nfound; i++)
		if (looked_at(&vm.found[i].cached))
			return true;
	vm.nfound = 0;
	return false;
}

/* Every other program runs on a processor of its own. */
static void
any_processor(void)
{
	bool plain = below(2);

	vm.config.tce = !plain && below(2);
	vm.config.invpcid_all_paths = !plain && below(2);
	vm.config.invlpg_keeps_globals = !plain && below(2);
	vm.config.smep_flushes = !plain && below(2);
	vm.config.invlpgb_any_size = !plain && below(2);
	vm.config.spurious_faults = !plain && below(2);
	vm_config();
}

/* Runs one program; returns whether it ended in a finding. */
static bool
program(void)
{
	bool bad = false;

	machine_restore(vm.m);
	rng_seed(&rng, seed);
	any_processor();
	under[0] = under[1] = 0;
	nheld[0] = nheld[1] = nasked[0] = nasked[1] = vm.nfound = 0;
	(void)reference_step();
	for (nstep = 0; nstep < STEPS && !bad; nstep++) {
		random_step();
		bad = reference_step();
		ck_assert_msg(!machine_overflowed(vm.m), "seed %u", seed);
		compare();
		ck_assert_msg(bad == anything_found(),
		    "seed %u step %u: %s", seed, nstep,
		    bad ? "a finding is missing" : "a finding too many");
	}
	return bad;
}

static void
agree(struct machine_config kind, unsigned programs)
{
	unsigned bad = 0;

	world(&kind);
	for (seed = 0; seed < programs; seed++)
		bad += program();
	/* neither all nor none: the programs are worth something */
	ck_assert_uint_gt(bad, programs / 20);
	ck_assert_uint_lt(bad, programs - programs / 20);
}

START_TEST(test_the_model_and_the_reference_agree_on_random_programs)
{
	agree((struct machine_config){ .nested = false }, PROGRAMS);
}
END_TEST

START_TEST(test_the_model_and_the_reference_agree_on_five_levels)
{
	agree((struct machine_config){ .levels5 = true }, PROGRAMS / 4);
}
END_TEST

START_TEST(test_the_model_and_the_reference_agree_on_self_maps)
{
	agree((struct machine_config){ .self_maps = true }, PROGRAMS / 8);
}
END_TEST

START_TEST(test_the_model_and_the_reference_agree_on_guests)
{
	agree((struct machine_config){ .nested = true }, PROGRAMS / 4);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_the_model_and_the_reference_agree_on_random_programs,
		test_the_model_and_the_reference_agree_on_five_levels,
		test_the_model_and_the_reference_agree_on_self_maps,
		test_the_model_and_the_reference_agree_on_guests,
		NULL
	};

	return run_tests("model-reference", tests);
}
