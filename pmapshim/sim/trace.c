/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.c: turns what happens into trace events, with the callers' addresses.
 *
 * Kernel objects keep frame pointers, so the callers are found by walking them
 * on the running fiber's own stack.
 */
#include "pmapshim/sim/sim.h"

#include <stdio.h>
#include <string.h>

static unsigned
callers(void *frame, void **pc, unsigned max)
{
	const char *low = explore_hot.stack_low, *high = explore_hot.stack_high;
	unsigned n = 0;

	while (n < max && (const char *)frame >= low &&
	    (const char *)frame < high - 16) {
		void **f = frame;

		pc[n++] = f[1];
		if ((char *)f[0] <= (char *)frame)
			break;
		frame = f[0];
	}
	return n;
}

static void
emit(struct trace_event *e)
{
	e->step = explore_hot.active ? explore_total_steps() : 0;
	sim.sink(sim.sink_ctx, e);
}

void
sim_emit(enum trace_kind kind, uint64_t a, uint64_t b, const char *text,
         void *frame)
{
	struct trace_event e = { .kind = kind, .cpu = explore_current(),
	    .a = a, .b = b };

	if (text != NULL)
		snprintf(e.text, sizeof(e.text), "%s", text);
	if (frame != NULL && explore_hot.active)
		e.npc = callers(frame, e.pc, sizeof(e.pc) / sizeof(e.pc[0]));
	emit(&e);
}

void
sim_emit_switch(unsigned cpu)
{
	struct trace_event e = { .kind = TRACE_SWITCH, .cpu = cpu };

	emit(&e);
}

void
sim_machine_event(void *ctx, const struct machine_event *me)
{
	struct trace_event e = { .kind = TRACE_MACHINE, .cpu = me->cpu,
	    .machine = *me };

	sim_class_machine(ctx, me);
	if (me->kind == EVENT_PTE_STORE || me->kind == EVENT_PTE_BUFFERED) {
		e.pc[0] = hooks_pc;
		e.npc = hooks_pc != NULL;
	}
	emit(&e);
}
