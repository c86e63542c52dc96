/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings: from a run that found something to a finding that may be shown.
 *
 * Confirmed by a replay, shrunk, given its permissions, its place and its
 * story, written as a schedule file and replayed from that in a fresh process.
 */
#ifndef SHOOTDOWN_CLI_FINDINGS_H
#define SHOOTDOWN_CLI_FINDINGS_H

#include <jansson.h>

#include "cli/search.h"
#include "cli/signature.h"
#include "cli/trace.h"
#include "cli/where.h"

struct candidate {
	struct finding_key key;
	struct schedule schedule;       /* the record of the run */
	uint64_t outcome;
	uint64_t after;                 /* schedules tried, this one included */
};

/* The row in which findings are examined: open, with all permissions. */
struct finding_context {
	const struct row *row;
	const struct search *search;
	const char *folder;             /* for schedule files */
	uint32_t length;                /* steps of a run */
};

/*
 * Returns the finding as in the JSON report (with more members for people:
 * "story", "string"), or NULL with a malloc'ed *ret_why: an internal error.
 */
json_t *finding_examine(const struct finding_context *ctx,
                        const struct candidate *c, char **ret_why);

/* The place of the flush (or of the assertion) in the kernel's tree. */
void finding_place(const struct kernel_object *k, const struct trace *t,
                   const struct run_result *r, struct where *w);

#endif
