/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls: the hypercalls that exist here, and the registers they come in.
 *
 * Shapes only (TLFS Hypercall Classes, and each call's own section); what the
 * words of a header mean is the decoders' business.  In the calls that have a
 * VP set, Format and ValidBanksMask belong to the fixed part.
 */
#include "hvsim/internal.h"

static const struct hv_call_info calls[] = {
	{ HVA_CALL_FLUSH_SPACE, 3, HV_CALL_FLUSH, false, false,
	  "HvCallFlushVirtualAddressSpace" },
	{ HVA_CALL_FLUSH_LIST, 3, HV_CALL_FLUSH, true, false,
	  "HvCallFlushVirtualAddressList" },
	{ HVA_CALL_SEND_IPI, 2, HV_CALL_IPI, false, false,
	  "HvCallSendSyntheticClusterIpi" },
	{ HVA_CALL_FLUSH_SPACE_EX, 4, HV_CALL_FLUSH, false, true,
	  "HvCallFlushVirtualAddressSpaceEx" },
	{ HVA_CALL_FLUSH_LIST_EX, 4, HV_CALL_FLUSH, true, true,
	  "HvCallFlushVirtualAddressListEx" },
	{ HVA_CALL_SEND_IPI_EX, 3, HV_CALL_IPI, false, true,
	  "HvCallSendSyntheticClusterIpiEx" },
	{ HVA_CALL_FLUSH_GPA_SPACE, 2, HV_CALL_FLUSH_GPA, false, false,
	  "HvCallFlushGuestPhysicalAddressSpace" },
	{ HVA_CALL_FLUSH_GPA_LIST, 2, HV_CALL_FLUSH_GPA, true, false,
	  "HvCallFlushGuestPhysicalAddressList" },
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

const struct hv_call_info *
hv_call_at(unsigned i)
{
	return i < CALLS ? &calls[i] : NULL;
}

const struct hv_call_info *
hv_call_find(unsigned code)
{
	for (unsigned i = 0; i < CALLS; i++) {
		if (calls[i].code == code)
			return &calls[i];
	}
	return NULL;
}

static uint64_t
pair(uint64_t high, uint64_t low)
{
	return high << 32 | (low & 0xffffffff);
}

struct hv_values
hv_regs_values(const struct hv_regs *r)
{
	struct hv_values v = { r->rcx, r->rdx, r->r8 };

	if (r->mode != HV_MODE_LONG) {
		v.control = pair(r->rdx, r->rax);
		v.in = pair(r->rbx, r->rcx);
		v.out = pair(r->rdi, r->rsi);
	}
	return v;
}
