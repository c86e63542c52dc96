/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * literal_tlb.c: what processors may have cached, and how they lose it.
 *
 * An order is given by writing it into a slot that belongs to the pair of
 * processors, and an NMI.  The target carries out all that it finds: with
 * interrupts off, inside a hypercall of its own, anywhere.  Only the processor
 * itself changes its records; its NMI may come between any two instructions of
 * that, and only removes.
 *
 * Without PCIDs nothing is cached of a space but that of CR3, global entries
 * excepted.  With PCIDs on this flushes more than it has to, never less.
 */
#include "guest/literal_tlb.h"

#define RECORDS 512             /* of a processor; a power of two */
#define PROBES 16
#define PLAIN 1u                /* the entry may be there, not global */
#define GLOBAL 2u
#define LEAF_PRESENT 1ull
#define LEAF_LARGE 0x80ull
#define LEAF_GLOBAL 0x100ull
#define LEAF_ADDRESS 0xffffffffff000ull
#define CR4_PGE 0x80ull
#define CR4_PCIDE 0x20000ull
#define EACH_AT_MOST 8192       /* pages invalidated one by one */
#define ICR_NMI 0x4400

struct record {
	uint64_t va, root;
	volatile uint32_t flags;        /* 0: free */
};

struct slot {
	struct literal_order order;
	volatile uint32_t given;        /* 1: to do, 2: being done */
};

static struct tlb {
	struct record record[RECORDS];
	uint64_t cr3;           /* that the plain records are for */
	bool overflow;          /* there may be entries without a record */
	struct slot slot[LITERAL_CPUS];         /* of each caller */
} tlbs[LITERAL_CPUS];

static unsigned processors;
void (*literal_guess)(void);
bool literal_canary;
struct literal_count literal_counts[LITERAL_CPUS];

static uint64_t
read_cr4(void)
{
	uint64_t value;

	__asm__ volatile("movq %%cr4, %0" : "=r"(value));
	return value;
}

static void
invlpg(uint64_t va)
{
	__asm__ volatile("invlpg (%0)" :: "r"(va) : "memory");
}

/* ---- records ----------------------------------------------------------- */

void
literal_tlb_start(unsigned ncpus)
{
	processors = ncpus;
	for (unsigned i = 0; i < ncpus; i++) {
		literal_forget(i);
		literal_counts[i] = (struct literal_count){ 0 };
		for (unsigned k = 0; k < LITERAL_CPUS; k++)
			tlbs[i].slot[k].given = 0;
	}
}

void
literal_forget(unsigned cpu)
{
	struct tlb *t = &tlbs[cpu];

	if (cpu >= LITERAL_CPUS)
		return;
	t->overflow = false;
	for (unsigned i = 0; i < RECORDS; i++)
		t->record[i].flags = 0;
}

/* A load of CR3 has dropped what was not global. */
static void
notice_root(struct tlb *t, uint64_t cr3)
{
	if (t->cr3 == cr3)
		return;
	t->cr3 = cr3;
	for (unsigned i = 0; i < RECORDS; i++)
		t->record[i].flags &= GLOBAL;
}

static struct record *
record_for(struct tlb *t, uint64_t va)
{
	unsigned at = (unsigned)((va >> 12) * 0x9e3779b97f4a7c15ull >> 50);
	struct record *unused = NULL;

	for (unsigned i = 0; i < PROBES; i++) {
		struct record *r = &t->record[(at + i) % RECORDS];

		if (r->va == va && r->flags != 0)
			return r;
		if (r->flags == 0 && unused == NULL)
			unused = r;
	}
	return unused;
}

void
literal_touched(unsigned cpu, uint64_t cr3, uint64_t va, uint64_t leaf)
{
	struct tlb *t = &tlbs[cpu];
	struct record *r;

	if (cpu >= processors || !(leaf & LEAF_PRESENT))
		return;
	notice_root(t, cr3);
	r = record_for(t, va & ~0xfffull);
	if (r == NULL) {
		t->overflow = true;
		return;
	}
	if (r->flags == 0)
		r->va = va & ~0xfffull;
	r->root = cr3;
	__asm__ volatile("" ::: "memory");
	r->flags |= leaf & LEAF_GLOBAL && read_cr4() & CR4_PGE ? GLOBAL :
	    PLAIN;
}

uint64_t
literal_leaf(uint64_t cr3, uint64_t va)
{
	uint64_t entry = cr3;

	for (int shift = 39; shift >= 12; shift -= 9) {
		const uint64_t at = (entry & LEAF_ADDRESS) +
		    (va >> shift & 511) * 8;

		/* No table lies above what is mapped. */
		if (at >> 30 != 0)
			return 0;
		entry = *(volatile uint64_t *)direct(at);
		if (!(entry & LEAF_PRESENT))
			return 0;
		if (shift < 39 && shift > 12 && entry & LEAF_LARGE)
			break;
	}
	return entry;
}

/* ---- what a target does ------------------------------------------------ */

/* Everything; how, SDM 3A 4.10.4.1: a change of CR4.PGE. */
static void
drop_all(struct tlb *t)
{
	const uint64_t cr4 = read_cr4();

	write_cr4(cr4 ^ CR4_PGE);
	write_cr4(cr4);
	t->overflow = false;
	for (unsigned i = 0; i < RECORDS; i++)
		t->record[i].flags = 0;
}

static bool
names_here(const struct literal_order *o)
{
	return o->any || ((read_cr3() ^ o->root) & o->root_mask) == 0;
}

/* Does the order let a processor keep what this record stands for? */
static bool
may_keep(const struct literal_order *o, const struct record *r, bool here)
{
	if (r->flags & PLAIN && here)
		return false;
	if (!(r->flags & GLOBAL) || o->globals == HV_GLOBALS_KEEP)
		return true;
	return o->globals == HV_GLOBALS_MATCH &&
	    ((r->root ^ o->root) & o->root_mask) != 0;
}

static void
drop_records(struct tlb *t, const struct literal_order *o, bool here)
{
	struct literal_count *n = &literal_counts[t - tlbs];

	for (unsigned i = 0; i < RECORDS; i++) {
		struct record *r = &t->record[i];

		if (r->flags == 0 ||
		    (!o->whole && r->va - o->va >= o->bytes))
			continue;
		if (may_keep(o, r, here)) {
			n->kept++;
			continue;
		}
		invlpg(r->va);
		r->flags = 0;
		n->dropped++;
	}
}

/* Pages of the range that nobody has a record of. */
static void
drop_others(struct tlb *t, const struct literal_order *o)
{
	for (uint64_t at = 0; at < o->bytes; at += 4096) {
		const struct record *r = record_for(t, o->va + at);

		if (r == NULL || r->flags == 0)
			invlpg(o->va + at);
	}
}

static void
obey(struct tlb *t, const struct literal_order *o)
{
	const bool here = names_here(o);
	/* va 0, 2^64 bytes is no range that hosts give. */
	const bool large = !o->whole && o->bytes / 4096 > EACH_AT_MOST;

	if ((here && o->globals == HV_GLOBALS_DROP && (o->whole || large)) ||
	    read_cr4() & CR4_PCIDE || t->overflow) {
		drop_all(t);
		return;
	}
	drop_records(t, o, here);
	if (!o->whole && !large && here)
		drop_others(t, o);
}

void
literal_poll(void)
{
	const unsigned cpu = this_cpu()->number;
	struct tlb *t = &tlbs[cpu];

	if (cpu >= processors)
		return;
	for (unsigned i = 0; i < processors; i++) {
		struct slot *s = &t->slot[i];
		uint32_t to_do = 1;

		/* An NMI may come here in the middle of this. */
		if (!__atomic_compare_exchange_n(&s->given, &to_do, 2, false,
		    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			continue;
		notice_root(t, read_cr3());
		if (literal_guess != NULL)
			literal_guess();
		if (!literal_canary)
			obey(t, &s->order);
		__atomic_store_n(&s->given, 0, __ATOMIC_RELEASE);
	}
}

void
literal_nmi(void)
{
	literal_poll();
}

void
literal_order(unsigned cpu, const struct literal_order *order)
{
	const unsigned me = this_cpu()->number;
	struct slot *s = &tlbs[cpu].slot[me];

	s->order = *order;
	__atomic_store_n(&s->given, 1, __ATOMIC_SEQ_CST);
	if (cpu == me)
		literal_poll();
	else
		apic_send(guest_cpus[cpu].apic, ICR_NMI);
	while (__atomic_load_n(&s->given, __ATOMIC_ACQUIRE))
		pause();
}
