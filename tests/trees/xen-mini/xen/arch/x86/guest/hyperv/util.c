/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: VP indexes of CPUs. */
#include <xen/cpumask.h>

#include <asm/guest/hyperv.h>
#include <asm/guest/hyperv-tlfs.h>

#include "private.h"

int
cpumask_to_vpset(uint64_t *set, const cpumask_t *mask)
{
	unsigned int cpu;

	*set = 0;
	for_each_cpu (cpu, mask) {
		if (per_cpu(hv_vp_index, cpu) >= 64)
			return -1;
		*set |= 1UL << per_cpu(hv_vp_index, cpu);
	}
	return 0;
}
