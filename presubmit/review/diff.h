/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diff: a unified diff as files, hunks and lines.  Texts point into `raw`.
 */
#ifndef SHOOTDOWN_REVIEW_DIFF_H
#define SHOOTDOWN_REVIEW_DIFF_H

#include <stddef.h>

struct diff_line {
	char kind;		/* ' ', '+' or '-' */
	const char *s;		/* without kind and line end */
	size_t len;
	size_t at;		/* line of the diff, from 1 */
	size_t line;		/* of the new file (of '-': that follows) */
};

struct diff_hunk {
	size_t file;		/* index */
	size_t line;		/* first of the new file */
	struct diff_line *v;
	size_t n;
};

struct diff {
	char *raw;
	char **files;		/* new names, old ones of deleted files */
	size_t nfiles;
	struct diff_hunk *h;
	size_t nh;
};

/* Read and parse.  Returns 0 or a negative errno (-EINVAL: no diff). */
int
diff_read(const char *path, struct diff *ret)
	__attribute__((warn_unused_result));

void
diff_clear(struct diff *d);

#endif
