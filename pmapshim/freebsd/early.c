/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * early: the flushes of early boot, for the check `early` of a review; not
 * part of the kernel object.
 *
 * pmap_pinit0() runs on the boot processor before any driver attaches.  The
 * flushes that it can reach are called in that state: one processor, no other
 * started, and the pointer for the flush as its definition left it (compiled
 * without SHIM_HOOK, so that boot() does not touch it).
 */
#include "glue.h"

/* early_host.c */
void	early_step(const char *what, unsigned mode);

void	early_run(void);
const struct kernel_ops *shootdown_kernel(void);

static void
flush_all_ways(pmap_t pmap, u_long va, int kernel, unsigned mode)
{
	early_step(kernel ? "pmap_invalidate_page(kernel_pmap)" :
	    "pmap_invalidate_page(pmap0)", mode);
	pmap_invalidate_page(pmap, va);
	early_step(kernel ? "pmap_invalidate_range(kernel_pmap)" :
	    "pmap_invalidate_range(pmap0)", mode);
	pmap_invalidate_range(pmap, va, va + 2 * PAGE_SIZE);
	early_step(kernel ? "pmap_invalidate_all(kernel_pmap)" :
	    "pmap_invalidate_all(pmap0)", mode);
	pmap_invalidate_all(pmap);
}

static void
run_mode(const struct kernel_ops *ops, unsigned mode)
{
	const struct kernel_boot boot = { .cpus = 1, .mode = mode };

	early_step("boot", mode);
	ops->boot(&boot);
	smp_started = 0;
	early_step("pmap_activate_boot(pmap0)", mode);
	ops->cpu_boot();
	flush_all_ways(kernel_pmap, SHIM_KERNEL_VA, 1, mode);
	flush_all_ways(&vmspace0.vm_pmap, SHIM_USER_VA, 0, mode);
	early_step("pmap_invalidate_cache()", mode);
	pmap_invalidate_cache();
}

void
early_run(void)
{
	const struct kernel_ops *const ops = shootdown_kernel();

	for (unsigned i = 0; i < ops->nmodes; i++)
		run_mode(ops, ops->modes[i]);
}
