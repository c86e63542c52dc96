/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slice: the course of one cut (read, decide the conditions, find the
 * definitions, compute the closure) and the text that comes out of it, in the
 * order of the file.
 */
#include "slice.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../build/sha256.h"
#include "source.h"

struct range {
	size_t first, last;
};

struct output {
	const struct slice_request *req;
	const struct source *src;
	struct range *ranges;
	size_t n;
	struct text text;
	struct sha256 hash;
};

enum slice_status
slice_fail(struct slice_result *ret, enum slice_status st, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ret->error, sizeof(ret->error), fmt, ap);
	va_end(ap);
	return st;
}

static int
compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* The lines wanted, in order, those that touch made one. */
static int
make_ranges(struct output *out, const struct deftab *tab)
{
	size_t n = 0;

	out->ranges = calloc(tab->n + 1, sizeof(*out->ranges));
	if (!out->ranges)
		return -ENOMEM;
	for (size_t i = 0; i < tab->n; i++) {
		if (tab->v[i].used)
			out->ranges[n++] = (struct range){ tab->v[i].first,
			    tab->v[i].last };
	}
	qsort(out->ranges, n, sizeof(*out->ranges), compare_ranges);
	for (size_t i = 0; i < n; i++) {
		struct range *last = out->n ? &out->ranges[out->n - 1] : NULL;

		if (!last || out->ranges[i].first > last->last + 1)
			out->ranges[out->n++] = out->ranges[i];
		else if (out->ranges[i].last > last->last)
			last->last = out->ranges[i].last;
	}
	return 0;
}

/* Whether every #if in these lines ends in them, and none from outside does. */
static bool
is_balanced(const struct source *src, const struct range *r)
{
	int depth = 0;

	for (size_t i = r->first; i <= r->last; i++) {
		const char *p = src->clean + src->line[i];
		const char *end = src->clean + src->line[i + 1];
		struct token hash, word;

		if (!(src->flags[i] & LINE_DIRECTIVE) ||
		    !token_next(&p, end, &hash) || !slice_token_is(&hash, "#") ||
		    !token_next(&p, end, &word))
			continue;
		if (word.len >= 2 && !memcmp(word.s, "if", 2))
			depth++;
		else if (slice_token_is(&word, "endif"))
			depth--;
		else if (depth == 0 && !memcmp(word.s, "el", 2))
			return false;
		if (depth < 0)
			return false;
	}
	return depth == 0;
}

static void
put_line(struct output *out, size_t i)
{
	const struct source *src = out->src;
	size_t len = src->line[i + 1] - src->line[i];

	text_put(&out->text, src->raw + src->line[i], len);
	sha256_update(&out->hash, src->raw + src->line[i], len);
	if (!len || src->raw[src->line[i + 1] - 1] != '\n')
		text_put(&out->text, "\n", 1);
}

static void
put_range(struct output *out, const struct range *r)
{
	const char *shown = out->req->shown ? out->req->shown : out->req->file;
	const unsigned skipped = LINE_OUT | LINE_RESOLVED;
	bool whole = is_balanced(out->src, r);

	text_printf(&out->text, "#line %zu \"", r->first + 1);
	for (const char *p = shown; *p; p++) {
		if (*p == '"' || *p == '\\')
			text_put(&out->text, "\\", 1);
		text_put(&out->text, p, 1);
	}
	text_put(&out->text, "\"\n", 2);
	for (size_t i = r->first; i <= r->last; i++) {
		if (whole || !(out->src->flags[i] & skipped))
			put_line(out, i);
		else
			text_put(&out->text, "\n", 1);
	}
}

static void
put_all(struct output *out, struct slice_result *ret)
{
	const struct slice_request *req = out->req;

	sha256_init(&out->hash);
	text_put(&out->text, "", 0);
	if (req->prologue)
		text_printf(&out->text, "#line 1 \"shim-prologue\"\n%s\n",
		    req->prologue);
	for (size_t i = 0; i < out->n; i++) {
		put_range(out, &out->ranges[i]);
		ret->lines += (unsigned)(out->ranges[i].last -
		    out->ranges[i].first + 1);
	}
	if (req->epilogue)
		text_printf(&out->text, "#line 1 \"shim-epilogue\"\n%s\n",
		    req->epilogue);
	sha256_final_hex(&out->hash, ret->sha256);
}

/* A macro invocation that defines several functions counts once. */
static bool
counts(const struct deftab *tab, size_t i)
{
	const struct def *d = &tab->v[i];

	if (!d->used || (d->kind != DEF_FUNCTION && d->kind != DEF_GENERATED))
		return false;
	for (size_t k = 0; k < i; k++) {
		const struct def *e = &tab->v[k];

		if (e->used && e->kind == d->kind && e->first == d->first &&
		    e->last == d->last)
			return false;
	}
	return true;
}

static void
list_names(const struct deftab *tab, struct strlist *names,
	   struct slice_result *ret)
{
	for (size_t i = 0; i < tab->n; i++) {
		if (tab->v[i].used)
			strlist_add(names, tab->v[i].name);
		ret->functions += counts(tab, i);
	}
	strlist_sort(names);
}

static enum slice_status
write_out(const struct slice_request *req, const struct source *src,
	  const struct deftab *tab, struct slice_result *ret)
{
	struct output out = { .req = req, .src = src };
	struct strlist names = { 0 };
	int err = make_ranges(&out, tab);

	if (!err) {
		list_names(tab, &names, ret);
		put_all(&out, ret);
	}
	free(out.ranges);
	if (err || out.text.oom || names.oom) {
		text_clear(&out.text);
		strlist_clear(&names);
		return slice_fail(ret, SLICE_SYSTEM, "out of memory");
	}
	ret->text = out.text.s;
	ret->names = names.v;
	ret->nnames = names.n;
	return SLICE_OK;
}

/* All definitions of the file, with their extents. */
static enum slice_status
find_definitions(const struct slice_request *req, struct source *src,
		 struct deftab *tab, struct slice_result *ret)
{
	char *view = malloc(src->size + 1);
	enum slice_status st;

	if (!view)
		return slice_fail(ret, SLICE_SYSTEM, "out of memory");
	memcpy(view, src->active, src->size + 1);
	if (generated_find(req, src, view, tab) != 0)
		st = slice_fail(ret, SLICE_SYSTEM, "out of memory");
	else
		st = tags_read(src, view, tab, ret);
	if (st == SLICE_OK)
		extent_resolve(src, tab);
	free(view);
	return st;
}

static enum slice_status
cut(const struct slice_request *req, struct source *src, struct deftab *tab,
    struct strlist *known, struct slice_result *ret)
{
	enum slice_status st;
	int err;

	err = source_read(src, req->file);
	if (err)
		return slice_fail(ret, err == -ENOMEM ? SLICE_SYSTEM :
		    SLICE_BAD_SOURCE, "%s: %s", req->file, strerror(-err));
	err = source_evaluate(src, req->defined);
	if (err)
		return slice_fail(ret, err == -ENOMEM ? SLICE_SYSTEM :
		    SLICE_BAD_SOURCE, "%s: conditions nested too deeply",
		    req->file);
	st = find_definitions(req, src, tab, ret);
	if (st == SLICE_OK)
		st = tags_headers(req->headers, known, ret);
	if (st != SLICE_OK)
		return st;
	strlist_add_all(known, req->allowed);
	strlist_sort(known);
	if (known->oom)
		return slice_fail(ret, SLICE_SYSTEM, "out of memory");
	st = closure_mark(req, src, tab, known, ret);
	return st == SLICE_OK ? write_out(req, src, tab, ret) : st;
}

enum slice_status
slice_cut(const struct slice_request *req, struct slice_result *ret)
{
	struct strlist known = { 0 };
	struct source src = { 0 };
	struct deftab tab = { 0 };
	enum slice_status st;

	*ret = (struct slice_result){ 0 };
	st = cut(req, &src, &tab, &known, ret);
	if (st != SLICE_OK) {
		ret->functions = 0;
		ret->lines = 0;
		ret->sha256[0] = '\0';
	}
	source_clear(&src);
	deftab_clear(&tab);
	strlist_clear(&known);
	return st;
}

enum slice_status
slice_header_names(const char *const *headers, struct slice_result *ret)
{
	struct strlist names = { 0 };
	enum slice_status st;

	*ret = (struct slice_result){ 0 };
	st = tags_headers(headers, &names, ret);
	strlist_sort(&names);
	if (st == SLICE_OK && names.oom)
		st = slice_fail(ret, SLICE_SYSTEM, "out of memory");
	if (st != SLICE_OK) {
		strlist_clear(&names);
		return st;
	}
	ret->names = names.v;
	ret->nnames = names.n;
	return SLICE_OK;
}

bool
slice_has(const struct slice_result *res, const char *name)
{
	const struct strlist names = { .v = res->names, .n = res->nnames };

	return strlist_has(&names, name, strlen(name));
}

void
slice_result_clear(struct slice_result *res)
{
	for (size_t i = 0; i < res->nnames; i++)
		free(res->names[i]);
	free(res->names);
	free(res->text);
	*res = (struct slice_result){ 0 };
}

int
slice_probe(const char *file, const char *identifier)
{
	struct token tok;
	const char *p;
	char *data;
	size_t size;
	int found = 0, err = file_read(file, &data, &size);

	if (err)
		return err;
	source_clean(data, size);
	p = data;
	while (!found && token_next(&p, data + size, &tok))
		found = slice_token_is(&tok, identifier);
	free(data);
	return found;
}
