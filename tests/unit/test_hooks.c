/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_hooks: the compiler's hooks, store buffers and schedules together, on
 * code that is compiled as a kernel object is (hooked_probe.c).
 */
#include "tests/unit/hooked_probe.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "explore/explore.h"
#include "model/model.h"
#include "pmapshim/hooks/hooks.h"

#define RUNS 4000

static struct machine *m;
static char *ram;
static bool fence;
static unsigned long sums[2];

static void
hide(void *ctx, unsigned t)
{
	(void)ctx;
	hooks_settle();
	machine_hide(m, t);
}

static void
show(void *ctx, unsigned t)
{
	(void)ctx;
	machine_show(m, t);
}

static unsigned
buffered(void *ctx, unsigned t)
{
	(void)ctx;
	return machine_buffered(m, t);
}

static void
drain(void *ctx, unsigned t, unsigned n)
{
	(void)ctx;
	machine_drain(m, t, n);
}

static void
no_interrupt(void *ctx, unsigned t)
{
	(void)ctx;
	(void)t;
}

static const struct explore_ops ops = { .hide = hide, .show = show,
	.buffered = buffered, .drain = drain, .interrupt = no_interrupt };

static void
setup(void)
{
	static const struct machine_hooks none;
	const struct machine_config c = { .cpus = 2, .tso = true };

	if (m == NULL) {
		m = malloc(machine_size(2));
		ram = aligned_alloc(4096, MACHINE_MAX_FRAMES * MACHINE_PAGE);
		explore_setup(&ops);
	}
	machine_init(m, &c, &none, ram);
	machine_save(m);
}

/* Runs the tasks under schedule number i. */
static void
run(void (*entry)(void *, unsigned), bool tso, uint64_t i)
{
	const struct machine_config c = { .cpus = 2, .tso = tso };
	const struct strategy s = { .kind = STRATEGY_RANDOM, .seed = i + 1,
	    .burst = 3 };
	struct explore_result r;

	hooks_attach(NULL, NULL);
	probe_reset();
	machine_restore(m);
	machine_configure(m, &c);
	hooks_attach(m, ram);
	explore_run(2, entry, NULL, &s, 10000, NULL, &r);
	hooks_attach(NULL, NULL);
	for (unsigned t = 0; t < 2; t++)
		machine_drain_all(m, t);
	ck_assert_int_eq(r.end, EXPLORE_DONE);
}

static void
sb(void *arg, unsigned t)
{
	(void)arg;
	probe_sb(t, fence);
	hooks_settle();
}

static unsigned
both_zero(bool tso, bool with_fence)
{
	unsigned n = 0;

	fence = with_fence;
	for (unsigned i = 0; i < RUNS; i++) {
		run(sb, tso, i);
		n += probe_r[0] == 0 && probe_r[1] == 0;
	}
	return n;
}

START_TEST(store_buffering_is_reachable_under_tso)
{
	ck_assert_uint_gt(both_zero(true, false), 0);
}
END_TEST

START_TEST(store_buffering_is_unreachable_under_sc)
{
	ck_assert_uint_eq(both_zero(false, false), 0);
}
END_TEST

START_TEST(a_fence_removes_store_buffering)
{
	ck_assert_uint_eq(both_zero(true, true), 0);
}
END_TEST

static void
mp(void *arg, unsigned t)
{
	(void)arg;
	probe_mp(t);
	hooks_settle();
}

START_TEST(stores_become_visible_in_program_order)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < RUNS; i++) {
		run(mp, true, i);
		ck_assert(!(probe_r[0] == 1 && probe_r[1] == 0));
		seen += probe_r[0] == 0 && probe_r[1] == 1;
	}
	ck_assert_uint_gt(seen, 0);
}
END_TEST

static void
copy(void *arg, unsigned t)
{
	(void)arg;
	probe_copy(t);
	hooks_settle();
}

START_TEST(an_aggregate_copy_can_be_seen_torn)
{
	unsigned torn = 0, whole = 0;

	for (unsigned i = 0; i < RUNS; i++) {
		run(copy, true, i);
		ck_assert_uint_eq(probe_a.word[3], 2);
		if (probe_seen.word[0] != probe_seen.word[3])
			torn++;
		else
			whole++;
	}
	ck_assert_uint_gt(torn, 0);
	ck_assert_uint_gt(whole, 0);
}
END_TEST

static void
increment(void *arg, unsigned t)
{
	(void)arg;
	if (fence)
		probe_increment_locked(t);
	else
		probe_increment(t);
	hooks_settle();
}

START_TEST(a_plain_increment_can_be_lost_and_a_locked_one_cannot)
{
	unsigned lost = 0;

	fence = false;
	for (unsigned i = 0; i < RUNS; i++) {
		run(increment, false, i);
		lost += probe_count == 1;
	}
	ck_assert_uint_gt(lost, 0);
	fence = true;
	for (unsigned i = 0; i < RUNS; i++) {
		run(increment, true, i);
		ck_assert_uint_eq(probe_count, 2);
	}
}
END_TEST

static void
escape(void *arg, unsigned t)
{
	(void)arg;
	sums[t] = probe_escape(t);
	hooks_settle();
}

START_TEST(escaped_locals_are_never_buffered)
{
	for (unsigned i = 0; i < RUNS; i++) {
		run(escape, true, i);
		ck_assert_uint_eq(sums[0], 4 * (4 * 100 + 6) + 4 * 6);
		ck_assert_uint_eq(sums[1], 4 * (4 * 200 + 6) + 4 * 6);
	}
}
END_TEST

static uint64_t from[16], to[16];

static void
copy_memory(void *arg, unsigned t)
{
	(void)arg;
	if (t == 0) {
		probe_memcpy(to, from);
		sums[0] = explore_local_step();
	}
	hooks_settle();
}

START_TEST(memcpy_is_hooked_eight_bytes_at_a_time)
{
	for (unsigned i = 0; i < 16; i++)
		from[i] = i + 1;
	memset(to, 0, sizeof(to));
	run(copy_memory, true, 1);
	ck_assert_mem_eq(from, to, sizeof(to));
	ck_assert_uint_ge(sums[0], 32);
}
END_TEST

static void *stray_at;

static void
stray(const void *addr, unsigned size)
{
	(void)size;
	stray_at = (void *)(uintptr_t)addr;
}

static void
write_ram(void *arg, unsigned t)
{
	if (t == 0)
		probe_memcpy(arg, from);
	hooks_settle();
}

START_TEST(a_store_past_a_hypercall_page_is_reported)
{
	char *page = machine_frame_alloc(m, FRAME_HYPERCALL);
	struct explore_result r;
	const struct strategy s = { .kind = STRATEGY_RANDOM, .seed = 1 };

	hooks_stray = stray;
	hooks_attach(m, ram);
	stray_at = NULL;
	explore_run(2, write_ram, page + 4096 - 128, &s, 10000, NULL, &r);
	ck_assert_ptr_null(stray_at);
	explore_run(2, write_ram, page + 4096 - 120, &s, 10000, NULL, &r);
	ck_assert_ptr_nonnull(stray_at);
	ck_assert_uint_eq(machine_gpa(m, stray_at) / MACHINE_PAGE,
	    machine_gpa(m, page) / MACHINE_PAGE + 1);
	hooks_stray = NULL;
	hooks_attach(NULL, NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hooks");
	TCase *tc = tcase_create("hooks");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, store_buffering_is_reachable_under_tso);
	tcase_add_test(tc, store_buffering_is_unreachable_under_sc);
	tcase_add_test(tc, a_fence_removes_store_buffering);
	tcase_add_test(tc, stores_become_visible_in_program_order);
	tcase_add_test(tc, an_aggregate_copy_can_be_seen_torn);
	tcase_add_test(tc,
	    a_plain_increment_can_be_lost_and_a_locked_one_cannot);
	tcase_add_test(tc, escaped_locals_are_never_buffered);
	tcase_add_test(tc, memcpy_is_hooked_eight_bytes_at_a_time);
	tcase_add_test(tc, a_store_past_a_hypercall_page_is_reported);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
