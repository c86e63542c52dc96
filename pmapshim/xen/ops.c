/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ops: the kernel `xen`: the reference kernel, whose hypercall path is Xen's.
 * Its native path is ours and tells nothing about Xen, so there is none.
 */
#include "pmapshim/reference/mutants.h"
#include "pmapshim/reference/reference.h"

static int
ops_boot(const struct kernel_boot *b)
{
	if (b->cpus > CPUS)
		sd_panic(__FILE__, __LINE__,
		    "the kernel was built for at most " CPUS_TEXT " vCPUs");
	if (b->mutant != 0)
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

static void
ops_check_idle(void)
{
	if (!sd_irq_enabled())
		sd_unbalanced("interrupts are off at the end");
}

/* Xen's XPTI is not the reference kernel's PTI. */
static const unsigned modes[] = {
	0,
	KMODE_PCID,
	KMODE_PCID | KMODE_INVPCID,
};

static const struct kernel_ops ops = {
	.abi = KERNEL_ABI,
	.name = "xen",
	.modes = modes,
	.nmodes = sizeof(modes) / sizeof(modes[0]),
	.has_hypercall = 1,
	.no_native_why = "Xen's own shootdown is not under test here, only its "
	    "Hyper-V code",
	.small_pages = 4,
	.large_pages = FLUSH_THRESHOLD + 4,
	.kernel_va = KERNEL_VA,
	.user_va = USER_VA,
	.boot = ops_boot,
	.cpu_boot = switch_boot,
	.attach = tlb_hv_attach,
	.space_create = space_create,
	.space_destroy = space_destroy,
	.space_root = space_root,
	.activate = switch_activate,
	.enter_lazy = switch_enter_lazy,
	.map = pmap_map,
	.unmap = pmap_unmap,
	.protect = pmap_protect,
	.remap = pmap_remap,
	.flush_all = pmap_flush_all,
	.unmap_all = pmap_unmap_all,
	.free_table = pmap_free_table,
	.promote = large_promote,
	.demote = large_demote,
	.interrupt = tlb_ipi_interrupt,
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
