/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_kernels: how fast kernels under test are explored, beside the bare
 * fiber switch of the same run.
 *
 * unmap-page, 2 vCPUs, native path, no PCID, store buffers, oracle and the
 * count of distinct schedules on, one process.  Prints a Markdown table; asserts nothing.
 * usage: bench_kernels [KERNEL [TREE]]...; a kernel that is not there is named.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/explore.h"
#include "pmapshim/pmapshim.h"
#include "tests/bench/bench.h"

#define SECONDS 3.0

static int
open_row(const struct kernel_object *object, const struct kernel_ops *ops,
         char **why)
{
	struct row r = { .object = object, .kernel = ops, .vcpus = 2,
	    .scenario = scenario_find("unmap-page") };

	r.machine = (struct machine_config){ .cpus = 2, .tso = true,
	    .speculative_fills = true, .upper_caches = true,
	    .invpcid_drains = true };
	for (unsigned i = 0; i < RUNNER_MAX_CPUS; i++)
		r.vp_index[i] = i;
	(void)hv_profile_find("tlfs", &r.host);
	return runner_open(&r, why);
}

static void
bench(const char *name, const char *tree)
{
	struct kernel_object object;
	const struct kernel_ops *ops = NULL;
	struct schedule record = { 0 };
	struct run_result res;
	uint64_t steps = 0, runs = 0;
	char *why = NULL;
	double start, took;

	if (kernel_prepare(name, tree, &object, &why) != KERNEL_OK ||
	    (ops = kernel_load(&object, &why)) == NULL ||
	    open_row(&object, ops, &why) != 0) {
		printf("| %s | not measured: %s | | |\n", name, why);
		free(why);
		return;
	}
	start = bench_seconds();
	do {
		for (unsigned i = 0; i < 1000; i++, runs++) {
			const struct strategy s = { .kind = STRATEGY_RANDOM,
			    .seed = runs + 1, .classes = true };

			runner_run(&s, &record, &res);
			steps += res.stats.steps;
		}
		took = bench_seconds() - start;
	} while (took < SECONDS);
	printf("| %s | %.1f M | %.0f k | %.0f |\n", name,
	    (double)steps / took / 1e6, (double)runs / took / 1e3,
	    (double)steps / (double)runs);
	runner_close();
	schedule_clear(&record);
	kernel_object_clear(&object);
}

int
main(int argc, char **argv)
{
	printf("bare fiber switch: %.1f ns\n\n", bench_bare_switch());
	printf("| kernel | points/s | schedules/s | points a schedule |\n"
	    "|---|---|---|---|\n");
	for (int i = 1; i < argc; i += 2)
		bench(argv[i], i + 1 < argc && argv[i + 1][0] != '\0' ?
		    argv[i + 1] : NULL);
	return EXIT_SUCCESS;
}
