/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * runs: the litmus test under way, for those that run it (runs.c) and those
 * that take one after the other from the file (runs_tests.c).
 */
#ifndef SHOOTDOWN_GUEST_RUNS_H
#define SHOOTDOWN_GUEST_RUNS_H

#include "guest/guest.h"
#include "litmus/image.h"

#define MAX_SEEN 32                     /* numbers of an end state */
#define MAX_STATES 512

struct end_state {
	uint64_t value[MAX_SEEN], count;
};

/* One test under way; processor 0 writes, between meetings. */
extern struct under_way {
	const struct image *image;
	const struct image_word *word;
	const uint64_t *root, *touch;
	const struct image_observed *observed;
	struct guest_cpu *place[IMAGE_CPUS];
	volatile uint32_t arrived, awake, done, left;
	volatile uint32_t runs;         /* of this batch */
	volatile uint32_t go, first;    /* runs begun; before this batch */
	struct end_state state[MAX_STATES];
	unsigned states;
	uint64_t counted, stuck, lost;
} test;

/* So many runs, with one choice of places; on processor 0. */
void runs_batch(uint32_t runs);
/* Puts the code that touches a page behind that of the test. */
void runs_touch_code(void);
/* For the literal host: what this processor may have cached. */
void runs_guess_records(void);
/* The processor of that VP index, or NULL. */
struct guest_cpu *runs_find_vp(uint32_t vp);

#endif
