/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conform: questions to the host and their answers as bytes: what the runner
 * gives to the guest as its module.  Freestanding: both sides read it.
 *
 * Two processors run: the one that asks, and one other.  A file of cases is one
 * after the other, up to one of size 0.  What a case expects is in it, so that
 * the guest has to tell of those only that come out differently, or are marked.
 */
#ifndef SHOOTDOWN_GUEST_CONFORM_H
#define SHOOTDOWN_GUEST_CONFORM_H

#include <stdint.h>

/* Memory that calls refer to: pages of input, a page for hypercalls. */
#define CONFORM_INPUT 0x1000000ull
#define CONFORM_INPUT_SIZE 0x2000u
#define CONFORM_PAGE (CONFORM_INPUT + CONFORM_INPUT_SIZE)
/* A page whose entry changes before a call, so that stale entries show. */
#define CONFORM_VA 0x8000000000ull
#define CONFORM_FRAME (CONFORM_PAGE + 0x1000)   /* and the one after it */
#define CONFORM_FILL 0xa5

enum conform_kind {
	CONFORM_CALL,           /* reg: RCX, RDX, R8 */
	CONFORM_CALL_USER,      /* the same at CPL 3 */
	CONFORM_NOTHING,        /* no call: is a stale entry seen at all? */
	CONFORM_RDMSR, CONFORM_WRMSR,           /* reg: MSR, value */
	CONFORM_CPUID           /* reg: leaf; mask: what is compared */
};

#define CONFORM_PROBE 1u        /* changes the entry of the page */
#define CONFORM_TELL 2u         /* tells the answer, whatever it is */

struct conform_answer {
	uint64_t value[2];      /* RAX and RCX; an MSR; EAX, EBX and ECX, EDX */
	uint32_t fault;         /* an exception instead */
	uint32_t changed;       /* the input reads differently afterwards */
	uint32_t ipis[2];       /* interrupts taken by each processor */
	/* Of each processor: 0 not probed, 1 read the old page, 2 the new. */
	uint32_t read[2];
};

struct conform_case {
	uint32_t size;          /* of all of it, a multiple of 8 */
	uint32_t kind, flags, words;
	uint64_t at;            /* where the words are put */
	uint64_t reg[3], xmm[12], mask[2];
	struct conform_answer want;     /* read: 2 required, 0 anything */
	/* Then: words of the input. */
};

#endif
