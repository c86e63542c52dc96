/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: the function that the hook points to. */
#include <dev/hyperv/vmbus/vmbus_var.h>

static struct vmbus_softc *vmbus_sc;

static inline struct vmbus_softc *
vmbus_get_softc(void)
{
	return (vmbus_sc);
}

void
hyperv_vm_tlb_flush(pmap_t pmap, vm_offset_t addr1, vm_offset_t addr2,
    smp_invl_local_cb_t curcpu_cb, enum invl_op_codes op)
{
	hv_vm_tlb_flush(pmap, addr1, addr2, op, vmbus_get_softc(), curcpu_cb);
}
