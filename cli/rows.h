/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rows: from options to the list of rows that `check` runs.
 *
 * A row = kernel x path x scenario x mode x vCPUs x host.  The order is fixed
 * by the lists of kernels, scenarios and modes, never by anything measured.
 * What was asked for and cannot run is named in `skipped` with its reason.
 */
#ifndef SHOOTDOWN_CLI_ROWS_H
#define SHOOTDOWN_CLI_ROWS_H

#include <jansson.h>

#include "pmapshim/pmapshim.h"

#define ROWS_MAX_LIST 32

enum { PATH_NATIVE = 1, PATH_HYPERCALL = 2 };

struct row_options {
	unsigned paths;                         /* PATH_* */
	bool path_named;                        /* --path was given */
	const char *scenarios[ROWS_MAX_LIST];   /* globs; none: all */
	unsigned nscenarios;
	unsigned vcpus;                         /* 0: the scenario's own */
	struct row indexes;                     /* .vp_index of .vcpus, if not 0 */
	struct row placed;                      /* .place of .programs, likewise */
	unsigned modes[ROWS_MAX_LIST];          /* none: the kernel's own */
	unsigned nmodes;
	struct hv_profile hosts[ROWS_MAX_LIST]; /* none: tlfs */
	unsigned nhosts;
	struct machine_config machine;          /* cpus is set per row */
	const char *mutant;                     /* or NULL */
};

struct row_list {
	struct row *rows;
	size_t count, capacity;
	json_t *skipped;        /* array of {"what","why"} */
};

void row_list_init(struct row_list *l);
void row_list_clear(struct row_list *l);
void row_list_skip(struct row_list *l, const char *what, const char *why);
/* vCPUs of its largest row: what the kernels have to be built for. */
unsigned row_options_vcpus(const struct row_options *o);
/* Adds the rows of one kernel. */
void row_list_add_kernel(struct row_list *l, const struct row_options *o,
                         const struct kernel_object *object,
                         const struct kernel_ops *kernel);
/* Does any glob of the options match no scenario?  Returns it, or NULL. */
const char *row_options_bad_glob(const struct row_options *o);

#endif
