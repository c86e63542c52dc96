/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flush_decode: reads and validates the four flush calls, memory form.
 *
 * No side effects but reads of guest memory.  What the TLFS forbids is refused
 * unless the profile's host is known not to look.  Sections are those of the
 * web edition; "6.0b p. N" is a page of the last PDF, which alone lists the
 * calls' own status codes.
 */
#include "hvsim/internal.h"

#define ONE_OF_3_5 \
	(1ull << HVA_INVALID_INPUT | 1ull << HVA_INVALID_PARAMETER)

/* ---- header ---- */

static void
check_flags(struct hv_decode *d)
{
	uint64_t allowed = HVA_FLUSH_ALL_PROCESSORS | HVA_FLUSH_ALL_SPACES |
	                   HVA_FLUSH_NON_GLOBAL;

	if (d->list && hv_knob(d, HV_KNOB_EXT_RANGES) != 0)
		allowed |= HVA_FLUSH_EXTENDED;
	/* TLFS HV_FLUSH_FLAGS; status: 6.0b p. 84, p. 87. */
	if ((d->f->flags & ~allowed) != 0 &&
	    hv_knob(d, HV_KNOB_RESERVED_FLAGS) == 0)
		hv_refuse(d->fault, HVA_INVALID_PARAMETER, 0,
		          "TLFS HvCallFlushVirtualAddressSpace/List (6.0b p. 84, "
		          "p. 87): reserved flags must be zero (extended ranges: "
		          "lists only, and only if CPUID 0x40000003.EDX[14])");
	/* The text calls it an invalid option; real hosts accept it. */
	if (d->list && (d->f->flags & HVA_FLUSH_NON_GLOBAL) != 0 &&
	    hv_knob(d, HV_KNOB_LIST_NON_GLOBAL) != 0)
		hv_refuse(d->fault, HVA_INVALID_PARAMETER,
		          hv_status_bit(HVA_SUCCESS),
		          "TLFS HvCallFlushVirtualAddressList (6.0b p. 87): "
		          "HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY is an invalid option");
	/* 6.0b p. 84: AddressSpace counts only without ALL_..._SPACES. */
	if ((d->f->flags & HVA_FLUSH_ALL_SPACES) == 0 &&
	    hv_knob(d, HV_KNOB_AS) != 0 &&
	    d->f->space >> HVA_ADDRESS_BITS != 0)
		hv_refuse(d->fault, HVA_INVALID_PARAMETER, 0,
		          "TLFS HvCallFlushVirtualAddressSpace/List (6.0b p. 84, "
		          "p. 87): AddressSpace must be a valid CR3 value");
}

/* 6.0b p. 84: an empty set is an error unless ALL_PROCESSORS is given. */
static void
check_empty(struct hv_decode *d, enum hv_knob k)
{
	if (!hv_vp_set_empty(&d->f->set))
		return;
	if (hv_knob(d, k) == 0)
		hv_refuse(d->fault, HVA_INVALID_PARAMETER,
		          hv_status_bit(HVA_SUCCESS),
		          "TLFS HvCallFlushVirtualAddressSpace/List (6.0b p. 84, "
		          "p. 87): the set of processors must not be empty");
	else if (hv_knob(d, k) == 1)
		d->f->set.all = true;
}

/*
 * TLFS Variable Sized Hypercall Input Headers: Format and ValidBanksMask
 * belong to the fixed part, so the variable part is exactly the banks.
 */
static bool
check_varhead(struct hv_decode *d, uint64_t valid)
{
	uint32_t status = hv_knob(d, HV_KNOB_VARHEAD);
	uint32_t banks = (uint32_t)__builtin_popcountll(valid);

	if (status == 0 || d->varhead == banks)
		return true;
	hv_refuse(d->fault, status, ONE_OF_3_5,
	          "TLFS Variable Sized Hypercall Input Headers, HV_VP_SET: the "
	          "variable header size must be the number of valid banks");
	return false;
}

static void
decode_sparse(struct hv_decode *d, uint64_t valid)
{
	uint64_t banks[HV_CHUNK];

	if (!check_varhead(d, valid))
		return;
	d->banks = (uint32_t)__builtin_popcountll(valid);
	if (d->banks != 0) {
		hv_decode_piece(d, 32, d->banks);
		if (!hv_decode_read(d, 32, banks, d->banks))
			return;
	}
	hv_vp_set_from_banks(&d->f->set, valid, banks);
	check_empty(d, HV_KNOB_EMPTY_SET_EX);
}

/* TLFS HV_VP_SET: format 0 sparse, 1 all; banks of "all" do not matter. */
static void
decode_set(struct hv_decode *d, uint64_t format, uint64_t valid)
{
	struct hv_vp_set *set = &d->f->set;

	/* TLFS HV_FLUSH_FLAGS: with ALL_PROCESSORS the set is not looked at. */
	if ((d->f->flags & HVA_FLUSH_ALL_PROCESSORS) != 0 &&
	    hv_knob(d, HV_KNOB_ALL_EX) == 0) {
		set->all = true;
		return;
	}
	if (format == HVA_SET_SPARSE) {
		decode_sparse(d, valid);
		return;
	}
	set->all = true;
	if (format == HVA_SET_ALL && hv_knob(d, HV_KNOB_SET_ALL) == 1)
		hv_refuse(d->fault, HVA_INVALID_PARAMETER,
		          hv_status_bit(HVA_SUCCESS),
		          "TLFS HV_VP_SET: this host refuses format 1 (all VPs)");
	else if (format > HVA_SET_ALL && hv_knob(d, HV_KNOB_SET_FORMAT) == 0)
		hv_refuse(d->fault, HVA_INVALID_PARAMETER, 0,
		          "TLFS HV_VP_SET: the format must be 0 (sparse) or 1 (all)");
	else if (hv_knob(d, HV_KNOB_SET_ALL) == 2)
		check_varhead(d, valid);
}

static bool
decode_header(struct hv_decode *d)
{
	uint64_t words[4];
	uint32_t count = d->ex ? 4 : 3;

	hv_decode_piece(d, 0, count);
	if (!hv_decode_read(d, 0, words, count))
		return false;
	d->f->space = words[0];
	d->f->flags = words[1];
	d->banks = d->varhead;
	check_flags(d);
	if (d->ex) {
		decode_set(d, words[2], words[3]);
	} else {
		hv_vp_set_from_mask(&d->f->set, words[2]);
		if ((d->f->flags & HVA_FLUSH_ALL_PROCESSORS) != 0)
			d->f->set.all = true;
		else
			check_empty(d, HV_KNOB_EMPTY_SET);
	}
	return d->fault->rule == NULL;
}

/* ---- elements ---- */

/*
 * Normal format (TLFS HvCallFlushVirtualAddressList): bits 11:0 count the
 * pages after the first.  Extended: a large range carries VA >> 21 for 2 MiB
 * and 1 GiB alike.
 */
static bool
decode_range(uint64_t element, bool extended, struct hv_range *ret)
{
	uint64_t more = element & HVA_RANGE_MORE, unit = HVA_PAGE;

	ret->va = element & ~0xfffull;
	if (extended && (element & HVA_RANGE_EXT_LARGE) != 0) {
		if ((element & HVA_RANGE_EXT_RESERVED) != 0)
			return false;
		more = element & HVA_RANGE_EXT_MORE;
		unit = element & HVA_RANGE_EXT_1G ? 1ull << 30 : 1ull << 21;
		ret->va = element & ~0x1fffffull;
	}
	ret->bytes = (more + 1) * unit;
	return true;
}

static bool
decode_chunk(struct hv_decode *d, const uint64_t *words, uint32_t count)
{
	struct hv_flush *f = d->f;
	bool extended = (f->flags & HVA_FLUSH_EXTENDED) != 0 &&
	                hv_knob(d, HV_KNOB_EXT_RANGES) == 1;

	for (uint32_t i = 0; i < count; i++) {
		if (!decode_range(words[i], extended, &f->range[f->ranges])) {
			d->fault->element = true;
			d->fault->reps = f->rep_start + f->ranges;
			hv_refuse(d->fault, HVA_INVALID_PARAMETER,
			          hv_status_bit(HVA_SUCCESS),
			          "TLFS HV_GVA_RANGE (HDK): reserved bits of an "
			          "extended large-page range must be zero");
			return false;
		}
		f->ranges++;
	}
	return true;
}

static bool
decode_list(struct hv_decode *d)
{
	struct hv_flush *f = d->f;
	uint32_t full = hv_knob(d, HV_KNOB_FULL_LIST);
	uint32_t left = f->rep_count - f->rep_start;
	uint32_t offset = ((d->ex ? 4 : 3) + d->banks + f->rep_start) * 8;
	uint64_t words[HV_CHUNK];

	/* More than fits in a page comes only to hosts that do not check. */
	if ((full != 0 && f->rep_count >= full) || left > HV_MAX_RANGES) {
		f->whole = true;
		return true;
	}
	hv_decode_piece(d, offset, left);
	while (left > 0) {
		uint32_t n = left < HV_CHUNK ? left : HV_CHUNK;

		if (!hv_decode_read(d, offset, words, n) ||
		    !decode_chunk(d, words, n))
			return false;
		offset += n * 8;
		left -= n;
	}
	return true;
}

/* ---- the whole call ---- */

int
hv_flush_decode_input(const struct hv_profile *p, uint64_t control,
                      struct hv_input *in, struct hv_flush *ret,
                      struct hv_fault *ret_fault)
{
	struct hv_decode d = {
		.profile = p, .control = control, .in = in, .f = ret,
		.fault = ret_fault,
	};

	hv_decode_start(&d);
	if (!hv_code_is_flush(ret->code)) {
		hv_refuse(d.fault, HVA_INVALID_CODE, 0,
		          "TLFS Common Hypercall Status Codes: the call code is "
		          "not one that this host knows");
		return -1;
	}
	/* All four need more than two registers, hence XMM. */
	if ((control & HVA_FAST) != 0) {
		ret_fault->ud = true;
		hv_refuse(d.fault, HVA_INVALID_INPUT, 0,
		          "TLFS XMM Fast Hypercall Input: the fast form of this "
		          "call is not offered (CPUID 0x40000003.EDX[4])");
		return -1;
	}
	hv_decode_control(&d);
	hv_decode_address(&d);
	if (ret_fault->rule != NULL || !decode_header(&d))
		return -1;
	return !d.list || decode_list(&d) ? 0 : -1;
}

int
hv_flush_decode(const struct hv_profile *p, uint64_t control, uint64_t in_gpa,
                hv_read_fn *read, void *ctx, struct hv_flush *ret,
                struct hv_fault *ret_fault)
{
	struct hv_input in = { .read = read, .ctx = ctx, .gpa = in_gpa };

	return hv_flush_decode_input(p, control, &in, ret, ret_fault);
}
