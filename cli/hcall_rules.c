/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hcall_rules: every rule of the TLFS that a call breaks.
 *
 * Written from the text and sharing nothing with hvsim's decoder, which stops
 * where a host would: tests hold the two against each other.  A rule counts as
 * broken whatever the host does about it; the host decides only about what it
 * may offer (CPUID).  Sections as in hvsim/flush_decode.c.
 */
#include "cli/hcall.h"

#include <string.h>

struct check {
	const struct hcall *h;
	const struct hcall_context *c;
	struct hcall_fields f;
	hcall_rule_fn *fn;
	void *ctx;
};

static void
broken(const struct check *k, unsigned status, const char *rule)
{
	const struct hcall_rule r = {
		.rule = rule, .status = (uint16_t)status };

	k->fn(k->ctx, &r);
}

static void
unclear(const struct check *k, unsigned status, const char *rule)
{
	const struct hcall_rule r = {
		.rule = rule, .status = (uint16_t)status, .unclear = true };

	k->fn(k->ctx, &r);
}

/* A knob that this build's hosts may not have yet counts as `otherwise`. */
static uint32_t
knob_named(const struct check *k, const char *name, uint32_t otherwise)
{
	const int knob = hv_knob_find(name);

	return knob < 0 ? otherwise : k->c->host->knob[knob];
}

/* ---- the input value --------------------------------------------------- */

static void
check_reps(const struct check *k)
{
	const struct hcall_fields *f = &k->f;

	if (!f->kind->list && (f->reps != 0 || f->start != 0))
		broken(k, HVA_INVALID_INPUT, "TLFS Hypercall Inputs: rep "
		       "count and rep start index of a simple call must be "
		       "zero");
	if (f->kind->list && f->reps == 0)
		broken(k, HVA_INVALID_INPUT, "TLFS Hypercall Inputs: the rep "
		       "count of a rep call must not be zero");
	else if (f->kind->list && f->start >= f->reps)
		broken(k, HVA_INVALID_INPUT, "TLFS Hypercall Inputs: the rep "
		       "start index must be less than the rep count");
}

static void
check_fast(const struct check *k)
{
	const struct hcall_fields *f = &k->f;
	const unsigned wanted = f->kind->fixed +
	    (f->kind->ex ? f->varhead : 0) + (f->kind->list ? f->reps : 0);

	if (wanted > 2 && knob_named(k, "xmm", 0) == 0) {
		const struct hcall_rule r = {
			.rule = "TLFS XMM Fast Hypercall Input: the host does "
			        "not offer it (CPUID 0x40000003.EDX[4])",
			.ud = true };

		k->fn(k->ctx, &r);
	}
	if (wanted > HCALL_FAST_WORDS)
		broken(k, HVA_INVALID_INPUT, "TLFS XMM Fast Hypercall Input: "
		       "RDX, R8 and XMM0 to XMM5 hold 112 bytes, and the call "
		       "needs more");
}

static void
check_value(const struct check *k)
{
	const struct hcall_fields *f = &k->f;

	if (f->reserved != 0)
		broken(k, HVA_INVALID_INPUT, "TLFS Hypercall Inputs: reserved "
		       "bits of the input value must be zero");
	if (f->kind == NULL) {
		broken(k, HVA_INVALID_CODE, "TLFS Common Hypercall Status "
		       "Codes: the call code is none that is known here");
		return;
	}
	check_reps(k);
	if (!f->kind->ex && f->varhead != 0)
		broken(k, HVA_INVALID_INPUT, "TLFS Variable Sized Hypercall "
		       "Input Headers: this call has no variable header, its "
		       "size must be zero");
	if (f->fast)
		check_fast(k);
}

/* TLFS Alignment Requirements. */
static void
check_address(const struct check *k)
{
	const struct hcall_fields *f = &k->f;
	const uint64_t size = 8ull * (f->kind->fixed +
	    (f->kind->ex ? f->varhead : 0) + (f->kind->list ? f->reps : 0));

	if ((k->c->gpa & 7) != 0)
		broken(k, HVA_INVALID_ALIGNMENT, "TLFS Alignment "
		       "Requirements: the input GPA must be 8-byte aligned");
	if (k->c->gpa >> HVA_ADDRESS_BITS != 0)
		broken(k, HVA_INVALID_ALIGNMENT, "TLFS Common Hypercall Status "
		       "Codes: the input GPA must be within the GPA space");
	if (k->c->gpa % HVA_PAGE + size > HVA_PAGE)
		broken(k, HVA_INVALID_ALIGNMENT, "TLFS Alignment "
		       "Requirements: the input parameters must not cross a "
		       "page boundary");
}

/* ---- headers ----------------------------------------------------------- */

static void
check_flags(const struct check *k)
{
	const uint64_t flags = k->h->word[1];
	uint64_t allowed = HVA_FLUSH_ALL_PROCESSORS | HVA_FLUSH_ALL_SPACES |
	    HVA_FLUSH_NON_GLOBAL;

	if (k->f.kind->list && k->c->host->knob[HV_KNOB_EXT_RANGES] != 0)
		allowed |= HVA_FLUSH_EXTENDED;
	if ((flags & ~allowed & ~HVA_FLUSH_EXTENDED) != 0)
		broken(k, HVA_INVALID_PARAMETER, "TLFS HV_FLUSH_FLAGS "
		       "(6.0b p. 84, p. 87): reserved flags must be zero");
	if ((flags & ~allowed & HVA_FLUSH_EXTENDED) != 0)
		broken(k, HVA_INVALID_PARAMETER, "TLFS HV_FLUSH_FLAGS: "
		       "extended ranges are for lists only, and only if the "
		       "host offers them (CPUID 0x40000003.EDX[14])");
	if (k->f.kind->list && (flags & HVA_FLUSH_NON_GLOBAL) != 0)
		unclear(k, HVA_INVALID_PARAMETER, "TLFS "
		        "HvCallFlushVirtualAddressList (6.0b p. 87): "
		        "HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY is an invalid "
		        "option; every known host accepts it");
	if ((flags & HVA_FLUSH_ALL_SPACES) == 0 &&
	    k->h->word[0] >> HVA_ADDRESS_BITS != 0)
		broken(k, HVA_INVALID_PARAMETER, "TLFS "
		       "HvCallFlushVirtualAddressSpace/List (6.0b p. 84, "
		       "p. 87): AddressSpace must be a valid CR3 value");
}

static void
check_ipi(const struct check *k)
{
	const uint64_t word = k->h->word[0];
	const uint32_t vector = (uint32_t)word;

	if (vector < 0x10 || vector > 0xff)
		broken(k, HVA_INVALID_PARAMETER, "TLFS "
		       "HvCallSendSyntheticClusterIpi: the vector must lie "
		       "between 0x10 and 0xff");
	if ((word >> 32 & 0xe0) != 0)
		broken(k, HVA_INVALID_PARAMETER, "TLFS HV_INPUT_VTL: reserved "
		       "bits must be zero");
	/* without UseTargetVtl the number is not looked at */
	else if ((word >> 32 & 0x10) != 0 && (word >> 32 & 0xf) != 0)
		unclear(k, HVA_INVALID_PARAMETER, "TLFS HV_INPUT_VTL: the "
		        "target VTL has to be there; hosts without VSM have VTL "
		        "0 only");
}

static void
check_gpa_flags(const struct check *k)
{
	if (k->h->word[1] != 0)
		broken(k, HVA_INVALID_PARAMETER, "TLFS "
		       "HvCallFlushGuestPhysicalAddressSpace/List: Flags must "
		       "be zero");
}

static bool
all_given(const struct check *k)
{
	return k->f.kind->class == HCALL_FLUSH &&
	    (k->h->word[1] & HVA_FLUSH_ALL_PROCESSORS) != 0;
}

static void
empty_set(const struct check *k)
{
	if (k->f.kind->class == HCALL_IPI)
		unclear(k, HVA_INVALID_PARAMETER, "TLFS "
		        "HvCallSendSyntheticClusterIpi: an interrupt for no VP "
		        "at all; hosts differ in whether that is an error");
	else
		broken(k, HVA_INVALID_PARAMETER, "TLFS "
		       "HvCallFlushVirtualAddressSpace/List (6.0b p. 84, "
		       "p. 87): the set of processors must not be empty unless "
		       "HV_FLUSH_ALL_PROCESSORS is given");
}

static bool
banks_empty(const struct check *k, const uint64_t *bank)
{
	for (unsigned i = 0; i < k->f.banks; i++)
		if (bank[i] != 0)
			return false;
	return true;
}

/* TLFS HV_VP_SET. */
static void
check_ex_set(const struct check *k)
{
	const uint64_t *set = &k->h->word[k->f.kind->fixed - 2];
	const unsigned banks = (unsigned)__builtin_popcountll(set[1]);

	if (all_given(k))
		return;
	if (set[0] > HVA_SET_ALL)
		broken(k, HVA_INVALID_PARAMETER, "TLFS HV_VP_SET: the format "
		       "must be 0 (sparse) or 1 (all)");
	if (set[0] != HVA_SET_SPARSE)
		return;
	if (k->f.varhead != banks)
		broken(k, HVA_INVALID_INPUT, "TLFS Variable Sized Hypercall "
		       "Input Headers, HV_VP_SET: the variable header size "
		       "must be the number of valid banks");
	else if (banks_empty(k, &set[2]))
		empty_set(k);
}

static void
check_mask(const struct check *k)
{
	if (!all_given(k) && k->h->word[k->f.kind->fixed - 1] == 0)
		empty_set(k);
}

static void
check_elements(const struct check *k)
{
	const unsigned from = k->f.start < k->f.elements ? k->f.start :
	    k->f.elements;
	struct hv_range r;

	for (unsigned i = from; i < k->f.elements; i++)
		if (!hcall_element_range(k->h, k->h->word[k->f.list + i], &r)) {
			broken(k, HVA_INVALID_PARAMETER, "TLFS HV_GVA_RANGE "
			       "(HDK): reserved bits of an extended "
			       "large-page range must be zero");
			return;
		}
}

static void
check_input(const struct check *k)
{
	switch (k->f.kind->class) {
	case HCALL_FLUSH:
		check_flags(k);
		break;
	case HCALL_FLUSH_GPA:
		check_gpa_flags(k);
		break;
	case HCALL_IPI:
		check_ipi(k);
		break;
	}
	if (k->f.kind->ex)
		check_ex_set(k);
	else if (k->f.kind->class != HCALL_FLUSH_GPA)
		check_mask(k);
	check_elements(k);
}

static struct check
start(const struct hcall *h, hcall_rule_fn *fn, void *ctx)
{
	struct check k = { .h = h, .fn = fn, .ctx = ctx };

	hcall_take_apart(h->control, &k.f);
	return k;
}

void
hcall_check(const struct hcall *h, const struct hcall_context *c,
            hcall_rule_fn *fn, void *ctx)
{
	struct check k = start(h, fn, ctx);

	k.c = c;
	check_value(&k);
	if (k.f.kind == NULL || !c->input)
		return;
	if (!k.f.fast)
		check_address(&k);
	check_input(&k);
}

void
hcall_check_set(const struct hcall *h, hcall_rule_fn *fn, void *ctx)
{
	const struct check k = start(h, fn, ctx);

	check_ex_set(&k);
}

void
hcall_check_list(const struct hcall *h, hcall_rule_fn *fn, void *ctx)
{
	const struct check k = start(h, fn, ctx);

	check_elements(&k);
}
