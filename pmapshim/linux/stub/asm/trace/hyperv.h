/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: nothing is traced. */
#ifndef SHIM_STUB_ASM_TRACE_HYPERV_H
#define SHIM_STUB_ASM_TRACE_HYPERV_H

#define trace_hyperv_mmu_flush_tlb_multi(cpus, info)                    \
	do {                                                            \
		(void)(cpus), (void)(info);                             \
	} while (0)

#endif
