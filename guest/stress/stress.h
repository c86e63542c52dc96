/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stress: does any thread of an operating system see a dead page?  A program
 * of its own, static, POSIX; what only Linux has is under LINUX.
 *
 * One thread changes mappings (the mutator), the others use them (witnesses).
 * A sequence number is odd while a change is under way.  A use that begins
 * after an even number was read and ends before it changed has to find what
 * that state says: a value, a fault, or a store that is refused.  Every state
 * is used by every witness before the next change, so each translation that a
 * change kills was one that the witness's processor may hold; during a change
 * they go on using the pages unjudged.
 *
 * --canary: the mutator says that it changed something and did not, which is
 * what a forgotten flush looks like; every program has to notice.
 */
#ifndef SHOOTDOWN_GUEST_STRESS_H
#define SHOOTDOWN_GUEST_STRESS_H

#if defined(__linux__) && !defined(STRESS_PORTABLE)
#define LINUX 1
#else
#define LINUX 0
#endif

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#define THREADS 63              /* witnesses at most: a page has a word each */
#define PAGES 40                /* of a slot: Linux flushes all beyond 33 */
#define SLOTS 2
#define PATIENCE 900            /* seconds after which it is stuck */
#define SAMPLES 100000

enum expect {
	NOTHING,                /* the slot is not used */
	GONE,                   /* a load faults */
	SEE,                    /* a load finds the value */
	MAYBE,                  /* the value, or zero */
	READONLY,               /* a load finds the value, a store faults */
	WRITABLE                /* a load finds the value, a store is kept */
};

struct slot {
	_Atomic(uintptr_t) at;
	_Atomic(unsigned) pages, expect;
	_Atomic(uint64_t) value;
};

struct place {                  /* a slot as one witness read it */
	uintptr_t at;
	unsigned pages, expect;
	uint64_t value;
};

struct witness {
	pthread_t thread;
	unsigned id;
	_Atomic(uint64_t) passed;       /* the last state that it used up */
	_Atomic(uint64_t) checks, stale;
	struct place place[SLOTS];
	uint64_t owner, mine[PAGES];    /* its stores to the value `owner` */
	uint64_t counter;
	char first[128];        /* the first thing that was wrong */
};

struct state {
	_Atomic(uint64_t) seq;  /* odd: a change is under way */
	struct slot slot[SLOTS];
	_Atomic(bool) stop;
};

struct options {
	unsigned rounds, witnesses, samples;
	bool lying, raw;
};

extern struct options options;
extern struct state state;
/* The last is the mutator's, which judges forked children. */
extern struct witness witness[THREADS + 1];
extern size_t page_size;
/* Of each witness: what it has done; seen by a forked child too. */
extern _Atomic(uint64_t) *progress;

/* Ends the program with status 3. */
_Noreturn void give_up(const char *what);
void must(int result, const char *what);

/* witness.c */
void catch_faults(void);
void wrong(struct witness *w, const struct place *p, unsigned page,
           const char *what, uint64_t got);
void *run_witness(void *arg);

/* programs.c; the first: an address range for slots */
void make_arena(void);
char *slot_at(unsigned s);
void map(unsigned s, unsigned pages, uint64_t value, int share);
/* Returns how many uses were wrong. */
uint64_t run_programs(void);

/* latency.c */
void run_latency(void);

/* main.c: the witnesses' threads; pinned: each on a processor of its own */
void start(void *(*run)(void *), bool pinned);
void stop(void);
void pin(pthread_t thread, unsigned cpu);

#endif
