/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench: what the measurements share: the processor's time, so that other work
 * on the machine does not count, and the bare fiber switch that figures are
 * printed beside.  One definition a program: include it in one file.
 */
#ifndef SHOOTDOWN_TESTS_BENCH_BENCH_H
#define SHOOTDOWN_TESTS_BENCH_BENCH_H

#include "explore/fiber.h"

#include <stddef.h>
#include <time.h>

#define BENCH_SWITCHES 20000000

static struct fiber bench_thread, bench_other;

/* Of this process, since it began. */
static inline double
bench_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* Both sides run this, as tasks all switch in one place of the engine. */
static __attribute__((noinline)) void
bench_bounce(struct fiber *self, struct fiber *peer)
{
	for (int i = 0; i < BENCH_SWITCHES / 2; i++)
		fiber_switch(self, peer);
}

static void
bench_other_side(void *arg)
{
	(void)arg;
	bench_bounce(&bench_other, &bench_thread);
}

/* Nanoseconds of a bare switch. */
static inline double
bench_bare_switch(void)
{
	double start, took;

	fiber_allocate(&bench_other);
	fiber_reset(&bench_other, bench_other_side, NULL);
	start = bench_seconds();
	bench_bounce(&bench_thread, &bench_other);
	took = bench_seconds() - start;
	fiber_free(&bench_other);
	return took * 1e9 / BENCH_SWITCHES;
}

#endif
