/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay_on: the schedule of a finding on a real machine.
 */
#ifndef SHOOTDOWN_CLI_REPLAY_ON_H
#define SHOOTDOWN_CLI_REPLAY_ON_H

#include "cli/metal_on.h"

struct replay_on {
	struct metal_on on;
	const struct row *row;          /* open, without store buffers */
	const struct schedule *schedule;
	const char *signature;          /* of the finding */
};

/*
 * Steers the rung along the schedule, a few times, and says what came of it.
 * True: the stale entry was used for real.
 */
bool replay_on(const struct replay_on *r);

#endif
