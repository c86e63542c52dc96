/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reference: rows of the reference kernel for the tests of the search itself,
 * with scenarios of the tests' own.
 */
#ifndef SHOOTDOWN_TESTS_META_REFERENCE_H
#define SHOOTDOWN_TESTS_META_REFERENCE_H

#include <jansson.h>

#include "pmapshim/pmapshim.h"

/* Must be called first in main(): stands in for `shootdown replay`. */
int reference_main(int argc, char **argv, int (*run)(void));

/*
 * A row on two vCPUs under the host tlfs with all permissions; mutant: its
 * name, or NULL for none.
 */
struct row reference_row(const struct scenario *scenario, bool hypercall,
                         unsigned mode, const char *mutant);
/* row_run() with seed 1 and the budget; schedule files go to a folder that is
 * removed at the end. */
json_t *reference_run(const struct row *row);

#endif
