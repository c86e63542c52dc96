/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * glue: struct kernel_ops of the kernel under test `linux`, boot, and the
 * globals that arch/x86/mm/init.c, kernel/paravirt.c and cpu/common.c define.
 */
#include "glue.h"

#define CR4_PGE (1UL << 7)
#define CR4_PCIDE (1UL << 17)
#define SMALL_PAGES 3
#define LARGE_PAGES 34          /* tlb_single_page_flush_ceiling + 1 */
/* A list of three elements of 16 MiB, the last one short. */
#define LARGE_SPAN 17
/* A page holds 509 elements, or some fewer. */
#define GIANT_SPAN 8

struct mm_struct init_mm = {
	INIT_MM_CONTEXT(init_mm)
};
struct cpumask shim_all_cpus;
struct paravirt_patch_template pv_ops;
DEFINE_PER_CPU(struct cpuinfo_x86, cpu_info);

/*
 * Behind cpu_tlbstate is a guard, since its last member is the array of ASIDs:
 * whoever counts them wrongly stores there, and flushes no less.
 */
#define GUARD 0x5afe5afe5afe5afeUL
static SHIM_PERCPU __aligned(64) struct {
	struct tlb_state state;
	unsigned long guard[4];
} guarded_tlbstate = {
	.state = { .loaded_mm = &init_mm, .next_asid = 1, .cr4 = ~0UL },
	.guard = { GUARD, GUARD, GUARD, GUARD },
};
extern struct tlb_state cpu_tlbstate
    __attribute__((__alias__("guarded_tlbstate")));
DEFINE_PER_CPU(u64, tlbstate_untag_mask);

#ifdef CONFIG_BROADCAST_TLB_FLUSH
/* How many pages one INVLPGB takes, as CPUID 80000008 EDX says. */
#define INVLPGB_PAGES 8
u16 invlpgb_count_max = 1;
#endif

static const unsigned modes[] = {
	0,
	KMODE_PCID,
	KMODE_PCID | KMODE_INVPCID,
	KMODE_PTI,
	KMODE_PCID | KMODE_PTI,
	KMODE_PCID | KMODE_INVPCID | KMODE_PTI,
#ifdef CONFIG_BROADCAST_TLB_FLUSH
	/* Processors that have it have the others, and it depends on PCID. */
	KMODE_PCID | KMODE_INVPCID | KMODE_INVLPGB,
	KMODE_PCID | KMODE_INVPCID | KMODE_INVLPGB | KMODE_PTI,
#endif
};

/* cpu/common.c */
void
cr4_update_irqsoff(unsigned long set, unsigned long clear)
{
	unsigned long cr4 = this_cpu_read(cpu_tlbstate.cr4);
	unsigned long new = (cr4 & ~clear) | set;

	lockdep_assert_irqs_disabled();
	if (new != cr4) {
		this_cpu_write(cpu_tlbstate.cr4, new);
		__write_cr4(new);
	}
}

unsigned long
cr4_read_shadow(void)
{
	return this_cpu_read(cpu_tlbstate.cr4);
}

static void
set_features(unsigned mode)
{
	shim_set_feature(X86_FEATURE_PGE, 1);
	shim_set_feature(X86_FEATURE_PCID, !!(mode & KMODE_PCID));
	shim_set_feature(X86_FEATURE_INVPCID, !!(mode & KMODE_INVPCID));
#ifdef X86_FEATURE_INVPCID_SINGLE
	/* setup_pcid: usable once CR4.PCIDE is set */
	shim_set_feature(X86_FEATURE_INVPCID_SINGLE,
	    (mode & KMODE_PCID) && (mode & KMODE_INVPCID));
#endif
	shim_set_feature(X86_FEATURE_PTI, !!(mode & KMODE_PTI));
#ifdef CONFIG_BROADCAST_TLB_FLUSH
	shim_set_feature(X86_FEATURE_INVLPGB, !!(mode & KMODE_INVLPGB));
	if (mode & KMODE_INVLPGB)
		invlpgb_count_max = INVLPGB_PAGES;
#endif
}

static int
boot(const struct kernel_boot *b)
{
	if (b->cpus > NR_CPUS)
		sd_panic(__FILE__, __LINE__,
		    "the kernel was built for at most " CPUS_TEXT " vCPUs");
	if (tlb_single_page_flush_ceiling + 1 != LARGE_PAGES)
		sd_panic(__FILE__, __LINE__,
		    "tlb_single_page_flush_ceiling is not 33");
	shim_percpu_boot(b->cpus);
	for (unsigned cpu = 0; cpu < b->cpus; cpu++)
		__cpumask_set_cpu(cpu, &shim_all_cpus);
	set_features(b->mode);
	/* What kernel/paravirt.c starts with. */
	pv_ops.mmu.flush_tlb_user = native_flush_tlb_local;
	pv_ops.mmu.flush_tlb_kernel = native_flush_tlb_global;
	pv_ops.mmu.flush_tlb_one_user = native_flush_tlb_one_user;
	pv_ops.mmu.flush_tlb_multi = native_flush_tlb_multi;
	pv_ops.mmu.tlb_remove_table = tlb_remove_page;
	ipi_boot();
	return mm_boot();
}

/* start_secondary and cpu_init, as far as CR3 and CR4 go; setup_pcid */
static void
cpu_boot(void)
{
	sd_irq_disable();
	sched_boot();
	write_cr3(__pa(init_mm.pgd));
	__write_cr4(__read_cr4() | CR4_PGE);
	cr4_init_shadow();
	if (boot_cpu_has(X86_FEATURE_PCID))
		cr4_set_bits_irqsoff(CR4_PCIDE);
	initialize_tlbstate_and_flush();
	sd_irq_enable();
}

static void
access_begin(void)
{
	sd_window(1);
}

static void
access_end(void)
{
	sd_window(0);
}

/* Without hooks: no scheduling points of ours. */
__attribute__((__no_sanitize__("thread"), __noinline__)) static void
check_guard(void)
{
	const unsigned long *guard = this_cpu_ptr(&guarded_tlbstate)->guard;

	for (unsigned i = 0; i < ARRAY_SIZE(guarded_tlbstate.guard); i++)
		if (guard[i] != GUARD)
			sd_panic(__FILE__, __LINE__,
			    "a store past the end of cpu_tlbstate.ctxs[]");
}

static void
check_idle(void)
{
	check_guard();
	if (preempt_count())
		sd_unbalanced("preemption count is not zero at the end");
	if (irqs_disabled())
		sd_unbalanced("interrupts are off at the end");
}

static const struct kernel_ops ops = {
	.abi = KERNEL_ABI,
	.name = "linux",
	.modes = modes,
	.nmodes = ARRAY_SIZE(modes),
	.has_hypercall = 1,
	.no_kernel_hypercall_why = "flush_tlb_kernel_range and flush_tlb_all "
	    "send IPIs, even where user flushes are hypercalls",
#ifdef CONFIG_BROADCAST_TLB_FLUSH
	.user_invlpgb = 1,
#endif
	.small_pages = SMALL_PAGES,
	.large_pages = LARGE_PAGES,
	.kernel_va = KERNEL_VA,
	.large_span = LARGE_SPAN,
	.giant_span = GIANT_SPAN,
	.user_va = USER_VA,
	.boot = boot,
	.cpu_boot = cpu_boot,
	.attach = hv_attach,
	.detach = hv_detach,
	.space_create = space_create,
	.space_destroy = space_destroy,
	.space_root = space_root,
	.activate = sched_activate,
	.enter_lazy = sched_enter_lazy,
	.borrow = sched_borrow,
#ifdef SHIM_TEMPORARY_MM
	.temporary = sched_temporary,
#endif
	.map = space_map,
	.unmap = space_unmap,
	.protect = space_protect,
	.remap = space_remap,
	.flush_all = space_flush_all,
	.unmap_all = space_unmap_all,
	.free_table = space_free_table,
	.map_large = space_map_large,
	.unmap_large = space_unmap_large,
	.free_upper = space_free_upper,
	.unmap_deferred = space_unmap_deferred,
	.drain = space_drain,
	.walk = space_walk,
	.lose_input = hv_lose_input,
	.attach_fails = hv_attach_fails,
	.cpu_late = hv_cpu_late,
	.cpu_attach = hv_cpu_attach,
	.interrupt = ipi_interrupt,
	.nmi = nmi_interrupt,
	.nmi_user = 1,
	.enter_user = sched_enter_user,
	.leave_user = sched_leave_user,
	.access_begin = access_begin,
	.access_end = access_end,
	.check_idle = check_idle,
};

__attribute__((__visibility__("default"))) const struct kernel_ops *
shootdown_kernel(void);

const struct kernel_ops *
shootdown_kernel(void)
{
	return &ops;
}
