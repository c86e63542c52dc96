/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * switch: context switch, lazy mode, PCIDs and user mode.
 *
 * A CPU first enters the space's mask, then reads the space's generation; an
 * initiator first raises the generation, then reads the mask:
 *
 *   switching CPU:  W on[cpu]   mfence   R gen      W CR3
 *   initiator:      W entry     lock add gen        R on[cpu]
 *
 * so at least one of them learns of the other: the CPU flushes as it loads CR3
 * or it is a target.  Requests that come in between wait for IF.
 *
 * PCIDs are given per CPU, in eras: when they run out a new era starts, and the
 * PCIDs of the old one count no more.  A PCID that is given is always flushed.
 */
#include "pmapshim/reference/mutants.h"
#include "pmapshim/reference/reference.h"

struct cpu cpus[CPUS];

void
switch_boot(void)
{
	struct cpu *cpu = &cpus[sd_cpu()];

	cpu->cur = &kernel_space;
	cpu->pcid_next = 1;
	cpu->pcid_era = 1;
	sd_write_cr3(kernel_space.root);
	sd_write_cr4(CR4_PGE | (mode_has(KMODE_PCID) ? CR4_PCIDE : 0));
	sd_irq_enable();
}

/* No PCID of this CPU may be loaded again without a flush. */
void
pcid_forget(struct cpu *cpu)
{
	cpu->pcid_era++;
	cpu->pcid_next = 1;
}

/* Makes sure that the slot has a PCID; true when it is a new one. */
static int
pcid_get(struct cpu *cpu, struct pcid_slot *slot)
{
	if (slot->era == cpu->pcid_era)
		return 0;
	if (cpu->pcid_next > PCID_LIMIT)
		pcid_forget(cpu);
	slot->pcid = cpu->pcid_next;
	if (!mutant_is(MUTANT_PCID_SHARED))
		cpu->pcid_next++;
	slot->era = cpu->pcid_era;
	return 1;
}

/* Loads the kernel root of s; flushes when its generation has moved on. */
static void
load_root(struct cpu *cpu, struct space *s, struct pcid_slot *slot,
          unsigned long gen)
{
	int flush = 1;

	if (mode_has(KMODE_PCID)) {
		if (pcid_get(cpu, slot))
			flush = !mutant_is(MUTANT_PCID_RECYCLED);
		else
			flush = slot->gen != gen;
		if (flush)
			slot->user_flush = 1;
		else if (mutant_is(MUTANT_USER_FLUSH_LOST))
			slot->user_flush = 0;
	}
	slot->gen = gen;
	sd_write_cr3(s->root | slot->pcid | (flush ? 0 : CR3_NOFLUSH));
}

/* MUTANT_ONE_THREAD: who enters a space in which nobody runs is alone there. */
__attribute__((no_sanitize("thread"), noinline)) static void
count_threads(struct space *s, unsigned c)
{
	unsigned i, others = 0;

	for (i = 0; i < sd_ncpus(); i++)
		others += i != c && READ(s->on[i]) != SPACE_OFF;
	WRITE(s->threads, others ? 2 : 1);
}

/* Enters the mask of s and gives its generation. */
static unsigned long
enter_mask(struct space *s, unsigned c)
{
	if (mutant_is(MUTANT_ONE_THREAD))
		count_threads(s, c);
	WRITE(s->on[c], SPACE_ON);
	if (!mutant_is(MUTANT_NO_FENCE_IN_SWITCH))
		sd_mfence();    /* pairs with the locked add in tlb_flush() */
	return READ(s->gen);
}

static void
switch_in(struct cpu *cpu, struct space *s, unsigned c)
{
	unsigned long gen;

	if (mutant_is(MUTANT_SWITCH_WINDOW)) {
		load_root(cpu, s, &s->slot[c], READ(s->gen));
		WRITE(s->on[c], SPACE_ON);
		return;
	}
	gen = enter_mask(s, c);
	load_root(cpu, s, &s->slot[c], gen);
}

/* Initiators skipped us while we were lazy: catch up. */
static void
leave_lazy(struct cpu *cpu, struct space *s, unsigned c)
{
	struct pcid_slot *slot = &s->slot[c];
	unsigned long gen;

	if (READ(s->on[c]) != SPACE_LAZY)
		return;
	gen = enter_mask(s, c);
	if (slot->gen != gen && !mutant_is(MUTANT_LAZY_EXIT_LOST))
		load_root(cpu, s, slot, gen);
}

void
switch_activate(void *space)
{
	const unsigned c = sd_cpu();
	struct cpu *cpu = &cpus[c];
	struct space *next = space ? space : &kernel_space, *prev;

	if (mutant_is(MUTANT_SET_LEFT_EARLY) && cpu->cur != &kernel_space &&
	    cpu->cur != next)
		WRITE(cpu->cur->on[c], SPACE_OFF);
	sd_irq_disable();
	nmi_may_read(cpu, 0);
	prev = cpu->cur;
	if (next == prev) {
		if (space)
			leave_lazy(cpu, next, c);
	} else {
		if (space)
			switch_in(cpu, next, c);
		else if (!mutant_is(MUTANT_ROOT_LEFT_LOADED))
			sd_write_cr3(next->root);
		cpu->cur = next;
		/* only now: entries of prev cannot be used from here on */
		if (prev != &kernel_space)
			WRITE(prev->on[c], SPACE_OFF);
	}
	if (space) {
		nmi_note_root(c, next);
		nmi_may_read(cpu, next);
	}
	sd_irq_enable();
}

/* Idle, but CR3 stays: user entries cannot be used until leave_lazy(). */
void
switch_enter_lazy(void)
{
	const unsigned c = sd_cpu();
	struct space *s = cpus[c].cur;

	nmi_lazy(&cpus[c]);
	if (s != &kernel_space)
		WRITE(s->on[c], SPACE_LAZY);
}

/* MUTANT_BORROW_IRQS_ON: handlers take s for loaded while it is not yet. */
static void
borrow_irqs_on(struct cpu *cpu, struct space *s, unsigned c)
{
	struct space *prev = cpu->cur;
	unsigned long gen = enter_mask(s, c);

	WRITE(cpu->cur, s);
	sd_irq_disable();
	load_root(cpu, s, &s->slot[c], gen);
	if (prev != &kernel_space)
		WRITE(prev->on[c], SPACE_OFF);
	sd_irq_enable();
}

/*
 * A kernel thread reads user memory.  It enters the space as a thread of its
 * own does, also when that is loaded already: it was lazy in it.
 */
void
switch_borrow(void *space, unsigned long va)
{
	const unsigned c = sd_cpu();
	struct cpu *cpu = &cpus[c];
	struct space *s = space;
	const int loaded = cpu->cur == s;

	switch_enter_lazy();
	if (mutant_is(MUTANT_BORROW_IRQS_ON) && !loaded)
		borrow_irqs_on(cpu, s, c);
	else if (!mutant_is(MUTANT_BORROWED_LAZILY) || !loaded)
		switch_activate(s);
	sd_user_read(s->root, va);
	switch_enter_lazy();
}

/* PTI: the way out to user mode, with the flush it may owe. */
static void
load_user_root(struct cpu *cpu, unsigned c)
{
	struct space *s = cpu->cur;
	struct pcid_slot *slot = &s->slot[c];
	unsigned long cr3 = s->user_root;

	if (mode_has(KMODE_PCID)) {
		cr3 |= slot->pcid | PCID_USER;
		if (slot->user_flush)
			slot->user_flush = 0;
		else
			cr3 |= CR3_NOFLUSH;
	}
	sd_write_cr3(cr3);
}

/* PTI: the way in.  The kernel's PCID has been kept flushed. */
static void
load_kernel_root(struct cpu *cpu, unsigned c)
{
	struct space *s = cpu->cur;

	sd_write_cr3(s->root | (mode_has(KMODE_PCID) ?
	    s->slot[c].pcid | CR3_NOFLUSH : 0));
}

/* Entry and exit paths run with IF off, for interrupts and calls alike. */
void
switch_enter_user(void)
{
	const unsigned c = sd_cpu();

	if (mode_has(KMODE_PTI))
		load_user_root(&cpus[c], c);
	sd_enter_user();
}

void
switch_leave_user(void)
{
	const unsigned c = sd_cpu();

	sd_leave_user();
	if (mode_has(KMODE_PTI))
		load_kernel_root(&cpus[c], c);
}
