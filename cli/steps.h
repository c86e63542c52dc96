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

struct step {
	const struct trace_event *e;    /* the first of its events */
	const struct trace_event *site; /* whose program counters count */
	size_t index;                   /* of e */
	int weight;
	unsigned cpus;                  /* bit set: who does it, or has it done */
	unsigned targets;               /* of an IPI */
	unsigned dead;                  /* who must not use the entry any more */
	uint64_t tags[RUNNER_MAX_CPUS][3]; /* under which it may be cached */
	unsigned ntags[RUNNER_MAX_CPUS];
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
