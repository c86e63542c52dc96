/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program: scenarios that are data: a list of operations per vCPU, from a text
 * or drawn at random, run with a reference model of what may be seen.
 *
 * A program's name says all of it ("program:u0e0|<r0>"), so that a schedule of
 * it can be replayed; "random:SEED" is the program of that seed.
 */
#ifndef SHOOTDOWN_SCENARIOS_PROGRAM_H
#define SHOOTDOWN_SCENARIOS_PROGRAM_H

#include "scenarios/scenarios.h"

#define PROGRAM_VCPUS 4
#define PROGRAM_OPS 16          /* of a vCPU */
#define PROGRAM_NAME 160
/* Pages that may be promoted: of so many, so far apart, frames from here. */
#define PROGRAM_LARGE_PAGES 512u
#define PROGRAM_APART 5u
#define PROGRAM_FAR 0x40000000ul        /* no RAM; 2 MiB aligned */
#define PROGRAM_PREFIX "program:"
#define RANDOM_PREFIX "random:"

struct program_op {
	char code;              /* of program_words[] */
	uint8_t page;
	uint8_t frame;          /* index of world.frames: mapped, or freed */
};

struct program {
	struct scenario scenario;
	char name[PROGRAM_NAME];
	unsigned vcpus;
	bool executable, large, top;    /* pages that are, or are used */
	unsigned n[PROGRAM_VCPUS];
	struct program_op op[PROGRAM_VCPUS][PROGRAM_OPS];
};

struct program_word {
	char code;
	const char *word;
	bool page;              /* takes the number of a page */
};
/* In any order; ends with code 0. */
extern const struct program_word program_words[];

/*
 * Completes a program of which vcpus, n, codes and pages are set: frames,
 * needs, scenario.  NULL, or what is wrong with it (static text).
 */
const char *program_complete(struct program *p);
/* How many of its operations have this code? */
unsigned program_count(const struct program *p, char code);
/* From "u0e0|<r0>" or from lines "vcpu 0: unmap 0, free 0". */
const char *program_parse(const char *text, struct program *ret);
const char *program_parse_lines(const char *text, struct program *ret);
/* The lines; buf of 2048 bytes. */
void program_print(const struct program *p, char *buf, unsigned size);
void program_random(uint64_t seed, struct program *ret);

/* program_run.c */
void program_setup(struct scenario_world *w);
void program_run(struct scenario_world *w, unsigned vcpu);

#endif
