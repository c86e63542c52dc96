/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conform_cases.c: the table: each call that hvsim has, in memory and in
 * registers, legal and with one thing changed at a time; codes that it has not;
 * MSRs and CPUID leaves.
 *
 * Every change is small and has a name; where it says nothing about a call, the
 * call is left out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/conform.h"

#define BIT(n) (1ull << (n))
#define OTHER_PAGE 0x7000u              /* an address that nobody uses */
#define VECTOR 0xb0u

enum shape { FLUSH = 1, LIST = 2, EX = 4, IPI = 8, MEMORY = 16, FAST = 32 };

/* What one variation sets; values are added to, or written over. */
enum field { NOTHING, FLAGS, SPACE, MASK, FORMAT, VALID, BANK, BANKS, VARHEAD,
	CONTROL, REPS, START, RANGE, AT, END_OF_RAM, WORD, USER };

static const struct variation {
	const char *name;
	unsigned for_all, for_none;     /* shapes it needs, and must not have */
	enum field field;
	uint64_t value;
} variations[] = {
	{ "legal", 0, 0, NOTHING, 0 },
	{ "ALL_PROCESSORS", FLUSH, 0, FLAGS, 1 },
	{ "no ALL_VIRTUAL_ADDRESS_SPACES", FLUSH, 0, FLAGS, 2 },
	{ "NON_GLOBAL", FLUSH, 0, FLAGS, 4 },
	{ "USE_EXTENDED_RANGE_FORMAT", FLUSH, 0, FLAGS, 8 },
	{ "reserved flag 4", FLUSH, 0, FLAGS, 0x10 },
	{ "reserved flag 63", FLUSH, 0, FLAGS, BIT(63) },
	{ "AddressSpace with ALL_VIRTUAL_ADDRESS_SPACES", FLUSH, 0, SPACE,
	  0x1234567 },
	{ "AddressSpace beyond 52 bits", FLUSH, 0, SPACE, BIT(52) },
	{ "mask 0", 0, EX, MASK, 0 },
	{ "mask of both and others", 0, EX, MASK, ~0ull },
	{ "mask without a VP that runs", 0, EX, MASK, 2 },
	{ "no banks", EX, 0, BANKS, 0 },
	{ "a bank of 0", EX, 0, BANK, 0 },
	{ "a bank of all", EX, 0, BANK, ~0ull },
	{ "2 banks", EX, 0, BANKS, 2 },
	{ "10 banks", EX, 0, BANKS, 10 },
	{ "11 banks", EX, 0, BANKS, 11 },
	{ "16 banks", EX, 0, BANKS, 16 },
	{ "17 banks", EX, 0, BANKS, 17 },
	{ "64 banks", EX, 0, BANKS, 64 },
	{ "format 1", EX, 0, FORMAT, 1 },
	{ "format 2", EX, 0, FORMAT, 2 },
	{ "format 2^63", EX, 0, FORMAT, BIT(63) },
	{ "a valid bank without contents", EX, 0, VALID, 7 },
	{ "contents without a valid bank", EX, 0, VALID, 0 },
	{ "variable header 1 longer", 0, 0, VARHEAD, 1 },
	{ "variable header of 1023", 0, 0, VARHEAD, 1023 },
	{ "reserved bit 27", 0, 0, CONTROL, BIT(27) },
	{ "bit 31, Is Nested", 0, 0, CONTROL, BIT(31) },
	{ "reserved bit 44", 0, 0, CONTROL, BIT(44) },
	{ "reserved bit 63", 0, 0, CONTROL, BIT(63) },
	{ "rep count 0", LIST, 0, REPS, 0 },
	{ "rep count 2", LIST, 0, REPS, 2 },
	{ "rep count 10", LIST, 0, REPS, 10 },
	{ "rep count 11", LIST, 0, REPS, 11 },
	{ "rep count 12", LIST, 0, REPS, 12 },
	{ "rep count 15", LIST, 0, REPS, 15 },
	{ "rep count 16", LIST, 0, REPS, 16 },
	{ "rep count 508", LIST, 0, REPS, 508 },
	{ "rep count 600", LIST, FAST, REPS, 600 },
	{ "rep count 4095", LIST, 0, REPS, 4095 },
	{ "rep count 1 of a simple call", 0, LIST, CONTROL, BIT(32) },
	{ "rep start 1", 0, 0, START, 1 },
	{ "a range of 4096 pages", LIST, 0, RANGE, 0xfff },
	{ "a range that is not canonical", LIST, 0, RANGE, BIT(50) },
	{ "a range into the hole", LIST, 0, RANGE, 0x7ffffffff00f },
	{ "a range past the top", LIST, 0, RANGE, ~0ull },
	{ "a range elsewhere", LIST, 0, RANGE, OTHER_PAGE },
	{ "input 4 bytes off", MEMORY, 0, AT, CONFORM_INPUT + 4 },
	{ "input 1 byte off", MEMORY, 0, AT, CONFORM_INPUT + 1 },
	{ "input across a page", MEMORY, 0, AT, CONFORM_INPUT + 4096 - 8 },
	{ "input up to the end of RAM", MEMORY, 0, END_OF_RAM, 0 },
	{ "input beyond the end of RAM", MEMORY, 0, END_OF_RAM, 8 },
	{ "input outside of RAM", MEMORY, 0, AT, 0x80000000 },
	{ "input beyond 52 bits", MEMORY, 0, AT, BIT(52) },
	{ "vector 0x0f", IPI, 0, WORD, 0x0f },
	{ "vector 0xff", IPI, 0, WORD, 0xff },
	{ "vector 0x100", IPI, 0, WORD, 0x100 },
	{ "target VTL 1", IPI, 0, WORD, VECTOR | BIT(32) },
	{ "target VTL 0, in use", IPI, 0, WORD, VECTOR | BIT(36) },
	{ "padding after the VTL", IPI, 0, WORD, VECTOR | BIT(40) },
	{ "at CPL 3", 0, 0, USER, 0 },
};

#define VARIATIONS (sizeof(variations) / sizeof(variations[0]))

unsigned
conform_variations(void)
{
	return VARIATIONS;
}

/* ---- calls into words -------------------------------------------------- */

static unsigned
header_of(const struct conform_call *c, uint64_t *word)
{
	const bool ipi = c->info->kind == HV_CALL_IPI;
	unsigned n = 0;

	word[n++] = ipi ? c->vector : c->space;
	if (!ipi)
		word[n++] = c->flags;
	if (c->info->kind == HV_CALL_FLUSH_GPA)
		return n;
	if (!c->info->variable) {
		word[n++] = c->mask;
		return n;
	}
	word[n++] = c->format;
	word[n++] = c->valid;
	for (unsigned i = 0; i < c->banks; i++)
		word[n++] = c->bank[i];
	return n;
}

static uint64_t
control_of(const struct conform_call *c)
{
	return (c->code | (uint64_t)c->varhead << HVA_VARHEAD_SHIFT |
	    (c->fast ? HVA_FAST : 0) |
	    (uint64_t)c->reps << HVA_REP_COUNT_SHIFT |
	    (uint64_t)c->start << HVA_REP_START_SHIFT) ^ c->control;
}

/* As much of the input as is in RAM. */
static unsigned
fitting(const struct conform_set *s, uint64_t at, unsigned words)
{
	const uint64_t end = at < CONFORM_INPUT + CONFORM_INPUT_SIZE ?
	    CONFORM_INPUT + CONFORM_INPUT_SIZE : s->ram;

	if (at < CONFORM_INPUT || at >= end)
		return 0;
	return words * 8 <= end - at ? words : (unsigned)((end - at) / 8);
}

void
conform_add(struct conform_set *s, const struct conform_case *c,
            const uint64_t *words, char *name)
{
	const size_t size = sizeof(*c) + 8 * (size_t)c->words;
	struct conform_case *to;

	s->bytes = cli_grow(s->bytes, s->size + size + 8, 1);
	to = (void *)(s->bytes + s->size);
	*to = *c;
	to->size = (uint32_t)size;
	if (c->words > 0)
		memcpy(to + 1, words, 8 * (size_t)c->words);
	memset(s->bytes + s->size + size, 0, 8);
	s->size += size;
	s->name = cli_grow(s->name, s->cases + 1, sizeof(*s->name));
	s->name[s->cases++] = name;
	conform_ask(s->host, to);
}

void
conform_add_call(struct conform_set *s, const struct conform_call *call,
                 char *name)
{
	static uint64_t word[8 + 64 + CONFORM_REPS];
	struct conform_case c = { .kind = call->user ? CONFORM_CALL_USER :
	    CONFORM_CALL, .flags = (call->probe ? CONFORM_PROBE : 0) |
	    (call->tell ? CONFORM_TELL : 0), .at = CONFORM_INPUT };
	unsigned n = header_of(call, word);

	memcpy(word + n, call->element, 8 * (size_t)call->elements);
	n += call->elements;
	c.reg[0] = control_of(call);
	if (call->fast) {
		memset(word + n, 0, HV_FAST_WORDS * 8);
		memcpy(&c.reg[1], word, 16);
		memcpy(c.xmm, word + 2, sizeof(c.xmm));
	} else {
		c.at = c.reg[1] = call->at;
		c.words = fitting(s, call->at, n);
	}
	conform_add(s, &c, word, name);
}

/* ---- one call ---------------------------------------------------------- */

void
conform_legal(struct conform_call *c, const struct hv_call_info *info,
              bool fast, unsigned other)
{
	memset(c, 0, offsetof(struct conform_call, element));
	c->info = info;
	c->code = info->code;
	c->fast = fast;
	c->flags = info->kind == HV_CALL_FLUSH ? HVA_FLUSH_ALL_SPACES : 0;
	c->probe = info->kind == HV_CALL_FLUSH;
	c->vector = VECTOR;
	c->mask = 1 | (other < 64 ? BIT(other) : 0);
	c->banks = c->varhead = info->variable ? 1 : 0;
	c->valid = BIT(other / 64);
	c->bank[0] = BIT(other % 64);
	c->reps = c->elements = info->rep ? 1 : 0;
	for (unsigned i = 0; i < CONFORM_REPS; i++)
		c->element[i] = CONFORM_VA + i * 4096ull;
	c->at = CONFORM_INPUT;
}

static unsigned
shape_of(const struct conform_call *c)
{
	return (c->info->kind == HV_CALL_FLUSH ? FLUSH : 0) |
	    (c->info->kind == HV_CALL_IPI ? IPI : 0) |
	    (c->info->rep ? LIST : 0) | (c->info->variable ? EX : 0) |
	    (c->fast ? FAST : MEMORY);
}

static void
set_banks(struct conform_call *c, unsigned banks, unsigned other)
{
	c->banks = c->varhead = banks;
	c->valid = banks < 64 ? BIT(banks) - 1 : ~0ull;
	memset(c->bank, 0, sizeof(c->bank));
	c->bank[other / 64] = BIT(other % 64);
}

static void
set_place(const struct conform_set *s, struct conform_call *c, uint64_t over)
{
	uint64_t word[8 + 64];
	const unsigned n = header_of(c, word) + c->elements;

	c->at = s->ram - 8 * (uint64_t)n + over;
}

static void
set_number(struct conform_call *c, enum field field, uint64_t value)
{
	switch (field) {
	case FLAGS:
		c->flags ^= value;
		break;
	case SPACE:
		c->space = value;
		break;
	case MASK:
		c->mask = value;
		break;
	case FORMAT:
		c->format = value;
		break;
	case VALID:
		c->valid = value;
		break;
	case BANK:
		c->bank[0] = value;
		break;
	case VARHEAD:
		c->varhead = (unsigned)(c->varhead + value) & 0x3ff;
		break;
	case RANGE:
		c->element[0] = value;
		break;
	case WORD:
		c->vector = value;
		break;
	default:
		c->control ^= value;
	}
}

bool
conform_vary(const struct conform_set *s, struct conform_call *c, unsigned n)
{
	const struct variation *v = &variations[n];
	const unsigned shape = shape_of(c);

	if ((shape & v->for_all) != v->for_all || (shape & v->for_none) != 0)
		return false;
	switch (v->field) {
	case NOTHING:
		return true;
	case BANKS:
		set_banks(c, (unsigned)v->value, s->other);
		return true;
	case REPS:
		c->reps = (unsigned)v->value;
		c->elements = c->reps < 1000 ? c->reps : 1000;
		return true;
	case START:
		c->start = (unsigned)v->value;
		c->reps += c->info->rep;
		c->elements = c->reps;
		return true;
	case AT:
		c->at = v->value;
		return true;
	case END_OF_RAM:
		set_place(s, c, v->value);
		return true;
	case USER:
		c->user = true;
		return true;
	default:
		set_number(c, v->field, v->value);
		return true;
	}
}

/* ---- the table --------------------------------------------------------- */

static void
add_variations(struct conform_set *s, const struct hv_call_info *info,
               bool fast)
{
	struct conform_call *c = s->scratch;

	for (unsigned v = 0; v < VARIATIONS; v++) {
		conform_legal(c, info, fast, s->other);
		if (!conform_vary(s, c, v))
			continue;
		c->tell = true;
		conform_add_call(s, c, cli_format("%s%s: %s", info->name,
		    fast ? ", fast" : "", variations[v].name));
	}
}

static void
add_codes(struct conform_set *s)
{
	static const unsigned codes[] = { 0, 1, 4, 8, 0x0a, 0x12, 0x16, 0x40,
	    0x7fff, 0x8001, 0xffff };
	struct conform_call *c = s->scratch;

	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		conform_legal(c, hv_call_find(HVA_CALL_FLUSH_SPACE), false,
		    s->other);
		c->code = codes[i];
		c->tell = true;
		conform_add_call(s, c, cli_format("call 0x%04x", codes[i]));
	}
	conform_legal(c, hv_call_find(HVA_CALL_FLUSH_SPACE), false, s->other);
	c->code = 0x16;
	c->control = BIT(27);
	c->tell = true;
	conform_add_call(s, c, cli_copy("call 0x0016: reserved bit 27"));
}

static void
add_plain(struct conform_set *s, enum conform_kind kind, uint64_t a,
          uint64_t b, char *name)
{
	const struct conform_case c = { .kind = kind, .flags = CONFORM_TELL |
	    (kind == CONFORM_NOTHING ? CONFORM_PROBE : 0), .reg = { a, b },
	    .at = CONFORM_INPUT, .mask = { ~0ull, 0 } };

	conform_add(s, &c, NULL, name);
}

/* TLFS Hypercall Continuation: rep calls modify RCX. */
static void
add_rcx(struct conform_set *s)
{
	const uint64_t words[] = { 0, HVA_FLUSH_ALL_SPACES, 1, 0x7000, 0x8000 };
	const struct conform_case c = { .kind = CONFORM_CALL, .flags =
	    CONFORM_TELL, .reg = { HVA_CALL_FLUSH_LIST | 2ull <<
	    HVA_REP_COUNT_SHIFT, CONFORM_INPUT }, .words = 5,
	    .at = CONFORM_INPUT, .mask = { 0, ~0ull } };

	conform_add(s, &c, words, cli_copy("RCX after a list of 2"));
}

static void
add_leaves(struct conform_set *s)
{
	/* What hvsim has an opinion on: EAX, EBX and ECX, EDX. */
	static const struct {
		uint32_t leaf;
		uint64_t mask[2];
		const char *what;
	} leaves[] = {
		{ HVA_CPUID_VENDOR, { 0xffffffffull << 32, ~0ull }, "vendor" },
		{ HVA_CPUID_VENDOR, { 0xffffffff, 0 }, "highest leaf" },
		{ HVA_CPUID_INTERFACE, { 0xffffffff, 0 }, "interface" },
		{ HVA_CPUID_FEATURES, { HVA_ACCESS_HYPERCALL_MSRS |
		  HVA_ACCESS_VP_INDEX, 0 }, "access to MSRs" },
		{ HVA_CPUID_FEATURES, { 0, (uint64_t)HVA_FEATURE_XMM_INPUT <<
		  32 }, "input in XMM registers" },
		{ HVA_CPUID_FEATURES, { 0, (uint64_t)HVA_FEATURE_EXT_RANGES <<
		  32 }, "extended GVA ranges" },
		{ HVA_CPUID_FEATURES, { 0, (uint64_t)HVA_FEATURE_MSR_LOCK <<
		  32 }, "lock of the hypercall MSR" },
		{ HVA_CPUID_RECOMMENDATIONS, { HVA_REC_LOCAL_FLUSH |
		  HVA_REC_REMOTE_FLUSH | HVA_REC_CLUSTER_IPI, 0 },
		  "flushes and IPIs" },
		{ HVA_CPUID_RECOMMENDATIONS, { HVA_REC_EX_PROCESSOR_MASKS, 0 },
		  "Ex processor masks" },
		{ HVA_CPUID_RECOMMENDATIONS, { 0xffffffffull << 32, 0 },
		  "spinlock attempts" },
		{ HVA_CPUID_LIMITS, { 0xffffffff, 0 }, "VPs" },
		{ HVA_CPUID_LIMITS, { 0xffffffffull << 32, 0 }, "processors" }
	};

	for (unsigned i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		struct conform_case c = { .kind = CONFORM_CPUID, .flags =
		    CONFORM_TELL, .reg = { leaves[i].leaf },
		    .at = CONFORM_INPUT };

		memcpy(c.mask, leaves[i].mask, sizeof(c.mask));
		conform_add(s, &c, NULL, cli_format("CPUID 0x%08x: %s",
		    leaves[i].leaf, leaves[i].what));
	}
}

/* In this order, and last: the page of calls is off afterwards. */
static void
add_msrs(struct conform_set *s)
{
	static const struct {
		enum conform_kind kind;
		uint32_t msr;
		uint64_t value;
		const char *what;
	} steps[] = {
		{ CONFORM_RDMSR, HVA_MSR_GUEST_OS_ID, 0, "read" },
		{ CONFORM_RDMSR, HVA_MSR_HYPERCALL, 0, "read" },
		{ CONFORM_RDMSR, HVA_MSR_VP_INDEX, 0, "read" },
		{ CONFORM_WRMSR, HVA_MSR_VP_INDEX, 7, "written" },
		{ CONFORM_RDMSR, HVA_MSR_VP_ASSIST_PAGE, 0, "read" },
		{ CONFORM_WRMSR, HVA_MSR_VP_ASSIST_PAGE, CONFORM_PAGE,
		  "not enabled" },
		{ CONFORM_RDMSR, HVA_MSR_VP_ASSIST_PAGE, 0, "read back" },
		{ CONFORM_WRMSR, HVA_MSR_VP_ASSIST_PAGE, BIT(52) | 1,
		  "beyond 52 bits" },
		{ CONFORM_RDMSR, HVA_MSR_NESTED_VP_INDEX, 0, "read" },
		{ CONFORM_RDMSR, 0x400000f0, 0, "unknown, read" },
		{ CONFORM_WRMSR, 0x400000f0, 0, "unknown, written" },
		{ CONFORM_WRMSR, HVA_MSR_HYPERCALL, BIT(52) | 1,
		  "beyond 52 bits" },
		{ CONFORM_WRMSR, HVA_MSR_HYPERCALL, CONFORM_PAGE, "disabled" },
		{ CONFORM_RDMSR, HVA_MSR_HYPERCALL, 0, "read, disabled" },
		{ CONFORM_WRMSR, HVA_MSR_HYPERCALL, CONFORM_PAGE | 1,
		  "enabled" },
		{ CONFORM_WRMSR, HVA_MSR_GUEST_OS_ID, 0, "zeroed" },
		{ CONFORM_RDMSR, HVA_MSR_HYPERCALL, 0,
		  "read, identity zeroed" },
		{ CONFORM_WRMSR, HVA_MSR_HYPERCALL, CONFORM_PAGE | 1,
		  "enabled without identity" },
		{ CONFORM_RDMSR, HVA_MSR_HYPERCALL, 0,
		  "read, enabled without identity" },
	};

	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		add_plain(s, steps[i].kind, steps[i].msr, steps[i].value,
		    cli_format("MSR 0x%08x: %s", steps[i].msr,
		    steps[i].what));
	conform_legal(s->scratch, hv_call_find(HVA_CALL_FLUSH_SPACE), false,
	    s->other);
	s->scratch->tell = true;
	conform_add_call(s, s->scratch,
	    cli_copy("a call while the page is disabled"));
	add_plain(s, CONFORM_WRMSR, HVA_MSR_GUEST_OS_ID, 1ull << 63,
	    cli_copy("MSR 0x40000000: set again"));
	add_plain(s, CONFORM_WRMSR, HVA_MSR_HYPERCALL, CONFORM_PAGE | 3,
	    cli_copy("MSR 0x40000001: enabled and locked"));
	add_plain(s, CONFORM_WRMSR, HVA_MSR_HYPERCALL, CONFORM_PAGE,
	    cli_copy("MSR 0x40000001: disabled although locked"));
}

void
conform_table(struct conform_set *s)
{
	add_plain(s, CONFORM_WRMSR, HVA_MSR_HYPERCALL, CONFORM_PAGE | 1,
	    cli_copy("MSR 0x40000001: another page"));
	for (unsigned i = 0; hv_call_at(i) != NULL; i++) {
		add_variations(s, hv_call_at(i), false);
		add_variations(s, hv_call_at(i), true);
	}
	add_codes(s);
	add_rcx(s);
	for (unsigned i = 0; i < 50; i++)
		add_plain(s, CONFORM_NOTHING, 0, 0, cli_copy("no call"));
	add_leaves(s);
	add_msrs(s);
}
