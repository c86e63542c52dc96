/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inval: calls of the code under test, between what they promise: which addresses
 * of which space no processor may use the old way when they have returned.
 */
#include "glue.h"

void
inval_page(pmap_t pmap, u_long va)
{
	sd_inval_begin(pmap == kernel_pmap ? 0 : pmap->pm_cr3, va,
	    va + PAGE_SIZE);
	pmap_invalidate_page(pmap, va);
	sd_inval_end();
}

void
inval_range(pmap_t pmap, u_long va, u_long end)
{
	sd_inval_begin(pmap == kernel_pmap ? 0 : pmap->pm_cr3, va, end);
	pmap_invalidate_range(pmap, va, end);
	sd_inval_end();
}

void
inval_all(pmap_t pmap)
{
	if (pmap == kernel_pmap)
		sd_inval_begin(0, SHIM_KERNEL_START, 0);
	else
		sd_inval_begin(pmap->pm_cr3, 0, SHIM_USER_END);
	pmap_invalidate_all(pmap);
	sd_inval_end();
}

void
op_begin(const char *name, pmap_t pmap, u_long va, u_long pages)
{
	sd_op_begin(name, pmap == kernel_pmap ? 0 : pmap->pm_cr3, va,
	    va + pages * PAGE_SIZE);
}
