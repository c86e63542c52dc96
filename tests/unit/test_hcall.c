/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hypercall as bits and as words: neither direction loses anything, on
 * random calls of every kind and however wrong; and the rules that are listed
 * agree with what hvsim's decoder, written apart, refuses.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/hcall.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- random calls ------------------------------------------------------ */

static uint64_t state;

static uint64_t
next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static bool
one_in(unsigned n)
{
	return next() % n == 0;
}

/* A number with few bits, or any. */
static uint64_t
some_bits(void)
{
	switch (next() % 4) {
	case 0:
		return 0;
	case 1:
		return 1ull << next() % 64;
	case 2:
		return next() % 256;
	default:
		return next();
	}
}

static uint64_t
random_control(void)
{
	const struct hcall_kind *k = hcall_kind_at(next() % 8);
	uint64_t control = one_in(50) ? next() & 0xffff : k->code;

	if (k->ex || one_in(20))
		control |= (one_in(4) ? next() % 1024 : next() % 5) << 17;
	if (k->list || one_in(20))
		control |= (one_in(4) ? next() % 4096 : 1 + next() % 6) << 32;
	if (one_in(8))
		control |= next() % 4 << 48;
	if (one_in(6))
		control |= HVA_FAST;
	if (one_in(30))
		control |= next() & (HVA_RESERVED | HVA_NESTED);
	return control;
}

static void
random_call(struct hcall *h)
{
	struct hcall_fields f;

	memset(h, 0, sizeof(*h));
	h->control = random_control();
	hcall_take_apart(h->control, &f);
	for (unsigned i = 0; i < f.words; i++)
		h->word[i] = some_bits();
	if (f.kind != NULL && f.kind->class != HCALL_IPI && !one_in(4))
		h->word[1] &= 0xf;
	/* half of the sets are as they should be */
	if (f.kind != NULL && f.kind->ex && one_in(2)) {
		h->word[f.kind->fixed - 2] = next() % 3;
		h->word[f.kind->fixed - 1] = f.banks == 0 ? 0 :
		    ~0ull >> (64 - (f.banks < 64 ? f.banks : 64)) << next() % 3;
	}
}

START_TEST(words_lose_nothing_and_read_back)
{
	struct hcall h, again;

	state = (uint64_t)_i;
	for (unsigned i = 0; i < 20000; i++) {
		char *text, *text_again, *why;

		random_call(&h);
		text = hcall_print(&h);
		if (hcall_parse(text, &again, &why) != 0)
			ck_abort_msg("'%s': %s", text, why);
		text_again = hcall_print(&again);
		ck_assert_str_eq(text, text_again);
		if (memcmp(&h, &again, sizeof(h)) != 0)
			ck_abort_msg("'%s' reads as another call", text);
		free(text);
		free(text_again);
	}
}
END_TEST

/* ---- words that people write ------------------------------------------- */

static const struct {
	const char *words;
	uint64_t control;
	unsigned words_n;
	uint64_t word[8];
} written[] = {
	{ "HvCallFlushVirtualAddressSpace space=0x1000 vps={0}", 0x2, 3,
	  { 0x1000, 0, 1 } },
	{ "  HvCallFlushVirtualAddressSpace  vps={3}\tall_spaces\n", 0x2, 3,
	  { 0, 2, 8 } },
	{ "HvCallFlushVirtualAddressList all_vps range=0x400000 "
	  "range=0x500000+4095", 0x200000003, 5,
	  { 0, 1, 0, 0x400000, 0x500fff } },
	{ "HvCallFlushVirtualAddressListEx vps={0,65} space=0x1000 nonglobal "
	  "range=0xffff800000000000+3", 0x100040014, 7,
	  { 0x1000, 4, 0, 3, 1, 2, 0xffff800000000003 } },
	/* order and doubles do not matter, and the unit may come first */
	{ "HvCallFlushVirtualAddressListEx range=0x40000000+1*1G extended "
	  "vps={4095,1-2,1}", 0x100040014, 7,
	  { 0, 8, 0, 1ull << 63 | 1, 6, 1ull << 63, 0x40001801 } },
	{ "HvCallFlushGuestPhysicalAddressList space=0x5000 "
	  "range=0x200000+0*2M", 0x1000000b0, 3, { 0x5000, 0, 0x200800 } },
	{ "HvCallSendSyntheticClusterIpi vector=0xf3 vtl=0x11 vps={63}", 0xb,
	  2, { 0x11000000f3, 1ull << 63 } },
	{ "HvCallSendSyntheticClusterIpiEx vector=16 vps={64} fast",
	  0x30015, 4, { 16, 0, 2, 1 } },
	/* wrong on purpose */
	{ "HvCallFlushVirtualAddressSpaceEx valid=0x5 banks=0x21 format=2",
	  0x20013, 5, { 0, 0, 2, 5, 0x21 } },
	{ "HvCallFlushVirtualAddressSpace reps=1 varhead=2 flags=0x100 nested",
	  0x180040002, 3, { 0, 0x100, 0 } },
	{ "call=0x5c start=7", 0x700000000005c, 0, { 0 } },
};

START_TEST(words_mean_these_bits)
{
	struct hcall h;
	struct hcall_fields f;
	char *why;

	if (hcall_parse(written[_i].words, &h, &why) != 0)
		ck_abort_msg("'%s': %s", written[_i].words, why);
	ck_assert_uint_eq(h.control, written[_i].control);
	hcall_take_apart(h.control, &f);
	ck_assert_uint_eq(f.words, written[_i].words_n);
	for (unsigned i = 0; i < f.words; i++)
		ck_assert_uint_eq(h.word[i], written[_i].word[i]);
}
END_TEST

static const struct { const char *words, *why; } refused[] = {
	{ "", "no words" },
	{ "HvFlush", "no call 'HvFlush'" },
	{ "call=0x10000", "not a number up to 0xffff" },
	{ "HvCallFlushVirtualAddressSpace frob", "no word 'frob'" },
	{ "HvCallFlushVirtualAddressSpace frob=1", "no word 'frob=1'" },
	{ "HvCallFlushVirtualAddressSpace vps={64}", "0 to 63" },
	{ "HvCallFlushVirtualAddressSpaceEx vps={4096}", "up to 4095" },
	{ "HvCallFlushVirtualAddressSpace vps={0", "{0,5-7}" },
	{ "HvCallFlushVirtualAddressSpace vps={0,}", "{0,5-7}" },
	{ "HvCallFlushVirtualAddressSpace vps={0}x", "nothing may follow" },
	{ "HvCallFlushVirtualAddressSpace range=0x1000", "takes no list" },
	{ "HvCallFlushVirtualAddressList range=0x1001", "multiple" },
	{ "HvCallFlushVirtualAddressList range=0x1000+4096", "4095" },
	{ "HvCallFlushVirtualAddressList range=0x200000+1*2M", "extended" },
	{ "HvCallFlushVirtualAddressList range=0x200000+1*4M", "unit" },
	{ "HvCallFlushVirtualAddressList extended range=0x1000+2048", "2047" },
	{ "HvCallFlushVirtualAddressSpaceEx vps={1} valid=1", "either" },
	{ "HvCallFlushVirtualAddressSpace space=0x", "not a number" },
	{ "HvCallFlushVirtualAddressSpace space=-1", "not a number" },
	{ "HvCallFlushVirtualAddressSpace space=0x0x1", "not a number" },
	{ "HvCallFlushVirtualAddressSpace reserved=1", "not reserved bits" },
	{ "HvCallFlushVirtualAddressSpace vector=1", "no word" },
	{ "HvCallSendSyntheticClusterIpi nonglobal", "no word 'nonglobal'" },
	{ "HvCallFlushVirtualAddressSpaceEx varhead=1 banks=1,2", "takes 5" },
	{ "HvCallFlushVirtualAddressList reps=0 range=0x1000", "takes 3" },
};

START_TEST(what_has_no_place_is_refused_by_its_word)
{
	struct hcall h;
	char *why;

	ck_assert_int_eq(hcall_parse(refused[_i].words, &h, &why), -1);
	if (strstr(why, refused[_i].why) == NULL)
		ck_abort_msg("'%s' gives '%s', not '%s'", refused[_i].words,
		             why, refused[_i].why);
	free(why);
}
END_TEST

/* ---- rules ------------------------------------------------------------- */

struct seen {
	uint64_t statuses;      /* bit n: a rule with status n is broken */
	unsigned broken, unclear;
	char rules[4096];
};

static void
see(void *ctx, const struct hcall_rule *r)
{
	struct seen *s = ctx;
	const size_t n = strlen(s->rules);

	if (r->unclear) {
		s->unclear++;
		return;
	}
	s->broken++;
	s->statuses |= 1ull << r->status;
	snprintf(s->rules + n, sizeof(s->rules) - n, "%s; ", r->rule);
}

/* What hvsim sees: the words at GPA 0x1000, and nothing behind the page. */
static int
read_words(void *ctx, uint64_t gpa, void *buf, size_t size)
{
	const struct hcall *h = ctx;

	if (gpa < 0x1000 || gpa + size > 0x2000)
		return -1;
	memcpy(buf, (const char *)h->word + (gpa - 0x1000), size);
	return 0;
}

/*
 * The profile `tlfs` checks all that the text lets a host check, so it has to
 * refuse a call exactly when a rule is listed, with the status of one of them.
 * Reserved bits of an element only count if the elements before it are done;
 * that status is compared too, since a fault of an element is a refusal here.
 */
START_TEST(listed_rules_are_those_that_hvsim_refuses)
{
	static struct hv_flush flush;
	struct hv_profile tlfs;
	struct hv_fault fault;
	struct hcall h;
	unsigned refusals = 0;

	ck_assert_int_eq(hv_profile_find("tlfs", &tlfs), 0);
	state = 77 + (uint64_t)_i;
	for (unsigned i = 0; i < 20000; i++) {
		const struct hcall_context c = { &tlfs, 0x1000, true };
		struct seen s = { .broken = 0 };
		const struct hcall_kind *k;
		int bad;

		random_call(&h);
		k = hcall_kind(h.control & 0xffff);
		if (k == NULL || k->class != HCALL_FLUSH ||
		    (h.control & HVA_FAST) != 0)
			continue;
		hcall_check(&h, &c, see, &s);
		bad = hv_flush_decode(&tlfs, h.control, 0x1000, read_words, &h,
		                      &flush, &fault);
		if ((bad != 0) != (s.broken != 0) || (bad != 0 &&
		    (s.statuses >> fault.status & 1) == 0))
			ck_abort_msg("'%s': hvsim says %d, status %u (%s); "
			    "listed: %s", hcall_print(&h), bad, fault.status,
			    bad != 0 ? fault.rule : "-", s.rules);
		refusals += bad != 0;
	}
	/* the comparison is empty unless both answers occur */
	ck_assert_uint_gt(refusals, 1000);
	ck_assert_uint_lt(refusals, 19000);
}
END_TEST

static const struct { const char *words, *rule; unsigned count; } breaks[] = {
	{ "HvCallFlushVirtualAddressSpace vps={0}", NULL, 0 },
	{ "HvCallFlushVirtualAddressSpace all_vps", NULL, 0 },
	{ "HvCallFlushVirtualAddressSpaceEx format=1", NULL, 0 },
	{ "HvCallFlushVirtualAddressSpace", "must not be empty", 1 },
	{ "HvCallFlushVirtualAddressSpaceEx valid=0x1 banks=0x0",
	  "must not be empty", 1 },
	{ "HvCallFlushVirtualAddressSpaceEx format=2", "the format must", 1 },
	{ "HvCallFlushVirtualAddressSpaceEx valid=0x5 banks=0x1",
	  "number of valid banks", 1 },
	{ "HvCallFlushVirtualAddressSpace vps={0} reserved=0x8000000",
	  "reserved bits of the input value", 1 },
	{ "HvCallFlushVirtualAddressSpace vps={0} reps=1", "a simple call", 1 },
	{ "HvCallFlushVirtualAddressSpace vps={0} varhead=1",
	  "no variable header", 1 },
	{ "HvCallFlushVirtualAddressSpace vps={0} flags=0x10",
	  "reserved flags", 1 },
	{ "HvCallFlushVirtualAddressSpace vps={0} extended",
	  "extended ranges are for lists only", 1 },
	{ "HvCallFlushVirtualAddressSpace vps={0} space=0x8000000000000000",
	  "valid CR3", 1 },
	{ "HvCallFlushVirtualAddressSpace vps={0} all_spaces "
	  "space=0x8000000000000000", NULL, 0 },
	{ "HvCallFlushVirtualAddressSpace vps={0} fast", "XMM Fast", 1 },
	{ "HvCallFlushVirtualAddressList vps={0}", "must not be zero", 1 },
	{ "HvCallFlushVirtualAddressList vps={0} range=0x1000 start=1",
	  "less than the rep count", 1 },
	{ "HvCallFlushVirtualAddressList vps={0} extended element=0x2800",
	  "HV_GVA_RANGE", 1 },
	{ "HvCallFlushVirtualAddressList vps={0} range=0x1000 reps=4095",
	  "page boundary", 1 },
	{ "HvCallSendSyntheticClusterIpi vps={0} vector=15", "the vector", 1 },
	{ "HvCallSendSyntheticClusterIpi vps={0} vector=16 fast", NULL, 0 },
	{ "HvCallSendSyntheticClusterIpi vps={0} vector=16 vtl=0x20",
	  "HV_INPUT_VTL", 1 },
	/* without UseTargetVtl the number is not looked at */
	{ "HvCallSendSyntheticClusterIpi vps={0} vector=16 vtl=0x3", NULL, 0 },
	{ "HvCallFlushGuestPhysicalAddressSpace nonglobal", "Flags must", 1 },
	{ "call=0x7fff", "call code", 1 },
	/* every one of them is told, not the first */
	{ "HvCallFlushVirtualAddressSpace reps=1 varhead=1 flags=0x10",
	  "must not be empty", 4 },
};

START_TEST(each_rule_is_told_by_its_section)
{
	struct hv_profile tlfs;
	struct seen s = { .broken = 0 };
	struct hcall_context c = { &tlfs, 0x1000, true };
	struct hcall h;
	char *why;

	ck_assert_int_eq(hv_profile_find("tlfs", &tlfs), 0);
	if (hcall_parse(breaks[_i].words, &h, &why) != 0)
		ck_abort_msg("'%s': %s", breaks[_i].words, why);
	hcall_check(&h, &c, see, &s);
	if (s.broken != breaks[_i].count || (breaks[_i].rule != NULL &&
	    (strstr(s.rules, breaks[_i].rule) == NULL ||
	    strncmp(s.rules, "TLFS ", 5) != 0)))
		ck_abort_msg("'%s' breaks %u: %s", breaks[_i].words, s.broken,
		             s.rules);
}
END_TEST

START_TEST(the_address_of_the_input_has_rules_too)
{
	struct hv_profile tlfs;
	struct hcall_context c = { &tlfs, 0, true };
	struct hcall h = { .control = 2, .word = { 0, 1, 0 } };
	static const struct { uint64_t gpa; unsigned broken; } table[] = {
		{ 0x1000, 0 }, { 0x1fe8, 0 }, { 0x1ff0, 1 }, { 0x1004, 1 },
		{ 1ull << 52, 1 }, { (1ull << 52) + 0xffc, 3 },
	};

	ck_assert_int_eq(hv_profile_find("tlfs", &tlfs), 0);
	for (unsigned i = 0; i < COUNT(table); i++) {
		struct seen s = { .broken = 0 };

		c.gpa = table[i].gpa;
		hcall_check(&h, &c, see, &s);
		ck_assert_uint_eq(s.broken, table[i].broken);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hcall");
	TCase *tc = tcase_create("hcall");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, words_lose_nothing_and_read_back, 0, 4);
	tcase_add_loop_test(tc, words_mean_these_bits, 0, COUNT(written));
	tcase_add_loop_test(tc, what_has_no_place_is_refused_by_its_word, 0,
	                    COUNT(refused));
	tcase_add_loop_test(tc, listed_rules_are_those_that_hvsim_refuses, 0,
	                    4);
	tcase_add_loop_test(tc, each_rule_is_told_by_its_section, 0,
	                    COUNT(breaks));
	tcase_add_test(tc, the_address_of_the_input_has_rules_too);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
