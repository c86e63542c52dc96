/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the number of tasks costs: the same program with 2 to 1024 tasks under
 * each strategy, the time of a step and the memory of the process, each row in
 * a process of its own.  Prints, with the growth from row to row; asserts
 * nothing.
 *
 * The machine behind the tasks is a store buffer of one entry each.  A task
 * makes a round of loads and stores and then waits for the one before it, so
 * that all the sets of the engine are in use.
 */
#include "explore/explore.h"
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPS 64
#define WORDS 64
#define SECONDS 0.3

static unsigned tasks, word[WORDS], stage[EXPLORE_MAX_TASKS];
static bool buffered[EXPLORE_MAX_TASKS];

static void
no_view(void *ctx, unsigned t)
{
	(void)ctx;
	(void)t;
}

static unsigned
ops_buffered(void *ctx, unsigned t)
{
	(void)ctx;
	return buffered[t];
}

static void
ops_drain(void *ctx, unsigned t, unsigned n)
{
	(void)ctx;
	(void)n;
	buffered[t] = false;
	explore_progress();
}

static void
bench_task(void *arg, unsigned t)
{
	const unsigned before = t == 0 ? tasks - 1 : t - 1;

	(void)arg;
	for (unsigned i = 0; i < OPS; i++) {
		explore_point_at(t * WORDS + i % 8, i % 2 == 0 ?
		    EXPLORE_WRITE : EXPLORE_READ);
		buffered[t] = buffered[t] || i % 2 == 0;
		word[(t + i) % WORDS] += i;
		if (i % 16 == 15) {
			buffered[t] = false;
			stage[t]++;
			explore_progress();
			while (stage[before] < stage[t] &&
			    stage[before] < OPS / 16)
				explore_spin();
		}
	}
}

struct row {
	double step, switches;          /* ns; a step */
	double memory;                  /* KiB, resident */
	double runs;                    /* a second */
};

static double
resident(void)
{
	unsigned long all = 0, here = 0;
	FILE *const f = fopen("/proc/self/statm", "r");

	if (f == NULL || fscanf(f, "%lu %lu", &all, &here) != 2)
		here = 0;
	if (f != NULL)
		fclose(f);
	return (double)here * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static struct row
measure(struct strategy st)
{
	const double memory = resident(), start = bench_seconds();
	struct schedule record = { 0 };
	uint64_t steps = 0, switches = 0;
	struct explore_result res;
	double took;

	st.seed = 0;
	do {
		memset(stage, 0, sizeof(*stage) * tasks);
		explore_run(tasks, bench_task, NULL, &st, UINT64_MAX, &record,
		    &res);
		steps += res.steps;
		switches += res.switches;
		st.seed++;
		took = bench_seconds() - start;
	} while (took < SECONDS);
	return (struct row){ took * 1e9 / (double)steps,
		(double)switches / (double)steps, resident() - memory,
		(double)st.seed / took };
}

static struct row
measure_apart(const struct strategy *st)
{
	struct row row = { 0 };
	int fd[2];
	pid_t pid;

	fflush(stdout);
	if (pipe(fd) != 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		row = measure(*st);
		_exit(write(fd[1], &row, sizeof(row)) != sizeof(row));
	}
	close(fd[1]);
	if (read(fd[0], &row, sizeof(row)) != sizeof(row))
		abort();
	close(fd[0]);
	waitpid(pid, NULL, 0);
	return row;
}

static void
bench(const char *name, const struct strategy *st)
{
	static const unsigned sizes[] = { 2, 8, 32, 128, 512, 1024 };
	struct row last = { 0 };
	unsigned last_tasks = 0;

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct row row;

		tasks = sizes[i];
		row = measure_apart(st);
		printf("| %s | %u | %.1f | %.2f | %.0f | %.1f |", name, tasks,
		    row.step, row.switches, row.memory,
		    row.memory / tasks);
		if (last_tasks != 0)
			printf(" %.1f | %.2f | %.2f |\n",
			    (double)tasks / last_tasks, row.step / last.step,
			    row.memory / last.memory);
		else
			printf(" | | |\n");
		last = row;
		last_tasks = tasks;
	}
}

int
main(void)
{
	static const struct {
		const char *name;
		struct strategy st;
	} strategies[] = {
		{ "random", { .kind = STRATEGY_RANDOM } },
		{ "pct:3", { .kind = STRATEGY_PCT, .depth = 3 } },
		{ "pos", { .kind = STRATEGY_POS } },
		{ "urw", { .kind = STRATEGY_URW } },
		{ "surw", { .kind = STRATEGY_SURW } },
		{ "delay:3", { .kind = STRATEGY_DELAY, .depth = 3 } },
	};
	const struct explore_ops ops = {
		.hide = no_view, .show = no_view, .buffered = ops_buffered,
		.drain = ops_drain, .interrupt = no_view,
	};

	explore_setup(&ops);
	printf("| strategy | tasks | ns a step | switches a step | memory, KiB "
	    "| a task | tasks, times | a step, times | memory, times |\n"
	    "|---|---|---|---|---|---|---|---|---|\n");
	for (unsigned i = 0; i < sizeof(strategies) / sizeof(strategies[0]);
	    i++)
		bench(strategies[i].name, &strategies[i].st);
	return EXIT_SUCCESS;
}
