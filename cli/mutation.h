/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutation: one run of the verb `mutate`, as its own files see it: mutate.c
 * runs it, mutate_folder.c has its files, mutate_journal.c keeps what is known,
 * mutate_report.c tells it.
 */
#ifndef SHOOTDOWN_CLI_MUTATION_H
#define SHOOTDOWN_CLI_MUTATION_H

#include <stdio.h>

#include "cli/mutate.h"

struct mutation {
	const char *kernel, *tree, *file, *rules_path, *resume, *json;
	const char *mutant;             /* glob over names; NULL: any */
	unsigned sample, jobs;          /* sample 0: all */
	uint64_t seed;
	bool list;
	struct hv_profile hosts[ROWS_MAX_LIST]; /* none: tlfs */
	unsigned nhosts;
	const char *scenarios[ROWS_MAX_LIST];   /* none: all */
	unsigned nscenarios;
	struct row_options size;        /* vCPUs and places, if they are given */
	struct mutate_rules rules;
	struct kernel_object object;
	const struct kernel_ops *ops;
	struct build_kept *kept;
	struct mutants_found found;
	size_t *chosen, nchosen;        /* indexes of found.v, in text order */
	json_t **results;               /* per chosen */
	struct row_list rows;
	struct baseline base;
	unsigned *kills;                /* per row */
	char *dir;                      /* of the variants */
	int lock;                       /* on it, as long as the run lives */
	size_t batch;                   /* first of the batch */
	size_t *todo, ntodo;            /* of the batch */
	FILE *journal;
};

/*
 * A folder of the run's own in the cache; what killed runs left there goes.
 * mutation_drop_folder() may be called without one.
 */
void mutation_make_folder(struct mutation *m);
void mutation_drop_folder(struct mutation *m);
/* Malloc'ed: where the i-th of those chosen is compiled. */
char *mutation_variant_folder(const struct mutation *m, size_t i);
void mutation_remove_folder(const char *path);
/* Makes m->rows of the loaded kernel: mutate_rows.c. */
void mutation_make_rows(struct mutation *m);

/* Reads --resume's file, or begins it; without one it does nothing. */
void mutation_journal_open(struct mutation *m);
void mutation_journal_add(struct mutation *m, const json_t *line);
/* The result of the i-th of those chosen; taken. */
void mutation_keep_result(struct mutation *m, size_t i, json_t *result);

void mutation_print_files(const struct mutation *m);
void mutation_print_survivors(const struct mutation *m);
void mutation_write_json(const struct mutation *m);

#endif
