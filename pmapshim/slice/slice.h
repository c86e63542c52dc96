/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slice: cuts definitions out of one C file of the user's tree.
 *
 * Universal Ctags names the definitions, the closure of a list of roots is
 * computed by identifier intersection, and the wanted lines are emitted in
 * file order, each piece behind a #line, byte for byte as they are in the
 * tree.  Nothing is rewritten: statics stay static.  A name that nobody
 * defines is an error that names it.  README.md has the rules.
 */
#ifndef SHOOTDOWN_SLICE_H
#define SHOOTDOWN_SLICE_H

#include <stdbool.h>
#include <stddef.h>

/* Kinds of definitions that the closure may pull in besides functions. */
enum slice_kinds {
	SLICE_VARIABLES = 1 << 0,	/* file-scope variables */
	SLICE_MACROS = 1 << 1,		/* #define */
	SLICE_TYPES = 1 << 2,		/* struct, union, enum, typedef */
	SLICE_ALL = SLICE_VARIABLES | SLICE_MACROS | SLICE_TYPES,
	SLICE_FUNCTIONS_ONLY = 1 << 3,	/* none of the above */
};

enum slice_status {
	SLICE_OK,
	SLICE_BAD_SOURCE,	/* file, root or name missing: exit 2 */
	SLICE_NO_TOOL,		/* no Universal Ctags: exit 3 */
	SLICE_SYSTEM,		/* out of memory, cannot write: exit 3 */
};

/*
 * All lists end with NULL; a NULL list is empty.
 *
 * `roots`: names to cut out; "?name" is optional (left out when absent).
 * `defined`: preprocessor symbols, "NAME" or "NAME=VALUE"; every other symbol
 *            that the file does not define itself counts as not defined.
 * `allowed`: names that the shim provides.
 * `headers`: header files or folders (of the shim, of the tree): every name
 *            declared or defined there is allowed too.
 * `stop`:    names never pulled in although the file defines them, because
 *            the shim has its own; they are allowed.
 * `expand`:  more macros that spell a function's head and are defined in some
 *            header, as "NAME(a,b)=body", like the built-in DEFINE_IFUNC.
 */
struct slice_request {
	const char *file;		/* the source file to cut from */
	const char *shown;		/* its name in #line, NULL: `file` */
	const char *const *roots;
	const char *const *defined;
	const char *const *allowed;
	const char *const *headers;
	const char *const *stop;
	const char *const *expand;
	const char *prologue;		/* text put before the slices, or NULL */
	const char *epilogue;		/* text put after the slices, or NULL */
	unsigned kinds;			/* enum slice_kinds, 0: SLICE_ALL */
};

struct slice_result {
	char *text;		/* the .c text, NUL-terminated */
	char **names;		/* every definition in it, sorted, NULL at end */
	size_t nnames;
	unsigned functions;	/* function definitions in the slice */
	unsigned lines;		/* source lines taken from the file */
	char sha256[65];	/* of the lines taken, without #line */
	char error[512];	/* one line, when the status is not SLICE_OK */
};

/*
 * Cut the closure of the roots out of the file.  Fills `ret` in every case
 * (on failure only `error`); slice_result_clear() releases it.
 */
enum slice_status
slice_cut(const struct slice_request *req, struct slice_result *ret)
	__attribute__((warn_unused_result));

/*
 * Every name that header files or folders declare or define, as `names` of the
 * result: for `allowed` of several requests, of which each would read them.
 */
enum slice_status
slice_header_names(const char *const *headers, struct slice_result *ret)
	__attribute__((warn_unused_result));

/* Whether the slice holds a definition of `name` (for optional roots). */
bool
slice_has(const struct slice_result *res, const char *name);

/* Release what slice_cut() allocated; the struct is empty afterwards. */
void
slice_result_clear(struct slice_result *res);

/*
 * Whether an identifier occurs in a file outside comments and strings.
 * Returns 1 or 0, or a negative errno when the file cannot be read.
 */
int
slice_probe(const char *file, const char *identifier)
	__attribute__((warn_unused_result));

#endif
