/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast model against a slow, obvious one, on random programs.
 *
 * The reference keeps, for each cpu, every concrete entry that any fill order
 * could have put there: after each step it adds whatever a walk from the
 * loaded CR3 finds with A=1 everywhere; instructions take entries out; what is
 * left and disagrees with the tables is stale.  The fast model keeps only what
 * memory has lost.  Both must name the same stale entries after every step,
 * and the same verdicts.
 */
#include "tests/unit/test_model.h"

#include "explore/rng.h"

#define ROOTS 3
#define TAG_GLOBAL 0x1000u
#define MAX_HELD 4096
#define PROGRAMS 2000
#define STEPS 60

#define ULARGE (UVA + 2 * MIB2)
#define BIG 0x40000000ull

/* Where the programs look; all else stays not present. */
static const gva_t place[] = {
	UVA, UVA + MACHINE_PAGE, UVA + MIB2, ULARGE, ULARGE + 5 * MACHINE_PAGE,
	KVA, KVA + MACHINE_PAGE,
};

/* With self-maps: entry SELF of each root is the root itself. */
#define SELF 300ull
#define SELF4 (0xffff000000000000ull | SELF << 39)
#define SELF3 (SELF4 | SELF << 30)
#define SELF2 (SELF3 | SELF << 21)
static const gva_t self_place[] = {
	SELF4 | UVA >> 9, SELF4 | ULARGE >> 9, SELF3 | UVA >> 18,
	SELF2 | UVA >> 27, SELF2 | SELF << 12,
};

struct held {
	unsigned tag;
	gpa_t root;
	gva_t va;
	unsigned level;
	bool path, global, dead, stale;
	uint64_t e;             /* effective */
};

/* Where the programs look, of either kind. */
static gva_t places[16];
static unsigned nplaces;

static struct held held[2][MAX_HELD];
static unsigned nheld[2];
static gpa_t root[ROOTS], spare[ROOTS], full[ROOTS];
static struct rng rng;
static unsigned seed, nstep;    /* of the program that runs */

/* ---- the reference: walks --------------------------------------------------------- */

static unsigned
top(void)
{
	return vm.config.levels5 ? 5 : 4;
}

/* One walk, level by level: calls it with each entry on the way. */
static bool
step(gpa_t *t, gva_t va, unsigned level, struct held *h, bool *accessed)
{
	uint64_t e = *((uint64_t *)machine_ptr(vm.m, *t) +
	    (va >> (12 + 9 * (level - 1)) & 511));
	uint64_t size = 1ull << (12 + 9 * (level - 1));
	uint64_t up = level == top() ? PTE_W | PTE_U : h->e;

	h->path = level > 1 && !(e & PTE_PS);
	h->level = level;
	h->va = va & ~(size - 1);
	h->global = !h->path && (e & PTE_G);
	if (level > 1)                  /* PAT lies elsewhere there */
		e = (e & ~PTE_PS) | (h->path || !(e & 1ull << 12) ? 0 :
		    PTE_PAT);
	h->e = (e & ~(PTE_W | PTE_U | PTE_NX)) |
	    (e & up & (PTE_W | PTE_U)) | ((e | (level == top() ? 0 : up)) & PTE_NX);
	*accessed &= (e & PTE_A) != 0;
	*t = e & PTE_ADDR;
	return (e & PTE_P) != 0;
}

/* The entry for va at `level`, or the leaf above it; false: not present. */
static bool
look(gpa_t r, gva_t va, unsigned level, struct held *h, bool *accessed)
{
	*accessed = true;
	for (unsigned l = top(); l >= level; l--) {
		if (!step(&r, va, l, h, accessed))
			return false;
		if (!h->path)
			return true;
	}
	return true;
}

static void
add(unsigned cpu, const struct held *h)
{
	for (unsigned i = 0; i < nheld[cpu]; i++) {
		struct held *k = &held[cpu][i];

		if (k->tag == h->tag && k->root == h->root && k->va == h->va &&
		    k->level == h->level && k->path == h->path && k->e == h->e)
			return;
	}
	ck_assert_uint_lt(nheld[cpu], MAX_HELD);
	held[cpu][nheld[cpu]++] = *h;
}

static void
fill(unsigned cpu)
{
	uint64_t cr3 = machine_cr3(vm.m, cpu), cr4 = machine_cr4(vm.m, cpu);

	for (unsigned p = 0; p < nplaces; p++) {
		for (unsigned level = top(); level >= 1; level--) {
			struct held h = { .dead = false };
			bool a;

			if (!look(cr3 & PTE_ADDR, places[p], level, &h, &a) ||
			    !a)
				break;
			h.root = cr3 & PTE_ADDR;
			h.tag = h.global && (cr4 & CR4_PGE) ? TAG_GLOBAL :
			    (unsigned)(cr3 & CR3_PCID);
			add(cpu, &h);
			if (!h.path)
				break;
		}
	}
}

/* ---- the reference: staleness and verdict ----------------------------------------------- */

static bool
page_agrees(const struct held *k, gva_t va)
{
	struct held now = { .dead = false };
	uint64_t was = k->e & PTE_ADDR;
	bool a;

	if (!look(k->root, va, 1, &now, &a))
		return false;
	if (was + (va - k->va) != (now.e & PTE_ADDR) + (va - now.va))
		return false;
	if ((k->e ^ now.e) & (PTE_PCD | PTE_PWT | PTE_PAT))
		return false;
	if (k->e & ~now.e & (PTE_U | PTE_G))
		return false;
	if (~k->e & now.e & PTE_NX)
		return false;
	/* a write goes through it only if it is dirty */
	return (k->e & (PTE_W | PTE_D)) != (PTE_W | PTE_D) ||
	    (now.e & (PTE_W | PTE_D)) == (PTE_W | PTE_D);
}

static bool
agrees(const struct held *k)
{
	struct held now = { .dead = false };
	bool a;

	if (k->path)
		return look(k->root, k->va, k->level, &now, &a) && now.path &&
		    now.level == k->level &&
		    !((k->e ^ now.e) & PTE_ADDR) &&
		    !(k->e & ~now.e & (PTE_W | PTE_U)) &&
		    !(~k->e & now.e & PTE_NX);
	for (unsigned i = 0; i < (k->level == 2 ? 512 : 1); i++)
		if (!page_agrees(k, k->va + i * MACHINE_PAGE))
			return false;
	return true;
}

static bool
usable(unsigned cpu, const struct held *k)
{
	if (k->tag != TAG_GLOBAL &&
	    k->tag != (machine_cr3(vm.m, cpu) & CR3_PCID))
		return false;
	return k->path || k->va >= 1ull << 63 ||
	    machine_mode(vm.m, cpu) == MODE_USER;
}

/* After each step: what may be there, what of it is stale; is it a finding? */
static bool
reference_step(void)
{
	bool bad = false;

	for (unsigned c = 0; c < 2; c++) {
		fill(c);
		for (unsigned i = 0; i < nheld[c]; i++) {
			struct held *k = &held[c][i];

			k->stale = !agrees(k);
			k->dead &= k->stale;
			bad |= k->dead && usable(c, k);
		}
	}
	return bad;
}

static void
reference_operation(const struct machine_scope *s)
{
	for (unsigned c = 0; c < 2; c++)
		for (unsigned i = 0; i < nheld[c]; i++) {
			struct held *k = &held[c][i];
			uint64_t size = 1ull << (12 + 9 * (k->level - 1));

			if (k->stale && k->va < s->end && s->va < k->va + size &&
			    (s->root == 0 || s->root == k->root))
				k->dead = true;
		}
}

/* ---- the reference: removal ---------------------------------------------------------------- */

struct removal {
	bool pcid_any, root_any, globals, whole, paths;
	bool leaves, stepped;   /* leaves alone; at steps of 2 MiB */
	unsigned pcid;
	gpa_t root;
	gva_t va, end;
};

/* Does the entry hold one of the addresses that are named? */
static bool
named(const struct held *k, const struct removal *r)
{
	uint64_t size = 1ull << (12 + 9 * (k->level - 1));

	if (r->whole)
		return true;
	if (!r->stepped)
		return k->va < r->end && r->va < k->va + size;
	if (!k->path && k->level == 1 && !vm.config.invlpgb_any_size)
		return false;
	for (gva_t va = r->va; va < r->end; va += MIB2)
		if (va - k->va < size)
			return true;
	return false;
}

static void
reference_remove(unsigned cpu, const struct removal *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < nheld[cpu]; i++) {
		const struct held *k = &held[cpu][i];
		bool tag = k->tag == TAG_GLOBAL ? r->globals :
		    (r->pcid_any || k->tag == r->pcid) &&
		    (r->root_any || k->root == r->root);
		bool where = k->path && (r->paths || r->leaves) ? r->paths :
		    named(k, r);

		if (!tag || !where)
			held[cpu][n++] = *k;
	}
	nheld[cpu] = n;
}

/* ---- the reference: requests of INVLPGB ------------------------------------------------------ */

#define MAX_ASKED 8

static struct removal asked[2][MAX_ASKED];
static unsigned nasked[2];

static void
reference_carry_out(unsigned cpu, unsigned k)
{
	reference_remove(cpu, &asked[cpu][k]);
	nasked[cpu]--;
	memmove(&asked[cpu][k], &asked[cpu][k + 1],
	    (nasked[cpu] - k) * sizeof(asked[cpu][0]));
}

/* ---- comparing -------------------------------------------------------------------------------- */

/* The same stale entry in both?  A global one has no root. */
static bool
same(const struct held *k, const struct machine_stale *s)
{
	bool global = k->tag == TAG_GLOBAL;

	return k->va == s->cached.va && k->level == s->cached.level &&
	    k->path == s->cached.path && k->dead == s->dead &&
	    (global ? s->cached.global && s->pcid == 0 :
	    k->tag == s->pcid && k->root == s->root);
}

static void
fast_knows(unsigned cpu, const struct held *k)
{
	struct machine_stale s;

	for (unsigned i = 0; machine_stale(vm.m, cpu, i, &s); i++)
		if (same(k, &s))
			return;
	ck_abort_msg("seed %u step %u: cpu %u may hold a stale %s for %llx "
	    "under tag %x%s, which the model does not know", seed, nstep, cpu,
	    k->path ? "path" : "leaf", (unsigned long long)k->va, k->tag,
	    k->dead ? ", dead" : "");
}

/* Through self-maps there is more to see than the reference looks at. */
static bool
looked_at(const struct translation *t)
{
	for (unsigned p = 0; p < nplaces; p++)
		if (places[p] - t->va < 1ull << (12 + 9 * (t->level - 1)))
			return true;
	return !vm.config.self_maps;
}

static void
reference_knows(unsigned cpu, const struct machine_stale *s)
{
	if (!looked_at(&s->cached))
		return;
	for (unsigned i = 0; i < nheld[cpu]; i++)
		if (held[cpu][i].stale && same(&held[cpu][i], s))
			return;
	ck_abort_msg("seed %u step %u: the model says that cpu %u may hold a "
	    "stale %s for %llx under PCID %x%s, and it cannot", seed, nstep,
	    cpu, s->cached.path ? "path" : "leaf",
	    (unsigned long long)s->cached.va, s->pcid,
	    s->dead ? ", dead" : "");
}

/* An access in kernel mode refused by what is held, not by the tables. */
static bool
reference_may_fault(unsigned cpu, gva_t va)
{
	bool user = machine_mode(vm.m, cpu) == MODE_USER, a;
	uint64_t cr3 = machine_cr3(vm.m, cpu), need = PTE_W |
	    (user ? PTE_U : 0);
	struct held now = { .dead = false };

	if (!look(cr3 & PTE_ADDR, va, 1, &now, &a) || (need & ~now.e))
		return false;
	for (unsigned i = 0; i < nheld[cpu]; i++) {
		const struct held *k = &held[cpu][i];

		if ((k->tag == TAG_GLOBAL || k->tag == (cr3 & CR3_PCID)) &&
		    va - k->va < 1ull << (12 + 9 * (k->level - 1)) &&
		    (need & ~k->e))
			return true;
	}
	return false;
}

/*
 * A global entry of another root that its tables still hold: what it refuses
 * here is the fault of those who made globals differ, and not kept track of.
 */
static bool
differs_by_root(unsigned cpu, gva_t va)
{
	gpa_t loaded = machine_cr3(vm.m, cpu) & PTE_ADDR;

	for (unsigned i = 0; i < nheld[cpu]; i++) {
		const struct held *k = &held[cpu][i];

		if (k->tag == TAG_GLOBAL && k->root != loaded &&
		    va - k->va < 1ull << (12 + 9 * (k->level - 1)))
			return true;
	}
	return false;
}

static void
compare_faults(unsigned cpu)
{
	for (unsigned p = 0; p < nplaces; p++) {
		bool want = reference_may_fault(cpu, places[p]);

		if (differs_by_root(cpu, places[p]))
			continue;
		ck_assert_msg(machine_may_fault(vm.m, cpu, places[p], true) ==
		    want, "seed %u step %u: cpu %u at %llx: a fault %s come",
		    seed, nstep, cpu, (unsigned long long)places[p],
		    want ? "may" : "cannot");
	}
}

static void
compare(void)
{
	struct machine_stale s;

	for (unsigned c = 0; c < 2; c++) {
		for (unsigned i = 0; i < nheld[c]; i++)
			if (held[c][i].stale)
				fast_knows(c, &held[c][i]);
		for (unsigned i = 0; machine_stale(vm.m, c, i, &s); i++)
			reference_knows(c, &s);
		if (vm.config.spurious_faults)
			compare_faults(c);
	}
}

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
	    .paths = !vm.config.tce, .va = va, .end = va + MACHINE_PAGE,
	    .pcid = machine_cr3(vm.m, cpu) & CR3_PCID };

	machine_invlpg(vm.m, cpu, va);
	reference_remove(cpu, &r);
}

static void
random_invpcid(unsigned cpu)
{
	unsigned type = below(8);
	gva_t va = any_place();
	struct removal r = { .root_any = true, .va = va,
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
	    .pcid = pcid };

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
	    .pcid = machine_cr3(vm.m, cpu) & CR3_PCID };

	if (edge & CR4_PGE)
		nheld[cpu] = 0;
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

static void
random_step(void)
{
	unsigned cpu = below(2), what = below(36);

	if (what < 14)
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
world(bool levels5, bool self_maps)
{
	vm_make(2);
	vm.config.levels5 = levels5;
	vm.config.self_maps = self_maps;
	vm_config();
	for (unsigned r = 0; r < ROOTS; r++)
		build(r);
	nplaces = sizeof(place) / sizeof(place[0]);
	memcpy(places, place, sizeof(place));
	if (self_maps)
		map_self();
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
agree(bool levels5, bool self_maps, unsigned programs)
{
	unsigned bad = 0;

	world(levels5, self_maps);
	for (seed = 0; seed < programs; seed++)
		bad += program();
	/* neither all nor none: the programs are worth something */
	ck_assert_uint_gt(bad, programs / 20);
	ck_assert_uint_lt(bad, programs - programs / 20);
}

START_TEST(test_the_model_and_the_reference_agree_on_random_programs)
{
	agree(false, false, PROGRAMS);
}
END_TEST

START_TEST(test_the_model_and_the_reference_agree_on_five_levels)
{
	agree(true, false, PROGRAMS / 2);
}
END_TEST

START_TEST(test_the_model_and_the_reference_agree_on_self_maps)
{
	agree(false, true, PROGRAMS / 4);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		test_the_model_and_the_reference_agree_on_random_programs,
		test_the_model_and_the_reference_agree_on_five_levels,
		test_the_model_and_the_reference_agree_on_self_maps,
		NULL
	};

	return run_tests("model-reference", tests);
}
