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

#include <string.h>

#define OBJECTS 1024            /* a power of two; beyond: one for all */
#define PROCESSES (2 * EXPLORE_MAX_TASKS)
#define TOUCHED 32              /* objects of one event; further ones: others */

struct object {
	uint64_t number, run;   /* free unless of this run */
	uint64_t changed;       /* digest of the last event that changed it */
	uint64_t read;          /* sum of those that have read it since */
};

static struct {
	uint64_t run, sum, last[PROCESSES];
	struct object object[OBJECTS], others;
	unsigned used;
} classes = { .run = 1 };       /* 0: a slot never used */

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
	memset(classes.last, 0, sizeof(classes.last));
	classes.others = (struct object){ 0 };
}

uint64_t
class_hash(void)
{
	return classes.sum ^ classes.sum >> 29;
}

static struct object *
find(uint64_t number)
{
	uint64_t i = (number * UINT64_C(0x9e3779b97f4a7c15)) >> 32 &
	    (OBJECTS - 1);

	for (;; i = (i + 1) & (OBJECTS - 1)) {
		struct object *const o = &classes.object[i];

		if (o->run != classes.run) {
			if (classes.used == OBJECTS / 2)
				return &classes.others;
			classes.used++;
			*o = (struct object){ number, classes.run, 0, 0 };
			return o;
		}
		if (o->number == number)
			return o;
	}
}

static void
finish(unsigned process, uint64_t digest)
{
	digest ^= digest >> 31;
	classes.last[process] = digest;
	classes.sum += digest;
}

void
explore_class_event(unsigned process, const struct explore_access *a,
                    unsigned count)
{
	uint64_t h = mix(process + 1, classes.last[process]), digest;
	struct object *touched[TOUCHED];

	for (unsigned i = 0; i < count; i++) {
		struct object *const o = i < TOUCHED ? find(a[i].object) :
		    &classes.others;
		const bool reads = a[i].mode == EXPLORE_READ;

		if (i < TOUCHED)
			touched[i] = o;
		h = mix(h, a[i].object * 2 + reads +
		    o->changed * UINT64_C(0xff51afd7ed558ccd) +
		    (reads ? 0 : o->read * UINT64_C(0xc4ceb9fe1a85ec53)));
	}
	finish(process, h);
	digest = classes.last[process];
	for (unsigned i = 0; i < count; i++) {
		struct object *const o = i < TOUCHED ? touched[i] :
		    &classes.others;

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
	finish(task, mix(mix(task + 1, classes.last[task]), ~(uint64_t)value));
}
