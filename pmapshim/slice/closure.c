/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * closure: what the roots need.  An identifier in a wanted definition that is
 * also the name of a definition of the file pulls that definition in.  A name
 * that is called, or that the file declares, and that neither the slice nor
 * the shim defines is missing, and all such names are reported at once.
 */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MISSING_SHOWN	8

struct tokens {
	struct token *v;
	size_t n, cap;
	bool oom;
};

struct closure {
	const struct slice_request *req;
	const struct source *src;
	struct deftab *tab;
	const struct strlist *known;	/* names of the shim, sorted */
	struct strlist stop;		/* sorted */
	struct strlist missing;		/* in order of discovery */
	size_t missing_line;
	size_t *work;			/* definitions still to scan */
	size_t nwork;
};

static bool
kind_wanted(const struct slice_request *req, char kind)
{
	unsigned kinds = req->kinds ? req->kinds : SLICE_ALL;

	switch (kind) {
	case DEF_FUNCTION:
	case DEF_GENERATED:
		return true;
	case DEF_MACRO:
		return kinds & SLICE_MACROS;
	case DEF_VARIABLE:
		return kinds & SLICE_VARIABLES;
	case DEF_PROTOTYPE:
	case DEF_EXTERN:
		return false;
	default:
		return kinds & SLICE_TYPES;
	}
}

/* First definition with this name, or tab->n. */
static size_t
find_first(const struct deftab *tab, const char *name, size_t len)
{
	size_t lo = 0, hi = tab->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strncmp(tab->v[mid].name, name, len);

		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < tab->n && !strncmp(tab->v[lo].name, name, len) &&
	    !tab->v[lo].name[len])
		return lo;
	return tab->n;
}

static bool
same_name(const struct deftab *tab, size_t i, const char *name, size_t len)
{
	return i < tab->n && !strncmp(tab->v[i].name, name, len) &&
	    !tab->v[i].name[len];
}

static bool
is_body(char kind)
{
	return kind == DEF_FUNCTION || kind == DEF_GENERATED;
}

/* The file may define a name twice in branches we could not decide. */
static bool
is_twin(const struct deftab *tab, size_t first, size_t i)
{
	char kind = tab->v[i].kind;

	if (kind == DEF_VARIABLE)	/* tentative definitions */
		return false;
	for (size_t k = first; k < i; k++) {
		if (tab->v[k].kind == kind ||
		    (is_body(kind) && is_body(tab->v[k].kind)))
			return true;
	}
	return false;
}

enum found { ABSENT, PROVIDED, PULLED };

/* Pull a name of the file in.  PROVIDED: the shim has its own. */
static enum found
pull(struct closure *c, const char *name, size_t len)
{
	size_t first = find_first(c->tab, name, len);
	enum found found = ABSENT;

	if (strlist_has(&c->stop, name, len))
		return PROVIDED;
	for (size_t i = first; same_name(c->tab, i, name, len); i++) {
		struct def *d = &c->tab->v[i];

		if (!kind_wanted(c->req, d->kind) || is_twin(c->tab, first, i))
			continue;
		found = PULLED;
		if (!d->used) {
			d->used = true;
			c->work[c->nwork++] = i;
		}
	}
	if (found == ABSENT && strlist_has(c->known, name, len))
		return PROVIDED;
	return found;
}

static void
push_tokens(struct tokens *t, const char *p, const char *end)
{
	struct token tok;

	while (token_next(&p, end, &tok)) {
		if (t->n == t->cap) {
			size_t cap = t->cap ? t->cap * 2 : 256;
			struct token *v = realloc(t->v, cap * sizeof(*v));

			if (!v) {
				t->oom = true;
				return;
			}
			t->v = v;
			t->cap = cap;
		}
		t->v[t->n++] = tok;
	}
}

/* The tokens of a definition; of the directives in it only #define. */
static void
collect_tokens(const struct closure *c, const struct def *d, struct tokens *t)
{
	const struct source *src = c->src;

	for (size_t i = d->first; i <= d->last; i++) {
		const char *p = src->active + src->line[i];
		const char *end = src->active + src->line[i + 1];
		struct token hash, word;
		const char *q = p;

		if (src->flags[i] & LINE_DIRECTIVE && token_next(&q, end, &hash) &&
		    slice_token_is(&hash, "#")) {
			if (!token_next(&q, end, &word) ||
			    !slice_token_is(&word, "define"))
				continue;
			p = q;
		}
		push_tokens(t, p, end);
	}
	if (d->expansion)
		push_tokens(t, d->expansion,
		    d->expansion + strlen(d->expansion));
}

static bool
same_token(const struct token *a, const struct token *b)
{
	return a->len == b->len && !memcmp(a->s, b->s, a->len);
}

/* Words that may stand before a name that is used, not declared. */
static bool
is_statement_word(const struct token *t)
{
	return slice_token_is(t, "return") || slice_token_is(t, "else") ||
	    slice_token_is(t, "case") || slice_token_is(t, "goto") ||
	    slice_token_is(t, "sizeof") || slice_token_is(t, "do");
}

/* Whether token i is declared here: "type name," or "(*name)(". */
static bool
declares(const struct tokens *t, size_t i)
{
	const struct token *prev, *next;

	if (i == 0 || i + 1 >= t->n)
		return false;
	prev = &t->v[i - 1];
	next = &t->v[i + 1];
	if (slice_token_is(prev, "*") && i > 1 && slice_token_is(&t->v[i - 2], "(") &&
	    slice_token_is(next, ")"))
		return true;
	if (next->ident || next->len > 1 || !strchr(",);=[", *next->s))
		return false;
	return slice_token_is(prev, "*") || (prev->ident && !is_statement_word(prev));
}

/* A parameter or a local variable of the definition. */
static bool
is_declared(const struct tokens *t, const struct token *name)
{
	for (size_t i = 0; i < t->n; i++) {
		if (same_token(&t->v[i], name) && declares(t, i))
			return true;
	}
	return false;
}

/* The name of a member in "struct s { int name; }". */
static bool
is_member_name(const struct def *d, const struct tokens *t, size_t i)
{
	return (d->kind == DEF_STRUCT || d->kind == DEF_UNION ||
	    d->kind == DEF_TYPEDEF) && declares(t, i);
}

/* Parameters of "#define NAME(a, b)", whose tokens start at NAME. */
static bool
is_macro_param(const struct def *d, const struct tokens *t,
	       const struct token *name)
{
	if (d->kind != DEF_MACRO || t->n < 2 || t->v[1].s !=
	    t->v[0].s + t->v[0].len || !slice_token_is(&t->v[1], "("))
		return false;
	for (size_t i = 2; i < t->n && !slice_token_is(&t->v[i], ")"); i++) {
		if (same_token(&t->v[i], name))
			return true;
	}
	return false;
}

/* "name(" that calls, and is not "type (*f)(...)". */
static bool
is_call(const struct tokens *t, size_t i)
{
	if (i + 1 >= t->n || !slice_token_is(&t->v[i + 1], "("))
		return false;
	return !(i + 5 < t->n && slice_token_is(&t->v[i + 2], "*") &&
	    t->v[i + 3].ident && slice_token_is(&t->v[i + 4], ")") &&
	    slice_token_is(&t->v[i + 5], "("));
}

static bool
is_member(const struct tokens *t, size_t i)
{
	return i && (slice_token_is(&t->v[i - 1], ".") ||
	    slice_token_is(&t->v[i - 1], "->"));
}

static bool
is_pasted(const struct tokens *t, size_t i)
{
	return (i && slice_token_is(&t->v[i - 1], "##")) ||
	    (i + 1 < t->n && slice_token_is(&t->v[i + 1], "##"));
}

static void
add_missing(struct closure *c, const struct def *d, const struct token *tok)
{
	const char *base = c->src->active;
	size_t line = d->first;

	for (size_t i = 0; i < c->missing.n; i++) {
		if (strlen(c->missing.v[i]) == tok->len &&
		    !memcmp(c->missing.v[i], tok->s, tok->len))
			return;
	}
	if (tok->s >= base && tok->s < base + c->src->size)
		line = source_line_at(c->src, (size_t)(tok->s - base));
	if (!c->missing.n)
		c->missing_line = line + 1;
	strlist_put(&c->missing, tok->s, tok->len);
}

/* Look at every identifier of a definition that was pulled in. */
static void
scan(struct closure *c, const struct def *d)
{
	struct tokens t = { 0 };

	collect_tokens(c, d, &t);
	for (size_t i = 0; i < t.n; i++) {
		const struct token *tok = &t.v[i];
		bool of_file;

		if (!tok->ident || is_member(&t, i) || token_keyword(tok) ||
		    is_macro_param(d, &t, tok) || is_pasted(&t, i) ||
		    is_member_name(d, &t, i) ||
		    pull(c, tok->s, tok->len) != ABSENT)
			continue;
		of_file = find_first(c->tab, tok->s, tok->len) < c->tab->n;
		if ((of_file || is_call(&t, i)) && !is_declared(&t, tok))
			add_missing(c, d, tok);
	}
	if (t.oom)
		c->missing.oom = true;
	free(t.v);
}

/* "static MALLOC_DEFINE(M_X, ...);": a root named only as an argument. */
static bool
is_invocation_of(const struct source *src, size_t line, const char *name)
{
	size_t first = extent_start(src, line), last = extent_end(src, line);
	const char *p = src->active + src->line[first];
	const char *end = src->active + src->line[last + 1];
	struct token tok;
	bool found = false;

	while (token_next(&p, end, &tok) &&
	    (slice_token_is(&tok, "static") || slice_token_is(&tok, "extern")))
		;
	if (!tok.ident || !token_next(&p, end, &tok) || !slice_token_is(&tok, "("))
		return false;
	while (token_next(&p, end, &tok)) {
		if (slice_token_is(&tok, "{"))
			return false;
		found |= slice_token_is(&tok, name);
	}
	return found;
}

static bool
root_as_argument(struct closure *c, const char *name)
{
	const struct source *src = c->src;

	for (size_t i = 0; i < src->nlines; i++) {
		const char *p = src->active + src->line[i];
		const char *end = src->active + src->line[i + 1];
		struct token tok;

		if (src->flags[i] & LINE_DIRECTIVE || src->depth[i])
			continue;
		while (token_next(&p, end, &tok)) {
			struct def *d;

			if (!slice_token_is(&tok, name) ||
			    !is_invocation_of(src, i, name))
				continue;
			d = deftab_add(c->tab, name, tok.len, DEF_GENERATED, i);
			if (!d)
				return false;
			d->first = extent_start(src, i);
			d->last = extent_end(src, i);
			d->used = true;
			return true;
		}
	}
	return false;
}

static enum slice_status
pull_roots(struct closure *c, struct slice_result *ret)
{
	for (const char *const *r = c->req->roots; r && *r; r++) {
		const char *name = **r == '?' ? *r + 1 : *r;

		if (pull(c, name, strlen(name)) == PULLED || **r == '?')
			continue;
		if (strlist_has(&c->stop, name, strlen(name)))
			continue;
		if (!root_as_argument(c, name))
			return slice_fail(ret, SLICE_BAD_SOURCE, "%s: no "
			    "definition of '%s', which the check needs",
			    c->req->file, name);
	}
	return SLICE_OK;
}

/* A declaration ahead of its definition goes with it. */
static void
pull_prototypes(struct deftab *tab)
{
	for (size_t i = 0, k; i < tab->n; i = k) {
		bool used = false;

		for (k = i; k < tab->n && !strcmp(tab->v[k].name,
		    tab->v[i].name); k++)
			used |= tab->v[k].used;
		for (size_t j = i; used && j < k; j++) {
			if (tab->v[j].kind == DEF_PROTOTYPE ||
			    tab->v[j].kind == DEF_EXTERN)
				tab->v[j].used = true;
		}
	}
}

static enum slice_status
report_missing(const struct closure *c, struct slice_result *ret)
{
	enum slice_status st;
	struct text t = { 0 };

	for (size_t i = 0; i < c->missing.n && i < MISSING_SHOWN; i++)
		text_printf(&t, "%s'%s'", i ? ", " : "", c->missing.v[i]);
	if (c->missing.n > MISSING_SHOWN)
		text_printf(&t, " and %zu more", c->missing.n - MISSING_SHOWN);
	st = slice_fail(ret, SLICE_BAD_SOURCE, "%s:%zu: used here or below, "
	    "but defined neither in this file nor in the shim: %s",
	    c->req->file, c->missing_line, t.s ? t.s : "");
	text_clear(&t);
	return st;
}

enum slice_status
closure_mark(const struct slice_request *req, const struct source *src,
	     struct deftab *tab, const struct strlist *known,
	     struct slice_result *ret)
{
	struct closure c = { .req = req, .src = src, .tab = tab,
		.known = known };
	enum slice_status st;

	c.work = calloc(tab->n + 1, sizeof(*c.work));
	strlist_add_all(&c.stop, req->stop);
	strlist_sort(&c.stop);
	st = c.work ? pull_roots(&c, ret) : SLICE_SYSTEM;
	while (st == SLICE_OK && c.nwork)
		scan(&c, &tab->v[c.work[--c.nwork]]);
	if (!c.work || c.stop.oom || c.missing.oom || tab->oom)
		st = slice_fail(ret, SLICE_SYSTEM, "out of memory");
	else if (st == SLICE_OK && c.missing.n)
		st = report_missing(&c, ret);
	if (st == SLICE_OK)
		pull_prototypes(tab);
	strlist_clear(&c.stop);
	strlist_clear(&c.missing);
	free(c.work);
	return st;
}
