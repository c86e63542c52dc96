/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * alone: one CPU runs by itself: in the debugger, in a panic, or before any
 * other has been started.
 *
 * The kernel then takes no part of a shootdown but its own.  What the others
 * missed meanwhile they make up for as they go on; those that a panic stopped
 * never do.
 */
#include "glue.h"

static volatile u_int called, aside, let_go, running;

/* stop_cpus_hard(): ipi_nmi_selected() to all others. */
static void
send_nmis(void)
{
	for (unsigned cpu = 0; cpu < sd_ncpus(); cpu++)
		if (cpu != sd_cpu())
			sd_send_nmi(cpu);
}

/* stop_cpus_hard(), native_start_all_aps(): until all others are there. */
static void
wait_for_others(void)
{
	__atomic_store_n(&called, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&aside, __ATOMIC_ACQUIRE) != sd_ncpus() - 1)
		ia32_pause();
}

/*
 * kdb_trap() and vpanic(): interrupts off, the others stopped, then the word
 * that says so.  At boot interrupts are on, and nothing had to be stopped.
 */
void
alone_begin(unsigned why)
{
	if (why != KALONE_EARLY)
		sd_irq_disable();
	if (why == KALONE_NMI)
		send_nmis();
	wait_for_others();
	if (why == KALONE_DEBUGGER || why == KALONE_NMI)
		kdb_active = 1;
	else if (why == KALONE_PANIC)
		shim_panicked = 1;
	else
		smp_started = 0;
}

/* kdb_trap()'s way back; release_aps(), which waits for them. */
void
alone_end(unsigned why)
{
	if (why == KALONE_DEBUGGER || why == KALONE_NMI)
		kdb_active = 0;
	__atomic_store_n(&let_go, 1, __ATOMIC_SEQ_CST);
	if (why == KALONE_EARLY)
		while (*(volatile int *)&smp_started == 0)
			ia32_pause();
	if (why != KALONE_PANIC)
		sd_irq_enable();
}

static void
step_aside(void)
{
	__atomic_fetch_add(&aside, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&let_go, __ATOMIC_ACQUIRE) == 0)
		ia32_pause();
}

/* mpboot.S: CR4.PGE is on when paging begins, and nothing is cached yet. */
static void
ap_reset(void)
{
	load_cr3(kernel_pmap->pm_cr3);
	load_cr4(rcr4() & ~(CR4_PGE | CR4_PCIDE));
	load_cr4(rcr4() | CR4_PGE);
}

/* pmap_init_pat(): PGE off, caches and TLB flushed, PGE on. */
static void
ap_init_pat(void)
{
	const u_long cr4 = rcr4();

	load_cr4(cr4 & ~CR4_PGE);
	wbinvd();
	invltlb();
	wbinvd();
	invltlb();
	load_cr4(cr4);
}

/*
 * init_secondary() from the end of its set-up on, and init_secondary_tail():
 * whoever is last says that all run.
 */
static void
ap_start(void)
{
	struct vmspace *const vm = curthread->td_proc->p_vmspace;

	trap_activate(NULL);
	sd_irq_disable();
	ap_reset();
	step_aside();
	pmap_activate_boot(&vmspace0.vm_pmap);
	ap_init_pat();
	if (__atomic_add_fetch(&running, 1, __ATOMIC_SEQ_CST) ==
	    sd_ncpus() - 1)
		__atomic_store_n(&smp_started, 1, __ATOMIC_RELEASE);
	if (pmap_pcid_enabled)
		load_cr4(rcr4() | CR4_PCIDE);
	while (__atomic_load_n(&smp_started, __ATOMIC_ACQUIRE) == 0)
		ia32_pause();
	sd_irq_enable();
	trap_activate(vm);
}

/* cpustop_handler(), from the NMI's handler. */
void
alone_nmi(void)
{
	step_aside();
#ifdef SHIM_CPUSTOP
	shim_cpustop_post(PCPU_GET(cpuid));
#endif
}

/* The same where a CPU stops by itself, with IF=0. */
static void
cpu_stop(unsigned why)
{
	while (__atomic_load_n(&called, __ATOMIC_ACQUIRE) == 0)
		ia32_pause();
	sd_irq_disable();
	step_aside();
	if (why == KALONE_PANIC) {
		ap_reset();	/* the machine's reset: nothing ran since */
		return;
	}
#ifdef SHIM_CPUSTOP
	shim_cpustop_post(PCPU_GET(cpuid));
#endif
	sd_irq_enable();
}

void
alone_aside(unsigned why)
{
	if (why == KALONE_EARLY)
		ap_start();
	else
		cpu_stop(why);
}
