/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * operations.c: the operations of scenario programs, counted, and left out
 * where the row says so.
 *
 * A program calls the kernel through a table of our own, so that a vCPU's n-th
 * operation is the same one in every run, whatever the schedule.  What is left
 * out takes what depends on it along; a run in which it cannot (the program
 * would go on in another space than it was written for) is illegal, and ends
 * without a finding.
 */
#ifdef SHOOTDOWN_METAL
#include "pmapshim/metal/operations.h"
#else
#include "pmapshim/sim/sim.h"
#endif

#include <string.h>

struct program {
	unsigned count;                 /* operations come to */
	unsigned open;                  /* the one under way, + 1 */
	bool changed;                   /* something was left out */
	bool did;                       /* the last operation was done */
	bool interruptible;             /* IF, as it began */
	bool inside, inside_done;       /* of a visit or window; is it done? */
	unsigned visit;                 /* its operation, + 1 */
	bool unmap_left_out;
	/* Where the program thinks that it is, and where it really is. */
	void *wanted, *actual;
	bool lazy_wanted, lazy_actual;
	struct runner_operation op[RUNNER_OPERATIONS];
};

static struct program programs[RUNNER_MAX_CPUS];
static bool illegal;
static const struct kernel_ops *real;
static struct kernel_ops filter;

static struct program *
self(void)
{
	return &programs[explore_current()];
}

void
operations_reset(void)
{
	illegal = false;
	for (unsigned c = 0; c < sd_ncpus(); c++) {
		struct program *p = &programs[c];

		/* what op[] holds beyond `count` says nothing */
		memset(p, 0, offsetof(struct program, op));
		p->wanted = p->actual = operations_space();
	}
}

bool
operations_illegal(void)
{
	return illegal;
}

unsigned
runner_operations(unsigned cpu, const struct runner_operation **ret)
{
	const struct program *p = &programs[cpu];

	*ret = p->op;
	return p->count < RUNNER_OPERATIONS ? p->count : RUNNER_OPERATIONS;
}

/* Its number is given; may_do: nothing that it depends on was left out. */
static bool
begin(const char *name, bool may_do)
{
	struct program *p = self();
	unsigned n;
	bool done = may_do;

	if (!explore_hot.active)
		return true;
	n = p->count++;
	p->open = 0;
	if (n < RUNNER_OPERATIONS) {
		const uint32_t step = explore_local_step();

		done = done &&
		    (operations_left_out(explore_current()) >> n & 1) == 0;
		p->op[n] = (struct runner_operation){ name, step, step,
		    done };
		p->open = done ? n + 1 : 0;
	}
	p->changed = p->changed || !done;
	p->did = done;
	p->interruptible = operations_if();
	return done;
}

static void
end_number(struct program *p, unsigned number)
{
	if (number != 0 && explore_hot.active)
		p->op[number - 1].end = explore_local_step();
}

bool
scn_did(void)
{
	return self()->did;
}

void
operation_end(void)
{
	struct program *p = self();

	end_number(p, p->open);
	p->open = 0;
	/* What follows may turn them on again, and nobody would have seen it. */
	if (explore_hot.active && p->interruptible && !operations_if())
		sd_unbalanced("an operation returns with interrupts off");
}

bool
operation_begin(const char *name)
{
	return begin(name, true);
}

bool
operation_begin_inside(const char *name)
{
	const struct program *p = self();

	return begin(name, !p->inside || p->inside_done);
}

bool
operation_begin_free(void)
{
	return begin("free a frame", !self()->unmap_left_out);
}

_Noreturn void
operations_break(void)
{
	illegal = true;
	explore_stop();
}

/* User memory is used in the space that the program was written for. */
static void
check_space(const struct program *p)
{
	if (!p->changed || (p->wanted == p->actual &&
	    p->lazy_wanted == p->lazy_actual))
		return;
	operations_break();
}

bool
operation_enter(const char *name)
{
	struct program *p = self();

	if (!explore_hot.active)
		return true;
	p->inside = true;
	p->inside_done = begin(name, true);
	if (p->inside_done)
		check_space(p);
	p->visit = p->open;
	p->open = 0;
	return p->inside_done;
}

bool
operation_leave(void)
{
	struct program *p = self();

	if (!explore_hot.active)
		return true;
	p->inside = false;
	p->open = p->visit;
	return p->inside_done;
}

/* ---- what stands in for the kernel's operations ------------------------------- */

/* An operation that takes something away. */
static bool
begin_unmap(const char *name)
{
	struct program *p = self();
	const bool done = begin(name, true);

	if (!done)
		p->unmap_left_out = true;
	return done;
}

static void
filter_map(void *space, unsigned long va, const unsigned long *frames,
           unsigned pages, unsigned prot)
{
	if (!begin("map", true))
		return;
	real->map(space, va, frames, pages, prot);
	operation_end();
}

static void
filter_unmap(void *space, unsigned long va, unsigned pages)
{
	if (!begin_unmap("unmap"))
		return;
	real->unmap(space, va, pages);
	operation_end();
}

static void
filter_protect(void *space, unsigned long va, unsigned pages, unsigned prot)
{
	if (!begin_unmap("protect"))
		return;
	real->protect(space, va, pages, prot);
	operation_end();
}

static void
filter_remap(void *space, unsigned long va, unsigned long frame,
             unsigned prot)
{
	if (!begin_unmap("remap"))
		return;
	real->remap(space, va, frame, prot);
	operation_end();
}

static void
filter_flush_all(void *space)
{
	if (!begin("flush_all", true))
		return;
	real->flush_all(space);
	operation_end();
}

static void
filter_unmap_all(void *space, unsigned long va, unsigned pages)
{
	if (!begin_unmap("unmap_all"))
		return;
	real->unmap_all(space, va, pages);
	operation_end();
}

static void
filter_free_table(void *space, unsigned long va)
{
	if (!begin_unmap("free_table"))
		return;
	real->free_table(space, va);
	operation_end();
}

/* Nobody may be in it, which an activate that was left out can undo. */
static void
filter_space_destroy(void *space)
{
	if (!begin_unmap("space_destroy"))
		return;
	for (unsigned c = 0; c < sd_ncpus(); c++)
		if (programs[c].changed && programs[c].actual == space) {
			illegal = true;
			explore_stop();
		}
	real->space_destroy(space);
	operation_end();
}

static void
filter_unmap_deferred(void *space, unsigned long va, unsigned pages)
{
	if (!begin_unmap("unmap_deferred"))
		return;
	real->unmap_deferred(space, va, pages);
	operation_end();
}

/* Without it, no frame may be given back. */
static void
filter_drain(void *space)
{
	struct program *p = self();

	if (!begin("drain", !p->unmap_left_out)) {
		p->unmap_left_out = true;
		return;
	}
	real->drain(space);
	operation_end();
}

static void
filter_walk(unsigned long va)
{
	if (!begin("walk", true))
		return;
	check_space(self());
	real->walk(va);
	operation_end();
}

static void
filter_promote(void *space, unsigned long va)
{
	if (!begin("promote", true))
		return;
	real->promote(space, va);
	operation_end();
}

static void
filter_demote(void *space, unsigned long va)
{
	if (!begin("demote", true))
		return;
	real->demote(space, va);
	operation_end();
}

static void
filter_unmap_large(void *space, unsigned long va, unsigned pages,
                   unsigned level)
{
	if (!begin_unmap("unmap_large"))
		return;
	real->unmap_large(space, va, pages, level);
	operation_end();
}

static void
filter_free_upper(void *space, unsigned long va, unsigned level)
{
	if (!begin_unmap("free_upper"))
		return;
	real->free_upper(space, va, level);
	operation_end();
}

static void
filter_unmap_listed(unsigned long va, unsigned pages)
{
	if (!begin_unmap("unmap_listed"))
		return;
	real->unmap_listed(va, pages);
	operation_end();
}

static void
filter_guest_run(void *space)
{
	if (!begin("guest_run", true))
		return;
	real->guest_run(space);
	operation_end();
}

static void
filter_guest_touch(void *space, unsigned long gpa, int write)
{
	if (!begin("guest_touch", true))
		return;
	real->guest_touch(space, gpa, write);
	operation_end();
}

static void
filter_age(void *space, unsigned long va)
{
	if (!begin("age", true))
		return;
	real->age(space, va);
	operation_end();
}

static void
filter_clean(void *space, unsigned long va)
{
	if (!begin("clean", true))
		return;
	real->clean(space, va);
	operation_end();
}

static void
filter_flush_cache(void)
{
	if (!begin("flush_cache", true))
		return;
	real->flush_cache();
	operation_end();
}

static void
filter_detach(void)
{
	if (!begin("detach", true))
		return;
	real->detach();
	operation_end();
}

static void
filter_cpu_attach(void)
{
	if (!begin("cpu_attach", true))
		return;
	real->cpu_attach();
	operation_end();
}

/* A switch to where the vCPU is already goes with the one away. */
static void
filter_activate(void *space)
{
	struct program *p = self();
	const bool there = p->changed && space == p->actual && !p->lazy_actual;
	const bool done = begin("activate", !there);

	p->wanted = space;
	p->lazy_wanted = false;
	if (!done)
		return;
	p->actual = space;
	p->lazy_actual = false;
	real->activate(space);
	operation_end();
}

static void
filter_enter_lazy(void)
{
	struct program *p = self();
	const bool done = begin("enter_lazy", p->wanted == p->actual);

	p->lazy_wanted = true;
	if (!done)
		return;
	p->lazy_actual = true;
	real->enter_lazy();
	operation_end();
}

/* It comes back to where it was, whatever that is. */
static void
filter_temporary(void *space, unsigned long va)
{
	if (!begin("temporary", true))
		return;
	real->temporary(space, va);
	operation_end();
}

/* A kernel thread comes in between, and leaves the vCPU lazy in that space. */
static void
filter_borrow(void *space, unsigned long va)
{
	struct program *p = self();
	const bool done = begin("borrow", true);

	p->wanted = space;
	p->lazy_wanted = true;
	if (!done)
		return;
	p->actual = space;
	p->lazy_actual = true;
	real->borrow(space, va);
	operation_end();
}

static void
filter_access_begin(void)
{
	if (operation_enter("user access"))
		real->access_begin();
}

static void
filter_access_end(void)
{
	if (!operation_leave())
		return;
	real->access_end();
	operation_end();
}

const struct kernel_ops *
operations_filter(const struct kernel_ops *k)
{
	real = k;
	filter = *k;
	filter.map = filter_map;
	filter.unmap = filter_unmap;
	filter.protect = filter_protect;
	filter.remap = filter_remap;
	filter.flush_all = filter_flush_all;
	filter.unmap_all = filter_unmap_all;
	filter.free_table = filter_free_table;
	filter.space_destroy = filter_space_destroy;
	filter.activate = filter_activate;
	filter.access_begin = filter_access_begin;
	filter.access_end = filter_access_end;
	if (k->promote != NULL)
		filter.promote = filter_promote;
	if (k->demote != NULL)
		filter.demote = filter_demote;
	if (k->map_large != NULL) {
		filter.unmap_large = filter_unmap_large;
		filter.free_upper = filter_free_upper;
	}
	if (k->unmap_listed != NULL)
		filter.unmap_listed = filter_unmap_listed;
	if (k->guest_run != NULL)
		filter.guest_run = filter_guest_run;
	if (k->guest_touch != NULL)
		filter.guest_touch = filter_guest_touch;
	if (k->age != NULL)
		filter.age = filter_age;
	if (k->clean != NULL)
		filter.clean = filter_clean;
	if (k->detach != NULL)
		filter.detach = filter_detach;
	if (k->cpu_attach != NULL)
		filter.cpu_attach = filter_cpu_attach;
	if (k->flush_cache != NULL)
		filter.flush_cache = filter_flush_cache;
	if (k->enter_lazy != NULL)
		filter.enter_lazy = filter_enter_lazy;
	if (k->temporary != NULL)
		filter.temporary = filter_temporary;
	if (k->borrow != NULL)
		filter.borrow = filter_borrow;
	if (k->drain != NULL) {
		filter.unmap_deferred = filter_unmap_deferred;
		filter.drain = filter_drain;
	}
	if (k->walk != NULL)
		filter.walk = filter_walk;
	return &filter;
}
