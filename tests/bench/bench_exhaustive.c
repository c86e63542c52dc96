/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Executions a second of the exhaustive search on gm(3,3), beside the bare
 * fiber switch of the same run: an execution has 18 events and 3 starts, and
 * at least as many switches as its tasks take turns.  Prints; asserts nothing.
 */
#include "explore/explore.h"
#include "tests/bench/bench.h"

#include <stdio.h>
#include <string.h>

#define THREADS 3
#define ROUNDS 3
#define REPEAT 5

static unsigned word[2];

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
gm_task(void *arg, unsigned t)
{
	(void)arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		const unsigned a = (i + t) % 2 == 0;

		explore_point_at(a, EXPLORE_WRITE);
		word[a] = i;
		explore_point_at(!a, EXPLORE_READ);
		*(volatile unsigned *)&word[!a];
	}
}

static struct exhaustive_stats
search(uint64_t *ret_switches)
{
	const struct exhaustive_options options = { 0 };
	struct exhaustive *const x = exhaustive_new(&options);
	struct explore_result res;
	struct exhaustive_stats stats;
	struct strategy st;

	while (exhaustive_next(x, &st)) {
		memset(word, 0, sizeof(word));
		explore_run(THREADS, gm_task, NULL, &st, UINT64_MAX, NULL,
		    &res);
		*ret_switches += res.switches;
	}
	exhaustive_stats(x, &stats);
	exhaustive_free(x);
	return stats;
}

int
main(void)
{
	const struct explore_ops ops = {
		.hide = no_view, .show = no_view, .buffered = none,
		.drain = no_drain, .interrupt = no_view,
	};
	struct exhaustive_stats stats = { 0 };
	uint64_t switches = 0;
	double start, each;

	printf("%-34s %8.2f ns\n", "fiber switch", bench_bare_switch());
	explore_setup(&ops);
	start = bench_seconds();
	for (int i = 0; i < REPEAT; i++)
		stats = search(&switches);
	each = (bench_seconds() - start) / REPEAT / (double)stats.executions;
	printf("%-34s %8.2f ns\n", "execution of gm(3,3)", each * 1e9);
	printf("%-34s %8.0f\n", "executions a second", 1 / each);
	printf("%-34s %8.2f\n", "switches an execution",
	    (double)switches / REPEAT / (double)stats.executions);
	printf("%-34s %8.2f\n", "new events an execution",
	    (double)stats.events / (double)stats.executions);
	printf("%-34s %8.2f\n", "races an execution",
	    (double)stats.races / (double)stats.executions);
	return 0;
}
