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
	/*
	 * Caches, modes and IF of all vCPUs, as the end of a contract sees
	 * them: one object, so that an event costs the same on any number.
	 */
	OBJECT_VCPUS,
	OBJECT_PENDING,         /* a vCPU's interrupts */
	OBJECT_FRAMES           /* which frames are free */
};

#define OBJECT(kind, cpu) ((uint64_t)(kind) << 32 | (cpu))

/* A drain between two tasks is done on behalf of its vCPU. */
static void
tell(unsigned cpu, const struct explore_access *a, unsigned count)
{
	explore_class_event(explore_hot.active ? explore_current() :
	    EXPLORE_MAX_TASKS + cpu, a, count);
}

static void
one(unsigned cpu, uint64_t object, enum explore_mode mode)
{
	const struct explore_access a = { object, mode };

	tell(cpu, &a, 1);
}

static void
invalidation(unsigned cpu)
{
	const struct explore_access a[] = {
		{ OBJECT(OBJECT_TABLES, 0), EXPLORE_READ },
		{ OBJECT(OBJECT_VCPUS, 0), EXPLORE_READ },
		{ OBJECT(OBJECT_TLB, cpu), EXPLORE_WRITE },
	};

	tell(cpu, a, 3);
}

static void
access_made(unsigned cpu)
{
	const struct explore_access a[] = {
		{ OBJECT(OBJECT_TABLES, 0), EXPLORE_READ },
		{ OBJECT(OBJECT_TLB, cpu), EXPLORE_READ },
	};

	tell(cpu, a, 2);
}

void
sim_class_contract(void)
{
	const struct explore_access a[] = {
		{ OBJECT(OBJECT_TABLES, 0), EXPLORE_READ },
		{ OBJECT(OBJECT_VCPUS, 0), EXPLORE_WRITE },
	};

	tell(explore_current(), a, 2);
}

void
sim_class_interrupt(unsigned cpu)
{
	one(cpu, OBJECT(OBJECT_PENDING, cpu), EXPLORE_WRITE);
}

void
sim_class_frame(void)
{
	one(0, OBJECT(OBJECT_FRAMES, 0), EXPLORE_WRITE);
}

/* A page-table store is weighed by surw once it has been made. */
void
sim_class_machine(void *ctx, const struct machine_event *e)
{
	(void)ctx;
	switch (e->kind) {
	case EVENT_PTE_STORE:
		one(e->cpu, OBJECT(OBJECT_TABLES, 0), EXPLORE_WRITE);
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
	case EVENT_WBINVD:
		invalidation(e->cpu);
		break;
	case EVENT_ACCESS:
	case EVENT_FAULT:
		access_made(e->cpu);
		break;
	case EVENT_MODE:
	case EVENT_IF:
		one(e->cpu, OBJECT(OBJECT_VCPUS, 0), EXPLORE_READ);
		break;
	default:
		break;
	}
}
