/* SPDX-License-Identifier: BSD-2-Clause */
/* Custom: model-specific registers, because the backend has them. */
#ifndef _ASM_X86_MSR_H
#define _ASM_X86_MSR_H

#include <shim/core.h>

#define MSR_IA32_FLUSH_CMD 0x10b
#define L1D_FLUSH 1
#define rdmsrl(msr, value) ((void)((value) = sd_rdmsr(msr)))
#define wrmsrl(msr, value) sd_wrmsr(msr, value)
#define __rdmsr(msr) sd_rdmsr(msr)
/* Their names since 6.16. */
#define rdmsrq(msr, value) rdmsrl(msr, value)
#define wrmsrq(msr, value) wrmsrl(msr, value)
#define native_rdmsrq(msr) sd_rdmsr(msr)

#endif
