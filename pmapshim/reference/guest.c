/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest: a virtual machine's memory, and the virtual CPU that runs under it.
 *
 * Its tables are like a space's, without a kernel half.  Whoever enters it is in
 * its mask before it reads the generation, and drops what is older; an
 * initiator raises the generation before it reads the mask, and any interrupt
 * is the end of a virtual CPU's run.  So a CPU either is told, or finds the
 * generation changed.
 */
#include "pmapshim/reference/mutants.h"
#include "pmapshim/reference/reference.h"

#define GUEST_STEPS 8                   /* how long a run is undisturbed */
#define INVEPT_ROOT 1

static struct space *runs[CPUS];        /* whose virtual CPU is there, or 0 */
static unsigned long host_cr3[CPUS];
static unsigned long guest_root;        /* the guest's own tables: empty */

void *
guest_create(int ept)
{
	struct space *s = sd_alloc(sizeof(*s) +
	    sd_ncpus() * sizeof(s->slot[0]), 64);

	(void)ept;                      /* there are none: ops.guest_ept */
	s->top = sd_frame_alloc(SD_FRAME_TABLE);
	s->root = sd_virt_to_phys(s->top);
	s->gen = 1;
	s->guest = 1;
	sd_space_add(s->root, 0, 0);
	guest_root = sd_virt_to_phys(sd_frame_alloc(SD_FRAME_TABLE));
	return s;
}

/* No hook: each CPU's own, and every interrupt asks. */
__attribute__((no_sanitize("thread"), noinline)) static struct space *
run_set(unsigned c, struct space *s)
{
	struct space *was = READ(runs[c]);

	WRITE(runs[c], s);
	return was;
}

/* Interrupts are off. */
void
guest_leave(void)
{
	if (run_set(sd_cpu(), 0))
		sd_guest(0, host_cr3[sd_cpu()]);
}

/* Drops what may be older than the mask says. */
static void
catch_up(struct space *s, unsigned c)
{
	unsigned long gen;

	if (!mutant_is(MUTANT_GUEST_SET_LATE))
		WRITE(s->on[c], SPACE_ON);
	sd_mfence();            /* pairs with the locked add in tlb_flush() */
	gen = READ(s->gen);
	if (s->slot[c].gen != gen)
		sd_invept(INVEPT_ROOT, s->root);
	s->slot[c].gen = gen;
	if (mutant_is(MUTANT_GUEST_SET_LATE))
		WRITE(s->on[c], SPACE_ON);
}

/* One entry, and the exit by an interrupt or by itself. */
void
guest_run(void *space)
{
	const unsigned c = sd_cpu();
	struct space *s = space;
	int i;

	sd_irq_disable();
	catch_up(s, c);
	host_cr3[c] = sd_read_cr3();
	(void)run_set(c, s);
	sd_guest(s->root, guest_root);
	sd_irq_enable();
	for (i = 0; i < GUEST_STEPS && READ(runs[c]); i++)
		;
	sd_irq_disable();
	guest_leave();
	WRITE(s->on[c], SPACE_OFF);
	sd_irq_enable();
}
