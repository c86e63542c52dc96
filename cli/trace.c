/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace: see trace.h.
 */
#include "cli/trace.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/signature.h"

/* A livelock would otherwise fill the memory; stories need the end anyway. */
#define TRACE_MAX 400000u

static void
keep(void *ctx, const struct trace_event *e)
{
	struct trace *t = ctx;

	if (t->count == TRACE_MAX) {
		/* Drop the older half. */
		t->count = TRACE_MAX / 2;
		memmove(t->events, t->events + TRACE_MAX - t->count,
		        t->count * sizeof(*t->events));
	}
	if (t->count == t->capacity) {
		t->capacity = t->capacity != 0 ? 2 * t->capacity : 256;
		t->events = cli_grow(t->events, t->capacity,
		                     sizeof(*t->events));
	}
	t->events[t->count++] = *e;
}

void
trace_record(struct trace *t, const struct schedule *s,
             struct run_result *ret)
{
	struct strategy replay;

	memset(&replay, 0, sizeof(replay));
	replay.kind = STRATEGY_REPLAY;
	replay.replay = s;
	t->count = 0;
	runner_trace(keep, t);
	runner_run(&replay, NULL, ret);
	runner_trace(NULL, NULL);
}

void
trace_clear(struct trace *t)
{
	free(t->events);
	memset(t, 0, sizeof(*t));
}

static bool
covers(const struct trace_event *e, const struct run_result *r)
{
	return e->kind == TRACE_MACHINE && e->machine.kind == EVENT_DEAD &&
	    (e->machine.a & ~(MACHINE_PAGE - 1)) ==
	    (r->finding.va & ~(MACHINE_PAGE - 1));
}

/*
 * Index and CPU of the contract that killed the translation.  The event names
 * the vCPU that holds it; the one that ran is in the last event of another
 * kind.
 */
static size_t
find_killer(const struct trace *t, const struct run_result *r, unsigned *cpu)
{
	size_t i = t->count, j;

	while (i > 0 && !covers(&t->events[i - 1], r))
		i--;
	for (j = i; j > 0 && t->events[j - 1].kind == TRACE_MACHINE; j--)
		;
	if (j > 0) {
		*cpu = t->events[j - 1].cpu;
		return i;
	}
	*cpu = finding_is_stale(r->finding.kind) ? r->finding.store_cpu :
	    r->finding.cpu;
	return t->count;
}

static int
place_rank(const struct trace_event *e)
{
	switch (e->kind) {
	case TRACE_HYPERCALL:
		return 0;
	case TRACE_IPI_SEND:
		return 1;
	case TRACE_SITE:
		return 2;
	case TRACE_INVAL_BEGIN:
		return 3;
	case TRACE_MACHINE:     /* a store, when nothing was flushed */
		return 4;
	default:
		return -1;
	}
}

unsigned
trace_places(const struct trace *t, const struct run_result *r,
             const struct trace_event *places[TRACE_PLACES])
{
	const struct trace_event *best[TRACE_PLACES] = { NULL };
	unsigned cpu, n = 0;
	size_t end = find_killer(t, r, &cpu);

	for (size_t i = end; i > 0; i--) {
		const struct trace_event *e = &t->events[i - 1];
		const int rank = place_rank(e);

		if (e->cpu != cpu)
			continue;
		if (rank >= 0 && best[rank] == NULL && e->npc != 0)
			best[rank] = e;
		if (e->kind == TRACE_OP_BEGIN)
			break;
	}
	for (unsigned i = 0; i < TRACE_PLACES; i++)
		if (best[i] != NULL)
			places[n++] = best[i];
	return n;
}
