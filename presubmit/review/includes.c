/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * includes: see includes.h.
 */
#include "presubmit/review/includes.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "presubmit/review/names.h"

char *
include_at(const struct source *src, size_t line)
{
	const char *s = src->raw + src->line[line];
	const char *end = src->raw + src->line[line + 1];

	while (s < end && (isspace((unsigned char)*s) || *s == '#'))
		s++;
	if (!(src->flags[line] & LINE_DIRECTIVE) || end - s < 8 ||
	    strncmp(s, "include", 7) != 0)
		return NULL;
	for (s += 7; s < end && *s != '<' && *s != '"';)
		s++;
	return s >= end ? NULL : strndup(s + 1, strcspn(s + 1, ">\"\n"));
}

static char *
joined(const char *dir, size_t n, const char *name)
{
	struct text t = { 0 };

	text_printf(&t, "%.*s%s", (int)n, dir, name);
	return t.s;
}

/* The header of the tree that a file means by this name, or NULL. */
static char *
resolve(struct review *r, const char *from, const char *name)
{
	static const char *const freebsd[] = { "", "amd64/include/", "x86/",
		NULL };
	static const char *const linux_roots[] = { "", "include/",
		"arch/x86/include/", "include/uapi/", "arch/x86/include/uapi/",
		NULL };
	const char *slash = strrchr(from, '/');
	char *path = slash ? joined(from, (size_t)(slash - from) + 1, name) :
	    NULL;

	/* <machine/x.h> is amd64/include/x.h, <x86/x.h> x86/include/x.h */
	if (path && review_readable(r, path))
		return path;
	free(path);
	if (!r->linux_kernel && strncmp(name, "machine/", 8) == 0)
		name += 8;
	for (const char *const *d = r->linux_kernel ? linux_roots : freebsd;
	    *d; d++) {
		path = joined(*d, strlen(*d), name);
		if (path && review_readable(r, path))
			return path;
		free(path);
	}
	if (r->linux_kernel || strncmp(name, "x86/", 4) != 0)
		return NULL;
	path = joined("x86/include/", 12, name + 4);
	if (path && review_readable(r, path))
		return path;
	free(path);
	return NULL;
}

static int
read_one(struct review *r, const char *below, struct include_list *to)
{
	struct cfile f = { 0 };
	int err = cfile_read(r, below, &f);

	to->below = strdup(below);
	for (size_t i = 0; !err && i < f.src.nlines; i++) {
		char *name = include_at(&f.src, i);
		char *path = name ? resolve(r, below, name) : NULL;

		if (path && has_ending(path, ".h"))
			strlist_add(&to->headers, path);
		free(path);
		free(name);
	}
	strlist_sort(&to->headers);
	cfile_clear(&f);
	return err ? err : to->below && !to->headers.oom ? 0 : -ENOMEM;
}

int
includes_read(struct review *r, struct includes *ret)
{
	struct strlist files = { 0 };
	int err = 0;

	review_side_files(r, SIDE_CORE, ".c", &files);
	review_side_files(r, SIDE_DRIVER, ".c", &files);
	ret->v = calloc(files.n + 1, sizeof(*ret->v));
	for (size_t i = 0; ret->v && i < files.n && !err; i++)
		err = read_one(r, files.v[i], &ret->v[ret->n++]);
	strlist_clear(&files);
	return ret->v ? err : -ENOMEM;
}

void
includes_clear(struct includes *inc)
{
	for (size_t i = 0; i < inc->n; i++) {
		free(inc->v[i].below);
		strlist_clear(&inc->v[i].headers);
	}
	free(inc->v);
	*inc = (struct includes){ 0 };
}

void
includes_of(const struct includes *inc, const char *below, struct strlist *out)
{
	for (size_t i = 0; i < inc->n; i++)
		if (strcmp(inc->v[i].below, below) == 0)
			strlist_add_all(out, strlist_argv(&inc->v[i].headers));
	strlist_sort(out);
}

void
includes_neighbours(const struct includes *inc, const char *header,
                    struct strlist *out)
{
	for (size_t i = 0; i < inc->n; i++) {
		const struct strlist *h = &inc->v[i].headers;

		if (!strlist_has(h, header, strlen(header)))
			continue;
		for (size_t k = 0; k < h->n; k++)
			if (strcmp(h->v[k], header) != 0)
				strlist_add(out, h->v[k]);
	}
	strlist_sort(out);
}

void
includes_names(struct review *r, struct strlist *out)
{
	struct strlist files = { 0 };

	review_side_files(r, SIDE_DRIVER, ".h", &files);
	if (files.n)
		(void)names_of(r, &files, "degstuv", false, out);
	strlist_clear(&files);
}
