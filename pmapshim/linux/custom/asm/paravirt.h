/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: paravirt operations, because the kernel patches its calls: here
 * they go through the pointers, of which only the TLB's exist.
 */
#ifndef _ASM_X86_PARAVIRT_H
#define _ASM_X86_PARAVIRT_H

#include <asm/msr.h>
#include <linux/types.h>

struct cpumask;
struct flush_tlb_info;
struct mmu_gather;

struct pv_mmu_ops {
	void (*flush_tlb_user)(void);
	void (*flush_tlb_kernel)(void);
	void (*flush_tlb_one_user)(unsigned long addr);
	void (*flush_tlb_multi)(const struct cpumask *cpus,
	                        const struct flush_tlb_info *info);
	void (*tlb_remove_table)(struct mmu_gather *tlb, void *table);
};
struct paravirt_patch_template { struct pv_mmu_ops mmu; };
extern struct paravirt_patch_template pv_ops;

void native_flush_tlb_local(void);
void native_flush_tlb_global(void);
void native_flush_tlb_one_user(unsigned long addr);
void native_flush_tlb_multi(const struct cpumask *cpus,
                            const struct flush_tlb_info *info);

#define __flush_tlb_local() pv_ops.mmu.flush_tlb_user()
#define __flush_tlb_global() pv_ops.mmu.flush_tlb_kernel()
#define __flush_tlb_one_user(addr) pv_ops.mmu.flush_tlb_one_user(addr)
#define __flush_tlb_multi(cpus, info) pv_ops.mmu.flush_tlb_multi(cpus, info)

#endif
