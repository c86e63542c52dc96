/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ops: boot, and the table of operations that the kernel object exports.
 *
 * boot() may run again in the same process with another mode, so it sets
 * everything that it or a run before it may have changed.
 */
#include "glue.h"

extern void (*__start_shim_ifuncs[])(void) __attribute__((weak,
    visibility("hidden")));
extern void (*__stop_shim_ifuncs[])(void) __attribute__((weak,
    visibility("hidden")));

/* The kernel takes the best mode that the processor has; each is one here. */
static const unsigned modes[] = {
	0,
	KMODE_PCID,
	KMODE_PCID | KMODE_INVPCID,
	KMODE_PTI,
	KMODE_PCID | KMODE_PTI,
	KMODE_PCID | KMODE_INVPCID | KMODE_PTI,
#ifdef SHIM_INVLPGB
	KMODE_INVLPGB,
	KMODE_PCID | KMODE_INVPCID | KMODE_INVLPGB,
	KMODE_PCID | KMODE_INVPCID | KMODE_INVLPGB | KMODE_PTI,
#endif
#ifdef SHIM_SMALL_CORE
	KMODE_PCID | KMODE_INVPCID | KMODE_SMALL,
#endif
#ifdef SHIM_UPDATE_PDE
	KMODE_ERRATUM383,
#endif
};

#ifdef SHIM_CPUSTOP
#define	ALONE_WHYS	(KALONE_DEBUGGER | KALONE_PANIC | KALONE_EARLY | \
	KALONE_NMI)
#else
#define	ALONE_WHYS	(KALONE_PANIC | KALONE_EARLY)
#endif

/* Pages that one element of a list can name (TLFS, HV_GVA_RANGE). */
#define	LIST_ELEMENT	4096

/* CPUID 8000_0008h EDX[15:0] of the processors that have INVLPGB. */
#define	INVLPGB_MAXCNT	7

static void
modes_set(unsigned mode)
{
	pmap_pcid_enabled = (mode & KMODE_PCID) != 0;
	invpcid_works = (mode & KMODE_INVPCID) != 0;
	pti = (mode & KMODE_PTI) != 0;
	invlpgb_works = (mode & KMODE_INVLPGB) != 0;
	invlpgb_maxcnt = invlpgb_works ? INVLPGB_MAXCNT : 0;
	cpu_vendor_id = invlpgb_works ? CPU_VENDOR_AMD : CPU_VENDOR_INTEL;
	for (unsigned i = 0; i < sd_ncpus(); i++)
		__pcpu[i].pc_small_core =
		    __pcpu[i].pc_pcid_invlpg_workaround =
		    (mode & KMODE_SMALL) != 0;
	erratum383 = (mode & KMODE_ERRATUM383) != 0;
	if (erratum383)
		cpu_vendor_id = CPU_VENDOR_AMD;
	pg_g = pti ? 0 : PG_G;
	for (void (**f)(void) = __start_shim_ifuncs; f < __stop_shim_ifuncs;
	    f++)
		(*f)();
}

/* As init_secondary() and hammer_time() leave it. */
static void
pcpu_boot(unsigned cpu)
{
	struct pcpu *const pc = &__pcpu[cpu];

	pc->pc_cpuid = cpu;
	pc->pc_tssp = &pc->pc_common_tss;
	pc->pc_rsp0 = (register_t)SHIM_STACK(cpu);
	pc->pc_pti_rsp0 = (register_t)SHIM_TRAMPOLINE(cpu);
	pc->pc_common_tss.tss_rsp0 = SHIM_STACK(cpu);
	pc->pc_ucr3_load_mask = PMAP_UCR3_NOMASK;
	pc->pc_pcid_next = PMAP_PCID_KERN + 2;
	pc->pc_pcid_gen = 1;
	pc->pc_smp_tlb_gen = 1;
}

static int
boot(const struct kernel_boot *b)
{
	if (b->cpus > MAXCPU)
		sd_panic(__FILE__, __LINE__,
		    "the kernel was built for at most " CPUS_TEXT " vCPUs");
	memset(&kernel_pmap_store, 0, sizeof(kernel_pmap_store));
	memset(&vmspace0, 0, sizeof(vmspace0));
	memset(__pcpu, 0, sizeof(__pcpu));
	CPU_ZERO(&all_cpus);
	for (unsigned i = 0; i < b->cpus; i++)
		CPU_SET(i, &all_cpus);
	mp_ncpus = (int)b->cpus;
	mp_maxid = b->cpus - 1;
	cpu_threads_init(b->cpus);
	space_boot(b->cpus);
	for (unsigned i = 0; i < b->cpus; i++)
		pcpu_boot(i);
	modes_set(b->mode);
#ifdef SHIM_HOOK
	smp_targeted_tlb_shootdown = SHIM_HOOK_POINT;
#endif
	shim_invl_scoreboard_init();
	smp_started = 1;
	kdb_active = 0;
	shim_panicked = 0;
	return (0);
}

/* The kernel's own space, PGE and PCIDE, the pmap of kernel threads. */
static void
cpu_boot(void)
{
	load_cr3(kernel_pmap->pm_cr3);
	load_cr4(rcr4() | CR4_PGE);
	if (pmap_pcid_enabled)
		load_cr4(rcr4() | CR4_PCIDE);
	pmap_activate_boot(&vmspace0.vm_pmap);
	sd_irq_enable();
}

static struct kernel_ops ops = {
	.abi = KERNEL_ABI,
	.name = "freebsd",
	.modes = modes,
	.nmodes = nitems(modes),
#ifdef SHIM_HOOK
	.has_hypercall = 1,
	.attach = hypercall_attach,
	.lose_input = hypercall_lose_input,
	.attach_fails = hypercall_attach_fails,
	.unmap_listed = mutate_unmap_listed,
	.listed_pages = 2 * LIST_ELEMENT + 16,
#ifdef SHIM_FREE_PCPU
	.detach = hypercall_detach,
#endif
#else
	.no_hypercall_why = SHIM_NO_HOOK,
#endif
#ifndef SHIM_UPDATE_PDE
	.no_erratum383_why = SHIM_NO_UPDATE_PDE,
#endif
	.small_pages = 4,
	.kernel_va = SHIM_KERNEL_VA,
	.user_va = SHIM_USER_VA,
	.boot = boot,
	.cpu_boot = cpu_boot,
	.space_create = space_create,
	.space_destroy = space_destroy,
	.space_root = space_root,
	.activate = trap_activate,
	.map = mutate_map,
	.unmap = mutate_unmap,
	.protect = mutate_protect,
	.remap = mutate_remap,
	.flush_all = mutate_flush_all,
	.unmap_all = mutate_unmap_all,
	.free_table = mutate_free_table,
#ifdef SHIM_PDE_PAGE
	.promote = large_promote,
	.demote = large_demote,
#endif
	.alone_whys = ALONE_WHYS,
	.alone = alone_begin,
	.together = alone_end,
	.aside = alone_aside,
#ifdef SHIM_NESTED
	.guest_ept = 2,
	.guest_create = nested_create,
	.guest_run = nested_run,
	.guest_touch = nested_touch,
	.age = mutate_age,
	.clean = mutate_clean,
#endif
	.flush_cache = mutate_flush_cache,
	.few_pcids = space_few_pcids,
	.few_flushes = space_few_flushes,
	.interrupt = trap_interrupt,
	.nmi = nmi_interrupt,
	.nmi_leave_user = nmi_leave_user,
	.enter_user = trap_enter_user,
	.leave_user = trap_leave_user,
	.access_begin = trap_window_open,
	.access_end = trap_window_close,
	.check_idle = cpu_check_idle,
};

__attribute__((visibility("default"))) const struct kernel_ops *
shootdown_kernel(void)
{
	ops.large_pages = shim_invlpg_threshold() >> PAGE_SHIFT;
	return (&ops);
}
