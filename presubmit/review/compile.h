/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compile: files of the tree compiled with our shims, and what the compiler
 * says of them.  A diagnosis is the tree's only when it is at a line of the
 * tree and does not come from a clash with one of our shims.
 */
#ifndef SHOOTDOWN_REVIEW_COMPILE_H
#define SHOOTDOWN_REVIEW_COMPILE_H

#include "presubmit/review/inner.h"

/* One text to compile; its name says which file of the tree it stands for. */
struct unit {
	char *below;		/* file of the tree */
	char *text;
	bool whole;		/* not a slice */
};

struct surroundings {
	struct strlist flags;	/* no warnings among them */
	char *prologue;		/* what a file needs before it */
	char *shims;
	struct unit *v;
	size_t n;
};

/*
 * The tree's code under test, the same for all checks of a review, or NULL with
 * the reason said as a skip.
 */
const struct surroundings *
surroundings_of(struct review *r, struct check *c);

enum diagnosis_kind { DIAGNOSIS_WARNING, DIAGNOSIS_ERROR };

struct diagnosis {
	enum diagnosis_kind kind;
	char *below;		/* file of the tree, or NULL: elsewhere */
	char *file;		/* as the compiler says it */
	size_t line;
	char *text;
	bool ours;		/* a clash with a shim, or the shim itself */
};

struct diagnoses {
	struct diagnosis *v;
	size_t n;
	int status;		/* of the compiler; below 0: it did not run */
};

struct compilation {
	const char *cc;			/* may hold options */
	const struct surroundings *s;
	const char *const *flags;	/* more of them, NULL at the end */
	const char *text;
	const char *object;		/* to write, NULL: none */
};

void
compile(struct review *r, const struct compilation *what,
        struct diagnoses *ret);

void
diagnoses_clear(struct diagnoses *d);

/* Whether the compiler takes flags (NULL at the end) without a word. */
bool
compiler_takes(const char *cc, const char *const *flags);

/* `gcc` and `clang` of the input that are there, in this order. */
size_t
compilers(const struct review *r, const char *ret[2]);

#endif
