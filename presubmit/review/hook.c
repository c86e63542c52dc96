/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hook: see hook.h.  Text is read as tokens: a definition at file scope, a
 * call NAME(, a store NAME = VALUE.  Macros count with the line they stand in.
 */
#include "presubmit/review/hook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- places ---- */

static int
place_add(struct places *p, const struct place *new)
{
	struct place *v = realloc(p->v, (p->n + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	p->v = v;
	v[p->n] = *new;
	p->n++;
	return new->below ? 0 : -ENOMEM;
}

static void
place_clear(struct place *p)
{
	free(p->below);
	free(p->function);
	free(p->value);
}

static void
places_clear(struct places *p)
{
	for (size_t i = 0; i < p->n; i++)
		place_clear(&p->v[i]);
	free(p->v);
}

static void
hook_clear(struct hook *h)
{
	free(h->name);
	place_clear(&h->definition);
	places_clear(&h->calls);
	places_clear(&h->core_stores);
	places_clear(&h->driver_stores);
}

void
hooks_clear(struct hooks *h)
{
	for (size_t i = 0; i < h->n; i++)
		hook_clear(&h->v[i]);
	free(h->v);
	*h = (struct hooks){ 0 };
}

static struct place
place_at(const struct cfile *f, const char *below, size_t token)
{
	const struct cfunction *in = cfile_function(f, token);

	return (struct place){ .below = strdup(below),
		.line = f->v[token].line,
		.function = in ? strdup(in->name) : NULL };
}

/* ---- types ---- */

/* "typedef RETURN (*NAME)(": the NAME goes to the list. */
static void
pointer_typedefs(const struct cfile *f, struct strlist *out)
{
	static const char *const words[] = { "(", "*", "?", ")", "(", NULL };
	bool in = false;

	for (size_t i = 0; i < f->n; i++) {
		if (ctoken_is(&f->v[i], "typedef"))
			in = true;
		else if (ctoken_is(&f->v[i], ";"))
			in = false;
		else if (in && cfile_match(f, i, words)) {
			strlist_put(out, f->v[i + 2].s, f->v[i + 2].len);
			in = false;
		}
	}
}

static int
collect_typedefs(struct review *r, struct strlist *out)
{
	static const char *const ends[] = { ".h", ".c" };
	struct strlist files = { 0 };
	int err = 0;

	for (size_t e = 0; e < 2; e++)
		review_side_files(r, SIDE_CORE, ends[e], &files);
	for (size_t i = 0; i < files.n && !err; i++) {
		struct cfile f = { 0 };

		err = cfile_read(r, files.v[i], &f);
		pointer_typedefs(&f, out);
		cfile_clear(&f);
	}
	strlist_sort(out);
	strlist_clear(&files);
	return err;
}

/* ---- definitions ---- */

/* The first name behind '=': "&f", "f", "(type)f"; NULL for NULL and 0. */
static char *
value_behind(const struct cfile *f, size_t equals)
{
	for (size_t i = equals + 1; i < f->n; i++) {
		const struct ctoken *t = &f->v[i];

		if (ctoken_is(t, ";") || ctoken_is(t, "NULL") ||
		    ctoken_is(t, "0"))
			return NULL;
		/* a cast: up to its parenthesis */
		if (ctoken_is(t, "(") && i + 1 < f->n &&
		    !ctoken_is(&f->v[i + 1], "*"))
			while (i < f->n && !ctoken_is(&f->v[i], ")"))
				i++;
		else if (t->ident)
			return strndup(t->s, t->len);
	}
	return NULL;
}

/* The index of the name that a statement at file scope defines, or 0. */
static size_t
defined_pointer(const struct cfile *f, size_t first, size_t end,
                const struct strlist *types)
{
	static const char *const direct[] = { "(", "*", "?", ")", "(", NULL };

	for (size_t i = first; i < end; i++) {
		const struct ctoken *t = &f->v[i];

		if (ctoken_is(t, "typedef") || ctoken_is(t, "extern") ||
		    ctoken_is(t, "="))
			return 0;
		if (cfile_match(f, i, direct))
			return i + 2;
		if (t->ident && strlist_has(types, t->s, t->len) &&
		    i + 1 < end && f->v[i + 1].ident)
			return i + 1;
		if (ctoken_is(t, "("))
			return 0;
	}
	return 0;
}

static struct hook *
hook_named(struct hooks *h, const struct ctoken *t)
{
	for (size_t i = 0; i < h->n; i++)
		if (ctoken_is(t, h->v[i].name))
			return &h->v[i];
	return NULL;
}

static int
hook_add(struct hooks *h, const struct cfile *f, const char *below, size_t name,
         size_t end)
{
	struct hook *v;
	size_t i;

	if (hook_named(h, &f->v[name]))
		return 0;
	v = realloc(h->v, (h->n + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	h->v = v;
	v += h->n++;
	*v = (struct hook){ .name = strndup(f->v[name].s, f->v[name].len),
		.definition = place_at(f, below, name) };
	for (i = name; i < end && !ctoken_is(&f->v[i], "="); i++)
		;
	if (i < end)
		v->definition.value = value_behind(f, i);
	return v->name && v->definition.below ? 0 : -ENOMEM;
}

/* Statements at file scope that define function pointers. */
static int
find_definitions(const struct cfile *f, const char *below,
                 const struct strlist *types, struct hooks *h)
{
	size_t first = 0;
	int depth = 0, err = 0;

	for (size_t i = 0; i < f->n && !err; i++) {
		const struct ctoken *t = &f->v[i];

		if (t->directive) {
			first = i + 1;
			continue;
		}
		depth += ctoken_is(t, "{") - ctoken_is(t, "}");
		if (depth == 0 && ctoken_is(t, ";")) {
			const size_t name = defined_pointer(f, first, i, types);

			if (name)
				err = hook_add(h, f, below, name, i);
		}
		if (depth == 0 && (ctoken_is(t, ";") || ctoken_is(t, "}")))
			first = i + 1;
	}
	return err;
}

/* ---- uses ---- */

/* Whether the function tests the pointer between its start and the call. */
static bool
tested_before(const struct cfile *f, size_t call)
{
	const struct cfunction *in = cfile_function(f, call);
	const struct ctoken *name = &f->v[call];

	for (size_t i = in ? in->first : call; i < call; i++) {
		const struct ctoken *t = &f->v[i], *l = t - 1, *n = t + 1;

		if (t->len != name->len || memcmp(t->s, name->s, t->len) != 0)
			continue;
		if (ctoken_is(n, "!=") || ctoken_is(n, "==") ||
		    ctoken_is(n, ")") || ctoken_is(n, "&&") ||
		    ctoken_is(n, "?") || ctoken_is(l, "!") ||
		    ctoken_is(l, "!=") || ctoken_is(l, "=="))
			return true;
	}
	return false;
}

static int
note_use(const struct cfile *f, const char *below, size_t i, struct hook *h,
         bool driver)
{
	const bool call = i + 1 < f->n && ctoken_is(&f->v[i + 1], "(");
	/* (*NAME)( */
	const bool star = i > 1 && i + 2 < f->n &&
	    ctoken_is(&f->v[i - 1], "*") && ctoken_is(&f->v[i - 2], "(") &&
	    ctoken_is(&f->v[i + 1], ")") && ctoken_is(&f->v[i + 2], "(");
	const bool body = cfile_function(f, i) != NULL;
	struct place p;

	if (body && i + 1 < f->n && ctoken_is(&f->v[i + 1], "=")) {
		p = place_at(f, below, i);
		p.value = value_behind(f, i + 1);
		return place_add(driver ? &h->driver_stores : &h->core_stores,
		    &p);
	}
	if (driver || !(call || star) || (!body && !f->v[i].directive))
		return 0;
	p = place_at(f, below, i);
	p.guarded = tested_before(f, i);
	return place_add(&h->calls, &p);
}

static int
find_uses(struct review *r, enum side side, struct hooks *h)
{
	struct strlist files = { 0 };
	int err = 0;

	review_side_files(r, side, ".c", &files);
	for (size_t n = 0; n < files.n && !err; n++) {
		struct cfile f = { 0 };

		err = cfile_read(r, files.v[n], &f);
		for (size_t i = 0; i < f.n && !err; i++) {
			struct hook *hook = f.v[i].ident ?
			    hook_named(h, &f.v[i]) : NULL;

			if (hook)
				err = note_use(&f, files.v[n], i, hook,
				    side == SIDE_DRIVER);
		}
		cfile_clear(&f);
	}
	strlist_clear(&files);
	return err;
}

static bool
is_flush_name(const char *s)
{
	return strstr(s, "shootdown") || strstr(s, "tlb") ||
	    strstr(s, "flush") || strstr(s, "invl");
}

/* Drop pointers that nobody calls, and those that are no affair of ours. */
static void
keep_hooks(struct hooks *h)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->n; i++) {
		struct hook *x = &h->v[i];

		if (x->calls.n && (x->driver_stores.n ||
		    is_flush_name(x->name)))
			h->v[kept++] = *x;
		else
			hook_clear(x);
	}
	h->n = kept;
}

int
hooks_find(struct review *r, struct hooks *ret)
{
	struct strlist types = { 0 }, files = { 0 };
	int err = collect_typedefs(r, &types);

	review_side_files(r, SIDE_CORE, ".c", &files);
	for (size_t i = 0; i < files.n && !err; i++) {
		struct cfile f = { 0 };

		err = cfile_read(r, files.v[i], &f);
		if (!err)
			err = find_definitions(&f, files.v[i], &types, ret);
		cfile_clear(&f);
	}
	if (!err)
		err = find_uses(r, SIDE_CORE, ret);
	if (!err)
		err = find_uses(r, SIDE_DRIVER, ret);
	keep_hooks(ret);
	strlist_clear(&types);
	strlist_clear(&files);
	return err;
}
