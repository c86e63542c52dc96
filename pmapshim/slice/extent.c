/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * extent: the first and last line of each definition.  Ctags gives the line
 * of the name and the end of a function; what stands before the name (static,
 * the return type, attributes, the first lines of a DEFINE_IFUNC) is found by
 * walking back to a blank line, a comment, a preprocessor line, or the end of
 * the definition before.
 */
#include "source.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The last character of a line that is not blank, or 0. */
static char
last_char(const struct source *src, size_t line)
{
	for (size_t i = src->line[line + 1]; i > src->line[line]; i--) {
		char c = src->active[i - 1];

		if (!isspace((unsigned char)c) && c != '\\')
			return c;
	}
	return '\0';
}

/* Whether no statement goes on from this line to the next. */
static bool
is_boundary(const struct source *src, size_t line)
{
	char c = last_char(src, line);

	if (src->flags[line] & (LINE_DIRECTIVE | LINE_OUT | LINE_FUNCTION_END))
		return true;
	return !c || c == ';' || c == '}';
}

size_t
extent_start(const struct source *src, size_t line)
{
	for (;;) {
		while (line > 0 && src->depth[line] > 0)
			line--;
		if (line == 0 || is_boundary(src, line - 1))
			return line;
		line--;
	}
}

size_t
extent_end(const struct source *src, size_t line)
{
	int brace = 0, paren = 0;
	size_t i = extent_start(src, line);

	for (; i < src->nlines; i++) {
		if (src->flags[i] & LINE_DIRECTIVE)
			continue;
		for (size_t k = src->line[i]; k < src->line[i + 1]; k++) {
			char c = src->active[k];

			brace += (c == '{') - (c == '}');
			paren += (c == '(') - (c == ')');
			if (c == ';' && !brace && !paren && i >= line)
				return i;
		}
	}
	return src->nlines - 1;
}

/* The line of the brace that closes the body of the function at `line`. */
static size_t
body_end(const struct source *src, size_t line)
{
	bool open = false;
	int brace = 0;

	for (size_t i = line; i < src->nlines; i++) {
		if (src->flags[i] & LINE_DIRECTIVE)
			continue;
		for (size_t k = src->line[i]; k < src->line[i + 1]; k++) {
			char c = src->active[k];

			open |= c == '{';
			brace += (c == '{') - (c == '}');
			if (open && brace <= 0)
				return i;
		}
	}
	return src->nlines - 1;
}

static size_t
directive_end(const struct source *src, size_t line)
{
	while (line + 1 < src->nlines &&
	    src->flags[line + 1] & LINE_DIRECTIVE &&
	    src->line[line + 1] - src->line[line] >= 2 &&
	    src->clean[src->line[line + 1] - 2] == '\\')
		line++;
	return line;
}

static void
resolve(const struct source *src, struct def *d)
{
	switch ((enum def_kind)d->kind) {
	case DEF_GENERATED:
		d->first = extent_start(src, d->first);
		break;
	case DEF_MACRO:
		d->first = d->at;
		d->last = directive_end(src, d->at);
		break;
	case DEF_FUNCTION:
		d->first = extent_start(src, d->at);
		break;
	default:
		d->first = extent_start(src, d->at);
		d->last = extent_end(src, d->at);
		break;
	}
}

/* A type or variable declared inside a function is not at file scope. */
static bool
is_local(const struct deftab *tab, const struct def *d)
{
	if (d->kind == DEF_FUNCTION || d->kind == DEF_GENERATED ||
	    d->kind == DEF_MACRO)
		return false;
	for (size_t i = 0; i < tab->n; i++) {
		const struct def *f = &tab->v[i];

		if (f->kind == DEF_FUNCTION && d->at >= f->at &&
		    d->at <= f->last)
			return true;
	}
	return false;
}

static int
compare_defs(const void *a, const void *b)
{
	const struct def *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	if (c)
		return c;
	return x->at < y->at ? -1 : x->at > y->at;
}

void
extent_resolve(struct source *src, struct deftab *tab)
{
	size_t out = 0;

	for (size_t i = 0; i < tab->n; i++) {
		struct def *d = &tab->v[i];

		if (d->kind == DEF_FUNCTION && d->last <= d->at)
			d->last = body_end(src, d->at);
		if (d->kind == DEF_FUNCTION || d->kind == DEF_GENERATED)
			src->flags[d->last] |= LINE_FUNCTION_END;
	}
	for (size_t i = 0; i < tab->n; i++)
		resolve(src, &tab->v[i]);
	for (size_t i = 0; i < tab->n; i++) {
		if (is_local(tab, &tab->v[i]))
			tab->v[i].kind = 0;
	}
	for (size_t i = 0; i < tab->n; i++) {
		if (tab->v[i].kind)
			tab->v[out++] = tab->v[i];
		else
			free(tab->v[i].name);
	}
	tab->n = out;
	if (tab->n)
		qsort(tab->v, tab->n, sizeof(*tab->v), compare_defs);
}
