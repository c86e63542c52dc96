/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * custom: privileged instructions as calls into the backend, each one a
 * scheduling point (cpu.c), with the constants they are used with.
 */
#ifndef _MACHINE_CPUFUNC_H_
#define	_MACHINE_CPUFUNC_H_

#include <sys/param.h>

#define	PSL_I		0x00000200
#define	CR3_PCID_MASK	0xfffUL
#define	CR3_PCID_SAVE	0x8000000000000000UL
#define	CR4_PGE		0x00000080UL
#define	CR4_PCIDE	0x00020000UL
#define	INVPCID_ADDR	0
#define	INVPCID_CTX	1
#define	INVPCID_CTXGLOB	2
#define	INVPCID_ALLCTX	3
#define	INVLPGB_VA	0x0001
#define	INVLPGB_PCID	0x0002
#define	INVLPGB_ASID	0x0004
#define	INVLPGB_GLOB	0x0008
#define	INVLPGB_FIN	0x0010
#define	INVLPGB_NEST	0x0020
#define	INVLPGB_2M_CNT	(1u << 31)
#define	CPU_VENDOR_AMD		0x1022
#define	CPU_VENDOR_INTEL	0x8086

struct invpcid_descr {
	uint64_t pcid:12, pad:52;
	uint64_t addr;
};

void	invlpg(u_long va);
void	invpcid(struct invpcid_descr *d, int type);
void	invlpgb(uint64_t rax, uint32_t edx, uint32_t ecx);
void	tlbsync(void);
void	load_cr3(u_long value);
u_long	rcr3(void);
void	load_cr4(u_long value);
u_long	rcr4(void);
void	invltlb(void);
void	invltlb_glob(void);
void	wbinvd(void);
void	ia32_pause(void);
register_t read_rflags(void);
register_t intr_disable(void);
void	intr_restore(register_t flags);
void	wrmsr(u_int msr, uint64_t value);
uint64_t rdmsr(u_int msr);
void	do_cpuid(u_int leaf, u_int *regs);
#define	mfence()	sd_mfence()
#define	lfence()	__compiler_membar()

#endif
