/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Classes of runs that differ only in the order of independent events.
 *
 * The digest of an event is made of its process' previous event and of what it
 * depends on through the objects that it touches, so it stands for the event's
 * whole causal past.  The hash of a run is the sum of its events' digests:
 * their order in time does not matter, their order in causality does.
 */
#include "explore/engine.h"

#include <stdlib.h>

#define OBJECTS 1024            /* at first; a power of two */

/* Both hold something only if of this run. */
struct process {
	uint64_t run, last;     /* digest of its last event */
};

struct object {
	uint64_t number, run;
	uint64_t changed;       /* digest of the last event that changed it */
	uint64_t read;          /* sum of those that have read it since */
};

static struct {
	uint64_t run, sum;
	struct process *process; /* of a task, and what is done for it, ... */
	unsigned processes;
	struct object *object;
	uint32_t slots, used;
} classes = { .run = 1 };       /* 0: never used */

static uint64_t
mix(uint64_t h, uint64_t value)
{
	h = (h ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);
}

void
class_reset(void)
{
	classes.run++;
	classes.sum = 0;
	classes.used = 0;
}

uint64_t
class_hash(void)
{
	return classes.sum ^ classes.sum >> 29;
}

/* The object's slot, or the free one where it belongs. */
static struct object *
find(uint64_t number)
{
	const uint32_t mask = classes.slots - 1;
	uint64_t i = (number * UINT64_C(0x9e3779b97f4a7c15)) >> 32;

	for (;; i++) {
		struct object *const o = &classes.object[i & mask];

		if (o->run != classes.run || o->number == number)
			return o;
	}
}

static void
grow_objects(void)
{
	struct object *const old = classes.object;
	const uint32_t count = classes.slots;

	classes.slots = count == 0 ? OBJECTS : 2 * count;
	classes.object = calloc(classes.slots, sizeof(*old));
	if (classes.object == NULL)
		abort();
	for (uint32_t i = 0; i < count; i++)
		if (old[i].run == classes.run)
			*find(old[i].number) = old[i];
	free(old);
}

static struct object *
get_object(uint64_t number)
{
	struct object *o;

	if (2 * classes.used >= classes.slots)
		grow_objects();
	o = find(number);
	if (o->run != classes.run) {
		classes.used++;
		*o = (struct object){ number, classes.run, 0, 0 };
	}
	return o;
}

static struct process *
get_process(unsigned number)
{
	const unsigned at = number < EXPLORE_MAX_TASKS ? 2 * number :
	    2 * (number - EXPLORE_MAX_TASKS) + 1;
	struct process *p;

	if (at >= classes.processes)
		classes.process = run_reserve(classes.process,
		    &classes.processes, 2 * at + 16,
		    sizeof(*classes.process));
	p = &classes.process[at];
	if (p->run != classes.run)
		*p = (struct process){ .run = classes.run };
	return p;
}

static uint64_t
finish(struct process *p, uint64_t digest)
{
	digest ^= digest >> 31;
	p->last = digest;
	classes.sum += digest;
	return digest;
}

void
explore_class_event_slow(unsigned process, const struct explore_access *a,
                         unsigned count)
{
	struct process *const p = get_process(process);
	uint64_t h = mix(process + 1, p->last), digest;

	for (unsigned i = 0; i < count; i++) {
		const struct object *const o = get_object(a[i].object);
		const bool reads = a[i].mode == EXPLORE_READ;

		h = mix(h, a[i].object * 2 + reads +
		    o->changed * UINT64_C(0xff51afd7ed558ccd) +
		    (reads ? 0 : o->read * UINT64_C(0xc4ceb9fe1a85ec53)));
	}
	digest = finish(p, h);
	for (unsigned i = 0; i < count; i++) {
		struct object *const o = find(a[i].object);

		if (a[i].mode == EXPLORE_READ) {
			o->read += digest;
		} else {
			o->changed = digest;
			o->read = 0;
		}
	}
}

void
class_choice(unsigned task, unsigned value)
{
	struct process *const p = get_process(task);

	finish(p, mix(mix(task + 1, p->last), ~(uint64_t)value));
}
