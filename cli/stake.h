/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stake: whether the schedules of a row could show anything at all.  A row in
 * which nobody held what another took away, or whose path flushed nothing, is
 * vacuous: that it found nothing says nothing.
 */
#ifndef SHOOTDOWN_CLI_STAKE_H
#define SHOOTDOWN_CLI_STAKE_H

#include "pmapshim/pmapshim.h"

struct stake {          /* summed over the schedules of a row */
	uint64_t remote;        /* entries stale on another vCPU */
	uint64_t hypercalls;
	uint64_t flushes;       /* flush calls, refused ones too */
	uint64_t targets;       /* VPs that calls have flushed */
};

void stake_add(struct stake *s, const struct run_result *r);
bool stake_is_vacuous(const struct stake *s, const struct row *row);

#endif
