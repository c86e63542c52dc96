/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * presubmit: is a patch to a kernel's shootdown code all right?
 *
 * Both sides of the patch are taken out of the user's tree into a cache, run
 * by `shootdown check` with the same rows, seeds and budget, and compared.
 * What could not be compared is never counted as right.  The answer is JSON;
 * README.md has its shape.
 */
#ifndef SHOOTDOWN_PRESUBMIT_PRESUBMIT_H
#define SHOOTDOWN_PRESUBMIT_PRESUBMIT_H

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

/* As of the command; 1 wins over 3. */
enum presubmit_status {
	PRESUBMIT_ACCEPTED = 0,
	PRESUBMIT_REFUSED = 1,
	PRESUBMIT_USAGE = 2,
	PRESUBMIT_UNFINISHED = 3        /* "not validated" */
};

struct presubmit_options {
	const char *self;       /* the shootdown executable */
	const char *tree;       /* a git tree, a folder, or packed */
	const char *base, *head;        /* revisions, or NULL */
	const char *patch;      /* file with a diff, or NULL */
	const char *kernel;     /* NULL: the tree tells */
	const char *known;      /* file of known findings, or NULL */
	const char *const *check;       /* more options of check; NULL at end */
	const char *schedules_dir;      /* of the head's findings */
	const char *cache;      /* folder for both sides */
	const char *shims;      /* pmapshim: what surrounds the kernels */
	const json_t *told;     /* the options, for the report */
	bool progress;          /* stderr is a terminal */
	const volatile sig_atomic_t *interrupted;
};

/*
 * Returns the exit status and the report in *ret.  Without a report (bad usage
 * or input, or trouble with the machine) *ret is NULL and *ret_why one
 * malloc'ed line.
 */
int presubmit_run(const struct presubmit_options *o, json_t **ret,
                  char **ret_why);

/* The report for a person; tty: with progress and colours. */
void presubmit_print(FILE *f, const json_t *report, bool colours);

#endif
