/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * metal_on: rows on a real machine: what the guest is told, and what it says.
 */
#ifndef SHOOTDOWN_CLI_METAL_ON_H
#define SHOOTDOWN_CLI_METAL_ON_H

#include "cli/again.h"
#include "pmapshim/metal/job.h"
#include "pmapshim/pmapshim.h"

struct metal_on {
	const char *rung;       /* "tcg", ...; NULL: the model */
	const char *uri;        /* of libvirt, or NULL */
	bool literal;           /* the guest's own host answers */
};

struct metal_result {           /* of a row */
	char *skipped;          /* what it lacks; NULL: it ran */
	bool done;
	uint64_t runs, stale, trouble, diverged, illegal;
	uint64_t canaries, canary_stale, ipis, hypercalls;
	uint64_t dropped, kept;         /* by the literal host */
	uint64_t gone;          /* old entries that were seen to have gone */
	/* The first stale use, and the first trouble. */
	unsigned cpu, turn;
	uint64_t va, seen, tables;
	char access, *mode, *why;
};

struct metal_session {
	const struct metal_on *on;
	char *data;
	size_t size;
	char *object[8];        /* paths of those that are in it */
	unsigned objects, rows, cpus, finished;
	struct again again;
	struct metal_result *result;    /* of each row */
	char *panic, *gave_up;          /* why rows from `finished` on are not done */
};

/* Fails with exit 2 when there is no such rung. */
void metal_on_check(const char *verb, const char *rung);
void metal_begin(struct metal_session *s, const struct metal_on *on);
/*
 * Adds a row.  With a schedule (recorded without store buffers) the row is
 * held to it.
 */
void metal_add(struct metal_session *s, const struct row *row,
               unsigned runs, unsigned canaries,
               const struct schedule *schedule,
               const struct metal_call *calls, unsigned ncalls);
/*
 * One boot for all of them, if its machine stays (again.h).  When the guest fails
 * with no row done, exit 3; else `gave_up` says why.
 */
void metal_boot(struct metal_session *s);
void metal_end(struct metal_session *s);

/* "vCPU 1 in user mode reads frame 0x... at 0x..., the tables say ..." */
char *metal_stale_text(const struct metal_result *r);

#endif
