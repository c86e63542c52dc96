/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ops: the reference kernel as struct kernel_ops.  Its only exported symbol.
 */
#include "pmapshim/reference/mutants.h"
#include "pmapshim/reference/reference.h"

static int
ops_boot(const struct kernel_boot *b)
{
	if (b->cpus > CPUS)
		sd_panic(__FILE__, __LINE__,
		    "the kernel was built for at most " CPUS_TEXT " vCPUs");
	if (b->mutant >= MUTANT_COUNT)
		return -1;
	config_set(b);
	space_boot();
	return 0;
}

static void
ops_access_begin(void)
{
	sd_window(1);
}

static void
ops_access_end(void)
{
	sd_window(0);
}

/* Below its threshold the kernel lists pages; an element names two. */
static void
ops_unmap_listed(unsigned long va, unsigned pages)
{
	pmap_unmap(0, va, pages);
}

static void
ops_check_idle(void)
{
	if (!sd_irq_enabled() && alone_why() != KALONE_PANIC)
		sd_unbalanced("interrupts are off at the end");
}

static const unsigned modes[] = {
	0,
	KMODE_PCID,
	KMODE_PCID | KMODE_INVPCID,
	KMODE_PCID | KMODE_PTI,
	KMODE_PCID | KMODE_INVPCID | KMODE_PTI,
	KMODE_PTI,
};

static const struct kernel_ops ops = {
	.abi = KERNEL_ABI,
	.name = "reference",
	.modes = modes,
	.nmodes = sizeof(modes) / sizeof(modes[0]),
	.has_hypercall = 1,
	.mutants = reference_mutants,
	.nmutants = MUTANT_COUNT - 1,
	.small_pages = 4,
	.large_pages = FLUSH_THRESHOLD + 4,
	.huge_pages = (PAGE / 8 - 3) * TLB_HV_UNIT + 1,
	.kernel_va = KERNEL_VA,
	.user_va = USER_VA,
	.boot = ops_boot,
	.cpu_boot = switch_boot,
	.attach = tlb_hv_attach,
	.detach = tlb_hv_detach,
	.lose_input = tlb_hv_lose_input,
	.attach_fails = tlb_hv_attach_fails,
	.unmap_listed = ops_unmap_listed,
	.listed_pages = 3 * TLB_HV_UNIT - 1,
	.space_create = space_create,
	.space_destroy = space_destroy,
	.space_root = space_root,
	.activate = switch_activate,
	.enter_lazy = switch_enter_lazy,
	.borrow = switch_borrow,
	.map = pmap_map,
	.unmap = pmap_unmap,
	.protect = pmap_protect,
	.remap = pmap_remap,
	.flush_all = pmap_flush_all,
	.unmap_all = pmap_unmap_all,
	.free_table = pmap_free_table,
	.unmap_deferred = pmap_unmap_deferred,
	.drain = pmap_drain,
	.walk = pmap_walk,
	.promote = large_promote,
	.demote = large_demote,
	.alone_whys = KALONE_DEBUGGER | KALONE_PANIC | KALONE_EARLY |
	    KALONE_NMI,
	.alone = alone_begin,
	.together = alone_end,
	.aside = alone_aside,
	.flush_cache = tlb_caches,
	.guest_create = guest_create,
	.guest_run = guest_run,
	.interrupt = tlb_ipi_interrupt,
	.nmi = nmi_interrupt,
	.nmi_user = 1,
	.enter_user = switch_enter_user,
	.leave_user = switch_leave_user,
	.access_begin = ops_access_begin,
	.access_end = ops_access_end,
	.check_idle = ops_check_idle,
};

__attribute__((visibility("default"))) kernel_entry_fn shootdown_kernel;

const struct kernel_ops *
shootdown_kernel(void)
{
	return &ops;
}
