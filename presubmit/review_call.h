/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * review_call: the review checks (review/) on one side of a patch.
 */
#ifndef SHOOTDOWN_PRESUBMIT_REVIEW_CALL_H
#define SHOOTDOWN_PRESUBMIT_REVIEW_CALL_H

#include <jansson.h>

#include "presubmit/patch.h"

struct review_call {
	const char *tree, *kernel;
	const char *cache;              /* a folder that it may write */
	const char *diff;       /* a file with the whole change; NULL: base */
	const struct patch *change;
	const struct patch_mail *commits;       /* with their files: */
	const char *const *const *files;        /* NULL ends each */
	size_t ncommits;
};

/*
 * [{"name", "status", "advises", "why", "details"}]; empty when this build has
 * no review checks.
 */
json_t *review_call(const struct review_call *c);

#endif
