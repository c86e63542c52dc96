/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * steps: the events of a run, put together into what a person calls a step.
 *
 * Several events say one thing: a store and whose cached entries it makes
 * stale, a call's return and the contract that it ends, one flush of several
 * vCPUs.  Each step has a weight that depends on the finding.
 */
#ifndef SHOOTDOWN_CLI_STEPS_H
#define SHOOTDOWN_CLI_STEPS_H

#include "cli/trace.h"

enum { WEIGHT_NONE, WEIGHT_LOW, WEIGHT_SOME, WEIGHT_HIGH, WEIGHT_ALWAYS };

struct cpus {                   /* a set of vCPUs */
	uint64_t word[(RUNNER_MAX_CPUS + 63) / 64];
};

static inline void
cpus_add(struct cpus *set, uint64_t cpu)
{
	set->word[cpu % RUNNER_MAX_CPUS / 64] |= 1ull << cpu % 64;
}

static inline bool
cpus_has(const struct cpus *set, unsigned cpu)
{
	return (set->word[cpu / 64] >> cpu % 64 & 1) != 0;
}

unsigned cpus_count(const struct cpus *set);

struct holder {                 /* a vCPU that may cache something ... */
	unsigned cpu, ntags;
	uint64_t tags[3];       /* ... under these */
};

struct step {
	const struct trace_event *e;    /* the first of its events */
	const struct trace_event *site; /* whose program counters count */
	size_t index;                   /* of e */
	int weight;
	struct cpus cpus;               /* who does it, or has it done */
	struct cpus targets;            /* of an IPI */
	struct cpus dead;               /* who must not use the entry any more */
	struct holder *holders;         /* by whom it may be cached */
	unsigned nholders;
	bool buffered;          /* a store that goes into the store buffer */
	bool left;              /* a store that leaves the store buffer */
	uint64_t until;         /* step at which it leaves; 0: not in this run */
	const struct trace_event *call; /* whose return ends the contract too */
	const struct trace_event *end;  /* of the operation, in the same step */
};

struct steps {
	struct step *v;
	unsigned count, capacity;
};

void steps_make(struct steps *s, const struct trace *t,
                const struct run_result *r);
void steps_clear(struct steps *s);

#endif
