/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * profile: see profile.h.
 */
#include "cli/profile.h"

#include <string.h>

#include "pmapshim/pmapshim.h"

#define PROFILE_RUNS 8u

/* One plain run, for the number of steps. */
static uint32_t
measure_length(const struct search *s)
{
	const struct search plain = {
		.kind = STRATEGY_RANDOM, .seed = s->seed
	};
	struct strategy strategy = search_strategy(&plain, UINT64_MAX, 0);
	struct run_result r;

	runner_run(&strategy, NULL, &r);
	return r.explore.steps < UINT32_MAX ? (uint32_t)r.explore.steps :
	    UINT32_MAX;
}

/* The mean over runs of the walk that does not know them yet, rounded up. */
static void
measure_weights(const struct search *s, uint32_t *weights)
{
	struct search blind = *s;
	struct run_result r;

	blind.weights = NULL;
	memset(weights, 0, MACHINE_MAX_CPUS * sizeof(*weights));
	for (uint64_t i = 0; i < PROFILE_RUNS; i++) {
		struct strategy strategy = search_strategy(&blind,
		    UINT64_MAX - 1 - i, 0);

		runner_run(&strategy, NULL, &r);
		for (unsigned t = 0; t < MACHINE_MAX_CPUS; t++) {
			const struct explore_task_result had =
			    explore_task_result(t);

			weights[t] += s->kind == STRATEGY_SURW ? had.marked :
			    had.events;
		}
	}
	for (unsigned t = 0; t < MACHINE_MAX_CPUS; t++)
		weights[t] = (weights[t] + PROFILE_RUNS - 1) / PROFILE_RUNS;
}

void
profile_row(struct search *s, struct profile *ret)
{
	ret->length = measure_length(s);
	s->weights = NULL;
	if (s->kind != STRATEGY_URW && s->kind != STRATEGY_SURW)
		return;
	measure_weights(s, ret->weights);
	s->weights = ret->weights;
}
