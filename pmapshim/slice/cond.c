/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cond: which branch of each #if is compiled.  #ifdef, #ifndef and defined()
 * are decided by the caller's list and by the #defines of the file itself: a
 * symbol in neither is not defined.  In other expressions a symbol without a
 * known value makes the answer unknown, and then every branch of that #if
 * stays (a definition found twice counts once: the first).
 */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NEST_MAX	64

enum truth { NO, YES, MAYBE };

struct branch {
	enum truth taken;	/* has a branch before this one been taken */
	enum truth now;		/* is this one */
	bool outer_out;		/* the whole #if is left out */
	int depth;		/* of braces at the #if */
};

struct symbols {
	struct strlist names;	/* "NAME" or "NAME=VALUE", later ones win */
	const char *p, *end;	/* the expression */
	struct token tok;
	bool more;
};

struct value {
	bool known;
	long v;
};

/* The entry for a symbol, NULL when it is not defined. */
static const char *
symbol_find(const struct symbols *sy, const char *name, size_t len)
{
	for (size_t i = sy->names.n; i-- > 0; ) {
		const char *e = sy->names.v[i];

		if (*e == '!' && strlen(e + 1) == len && !memcmp(e + 1, name, len))
			return NULL;
		if (strncmp(e, name, len) == 0 && (!e[len] || e[len] == '='))
			return e;
	}
	return NULL;
}

static void
advance(struct symbols *sy)
{
	sy->more = token_next(&sy->p, sy->end, &sy->tok);
}

static bool
accept(struct symbols *sy, const char *s)
{
	if (!sy->more || !slice_token_is(&sy->tok, s))
		return false;
	advance(sy);
	return true;
}

static struct value
parse_defined(struct symbols *sy)
{
	bool paren = accept(sy, "(");
	struct value val = { .known = sy->more };

	if (sy->more) {
		val.v = symbol_find(sy, sy->tok.s, sy->tok.len) != NULL;
		advance(sy);
	}
	if (paren)
		accept(sy, ")");
	return val;
}

static struct value
parse_symbol(struct symbols *sy)
{
	const char *e = symbol_find(sy, sy->tok.s, sy->tok.len);
	struct value val = { 0 };
	char *end;

	if (e && !e[sy->tok.len]) {
		val = (struct value){ true, 1 };
	} else if (e) {
		val.v = strtol(e + sy->tok.len + 1, &end, 0);
		val.known = end != e + sy->tok.len + 1 && !*end;
	}
	advance(sy);
	if (sy->more && slice_token_is(&sy->tok, "("))	/* a macro call */
		sy->p = sy->end;
	return val;
}

static struct value parse_or(struct symbols *sy);

static struct value
parse_unary(struct symbols *sy)
{
	struct value val = { 0 };

	if (accept(sy, "!")) {
		val = parse_unary(sy);
		val.v = !val.v;
	} else if (accept(sy, "(")) {
		val = parse_or(sy);
		accept(sy, ")");
	} else if (accept(sy, "defined")) {
		val = parse_defined(sy);
	} else if (sy->more && sy->tok.ident) {
		val = parse_symbol(sy);
	} else if (sy->more) {
		val = (struct value){ true, strtol(sy->tok.s, NULL, 0) };
		val.known = sy->tok.s[0] >= '0' && sy->tok.s[0] <= '9';
		advance(sy);
	}
	return val;
}

static struct value
parse_compare(struct symbols *sy)
{
	static const char *const ops[] = { "==", "!=", "<=", ">=", "<", ">" };
	struct value a = parse_unary(sy);

	for (size_t i = 0; i < 6; i++) {
		struct value b;

		if (!accept(sy, ops[i]))
			continue;
		b = parse_unary(sy);
		a.known &= b.known;
		a.v = (long[]){ a.v == b.v, a.v != b.v, a.v <= b.v, a.v >= b.v,
		    a.v < b.v, a.v > b.v }[i];
		break;
	}
	return a;
}

static struct value
parse_and(struct symbols *sy)
{
	struct value a = parse_compare(sy);

	while (accept(sy, "&&")) {
		struct value b = parse_compare(sy);
		bool no = (a.known && !a.v) || (b.known && !b.v);

		a = (struct value){ no || (a.known && b.known), !no };
	}
	return a;
}

static struct value
parse_or(struct symbols *sy)
{
	struct value a = parse_and(sy);

	while (accept(sy, "||")) {
		struct value b = parse_and(sy);
		bool yes = (a.known && a.v) || (b.known && b.v);

		a = (struct value){ yes || (a.known && b.known), yes };
	}
	return a;
}

static enum truth
evaluate(struct symbols *sy)
{
	struct value val;

	advance(sy);
	val = parse_or(sy);
	if (!val.known || sy->more)	/* an operator we do not know */
		return MAYBE;
	return val.v ? YES : NO;
}

/* "#define NAME VALUE" or "#undef NAME" of the file, in a taken branch. */
static void
note_define(struct symbols *sy, bool undef)
{
	struct text e = { 0 };
	const char *q;

	if (!token_next(&sy->p, sy->end, &sy->tok))
		return;
	text_printf(&e, "%s%.*s", undef ? "!" : "", (int)sy->tok.len,
	    sy->tok.s);
	for (q = sy->p; q < sy->end && (*q == ' ' || *q == '\t'); q++)
		;
	if (!undef && q < sy->end && *q != '\n') {
		const char *last = sy->end;

		while (last > q && strchr(" \t\n", last[-1]))
			last--;
		text_printf(&e, "=%.*s", (int)(last - q), q);
	} else if (!undef) {
		text_printf(&e, "=");
	}
	if (e.oom)
		sy->names.oom = true;
	else
		strlist_add(&sy->names, e.s);
	text_clear(&e);
}

static enum truth
not(enum truth t)
{
	return t == MAYBE ? MAYBE : t == YES ? NO : YES;
}

struct walk {
	struct source *src;
	struct symbols sy;
	struct branch nest[NEST_MAX];
	size_t n;
	int depth;
};

static bool
is_out(const struct walk *w)
{
	return w->n && (w->nest[w->n - 1].outer_out ||
	    w->nest[w->n - 1].now == NO);
}

static int
open_branch(struct walk *w, enum truth t)
{
	if (w->n == NEST_MAX)
		return -E2BIG;
	w->nest[w->n] = (struct branch){ .taken = t, .now = t,
	    .outer_out = is_out(w), .depth = w->depth };
	w->n++;
	return 0;
}

/* #elif and #else: taken when no branch before was. */
static void
next_branch(struct walk *w, enum truth t)
{
	struct branch *b = &w->nest[w->n - 1];

	w->depth = b->now == NO ? w->depth : b->depth;
	if (b->taken == YES)
		b->now = NO;
	else if (b->taken == MAYBE)
		b->now = t == NO ? NO : MAYBE;
	else
		b->now = t;
	if (b->taken != YES && b->now != NO)
		b->taken = b->now;
}

/* Handle a directive; sets whether it belongs to a decided condition. */
static int
directive(struct walk *w, bool *resolved)
{
	struct symbols *sy = &w->sy;
	struct token word;
	int err = 0;

	*resolved = false;
	token_next(&sy->p, sy->end, &word);		/* # */
	if (!token_next(&sy->p, sy->end, &word))
		return 0;
	if (slice_token_is(&word, "ifdef") || slice_token_is(&word, "ifndef")) {
		enum truth t = NO;

		if (token_next(&sy->p, sy->end, &sy->tok) &&
		    symbol_find(sy, sy->tok.s, sy->tok.len))
			t = YES;
		err = open_branch(w, slice_token_is(&word, "ifdef") ? t : not(t));
	} else if (slice_token_is(&word, "if")) {
		err = open_branch(w, is_out(w) ? NO : evaluate(sy));
	} else if (w->n && slice_token_is(&word, "elif")) {
		next_branch(w, evaluate(sy));
	} else if (w->n && slice_token_is(&word, "else")) {
		next_branch(w, YES);
	} else if (w->n && slice_token_is(&word, "endif")) {
		*resolved = w->nest[w->n - 1].taken != MAYBE;
		w->n--;
		return 0;
	} else {
		if (!is_out(w) && slice_token_is(&word, "define"))
			note_define(sy, false);
		else if (!is_out(w) && slice_token_is(&word, "undef"))
			note_define(sy, true);
		return 0;
	}
	*resolved = w->n && w->nest[w->n - 1].taken != MAYBE;
	return err;
}

static void
blank_line(struct source *src, size_t line)
{
	for (size_t i = src->line[line]; i < src->line[line + 1]; i++) {
		if (src->active[i] != '\n')
			src->active[i] = ' ';
	}
}

static void
count_braces(struct walk *w, size_t line)
{
	struct source *src = w->src;

	for (size_t i = src->line[line]; i < src->line[line + 1]; i++) {
		if (src->active[i] == '{')
			w->depth++;
		else if (src->active[i] == '}' && w->depth > 0)
			w->depth--;
	}
}

/* One logical line: a directive with its continuations, or one line. */
static int
walk_line(struct walk *w, size_t first, size_t last)
{
	struct source *src = w->src;
	bool dir = src->flags[first] & LINE_DIRECTIVE;
	bool resolved = false;
	int err = 0;

	w->sy.p = src->clean + src->line[first];
	w->sy.end = src->clean + src->line[last + 1];
	if (dir)
		err = directive(w, &resolved);
	for (size_t i = first; i <= last; i++) {
		src->depth[i] = w->depth;
		if (resolved)
			src->flags[i] |= LINE_RESOLVED;
		if (is_out(w) && !resolved)
			src->flags[i] |= LINE_OUT;
		if (src->flags[i] & (LINE_RESOLVED | LINE_OUT))
			blank_line(src, i);
		else if (!dir)
			count_braces(w, i);
	}
	return err;
}

int
source_evaluate(struct source *src, const char *const *defined)
{
	struct walk *w = calloc(1, sizeof(*w));
	int err = 0;

	if (!w)
		return -ENOMEM;
	w->src = src;
	strlist_add_all(&w->sy.names, defined);
	for (size_t i = 0, last; i < src->nlines && !err; i = last + 1) {
		const char *end;

		for (last = i; src->flags[last] & LINE_DIRECTIVE; last++) {
			end = src->clean + src->line[last + 1];
			if (last + 1 >= src->nlines || end[-1] != '\n' ||
			    src->line[last + 1] - src->line[last] < 2 ||
			    end[-2] != '\\')
				break;
		}
		err = walk_line(w, i, last);
	}
	if (w->sy.names.oom)
		err = -ENOMEM;
	strlist_clear(&w->sy.names);
	free(w);
	return err;
}
