/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutate: what the parts of the verb `mutate` share.
 *
 * A subject is the text of one unit of a kernel object; a mutant is one change
 * of it.  mutate_text.c finds subjects and mutants, mutate_run.c judges one
 * mutant, mutate.c does the rest.
 */
#ifndef SHOOTDOWN_CLI_MUTATE_H
#define SHOOTDOWN_CLI_MUTATE_H

#include "cli/rows.h"
#include "mutate/mutate.h"
#include "pmapshim/build/build.h"

#define MUTATE_MAX_FILES 32

struct subject {
	size_t unit;
	char *text;
};

struct mutant {
	const struct subject *subject;
	const struct mutate_change *change;
	unsigned file;          /* index of kernel_object.sources */
	unsigned line;          /* of that file */
	char *id;               /* "RULE FILE:LINE:NUMBER"; stable */
	uint64_t order;         /* seeded; the smallest are the sample */
};

struct mutants_found {
	struct subject *subjects;
	struct mutate_changes *changes; /* one per subject */
	size_t nsubjects;
	struct mutant *v;
	size_t n;
};

/* Finds the subjects of a kept request and all mutants of them. */
void mutants_find(struct build_kept *kept,
                  const struct kernel_object *object,
                  const struct mutate_rules *rules, uint64_t seed,
                  struct mutants_found *ret);
void mutants_clear(struct mutants_found *m);

/* What rows came to with the kernel as it is. */
struct baseline {
	const struct row_list *rows;
	uint64_t schedules;             /* per row, of a mutant */
	uint64_t seed;
	json_t *known;          /* findings of any row: known_key() -> true */
	json_t **own;           /* per row: its own */
	bool *vacuous, *cut;    /* per row */
	size_t *order;          /* rows, the most telling first */
};

/*
 * One row of the kernel as it is: {"findings": {...}, "vacuous": bool,
 * "cut": bool}.
 */
json_t *mutate_baseline_row(const struct baseline *b, size_t row);
/* The worker's part: compiles and judges; the result as it is journalled. */
json_t *mutate_judge(struct build_kept *kept, const struct mutant *m,
                     const struct baseline *b, const char *dir);

#endif
