/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cost: what an operation of memory management costs on either path.
 *
 * Three steps that know nothing of each other: workloads run on the model and
 * their events are counted (the only thing that is measured); a table says
 * what an event costs, each figure with its source; an estimate puts the two
 * together.  Counts never depend on the table.
 */
#ifndef SHOOTDOWN_COST_H
#define SHOOTDOWN_COST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "pmapshim/pmapshim.h"

/* ---- workloads ----------------------------------------------------------------- */

#define COST_MAX_PAGES 512u     /* of one operation: a full page table */

struct cost_workload {
	const char *name;
	const char *what;               /* one line */
	unsigned most;          /* pages that are run; counts are scaled up */
	struct scenario scenario;
};

extern const struct cost_workload *const cost_workloads[];   /* NULL at end */
const struct cost_workload *cost_workload_find(const char *name);
/* Before each run: how large (at most `most`), and all as at the start. */
void cost_workload_reset(unsigned pages);
/* The operation that is counted is under way. */
extern bool cost_workload_counts;

/* ---- counts ---------------------------------------------------------------------- */

enum cost_count {
	COUNT_IPIS,             /* interrupts sent to a vCPU */
	COUNT_BURSTS,           /* times that vCPU 0 sent some and waited */
	COUNT_HYPERCALLS,
	COUNT_TARGETS,          /* other vCPUs that the host flushed */
	COUNT_HOST_FLUSHES,     /* pages, or whole spaces, of the others that
	                           the host flushed */
	COUNT_OWN_HOST_FLUSHES, /* the same of vCPU 0 */
	COUNT_INTERRUPTS,       /* taken by other vCPUs */
	COUNT_WHOLE,            /* vCPUs that lost a whole space's entries */
	COUNT_OVERLAPPED,       /* invalidations by vCPU 0 after its IPIs */
	COUNT_INVLPG, COUNT_INVPCID, COUNT_CR3, COUNT_CR4,      /* by vCPU 0 */
	COUNT_REMOTE_INVLPG, COUNT_REMOTE_INVPCID, COUNT_REMOTE_CR3,
	COUNT_REMOTE_CR4,                       /* by all others together */
	COUNT_COUNT
};

const char *cost_count_name(enum cost_count c);

struct cost_counts {
	double v[COUNT_COUNT];          /* mean per operation */
	double remote_vcpus;            /* others that had to do something */
	bool extrapolated;
};

/* Does the kernel boot so on that many vCPUs?  Else a malloc'ed reason. */
int cost_boots(const struct row *row, const struct cost_workload *w,
               char **ret_why);
/*
 * Runs the workload under `runs` schedules.  0, or -1 with a malloc'ed reason:
 * it did not boot, or a schedule ended with a finding.
 */
int cost_count(const struct row *row, const struct cost_workload *w,
               unsigned pages, unsigned runs, struct cost_counts *ret,
               char **ret_why);
/* On the line through two counts, for a number of vCPUs beyond both. */
void cost_extrapolate(const struct cost_counts *a, unsigned na,
                      const struct cost_counts *b, unsigned nb, unsigned n,
                      struct cost_counts *ret);

/* ---- the table -------------------------------------------------------------------- */

enum cost_figure {
	FIGURE_VM_EXIT, FIGURE_HYPERCALL, FIGURE_HOST_KICK, FIGURE_HOST_FLUSH,
	FIGURE_IPI_EXIT, FIGURE_IPI_TARGET, FIGURE_INTERRUPT, FIGURE_INVLPG,
	FIGURE_INVPCID, FIGURE_CR3, FIGURE_CR4, FIGURE_COUNT
};

struct cost_table {
	double cycles[FIGURE_COUNT], low[FIGURE_COUNT], high[FIGURE_COUNT];
	json_t *json;                   /* as read, sources and all */
};

const char *cost_figure_name(enum cost_figure f);
const char *cost_figure_what(enum cost_figure f);
/* The table that comes with the program. */
const char *cost_table_default(void);
/* 0, or -1 with a malloc'ed one-line reason that names the place. */
int cost_table_load(struct cost_table *t, const char *path, char **ret_why);
void cost_table_clear(struct cost_table *t);

/* ---- estimates ---------------------------------------------------------------------- */

/* What sending IPIs costs in exits: see docs/cost.md. */
enum cost_send { SEND_EACH, SEND_ONCE, SEND_FREE, SEND_COUNT };

const char *cost_send_name(enum cost_send s);

struct cost_estimate {
	double exits;           /* of vCPU 0 and of those it disturbs */
	double latency;         /* cycles of vCPU 0 until the operation is done */
	double total;           /* cycles of all vCPUs */
};

void cost_estimate(const struct cost_table *t, const struct cost_counts *c,
                   enum cost_send send, struct cost_estimate *ret);

/*
 * The part of the native path's latency that the hypercall saves, -inf .. 1:
 * with the table's figures, and with those of each path at the end of their
 * ranges that is worst, and best, for the hypercall.
 */
struct cost_saving {
	double worst, nominal, best;
	bool any;               /* there was a cost to save */
};

void cost_saving(const struct cost_table *t, const struct cost_counts *native,
                 const struct cost_counts *hypercall, enum cost_send send,
                 struct cost_saving *ret);

/* ---- the plot ------------------------------------------------------------------------ */

/* A drawing of the JSON report, as SVG; 0, or a negative errno. */
int cost_plot(const json_t *report, FILE *f);

#endif
