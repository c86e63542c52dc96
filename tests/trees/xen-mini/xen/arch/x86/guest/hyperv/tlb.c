/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: every flush is one of everything that may be meant. */
#include <xen/cpumask.h>
#include <xen/errno.h>

#include <asm/guest/hyperv.h>
#include <asm/guest/hyperv-hcall.h>
#include <asm/guest/hyperv-tlfs.h>

#include "private.h"

int
hyperv_flush_tlb(const cpumask_t *mask, const void *va, unsigned int flags)
{
	struct hv_tlb_flush *in = this_cpu(hv_input_page);
	unsigned long saved;
	uint64_t status = 1;

	(void)va;
	local_irq_save(saved);
	in->address_space = 0;
	in->flags = MINI_ALL_SPACES |
	    (flags & FLUSH_TLB_GLOBAL ? 0 : MINI_NON_GLOBAL);
	if (cpumask_to_vpset(&in->processor_mask, mask) == 0)
		status = hv_do_hypercall(MINI_FLUSH_SPACE, virt_to_maddr(in),
		    0);
	local_irq_restore(saved);
	return ((status & 0xffff) != 0 ? -ENXIO : 0);
}
