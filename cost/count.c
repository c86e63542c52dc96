/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * count: runs a workload on the model and counts its events.
 *
 * Counted is what vCPU 0 does from the operation's begin to its end, what the
 * others do in interrupts that they took in that time, and what the host does
 * to them.  The schedules are those of fixed seeds, so counts are the same on
 * every machine.
 */
#include "cost/cost.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct counting {
	double v[COUNT_COUNT];
	bool waits;                     /* vCPU 0 has sent, and not gone on */
	bool in_interrupt[MACHINE_MAX_CPUS];
	bool disturbed[MACHINE_MAX_CPUS];
	bool flushed[MACHINE_MAX_CPUS]; /* by the present hypercall */
};

const char *
cost_count_name(enum cost_count c)
{
	static const char *const names[COUNT_COUNT] = {
		"ipis", "waits", "hypercalls", "targets",
		"host_flushes", "own_host_flushes", "interrupts", "whole",
		"overlapped", "invlpg", "invpcid", "cr3", "cr4",
		"remote_invlpg", "remote_invpcid", "remote_cr3", "remote_cr4"
	};

	return names[c];
}

/* COUNT_COUNT: not an invalidation by instruction. */
static enum cost_count
invalidation(const struct machine_event *m)
{
	switch (m->kind) {
	case EVENT_INVLPG:
		return COUNT_INVLPG;
	case EVENT_INVPCID:
		return COUNT_INVPCID;
	case EVENT_MOV_CR3:
		return COUNT_CR3;
	case EVENT_MOV_CR4:
		return COUNT_CR4;
	default:
		return COUNT_COUNT;
	}
}

/* Everything of a space goes, not an address: refilling is another cost. */
static bool
is_whole(const struct machine_event *m)
{
	switch (m->kind) {
	case EVENT_FLUSH:
		return m->c == 0;
	case EVENT_INVPCID:
		return m->a != 0;
	case EVENT_MOV_CR3:
		return m->a >> 63 == 0;
	case EVENT_MOV_CR4:
		return true;
	default:
		return false;
	}
}

/* A range is flushed page by page, as KVM does; a whole space at once. */
static double
host_flushes(const struct machine_event *m)
{
	return m->c == 0 ? 1 : (double)m->c / MACHINE_PAGE;
}

static void
count_machine(struct counting *c, const struct machine_event *m)
{
	const enum cost_count what = invalidation(m);
	const bool counts = m->cpu == 0 || m->kind == EVENT_FLUSH ?
	    cost_workload_counts : c->in_interrupt[m->cpu];

	if (counts && is_whole(m))
		c->v[COUNT_WHOLE]++;
	if (m->kind == EVENT_FLUSH && cost_workload_counts) {
		c->v[m->cpu == 0 ? COUNT_OWN_HOST_FLUSHES :
		    COUNT_HOST_FLUSHES] += host_flushes(m);
		if (m->cpu != 0 && !c->flushed[m->cpu]) {
			c->flushed[m->cpu] = c->disturbed[m->cpu] = true;
			c->v[COUNT_TARGETS]++;
		}
	}
	if (what == COUNT_COUNT)
		return;
	if (m->cpu == 0 && cost_workload_counts) {
		c->v[what]++;
		c->v[COUNT_OVERLAPPED] += c->waits;
	} else if (m->cpu != 0 && c->in_interrupt[m->cpu]) {
		c->v[what - COUNT_INVLPG + COUNT_REMOTE_INVLPG]++;
	}
}

/* vCPU 0 waits when it has sent IPIs; what it sends next is another burst. */
static void
count_send(struct counting *c, const struct trace_event *e)
{
	if (e->cpu != 0 || !cost_workload_counts)
		return;
	c->v[COUNT_IPIS]++;
	if (!c->waits)
		c->v[COUNT_BURSTS]++;
	c->waits = true;
}

static void
sink(void *ctx, const struct trace_event *e)
{
	struct counting *c = ctx;

	switch (e->kind) {
	case TRACE_MACHINE:
		count_machine(c, &e->machine);
		break;
	case TRACE_IPI_SEND:
		count_send(c, e);
		break;
	case TRACE_IPI_TAKE:
		if (e->cpu == 0 || !cost_workload_counts)
			break;
		c->in_interrupt[e->cpu] = c->disturbed[e->cpu] = true;
		c->v[COUNT_INTERRUPTS]++;
		break;
	case TRACE_IPI_DONE:
		c->in_interrupt[e->cpu] = false;
		break;
	case TRACE_HYPERCALL:
		if (e->cpu != 0 || !cost_workload_counts)
			break;
		c->v[COUNT_HYPERCALLS]++;
		memset(c->flushed, 0, sizeof(c->flushed));
		break;
	case TRACE_INVAL_BEGIN:
	case TRACE_INVAL_END:
		c->waits = c->waits && e->cpu != 0;
		break;
	default:
		break;
	}
}

static char *
format(const char *text, ...)
{
	va_list args;
	char *out;

	va_start(args, text);
	if (vasprintf(&out, text, args) < 0)
		abort();
	va_end(args);
	return out;
}

static int
one_run(unsigned pages, uint64_t seed, struct counting *c, char **ret_why)
{
	const struct strategy strategy = {
		.kind = STRATEGY_RANDOM, .seed = seed, .burst = 16
	};
	struct run_result r;

	cost_workload_reset(pages);
	memset(c, 0, sizeof(*c));
	runner_trace(sink, c);
	runner_run(&strategy, NULL, &r);
	runner_trace(NULL, NULL);
	if (r.found || r.overflowed || r.explore.end != EXPLORE_DONE) {
		*ret_why = format("the run did not come to its end: %s",
		    r.overflowed ? "a table of the model is too small" :
		    r.found ? finding_kind_name(r.finding.kind) : "cut");
		return -1;
	}
	return 0;
}

static void
add_run(struct cost_counts *sum, const struct counting *c, double part,
        double scale)
{
	for (unsigned i = 0; i < COUNT_COUNT; i++)
		sum->v[i] += c->v[i] * part * scale;
	for (unsigned i = 1; i < MACHINE_MAX_CPUS; i++)
		sum->remote_vcpus += c->disturbed[i] * part;
}

int
cost_boots(const struct row *row, const struct cost_workload *w,
           char **ret_why)
{
	struct row r = *row;

	r.scenario = &w->scenario;
	cost_workload_reset(1);
	if (runner_open(&r, ret_why) != 0)
		return -1;
	runner_close();
	return 0;
}

int
cost_count(const struct row *row, const struct cost_workload *w,
           unsigned pages, unsigned runs, struct cost_counts *ret,
           char **ret_why)
{
	struct row r = *row;
	struct counting c;
	const unsigned run_pages = pages < w->most ? pages : w->most;
	int error = 0;

	memset(ret, 0, sizeof(*ret));
	r.scenario = &w->scenario;
	cost_workload_reset(run_pages);
	if (runner_open(&r, ret_why) != 0)
		return -1;
	for (unsigned i = 0; i < runs && error == 0; i++) {
		error = one_run(run_pages, i + 1, &c, ret_why);
		if (error == 0)
			add_run(ret, &c, 1.0 / runs, (double)pages / run_pages);
	}
	runner_close();
	return error;
}

void
cost_extrapolate(const struct cost_counts *a, unsigned na,
                 const struct cost_counts *b, unsigned nb, unsigned n,
                 struct cost_counts *ret)
{
	const double x = ((double)n - nb) / ((double)nb - na);

	for (unsigned i = 0; i < COUNT_COUNT; i++)
		ret->v[i] = fmax(0, b->v[i] + (b->v[i] - a->v[i]) * x);
	ret->remote_vcpus = fmax(0, b->remote_vcpus +
	    (b->remote_vcpus - a->remote_vcpus) * x);
	ret->extrapolated = true;
}
