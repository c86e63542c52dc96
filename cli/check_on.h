/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_on: rows on a real machine instead of the model.
 */
#ifndef SHOOTDOWN_CLI_CHECK_ON_H
#define SHOOTDOWN_CLI_CHECK_ON_H

#include "cli/metal_on.h"

struct check_on {
	struct metal_on on;
	const struct row *rows;
	size_t count;
	unsigned runs;          /* of each row */
};

/* Runs them in one boot, prints a line for each; returns the exit status. */
int check_on(const struct check_on *o);

#endif
