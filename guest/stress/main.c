/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c: the command line, and the threads.  Status: 0 nothing dead was seen,
 * 1 something was, 2 bad usage, 3 it could not go on.
 */
#include "stress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options options = { .rounds = 60 };
struct state state;
struct witness witness[THREADS + 1];
size_t page_size;
_Atomic(uint64_t) *progress;

_Noreturn void
give_up(const char *what)
{
	printf("stress cannot go on: %s: %s\n", what, strerror(errno));
	exit(3);
}

void
must(int result, const char *what)
{
	if (result != 0)
		give_up(what);
}

/* ---- threads ------------------------------------------------------------- */

/* Each on a processor of its own, as far as there are any. */
void
pin(pthread_t thread, unsigned cpu)
{
#if LINUX
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	(void)pthread_setaffinity_np(thread, sizeof(set), &set);
#else
	(void)thread;
	(void)cpu;
#endif
}

void
start(void *(*run)(void *), bool pinned)
{
	atomic_store(&state.stop, false);
	for (unsigned i = 0; i < options.witnesses; i++) {
		witness[i].id = i;
		errno = pthread_create(&witness[i].thread, NULL, run,
		    &witness[i]);
		must(errno, "pthread_create");
		if (pinned)
			pin(witness[i].thread, i + 1);
	}
}

void
stop(void)
{
	atomic_store(&state.stop, true);
	for (unsigned i = 0; i < options.witnesses; i++)
		pthread_join(witness[i].thread, NULL);
}

static void
prepare(void)
{
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	page_size = (size_t)sysconf(_SC_PAGESIZE);
	if (options.witnesses == 0)
		options.witnesses = cpus < 2 ? 1 : cpus > THREADS ? THREADS :
		    (unsigned)cpus - 1;
	progress = mmap(NULL, page_size, PROT_READ | PROT_WRITE, MAP_ANON |
	    MAP_SHARED, -1, 0);
	must(progress == MAP_FAILED, "mmap");
	make_arena();
	catch_faults();
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

static unsigned
number(const char *text, unsigned max)
{
	char *end;
	const unsigned long n = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || n > max) {
		fprintf(stderr, "stress: '%s': give a number up to %u\n", text,
		    max);
		exit(2);
	}
	return (unsigned)n;
}

static void
parse(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--canary") == 0)
			options.lying = true;
		else if (strcmp(argv[i], "--raw") == 0)
			options.raw = true;
		else if (i + 1 < argc && strcmp(argv[i], "--rounds") == 0)
			options.rounds = number(argv[++i], 1000000);
		else if (i + 1 < argc && strcmp(argv[i], "--threads") == 0)
			options.witnesses = number(argv[++i], THREADS);
		else if (i + 1 < argc && strcmp(argv[i], "--latency") == 0)
			options.samples = number(argv[++i], SAMPLES);
		else {
			fprintf(stderr, "usage: stress [--rounds N] "
			    "[--threads N] [--latency SAMPLES] [--raw] "
			    "[--canary]\n");
			exit(2);
		}
}

int
main(int argc, char **argv)
{
	uint64_t stale;

	parse(argc, argv);
	prepare();
	printf("stress threads %u\n", options.witnesses);
	stale = options.rounds > 0 ? run_programs() : 0;
	if (options.samples > 0)
		run_latency();
	return stale > 0;
}
