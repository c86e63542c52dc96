/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nmi: a handler that reads user memory, as a profiler's does.
 *
 * It comes at any step, with interrupts off as well, so each CPU says whose
 * memory it may read: nobody's from before CR3 changes until the CPU counts as
 * being in the new space, and nobody's while the CPU is lazy, since flushes
 * leave it out then.
 */
#include "pmapshim/reference/mutants.h"
#include "pmapshim/reference/reference.h"

/* No hook: each CPU's own, and no step of its own for an NMI to come at. */
__attribute__((no_sanitize("thread"), noinline)) void
nmi_may_read(struct cpu *cpu, struct space *s)
{
	if (s || !mutant_is(MUTANT_NMI_MARK_KEPT))
		WRITE(cpu->readable, s);
}

void
nmi_lazy(struct cpu *cpu)
{
	if (!mutant_is(MUTANT_NMI_IN_LAZY))
		nmi_may_read(cpu, 0);
}

static struct space *
whose(const struct cpu *cpu)
{
	if (!mutant_is(MUTANT_NMI_UNASKED))
		return READ(cpu->readable);
	return cpu->cur == &kernel_space ? 0 : cpu->cur;
}

static unsigned long
noflush(void)
{
	return mode_has(KMODE_PCID) ? CR3_NOFLUSH : 0;
}

/* MUTANT_NMI_ROOT_KEPT: loads this root, which may be gone. */
static unsigned long noted[CPUS];

__attribute__((no_sanitize("thread"), noinline)) void
nmi_note_root(unsigned c, const struct space *s)
{
	WRITE(noted[c], s->root);
}

/*
 * PTI: on the way to user mode its root is loaded already.  Was it?
 * MUTANT_NMI_STALE_ROOT: loads what the CPU has noted, and it notes roots of
 * two alone.
 */
static unsigned long
leave_user_root(const struct cpu *cpu, unsigned c)
{
	const unsigned long was = sd_read_cr3();
	const struct space *s = cpu->cur;

	if (mutant_is(MUTANT_NMI_STALE_ROOT) && !s->user_root) {
		sd_write_cr3(kernel_space.root | noflush());
		return was;
	}
	if (mutant_is(MUTANT_NMI_ROOT_KEPT) && noted[c]) {
		sd_write_cr3(noted[c] | noflush());
		return was;
	}
	if (mutant_is(MUTANT_NMI_USER_ROOT))
		return 0;
	if (!mode_has(KMODE_PTI) || (was & PTE_ADDR) != s->user_root)
		return 0;
	sd_write_cr3(s->root | noflush() |
	    (mode_has(KMODE_PCID) ? s->slot[c].pcid : 0));
	return was;
}

static void
handle(unsigned long va)
{
	const struct space *s;

	if (va == 0) {
		alone_nmi();
		return;
	}
	if (va >= KERNEL_BOTTOM) {
		sd_kernel_read(va);
		return;
	}
	s = whose(&cpus[sd_cpu()]);
	if (s)
		sd_user_read(s->root, va);
}

void
nmi_interrupt(unsigned long va, int user)
{
	const unsigned c = sd_cpu();
	const unsigned long was = leave_user_root(&cpus[c], c);

	(void)user;
	handle(va);
	/* What it owed has been flushed as it was loaded. */
	if (was)
		sd_write_cr3(was | noflush());
}
