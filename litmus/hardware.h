/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hardware: litmus tests for real machines: a test as an image (image.h), and
 * the end states that a machine has shown as the model would tell them.
 *
 * Belongs to the test that litmus_run() ran last: its machine is set up anew.
 */
#ifndef SHOOTDOWN_LITMUS_HARDWARE_H
#define SHOOTDOWN_LITMUS_HARDWARE_H

#include "litmus/image.h"
#include "litmus/litmus.h"

struct litmus_hardware {
	struct image *image;    /* NULL: it cannot run there, and why: */
	const char *reason;     /* static; "5-level paging" */
	unsigned seen;          /* numbers of an end state that can be read */
	unsigned *index;        /* which numbers of litmus_result those are */
};

/* canary: without its INVLPGs, so that states may be seen that no machine
 * should show. */
void litmus_hardware_make(const struct litmus_test *t,
                          const struct litmus_result *r, bool canary,
                          struct litmus_hardware *ret);
void litmus_hardware_free(struct litmus_hardware *h);
/*
 * A number that the machine has read, as the model has it: addresses of frames
 * that large pages map differ.  k counts the numbers that can be read.
 */
uint64_t litmus_hardware_value(const struct litmus_hardware *h, unsigned k,
                               uint64_t value);
/* "0:r0=1; <a>=1;": an end state of the h->seen numbers. */
void litmus_hardware_print(const struct litmus_test *t,
                           const struct litmus_result *r,
                           const struct litmus_hardware *h,
                           const uint64_t *value, FILE *out);
/* Does the clause speak of nothing but what can be read? */
bool litmus_hardware_can_judge(const struct litmus_cond *c);
/* Does it hold in this end state? */
bool litmus_hardware_holds(const struct litmus_cond *c,
                           const struct litmus_result *r,
                           const struct litmus_hardware *h,
                           const uint64_t *value);

#endif
