/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * alone: one CPU runs by itself: in the debugger, in a panic, before the others
 * are started.
 *
 * Nobody is told of its flushes meanwhile, so whoever goes on flushes all that
 * it may hold first, interrupts still off.  What a panic stopped holds what it
 * held, and never uses it.
 */
#include "pmapshim/reference/mutants.h"
#include "pmapshim/reference/reference.h"

static unsigned called, aside, let_go;
static unsigned by_itself;              /* why, or 0 */

/* No hook: asked by every flush, changed while nobody else runs. */
__attribute__((no_sanitize("thread"), noinline)) unsigned
alone_why(void)
{
	return by_itself;
}

__attribute__((no_sanitize("thread"), noinline)) static void
set_why(unsigned why)
{
	by_itself = why;
}

int
alone_silent(void)
{
	return alone_why() && (alone_why() != KALONE_PANIC ||
	    !mutant_is(MUTANT_PANIC_WAITS));
}

static void
send_nmis(void)
{
	unsigned c;

	for (c = 0; c < sd_ncpus(); c++)
		if (c != sd_cpu())
			sd_send_nmi(c);
}

void
alone_begin(unsigned why)
{
	if (why != KALONE_EARLY)
		sd_irq_disable();
	if (why == KALONE_NMI)
		send_nmis();
	__atomic_store_n(&called, 1, __ATOMIC_SEQ_CST);
	while (READ(aside) != sd_ncpus() - 1)
		sd_pause();
	set_why(why);
}

void
alone_end(unsigned why)
{
	if (why == KALONE_PANIC)
		sd_irq_disable();
	else
		set_why(0);
	__atomic_store_n(&let_go, 1, __ATOMIC_SEQ_CST);
	if (why != KALONE_PANIC)
		sd_irq_enable();
}

static void
step_aside(void)
{
	__atomic_add_fetch(&aside, 1, __ATOMIC_SEQ_CST);
	while (!READ(let_go))
		sd_pause();
}

/* As a processor comes out of reset: nothing cached, kernel tables alone. */
static void
start(void)
{
	const struct cpu *cpu = &cpus[sd_cpu()];
	struct space *s = cpu->cur;

	switch_activate(0);
	sd_irq_disable();
	tlb_all();
	step_aside();
	if (!mutant_is(MUTANT_STARTED_UNFLUSHED))
		tlb_all();
	switch_activate(s == &kernel_space ? 0 : s);
}

/* By an NMI: anywhere, with interrupts off as well. */
void
alone_nmi(void)
{
	step_aside();
	if (!mutant_is(MUTANT_STOPPED_UNFLUSHED))
		tlb_all();
}

static void
stop(unsigned why)
{
	while (!READ(called))
		sd_pause();
	sd_irq_disable();
	step_aside();
	if (why == KALONE_PANIC) {
		tlb_all();      /* the machine's reset: nothing ran since */
		return;
	}
	if (!mutant_is(MUTANT_STOPPED_UNFLUSHED))
		tlb_all();
	sd_irq_enable();
}

void
alone_aside(unsigned why)
{
	if (why == KALONE_EARLY)
		start();
	else
		stop(why);
}
