/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sides: from a tree and revisions, or a tree and a patch, to two folders in
 * the cache and the change between them.
 */
#ifndef SHOOTDOWN_PRESUBMIT_SIDES_H
#define SHOOTDOWN_PRESUBMIT_SIDES_H

#include "presubmit/origin.h"
#include "presubmit/patch.h"
#include "presubmit/side.h"

struct sides {
	struct origin origin;
	struct side base, head;
	struct patch change;    /* canonical: no a/, b/; one entry per file */
	char *diff;             /* the same as a file, with a/ and b/ */
	struct patch_mail *commits;
	char ***files;          /* of each commit; NULL ends each */
	size_t ncommits;
};

/* Returns 0, or the exit status with a malloc'ed *ret_why. */
int sides_make(struct sides *s, const struct presubmit_options *o,
               const char *scratch, char **ret_why);
void sides_clear(struct sides *s);

#endif
