/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source: what the parts of the slicer share: one C file as lines (source.c,
 * cond.c), its definitions (tags.c, extent.c, generated.c) and the closure
 * (closure.c).  Lines count from 0 here and from 1 in messages.
 */
#ifndef SHOOTDOWN_SLICE_SOURCE_H
#define SHOOTDOWN_SLICE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "../build/text.h"
#include "slice.h"

enum line_flags {
	LINE_DIRECTIVE = 1 << 0,	/* a preprocessor line, continued too */
	LINE_OUT = 1 << 1,		/* in a branch that is not taken */
	LINE_RESOLVED = 1 << 2,		/* #if, #else, #endif we decided */
	LINE_FUNCTION_END = 1 << 3,	/* last line of a function */
};

/*
 * `clean` is `raw` with comments and the insides of literals blanked, byte
 * for byte as long; `active` also lacks what the conditions leave out.
 */
struct source {
	char *raw, *clean, *active;
	size_t size;
	size_t *line;			/* offset of each line, and the end */
	size_t nlines;
	unsigned char *flags;		/* enum line_flags, per line */
	int *depth;			/* of braces where the line starts */
};

/* Kinds as ctags prints them, and DEF_GENERATED. */
enum def_kind {
	DEF_FUNCTION = 'f', DEF_VARIABLE = 'v', DEF_MACRO = 'd',
	DEF_TYPEDEF = 't', DEF_STRUCT = 's', DEF_UNION = 'u', DEF_ENUM = 'g',
	DEF_ENUMERATOR = 'e', DEF_PROTOTYPE = 'p', DEF_EXTERN = 'x',
	DEF_GENERATED = 'm',		/* by a macro, with or without a body */
};

struct def {
	char *name;
	char kind;
	size_t at;			/* line of the name */
	size_t first, last;		/* lines of the whole definition */
	char *expansion;		/* DEF_GENERATED: after the macro */
	bool used;
};

struct deftab {
	struct def *v;
	size_t n, cap;
	bool oom;
};

/* One token of cleaned C text. */
struct token {
	const char *s;
	size_t len;
	bool ident;
};

/* Read a file and clean it.  Returns 0 or a negative errno. */
int
source_read(struct source *src, const char *path)
	__attribute__((warn_unused_result));

/* Make `active` and the brace depths, with these symbols defined. */
int
source_evaluate(struct source *src, const char *const *defined)
	__attribute__((warn_unused_result));

/* Release. */
void
source_clear(struct source *src);

/* Blank comments and the insides of literals in place. */
void
source_clean(char *s, size_t size);

/* The next token of [*p, end); false at the end. */
bool
token_next(const char **p, const char *end, struct token *tok);

/* Whether a token is this string. */
bool
slice_token_is(const struct token *tok, const char *s);

/* Whether a token is a word of the language, and so never a name we seek. */
bool
token_keyword(const struct token *tok);

/* The line that holds an offset. */
size_t
source_line_at(const struct source *src, size_t offset);

/* Add a definition; extents are filled in later. */
struct def *
deftab_add(struct deftab *tab, const char *name, size_t len, char kind,
	   size_t at);

/* Release. */
void
deftab_clear(struct deftab *tab);

/*
 * Definitions that macros generate at file scope (those of the file, and
 * `expand` of the request).  They are blanked in `view`, a copy of `active`, so
 * that ctags does not trip.
 */
int
generated_find(const struct slice_request *req, const struct source *src,
	       char *view, struct deftab *tab)
	__attribute__((warn_unused_result));

/* $CTAGS, or the first of the usual names that is Universal Ctags; or NULL. */
const char *
tags_program(void);

/* Run ctags over `view`; adds definitions, with function ends in `last`. */
enum slice_status
tags_read(const struct source *src, const char *view, struct deftab *tab,
	  struct slice_result *ret);

/* Run ctags over headers and folders; adds the names found. */
enum slice_status
tags_headers(const char *const *headers, struct strlist *names,
	     struct slice_result *ret);

/* Fill in first and last of every definition; drop what is no definition. */
void
extent_resolve(struct source *src, struct deftab *tab);

/* First line of the statement that holds a line at file scope. */
size_t
extent_start(const struct source *src, size_t line);

/* Last line of the statement that starts at a line: its ';' at depth 0. */
size_t
extent_end(const struct source *src, size_t line);

/* Mark the definitions in the closure of the roots as used. */
enum slice_status
closure_mark(const struct slice_request *req, const struct source *src,
	     struct deftab *tab, const struct strlist *known,
	     struct slice_result *ret);

/* Set the error and return the status. */
enum slice_status
slice_fail(struct slice_result *ret, enum slice_status st, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
