/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hcall: where the parts of a hypercall's input lie, and the call as words.
 *
 * Printing is total and loses nothing of what the call consumes: what no word
 * describes (a reserved bit, a bank that is valid and empty, a size that does
 * not fit) is printed as the number that it is.
 */
#include "cli/hcall.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "pmapshim/build/text.h"

/* TLFS Hypercall Interface, the pages of the calls. */
static const struct hcall_kind kinds[] = {
	{ 0x0002, "HvCallFlushVirtualAddressSpace", HCALL_FLUSH, 3, false,
	  false },
	{ 0x0003, "HvCallFlushVirtualAddressList", HCALL_FLUSH, 3, true,
	  false },
	{ 0x000b, "HvCallSendSyntheticClusterIpi", HCALL_IPI, 2, false,
	  false },
	{ 0x0013, "HvCallFlushVirtualAddressSpaceEx", HCALL_FLUSH, 4, false,
	  true },
	{ 0x0014, "HvCallFlushVirtualAddressListEx", HCALL_FLUSH, 4, true,
	  true },
	{ 0x0015, "HvCallSendSyntheticClusterIpiEx", HCALL_IPI, 3, false,
	  true },
	{ 0x00af, "HvCallFlushGuestPhysicalAddressSpace", HCALL_FLUSH_GPA, 2,
	  false, false },
	{ 0x00b0, "HvCallFlushGuestPhysicalAddressList", HCALL_FLUSH_GPA, 2,
	  true, false },
};

#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct hcall_kind *
hcall_kind_at(unsigned i)
{
	return i < NKINDS ? &kinds[i] : NULL;
}

const struct hcall_kind *
hcall_kind(unsigned code)
{
	for (unsigned i = 0; i < NKINDS; i++)
		if (kinds[i].code == code)
			return &kinds[i];
	return NULL;
}

const struct hcall_kind *
hcall_kind_named(const char *name)
{
	for (unsigned i = 0; i < NKINDS; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static unsigned
at_most(unsigned n, unsigned limit)
{
	return n < limit ? n : limit;
}

void
hcall_take_apart(uint64_t control, struct hcall_fields *ret)
{
	const unsigned room = control & HVA_FAST ? HCALL_FAST_WORDS :
	    HCALL_WORDS;

	*ret = (struct hcall_fields){
		.kind = hcall_kind(control & HVA_CALL_CODE),
		.code = control & HVA_CALL_CODE,
		.varhead = control >> HVA_VARHEAD_SHIFT & HVA_VARHEAD_MASK,
		.reps = control >> HVA_REP_COUNT_SHIFT & HVA_REP_MASK,
		.start = control >> HVA_REP_START_SHIFT & HVA_REP_MASK,
		.fast = (control & HVA_FAST) != 0,
		.nested = (control & HVA_NESTED) != 0,
		.reserved = control & HVA_RESERVED,
	};
	if (ret->kind == NULL)
		return;
	ret->list = ret->words = ret->kind->fixed;
	if (ret->kind->ex) {
		ret->banks = at_most(ret->varhead, room - ret->words);
		ret->list = ret->words += ret->banks;
	}
	if (ret->kind->list) {
		ret->elements = at_most(ret->reps, room - ret->words);
		ret->words += ret->elements;
	}
}

/* ---- elements ---------------------------------------------------------- */

bool
hcall_element_large(const struct hcall *h, uint64_t element)
{
	const struct hcall_kind *k = hcall_kind(h->control & HVA_CALL_CODE);

	if (k == NULL || (element & HVA_RANGE_EXT_LARGE) == 0)
		return false;
	return k->class == HCALL_FLUSH_GPA || (k->class == HCALL_FLUSH &&
	    (h->word[1] & HVA_FLUSH_EXTENDED) != 0);
}

bool
hcall_element_range(const struct hcall *h, uint64_t element,
                    struct hv_range *ret)
{
	uint64_t more = element & HVA_RANGE_MORE, unit = HVA_PAGE;

	ret->va = element & ~HVA_RANGE_MORE;
	if (hcall_element_large(h, element)) {
		if ((element & HVA_RANGE_EXT_RESERVED) != 0)
			return false;
		more = element & HVA_RANGE_EXT_MORE;
		unit = (element & HVA_RANGE_EXT_1G) != 0 ? 1ull << 30 :
		    1ull << 21;
		ret->va = element >> 21 << 21;
	}
	ret->bytes = (more + 1) * unit;
	return true;
}

static void
put_element(struct text *t, const struct hcall *h, uint64_t element)
{
	struct hv_range r;
	uint64_t more = element & HVA_RANGE_MORE;
	const char *unit = "";

	if (!hcall_element_range(h, element, &r)) {
		text_printf(t, " element=0x%" PRIx64, element);
		return;
	}
	text_printf(t, " range=0x%" PRIx64, r.va);
	if (hcall_element_large(h, element)) {
		more = element & HVA_RANGE_EXT_MORE;
		unit = (element & HVA_RANGE_EXT_1G) != 0 ? "*1G" : "*2M";
	}
	if (more != 0 || *unit != '\0')
		text_printf(t, "+%" PRIu64 "%s", more, unit);
}

/* ---- VP sets ----------------------------------------------------------- */

static void
put_run(struct text *t, const char **comma, unsigned first, unsigned end)
{
	if (end == first)
		return;
	text_printf(t, "%s%u", *comma, first);
	if (end - first > 1)
		text_printf(t, "%s%u", end - first == 2 ? "," : "-", end - 1);
	*comma = ",";
}

char *
hcall_members(uint64_t valid, const uint64_t *bank, unsigned banks)
{
	struct text t = { 0 };
	const char *comma = "";
	unsigned first = 0, end = 0, i = 0;

	text_printf(&t, "{");
	for (uint64_t left = valid; left != 0 && i < banks; left &= left - 1) {
		unsigned base = 64 * (unsigned)__builtin_ctzll(left);

		for (unsigned b = 0; b < 64; b++) {
			if ((bank[i] >> b & 1) == 0)
				continue;
			if (base + b != end) {
				put_run(&t, &comma, first, end);
				first = base + b;
			}
			end = base + b + 1;
		}
		i++;
	}
	put_run(&t, &comma, first, end);
	text_printf(&t, "}");
	if (t.oom)
		cli_fail(CLI_UNFINISHED, "explain: out of memory");
	return t.s;
}

/* Can "vps=" say it: a bank for each valid bit, and none of them empty? */
static bool
set_is_plain(const struct hcall_fields *f, uint64_t valid,
             const uint64_t *bank)
{
	if (f->banks != f->varhead ||
	    f->banks != (unsigned)__builtin_popcountll(valid))
		return false;
	for (unsigned i = 0; i < f->banks; i++)
		if (bank[i] == 0)
			return false;
	return true;
}

static void
put_members(struct text *t, uint64_t valid, const uint64_t *bank,
            unsigned banks)
{
	char *members;

	if (valid == 0 || banks == 0)
		return;
	members = hcall_members(valid, bank, banks);
	text_printf(t, " vps=%s", members);
	free(members);
}

/* first: the word with the set's format. */
static void
put_set(struct text *t, const struct hcall *h, const struct hcall_fields *f)
{
	const uint64_t *set = &h->word[f->kind->fixed - 2];

	if (set[0] != 0)
		text_printf(t, " format=0x%" PRIx64, set[0]);
	if (set_is_plain(f, set[1], &set[2])) {
		put_members(t, set[1], &set[2], f->banks);
		return;
	}
	if (set[1] != 0)
		text_printf(t, " valid=0x%" PRIx64, set[1]);
	for (unsigned i = 0; i < f->banks; i++)
		text_printf(t, "%s0x%" PRIx64, i == 0 ? " banks=" : ",",
		    set[2 + i]);
}

/* ---- the line ---------------------------------------------------------- */

static void
put_flags(struct text *t, uint64_t flags)
{
	static const char *const names[] = { "all_vps", "all_spaces",
		"nonglobal", "extended" };

	for (unsigned i = 0; i < 4; i++)
		if ((flags >> i & 1) != 0)
			text_printf(t, " %s", names[i]);
	if (flags >> 4 != 0)
		text_printf(t, " flags=0x%" PRIx64, flags >> 4 << 4);
}

static void
put_control(struct text *t, const struct hcall_fields *f)
{
	if (f->fast)
		text_printf(t, " fast");
	if (f->nested)
		text_printf(t, " nested");
	if (f->reserved != 0)
		text_printf(t, " reserved=0x%" PRIx64, f->reserved);
	if (f->varhead != f->banks)
		text_printf(t, " varhead=%u", f->varhead);
	if (f->reps != f->elements)
		text_printf(t, " reps=%u", f->reps);
	if (f->start != 0)
		text_printf(t, " start=%u", f->start);
}

static void
put_ipi(struct text *t, uint64_t word)
{
	text_printf(t, " vector=0x%x", (unsigned)(word & 0xffffffff));
	if ((word >> 32 & 0xff) != 0)
		text_printf(t, " vtl=0x%x", (unsigned)(word >> 32 & 0xff));
	if (word >> 40 != 0)
		text_printf(t, " pad=0x%x", (unsigned)(word >> 40));
}

static void
put_header(struct text *t, const struct hcall *h, const struct hcall_kind *k)
{
	if (k->class == HCALL_IPI) {
		put_ipi(t, h->word[0]);
		return;
	}
	if (h->word[0] != 0)
		text_printf(t, " space=0x%" PRIx64, h->word[0]);
	put_flags(t, h->word[1]);
}

char *
hcall_print(const struct hcall *h)
{
	struct hcall_fields f;
	struct text t = { 0 };

	hcall_take_apart(h->control, &f);
	if (f.kind != NULL)
		text_printf(&t, "%s", f.kind->name);
	else
		text_printf(&t, "call=0x%x", f.code);
	put_control(&t, &f);
	if (f.kind != NULL) {
		put_header(&t, h, f.kind);
		if (f.kind->ex)
			put_set(&t, h, &f);
		else if (f.kind->class != HCALL_FLUSH_GPA)
			put_members(&t, h->word[f.kind->fixed - 1] != 0,
			    &h->word[f.kind->fixed - 1], 1);
		for (unsigned i = 0; i < f.elements; i++)
			put_element(&t, h, h->word[f.list + i]);
	}
	if (t.oom)
		cli_fail(CLI_UNFINISHED, "explain: out of memory");
	return t.s;
}
