/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_options: the command line of `check`.
 */
#ifndef SHOOTDOWN_CLI_CHECK_OPTIONS_H
#define SHOOTDOWN_CLI_CHECK_OPTIONS_H

#include "cli/rows.h"
#include "cli/search.h"

struct check_options {
	const char *kernels[ROWS_MAX_LIST];
	unsigned nkernels;
	const char *tree;
	struct row_options rows;
	struct search search;
	double time;                    /* --time; 0: not given */
	bool schedules_given;
	unsigned jobs;
	bool strict;
	bool every_row;                 /* --rows */
	const char *known, *write_known;
	const char *json, *junit, *sarif, *markdown, *html;
	bool coverage;                  /* lines in the JSON report */
	bool progress;                  /* even without a terminal */
	char *schedules_dir;            /* malloc'ed */
	const char *machine_name;
	const char *on, *connect;       /* a rung; NULL: the model */
	const char *cpu;        /* NULL: what both manuals promise */
};

/* Fills *ret, or ends the process with one line and exit 2. */
void check_options_parse(int argc, char **argv, struct check_options *ret);
void check_options_clear(struct check_options *o);
json_t *check_options_to_json(const struct check_options *o);
/* Where schedule files go by default; malloc'ed. */
char *check_default_folder(void);
/* Is there a kernel of that name?  Fails with exit 2 when not. */
void check_kernel_name(const char *verb, const char *name);
/* --place of a verb; and whether there are such vCPUs. */
void check_set_place(const char *verb, struct row_options *r, const char *arg);
void check_places(const char *verb, const struct row_options *r);

#endif
