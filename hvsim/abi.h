/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * abi: constants of the Hyper-V interface (TLFS), nothing else.
 */
#ifndef SHOOTDOWN_HVSIM_ABI_H
#define SHOOTDOWN_HVSIM_ABI_H

/* Hypercall input value, TLFS "Hypercall Inputs". */
#define HVA_CALL_CODE 0xffffull
#define HVA_FAST (1ull << 16)
#define HVA_VARHEAD_SHIFT 17
#define HVA_VARHEAD_MASK 0x3ffull
#define HVA_NESTED (1ull << 31)
#define HVA_REP_COUNT_SHIFT 32
#define HVA_REP_START_SHIFT 48
#define HVA_REP_MASK 0xfffull
#define HVA_RESERVED ((0xfull << 27) | (0xfull << 44) | (0xfull << 60))

/* Call codes. */
#define HVA_CALL_FLUSH_SPACE 0x0002
#define HVA_CALL_FLUSH_LIST 0x0003
#define HVA_CALL_SEND_IPI 0x000b
#define HVA_CALL_FLUSH_SPACE_EX 0x0013
#define HVA_CALL_FLUSH_LIST_EX 0x0014
#define HVA_CALL_SEND_IPI_EX 0x0015
#define HVA_CALL_FLUSH_GPA_SPACE 0x00af
#define HVA_CALL_FLUSH_GPA_LIST 0x00b0

/* HvCallSendSyntheticClusterIpi: vectors, HV_INPUT_VTL. */
#define HVA_IPI_FIRST 0x10u
#define HVA_IPI_LAST 0xffu
#define HVA_VTL_NUMBER 0x0fu
#define HVA_VTL_USE 0x10u

/* HV_FLUSH_FLAGS. */
#define HVA_FLUSH_ALL_PROCESSORS (1ull << 0)
#define HVA_FLUSH_ALL_SPACES (1ull << 1)
#define HVA_FLUSH_NON_GLOBAL (1ull << 2)
#define HVA_FLUSH_EXTENDED (1ull << 3)

/* Addresses: a CR3 value (HV_ADDRESS_SPACE_ID) and a GPA have 52 bits. */
#define HVA_ADDRESS_BITS 52
#define HVA_PAGE 4096u

/* Normal and extended GVA ranges (the latter: HDK, HV_GVA_RANGE). */
#define HVA_RANGE_MORE 0xfffull
#define HVA_RANGE_EXT_MORE 0x7ffull
#define HVA_RANGE_EXT_LARGE (1ull << 11)
#define HVA_RANGE_EXT_1G (1ull << 12)
#define HVA_RANGE_EXT_RESERVED (0xffull << 13)

/* HV_VP_SET formats. */
#define HVA_SET_SPARSE 0
#define HVA_SET_ALL 1

/* Status codes. */
#define HVA_SUCCESS 0x0000
#define HVA_INVALID_CODE 0x0002
#define HVA_INVALID_INPUT 0x0003
#define HVA_INVALID_ALIGNMENT 0x0004
#define HVA_INVALID_PARAMETER 0x0005
#define HVA_ACCESS_DENIED 0x0006
#define HVA_INVALID_PARTITION_STATE 0x0007
#define HVA_OPERATION_DENIED 0x0008
#define HVA_INSUFFICIENT_MEMORY 0x000b
#define HVA_INVALID_PARTITION_ID 0x000d
#define HVA_INVALID_VP_INDEX 0x000e
#define HVA_INVALID_VP_STATE 0x0015

/* Hypercall result value. */
#define HVA_RESULT_STATUS 0xffffull
#define HVA_RESULT_REPS_SHIFT 32

/* Synthetic MSRs. */
#define HVA_MSR_GUEST_OS_ID 0x40000000
#define HVA_MSR_HYPERCALL 0x40000001
#define HVA_MSR_VP_INDEX 0x40000002
#define HVA_MSR_VP_ASSIST_PAGE 0x40000073
#define HVA_MSR_NESTED_VP_INDEX 0x40001002
#define HVA_HYPERCALL_ENABLE (1ull << 0)
#define HVA_HYPERCALL_LOCKED (1ull << 1)

/* CPUID leaves and their contents. */
#define HVA_CPUID_VENDOR 0x40000000u
#define HVA_CPUID_INTERFACE 0x40000001u
#define HVA_CPUID_VERSION 0x40000002u
#define HVA_CPUID_FEATURES 0x40000003u
#define HVA_CPUID_RECOMMENDATIONS 0x40000004u
#define HVA_CPUID_LIMITS 0x40000005u
#define HVA_CPUID_NESTED 0x4000000au
#define HVA_INTERFACE_HV1 0x31237648u           /* "Hv#1" */
#define HVA_ACCESS_HYPERCALL_MSRS (1u << 5)     /* 0x40000003.EAX */
#define HVA_ACCESS_VP_INDEX (1u << 6)
#define HVA_FEATURE_XMM_INPUT (1u << 4)         /* 0x40000003.EDX */
#define HVA_FEATURE_EXT_RANGES (1u << 14)
#define HVA_FEATURE_MSR_LOCK (1u << 18)

/* CPUID 0x40000004.EAX recommendations. */
#define HVA_REC_LOCAL_FLUSH (1u << 1)
#define HVA_REC_REMOTE_FLUSH (1u << 2)
#define HVA_REC_CLUSTER_IPI (1u << 10)
#define HVA_REC_EX_PROCESSOR_MASKS (1u << 11)

/* CPUID 0x4000000a.EAX, nested virtualization. */
#define HVA_NESTED_FLUSH_GPA (1u << 18)

#endif
