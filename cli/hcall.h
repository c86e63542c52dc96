/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hcall: one hypercall as bits, as words and as rules, for `explain`.
 *
 * Bits: the input value and the 64-bit words of the input, which lie in memory
 * or, in the fast form, in RDX, R8, XMM0 to XMM5 (TLFS Hypercall Inputs, XMM
 * Fast Hypercall Input: the same words in the same order).  Words: one line
 * such as "HvCallFlushVirtualAddressList vps={0,5-7} space=0x1000
 * range=0x400000+3".  What the call consumes goes from bits to words and back
 * without loss, whatever the bits are.
 */
#ifndef SHOOTDOWN_CLI_HCALL_H
#define SHOOTDOWN_CLI_HCALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvsim/hvsim.h"

#define HCALL_WORDS 512u        /* one page */
#define HCALL_FAST_WORDS 14u    /* RDX, R8 and six XMM registers */

enum hcall_class { HCALL_FLUSH, HCALL_FLUSH_GPA, HCALL_IPI };

struct hcall_kind {
	uint16_t code;
	const char *name;       /* as the TLFS spells it */
	enum hcall_class class;
	uint8_t fixed;          /* words of the fixed header */
	bool list;              /* rep call: elements follow */
	bool ex;                /* its last two fixed words begin a VP set */
};

/* Words behind those that the call consumes are zero. */
struct hcall {
	uint64_t control;
	uint64_t word[HCALL_WORDS];
};

/* An input value taken apart, and where the parts of the input lie. */
struct hcall_fields {
	const struct hcall_kind *kind;  /* NULL: a call that is not known */
	unsigned code, varhead, reps, start;
	bool fast, nested;
	uint64_t reserved;              /* reserved bits that are set */
	unsigned banks;                 /* of a VP set, from word kind->fixed */
	unsigned list, elements;        /* first word; as many as there is
	                                   room for */
	unsigned words;                 /* consumed in all */
};

/* The call with this code, or of this name; NULL: none. */
const struct hcall_kind *hcall_kind(unsigned code);
const struct hcall_kind *hcall_kind_named(const char *name);
/* The i-th call, NULL past the last. */
const struct hcall_kind *hcall_kind_at(unsigned i);

void hcall_take_apart(uint64_t control, struct hcall_fields *ret);
/* Is the element a large page (HDK, HV_GVA_RANGE)? */
bool hcall_element_large(const struct hcall *h, uint64_t element);
/* The range of an element; false: its reserved bits are set. */
bool hcall_element_range(const struct hcall *h, uint64_t element,
                         struct hv_range *ret);
/* "{0,5-7,130}" of compact banks (malloc'ed). */
char *hcall_members(uint64_t valid, const uint64_t *bank, unsigned banks);

/* The words for a call (malloc'ed); total. */
char *hcall_print(const struct hcall *h);
/* Fills *ret from words; or returns -1 and a malloc'ed reason. */
int hcall_parse(const char *text, struct hcall *ret, char **ret_why);

/* ---- rules ---- */

struct hcall_rule {
	const char *rule;       /* static: "TLFS <section>: <sentence>" */
	uint16_t status;        /* with which a host answers */
	bool ud;                /* #UD instead of a status */
	bool unclear;           /* only a reading of the text, or hosts differ */
};

struct hcall_context {
	const struct hv_profile *host;  /* what it offers */
	uint64_t gpa;                   /* of the input */
	bool input;                     /* word[] is known */
};

typedef void hcall_rule_fn(void *ctx, const struct hcall_rule *r);

/* Calls back for each rule that the call breaks. */
void hcall_check(const struct hcall *h, const struct hcall_context *c,
                 hcall_rule_fn *fn, void *ctx);
/* The same, of the VP set or of the elements alone. */
void hcall_check_set(const struct hcall *h, hcall_rule_fn *fn, void *ctx);
void hcall_check_list(const struct hcall *h, hcall_rule_fn *fn, void *ctx);

#endif
