/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fibers: several stacks on one thread, switched by hand.
 *
 * A switch makes no system call and saves only what the calling convention
 * asks for.  A fiber that is no longer wanted is abandoned where it stands;
 * fiber_reset() makes it start afresh on the same stack.  The floating-point
 * control words are shared by all fibers.
 *
 * Backends: x86-64 and aarch64 assembly, or ucontext (-DEXPLORE_UCONTEXT, and
 * whatever other processor there is).
 */
#ifndef SHOOTDOWN_EXPLORE_FIBER_H
#define SHOOTDOWN_EXPLORE_FIBER_H

#include <stddef.h>

#if !defined(EXPLORE_UCONTEXT) && !defined(__x86_64__) && !defined(__aarch64__)
#define EXPLORE_UCONTEXT 1
#endif

#ifdef EXPLORE_UCONTEXT
#include <ucontext.h>
#endif

struct fiber {
	void *sp;               /* where it stands while it does not run */
	char *low;              /* its stack; NULL: the thread's own */
	size_t size;
	void (*entry)(void *arg);
	void *arg;
	void *fake;             /* AddressSanitizer's fake stack */
	const void *asan_low;   /* bounds as AddressSanitizer sees them */
	size_t asan_size;
#ifdef EXPLORE_UCONTEXT
	ucontext_t context;
#endif
};

/* Gives the fiber a stack with a guard page below; aborts without memory. */
void fiber_allocate(struct fiber *f);
void fiber_free(struct fiber *f);
/* The next switch to f calls entry(arg), which must not return. */
void fiber_reset(struct fiber *f, void (*entry)(void *arg), void *arg);
/* Saves the running fiber in `from` and runs `to`. */
void fiber_switch(struct fiber *from, struct fiber *to);

#endif
