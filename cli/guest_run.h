/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest_run: a whole operating system on a rung: what was asked for, and what
 * each of its boots told.
 */
#ifndef SHOOTDOWN_CLI_GUEST_RUN_H
#define SHOOTDOWN_CLI_GUEST_RUN_H

#include "guest/runner.h"

#include <stdint.h>

enum guest_flush { FLUSH_HYPERCALL, FLUSH_IPI, FLUSH_COUNT };

struct guest_run {
	enum guest_rung rung;
	struct guest_os os;
	const char *uri, *append, *json;
	unsigned vcpus, memory, seconds, patience, rounds, latency;
	bool flush[FLUSH_COUNT];
	bool canary;
};

struct guest_stress {           /* a program of the stress program */
	char name[32];
	unsigned rounds;
	uint64_t checks, stale;
};

struct guest_latency {          /* nanoseconds */
	char op[32], with[32];
	unsigned samples;
	uint64_t median, p99;
	uint64_t *sample;       /* in the order of their making */
	unsigned told;
};

struct guest_boot {
	enum guest_flush flush;
	int status;             /* of the guest, or -1 and why */
	char *why, *first;      /* the first stale use in words */
	char *kernel, *clock;
	bool says_hypercall;
	bool counted;           /* both counts of TLB interrupts were told */
	uint64_t before, after, traced;
	struct guest_stress *stress;
	unsigned stresses;
	struct guest_latency *latency;
	unsigned latencies;
	double seconds;
};

/* Takes a line of the guest's console. */
void guest_boot_line(struct guest_boot *b, const char *line);
/* Is it ours, whose lines we understand?  (A user's may tell nothing.) */
bool guest_run_ours(const struct guest_run *g);
/* Why the flushes did not go the way they should; NULL: they did. */
const char *guest_boot_doubt(const struct guest_run *g,
                             const struct guest_boot *b);
const char *guest_flush_name(enum guest_flush flush);
void guest_run_print(const struct guest_run *g, const struct guest_boot *boot,
                     unsigned boots);
/* Fails the process when the file cannot be written. */
void guest_run_json(const struct guest_run *g, const struct guest_boot *boot,
                    unsigned boots);

/* argv[0] is the word "run". */
int cli_guest_run(int argc, char **argv);

#endif
