/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of explore/fiber.c.  Also built with -DEXPLORE_UCONTEXT for the
 * other backend.
 */
#define _DEFAULT_SOURCE         /* sigaltstack */
#include "explore/fiber.h"

#include <check.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

/* AddressSanitizer reports an overflow itself, and no signal comes. */
#if defined(__SANITIZE_ADDRESS__)
#define NO_GUARD_TEST 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NO_GUARD_TEST 1
#endif
#endif

static struct fiber thread, fibers[2];
static unsigned fiber_log[64], logged;

static void
ping(void *arg)
{
	const unsigned self = *(const unsigned *)arg;
	volatile double real = self;

	for (unsigned i = 0; i < 10; i++) {
		ck_assert(real == self);
		fiber_log[logged++] = 10 * self + i;
		fiber_switch(&fibers[self], &fibers[1 - self]);
	}
	fiber_switch(&fibers[self], &thread);
	abort();
}

START_TEST(test_fibers_alternate_and_keep_their_registers)
{
	static unsigned ids[2] = { 0, 1 };

	for (unsigned i = 0; i < 2; i++)
		fiber_allocate(&fibers[i]);
	for (unsigned round = 0; round < 3; round++) {
		logged = 0;
		for (unsigned i = 0; i < 2; i++)
			fiber_reset(&fibers[i], ping, &ids[i]);
		fiber_switch(&thread, &fibers[0]);
		ck_assert_uint_eq(logged, 20);
		for (unsigned i = 0; i < 20; i++)
			ck_assert_uint_eq(fiber_log[i], 10 * (i % 2) + i / 2);
	}
	for (unsigned i = 0; i < 2; i++)
		fiber_free(&fibers[i]);
}
END_TEST

static unsigned
recurse(unsigned depth)
{
	volatile char frame[100];

	frame[depth % 100] = (char)depth;
	if (depth == 0) {
		fiber_switch(&fibers[0], &thread);
		return 0;
	}
	return recurse(depth - 1) + (unsigned)frame[depth % 100];
}

static void
go_deep(void *arg)
{
	recurse(*(const unsigned *)arg);
	abort();
}

START_TEST(test_abandoned_fibers_restart)
{
	unsigned depth = 100;

	fiber_allocate(&fibers[0]);
	for (unsigned i = 0; i < 10000; i++) {
		fiber_reset(&fibers[0], go_deep, &depth);
		fiber_switch(&thread, &fibers[0]);
	}
	fiber_free(&fibers[0]);
}
END_TEST

#ifndef NO_GUARD_TEST
START_TEST(test_guard_page_stops_an_overflow)
{
	unsigned depth = UINT32_MAX;
	static char stack[65536];
	const stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };

	ck_assert_int_eq(sigaltstack(&ss, NULL), 0);
	fiber_allocate(&fibers[0]);
	fiber_reset(&fibers[0], go_deep, &depth);
	fiber_switch(&thread, &fibers[0]);
}
END_TEST
#endif

static Suite *
fiber_suite(void)
{
	Suite *const s = suite_create("fiber");
	TCase *const fiber = tcase_create("fiber");

	tcase_set_timeout(fiber, 0);    /* the caller's affair */
	tcase_add_test(fiber, test_fibers_alternate_and_keep_their_registers);
	tcase_add_test(fiber, test_abandoned_fibers_restart);
#ifndef NO_GUARD_TEST
	tcase_add_test_raise_signal(fiber, test_guard_page_stops_an_overflow,
	    SIGSEGV);
#endif
	suite_add_tcase(s, fiber);
	return s;
}

int
main(void)
{
	SRunner *const sr = srunner_create(fiber_suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
