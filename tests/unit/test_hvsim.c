/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of hvsim's decoder: every rule in both directions (what is legal
 * passes, what is not gets the exact status), VP sets, ranges, profiles and
 * descriptions.
 */
#include "tests/unit/hvsim_request.h"

static struct hv_flush decoded;         /* never cleared: stale on purpose */

static int
decode(const struct hv_profile *p, uint64_t control, uint64_t gpa,
       struct hv_fault *fault)
{
	return hv_flush_decode(p, control, gpa, read_ram, NULL, &decoded, fault);
}

/* ---- rules ---- */

struct rule {
	const char *name;
	unsigned code;
	int status;             /* 0: must be accepted */
	uint64_t also;
	const char *section;    /* must be in the rule's text */
	uint64_t control;       /* bits flipped in the input value */
	uint64_t gpa;           /* added to RAM */
	uint64_t flags, space, format, valid, varhead, banks;
	bool empty;             /* no member in the set */
	unsigned reps, start;
	enum hv_knob knob;      /* set to value, if value is not NULL */
	const char *value;
	bool ud, intercept;
};

#define HEADERS "Variable Sized Hypercall Input Headers"
#define ALIGNMENT "Alignment Requirements"
#define INPUTS "TLFS Hypercall Inputs"
#define PARAMETERS "6.0b p. 84"

static const struct rule rules[] = {
	{ "plain space", .code = 2 }, { "plain list", .code = 3 },
	{ "Ex space", .code = 0x13 }, { "Ex list", .code = 0x14 },
	{ "unknown code", 4, 2, 0, .section = "Status Codes" },
	{ "fast", 2, 3, 0, "XMM", .control = BIT(16), .ud = true },
	{ "fast Ex list", 0x14, 3, 0, "XMM", .control = BIT(16), .ud = true },
	{ "reserved 27", 2, 3, 0, INPUTS, .control = BIT(27) },
	{ "reserved 30", 3, 3, 0, INPUTS, .control = BIT(30) },
	{ "reserved 44", 3, 3, 0, INPUTS, .control = BIT(44) },
	{ "reserved 47", 3, 3, 0, INPUTS, .control = BIT(47) },
	{ "reserved 60", 3, 3, 0, INPUTS, .control = BIT(60) },
	{ "reserved 63", 3, 3, 0, INPUTS, .control = BIT(63) },
	{ "reserved, ignored", 3, 0, .control = BIT(63),
	  .knob = HV_KNOB_CONTROL, .value = "ignore" },
	{ "nested", 2, 0, .control = BIT(31) },
	{ "nested, refused", 2, 3, 0, INPUTS, .control = BIT(31),
	  .knob = HV_KNOB_CONTROL, .value = "no_nested" },
	{ "count on simple", 2, 3, 0, INPUTS, .control = BIT(32) },
	{ "start on simple", 0x13, 3, 0, INPUTS, .control = BIT(48) },
	{ "count 0 on list", 3, 3, 0, "rep count of a rep call",
	  .control = BIT(32) },
	{ "start = count", 3, 3, 0, INPUTS, .reps = 5, .start = 5 },
	{ "start > count", 0x14, 3, 0, INPUTS, .reps = 5, .start = 6 },
	{ "start < count", 3, 0, .reps = 5, .start = 4 },
	{ "start, refused", 3, 3, 1, INPUTS, .reps = 5, .start = 4,
	  .knob = HV_KNOB_REP_START, .value = "reject" },
	{ "header on plain", 2, 3, 0, HEADERS, .control = BIT(17) },
	{ "header on plain list", 3, 3, 0, HEADERS, .control = BIT(26) },
	{ "header too small", 0x13, 3, BIT(5), HEADERS, .valid = 3, .banks = 2,
	  .varhead = 1 },
	{ "header too big", 0x14, 3, BIT(5), HEADERS, .valid = 1, .banks = 1,
	  .varhead = 2 },
	{ "header, status 5", 0x13, 5, BIT(3), HEADERS, .valid = 3, .banks = 2,
	  .varhead = 3, .knob = HV_KNOB_VARHEAD, .value = "5" },
	{ "header, ignored", 0x14, 0, .valid = 3, .banks = 2, .varhead = 1,
	  .knob = HV_KNOB_VARHEAD, .value = "ignore" },
	{ "64 banks", 0x13, 0, .valid = ~0ull, .banks = 64, .varhead = 64 },
	{ "unaligned", 2, 4, 0, ALIGNMENT, .gpa = 4 },
	{ "unaligned, ignored", 2, 0, .gpa = 4,
	  .knob = HV_KNOB_ALIGN, .value = "ignore" },
	{ "aligned to 8 only", 2, 0, .gpa = 8 },
	{ "ends with the page", 2, 0, .gpa = 4096 - 24 },
	{ "crosses the page", 2, 4, 0, ALIGNMENT, .gpa = 4096 - 16 },
	{ "crosses, status 3", 2, 3, BIT(4), ALIGNMENT, .gpa = 4096 - 16,
	  .knob = HV_KNOB_STRADDLE, .value = "3" },
	{ "crosses, ignored", 2, 0, .gpa = 4096 - 16,
	  .knob = HV_KNOB_STRADDLE, .value = "ignore" },
	{ "Ex ends with the page", 0x13, 0, .gpa = 4096 - 40 },
	{ "Ex crosses", 0x13, 4, 0, ALIGNMENT, .gpa = 4096 - 32 },
	{ "list of 509", 3, 0, .reps = 509 },
	{ "list of 510", 3, 4, 0, ALIGNMENT, .reps = 510 },
	{ "list of 600, crossing ignored", 3, 0, .reps = 600,
	  .knob = HV_KNOB_STRADDLE, .value = "ignore" },
	{ "list of 510 from 1", 3, 4, 0, ALIGNMENT, .reps = 510, .start = 1 },
	{ "Ex list of 507, 1 bank", 0x14, 0, .reps = 507 },
	{ "Ex list of 508, 1 bank", 0x14, 4, 0, ALIGNMENT, .reps = 508 },
	{ "Ex list of 505, 3 banks", 0x14, 0, .reps = 505, .valid = 7,
	  .banks = 3, .varhead = 3 },
	{ "Ex list of 506, 3 banks", 0x14, 4, 0, ALIGNMENT, .reps = 506,
	  .valid = 7, .banks = 3, .varhead = 3 },
	{ "unmapped", 2, 3, BIT(4), ALIGNMENT, .gpa = 8192, .intercept = true },
	{ "unmapped, status 3", 2, 3, BIT(4), ALIGNMENT, .gpa = 8192,
	  .knob = HV_KNOB_BAD_GPA, .value = "3" },
	{ "unmapped, status 4", 3, 4, BIT(3), ALIGNMENT, .gpa = 8192,
	  .knob = HV_KNOB_BAD_GPA, .value = "4" },
	{ "no such GPA", 2, 4, 0, "Status Codes", .gpa = BIT(52) },
	{ "all known flags, space", 2, 0, .flags = 7 },
	{ "all known flags, list", 3, 0, .flags = 7 },
	{ "extended on space", 2, 5, 0, PARAMETERS, .flags = 8 },
	{ "extended on Ex list", 0x14, 0, .flags = 8 },
	{ "extended not offered", 3, 5, 0, PARAMETERS, .flags = 8,
	  .knob = HV_KNOB_EXT_RANGES, .value = "off" },
	{ "reserved flag 4", 3, 5, 0, PARAMETERS, .flags = BIT(4) },
	{ "reserved flag 63", 0x13, 5, 0, PARAMETERS, .flags = BIT(63) },
	{ "reserved flag, ignored", 3, 0, .flags = BIT(4),
	  .knob = HV_KNOB_RESERVED_FLAGS, .value = "ignore" },
	{ "NON_GLOBAL on list, strict", 3, 5, 1, "6.0b p. 87", .flags = 4,
	  .knob = HV_KNOB_LIST_NON_GLOBAL, .value = "reject" },
	{ "NON_GLOBAL on space, strict", 2, 0, .flags = 4,
	  .knob = HV_KNOB_LIST_NON_GLOBAL, .value = "reject" },
	{ "bad CR3", 2, 5, 0, PARAMETERS, .space = BIT(63) | ROOT },
	{ "CR3 with a PCID", 2, 0, .space = ROOT | 0xfff },
	{ "bad CR3, all spaces", 3, 0, .space = ~0ull, .flags = 2 },
	{ "bad CR3, ignored", 3, 0, .space = ~0ull,
	  .knob = HV_KNOB_AS, .value = "ignore" },
	{ "empty", 2, 5, 1, PARAMETERS, .empty = true },
	{ "empty list", 3, 5, 1, PARAMETERS, .empty = true },
	{ "empty, ALL_PROCESSORS", 2, 0, .empty = true, .flags = 1 },
	{ "empty, all", 2, 0, .empty = true,
	  .knob = HV_KNOB_EMPTY_SET, .value = "all" },
	{ "empty, nothing", 3, 0, .empty = true,
	  .knob = HV_KNOB_EMPTY_SET, .value = "none" },
	{ "empty Ex", 0x13, 5, 1, PARAMETERS, .empty = true },
	{ "empty Ex, plain knob", 0x13, 5, 1, PARAMETERS, .empty = true,
	  .knob = HV_KNOB_EMPTY_SET, .value = "none" },
	{ "empty Ex, nothing", 0x14, 0, .empty = true,
	  .knob = HV_KNOB_EMPTY_SET_EX, .value = "none" },
	{ "empty Ex, ALL_PROCESSORS", 0x14, 0, .empty = true, .flags = 1 },
	{ "empty Ex, ALL_PROCESSORS not read", 0x14, 5, 1, PARAMETERS,
	  .empty = true, .flags = 1, .knob = HV_KNOB_ALL_EX, .value = "ignore" },
	{ "format 1", 0x13, 0, .format = 1 },
	{ "format 1, banks wrong", 0x14, 0, .format = 1, .valid = 0xff },
	{ "format 1, banks counted", 0x14, 3, BIT(5), HEADERS, .format = 1,
	  .valid = 0xff, .knob = HV_KNOB_SET_ALL, .value = "counted" },
	{ "format 1, refused", 0x13, 5, 1, "HV_VP_SET", .format = 1,
	  .knob = HV_KNOB_SET_ALL, .value = "reject" },
	{ "format 2", 0x13, 5, 0, "HV_VP_SET", .format = 2 },
	{ "format 2 is all", 0x13, 0, .format = 2,
	  .knob = HV_KNOB_SET_FORMAT, .value = "all" },
	{ "format garbage, ALL_PROCESSORS", 0x13, 0, .format = ~0ull,
	  .valid = ~0ull, .flags = 1 },
	{ "not recommended", 2, 0, .knob = HV_KNOB_REC_FLUSH, .value = "no" },
	{ "two rules at once", 3, 3, BIT(4), INPUTS, .gpa = 4,
	  .control = BIT(63) },
	{ "two parameters", 3, 5, 0, PARAMETERS, .flags = BIT(9), .empty = true },
};

START_TEST(test_rule)
{
	const struct rule *t = &rules[_i];
	struct hv_profile p = profile("tlfs");
	struct hv_fault fault;
	struct request r;
	uint64_t control;
	int failed;

	legal(&r, t->code);
	r.flags = t->flags;
	r.space = t->space != 0 ? t->space : r.space;
	r.format = t->format;
	r.valid = t->valid != 0 ? t->valid : r.valid;
	r.varhead = t->varhead != 0 ? (unsigned)t->varhead : r.varhead;
	r.nbanks = t->banks != 0 ? (unsigned)t->banks : r.nbanks;
	r.reps = t->reps != 0 ? t->reps : r.reps;
	r.start = t->start;
	r.gpa += t->gpa;
	if (t->empty)
		r.mask = r.bank[0] = 0;
	if (t->value != NULL)
		ck_assert_int_eq(hv_knob_set(&p, t->knob, t->value), 0);
	control = encode(&r) ^ t->control;
	failed = decode(&p, control, r.gpa, &fault);
	if (t->status == 0) {
		ck_assert_msg(failed == 0, "%s: refused", t->name);
		ck_assert_uint_le(decoded.ranges, HV_MAX_RANGES);
		return;
	}
	ck_assert_msg(failed == -1, "%s: accepted", t->name);
	ck_assert_msg(fault.status == t->status && fault.also == t->also,
	              "%s: status %d, also %#lx", t->name, fault.status,
	              (unsigned long)fault.also);
	ck_assert_msg(strstr(fault.rule, t->section) != NULL, "%s: %s", t->name,
	              fault.rule);
	ck_assert_int_eq(strncmp(fault.rule, "TLFS ", 5), 0);
	ck_assert(fault.ud == t->ud && fault.intercept == t->intercept);
	ck_assert(!fault.detached && !fault.element);
}
END_TEST

START_TEST(test_enforced_recommendations)
{
	struct hv_profile p = profile("tlfs");
	struct hv_fault fault;
	struct request r;

	hv_knob_set(&p, HV_KNOB_ENFORCE, "yes");
	hv_knob_set(&p, HV_KNOB_REC_EX, "no");
	legal(&r, 2);
	ck_assert_int_eq(decode(&p, encode(&r), r.gpa, &fault), 0);
	legal(&r, 0x13);
	ck_assert_int_eq(decode(&p, encode(&r), r.gpa, &fault), -1);
	ck_assert_uint_eq(fault.status, 6);
	hv_knob_set(&p, HV_KNOB_REC_FLUSH, "no");
	legal(&r, 3);
	ck_assert_int_eq(decode(&p, encode(&r), r.gpa, &fault), -1);
	ck_assert_uint_eq(fault.status, 6);
}
END_TEST

/* ---- VP sets ---- */

/* The example of TLFS HV_VP_SET: {0,5,130} is mask 0x5, banks {0x21, 0x4}. */
START_TEST(test_vp_set_example)
{
	struct hv_profile p = profile("tlfs");
	struct hv_fault fault;
	struct request r;
	unsigned members = 0;

	memset(&decoded, 0xff, sizeof(decoded));        /* stale banks */
	legal(&r, 0x13);
	r.valid = 5;
	r.bank[0] = 0x21;
	r.bank[1] = 4;
	r.nbanks = r.varhead = 2;
	ck_assert_int_eq(decode(&p, encode(&r), r.gpa, &fault), 0);
	for (uint32_t vp = 0; vp < 5000; vp++)
		members += hv_vp_set_has(&decoded.set, vp);
	ck_assert_uint_eq(members, 3);
	ck_assert_uint_eq(hv_vp_set_count(&decoded.set), 3);
	ck_assert(hv_vp_set_has(&decoded.set, 0));
	ck_assert(hv_vp_set_has(&decoded.set, 5));
	ck_assert(hv_vp_set_has(&decoded.set, 130));

	/* Then {128}, with the larger set's banks still in the page. */
	r.valid = 4;
	r.bank[0] = 1;
	r.varhead = r.nbanks = 1;
	ck_assert_int_eq(decode(&p, encode(&r), r.gpa, &fault), 0);
	ck_assert_uint_eq(hv_vp_set_count(&decoded.set), 1);
	ck_assert(hv_vp_set_has(&decoded.set, 128));
	/* And a plain mask, after banks: only bank 0 counts. */
	legal(&r, 2);
	r.mask = BIT(63);
	ck_assert_int_eq(decode(&p, encode(&r), r.gpa, &fault), 0);
	ck_assert_uint_eq(hv_vp_set_count(&decoded.set), 1);
	ck_assert(hv_vp_set_has(&decoded.set, 63));
}
END_TEST

START_TEST(test_vp_set_all)
{
	struct hv_vp_set all = { .all = true }, top = { .valid = BIT(63) };

	top.banks[63] = BIT(63);
	ck_assert(hv_vp_set_has(&all, 0) && hv_vp_set_has(&all, 100000));
	ck_assert_uint_eq(hv_vp_set_count(&all), HV_MAX_VP_INDEX);
	ck_assert(hv_vp_set_has(&top, 4095) && !hv_vp_set_has(&top, 4096));
	ck_assert_uint_eq(hv_vp_set_count(&top), 1);
}
END_TEST

/* ---- ranges ---- */

static const struct range_case {
	uint64_t element, flags;
	const char *ext;
	uint64_t va, bytes;             /* bytes 0: refused */
} range_cases[] = {
	{ 0x7000, 0, "on", 0x7000, 0x1000 },
	{ 0x7001, 0, "on", 0x7000, 0x2000 },
	{ 0x7fff, 0, "on", 0x7000, 0x1000000 },
	{ 0xffffffffff000fff, 0, "on", 0xffffffffff000000, 0x1000000 },
	{ 0x77ff, 8, "on", 0x7000, 0x800000 },
	{ 0x40000800, 8, "on", 0x40000000, 0x200000 },
	{ 0x40200802, 8, "on", 0x40200000, 0x600000 },
	{ 0x40001800, 8, "on", 0x40000000, 0x40000000 },
	{ 0x40201fff, 8, "on", 0x40200000, 0x20000000000 },
	{ 0x40002800, 8, "on", 0, 0 },
	{ 0x40100800, 8, "on", 0, 0 },
	{ 0x40002800, 8, "misread", 0x40002000, 0x801000 },
	{ 0x40001800, 8, "misread", 0x40001000, 0x801000 },
};

START_TEST(test_range)
{
	const struct range_case *t = &range_cases[_i];
	struct hv_profile p = profile("tlfs");
	struct hv_fault fault;
	struct request r;
	int failed;

	hv_knob_set(&p, HV_KNOB_EXT_RANGES, t->ext);
	legal(&r, 3);
	r.reps = 3;
	r.start = 1;
	r.flags = t->flags;
	r.element[1] = 0x5000;
	r.element[2] = t->element;
	failed = decode(&p, encode(&r), r.gpa, &fault);
	ck_assert_int_eq(failed, t->bytes == 0 ? -1 : 0);
	if (failed) {
		ck_assert(fault.element);
		ck_assert_uint_eq(fault.status, 5);
		ck_assert_uint_eq(fault.reps, 2);
		ck_assert_uint_eq(decoded.ranges, 1);
		return;
	}
	ck_assert_uint_eq(decoded.ranges, 2);
	ck_assert_uint_eq(decoded.range[1].va, t->va);
	ck_assert_uint_eq(decoded.range[1].bytes, t->bytes);
}
END_TEST

/* ---- profiles and knobs ---- */

START_TEST(test_profiles_are_complete)
{
	struct hv_profile p, q;
	char buf[16];
	const char *name;

	ck_assert_str_eq(hv_profile_name(0), "tlfs");
	for (unsigned i = 0; (name = hv_profile_name(i)) != NULL; i++) {
		p = q = profile(name);
		for (int k = 0; k < HV_KNOB_COUNT; k++) {
			enum hv_knob id = (enum hv_knob)k;
			const char *word = hv_knob_value(&p, id, buf, sizeof(buf));

			ck_assert_int_eq(hv_knob_find(hv_knob_name(id)), k);
			ck_assert_ptr_nonnull(strstr(hv_knob_help(id), "TLFS"));
			ck_assert_uint_gt(strlen(hv_knob_source(name, id)), 5);
			q.knob[k] = 999;
			ck_assert_int_eq(hv_knob_set(&q, id, word), 0);
			ck_assert_uint_eq(q.knob[k], p.knob[k]);
		}
	}
	ck_assert_int_eq(hv_profile_find("bochs", &p), -1);
	ck_assert_int_eq(hv_knob_find("colour"), -1);
	ck_assert_ptr_null(hv_knob_source("bochs", HV_KNOB_AS));
}
END_TEST

START_TEST(test_profiles_in_words)
{
	static const char *const wrong[] = { "", "bochs", "tlfs,", "tlfs,as",
	    "tlfs,as=", "tlfs,as=red", "tlfs,colour=red", "tlfs as=root",
	    "tlfs,as=root,,globals=keep", "averyveryverylongname",
	    "tlfs,as=aveyveryverylongvalueofthirtythree" };
	struct hv_profile p = { .name = "mine" };

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert_int_eq(hv_profile_parse(wrong[i], &p), -1);
		ck_assert_str_eq(p.name, "mine");
	}
	ck_assert_int_eq(hv_profile_parse("kvm", &p), 0);
	ck_assert_uint_eq(p.knob[HV_KNOB_GLOBALS], 1);
	ck_assert_int_eq(hv_profile_parse("kvm,globals=keep,rep=3", &p), 0);
	ck_assert_str_eq(p.name, "kvm");
	ck_assert_uint_eq(p.knob[HV_KNOB_GLOBALS], 0);
	ck_assert_uint_eq(p.knob[HV_KNOB_REP], 3);
}
END_TEST

static const struct knob_case {
	enum hv_knob knob;
	const char *value;
	int ret;
	uint32_t number;
	const char *shown;
} knob_cases[] = {
	{ HV_KNOB_AS, "strict", 0, 2, "strict" },
	{ HV_KNOB_AS, "2", -1, 0, NULL },
	{ HV_KNOB_AS, "", -1, 0, NULL },
	{ HV_KNOB_REP, "7", 0, 7, "7" },
	{ HV_KNOB_REP, "whole", 0, 0, "whole" },
	{ HV_KNOB_REP, "4096", -1, 0, NULL },
	{ HV_KNOB_REP, "7x", -1, 0, NULL },
	{ HV_KNOB_REP, "-1", -1, 0, NULL },
	{ HV_KNOB_FAIL_STATUS, "0xB", -1, 0, NULL },
	{ HV_KNOB_FAIL_STATUS, "0x1e", 0, 30, "30" },
	{ HV_KNOB_FAIL_STATUS, "0", -1, 0, NULL },
	{ HV_KNOB_FAIL_STATUS, "0x", -1, 0, NULL },
	{ HV_KNOB_FAIL_CALL, "4294967295", 0, UINT32_MAX, "always" },
	{ HV_KNOB_FAIL_CALL, "4294967296", -1, 0, NULL },
	{ HV_KNOB_VARHEAD, "4", -1, 0, NULL },
	{ HV_KNOB_COUNT, "1", -1, 0, NULL },
};

START_TEST(test_knob_values)
{
	const struct knob_case *t = &knob_cases[_i];
	struct hv_profile p = profile("tlfs"), before = p;
	char buf[16];

	ck_assert_int_eq(hv_knob_set(&p, t->knob, t->value), t->ret);
	if (t->ret != 0) {
		ck_assert_mem_eq(&p, &before, sizeof(p));
		return;
	}
	ck_assert_uint_eq(p.knob[t->knob], t->number);
	ck_assert_str_eq(hv_knob_value(&p, t->knob, buf, sizeof(buf)), t->shown);
}
END_TEST

/* ---- descriptions ---- */

START_TEST(test_describe)
{
	static const char plain[] = "HvCallFlushVirtualAddressList: VPs {0,5-7,"
		"9,10}, root 0x1234000, pages 0x400000, 0x7000-0x9fff, "
		"NON_GLOBAL";
	struct hv_profile p = profile("tlfs");
	struct hv_fault fault;
	struct request r;
	char text[300], small[20];

	legal(&r, 3);
	r.mask = 0x6e1;
	r.flags = 4;
	r.reps = 2;
	r.element[1] = 0x7002;
	ck_assert_int_eq(decode(&p, encode(&r), r.gpa, &fault), 0);
	hv_flush_describe(&decoded, text, sizeof(text));
	ck_assert_str_eq(text, plain);
	hv_flush_describe(&decoded, small, sizeof(small));
	ck_assert_uint_eq(strlen(small), sizeof(small) - 1);
	ck_assert_int_eq(strncmp(small, plain, strlen(small)), 0);
	hv_flush_describe(&decoded, small, 0);

	legal(&r, 0x14);
	r.flags = 0xb;
	r.reps = 20;
	r.start = 10;
	ck_assert_int_eq(decode(&p, encode(&r), r.gpa, &fault), 0);
	hv_flush_describe(&decoded, text, sizeof(text));
	ck_assert_str_eq(text, "HvCallFlushVirtualAddressListEx: all VPs, all "
	                 "spaces, pages 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0 "
	                 "and 2 more, from element 10 of 20, EXTENDED");

	legal(&r, 0x13);
	r.valid = BIT(63);
	r.bank[0] = BIT(63);
	ck_assert_int_eq(decode(&p, encode(&r), r.gpa, &fault), 0);
	hv_flush_describe(&decoded, text, sizeof(text));
	ck_assert_str_eq(text, "HvCallFlushVirtualAddressSpaceEx: VPs {4095}, "
	                 "root 0x1234000, everything");
}
END_TEST

static Suite *
decoder_suite(void)
{
	Suite *s = suite_create("hvsim decoder");
	TCase *tc = tcase_create("decoding");

	ADD_LOOP(tc, test_rule, rules);
	tcase_add_test(tc, test_enforced_recommendations);
	tcase_add_test(tc, test_vp_set_example);
	tcase_add_test(tc, test_vp_set_all);
	ADD_LOOP(tc, test_range, range_cases);
	tcase_add_test(tc, test_profiles_are_complete);
	tcase_add_test(tc, test_profiles_in_words);
	ADD_LOOP(tc, test_knob_values, knob_cases);
	tcase_add_test(tc, test_describe);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	SRunner *sr = srunner_create(decoder_suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
