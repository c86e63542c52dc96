/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * custom: the set of processors is what the scenario asks for, all started
 * before any code runs, and an IPI is sent through the model's local APIC.
 */
#ifndef SHIM_SYS_SMP_H
#define SHIM_SYS_SMP_H

#include <sys/param.h>

#define	IPI_INVLOP	246	/* any fixed vector would do */
#define	IPI_RENDEZVOUS	244
#define	IPI_GUEST	243	/* vmm_ipinum */

typedef void (*smp_invl_cb_t)(struct pmap *, vm_offset_t, vm_offset_t);

extern u_int mp_maxid;
extern int mp_ncpus;
extern volatile int smp_started;
extern cpuset_t all_cpus;
extern cpuset_t started_cpus, stopped_cpus;
extern void (*cpustop_restartfunc)(void);

#define	CPU_ABSENT(x)	(!CPU_ISSET(x, &all_cpus))
#define	CPU_FOREACH(i)						\
	for ((i) = 0; (i) <= mp_maxid; (i)++)			\
		if (!CPU_ABSENT(i))

void	ipi_selected(cpuset_t cpus, u_int ipi);
void	ipi_all_but_self(u_int ipi);
void	invlop_handler(void);
void	smp_masked_invltlb(struct pmap *, smp_invl_cb_t);
void	smp_masked_invlpg(vm_offset_t, struct pmap *, smp_invl_cb_t);
void	smp_masked_invlpg_range(vm_offset_t, vm_offset_t, struct pmap *,
	    smp_invl_cb_t);
void	smp_cache_flush(smp_invl_cb_t);
void	smp_no_rendezvous_barrier(void *);
void	smp_rendezvous_cpus(cpuset_t, void (*setup)(void *),
	    void (*action)(void *), void (*teardown)(void *), void *);

#endif
