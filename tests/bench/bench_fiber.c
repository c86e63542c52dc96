/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cost of what every explored run is made of: a fiber switch, a scheduling
 * point, a switch between tasks with all that the strategy does, and the
 * start of a run.  Prints; asserts nothing.
 */
#include "explore/explore.h"
#include "tests/bench/bench.h"

#include <stdio.h>

#define POINTS 400000000
#define RUNS 2000000

static void
report(const char *what, double since, double count)
{
	printf("%-34s %8.2f ns\n", what, (bench_seconds() - since) * 1e9 / count);
}

static void
no_view(void *ctx, unsigned task)
{
	(void)ctx;
	(void)task;
}

static unsigned
none(void *ctx, unsigned task)
{
	(void)ctx;
	(void)task;
	return 0;
}

static void
no_drain(void *ctx, unsigned task, unsigned n)
{
	(void)ctx;
	(void)task;
	(void)n;
}

static void
pass_points(void *arg, unsigned task)
{
	const long n = *(const long *)arg;

	(void)task;
	for (long i = 0; i < n; i++)
		explore_point();
}

int
main(void)
{
	const struct explore_ops ops = {
		.hide = no_view, .show = no_view, .buffered = none,
		.drain = no_drain, .interrupt = no_view,
	};
	struct strategy st = { .kind = STRATEGY_RANDOM, .seed = 1 };
	struct schedule record = { 0 };
	struct explore_result res;
	double start;
	long n;

	printf("%-34s %8.2f ns\n", "fiber switch", bench_bare_switch());
	explore_setup(&ops);

	n = POINTS;
	st.burst = 1 << 20;
	start = bench_seconds();
	explore_run(1, pass_points, &n, &st, UINT64_MAX, NULL, &res);
	report("bare point", start, (double)res.steps);

	n = 16;
	st.burst = 1;
	start = bench_seconds();
	for (int i = 0; i < RUNS / 8; i++)
		explore_run(2, pass_points, &n, &st, UINT64_MAX, &record, &res);
	report("task switch, recorded", start,
	    RUNS / 8 * (double)res.switches);

	n = 0;
	st.burst = 16;
	start = bench_seconds();
	for (int i = 0; i < RUNS; i++)
		explore_run(2, pass_points, &n, &st, UINT64_MAX, &record, &res);
	report("run of 2 empty tasks", start, RUNS);
	schedule_clear(&record);
	return 0;
}
