/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * custom: per-CPU data in plain arrays indexed by the running vCPU instead of
 * %gs-relative assembly, so that the hooks see each access.  A member is read
 * or stored by one volatile access, as the one instruction it is.  Only the
 * members that the code under test names exist.
 */
#ifndef _SYS_PCPU_H_
#define	_SYS_PCPU_H_

#include <sys/param.h>

struct amd64tss {
	uint64_t tss_rsp0;
};

/* PCID and generation of one pmap on one CPU. */
struct pmap_pcid {
	uint32_t pm_pcid;
	uint32_t pm_gen;
};

struct pcpu {
	struct thread *pc_curthread;
	struct pmap *pc_curpmap;
	struct amd64tss *pc_tssp;
	u_int pc_cpuid;
	uint64_t pc_kcr3;
	uint64_t pc_ucr3;
	uint64_t pc_saved_ucr3;
	uint64_t pc_ucr3_load_mask;
	register_t pc_rsp0;
	register_t pc_pti_rsp0;
	uint32_t pc_pcid_next;
	uint32_t pc_pcid_gen;
	u_int pc_small_core;
	u_int pc_pcid_invlpg_workaround;
	void *pc_smp_tlb_pmap;
	uint64_t pc_smp_tlb_addr1;
	uint64_t pc_smp_tlb_addr2;
	uint32_t pc_smp_tlb_gen;
	u_int pc_smp_tlb_op;
	struct amd64tss pc_common_tss;
} __aligned(128);

extern struct pcpu __pcpu[MAXCPU];
extern struct pcpu *cpuid_to_pcpu[MAXCPU];

/* Constant: a vCPU's code never runs on another one. */
struct pcpu *shim_pcpu(void) __attribute__((const));
struct thread *shim_curthread(void) __attribute__((const));

#define	SHIM_PCPU(m)	(((volatile struct pcpu *)shim_pcpu())->pc_##m)
#define	PCPU_GET(m)	SHIM_PCPU(m)
#define	PCPU_PTR(m)	(&shim_pcpu()->pc_##m)
#define	PCPU_SET(m, v) do {						\
	__typeof(((struct pcpu *)0)->pc_##m) shim_v = (v);		\
	SHIM_PCPU(m) = shim_v;						\
} while (0)
/* One instruction: no interrupt of this vCPU comes between load and store. */
#define	PCPU_ADD(m, v)	\
	shim_pcpu_add(PCPU_PTR(m), sizeof(*PCPU_PTR(m)), (uint64_t)(v))
#define	PCPU_INC(m)	PCPU_ADD(m, 1)
void	shim_pcpu_add(void *p, size_t size, uint64_t value);

#define	get_pcpu()	shim_pcpu()
#define	curthread	(shim_curthread())
#define	curcpu		((int)sd_cpu())
#define	IS_BSP()	(sd_cpu() == 0)

/* zpcpu(9): one line per CPU, so that neighbours never share a word. */
#define	SHIM_ZPCPU_SIZE	64
#define	zpcpu_get_cpu(base, cpu)	\
	((__typeof(base))((char *)(base) + (size_t)(cpu) * SHIM_ZPCPU_SIZE))
#define	zpcpu_get(base)	zpcpu_get_cpu(base, sd_cpu())

/* DPCPU(9). */
#define	DPCPU_DECLARE(t, n)	extern t shim_dpcpu_##n[MAXCPU]
#define	DPCPU_DEFINE(t, n)	t shim_dpcpu_##n[MAXCPU]
#define	DPCPU_ID_PTR(cpu, n)	(&shim_dpcpu_##n[(cpu)])
#define	DPCPU_PTR(n)		DPCPU_ID_PTR(sd_cpu(), n)
#define	DPCPU_GET(n)		(*DPCPU_PTR(n))
#define	DPCPU_SET(n, v)		(*DPCPU_PTR(n) = (v))

#endif
