/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * profile: what a strategy wants to know about a row before it starts, from a
 * few runs of the open row.  A function of the row and the seed alone.
 */
#ifndef SHOOTDOWN_CLI_PROFILE_H
#define SHOOTDOWN_CLI_PROFILE_H

#include "cli/search.h"
#include "pmapshim/pmapshim.h"

struct profile {
	uint32_t length;                        /* steps of a run */
	uint32_t weights[MACHINE_MAX_CPUS];     /* events of each vCPU */
};

/* Fills *ret, and makes s->weights point to it if s wants them. */
void profile_row(struct search *s, struct profile *ret);

#endif
