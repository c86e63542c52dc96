/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * input: the hypercall input value and the memory that it refers to.
 *
 * The rules that hold for every hypercall in memory form: reserved bits, rep
 * count and start, variable header size, alignment, page crossing, readability.
 * The TLFS leaves the order of error detection undefined, so all rules are
 * tried and the other possible statuses go to hv_fault.also.
 */
#include "hvsim/internal.h"

#include <string.h>

/* SUCCESS stays possible only if every broken rule is one that hosts ignore. */
void
hv_refuse(struct hv_fault *f, unsigned status, uint64_t also, const char *rule)
{
	uint64_t success = hv_status_bit(HVA_SUCCESS);

	if (f->rule == NULL) {
		f->rule = rule;
		f->status = (uint16_t)status;
		f->also = also;
	} else {
		f->also &= also | ~success;
		f->also |= (also & ~success) | hv_status_bit(status);
	}
	f->also &= ~hv_status_bit(f->status);
}

bool
hv_code_is_ex(unsigned code)
{
	return code == HVA_CALL_FLUSH_SPACE_EX || code == HVA_CALL_FLUSH_LIST_EX;
}

bool
hv_code_is_list(unsigned code)
{
	return code == HVA_CALL_FLUSH_LIST || code == HVA_CALL_FLUSH_LIST_EX;
}

bool
hv_code_is_flush(unsigned code)
{
	return code == HVA_CALL_FLUSH_SPACE || code == HVA_CALL_FLUSH_LIST ||
	       hv_code_is_ex(code);
}

/* ---- guest memory ---- */

/* Position-dependent, so that two words that change places show. */
static uint64_t
word_sum(uint64_t word, uint32_t position)
{
	uint64_t x = (word + position + 1) * 0x9e3779b97f4a7c15ull;

	return x ^ x >> 29;
}

/*
 * Reads words; the caller announces the piece first.  An unmapped or
 * unreadable input page has no status in the text (TLFS Alignment
 * Requirements: a memory intercept); hosts differ.
 */
bool
hv_decode_read(struct hv_decode *d, uint32_t offset, uint64_t *words,
               uint32_t count)
{
	struct hv_input *in = d->in;

	if (in->read(in->ctx, in->gpa + offset, words, count * 8u) != 0) {
		uint32_t status = hv_knob(d, HV_KNOB_BAD_GPA);

		d->fault->intercept = status == 0 && d->fault->rule == NULL;
		hv_refuse(d->fault, status != 0 ? status : HVA_INVALID_INPUT,
		          hv_status_bit(HVA_INVALID_ALIGNMENT) |
		          hv_status_bit(HVA_INVALID_INPUT),
		          "TLFS Alignment Requirements: the input page must be "
		          "mapped and readable");
		return false;
	}
	for (uint32_t i = 0; i < count; i++)
		in->sum += word_sum(words[i], offset / 8 + i);
	return true;
}

void
hv_decode_piece(struct hv_decode *d, uint32_t offset, uint32_t words)
{
	struct hv_input *in = d->in;

	in->piece[in->pieces].offset = offset;
	in->piece[in->pieces].words = words;
	in->pieces++;
}

bool
hv_input_changed(const struct hv_input *in)
{
	uint64_t words[HV_CHUNK], sum = 0;

	for (unsigned p = 0; p < in->pieces; p++) {
		uint32_t offset = in->piece[p].offset, left = in->piece[p].words;

		while (left > 0) {
			uint32_t n = left < HV_CHUNK ? left : HV_CHUNK;

			if (in->read(in->ctx, in->gpa + offset, words,
			             n * 8u) != 0)
				return true;
			for (uint32_t i = 0; i < n; i++)
				sum += word_sum(words[i], offset / 8 + i);
			offset += n * 8;
			left -= n;
		}
	}
	return sum != in->sum;
}

/* ---- the input value ---- */

static void
check_reps(struct hv_decode *d)
{
	uint32_t count = d->f->rep_count, start = d->f->rep_start;

	/* TLFS Hypercall Inputs, Common Hypercall Status Codes. */
	if (!d->list && (count != 0 || start != 0))
		hv_refuse(d->fault, HVA_INVALID_INPUT, 0,
		          "TLFS Hypercall Inputs: rep count and rep start index "
		          "of a simple call must be zero");
	if (d->list && count == 0)
		hv_refuse(d->fault, HVA_INVALID_INPUT, 0,
		          "TLFS Hypercall Inputs: the rep count of a rep call "
		          "must not be zero");
	else if (d->list && start >= count)
		hv_refuse(d->fault, HVA_INVALID_INPUT, 0,
		          "TLFS Hypercall Inputs: the rep start index must be "
		          "less than the rep count");
	else if (d->list && start != 0 && hv_knob(d, HV_KNOB_REP_START) != 0)
		hv_refuse(d->fault, HVA_INVALID_INPUT, hv_status_bit(HVA_SUCCESS),
		          "TLFS Hypercall Inputs: this host does not resume in "
		          "the middle of a list");
}

void
hv_decode_control(struct hv_decode *d)
{
	uint64_t reserved = HVA_RESERVED;

	/* Preferred to others: TLFS Ordering of Error Conditions. */
	if (hv_knob(d, HV_KNOB_ENFORCE) != 0 &&
	    (hv_knob(d, HV_KNOB_REC_FLUSH) == 0 ||
	     (d->ex && hv_knob(d, HV_KNOB_REC_EX) == 0)))
		hv_refuse(d->fault, HVA_ACCESS_DENIED, hv_status_bit(HVA_SUCCESS),
		          "TLFS Implementation Recommendations (CPUID 0x40000004): "
		          "the host does not recommend this call and denies it");
	/* TLFS Hypercall Inputs; only newer editions have bit 31, Is Nested. */
	if (hv_knob(d, HV_KNOB_CONTROL) == 1)
		reserved |= HVA_NESTED;
	if (hv_knob(d, HV_KNOB_CONTROL) != 2 && (d->control & reserved) != 0)
		hv_refuse(d->fault, HVA_INVALID_INPUT, 0,
		          "TLFS Hypercall Inputs: reserved bits of the input "
		          "value must be zero");
	check_reps(d);
	/* TLFS Variable Sized Hypercall Input Headers. */
	if (!d->ex && d->varhead != 0 && hv_knob(d, HV_KNOB_VARHEAD) != 0)
		hv_refuse(d->fault, HVA_INVALID_INPUT, 0,
		          "TLFS Variable Sized Hypercall Input Headers: this call "
		          "has no variable header, its size must be zero");
}

/* TLFS Alignment Requirements, Common Hypercall Status Codes. */
void
hv_decode_address(struct hv_decode *d)
{
	uint64_t gpa = d->in->gpa;
	uint32_t size = d->ex ? (4 + d->varhead) * 8 : 3 * 8;
	uint32_t straddle = hv_knob(d, HV_KNOB_STRADDLE);

	if (d->list)
		size += d->f->rep_count * 8;
	if ((gpa & 7) != 0 && hv_knob(d, HV_KNOB_ALIGN) != 0)
		hv_refuse(d->fault, hv_knob(d, HV_KNOB_ALIGN), 0,
		          "TLFS Alignment Requirements: the input GPA must be "
		          "8-byte aligned");
	if (gpa >> HVA_ADDRESS_BITS != 0) {
		uint32_t status = hv_knob(d, HV_KNOB_BAD_GPA);

		hv_refuse(d->fault, status != 0 ? status : HVA_INVALID_ALIGNMENT,
		          hv_status_bit(HVA_INVALID_ALIGNMENT),
		          "TLFS Common Hypercall Status Codes: the input GPA must "
		          "be within the GPA space");
	}
	if (straddle != 0 && gpa % HVA_PAGE + size > HVA_PAGE)
		hv_refuse(d->fault, straddle, hv_status_bit(HVA_INVALID_ALIGNMENT),
		          "TLFS Alignment Requirements: the input parameters must "
		          "not cross a page boundary");
}

void
hv_decode_start(struct hv_decode *d)
{
	unsigned code = d->control & HVA_CALL_CODE;

	d->ex = hv_code_is_ex(code);
	d->list = hv_code_is_list(code);
	d->varhead = (uint32_t)(d->control >> HVA_VARHEAD_SHIFT &
	                        HVA_VARHEAD_MASK);
	d->f->code = (uint16_t)code;
	d->f->whole = !d->list;
	d->f->rep_count = (uint32_t)(d->control >> HVA_REP_COUNT_SHIFT &
	                             HVA_REP_MASK);
	d->f->rep_start = (uint32_t)(d->control >> HVA_REP_START_SHIFT &
	                             HVA_REP_MASK);
	d->f->ranges = 0;
	d->in->sum = 0;
	d->in->pieces = 0;
	memset(d->fault, 0, sizeof(*d->fault));
}
