/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jobs: work items in forked workers, a fresh process for each item.
 *
 * A worker starts from the same state whatever ran before it, so no result can
 * depend on the number of jobs or on the order; a crash costs one item.
 */
#ifndef SHOOTDOWN_CLI_JOBS_H
#define SHOOTDOWN_CLI_JOBS_H

#include <jansson.h>
#include <stdbool.h>

struct jobs {
	void *ctx;
	size_t items;
	unsigned workers;
	/* In the worker: does item i; the result goes to the parent. */
	json_t *(*work)(void *ctx, size_t i);
	/*
	 * In the parent, in any order; result is its to keep.  NULL with *why
	 * when there is none: never begun, or the worker died.
	 */
	void (*done)(void *ctx, size_t i, json_t *result, const char *why);
	/* In the parent, before each start; false: begin no more.  May be NULL. */
	bool (*go_on)(void *ctx, size_t i);
};

void jobs_run(const struct jobs *j);
/*
 * In a worker that is about to die by a signal: why, as "the kernel under test
 * ..." goes on.
 */
void jobs_last_words(const char *text);
/* Number of processors. */
unsigned jobs_default(void);

#endif
