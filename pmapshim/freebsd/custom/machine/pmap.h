/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * custom: a struct pmap with the members that invalidation and activation
 * name; the real header brings mutexes, radix trees and SMR with it.  What
 * defines the data under test (PCID constants, invalidation codes, inline
 * helpers) is sliced from the tree's header behind this one.
 */
#ifndef SHIM_MACHINE_PMAP_H
#define SHIM_MACHINE_PMAP_H

#include <sys/param.h>
#include <sys/pcpu.h>

enum pmap_type {
	PT_X86,
	PT_EPT,
	PT_RVI,
};

struct pmap {
	pml4_entry_t *pm_pmltop;	/* root of the kernel-mode tables */
	pml4_entry_t *pm_pmltopu;	/* root of the user-mode tables, PTI */
	uint64_t pm_cr3;
	uint64_t pm_ucr3;
	cpuset_t pm_active;
	enum pmap_type pm_type;
	long pm_eptgen;
	smr_t pm_eptsmr;
	int pm_flags;
#ifdef SHIM_PCIDP
	struct pmap_pcid *pm_pcidp;	/* zpcpu */
#else
	struct pmap_pcid pm_pcids[MAXCPU];
#endif
	u_int shim_lock;		/* pm_mtx */
	void *shim_ptp;			/* pm_root: one table kept aside */
	struct pmap_pcid *shim_pcids;	/* storage of pm_pcidp */
};
typedef struct pmap *pmap_t;

struct vmspace {
	struct pmap vm_pmap;
};
#define	vmspace_pmap(vm)	(&(vm)->vm_pmap)

extern struct pmap kernel_pmap_store;
#define	kernel_pmap	(&kernel_pmap_store)

extern int pmap_pcid_enabled;
extern int invpcid_works;
extern int invlpgb_works;
extern int invlpgb_maxcnt;
extern int pti;
extern u_int cpu_vendor_id;
extern u_long pg_g;			/* PG_G, or 0 with PTI */

#define	PMAP_NESTED_IPIMASK	0xff
static inline bool
pmap_type_guest(pmap_t pmap)
{
	return (pmap->pm_type != PT_X86);
}

void	pmap_activate(struct thread *);
void	pmap_activate_sw(struct thread *);
void	pmap_activate_boot(pmap_t);
void	pmap_invalidate_page(pmap_t, vm_offset_t);
void	pmap_invalidate_range(pmap_t, vm_offset_t, vm_offset_t);
void	pmap_invalidate_all(pmap_t);
void	pmap_invalidate_cache(void);
void	pmap_pti_pcid_invalidate(uint64_t ucr3, uint64_t kcr3);
void	pmap_pti_pcid_invlpg(uint64_t ucr3, uint64_t kcr3, vm_offset_t va);
void	pmap_pti_pcid_invlrng(uint64_t ucr3, uint64_t kcr3, vm_offset_t sva,
	    vm_offset_t eva);
vm_paddr_t pmap_kextract(vm_offset_t va);
#define	vtophys(va)	pmap_kextract((vm_offset_t)(va))

#endif
