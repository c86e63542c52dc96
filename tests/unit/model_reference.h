/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The slow, obvious model that test_model_reference.c holds the fast one to.
 *
 * It keeps, for each cpu, every concrete entry that any fill order could have
 * put there: after each step it adds whatever a walk from the loaded CR3 finds
 * with A=1 everywhere; instructions take entries out; what is left and
 * disagrees with the tables is stale.  Then both must name the same entries.
 */
#ifndef SHOOTDOWN_TESTS_MODEL_REFERENCE_H
#define SHOOTDOWN_TESTS_MODEL_REFERENCE_H

#include "tests/unit/test_model.h"

#define ROOTS 3
#define SECONDS 2               /* second-level tables */
#define TAG_GLOBAL 0x1000u
#define TAG_NESTED 0x2000u
#define MAX_HELD 4096

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

/* With a second level: guest-physical addresses. */
#define GPA (8 * GIB)
static const gpa_t second_place[] = {
	GPA, GPA + MACHINE_PAGE, GPA + MIB2,
};

struct held {
	unsigned tag;
	unsigned under;         /* which second-level table, from 1; 0: none */
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
static gpa_t root[ROOTS], spare[ROOTS], full[ROOTS], second[SECONDS];
static unsigned under[2];       /* the cpus' second-level tables */
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
	    (e & up & (PTE_W | PTE_U)) |
	    ((e | (level == top() ? 0 : up)) & PTE_NX);
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

		if (k->tag == h->tag && k->under == h->under &&
		    k->root == h->root && k->va == h->va &&
		    k->level == h->level && k->path == h->path && k->e == h->e)
			return;
	}
	ck_assert_uint_lt(nheld[cpu], MAX_HELD);
	held[cpu][nheld[cpu]++] = *h;
}

/* What a walk for va under r can leave behind. */
static void
fill_place(unsigned cpu, gpa_t r, gva_t va, bool nested)
{
	uint64_t cr3 = machine_cr3(vm.m, cpu), cr4 = machine_cr4(vm.m, cpu);

	for (unsigned level = top(); level >= 1; level--) {
		struct held h = { .dead = false };
		bool a;

		if (!look(r, va, level, &h, &a) || !a)
			return;
		h.root = r;
		h.under = under[cpu];
		h.tag = nested ? TAG_NESTED : h.global && (cr4 & CR4_PGE) ?
		    TAG_GLOBAL : (unsigned)(cr3 & CR3_PCID);
		add(cpu, &h);
		if (!h.path)
			return;
	}
}

static void
fill(unsigned cpu)
{
	const unsigned n = sizeof(second_place) / sizeof(second_place[0]);

	for (unsigned p = 0; p < nplaces; p++)
		fill_place(cpu, machine_cr3(vm.m, cpu) & PTE_ADDR, places[p],
		    false);
	for (unsigned p = 0; under[cpu] > 0 && p < n; p++)
		fill_place(cpu, second[under[cpu] - 1], second_place[p], true);
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
	if (k->under != under[cpu])
		return false;
	if (k->tag == TAG_NESTED)
		return true;
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
			    (s->root == k->root || (s->root == 0 &&
			    k->tag != TAG_NESTED)))
				k->dead = true;
		}
}

/* ---- the reference: removal ---------------------------------------------------------------- */

struct removal {
	bool pcid_any, root_any, globals, whole, paths;
	bool leaves, stepped;   /* leaves alone; at steps of 2 MiB */
	bool physical;          /* all that is under one second-level table */
	unsigned under;
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

		if (k->tag == TAG_NESTED || r->physical)
			tag = where = r->physical;
		if (!tag || !where || k->under != r->under)
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

	if (s->nested || k->tag == TAG_NESTED)
		return s->nested && k->tag == TAG_NESTED &&
		    k->root == s->root && k->va == s->cached.va &&
		    k->level == s->cached.level &&
		    k->path == s->cached.path && k->dead == s->dead;
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

		if (k->under == under[cpu] && k->tag != TAG_NESTED &&
		    (k->tag == TAG_GLOBAL || k->tag == (cr3 & CR3_PCID)) &&
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

#endif
