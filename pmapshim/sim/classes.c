/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * classes.c: tells explore what of a run depends on its order, so that it can
 * count runs that differ in more than the order of independent events.
 *
 * What counts is what the machine and the host see: page-table stores as they
 * become visible, invalidations, flushes, root loads, accesses, modes, the
 * ends of contracts, interrupts, frames given and taken.  The kernel's own
 * data is not looked at, hence two classes here may be one, never the other
 * way round for what findings are made of.
 */
#include "pmapshim/sim/sim.h"

enum object_kind {
	OBJECT_TABLES,          /* page tables, all of them */
	OBJECT_TLB,             /* what a vCPU may have cached */
	OBJECT_CPU,             /* its mode and IF */
	OBJECT_PENDING,         /* its interrupts */
	OBJECT_FRAMES           /* which frames are free */
};

#define MAX_ACCESSES (2 * RUNNER_MAX_CPUS + 2)

struct event {
	struct explore_access access[MAX_ACCESSES];
	unsigned count;
};

static void
add(struct event *e, enum object_kind kind, unsigned cpu,
    enum explore_mode mode)
{
	e->access[e->count++] = (struct explore_access){
		.object = (uint64_t)kind << 32 | cpu, .mode = mode };
}

/* A drain between two tasks is done on behalf of its vCPU. */
static void
tell(const struct event *e, unsigned cpu)
{
	explore_class_event(explore_hot.active ? explore_current() :
	    EXPLORE_MAX_TASKS + cpu, e->access, e->count);
}

static void
one(enum object_kind kind, unsigned cpu, enum explore_mode mode)
{
	struct event e;

	e.count = 0;            /* and no more: this is a hot path */
	add(&e, kind, cpu, mode);
	tell(&e, cpu);
}

static void
store(unsigned cpu)
{
	struct event e;

	e.count = 0;
	add(&e, OBJECT_TABLES, 0, EXPLORE_WRITE);
	for (unsigned c = 0; c < sim.row.vcpus; c++)
		add(&e, OBJECT_TLB, c, EXPLORE_READ);
	tell(&e, cpu);
}

static void
access_made(unsigned cpu)
{
	struct event e;

	e.count = 0;
	add(&e, OBJECT_TABLES, 0, EXPLORE_READ);
	add(&e, OBJECT_TLB, cpu, EXPLORE_READ);
	tell(&e, cpu);
}

void
sim_class_contract(void)
{
	struct event e;

	e.count = 0;
	add(&e, OBJECT_TABLES, 0, EXPLORE_READ);
	for (unsigned c = 0; c < sim.row.vcpus; c++) {
		add(&e, OBJECT_TLB, c, EXPLORE_READ);
		add(&e, OBJECT_CPU, c, EXPLORE_READ);
	}
	tell(&e, explore_current());
}

void
sim_class_interrupt(unsigned cpu)
{
	one(OBJECT_PENDING, cpu, EXPLORE_WRITE);
}

void
sim_class_frame(void)
{
	one(OBJECT_FRAMES, 0, EXPLORE_WRITE);
}

/* A page-table store is weighed by surw once it has been made. */
void
sim_class_machine(void *ctx, const struct machine_event *e)
{
	(void)ctx;
	switch (e->kind) {
	case EVENT_PTE_STORE:
		store(e->cpu);
		break;
	case EVENT_PTE_BUFFERED:
		if (explore_hot.active)
			explore_mark();
		break;
	case EVENT_INVLPG:
	case EVENT_INVPCID:
	case EVENT_MOV_CR3:
	case EVENT_MOV_CR4:
	case EVENT_FLUSH:
		one(OBJECT_TLB, e->cpu, EXPLORE_WRITE);
		break;
	case EVENT_ACCESS:
	case EVENT_FAULT:
		access_made(e->cpu);
		break;
	case EVENT_MODE:
	case EVENT_IF:
		one(OBJECT_CPU, e->cpu, EXPLORE_WRITE);
		break;
	default:
		break;
	}
}
