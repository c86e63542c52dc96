/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random requests to hvsim's decoder: legal ones survive the round trip, and
 * any bytes get an answer.
 */
#include "tests/unit/hvsim_request.h"

static struct hv_flush decoded;         /* never cleared: stale on purpose */

static int
decode(const struct hv_profile *p, uint64_t control, uint64_t gpa,
       struct hv_fault *fault)
{
	return hv_flush_decode(p, control, gpa, read_ram, NULL, &decoded, fault);
}

static uint64_t
next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void
random_request(struct request *r, uint64_t *rng)
{
	static const unsigned codes[] = { 2, 3, 0x13, 0x14 };
	unsigned room;

	legal(r, codes[next(rng) % 4]);
	r->space = next(rng) >> 12;
	r->flags = next(rng) % 8;
	r->mask = next(rng) | 1;
	r->valid = next(rng) & next(rng) & next(rng);
	r->nbanks = (unsigned)__builtin_popcountll(r->valid);
	for (unsigned i = 0; i < r->nbanks; i++)
		r->bank[i] = next(rng) & next(rng);
	if (is_ex(r->code)) {
		if (r->nbanks == 0)
			r->flags |= 1;
		else
			r->bank[0] |= 1;
		r->varhead = r->nbanks;
	}
	if (r->reps != 0) {
		room = is_ex(r->code) ? 508 - r->nbanks : 509;
		r->reps = 1 + (unsigned)(next(rng) % room);
		r->start = (unsigned)(next(rng) % r->reps);
		for (unsigned i = 0; i < r->reps; i++)
			r->element[i] = next(rng);
	}
}

static bool
same_set(const struct request *r)
{
	unsigned b = 0;

	if ((r->flags & 1) != 0 || decoded.set.all)
		return (r->flags & 1) != 0 && decoded.set.all;
	for (uint32_t vp = 0; vp < 4096; vp++) {
		uint64_t bank = vp < 64 ? r->mask : 0;

		if (is_ex(r->code))
			bank = r->valid >> (vp / 64) & 1 ? r->bank[b] : 0;
		if (hv_vp_set_has(&decoded.set, vp) != (bank >> (vp % 64) & 1))
			return false;
		b += vp % 64 == 63 && (r->valid >> (vp / 64) & 1);
	}
	return true;
}

/* Not with ck_assert: it is too slow for millions of comparisons. */
static bool
same_ranges(const struct request *r)
{
	if (decoded.whole != (r->reps == 0) ||
	    decoded.ranges != r->reps - r->start)
		return false;
	for (uint32_t i = r->start; i < r->reps; i++) {
		const struct hv_range *range = &decoded.range[i - r->start];

		if (range->va != r->element[i] >> 12 << 12 ||
		    range->bytes != ((r->element[i] & 0xfff) + 1) * 4096)
			return false;
	}
	return true;
}

START_TEST(test_round_trip)
{
	struct hv_profile p = profile("tlfs");
	uint64_t rng = 88172645463325252ull;
	struct hv_fault fault;
	struct request r;

	for (unsigned n = 0; n < 1000; n++) {
		random_request(&r, &rng);
		ck_assert_int_eq(decode(&p, encode(&r), r.gpa, &fault), 0);
		ck_assert_uint_eq(decoded.code, r.code);
		ck_assert_uint_eq(decoded.space, r.space);
		ck_assert_uint_eq(decoded.flags, r.flags);
		ck_assert_uint_eq(decoded.rep_count, r.reps);
		ck_assert_uint_eq(decoded.rep_start, r.start);
		ck_assert(same_set(&r) && same_ranges(&r));
	}
}
END_TEST

/* Any input value on any bytes: an answer, with a rule, and no overrun. */
START_TEST(test_garbage_is_answered)
{
	uint64_t rng = 424242;
	struct hv_fault fault;

	for (unsigned n = 0; n < 5000; n++) {
		struct hv_profile p = profile(hv_profile_name(n % 5));
		static const unsigned codes[] = { 2, 3, 0x13, 0x14 };
		uint64_t control = codes[next(&rng) % 4];
		char text[200];

		for (unsigned i = 0; i < sizeof(ram); i += 8)
			put_word(RAM + i, n % 2 ? next(&rng) : next(&rng) % 4);
		control |= (next(&rng) & 0xff) << 17;
		control |= (next(&rng) % 700) << 32 | (next(&rng) % 4) << 48;
		if (decode(&p, control, RAM + next(&rng) % 8192 / 8 * 8,
		           &fault) == 0)
			hv_flush_describe(&decoded, text, sizeof(text));
		else
			ck_assert(fault.rule != NULL && fault.status != 0);
	}
}
END_TEST

static Suite *
random_suite(void)
{
	Suite *s = suite_create("hvsim decoder, random");
	TCase *tc = tcase_create("random");

	tcase_add_test(tc, test_round_trip);
	tcase_add_test(tc, test_garbage_is_answered);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	SRunner *sr = srunner_create(random_suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
