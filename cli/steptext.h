/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * steptext: one step in words, with or without its number and its vCPUs.
 */
#ifndef SHOOTDOWN_CLI_STEPTEXT_H
#define SHOOTDOWN_CLI_STEPTEXT_H

#include "cli/steps.h"

#define STEP_INDENT 16          /* columns before the words */

/* "     7  vCPU 0  stores ...", in one long line; malloc'ed. */
char *step_text(const struct step *step, const struct row *row);
/* The same without number and vCPU; malloc'ed. */
char *step_words(const struct step *step, const struct row *row);
/* Who does it: a vCPU, or -1 for the host. */
int step_actor(const struct step *step);

#endif
