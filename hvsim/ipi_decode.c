/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ipi_decode: reads and validates HvCallSendSyntheticClusterIpi, plain and Ex.
 *
 * No side effects but reads of guest memory.  The text names no status for an
 * empty set and does not list the calls as fast; hosts take both.
 */
#include "hvsim/internal.h"

/* TLFS HvCallSendSyntheticClusterIpi: 0x10 to 0xff, fixed delivery only. */
static void
check_vector(struct hv_decode *d, uint32_t vector)
{
	if (vector >= HVA_IPI_FIRST && vector <= HVA_IPI_LAST)
		return;
	HV_REFUSE(d->fault, HV_FAULT_MALFORMED, hv_knob(d, HV_KNOB_IPI_VECTOR),
	    hv_status_bit(HVA_INVALID_INPUT) |
	    hv_status_bit(HVA_INVALID_PARAMETER),
	    "TLFS HvCallSendSyntheticClusterIpi: the vector must be in "
	    "0x10 to 0xff");
}

/*
 * TLFS HV_INPUT_VTL: bits 3:0 the VTL if bit 4 says so; there is VTL 0 only.
 * Hosts differ in whether they look at these bytes.
 */
static void
check_vtl(struct hv_decode *d, uint64_t word)
{
	uint32_t knob = hv_knob(d, HV_KNOB_VTL);
	uint8_t vtl = (uint8_t)(word >> 32);
	bool wrong = (vtl & HVA_VTL_USE) != 0 ? (vtl & ~HVA_VTL_USE) != 0 :
	             (vtl & ~HVA_VTL_NUMBER) != 0;

	if (knob == 1)
		wrong = d->fast && !d->call->variable && word >> 32 != 0;
	if (knob == 3)
		wrong = word >> 32 != 0;
	if (knob == 2 || !wrong)
		return;
	HV_REFUSE(d->fault, HV_FAULT_MALFORMED,
	    knob == 1 ? HVA_INVALID_INPUT : HVA_INVALID_PARAMETER,
	    HV_MAY_ACCEPT | hv_status_bit(HVA_INVALID_INPUT) |
	    hv_status_bit(HVA_ACCESS_DENIED),
	    "TLFS HvCallSendSyntheticClusterIpi, HV_INPUT_VTL: the target "
	    "VTL does not exist here");
}

static void
check_empty(struct hv_decode *d, const struct hv_ipi *ipi)
{
	if (hv_knob(d, HV_KNOB_IPI_EMPTY) == 1 && hv_vp_set_empty(&ipi->set))
		HV_REFUSE(d->fault, HV_FAULT_EMPTY_SET, HVA_INVALID_PARAMETER,
		    HV_MAY_ACCEPT,
		    "TLFS HvCallSendSyntheticClusterIpi: this host refuses "
		    "an empty set of processors");
}

/* TLFS HV_VP_SET. */
static void
decode_set(struct hv_decode *d, const uint64_t *words, struct hv_ipi *ipi)
{
	uint64_t format = words[1], valid = words[2];
	bool odd = format > HVA_SET_ALL;

	if (odd && hv_knob(d, HV_KNOB_IPI_FORMAT) == 0) {
		HV_REFUSE(d->fault, HV_FAULT_MALFORMED, HVA_INVALID_PARAMETER,
		    0,
		    "TLFS HV_VP_SET: the format must be 0 (sparse) or 1 (all)");
		return;
	}
	ipi->set.all = format == HVA_SET_ALL;
	if (!ipi->set.all)
		hv_decode_sparse(d, valid, &ipi->set);
	else if (hv_knob(d, HV_KNOB_SET_ALL) == 2)
		hv_decode_varhead(d, valid);
}

int
hv_ipi_decode_input(const struct hv_profile *p, struct hv_input *in,
                    struct hv_ipi *ret, struct hv_fault *ret_fault)
{
	struct hv_decode d = { .profile = p, .in = in, .fault = ret_fault };
	uint64_t words[3];

	if (!hv_decode_start(&d, HV_CALL_IPI) || !hv_decode_header(&d, words))
		return -1;
	ret->code = d.control & HVA_CALL_CODE;
	ret->vector = (uint32_t)words[0];
	ret->vtl = (uint8_t)(words[0] >> 32);
	if (d.call->variable)
		decode_set(&d, words, ret);
	else
		hv_vp_set_from_mask(&ret->set, words[1]);
	if (ret_fault->rule != NULL)
		return -1;
	if (d.call->variable && hv_knob(&d, HV_KNOB_IPI_EMPTY) == 2 &&
	    !ret->set.all && d.banks == 0)
		return 0;
	check_empty(&d, ret);
	check_vector(&d, ret->vector);
	check_vtl(&d, words[0]);
	return ret_fault->rule == NULL ? 0 : -1;
}

int
hv_ipi_decode(const struct hv_request *r, struct hv_ipi *ret,
              struct hv_fault *ret_fault)
{
	struct hv_input in;

	hv_input_init(&in, r->regs, r->read, r->ctx);
	return hv_ipi_decode_input(r->profile, &in, ret, ret_fault);
}
