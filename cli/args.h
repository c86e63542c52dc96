/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * args: argp for one verb, with this program's manners: one line for an
 * error, exit 2, never a usage dump.
 */
#ifndef SHOOTDOWN_CLI_ARGS_H
#define SHOOTDOWN_CLI_ARGS_H

#include <argp.h>

/*
 * Parses; on a bad option prints one line and exits 2; --help and --usage
 * print and exit 0.  flags: ARGP_IN_ORDER or 0.
 */
void args_parse(const struct argp *argp, unsigned flags, int argc,
                char **argv, void *input);
/* What --help prints. */
void args_help(const struct argp *argp, const char *name);
/* For a positional argument that the verb does not take. */
_Noreturn void args_extra(const struct argp_state *state, const char *arg);

#endif
