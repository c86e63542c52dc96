/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: what the bus driver keeps for each processor. */
#ifndef _VMBUS_VAR_H_
#define _VMBUS_VAR_H_

#include <sys/param.h>
#include <sys/taskqueue.h>
#include <vm/pmap.h>

struct vmbus_pcpu_data {
	uint32_t vcpuid;
	struct task unused_task;
	void *cpu_mem;			/* page for hypercall input */
};

struct vmbus_softc {
	struct vmbus_pcpu_data vmbus_pcpu[MAXCPU];
};

#define	VMBUS_PCPU_GET(sc, field, cpu)	((sc)->vmbus_pcpu[(cpu)].field)
#define	VMBUS_PCPU_PTR(sc, field, cpu)	(&(sc)->vmbus_pcpu[(cpu)].field)

extern uint32_t hv_max_vp_index;

void	hyperv_vm_tlb_flush(pmap_t, vm_offset_t, vm_offset_t,
	    smp_invl_local_cb_t, enum invl_op_codes);
void	hv_vm_tlb_flush(pmap_t, vm_offset_t, vm_offset_t, enum invl_op_codes,
	    struct vmbus_softc *, smp_invl_local_cb_t);

#endif
