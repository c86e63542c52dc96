/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * custom: declarations that need types which the tree itself defines; comes
 * after the slice of machine/pmap.h.  The kernel keeps them in that header.
 */
#ifndef SHIM_LATE_H
#define SHIM_LATE_H

#ifdef SHIM_HOOK_POINT
/* SHIM_HOOK_POINT is the name of the native one. */
void	SHIM_HOOK_POINT(pmap_t, vm_offset_t, vm_offset_t,
	    smp_invl_local_cb_t, enum invl_op_codes);
extern void (*smp_targeted_tlb_shootdown)(pmap_t, vm_offset_t, vm_offset_t,
    smp_invl_local_cb_t, enum invl_op_codes);
#endif

/* Exported by the epilogues of the slices (prepare.c). */
void	shim_invl_scoreboard_init(void);
#ifdef SHIM_PDE_PAGE
void shim_invalidate_pde_page(pmap_t pmap, vm_offset_t va, pd_entry_t pde);
#endif
#ifdef SHIM_UPDATE_PDE
void	shim_update_pde(pmap_t pmap, vm_offset_t va, pd_entry_t *pde,
	    pd_entry_t newpde);
#endif
unsigned long shim_invlpg_threshold(void);	/* bytes; 0: this tree has none */

#endif
