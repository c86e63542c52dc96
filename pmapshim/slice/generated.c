/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * generated: definitions that a macro makes at file scope: a macro of the same
 * file, as in "#define OPS(n) static void n##_all(void) { ... }" and "OPS(ept)",
 * or one that spells a function's head and is defined elsewhere, as FreeBSD's
 * DEFINE_IFUNC(static, void, name, (args)) { ... }.  (Ctags has -D for the
 * latter, but 5.9 loses those with an empty argument or on several lines.)
 * The definition is the invocation with its body; its names are those that
 * the expansion declares.  The macro itself is pulled in by the closure.
 */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEEPEST	8	/* macros that expand to macros */

struct macro {
	struct token name;
	struct token params[16];
	size_t nparams;
	const char *body, *end;
};

struct macros {
	struct macro *v;
	size_t n;
	char *flat;		/* the active text without directives */
	size_t size;
	bool oom;
};

static const char *const heads[] = {
	"DEFINE_IFUNC(q,r,n,a)=q r n a",
	NULL
};

/* Parse "NAME(params) body"; only function-like macros count. */
static bool
parse_macro(const char *p, const char *end, struct macro *m)
{
	struct token tok;

	if (!token_next(&p, end, &m->name) || p >= end || *p != '(')
		return false;
	p++;
	m->nparams = 0;
	while (token_next(&p, end, &tok) && !slice_token_is(&tok, ")")) {
		if (tok.ident && m->nparams < 16)
			m->params[m->nparams++] = tok;
	}
	m->body = p;
	m->end = end;
	return true;
}

static bool
parse_define(const char *p, const char *end, struct macro *m)
{
	struct token tok;

	return token_next(&p, end, &tok) && token_next(&p, end, &tok) &&
	    slice_token_is(&tok, "define") && parse_macro(p, end, m);
}

/* Macros given as "NAME(params)=body". */
static void
add_heads(struct macros *ms, const char *const *list)
{
	for (; list && *list; list++) {
		struct macro *m = &ms->v[ms->n];

		if (!parse_macro(*list, *list + strlen(*list), m))
			continue;
		if (m->body < m->end && *m->body == '=')
			m->body++;
		ms->n++;
	}
}

static size_t
list_length(const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

static int
find_macros(const struct source *src, const char *const *expand_list,
	    struct macros *ms)
{
	size_t last;

	ms->v = calloc(src->nlines + list_length(heads) +
	    list_length(expand_list) + 1, sizeof(*ms->v));
	if (!ms->v)
		return -ENOMEM;
	add_heads(ms, heads);
	add_heads(ms, expand_list);
	for (size_t i = 0; i < src->nlines; i = last) {
		const char *p = src->active + src->line[i];
		bool dir = src->flags[i] & LINE_DIRECTIVE;

		last = i + 1;
		while (dir && last < src->nlines &&
		    src->flags[last] & LINE_DIRECTIVE &&
		    src->line[last] - src->line[last - 1] >= 2 &&
		    src->clean[src->line[last] - 2] == '\\')
			last++;
		if (dir && parse_define(p, src->active + src->line[last],
		    &ms->v[ms->n]))
			ms->n++;
	}
	return 0;
}

static const struct macro *
macro_named(const struct macros *ms, const struct token *tok)
{
	for (size_t i = 0; i < ms->n; i++) {
		if (ms->v[i].name.len == tok->len &&
		    !memcmp(ms->v[i].name.s, tok->s, tok->len))
			return &ms->v[i];
	}
	return NULL;
}

/* Behind the ')' that closes the '(' at `p`; NULL when there is none. */
static const char *
close_paren(const char *p, const char *end)
{
	int depth = 0;

	for (; p < end; p++) {
		if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p + 1;
	}
	return NULL;
}

/* The n-th argument of "( a, b )"; empty when there is none. */
static void
argument(const char *p, const char *end, size_t n, struct text *out)
{
	int depth = 0;
	size_t k = 0;

	for (p++; p < end - 1; p++) {
		depth += *p == '(';
		depth -= *p == ')';
		if (*p == ',' && !depth)
			k++;
		else if (k == n)
			text_put(out, p, 1);
	}
}

/* Put one token of a body: a parameter becomes its argument. */
static void
put_token(const struct macro *m, const struct token *tok, const char *args,
	  const char *args_end, struct text *out)
{
	for (size_t i = 0; i < m->nparams; i++) {
		struct text arg = { 0 };
		const char *s;
		size_t n;

		if (m->params[i].len != tok->len ||
		    memcmp(m->params[i].s, tok->s, tok->len))
			continue;
		argument(args, args_end, i, &arg);
		s = arg.s ? arg.s : "";
		s += strspn(s, " \t\n\\");
		for (n = strlen(s); n && strchr(" \t\n\\", s[n - 1]); n--)
			;
		text_put(out, s, n);
		text_clear(&arg);
		return;
	}
	text_put(out, tok->s, tok->len);
}

static void
substitute(const struct macro *m, const char *args, const char *args_end,
	   struct text *out)
{
	const char *p = m->body;
	bool glue = true;
	struct token tok;

	while (token_next(&p, m->end, &tok)) {
		if (slice_token_is(&tok, "##")) {
			glue = true;
			continue;
		}
		if (!glue)
			text_put(out, " ", 1);
		glue = slice_token_is(&tok, "#");
		if (!glue)
			put_token(m, &tok, args, args_end, out);
	}
}

static void
expand(const struct macros *ms, const char *p, const char *end, int level,
       struct text *out)
{
	struct token tok;

	while (token_next(&p, end, &tok)) {
		const struct macro *m = tok.ident ? macro_named(ms, &tok) : NULL;
		struct text body = { 0 };
		const char *q = p, *close;

		while (q < end && strchr(" \t\n\\", *q))
			q++;
		close = m && q < end && *q == '(' ? close_paren(q, end) : NULL;
		if (!close || level >= DEEPEST) {
			text_put(out, tok.s, tok.len);
			text_put(out, " ", 1);
			continue;
		}
		substitute(m, q, close, &body);
		if (body.s)
			expand(ms, body.s, body.s + body.len, level + 1, out);
		text_clear(&body);
		p = close;
	}
}

static void
add_generated(struct deftab *tab, const struct token *name, const char *text,
	      size_t first, size_t last)
{
	struct def *d = deftab_add(tab, name->s, name->len, DEF_GENERATED,
	    first);

	if (!d)
		return;
	d->last = last;
	d->expansion = strdup(text);
	if (!d->expansion)
		tab->oom = true;
}

/* Every name that the expanded text declares at its outermost level. */
static void
declared_names(const char *text, struct deftab *tab, size_t first, size_t last)
{
	const char *p = text, *end = text + strlen(text), *q;
	struct token prev = { 0 }, tok, next;
	int brace = 0, paren = 0;

	for (; token_next(&p, end, &tok); prev = tok) {
		brace += slice_token_is(&tok, "{") - slice_token_is(&tok, "}");
		paren += slice_token_is(&tok, "(") - slice_token_is(&tok, ")");
		q = p;
		if (!tok.ident || brace || paren || token_keyword(&tok) ||
		    (prev.s && !prev.ident && !slice_token_is(&prev, "*")) ||
		    !token_next(&q, end, &next) || next.ident ||
		    !strchr("(=;[,", *next.s))
			continue;
		add_generated(tab, &tok, text, first, last);
	}
}

/* Where an invocation that ends at `p` ends as a definition; NULL: it is none. */
static const char *
definition_end(const struct macros *ms, const char *p, const char *end)
{
	const char *q = p + strspn(p, " \t"), *next;
	struct token tok;
	int depth = 0;

	if (q < end && *q == ';')
		return q + 1;
	next = q + strspn(q, " \t\n");
	if (next < end && *next == '{') {
		for (; next < end; next++) {
			if (*next == '{')
				depth++;
			else if (*next == '}' && --depth == 0)
				return next + 1;
		}
		return NULL;
	}
	if (q >= end || *q == '\n')
		return p;
	next = q;
	return token_next(&next, end, &tok) && tok.ident &&
	    macro_named(ms, &tok) ? p : NULL;
}

/* Take an invocation: its names into the table, its text out of the view. */
static void
take(const struct source *src, const struct macros *ms, char *view,
     const char *start, const char *end, struct deftab *tab)
{
	size_t from = (size_t)(start - ms->flat), to = (size_t)(end - ms->flat);
	struct text out = { 0 };

	expand(ms, start, end, 0, &out);
	if (out.s && !out.oom)
		declared_names(out.s, tab, source_line_at(src, from),
		    source_line_at(src, to - 1));
	tab->oom |= out.oom;
	text_clear(&out);
	for (size_t i = from; i < to; i++) {
		if (view[i] != '\n')
			view[i] = ' ';
	}
}

/* Walk the statements at file scope. */
static void
find_invocations(const struct source *src, const struct macros *ms, char *view,
		 struct deftab *tab)
{
	const char *p = ms->flat, *end = ms->flat + ms->size, *start = NULL;
	bool simple = true;	/* only names so far in this statement */
	int brace = 0, paren = 0;
	struct token tok;

	while (token_next(&p, end, &tok)) {
		const char *q = p + strspn(p, " \t"), *done = NULL;

		if (!start)
			start = tok.s;
		if (!brace && !paren && simple && tok.ident && *q == '(' &&
		    macro_named(ms, &tok)) {
			q = close_paren(q, end);
			done = q ? definition_end(ms, q, end) : NULL;
		}
		if (done) {
			take(src, ms, view, start, done, tab);
			p = done;
			start = NULL;
			continue;
		}
		brace += slice_token_is(&tok, "{") - slice_token_is(&tok, "}");
		paren += slice_token_is(&tok, "(") - slice_token_is(&tok, ")");
		if (!brace && !paren && strchr(";}", *tok.s)) {
			start = NULL;
			simple = true;
		} else if (!tok.ident && !slice_token_is(&tok, "*")) {
			simple = false;
		}
	}
}

int
generated_find(const struct slice_request *req, const struct source *src,
	       char *view, struct deftab *tab)
{
	struct macros ms = { .size = src->size };
	int err = find_macros(src, req->expand, &ms);

	ms.flat = err ? NULL : malloc(src->size + 1);
	if (ms.flat) {
		memcpy(ms.flat, src->active, src->size + 1);
		for (size_t i = 0; i < src->nlines; i++) {
			if (!(src->flags[i] & LINE_DIRECTIVE))
				continue;
			for (size_t k = src->line[i]; k < src->line[i + 1]; k++) {
				if (ms.flat[k] != '\n')
					ms.flat[k] = ' ';
			}
		}
		find_invocations(src, &ms, view, tab);
	}
	if (!ms.flat || tab->oom)
		err = -ENOMEM;
	free(ms.flat);
	free(ms.v);
	return err;
}
