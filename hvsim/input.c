/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * input: where the words of a call's input come from, and broken rules.
 *
 * Words lie in guest memory, or with the Fast bit in RDX, R8 and XMM0-XMM5 in
 * this order.  Nothing is read that was not announced, so that what a call
 * consumed can be compared with what lies there later.
 */
#include "hvsim/internal.h"

#include <string.h>

/* SUCCESS stays possible only if every broken rule is one that hosts ignore. */
void
hv_refuse(struct hv_fault *f, const struct hv_rule *rule)
{
	if (f->rule == NULL) {
		f->kind = rule->kind;
		f->rule = rule->text;
		f->status = (uint16_t)rule->status;
		f->also = rule->also;
	} else {
		f->also &= rule->also | ~HV_MAY_ACCEPT;
		f->also |= (rule->also & ~HV_MAY_ACCEPT) |
		           hv_status_bit(rule->status);
	}
	f->also &= ~hv_status_bit(f->status);
	if (f->nbroken < HV_MAX_BROKEN)
		f->broken[f->nbroken++] = rule->text;
}

bool
hv_fault_permits(const struct hv_fault *f, unsigned status)
{
	return status == f->status || (f->also & hv_status_bit(status)) != 0;
}

void
hv_input_init(struct hv_input *in, const struct hv_regs *regs,
              hv_read_fn *read, void *ctx)
{
	memset(in, 0, sizeof(*in));
	in->v = hv_regs_values(regs);
	/* TLFS XMM Fast Hypercall Input: x64 only. */
	if (regs->mode == HV_MODE_LONG)
		in->xmm = regs->xmm;
	in->read = read;
	in->ctx = ctx;
}

/* ---- words ---- */

/* Position-dependent, so that two words that change places show. */
static uint64_t
word_sum(uint64_t word, uint32_t position)
{
	uint64_t x = (word + position + 1) * 0x9e3779b97f4a7c15ull;

	return x ^ x >> 29;
}

static bool
read_registers(struct hv_decode *d, uint32_t first, uint64_t *words,
               uint32_t count)
{
	const struct hv_input *in = d->in;
	uint32_t have = in->xmm != NULL ? HV_FAST_WORDS : 2;

	if (first + count > have) {
		HV_REFUSE(d->fault, HV_FAULT_PAST_PAGE, HVA_INVALID_INPUT, 0,
		    "TLFS XMM Fast Hypercall Input: the input must fit "
		    "into the registers (112 bytes)");
		return false;
	}
	for (uint32_t i = first; i < first + count; i++) {
		if (i < 2)
			*words++ = i == 0 ? in->v.in : in->v.out;
		else
			*words++ = in->xmm[(i - 2) / 2][(i - 2) % 2];
	}
	return true;
}

/*
 * An unmapped or unreadable input page has no status in the text (TLFS
 * Alignment Requirements: a memory intercept); hosts differ.
 */
static bool
read_memory(struct hv_decode *d, uint32_t offset, uint64_t *words,
            uint32_t count)
{
	const struct hv_input *in = d->in;
	uint32_t status = hv_knob(d, HV_KNOB_BAD_GPA);

	if (in->read(in->ctx, in->v.in + offset, words, count * 8u) == 0)
		return true;
	d->fault->intercept = status == 0 && d->fault->rule == NULL;
	HV_REFUSE(d->fault, HV_FAULT_MALFORMED,
	    status != 0 ? status : HVA_INVALID_INPUT,
	    hv_status_bit(HVA_INVALID_ALIGNMENT) |
	    hv_status_bit(HVA_INVALID_INPUT),
	    "TLFS Alignment Requirements: the input page must be mapped "
	    "and readable");
	return false;
}

/* Reads words; the caller announces the piece first. */
bool
hv_decode_read(struct hv_decode *d, uint32_t offset, uint64_t *words,
               uint32_t count)
{
	if (d->fast)
		return read_registers(d, offset / 8, words, count);
	if (!read_memory(d, offset, words, count))
		return false;
	for (uint32_t i = 0; i < count; i++)
		d->in->sum += word_sum(words[i], offset / 8 + i);
	return true;
}

void
hv_decode_piece(struct hv_decode *d, uint32_t offset, uint32_t words)
{
	struct hv_input *in = d->in;

	if (d->fast)
		return;
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

			if (in->read(in->ctx, in->v.in + offset, words,
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

bool
hv_decode_header(struct hv_decode *d, uint64_t *words)
{
	hv_decode_piece(d, 0, d->call->header);
	return hv_decode_read(d, 0, words, d->call->header);
}

/* The caller has seen to it that the list is not longer than its array. */
bool
hv_decode_elements(struct hv_decode *d, hv_take_fn *take, void *ctx)
{
	uint32_t left = d->rep_count - d->rep_start;
	uint32_t offset = (d->call->header + d->banks + d->rep_start) * 8;
	uint64_t words[HV_CHUNK];

	hv_decode_piece(d, offset, left);
	while (left > 0) {
		uint32_t n = left < HV_CHUNK ? left : HV_CHUNK;

		if (!hv_decode_read(d, offset, words, n) ||
		    !take(d, ctx, words, n))
			return false;
		offset += n * 8;
		left -= n;
	}
	return true;
}
