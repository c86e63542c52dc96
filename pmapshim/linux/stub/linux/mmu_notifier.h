/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: there are no secondary TLBs (IOMMU) here. */
#ifndef SHIM_STUB_LINUX_MMU_NOTIFIER_H
#define SHIM_STUB_LINUX_MMU_NOTIFIER_H

#define mmu_notifier_arch_invalidate_secondary_tlbs(mm, start, end)     \
	do {                                                            \
		(void)(mm), (void)(start), (void)(end);                 \
	} while (0)

#endif
