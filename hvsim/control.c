/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control: the hypercall input value, and the size and place of the input.
 *
 * The rules that hold for every hypercall: known code, reserved bits, rep count
 * and start, variable header size, alignment, page crossing, room in the
 * registers.  The TLFS leaves the order of error detection undefined, so all
 * are tried and the other possible statuses go to hv_fault.also.
 */
#include "hvsim/internal.h"

#include <string.h>

/* ---- may this call be made at all? ---- */

/* TLFS Partition Privileges, Implementation Recommendations. */
static bool
denied(const struct hv_decode *d)
{
	if (hv_knob(d, HV_KNOB_ENFORCE) == 0 ||
	    d->call->kind == HV_CALL_FLUSH_GPA)
		return false;
	if (d->call->variable && hv_knob(d, HV_KNOB_REC_EX) == 0)
		return true;
	return hv_knob(d, d->call->kind == HV_CALL_IPI ? HV_KNOB_REC_IPI :
	                  HV_KNOB_REC_FLUSH) == 0;
}

/* TLFS HvCallFlushGuestPhysicalAddressSpace: for nested guests only. */
static void
check_nested(struct hv_decode *d)
{
	uint32_t nested = hv_knob(d, HV_KNOB_NESTED);

	if (d->call->kind != HV_CALL_FLUSH_GPA || nested == 1)
		return;
	HV_REFUSE(d->fault, HV_FAULT_NOT_OFFERED,
	    nested == 0 ? HVA_INVALID_VP_STATE : HVA_INVALID_CODE,
	    hv_status_bit(HVA_INVALID_VP_STATE) |
	    hv_status_bit(HVA_INVALID_CODE),
	    "TLFS HvCallFlushGuestPhysicalAddressSpace/List: only for "
	    "partitions that run nested guests (CPUID 0x4000000a)");
}

/* Words of the whole input as the input value describes it. */
static uint32_t
input_words(const struct hv_decode *d)
{
	uint32_t words = d->call->header;

	if (d->call->variable)
		words += d->varhead;
	if (d->call->rep)
		words += d->rep_count;
	return words;
}

/*
 * TLFS XMM Fast Hypercall Input: an input of more than two registers needs the
 * feature; without it there is #UD, and no status.
 */
static void
check_xmm(struct hv_decode *d)
{
	uint32_t xmm = hv_knob(d, HV_KNOB_XMM);

	if (!d->fast || input_words(d) <= 2 ||
	    (xmm == 1 && d->in->xmm != NULL))
		return;
	d->fault->ud = xmm != 5 && d->fault->rule == NULL;
	HV_REFUSE(d->fault, HV_FAULT_NOT_OFFERED,
	    xmm == 5 ? HVA_INVALID_PARAMETER : HVA_INVALID_INPUT, 0,
	    "TLFS XMM Fast Hypercall Input: the fast form of this call is "
	    "not offered (CPUID 0x40000003.EDX[4], x64 only)");
}

/* ---- the input value ---- */

void
hv_check_reserved(const struct hv_profile *p, uint64_t control,
                  struct hv_fault *fault)
{
	const uint32_t knob = p->knob[HV_KNOB_CONTROL];
	uint64_t reserved = HVA_RESERVED;

	/* Only newer editions have bit 31, Is Nested. */
	if (knob == 1)
		reserved |= HVA_NESTED;
	if (knob != 2 && (control & reserved) != 0)
		HV_REFUSE(fault, HV_FAULT_MALFORMED, HVA_INVALID_INPUT, 0,
		    "TLFS Hypercall Inputs: reserved bits of the input "
		    "value must be zero");
}

/* TLFS Hypercall Inputs, Common Hypercall Status Codes. */
static void
check_reps(struct hv_decode *d)
{
	uint32_t count = d->rep_count, start = d->rep_start;

	if (!d->call->rep && (count != 0 || start != 0))
		HV_REFUSE(d->fault, HV_FAULT_MALFORMED, HVA_INVALID_INPUT, 0,
		    "TLFS Hypercall Inputs: rep count and rep start index "
		    "of a simple call must be zero");
	if (d->call->rep && count == 0)
		HV_REFUSE(d->fault, HV_FAULT_MALFORMED, HVA_INVALID_INPUT, 0,
		    "TLFS Hypercall Inputs: the rep count of a rep call "
		    "must not be zero");
	else if (d->call->rep && start >= count)
		HV_REFUSE(d->fault, HV_FAULT_MALFORMED, HVA_INVALID_INPUT, 0,
		    "TLFS Hypercall Inputs: the rep start index must be "
		    "less than the rep count");
	else if (d->call->rep && start != 0 &&
	         hv_knob(d, HV_KNOB_REP_START) != 0)
		HV_REFUSE(d->fault, HV_FAULT_NOT_OFFERED, HVA_INVALID_INPUT,
		    HV_MAY_ACCEPT,
		    "TLFS Hypercall Inputs: this host does not resume in "
		    "the middle of a list");
}

static void
check_no_varhead(struct hv_decode *d)
{
	if (!d->call->variable && d->varhead != 0 &&
	    hv_knob(d, HV_KNOB_VARHEAD) != 0)
		HV_REFUSE(d->fault, HV_FAULT_VARHEAD, HVA_INVALID_INPUT, 0,
		    "TLFS Variable Sized Hypercall Input Headers: this call "
		    "has no variable header, its size must be zero");
}

/* ---- the input's place ---- */

/* TLFS Alignment Requirements, Common Hypercall Status Codes. */
static void
check_memory(struct hv_decode *d)
{
	uint64_t gpa = d->in->v.in;
	uint32_t straddle = hv_knob(d, HV_KNOB_STRADDLE);
	uint32_t bad_gpa = hv_knob(d, HV_KNOB_BAD_GPA);

	if ((gpa & 7) != 0 && hv_knob(d, HV_KNOB_ALIGN) != 0)
		HV_REFUSE(d->fault, HV_FAULT_MALFORMED,
		    hv_knob(d, HV_KNOB_ALIGN), 0,
		    "TLFS Alignment Requirements: the input GPA must be "
		    "8-byte aligned");
	if (gpa >> HVA_ADDRESS_BITS != 0)
		HV_REFUSE(d->fault, HV_FAULT_MALFORMED,
		    bad_gpa != 0 ? bad_gpa : HVA_INVALID_ALIGNMENT,
		    hv_status_bit(HVA_INVALID_ALIGNMENT),
		    "TLFS Common Hypercall Status Codes: the input GPA must "
		    "be within the GPA space");
	if (straddle != 0 && gpa % HVA_PAGE + input_words(d) * 8 > HVA_PAGE)
		HV_REFUSE(d->fault, HV_FAULT_PAST_PAGE, straddle,
		    hv_status_bit(HVA_INVALID_ALIGNMENT),
		    "TLFS Alignment Requirements: the input parameters must "
		    "not cross a page boundary");
}

/* Hosts that do not check pages find out as they read. */
static void
check_registers(struct hv_decode *d)
{
	if (hv_knob(d, HV_KNOB_STRADDLE) != 0 &&
	    input_words(d) > HV_FAST_WORDS)
		HV_REFUSE(d->fault, HV_FAULT_PAST_PAGE, HVA_INVALID_INPUT, 0,
		    "TLFS XMM Fast Hypercall Input: the input must fit "
		    "into the registers (112 bytes)");
}

/* ---- all of them ---- */

static void
take_apart(struct hv_decode *d)
{
	d->control = d->in->v.control;
	d->call = hv_call_find(d->control & HVA_CALL_CODE);
	d->fast = (d->control & HVA_FAST) != 0;
	d->varhead = (uint32_t)(d->control >> HVA_VARHEAD_SHIFT &
	                        HVA_VARHEAD_MASK);
	d->rep_count = (uint32_t)(d->control >> HVA_REP_COUNT_SHIFT &
	                          HVA_REP_MASK);
	d->rep_start = (uint32_t)(d->control >> HVA_REP_START_SHIFT &
	                          HVA_REP_MASK);
	d->banks = d->call != NULL && d->call->variable ? d->varhead : 0;
	d->in->sum = 0;
	d->in->pieces = 0;
	memset(d->fault, 0, sizeof(*d->fault));
}

bool
hv_decode_start(struct hv_decode *d, enum hv_call_kind kind)
{
	bool known;

	take_apart(d);
	known = d->call != NULL && d->call->kind == kind;
	/* Preferred to others: TLFS Ordering of Error Conditions. */
	if (known && denied(d))
		HV_REFUSE(d->fault, HV_FAULT_NOT_OFFERED, HVA_ACCESS_DENIED,
		    HV_MAY_ACCEPT,
		    "TLFS Implementation Recommendations (CPUID 0x40000004): "
		    "the host does not recommend this call and denies it");
	/* Before the code, as KVM does; the text leaves the order open. */
	hv_check_reserved(d->profile, d->control, d->fault);
	if (!known) {
		HV_REFUSE(d->fault, HV_FAULT_MALFORMED, HVA_INVALID_CODE, 0,
		    "TLFS Common Hypercall Status Codes: the call code is "
		    "not one that this host knows");
		return false;
	}
	check_nested(d);
	check_xmm(d);
	check_reps(d);
	check_no_varhead(d);
	if (d->fast)
		check_registers(d);
	else
		check_memory(d);
	return d->fault->rule == NULL;
}
