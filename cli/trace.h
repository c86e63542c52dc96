/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace: the events of one replayed run, kept in memory.
 */
#ifndef SHOOTDOWN_CLI_TRACE_H
#define SHOOTDOWN_CLI_TRACE_H

#include "pmapshim/pmapshim.h"

struct trace {
	struct trace_event *events;
	size_t count, capacity;
};

/* Replays the schedule in the open row, with tracing on. */
void trace_record(struct trace *t, const struct schedule *s,
                  struct run_result *ret);
void trace_clear(struct trace *t);
/* Events that may name the place of the flush, the best first. */
#define TRACE_PLACES 5

/*
 * Of the operation whose contract made the translation dead: its last
 * hypercall, its last IPI, its last instruction, its invalidation, its last store.
 * Returns how many there are.
 */
unsigned trace_places(const struct trace *t, const struct run_result *r,
                      const struct trace_event *places[TRACE_PLACES]);

#endif
