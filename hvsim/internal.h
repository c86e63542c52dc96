/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * internal: what the files of hvsim/ share and nobody else includes.
 *
 * An hv_input is what one execution of a hypercall consumes, in memory or in
 * registers.  It remembers which parts were read and a checksum of them, so
 * that the host can tell afterwards whether somebody wrote to the page
 * meanwhile.
 */
#ifndef SHOOTDOWN_HVSIM_INTERNAL_H
#define SHOOTDOWN_HVSIM_INTERNAL_H

#include "hvsim/hvsim.h"

#define HV_INPUT_PIECES 3       /* header, banks, elements */

struct hv_input {
	struct hv_values v;             /* v.in: GPA, or the first parameter */
	const uint64_t (*xmm)[2];       /* NULL: there are none */
	hv_read_fn *read;
	void *ctx;
	uint64_t sum;
	unsigned pieces;
	struct hv_piece {
		uint32_t offset, words;
	} piece[HV_INPUT_PIECES];
};

void hv_input_init(struct hv_input *in, const struct hv_regs *regs,
                   hv_read_fn *read, void *ctx);
/* True when what was read of the input reads differently now. */
bool hv_input_changed(const struct hv_input *in);

/* As the public ones, on an input that the caller keeps. */
int hv_flush_decode_input(const struct hv_profile *p, struct hv_input *in,
                          struct hv_flush *ret, struct hv_fault *ret_fault);
int hv_gpa_flush_decode_input(const struct hv_profile *p, struct hv_input *in,
                              struct hv_flush *ret,
                              struct hv_fault *ret_fault);
int hv_ipi_decode_input(const struct hv_profile *p, struct hv_input *in,
                        struct hv_ipi *ret, struct hv_fault *ret_fault);

/*
 * Records a broken rule.  The first one decides the status; others that hold
 * at the same time join `also`, since any of them may be reported.
 */
struct hv_rule {
	enum hv_fault_kind kind;
	unsigned status;
	uint64_t also;
	const char *text;
};
void hv_refuse(struct hv_fault *f, const struct hv_rule *rule);

#define HV_REFUSE(f, ...) hv_refuse(f, &(const struct hv_rule){ __VA_ARGS__ })

static inline uint64_t
hv_status_bit(unsigned status)
{
	return status < 64 ? 1ull << status : 0;
}

#define HV_MAY_ACCEPT 1ull      /* in `also`: another host may accept it */

/* ---- the decoder's parts ---- */

#define HV_CHUNK 64             /* words read at once; a VP set's banks fit */

struct hv_decode {
	const struct hv_profile *profile;
	struct hv_input *in;
	struct hv_fault *fault;
	const struct hv_call_info *call;
	uint64_t control;
	bool fast;
	uint32_t varhead;       /* size of the variable header, in words */
	uint32_t rep_start, rep_count;
	uint32_t banks;         /* words of VP set banks that precede the list */
};

static inline uint32_t
hv_knob(const struct hv_decode *d, enum hv_knob k)
{
	return d->profile->knob[k];
}

/*
 * Takes the input value apart, and tries the rules that hold for every call of
 * one kind.  False: the call is refused before anything is read.
 */
bool hv_decode_start(struct hv_decode *d, enum hv_call_kind kind);
/* The reserved bits of the input value; concerns calls that nobody knows, too. */
void hv_check_reserved(const struct hv_profile *p, uint64_t control,
                       struct hv_fault *fault);
/* Announces `words` words at offset, which hv_decode_read then reads. */
void hv_decode_piece(struct hv_decode *d, uint32_t offset, uint32_t words);
bool hv_decode_read(struct hv_decode *d, uint32_t offset, uint64_t *words,
                    uint32_t count);
/* The fixed header: call->header words. */
bool hv_decode_header(struct hv_decode *d, uint64_t *words);
/*
 * Reads the elements from rep_start on; `take` gets them in order, some at a
 * time, and returns false when it refuses one, having said so in the fault.
 */
typedef bool hv_take_fn(struct hv_decode *d, void *ctx, const uint64_t *element,
                        uint32_t count);
bool hv_decode_elements(struct hv_decode *d, hv_take_fn *take, void *ctx);
/* A list of elements of HV_GVA_RANGE or HV_GPA_PAGE_RANGE becomes ranges. */
bool hv_decode_range(uint64_t element, bool extended, struct hv_range *ret);

/* ---- partitions ---- */

/* A VP that is about to change.  All changes begin here. */
static inline struct hv_vp *
hv_vp_changes(struct hv_partition *p, unsigned vp)
{
	p->changed[vp / 64] |= 1ull << vp % 64;
	return &p->vp[vp];
}

/* ---- VP sets ---- */

/* The set {0..63} of a mask, and a sparse set of compact banks. */
void hv_vp_set_from_mask(struct hv_vp_set *s, uint64_t mask);
void hv_vp_set_from_banks(struct hv_vp_set *s, uint64_t valid,
                          const uint64_t *banks);
bool hv_vp_set_empty(const struct hv_vp_set *s);

/* Compares the variable header size with the valid banks; says what is wrong. */
bool hv_decode_varhead(struct hv_decode *d, uint64_t valid);
/* Reads the banks of a sparse set; false: refused. */
bool hv_decode_sparse(struct hv_decode *d, uint64_t valid,
                      struct hv_vp_set *ret);

#endif
