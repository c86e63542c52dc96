/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cost_options: the command line of `cost`.
 */
#ifndef SHOOTDOWN_CLI_COST_OPTIONS_H
#define SHOOTDOWN_CLI_COST_OPTIONS_H

#include "cost/cost.h"

#define COST_MAX_LIST 16u
/* Both the machine and the explorer have a limit. */
#define COST_MAX_VCPUS (MACHINE_MAX_CPUS < EXPLORE_MAX_TASKS ? \
	MACHINE_MAX_CPUS : EXPLORE_MAX_TASKS)

struct cost_options {
	const char *kernel, *tree, *table_path, *json, *svg;
	const struct cost_workload *work[COST_MAX_LIST];
	unsigned pages[COST_MAX_LIST], vcpus[COST_MAX_LIST];
	unsigned nwork, npages, nvcpus;         /* nvcpus 0: not given */
	unsigned limit;                         /* of the extrapolation */
	unsigned mode, runs, jobs, claim;
	bool mode_given, all_counts;
	struct hv_profile host;
};

/* Fills *ret, or ends the process with one line and exit 2. */
void cost_options_parse(int argc, char **argv, struct cost_options *ret);

#endif
