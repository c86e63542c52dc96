/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hcall_tell: see hcall_tell.h.  Says each part with its value and what it
 * means; a number that has no meaning is shown as it is.
 */
#include "cli/hcall_tell.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/words.h"

#define SHOWN_ELEMENTS 16u
#define WIDTH 78

static const char *
status_name(unsigned status)
{
	static const struct { unsigned status; const char *name; } names[] = {
		{ HVA_SUCCESS, "SUCCESS" },
		{ HVA_INVALID_CODE, "INVALID_HYPERCALL_CODE" },
		{ HVA_INVALID_INPUT, "INVALID_HYPERCALL_INPUT" },
		{ HVA_INVALID_ALIGNMENT, "INVALID_ALIGNMENT" },
		{ HVA_INVALID_PARAMETER, "INVALID_PARAMETER" },
		{ HVA_ACCESS_DENIED, "ACCESS_DENIED" },
		{ HVA_INVALID_PARTITION_STATE, "INVALID_PARTITION_STATE" },
		{ HVA_OPERATION_DENIED, "OPERATION_DENIED" },
		{ HVA_INSUFFICIENT_MEMORY, "INSUFFICIENT_MEMORY" },
		{ HVA_INVALID_PARTITION_ID, "INVALID_PARTITION_ID" },
		{ HVA_INVALID_VP_INDEX, "INVALID_VP_INDEX" },
		{ HVA_INVALID_VP_STATE, "INVALID_VP_STATE" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == status)
			return names[i].name;
	return "no name known here";
}

void
hcall_tell_status(unsigned status)
{
	printf("%u (%s)", status, status_name(status));
}

/* One paragraph, `first` in front and the rest indented as far. */
static void
paragraph(const char *first, const char *text)
{
	const int indent = (int)strlen(first);
	const char *lead = first;

	do {
		size_t n = words_break(text, (size_t)(WIDTH - indent));

		printf("%*s%.*s\n", indent, lead, (int)n, text);
		text += n;
		while (*text == ' ')
			text++;
		lead = "";
	} while (*text != '\0');
}

/* ---- the input value --------------------------------------------------- */

static void
plural(unsigned n, const char *what)
{
	printf(", %u %s%s", n, what, n == 1 ? "" : "s");
}

static void
tell_value(uint64_t control, const struct hcall_fields *f)
{
	printf("input value 0x%016" PRIx64 "\n  ", control);
	if (f->kind != NULL)
		printf("%s (0x%04x)", f->kind->name, f->code);
	else
		printf("call 0x%04x, not known here", f->code);
	printf(", %s", f->fast ? "fast form (registers)" : "memory form");
	if (f->kind == NULL || f->kind->ex || f->varhead != 0)
		plural(f->varhead, "word");
	if (f->kind == NULL || f->kind->ex || f->varhead != 0)
		printf(" of variable header");
	if (f->kind == NULL || f->kind->list || f->reps != 0)
		plural(f->reps, "element");
	if (f->start != 0)
		printf(", starting with element %u", f->start);
	if (f->nested)
		printf(", for the hypervisor below (Is Nested)");
	if (f->reserved != 0)
		printf(", reserved bits 0x%" PRIx64, f->reserved);
	printf("\n");
}

/* ---- parts of the input ------------------------------------------------ */

static void
tell_space(const struct hcall *h)
{
	const uint64_t space = h->word[0];

	printf("  AddressSpace 0x%" PRIx64 ": ", space);
	if ((h->word[1] & HVA_FLUSH_ALL_SPACES) != 0)
		printf("ignored, all spaces are meant\n");
	else
		printf("root 0x%" PRIx64 ", PCID bits %u\n", space >> 12 << 12,
		       (unsigned)(space & 0xfff));
}

static void
tell_flags(uint64_t flags)
{
	static const char *const names[] = {
		"ALL_PROCESSORS (the set is ignored)",
		"ALL_VIRTUAL_ADDRESS_SPACES",
		"NON_GLOBAL_MAPPINGS_ONLY (global entries may stay)",
		"USE_EXTENDED_RANGE_FORMAT",
	};
	const char *comma = ": ";

	printf("  Flags 0x%" PRIx64, flags);
	for (unsigned i = 0; i < 4; i++) {
		if ((flags >> i & 1) == 0)
			continue;
		printf("%s%s", comma, names[i]);
		comma = ", ";
	}
	if (flags >> 4 != 0)
		printf("%sreserved 0x%" PRIx64, comma, flags >> 4 << 4);
	printf("\n");
}

static void
tell_mask(uint64_t mask)
{
	char *members = hcall_members(1, &mask, 1);

	printf("  ProcessorMask 0x%" PRIx64 ": VPs %s\n", mask, members);
	free(members);
}

static void
tell_set(const struct hcall *h, const struct hcall_fields *f)
{
	const uint64_t *set = &h->word[f->kind->fixed - 2];
	char *members;

	printf("  VP set: format %" PRIu64 " (%s), ValidBanksMask 0x%" PRIx64
	       "\n", set[0], set[0] == HVA_SET_SPARSE ? "sparse" :
	       set[0] == HVA_SET_ALL ? "all VPs" : "not defined", set[1]);
	if (set[0] != HVA_SET_SPARSE)
		return;
	if (f->varhead != (unsigned)__builtin_popcountll(set[1]))
		printf("    valid banks: %d, words of banks: %u; as far as "
		       "they go:\n", __builtin_popcountll(set[1]), f->varhead);
	members = hcall_members(set[1], &set[2], f->banks);
	paragraph("    VPs ", members);
	free(members);
}

static void
tell_pages(const struct hv_range *r, uint64_t element, bool large)
{
	const unsigned shift = !large ? 12 :
	    (element & HVA_RANGE_EXT_1G) != 0 ? 30 : 21;

	printf("0x%" PRIx64 "-0x%" PRIx64 " (%" PRIu64 " x %s)", r->va,
	       r->va + r->bytes - 1, r->bytes >> shift, shift == 30 ?
	       "1 GiB" : shift == 21 ? "2 MiB" : "4 KiB");
}

/* TLFS HvCallFlushVirtualAddressList: GVAs beyond the space are ignored. */
static bool
leaves_space(const struct hv_range *r)
{
	const uint64_t last = r->va + r->bytes - 1;

	return last < r->va || (int64_t)(r->va << 16) >> 16 != (int64_t)r->va ||
	    (int64_t)(last << 16) >> 16 != (int64_t)last ||
	    (r->va >> 63) != (last >> 63);
}

static void
tell_element(const struct hcall *h, const struct hcall_fields *f, unsigned i)
{
	const uint64_t element = h->word[f->list + i];
	struct hv_range r;

	printf("  element %u: 0x%" PRIx64 " = ", i, element);
	if (!hcall_element_range(h, element, &r)) {
		printf("a large page with reserved bits\n");
		return;
	}
	tell_pages(&r, element, hcall_element_large(h, element));
	if (f->kind->class == HCALL_FLUSH && leaves_space(&r))
		printf(", ignored where it is not canonical");
	if (i < f->start)
		printf(", before the start");
	printf("\n");
}

static void
tell_list(const struct hcall *h, const struct hcall_fields *f)
{
	for (unsigned i = 0; i < f->elements && i < SHOWN_ELEMENTS; i++)
		tell_element(h, f, i);
	if (f->elements > SHOWN_ELEMENTS)
		printf("  and %u more elements\n", f->elements -
		       SHOWN_ELEMENTS);
	if (f->reps > f->elements)
		printf("  no room for %u more elements\n", f->reps -
		       f->elements);
}

static void
tell_ipi(uint64_t word)
{
	printf("  Vector 0x%x, target VTL 0x%x%s\n",
	       (unsigned)(word & 0xffffffff), (unsigned)(word >> 32 & 0xff),
	       (word >> 36 & 1) != 0 ? "" : " (not used)");
}

static void
tell_input(const struct hcall *h, const struct hcall_fields *f,
           const struct hcall_context *c)
{
	if (f->fast)
		printf("input: %u of 14 register halves (RDX, R8, XMM0 low, "
		       "...)\n", f->words);
	else
		printf("input: %u bytes at GPA 0x%" PRIx64 "\n", f->words * 8,
		       c->gpa);
	if (f->kind->class == HCALL_IPI) {
		tell_ipi(h->word[0]);
	} else {
		tell_space(h);
		tell_flags(h->word[1]);
	}
	if (f->kind->ex)
		tell_set(h, f);
	else if (f->kind->class != HCALL_FLUSH_GPA)
		tell_mask(h->word[f->kind->fixed - 1]);
	tell_list(h, f);
}

void
hcall_tell(const struct hcall *h, const struct hcall_context *c)
{
	struct hcall_fields f;
	char *words;

	hcall_take_apart(h->control, &f);
	tell_value(h->control, &f);
	if (f.kind == NULL || !c->input)
		return;
	tell_input(h, &f, c);
	words = hcall_print(h);
	printf("in words: %s\n", words);
	free(words);
}

void
hcall_tell_set(const struct hcall *h)
{
	struct hcall_fields f;

	hcall_take_apart(h->control, &f);
	tell_set(h, &f);
}

void
hcall_tell_list(const struct hcall *h)
{
	struct hcall_fields f;

	hcall_take_apart(h->control, &f);
	tell_list(h, &f);
}

/* ---- rules ------------------------------------------------------------- */

static void
tell_rule(void *ctx, const struct hcall_rule *r)
{
	unsigned *broken = ctx;
	const char *lead = r->unclear ? "unclear: " : "broken: ";

	paragraph(lead, r->rule);
	if (r->ud) {
		printf("        (raises #UD)\n");
	} else {
		printf("        (status ");
		hcall_tell_status(r->status);
		printf(")\n");
	}
	if (!r->unclear)
		++*broken;
}

static unsigned
none(unsigned broken)
{
	if (broken == 0)
		printf("no rule is broken\n");
	return broken;
}

unsigned
hcall_tell_rules(const struct hcall *h, const struct hcall_context *c)
{
	unsigned broken = 0;

	hcall_check(h, c, tell_rule, &broken);
	return none(broken);
}

unsigned
hcall_tell_set_rules(const struct hcall *h)
{
	unsigned broken = 0;

	hcall_check_set(h, tell_rule, &broken);
	return none(broken);
}

unsigned
hcall_tell_list_rules(const struct hcall *h)
{
	unsigned broken = 0;

	hcall_check_list(h, tell_rule, &broken);
	return none(broken);
}

/* ---- the host ---------------------------------------------------------- */

struct memory {
	const struct hcall *h;
	uint64_t gpa;
};

/* The page's worth of input, wherever it begins; nothing else is there. */
static int
read_input(void *ctx, uint64_t gpa, void *buf, size_t size)
{
	const struct memory *m = ctx;
	const uint64_t offset = gpa - m->gpa;

	if (offset > sizeof(m->h->word) ||
	    size > sizeof(m->h->word) - offset)
		return -1;
	memcpy(buf, (const char *)m->h->word + offset, size);
	return 0;
}

static void
tell_refusal(const char *host, const struct hv_fault *fault)
{
	printf("host %s: ", host);
	if (fault->ud) {
		printf("raises #UD\n");
	} else if (fault->intercept) {
		printf("a memory intercept, no answer\n");
	} else {
		printf("refuses it with status ");
		hcall_tell_status(fault->status);
		printf("\n");
	}
	paragraph("  because: ", fault->rule);
}

/* Decodes with hvsim; what it says of an accepted call goes to `text`. */
static int
ask_host(const struct hv_request *r, enum hcall_class class,
         struct hv_fault *fault, char *text, size_t size)
{
	struct hv_flush *flush = cli_alloc(sizeof(*flush));
	struct hv_ipi ipi;
	int bad;

	if (class == HCALL_IPI) {
		bad = hv_ipi_decode(r, &ipi, fault);
		if (bad == 0)
			hv_ipi_describe(&ipi, text, size);
	} else {
		bad = class == HCALL_FLUSH_GPA ?
		    hv_gpa_flush_decode(r, flush, fault) :
		    hv_flush_decode_regs(r, flush, fault);
		if (bad == 0)
			hv_flush_describe(flush, text, size);
	}
	free(flush);
	return bad;
}

bool
hcall_tell_host(const struct hcall *h, const struct hcall_context *c)
{
	struct memory m = { h, c->gpa };
	struct hv_regs regs = { .rcx = h->control, .rdx = c->gpa };
	const struct hv_request r = { c->host, &regs, read_input, &m };
	struct hcall_fields f;
	struct hv_fault fault;
	char text[1024];

	hcall_take_apart(h->control, &f);
	if (f.kind == NULL || !c->input)
		return false;
	if (f.fast) {
		regs.rdx = h->word[0];
		regs.r8 = h->word[1];
		memcpy(regs.xmm, &h->word[2], sizeof(regs.xmm));
	}
	if (ask_host(&r, f.kind->class, &fault, text, sizeof(text)) != 0) {
		tell_refusal(c->host->name, &fault);
		return true;
	}
	printf("host %s: accepts it\n", c->host->name);
	paragraph("  asks for: ", text);
	return false;
}
