/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flush_decode: reads and validates the four flush calls of virtual addresses
 * and the two of guest-physical ones.
 *
 * No side effects but reads of guest memory.  What the TLFS forbids is refused
 * unless the profile's host is known not to look.  Sections are those of the
 * web edition; "6.0b p. N" is a page of the last PDF, which alone lists the
 * calls' own status codes.
 */
#include "hvsim/internal.h"

struct flush_decode {
	struct hv_decode d;
	struct hv_flush *f;
};

/* ---- header ---- */

static void
check_flags(struct flush_decode *fd)
{
	struct hv_decode *d = &fd->d;
	uint64_t flags = fd->f->flags;
	uint64_t allowed = HVA_FLUSH_ALL_PROCESSORS | HVA_FLUSH_ALL_SPACES |
	                   HVA_FLUSH_NON_GLOBAL;

	if (d->call->rep && hv_knob(d, HV_KNOB_EXT_RANGES) != 0)
		allowed |= HVA_FLUSH_EXTENDED;
	/* TLFS HV_FLUSH_FLAGS; status: 6.0b p. 84, p. 87. */
	if ((flags & ~allowed) != 0 && hv_knob(d, HV_KNOB_RESERVED_FLAGS) == 0)
		HV_REFUSE(d->fault, HV_FAULT_MALFORMED, HVA_INVALID_PARAMETER,
		    0,
		    "TLFS HvCallFlushVirtualAddressSpace/List (6.0b p. 84, "
		    "p. 87): reserved flags must be zero (extended ranges: "
		    "lists only, and only if CPUID 0x40000003.EDX[14])");
	/* The text calls it an invalid option; real hosts accept it. */
	if (d->call->rep && (flags & HVA_FLUSH_NON_GLOBAL) != 0 &&
	    hv_knob(d, HV_KNOB_LIST_NON_GLOBAL) != 0)
		HV_REFUSE(d->fault, HV_FAULT_NOT_OFFERED, HVA_INVALID_PARAMETER,
		    HV_MAY_ACCEPT,
		    "TLFS HvCallFlushVirtualAddressList (6.0b p. 87): "
		    "HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY is an invalid option");
	/* 6.0b p. 84: AddressSpace counts only without ALL_..._SPACES. */
	if ((flags & HVA_FLUSH_ALL_SPACES) == 0 &&
	    hv_knob(d, HV_KNOB_AS) != 0 &&
	    fd->f->space >> HVA_ADDRESS_BITS != 0)
		HV_REFUSE(d->fault, HV_FAULT_SPACE, HVA_INVALID_PARAMETER,
		    0,
		    "TLFS HvCallFlushVirtualAddressSpace/List (6.0b p. 84, "
		    "p. 87): AddressSpace must be a valid CR3 value");
}

/* 6.0b p. 84: an empty set is an error unless ALL_PROCESSORS is given. */
static void
check_empty(struct flush_decode *fd, enum hv_knob k)
{
	fd->f->empty = hv_vp_set_empty(&fd->f->set);
	if (!fd->f->empty)
		return;
	if (hv_knob(&fd->d, k) == 0)
		HV_REFUSE(fd->d.fault, HV_FAULT_EMPTY_SET, HVA_INVALID_PARAMETER,
		    HV_MAY_ACCEPT,
		    "TLFS HvCallFlushVirtualAddressSpace/List (6.0b p. 84, "
		    "p. 87): the set of processors must not be empty");
	else if (hv_knob(&fd->d, k) == 1)
		fd->f->set.all = true;
}

/* TLFS HV_VP_SET: format 0 sparse, 1 all; banks of "all" do not matter. */
static void
decode_set(struct flush_decode *fd, uint64_t format, uint64_t valid)
{
	struct hv_decode *d = &fd->d;
	struct hv_vp_set *set = &fd->f->set;

	/* TLFS HV_FLUSH_FLAGS: with ALL_PROCESSORS the set is not looked at. */
	if ((fd->f->flags & HVA_FLUSH_ALL_PROCESSORS) != 0 &&
	    hv_knob(d, HV_KNOB_ALL_EX) == 0) {
		set->all = true;
		return;
	}
	if (format == HVA_SET_SPARSE) {
		if (hv_decode_sparse(d, valid, set))
			check_empty(fd, HV_KNOB_EMPTY_SET_EX);
		return;
	}
	set->all = true;
	if (format == HVA_SET_ALL && hv_knob(d, HV_KNOB_SET_ALL) == 1)
		HV_REFUSE(d->fault, HV_FAULT_NOT_OFFERED, HVA_INVALID_PARAMETER,
		    HV_MAY_ACCEPT,
		    "TLFS HV_VP_SET: this host refuses format 1 (all VPs)");
	else if (format > HVA_SET_ALL && hv_knob(d, HV_KNOB_SET_FORMAT) == 0)
		HV_REFUSE(d->fault, HV_FAULT_MALFORMED, HVA_INVALID_PARAMETER,
		    0,
		    "TLFS HV_VP_SET: the format must be 0 (sparse) or 1 (all)");
	else if (hv_knob(d, HV_KNOB_SET_ALL) == 2)
		hv_decode_varhead(d, valid);
}

static bool
decode_header(struct flush_decode *fd)
{
	struct hv_flush *f = fd->f;
	uint64_t words[4];

	if (!hv_decode_header(&fd->d, words))
		return false;
	f->space = words[0];
	f->flags = words[1];
	check_flags(fd);
	if (fd->d.call->variable) {
		decode_set(fd, words[2], words[3]);
	} else {
		hv_vp_set_from_mask(&f->set, words[2]);
		if ((f->flags & HVA_FLUSH_ALL_PROCESSORS) != 0)
			f->set.all = true;
		else
			check_empty(fd, HV_KNOB_EMPTY_SET);
	}
	return fd->d.fault->rule == NULL;
}

/* ---- elements ---- */

/*
 * Normal format (TLFS HvCallFlushVirtualAddressList): bits 11:0 count the
 * pages after the first.  Extended, and HV_GPA_PAGE_RANGE: a large range
 * carries the address >> 21 for 2 MiB and 1 GiB alike.
 */
bool
hv_decode_range(uint64_t element, bool extended, struct hv_range *ret)
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
refuse_range(struct hv_decode *d, const struct hv_flush *f)
{
	d->fault->element = true;
	d->fault->reps = f->rep_start + f->ranges;
	HV_REFUSE(d->fault, HV_FAULT_MALFORMED, HVA_INVALID_PARAMETER,
	    HV_MAY_ACCEPT,
	    "TLFS HV_GVA_RANGE, HV_GPA_PAGE_RANGE (HDK): reserved bits of a "
	    "large-page range must be zero");
	return false;
}

static bool
take_ranges(struct hv_decode *d, void *ctx, const uint64_t *element,
            uint32_t count)
{
	struct hv_flush *f = ctx;
	bool extended = d->call->kind == HV_CALL_FLUSH_GPA ||
	    ((f->flags & HVA_FLUSH_EXTENDED) != 0 &&
	     hv_knob(d, HV_KNOB_EXT_RANGES) == 1);

	for (uint32_t i = 0; i < count; i++) {
		if (!hv_decode_range(element[i], extended,
		                     &f->range[f->ranges]))
			return refuse_range(d, f);
		f->ranges++;
	}
	return true;
}

static bool
decode_list(struct flush_decode *fd)
{
	uint32_t full = hv_knob(&fd->d, HV_KNOB_FULL_LIST);
	uint32_t left = fd->d.rep_count - fd->d.rep_start;

	/* More than fits in a page comes only to hosts that do not check. */
	if ((full != 0 && fd->d.rep_count >= full) || left > HV_MAX_RANGES) {
		fd->f->whole = true;
		return true;
	}
	return hv_decode_elements(&fd->d, take_ranges, fd->f);
}

/* ---- the whole call ---- */

static bool
start(struct flush_decode *fd, enum hv_call_kind kind)
{
	bool ok = hv_decode_start(&fd->d, kind);

	fd->f->code = fd->d.control & HVA_CALL_CODE;
	fd->f->whole = fd->d.call != NULL && !fd->d.call->rep;
	fd->f->rep_count = fd->d.rep_count;
	fd->f->rep_start = fd->d.rep_start;
	fd->f->ranges = 0;
	fd->f->empty = false;
	return ok;
}

int
hv_flush_decode_input(const struct hv_profile *p, struct hv_input *in,
                      struct hv_flush *ret, struct hv_fault *ret_fault)
{
	struct flush_decode fd = {
		.d = { .profile = p, .in = in, .fault = ret_fault }, .f = ret,
	};

	if (!start(&fd, HV_CALL_FLUSH) || !decode_header(&fd))
		return -1;
	return !fd.d.call->rep || decode_list(&fd) ? 0 : -1;
}

/* TLFS HvCallFlushGuestPhysicalAddressSpace/List: Flags are reserved. */
int
hv_gpa_flush_decode_input(const struct hv_profile *p, struct hv_input *in,
                          struct hv_flush *ret, struct hv_fault *ret_fault)
{
	struct flush_decode fd = {
		.d = { .profile = p, .in = in, .fault = ret_fault }, .f = ret,
	};
	uint64_t words[2];

	if (!start(&fd, HV_CALL_FLUSH_GPA) || !hv_decode_header(&fd.d, words))
		return -1;
	ret->space = words[0];
	ret->flags = words[1];
	ret->set.all = true;
	if (ret->flags != 0 && hv_knob(&fd.d, HV_KNOB_RESERVED_FLAGS) == 0) {
		HV_REFUSE(ret_fault, HV_FAULT_MALFORMED, HVA_INVALID_PARAMETER,
		    0,
		    "TLFS HvCallFlushGuestPhysicalAddressSpace/List: Flags "
		    "must be zero");
		return -1;
	}
	return !fd.d.call->rep || decode_list(&fd) ? 0 : -1;
}

int
hv_flush_decode_regs(const struct hv_request *r, struct hv_flush *ret,
                     struct hv_fault *ret_fault)
{
	struct hv_input in;

	hv_input_init(&in, r->regs, r->read, r->ctx);
	return hv_flush_decode_input(r->profile, &in, ret, ret_fault);
}

int
hv_gpa_flush_decode(const struct hv_request *r, struct hv_flush *ret,
                    struct hv_fault *ret_fault)
{
	struct hv_input in;

	hv_input_init(&in, r->regs, r->read, r->ctx);
	return hv_gpa_flush_decode_input(r->profile, &in, ret, ret_fault);
}

int
hv_flush_decode(const struct hv_profile *p, uint64_t control, uint64_t in_gpa,
                hv_read_fn *read, void *ctx, struct hv_flush *ret,
                struct hv_fault *ret_fault)
{
	const struct hv_regs regs = { .rcx = control, .rdx = in_gpa };
	const struct hv_request r = { p, &regs, read, ctx };

	return hv_flush_decode_regs(&r, ret, ret_fault);
}
