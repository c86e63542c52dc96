/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * witness.c: reads through the processor's own translation and compares with
 * a walk of the tables in software.
 *
 * Every data frame holds its own number, and whether it is free, so a read
 * tells which frame was reached.  A reading is judged only where the entry
 * could be used (docs/semantics.md: user entries in user mode or in a window,
 * kernel entries in kernel mode, interrupts on) and while no operation is
 * under way that covers the address; then it has to be what the tables say.
 * Steered, only one vCPU does anything at a time, so each change of an entry is
 * known with its author, and dies when a contract says so (past.c).
 */
#include "pmapshim/metal/metal.h"

#define MARK 0x5d00f4a3e0000000ull      /* + number of the frame */
#define FREE 0x800000ull
#define CODE 64                         /* where a frame can be called */
#define UNKNOWN 1ull                    /* no frame of data */
#define KERNEL_HALF (1ull << 63)

void
metal_mark(uint64_t frame, bool is_free)
{
	uint64_t *p = direct(frame);

	p[0] = MARK | (is_free ? FREE : 0) | (frame - METAL_RAM) / PAGE;
	p[CODE / 8] = 0xc3;             /* RET */
}

static uint64_t
frame_of(uint64_t value)
{
	const uint64_t number = value & (FREE - 1);

	if ((value & ~(FREE | (FREE - 1))) != MARK || number >= METAL_FRAMES)
		return UNKNOWN;
	return METAL_RAM + number * PAGE;
}

/* ---- accesses with a way back ------------------------------------------------ */

static bool
try_read(uint64_t va, uint64_t *ret)
{
	struct metal_cpu *v = metal_self();
	uint64_t value = 0;
	uint32_t good;

	__asm__ volatile("leaq 1f(%%rip), %%rcx\n\t"
	    "movq %%rcx, %[rip]\n\t"
	    "xorl %[good], %[good]\n\t"
	    "movq (%[va]), %[value]\n\t"
	    "movl $1, %[good]\n"
	    "1:\tmovq $0, %[rip]"
	    : [good] "=&r"(good), [value] "+&r"(value),
	      [rip] "=m"(v->fault_rip) : [va] "r"(va) : "rcx", "memory",
	      "cc");
	*ret = value;
	return good;
}

static bool
try_write(uint64_t va)
{
	struct metal_cpu *v = metal_self();
	uint32_t good;

	__asm__ volatile("leaq 1f(%%rip), %%rcx\n\t"
	    "movq %%rcx, %[rip]\n\t"
	    "xorl %[good], %[good]\n\t"
	    "lock orq $0, (%[va])\n\t"
	    "movl $1, %[good]\n"
	    "1:\tmovq $0, %[rip]"
	    : [good] "=&r"(good), [rip] "=m"(v->fault_rip)
	    : [va] "r"(va) : "rcx", "memory", "cc");
	return good;
}

/* Calls what is there: a RET, in any frame of data. */
static bool
try_execute(uint64_t va)
{
	struct metal_cpu *v = metal_self();
	uint32_t good;

	__asm__ volatile("leaq 1f(%%rip), %%rcx\n\t"
	    "movq %%rcx, %[rip]\n\t"
	    "xorl %[good], %[good]\n\t"
	    "movq %%rsp, %%rdx\n\t"
	    "call *%[va]\n\t"
	    "movl $1, %[good]\n"
	    "1:\tmovq %%rdx, %%rsp\n\t"
	    "movq $0, %[rip]"
	    : [good] "=&r"(good), [rip] "=m"(v->fault_rip)
	    : [va] "r"(va) : "rcx", "rdx", "memory", "cc");
	return good;
}

bool
metal_fault(uint64_t *frame, uint64_t address)
{
	struct metal_cpu *v = metal_self();

	(void)address;
	if (v->fault_rip == 0)
		return false;
	frame[2] = v->fault_rip;        /* vector, error code, RIP */
	return true;
}

/* ---- the tables ---------------------------------------------------------------- */

struct metal_walk
metal_walk(uint64_t cr3, uint64_t va)
{
	struct metal_walk w = { .writable = true, .executable = true };
	uint64_t table = cr3 & PTE_ADDR, size;

	for (unsigned level = 4; level > 0; level--) {
		const unsigned shift = 12 + 9 * (level - 1);

		w.entry = ((volatile uint64_t *)direct(table))
		    [va >> shift & 511];
		if (!(w.entry & PTE_P))
			return (struct metal_walk){ .entry = w.entry };
		w.writable = w.writable && (w.entry & PTE_W);
		w.executable = w.executable && !(w.entry & PTE_NX);
		table = w.entry & PTE_ADDR;
		if (level == 1 || (level < 4 && w.entry & PTE_PS)) {
			size = 1ull << shift;
			w.present = true;
			w.frame = (table & ~(size - 1)) |
			    (va & (size - 1) & ~(PAGE - 1));
			return w;
		}
		if (table >= 0x40000000)
			break;          /* not memory that is mapped here */
	}
	return (struct metal_walk){ .entry = w.entry };
}

static struct metal_walk
walk(uint64_t va)
{
	return metal_walk(read_cr3(), va);
}

static bool
same_walk(const struct metal_walk *a, const struct metal_walk *b)
{
	return a->present == b->present && a->writable == b->writable &&
	    a->executable == b->executable && a->frame == b->frame;
}

static void
tell_host(uint64_t va)
{
	struct metal_walk w;

	if (!metal.literal)
		return;
	w = walk(va);
	if (w.present)
		literal_touched(metal_self()->number, read_cr3(), va,
		    w.entry);
}

uint64_t
metal_read(uint64_t va)
{
	uint64_t value;

	tell_host(va);
	if (!try_read(va & ~(PAGE - 1), &value))
		return SCN_FAULT;
	return frame_of(value);
}

bool
metal_write(uint64_t va)
{
	tell_host(va);
	return try_write(va & ~(PAGE - 1));
}

bool
metal_execute(uint64_t va)
{
	tell_host(va);
	return try_execute((va & ~(PAGE - 1)) + CODE);
}

/* ---- what is watched ------------------------------------------------------------ */

void
metal_watch(uint64_t va)
{
	for (unsigned i = 0; i < metal.nwatched; i++)
		if (metal.watched[i] == va)
			return;
	if (metal.nwatched < METAL_WATCHED)
		metal.watched[metal.nwatched++] = va;
}

void
metal_touch_all(void)
{
	struct metal_cpu *v = metal_self();

	for (unsigned i = 0; i < metal.nwatched; i++)
		v->had[i] = metal_read(metal.watched[i]);
}

/* ---- judging -------------------------------------------------------------------- */

static bool
is_usable(const struct metal_cpu *v, uint64_t va)
{
	if (!v->vif)
		return false;
	if (va >= KERNEL_HALF)
		return v->mode == METAL_KERNEL;
	return v->mode == METAL_USER || (v->windows > 0 && v->handlers == 0);
}

static bool
is_under_way(uint64_t va)
{
	for (unsigned c = 0; c < metal.ncpus; c++) {
		const struct metal_cpu *v = &metal.cpu[c];
		const unsigned n = v->ops;

		for (unsigned i = 0; i < n && i < METAL_OPS; i++)
			if (va >= (v->op[i].va & ~(PAGE - 1)) &&
			    va <= v->op[i].end - 1)
				return true;
	}
	return metal.deferred != 0;
}

static void
found(struct metal_cpu *v, uint64_t va, char access, uint64_t seen,
      uint64_t wanted)
{
	if (__atomic_fetch_add(&metal.stales, 1, __ATOMIC_SEQ_CST) != 0)
		return;
	metal.stale = (struct metal_stale){ .va = va, .cpu = v->number,
	    .access = access, .user = v->mode == METAL_USER, .seen = seen,
	    .wanted = wanted, .turn = metal.cursor };
}

/* What it had cached has changed: has the entry gone, as it should? */
static void
count_gone(struct metal_cpu *v, unsigned i, uint64_t seen, uint64_t wanted)
{
	if (v->had[i] != SCN_FAULT && v->had[i] != wanted && seen == wanted)
		__atomic_add_fetch(&metal.gone, 1, __ATOMIC_RELAXED);
	v->had[i] = seen;
}

/* Steered: what is seen and is not there any more has to be still alive. */
static void
judge_steered(struct metal_cpu *v, unsigned i)
{
	const uint64_t va = metal.watched[i];
	const struct metal_walk now = walk(va);
	const uint64_t seen = metal_read(va);
	const uint64_t wanted = now.present ? now.frame : SCN_FAULT;

	if (seen != SCN_FAULT && seen != wanted &&
	    metal_is_dead(i, seen, METAL_READ))
		found(v, va, 'r', seen, wanted);
	else if (seen == wanted && now.present && !now.writable &&
	    metal_is_dead(i, seen, METAL_WRITE) && metal_write(va))
		found(v, va, 'w', seen, wanted);
	else if (seen == wanted && now.present && !now.executable &&
	    metal_is_dead(i, seen, METAL_EXECUTE) && metal_execute(va))
		found(v, va, 'x', seen, wanted);
	count_gone(v, i, seen, wanted);
}

/* False: it could not be judged now. */
static bool
judge_one(struct metal_cpu *v, unsigned i)
{
	const uint64_t va = metal.watched[i];
	const uint32_t generation = metal.generation;
	struct metal_walk before, after;
	uint64_t seen;
	char did = '\0';

	if (!is_usable(v, va))
		return v->vif;
	if (metal.steered) {
		judge_steered(v, i);
		return true;
	}
	if (is_under_way(va))
		return false;
	before = walk(va);
	seen = metal_read(va);
	if (seen == SCN_FAULT || !before.present)
		;
	else if (!before.writable && metal_write(va))
		did = 'w';
	else if (!before.executable && metal_execute(va))
		did = 'x';
	after = walk(va);
	if (!same_walk(&before, &after) || is_under_way(va) ||
	    generation != metal.generation)
		return false;
	if (seen != SCN_FAULT && (!before.present || seen != before.frame))
		found(v, va, 'r', seen, before.present ? before.frame :
		    SCN_FAULT);
	else if (did != '\0')
		found(v, va, did, seen, before.frame);
	count_gone(v, i, seen, before.present ? before.frame : SCN_FAULT);
	return true;
}

void
metal_judge(void)
{
	struct metal_cpu *v = metal_self();
	const uint32_t generation = metal.generation;
	bool all = true;

	for (unsigned i = 0; i < metal.nwatched; i++)
		if (!judge_one(v, i))
			all = false;
	if (all)
		v->judged = generation;
}
