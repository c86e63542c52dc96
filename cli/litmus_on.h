/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * litmus_on: litmus tests on a real machine instead of the model.
 */
#ifndef SHOOTDOWN_CLI_LITMUS_ON_H
#define SHOOTDOWN_CLI_LITMUS_ON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct litmus_on {
	const char *rung;       /* "tcg", ... */
	const char *uri;        /* of libvirt, or NULL */
	uint64_t runs;          /* of each test */
	const char *host;       /* that answers in the guest: "tlfs,rep=1";
	                           "own": each test's; NULL: the machine's */
	bool canary;            /* INVLPGs left out: must be noticed */
	bool verbose;           /* which were skipped; progress as lines */
	const char **file;
	unsigned files;
};

/* Runs them in one boot, prints what was seen, returns the exit status. */
int litmus_on_run(const struct litmus_on *o);

/* Text of a file; fails with exit 2. */
char *litmus_read_file(const char *name, size_t *ret_size);

#endif
