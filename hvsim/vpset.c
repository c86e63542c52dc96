/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vpset: HV_VP_SET, the set of virtual processors that a call names, and how it
 * is read.
 *
 * Only banks whose `valid` bit is set count; the others are never cleared and
 * never read, so that making a set costs what its banks cost.  Indexes without
 * a VP are legal members.  Checks that depend on the profile are the decoder's.
 */
#include "hvsim/internal.h"

bool
hv_vp_set_has(const struct hv_vp_set *s, uint32_t vp)
{
	if (s->all)
		return true;
	if (vp >= HV_MAX_VP_INDEX || !(s->valid >> (vp / 64) & 1))
		return false;
	return s->banks[vp / 64] >> (vp % 64) & 1;
}

unsigned
hv_vp_set_count(const struct hv_vp_set *s)
{
	unsigned count = 0;

	if (s->all)
		return HV_MAX_VP_INDEX;
	for (uint64_t left = s->valid; left != 0; left &= left - 1) {
		int bank = __builtin_ctzll(left);

		count += (unsigned)__builtin_popcountll(s->banks[bank]);
	}
	return count;
}

bool
hv_vp_set_empty(const struct hv_vp_set *s)
{
	if (s->all)
		return false;
	for (uint64_t left = s->valid; left != 0; left &= left - 1) {
		if (s->banks[__builtin_ctzll(left)] != 0)
			return false;
	}
	return true;
}

void
hv_vp_set_from_mask(struct hv_vp_set *s, uint64_t mask)
{
	s->all = false;
	s->valid = 1;
	s->banks[0] = mask;
}

/* TLFS HV_VP_SET: one element per set bit of the mask, lowest bank first. */
void
hv_vp_set_from_banks(struct hv_vp_set *s, uint64_t valid, const uint64_t *banks)
{
	s->all = false;
	s->valid = valid;
	for (uint64_t left = valid; left != 0; left &= left - 1)
		s->banks[__builtin_ctzll(left)] = *banks++;
}

/* ---- reading a set ---- */

#define ONE_OF_3_5 \
	(1ull << HVA_INVALID_INPUT | 1ull << HVA_INVALID_PARAMETER)

/*
 * TLFS Variable Sized Hypercall Input Headers: Format and ValidBanksMask
 * belong to the fixed part, so the variable part is exactly the banks.
 */
bool
hv_decode_varhead(struct hv_decode *d, uint64_t valid)
{
	uint32_t status = hv_knob(d, HV_KNOB_VARHEAD);
	uint32_t banks = (uint32_t)__builtin_popcountll(valid);

	if (status == 0 || d->varhead == banks)
		return true;
	HV_REFUSE(d->fault, HV_FAULT_VARHEAD, status, ONE_OF_3_5,
	          "TLFS Variable Sized Hypercall Input Headers, HV_VP_SET: the "
	          "variable header size must be the number of valid banks");
	return false;
}

bool
hv_decode_sparse(struct hv_decode *d, uint64_t valid, struct hv_vp_set *ret)
{
	uint32_t offset = d->call->header * 8u;
	uint64_t banks[HV_CHUNK];

	if (!hv_decode_varhead(d, valid))
		return false;
	d->banks = (uint32_t)__builtin_popcountll(valid);
	if (d->banks != 0) {
		hv_decode_piece(d, offset, d->banks);
		if (!hv_decode_read(d, offset, banks, d->banks))
			return false;
	}
	hv_vp_set_from_banks(ret, valid, banks);
	return true;
}
