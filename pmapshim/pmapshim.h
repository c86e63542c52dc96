/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pmapshim: runs one kernel under test, in one scenario, under one schedule.
 *
 * A runner is a row made ready: the kernel object loaded, booted in one mode
 * on the model machine under one host profile, the scenario set up, and all of
 * it saved.  runner_run() then runs one schedule from that state.  Only one
 * runner can be open at a time in a process (a kernel object has globals).
 */
#ifndef SHOOTDOWN_PMAPSHIM_H
#define SHOOTDOWN_PMAPSHIM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "explore/explore.h"
#include "hvsim/hvsim.h"
#include "model/model.h"
#include "pmapshim/kernel.h"
#include "scenarios/scenarios.h"

/* ---- kernel objects ----------------------------------------------------------- */

struct kernel_source {
	char *path;             /* as the user would write it */
	char sha256[65];
};

struct kernel_object {
	const char *name;               /* "reference", "freebsd", "linux" */
	char *so;                       /* the shared object to load */
	struct kernel_source *sources;  /* files of the tree that are tested */
	unsigned nsources;
	char *tree;                     /* or NULL */
};

enum kernel_status {
	KERNEL_OK,
	KERNEL_ABSENT,          /* no source found: exit 3 when asked for by name */
	KERNEL_BAD_TREE,        /* source there, but unusable: exit 2 */
	KERNEL_NO_TOOL          /* compiler or ctags missing: exit 3 */
};

/*
 * Finds a kernel's source (tree: NULL for the default place), builds its
 * object into the cache when needed.  On anything but KERNEL_OK, *ret_why is
 * one malloc'ed line: what, where, what to do.
 */
enum kernel_status kernel_prepare(const char *name, const char *tree,
                                  struct kernel_object *ret, char **ret_why);
/*
 * The same for rows of up to that many vCPUs: the kernel's sets of processors
 * are as long as they need, in words, since each word of one costs scheduling
 * points.  kernel_prepare() has one word, which is up to KERNEL_CPUS.
 */
#define KERNEL_CPUS 64u
enum kernel_status kernel_prepare_for(const char *name, const char *tree,
                                      unsigned cpus, struct kernel_object *ret,
                                      char **ret_why);
/* What the sets have room for: whole words. */
unsigned kernel_cpus_rounded(unsigned cpus);
void kernel_object_clear(struct kernel_object *k);
/* Names of all kernels, NULL-terminated: reference, linux, freebsd, xen. */
extern const char *const kernel_names[];

/*
 * Where the shims of the kernels are: $SHOOTDOWN_SHIMS, else the source tree
 * that the executable was built from, else where it was installed.
 */
const char *kernel_shim_dir(void);
/* One preparer per kernel, called by kernel_prepare_for(); cpus is rounded. */
enum kernel_status reference_prepare(const char *tree, unsigned cpus,
                                     struct kernel_object *ret, char **ret_why);
enum kernel_status linux_prepare(const char *tree, unsigned cpus,
                                 struct kernel_object *ret, char **ret_why);
enum kernel_status freebsd_prepare(const char *tree, unsigned cpus,
                                   struct kernel_object *ret, char **ret_why);
enum kernel_status xen_prepare(const char *tree, unsigned cpus,
                               struct kernel_object *ret, char **ret_why);
/* Loads the object; NULL with *ret_why on trouble.  Stays loaded. */
const struct kernel_ops *kernel_load(const struct kernel_object *k,
                                     char **ret_why);

/* "nopcid", "pcid+invpcid+pti"; buf of 32 bytes.  Parse: -1 when unknown. */
const char *kernel_mode_name(unsigned mode, char *buf);
int kernel_mode_parse(const char *text, unsigned *ret);

/* ---- rows and runs ------------------------------------------------------------- */

/* vCPUs of a row, whatever its kernel and its scenario take. */
#define RUNNER_MAX_CPUS (EXPLORE_MAX_TASKS < MACHINE_MAX_CPUS ? \
	EXPLORE_MAX_TASKS : MACHINE_MAX_CPUS)

struct row {
	const struct kernel_object *object;
	const struct kernel_ops *kernel;
	const struct scenario *scenario;
	bool hypercall;                 /* path */
	unsigned mode;                  /* KMODE_* */
	unsigned vcpus;
	/*
	 * Where the scenario's programs run: the i-th on vCPU place[i], while
	 * the other vCPUs stay in the kernel's own space and have nothing to
	 * do.  programs 0: each vCPU has the one of its number.
	 */
	unsigned programs;
	uint32_t place[RUNNER_MAX_CPUS];
	uint32_t vp_index[RUNNER_MAX_CPUS];
	struct hv_profile host;
	struct machine_config machine;
	unsigned mutant;                /* 0: none */
	bool swallow;                   /* canary: invalidations do nothing */
	/* Bit n: the n-th operation of the vCPU's program is left out. */
	uint32_t left_out[RUNNER_MAX_CPUS];
};

/* How many programs the row has. */
static inline unsigned
row_programs(const struct row *r)
{
	return r->programs != 0 ? r->programs : r->vcpus;
}

/*
 * One operation of a vCPU's program in a run: a kernel operation, a touch, a
 * visit to user mode.  [begin, end) in the vCPU's own scheduling points.
 */
struct runner_operation {
	const char *name;
	uint32_t begin, end;    /* equal when the run ended in it */
	bool done;              /* not left out */
};

#define RUNNER_OPERATIONS 32    /* of a vCPU; further ones are always done */

struct run_stats {                      /* of one run */
	uint64_t steps;
	uint64_t candidates, remote_candidates;
	uint64_t invalidations, overflush;
	uint32_t hypercalls, flush_calls, flush_ex_calls, ipis, targets;
};

struct run_result {
	bool found;
	struct machine_finding finding; /* when found */
	char message[256];              /* assertion text, deadlock, fault rule */
	const char *operation;          /* outermost kernel operation, or NULL */
	const char *file;               /* of an assertion, or NULL */
	int line;
	struct run_stats stats;
	struct explore_result explore;
	bool overflowed;        /* a table of the model was too small: void */
};

/*
 * Makes the row ready.  Returns 0, or -1 with a malloc'ed *ret_why.  The row
 * is copied.  Findings during boot or set-up are reported as *ret_why.
 */
int runner_open(const struct row *row, char **ret_why);
void runner_close(void);
/* Withdraws or grants permissions of the open row (same snapshot). */
void runner_machine(const struct machine_config *c);
void runner_host(const struct hv_profile *p);
/*
 * Leaves operations out of the open row's programs, as row.left_out says.  A
 * program stays legal: what depends on an operation that is left out (the
 * touches of a visit, the way back from it, the frames of an unmap) is left
 * out too, and a run that would enter user mode in another space than its
 * program says ends without a finding.
 */
void runner_leave_out(const uint32_t left_out[RUNNER_MAX_CPUS]);
/*
 * The operations that a vCPU's program has come to in the last run; returns
 * how many.
 */
unsigned runner_operations(unsigned cpu,
                           const struct runner_operation **ret);
/* One run.  The choices made go to *record when it is not NULL. */
void runner_run(const struct strategy *strategy, struct schedule *record,
                struct run_result *ret);

/*
 * Hash of all that the last run has left behind: memory of the machine and of
 * the kernel, the vCPUs, the host's counters.
 */
uint64_t runner_state(void);

/* ---- traces: what happened in a run, for people --------------------------------- */

enum trace_kind {
	TRACE_MACHINE,          /* machine event in .machine */
	TRACE_SITE,             /* pc[] of the machine event that follows */
	TRACE_SWITCH,           /* cpu runs from here on */
	TRACE_OP_BEGIN, TRACE_OP_END, TRACE_INVAL_BEGIN, TRACE_INVAL_END,
	TRACE_IPI_SEND,         /* a: target, b: vector */
	TRACE_IPI_TAKE, TRACE_IPI_DONE,
	TRACE_HYPERCALL,        /* text: decoded input */
	TRACE_HYPERCALL_DONE,   /* a: result value */
	TRACE_FRAME_FREE,       /* a: pa */
	TRACE_FINDING,
	TRACE_NMI_SEND,         /* a: target, b: what its handler wants to read */
	TRACE_NMI_TAKE, TRACE_NMI_DONE
};

struct trace_event {
	enum trace_kind kind;
	unsigned cpu;
	uint64_t step;          /* of the whole run */
	struct machine_event machine;
	uint64_t a, b;
	char text[200];
	void *pc[6];            /* innermost first: callers in the kernel object */
	unsigned npc;
};

/*
 * Turns tracing on for the runs that follow: sink gets each event; NULL off.
 */
void runner_trace(void (*sink)(void *ctx, const struct trace_event *e),
                  void *ctx);

#endif
