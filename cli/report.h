/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report: the terminal's view of a check, made from the JSON report, so that
 * the two cannot differ.
 */
#ifndef SHOOTDOWN_CLI_REPORT_H
#define SHOOTDOWN_CLI_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "cli/known.h"

/* Member of an object as text; "" when it is not there. */
const char *report_text(const json_t *object, const char *key);
json_int_t report_number(const json_t *object, const char *key);
/* The line of a row; malloc'ed. */
char *report_row_name(const json_t *row);

/*
 * Table (a line for each scenario, or for each row), what was skipped,
 * findings, and the summary.
 */
void report_print(FILE *f, const json_t *report,
                  const struct known_list *known, bool every_row);

/* "\33[31m" and the like, or "" without a terminal or with NO_COLOR. */
enum report_colour { COLOUR_OFF, COLOUR_RED, COLOUR_GREEN, COLOUR_YELLOW,
                     COLOUR_BOLD };
const char *report_colour(FILE *f, enum report_colour c);

#endif
