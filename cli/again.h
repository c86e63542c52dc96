/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * again: work of a guest that goes on in another boot when a machine of rung
 * nested is lost, as QEMU's SVM does now and then (docs/guest.md).
 *
 * The guest's own panic is never tried again, nor anything on another rung, nor
 * boots that come no further: a guest that ends at the same place each time has
 * a reason.  Each boot that was given up can be told.
 */
#ifndef SHOOTDOWN_CLI_AGAIN_H
#define SHOOTDOWN_CLI_AGAIN_H

#include <stdint.h>

#include "guest/runner.h"

#define AGAIN_BOOTS 6

struct again {
	const char *things;     /* what is counted: "tests" */
	unsigned boots;         /* given up */
	unsigned stuck;         /* of these the last, that came no further */
	uint64_t at;            /* where the last one ended */
	char *told[AGAIN_BOOTS];
};

/*
 * Runs the job (on nested in a process of its own); *ret_why as guest_run().
 * On nested the job's silence is set: a machine is given up that says nothing
 * for so long, twice as long each time.
 */
int again_run(const struct again *a, struct guest_job *job, char **ret_why);
/*
 * After a boot that did not end its work: `at` is how much is done by now.
 * Returns whether another one may go on there; `why` is kept as its reason.
 */
bool again_may(struct again *a, const struct guest_job *job, int status,
               uint64_t at, const char *why);
/* "Boot 1 was given up after 3 tests: ..." for each. */
void again_print(const struct again *a);

#endif
