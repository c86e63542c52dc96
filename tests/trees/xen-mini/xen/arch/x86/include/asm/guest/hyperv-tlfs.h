/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: TLFS, HvCallFlushVirtualAddressSpace and what it takes. */
#ifndef MINI_TLFS_H
#define MINI_TLFS_H

#include <xen/types.h>

#define HYPERV_CPUID_ENLIGHTMENT_INFO 0x40000004
#define HV_X64_REMOTE_TLB_FLUSH_RECOMMENDED (1u << 2)
#define HV_X64_MSR_GUEST_OS_ID 0x40000000
#define HV_X64_MSR_HYPERCALL 0x40000001
#define MINI_FLUSH_SPACE 0x0002
#define MINI_ALL_SPACES 2
#define MINI_NON_GLOBAL 4

struct hv_tlb_flush {
	uint64_t address_space, flags, processor_mask;
};

struct hv_tlb_flush_ex {
	uint64_t address_space, flags;
};

#endif
