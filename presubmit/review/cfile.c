/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cfile: a C file as tokens without comments and literals, each with its line,
 * and its functions.  All branches of the preprocessor are seen: a check is
 * about what the file says, whatever the configuration.
 */
#include "presubmit/review/inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool
ctoken_is(const struct ctoken *t, const char *s)
{
	return strlen(s) == t->len && memcmp(t->s, s, t->len) == 0;
}

static int
tokenize(struct cfile *f)
{
	const char *p = f->src.clean, *end = p + f->src.size;
	size_t cap = 0, line = 0;
	struct token t;

	while (token_next(&p, end, &t)) {
		const size_t at = (size_t)(t.s - f->src.clean);

		if (f->n == cap) {
			struct ctoken *v;

			cap = cap ? cap * 2 : 4096;
			v = realloc(f->v, cap * sizeof(*v));
			if (!v)
				return -ENOMEM;
			f->v = v;
		}
		while (line + 1 < f->src.nlines && f->src.line[line + 1] <= at)
			line++;
		f->v[f->n++] = (struct ctoken){ .s = t.s, .len = t.len,
			.line = line + 1, .ident = t.ident,
			.directive = f->src.flags[line] & LINE_DIRECTIVE };
	}
	return 0;
}

/* The next token that no directive holds, from i on; n at the end. */
static size_t
plain(const struct cfile *f, size_t i)
{
	while (i < f->n && f->v[i].directive)
		i++;
	return i;
}

/* The token that closes what opens at i; n when nothing does. */
static size_t
closing(const struct cfile *f, size_t i, const char *open, const char *close)
{
	int depth = 0;

	for (i = plain(f, i); i < f->n; i = plain(f, i + 1)) {
		if (ctoken_is(&f->v[i], open))
			depth++;
		else if (ctoken_is(&f->v[i], close) && --depth == 0)
			return i;
	}
	return f->n;
}

static int
add_function(struct cfile *f, size_t name, size_t last)
{
	struct cfunction *v = realloc(f->f, (f->nf + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	f->f = v;
	v[f->nf].name = strndup(f->v[name].s, f->v[name].len);
	v[f->nf].first = name;
	v[f->nf].last = last;
	return v[f->nf++].name ? 0 : -ENOMEM;
}

/*
 * The last token of a function whose name is at i, or 0: NAME ( ... ) { ... },
 * with old-style declarations of parameters or attributes before the brace.
 */
static size_t
function_end(const struct cfile *f, size_t i)
{
	size_t k = plain(f, i + 1);
	struct token name = { f->v[i].s, f->v[i].len, true };

	if (!f->v[i].ident || k >= f->n || !ctoken_is(&f->v[k], "(") ||
	    token_keyword(&name))
		return 0;
	k = plain(f, closing(f, k, "(", ")") + 1);
	while (k < f->n && !ctoken_is(&f->v[k], "{")) {
		const bool old = f->v[k].ident || ctoken_is(&f->v[k], "*") ||
		    ctoken_is(&f->v[k], ",");

		/* "int x;" before the brace is old style; "f();" is not */
		if (!old && !(ctoken_is(&f->v[k], ";") && f->v[k - 1].ident))
			return 0;
		k = plain(f, k + 1);
	}
	k = closing(f, k, "{", "}");
	return k < f->n ? k : 0;
}

static int
find_functions(struct cfile *f)
{
	int err = 0;

	for (size_t i = plain(f, 0); i < f->n && !err; i = plain(f, i + 1)) {
		const size_t last = function_end(f, i);

		if (last) {
			err = add_function(f, i, last);
			i = last;
		} else if (ctoken_is(&f->v[i], "{"))
			i = closing(f, i, "{", "}");
	}
	return err;
}

int
cfile_read(struct review *r, const char *below, struct cfile *ret)
{
	char *path = review_path(r, below);
	int err = path ? source_read(&ret->src, path) : -ENOMEM;

	free(path);
	if (!err)
		err = tokenize(ret);
	if (!err)
		err = find_functions(ret);
	return err;
}

void
cfile_clear(struct cfile *f)
{
	for (size_t i = 0; i < f->nf; i++)
		free(f->f[i].name);
	free(f->f);
	free(f->v);
	source_clear(&f->src);
	*f = (struct cfile){ 0 };
}

const struct cfunction *
cfile_function(const struct cfile *f, size_t token)
{
	for (size_t i = 0; i < f->nf; i++)
		if (f->f[i].first <= token && token <= f->f[i].last)
			return &f->f[i];
	return NULL;
}

bool
cfile_match(const struct cfile *f, size_t i, const char *const *words)
{
	for (; *words; words++, i++) {
		if (i >= f->n)
			return false;
		if (strcmp(*words, "?") == 0 ? !f->v[i].ident :
		    !ctoken_is(&f->v[i], *words))
			return false;
	}
	return true;
}
