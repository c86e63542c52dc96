/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay_on: see replay_on.h.
 *
 * A rung has no store buffer that waits on demand, so the schedule is one that
 * finds the same without.  The steps that the model spends inside a hypercall
 * are told to the guest, whose host takes none that are counted.
 */
#include "cli/replay_on.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/rowtext.h"

#define RUNS 10u                /* of the same schedule */

struct calls {
	struct metal_call *v;
	unsigned count;
};

/* A hypercall begins or ends in the model's run. */
static void
note_call(void *ctx, const struct trace_event *e)
{
	struct calls *c = ctx;

	if (e->kind == TRACE_HYPERCALL) {
		c->v = cli_grow(c->v, c->count + 1, sizeof(*c->v));
		c->v[c->count++] = (struct metal_call){ .task = e->cpu,
		    .begin = explore_local_step() };
	} else if (e->kind == TRACE_HYPERCALL_DONE) {
		for (unsigned i = c->count; i-- > 0;)
			if (c->v[i].task == e->cpu) {
				c->v[i].end = explore_local_step();
				break;
			}
	}
}

/* All choices that the run consists of, whatever the schedule leaves open. */
static void
record(const struct replay_on *r, struct schedule *ret, struct calls *calls)
{
	const struct strategy replay = {
		.kind = STRATEGY_REPLAY, .replay = r->schedule
	};
	struct run_result result;

	runner_trace(note_call, calls);
	runner_run(&replay, ret, &result);
	runner_trace(NULL, NULL);
}

static unsigned
count_kind(const struct schedule *s, unsigned kind)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += s->choices[i].kind == kind;
	return n;
}

static void
print_schedule(const struct replay_on *r, const struct schedule *s)
{
	const unsigned walks = count_kind(s, CHOICE_WALK);
	const unsigned data = count_kind(s, CHOICE_DATA);

	printf("steered on %s: %u turns, %u interrupts", r->on.rung,
	       count_kind(s, CHOICE_RUN), count_kind(s, CHOICE_IRQ));
	if (walks > 0)
		printf("; left to the machine: %u walks that set A bits",
		       walks);
	if (data > 0)
		printf("; left to the host: %u choices of its own", data);
	putchar('\n');
}

static void
print_host(const struct metal_result *m)
{
	if (m->dropped + m->kept > 0)
		printf("        the host dropped %" PRIu64 " entries in the "
		       "range of its flushes and kept %" PRIu64 "\n",
		       m->dropped, m->kept);
	if (m->gone > 0)
		printf("        %" PRIu64 " old entries that vCPUs had cached "
		       "were seen to have gone\n", m->gone);
}

/*
 * A host is said to flush more than it has to only where entries stay if nobody
 * flushes at all.
 */
static const char *
why_not(const struct replay_on *r, const struct metal_result *m)
{
	if (m->diverged > 0)
		return "the schedule could not be followed";
	if (strstr(r->signature, "/path/") != NULL)
		return "only entries of upper levels are stale in it, and none "
		       "was used";
	if (m->canary_stale == 0)
		return "nothing stays cached there for so long";
	return r->row->hypercall ? "the host flushes more than it promises" :
	    "the processor keeps less than it may";
}

static bool
judge(const struct replay_on *r, const struct metal_result *m)
{
	char *text;

	if (m->skipped != NULL || !m->done)
		cli_fail(CLI_UNFINISHED, "replay --on %s: needs %s",
		         r->on.rung, m->skipped != NULL ? m->skipped :
		         "more time");
	if (m->stale > 0) {
		text = metal_stale_text(m);
		printf("confirmed on %s: %s (%" PRIu64 " of %" PRIu64
		       " runs)\n", r->on.rung, text, m->stale, m->runs);
		free(text);
	} else if (m->trouble > 0) {
		printf("on %s: %s (%" PRIu64 " of %" PRIu64 " runs)\n",
		       r->on.rung, m->why, m->trouble, m->runs);
	} else {
		printf("not reproduced on %s: %s (0 of %" PRIu64 " runs; %"
		       PRIu64 " of %" PRIu64 " with nothing invalidated)\n",
		       r->on.rung, why_not(r, m), m->runs, m->canary_stale,
		       m->canaries);
	}
	print_host(m);
	if (m->diverged > 0)
		printf("        %" PRIu64 " runs left the schedule\n",
		       m->diverged);
	return m->stale > 0;
}

bool
replay_on(const struct replay_on *r)
{
	struct schedule whole = { NULL, 0, 0 };
	struct calls calls = { NULL, 0 };
	struct metal_session s;
	bool confirmed;

	cli_catch_interrupt(true);
	record(r, &whole, &calls);
	print_schedule(r, &whole);
	metal_begin(&s, &r->on);
	metal_add(&s, r->row, RUNS, RUNS, &whole, calls.v, calls.count);
	metal_boot(&s);
	confirmed = judge(r, &s.result[0]);
	metal_end(&s);
	schedule_clear(&whole);
	free(calls.v);
	return confirmed;
}
