/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inner: what the checks share: the tree under review, the result of the
 * check that runs, and C files as tokens.  Not for other rooms.
 *
 * Paths inside are "below": from the folder of the kernel (FreeBSD: sys).
 * What a user sees has the prefix of the tree in front again.
 */
#ifndef SHOOTDOWN_REVIEW_INNER_H
#define SHOOTDOWN_REVIEW_INNER_H

#include "pmapshim/build/text.h"
#include "pmapshim/slice/source.h"
#include "presubmit/review/review.h"

enum verdict { VERDICT_NONE, VERDICT_PASS, VERDICT_FAIL, VERDICT_SKIP };

struct review {
	const struct review_input *in;
	bool linux_kernel;
	char *base;			/* absolute folder of the kernel */
	const char *prefix;		/* "sys/" or "" before a path shown */
	struct strlist changed;		/* below, sorted */
	char *tmp;			/* a folder inside the cache */
	struct surroundings *around;	/* NULL: not needed yet, or */
	char *no_around;		/* why there are none */
	bool oom;
};

struct check {
	const char *name;
	enum verdict verdict;
	struct text why;
	json_t *details;
	bool oom;
};

typedef void check_fn(struct review *r, struct check *c);

check_fn check_dispatch, check_early, check_dependency, check_layout,
    check_warnings, check_headers, check_stray, check_style, check_split;

/* ---- results (result.c) ---- */

/* One line of details; `below` NULL: of no file; line from 1, 0: none. */
void
check_note(struct review *r, struct check *c, const char *below, size_t line,
	   const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* The verdict; a fail stays, and its first reason with it. */
void
check_say(struct check *c, enum verdict v, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The result as it is handed out. */
json_t *
check_json(const struct check *c, bool advises);

/* ---- the tree (tree.c) ---- */

enum side { SIDE_OTHER, SIDE_CORE, SIDE_DRIVER };

/* Find the kernel's folder and sort the changed files. */
int
review_open(struct review *r, char *err, size_t errlen);

void
review_close(struct review *r);

/* What surroundings_of() (compile.h) has made. */
void
surroundings_close(struct review *r);

/* BASE/BELOW, allocated; NULL (and oom) without memory. */
char *
review_path(struct review *r, const char *below);

bool
review_readable(struct review *r, const char *below);

/* Below, for a path from the top of the tree: the same string or its tail. */
const char *
review_below(const struct review *r, const char *path);

/* Core kernel, Hyper-V driver or neither. */
enum side
review_side(const struct review *r, const char *below);

/* The files of core and driver that are under test, NULL at the end. */
const char *const *
review_core_files(const struct review *r);

/* All files with this ending below a folder, sorted, as paths below. */
void
review_list(struct review *r, const char *folder, const char *ending,
	    struct strlist *out);

/* Core or driver files: those under test, and those changed of that side. */
void
review_side_files(struct review *r, enum side side, const char *ending,
		  struct strlist *out);

bool
has_ending(const char *s, const char *ending);

/* ---- C files (cfile.c) ---- */

struct ctoken {
	const char *s;
	size_t len;
	size_t line;			/* from 1 */
	bool ident;
	bool directive;
};

struct cfunction {
	char *name;
	size_t first, last;		/* tokens: of the name, of the '}' */
};

struct cfile {
	struct source src;
	struct ctoken *v;		/* comments and strings left out */
	size_t n;
	struct cfunction *f;
	size_t nf;
};

/* Read and tokenize.  Returns 0 or a negative errno. */
int
cfile_read(struct review *r, const char *below, struct cfile *ret)
	__attribute__((warn_unused_result));

void
cfile_clear(struct cfile *f);

bool
ctoken_is(const struct ctoken *t, const char *s);

/* The function that holds a token, or NULL. */
const struct cfunction *
cfile_function(const struct cfile *f, size_t token);

/* Whether tokens i.. are these words ("?" is any identifier). */
bool
cfile_match(const struct cfile *f, size_t i, const char *const *words);

#endif
