/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table: the rows of a report on a terminal, one line for each kernel, path
 * and scenario, or one for each row.
 */
#ifndef SHOOTDOWN_CLI_TABLE_H
#define SHOOTDOWN_CLI_TABLE_H

#include <jansson.h>
#include <stdio.h>

#define TABLE_WIDTH 100

/* Rows that follow each other and have kernel, path and scenario in common. */
void table_print_groups(FILE *f, const json_t *rows);
void table_print_rows(FILE *f, const json_t *rows);
/*
 * What the rows [begin, end) came to: "clean", or which of them did not:
 * "findings in 6 of 12: modes with pti"; malloc'ed.
 */
char *table_status(const json_t *rows, size_t begin, size_t end);
/* Names the groups whose rows have this status, with what it means. */
void table_print_unfinished(FILE *f, const json_t *rows, const char *status,
                            const char *meaning);
/* A text after a title, broken into lines of TABLE_WIDTH columns. */
void table_wrap(FILE *f, const char *title, const char *text, int indent);

#endif
