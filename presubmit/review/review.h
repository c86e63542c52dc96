/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * review: what a reviewer of a shootdown patch asks, as checks with a name.
 *
 * One call looks at one side of a patch (the tree before or after it).  A
 * check passes, fails, or is skipped with its reason; a skip is never a pass.
 * README.md says what each proves and how.
 */
#ifndef SHOOTDOWN_REVIEW_H
#define SHOOTDOWN_REVIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* One commit of the patch, files as paths from the top of the tree. */
struct review_commit {
	const char *subject, *body;
	const char *const *files;
	size_t nfiles;
};

struct review_input {
	const char *tree;		/* its top (FreeBSD: or its sys) */
	const char *kernel;		/* "freebsd" or "linux" */
	const char *const *changed;	/* paths from the top of the tree */
	size_t nchanged;		/* 0: all files under test */
	const char *diff;		/* path of a unified diff, or NULL */
	const struct review_commit *commits;
	size_t ncommits;
	const char *cache;		/* a folder that we may write */
	const char *gcc, *clang;	/* commands; NULL when absent */
	const char *const *only;	/* names, NULL at end; NULL: all */
};

/* The names of all checks in the order in which they run, NULL at the end. */
extern const char *const review_checks[];

/* What a check looks at, in one line; NULL for a name that is none. */
const char *
review_summary(const char *name);

/*
 * Run the checks.  *out is an array of {"name", "status": pass, fail or skip,
 * "advises", "why", "details": [{"file", "line", "text"}]}, one for each check
 * asked for; `line` is 0 where there is none.  Returns 0, or -1 with one line
 * in `err`: the tree cannot be read, no memory.
 */
int
review_run(const struct review_input *in, json_t **out, char *err,
	   size_t errlen)
	__attribute__((warn_unused_result));

#endif
