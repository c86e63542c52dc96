/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Miniature tree: constants of PCIDs, the codes of a request, and the hook.
 * Tags are handed out per processor in eras: pm_pcid = era << 12 | PCID, and
 * pm_gen is the epoch of the pmap (pm_eptgen) when it was last loaded.
 */
#ifndef _MACHINE_PMAP_H_
#define _MACHINE_PMAP_H_

#define	PG_PROMOTED	(1ul << 54)	/* large, and small entries may live */
#define	PMAP_PCID_NONE		0xffffffff
#define	PMAP_PCID_KERN		0
#define	PMAP_PCID_OVERMAX	0x1000
#define	PMAP_PCID_OVERMAX_KERN	0x800
#define	PMAP_PCID_USER_PT	0x800
#define	PMAP_NO_CR3		0xffffffffffffffff
#define	PMAP_UCR3_NOMASK	0xffffffffffffffff

struct pmap {
	struct mtx pm_lock;
	cpuset_t pm_active;
	long pm_eptgen;
	struct pmap_pcid *pm_pcidp;
};

enum invl_op_codes {
	INVL_OP_TLB = 1,
	INVL_OP_PGRNG,
	INVL_OP_PG,
	INVL_OP_CACHE,
};

typedef void (*smp_invl_local_cb_t)(struct pmap *, vm_offset_t, vm_offset_t);
typedef void (*smp_targeted_tlb_shootdown_t)(pmap_t, vm_offset_t, vm_offset_t,
    smp_invl_local_cb_t, enum invl_op_codes);

void	smp_targeted_tlb_shootdown_native(pmap_t, vm_offset_t, vm_offset_t,
	    smp_invl_local_cb_t, enum invl_op_codes);
extern smp_targeted_tlb_shootdown_t smp_targeted_tlb_shootdown;

static inline volatile cpuset_t *
pmap_invalidate_cpu_mask(pmap_t pmap)
{
	return (&pmap->pm_active);
}

#endif
