/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elts: the external suite of the verb litmus.
 */
#ifndef SHOOTDOWN_CLI_ELTS_H
#define SHOOTDOWN_CLI_ELTS_H

/* Runs each row of the table; prints; returns the exit status. */
int elts_run(const char *file);

#endif
