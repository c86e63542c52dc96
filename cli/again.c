/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * again.c: see again.h.
 */
#include "cli/again.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"

#define SILENCE 120             /* s */
#define STUCK 1                 /* boots in a row */

int
again_run(const struct again *a, struct guest_job *job, char **ret_why)
{
	*ret_why = NULL;
	job->patience = GUEST_PATIENCE;
	job->interrupted = &cli_interrupted;
	if (job->rung != RUNG_NESTED)
		return guest_run(job, ret_why);
	job->silence = SILENCE << a->boots;
	return guest_run_apart(job, ret_why);
}

bool
again_may(struct again *a, const struct guest_job *job, int status,
          uint64_t at, const char *why)
{
	a->stuck = at > a->at ? 0 : a->stuck + 1;
	a->at = at;
	if (job->rung != RUNG_NESTED || cli_interrupted ||
	    status == GUEST_PANIC || a->stuck > STUCK ||
	    a->boots + 1 == AGAIN_BOOTS)
		return false;
	a->told[a->boots++] = cli_format("after %" PRIu64 " %s: %s", at,
	    a->things, why);
	return true;
}

void
again_print(const struct again *a)
{
	for (unsigned i = 0; i < a->boots; i++)
		printf("Boot %u was given up %s\n", i + 1, a->told[i]);
}
