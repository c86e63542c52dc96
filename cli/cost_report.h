/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cost_report: the terminal's view of a cost report, made from the JSON.
 */
#ifndef SHOOTDOWN_CLI_COST_REPORT_H
#define SHOOTDOWN_CLI_COST_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Counts (of every cell, or of the largest that was run), then savings. */
void cost_report_print(FILE *f, const json_t *report, bool all_counts);

#endif
