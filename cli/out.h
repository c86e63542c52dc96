/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * out: reports in the formats of others, made from a JSON report: that of
 * `check` (it has "rows") or that of `presubmit` (it has "verdict").
 *
 * What did not run or could not have found anything is never written as
 * passed: a row that was skipped is a skip, a blind, vacuous or unfinished one
 * an error.
 */
#ifndef SHOOTDOWN_CLI_OUT_H
#define SHOOTDOWN_CLI_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Writes the report to f; 0, or a negative errno. */
typedef int out_writer(const json_t *report, FILE *f);

/* JUnit's XML: a test case for each row, or for each question of a patch. */
out_writer out_junit;
/* SARIF 2.1.0: findings at their lines, one thread flow for each vCPU. */
out_writer out_sarif;
/* A summary for a review, in GitHub's Markdown. */
out_writer out_markdown;
/* One page that needs no other file, with each schedule drawn. */
out_writer out_html;

/* The same into a file: all of it, or nothing and a negative errno. */
int out_file(const char *path, out_writer *writer, const json_t *report);

/* ---- what the writers share ------------------------------------------------- */

/* A finding, told once for all rows that have it. */
struct out_finding {
	const json_t *finding;
	const char *state;      /* "new", "fixed", "unchanged"; check: "" */
	json_t *rows;           /* their names */
	bool counts;            /* sets exit 1 */
};

struct out_findings {
	struct out_finding *v;
	size_t count;
};

/* By signature and class, those of `check` in the order of its rows. */
void out_findings_make(const json_t *report, struct out_findings *ret);
void out_findings_clear(struct out_findings *list);
bool out_is_presubmit(const json_t *report);
/* Is it of a class that sets exit 1, and not known? */
bool out_counts(const json_t *report, const json_t *finding);
/* "kernel path scenario ..." of a row that is an object or text; malloc'ed. */
char *out_row_name(const json_t *row);
/* The story and what follows from it, as the terminal has it; malloc'ed. */
char *out_story(const json_t *finding);
/* Members of the array "needs" and "needs_or" in words; malloc'ed. */
char *out_needs(const json_t *finding);
/* What a status that is neither clean nor findings means. */
const char *out_status_meaning(const char *status);
/* The text with '?' for control characters but newline and tab; malloc'ed. */
char *out_printable(const char *text);
/* Appends to *text, frees `more`. */
void out_add(char **text, char *more);
/* 0, or the negative errno of what went wrong with f. */
int out_end(FILE *f);

#endif
