/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * latency.c: how long a change takes whose flush has to reach every processor,
 * and the same with no other processor in this address space.
 */
#include "stress.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t sample[SAMPLES];

static void *
run_busy(void *arg)
{
	const struct witness *w = arg;

	while (!atomic_load_explicit(&state.stop, memory_order_relaxed))
		atomic_fetch_add_explicit(&progress[w->id], 1,
		    memory_order_relaxed);
	return NULL;
}

/* One that has not run yet is nobody whom a flush has to reach. */
static void
wait_for_others(void)
{
	for (unsigned i = 0; i < options.witnesses; i++)
		while (atomic_load(&progress[i]) == 0)
			sched_yield();
}

static uint64_t
nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* The page was written to, so that the change has an entry to kill. */
static uint64_t
time_mprotect(void)
{
	const uint64_t start = nanoseconds();

	must(mprotect(slot_at(0), page_size, PROT_READ), "mprotect");
	return nanoseconds() - start;
}

static uint64_t
time_munmap(void)
{
	const uint64_t start = nanoseconds();

	must(munmap(slot_at(0), page_size), "munmap");
	return nanoseconds() - start;
}

static int
compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
print_samples(const char *name, const char *with)
{
	for (unsigned i = 0; i < options.samples; i++) {
		if (i % 8 == 0)
			printf("sample %s %s", name, with);
		printf(" %llu%s", (unsigned long long)sample[i], i % 8 == 7 ||
		    i + 1 == options.samples ? "\n" : "");
	}
}

static void
measure(const char *name, uint64_t (*once)(void), const char *with)
{
	for (unsigned i = 0; i < options.samples; i++) {
		map(0, 1, i, MAP_PRIVATE);
		sample[i] = once();
	}
	if (options.raw)
		print_samples(name, with);
	qsort(sample, options.samples, sizeof(*sample), compare);
	printf("latency %s %s samples %u median %llu p99 %llu\n", name, with,
	    options.samples,
	    (unsigned long long)sample[options.samples / 2],
	    (unsigned long long)sample[options.samples - 1 -
	    options.samples / 100]);
}

/* With the other processors busy in this address space, and without them. */
void
run_latency(void)
{
	pin(pthread_self(), 0);
	measure("mprotect", time_mprotect, "alone");
	measure("munmap", time_munmap, "alone");
	for (unsigned i = 0; i < options.witnesses; i++)
		atomic_store(&progress[i], 0);
	start(run_busy, true);
	wait_for_others();
	measure("mprotect", time_mprotect, "others");
	measure("munmap", time_munmap, "others");
	stop();
}
