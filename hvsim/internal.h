/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * internal: what the files of hvsim/ share and nobody else includes.
 *
 * An hv_input is the guest memory that one execution of a hypercall consumes.
 * It remembers which parts were read and a checksum of them, so that the host
 * can tell afterwards whether somebody wrote to the page meanwhile.
 */
#ifndef SHOOTDOWN_HVSIM_INTERNAL_H
#define SHOOTDOWN_HVSIM_INTERNAL_H

#include "hvsim/hvsim.h"

#define HV_INPUT_PIECES 3       /* header, banks, elements */

struct hv_input {
	hv_read_fn *read;
	void *ctx;
	uint64_t gpa;
	uint64_t sum;
	unsigned pieces;
	struct hv_piece {
		uint32_t offset, words;
	} piece[HV_INPUT_PIECES];
};

/* True when what was read of the input reads differently now. */
bool hv_input_changed(const struct hv_input *in);

bool hv_code_is_flush(unsigned code);
bool hv_code_is_ex(unsigned code);
bool hv_code_is_list(unsigned code);

/* As hv_flush_decode, on an input that the caller keeps. */
int hv_flush_decode_input(const struct hv_profile *p, uint64_t control,
                          struct hv_input *in, struct hv_flush *ret,
                          struct hv_fault *ret_fault);

/*
 * Records a broken rule.  The first one decides the status; others that hold
 * at the same time join `also`, since any of them may be reported.
 */
void hv_refuse(struct hv_fault *f, unsigned status, uint64_t also,
               const char *rule);

static inline uint64_t
hv_status_bit(unsigned status)
{
	return status < 64 ? 1ull << status : 0;
}

/* ---- the decoder's parts ---- */

#define HV_CHUNK 64             /* words read at once; a VP set's banks fit */

struct hv_decode {
	const struct hv_profile *profile;
	uint64_t control;
	struct hv_input *in;
	struct hv_flush *f;
	struct hv_fault *fault;
	bool ex, list;
	uint32_t varhead;       /* size of the variable header, in words */
	uint32_t banks;         /* words of VP set banks that precede the list */
};

static inline uint32_t
hv_knob(const struct hv_decode *d, enum hv_knob k)
{
	return d->profile->knob[k];
}

/* Takes the input value apart; forgets earlier results. */
void hv_decode_start(struct hv_decode *d);
/* The rules of the input value, and those of the input's address. */
void hv_decode_control(struct hv_decode *d);
void hv_decode_address(struct hv_decode *d);
/* Announces `words` words at offset, which hv_decode_read then reads. */
void hv_decode_piece(struct hv_decode *d, uint32_t offset, uint32_t words);
bool hv_decode_read(struct hv_decode *d, uint32_t offset, uint64_t *words,
                    uint32_t count);

/* ---- VP sets ---- */

/* The set {0..63} of a mask, and a sparse set of compact banks. */
void hv_vp_set_from_mask(struct hv_vp_set *s, uint64_t mask);
void hv_vp_set_from_banks(struct hv_vp_set *s, uint64_t valid,
                          const uint64_t *banks);
bool hv_vp_set_empty(const struct hv_vp_set *s);

#endif
