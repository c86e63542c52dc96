/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * operations.h: what sim/operations.c, which counts a program's operations and
 * leaves some out, finds in place of sim.h: the same names on this backend.
 */
#ifndef SHOOTDOWN_PMAPSHIM_METAL_OPERATIONS_H
#define SHOOTDOWN_PMAPSHIM_METAL_OPERATIONS_H

#include "pmapshim/metal/metal.h"

#define RUNNER_MAX_CPUS METAL_MAX_CPUS
#define RUNNER_OPERATIONS 32

struct runner_operation {
	const char *name;
	uint32_t begin, end;
	bool done;
};

struct metal_active {
	bool active;
};

static inline struct metal_active
metal_active(void)
{
	return (struct metal_active){ metal_self()->in_program };
}

#define explore_hot metal_active()

static inline unsigned
explore_current(void)
{
	return metal_self()->number;
}

static inline uint32_t
explore_local_step(void)
{
	return metal_self()->local;
}

/* An illegal program: nothing is said of the run. */
static inline _Noreturn void
explore_stop(void)
{
	metal.abort = true;
	metal_leave();
}

static inline bool
operations_if(void)
{
	return sd_irq_enabled();
}

static inline void *
operations_space(void)
{
	return metal.world.space;
}

static inline uint32_t
operations_left_out(unsigned cpu)
{
	return metal.row->left_out[cpu];
}

unsigned runner_operations(unsigned cpu, const struct runner_operation **ret);

#endif
