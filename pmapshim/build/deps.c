/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * * deps: which files a unit depends on.  `deps` are the files the compiler
 * read (its -MD output).  `absent` are files that did not exist, but would
 * have been read instead of one of them because their folder comes earlier in
 * the search order: a header added to the shim must rebuild too.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job.h"

/* Add a path, made absolute. */
static void
add_path(struct strlist *list, const char *path, size_t len)
{
	struct text t = { 0 };
	char cwd[PATH_MAX];

	if (*path != '/' && getcwd(cwd, sizeof(cwd)))
		text_printf(&t, "%s/", cwd);
	text_put(&t, path, len);
	if (t.oom)
		list->oom = true;
	else
		strlist_add(list, t.s);
	text_clear(&t);
}

/* The folders searched by one unit, in order: its own, then -I and so on. */
static void
search_dirs(const char *source, const char *const *flags, struct strlist *dirs)
{
	static const char *const options[] = { "-I", "-isystem", "-iquote",
		"-idirafter" };
	const char *slash = strrchr(source, '/');

	if (source)
		strlist_put(dirs, slash ? source : ".",
		    slash ? (size_t)(slash - source) : 1);
	for (; flags && *flags; flags++) {
		for (size_t i = 0; i < 4; i++) {
			size_t n = strlen(options[i]);

			if (strncmp(*flags, options[i], n))
				continue;
			if ((*flags)[n])
				strlist_add(dirs, *flags + n);
			else if (flags[1])
				strlist_add(dirs, *++flags);
			break;
		}
	}
}

/* Where else the dependency `path` would have been looked for first. */
static void
add_absent(struct build_reads *ret, const struct strlist *dirs,
	   const char *path)
{
	for (size_t j = 1; j < dirs->n; j++) {
		size_t n = strlen(dirs->v[j]);

		while (n > 1 && dirs->v[j][n - 1] == '/')
			n--;
		if (strncmp(path, dirs->v[j], n) || path[n] != '/')
			continue;
		for (size_t i = 0; i < j; i++) {
			struct text t = { 0 };

			text_printf(&t, "%s%s", dirs->v[i], path + n);
			if (!t.oom && access(t.s, F_OK) != 0)
				add_path(&ret->absent, t.s, t.len);
			text_clear(&t);
		}
	}
}

/* Take the names out of a depfile: "object: a.c b\ c.h \\\n d.h". */
static void
parse_depfile(const char *s, struct strlist *paths)
{
	struct text name = { 0 };

	s = strchr(s, ':');
	for (s = s ? s + 1 : ""; ; s++) {
		if (*s == '\\' && s[1] == '\n') {
			s++;
		} else if (*s == '\\' && (s[1] == ' ' || s[1] == '#')) {
			text_put(&name, ++s, 1);
			continue;
		} else if (*s == '$' && s[1] == '$') {
			text_put(&name, ++s, 1);
			continue;
		} else if (*s && *s != ' ' && *s != '\n' && *s != '\t') {
			text_put(&name, s, 1);
			continue;
		}
		if (name.len)
			strlist_put(paths, name.s, name.len);
		name.len = 0;
		if (!*s)
			break;
	}
	paths->oom |= name.oom;
	text_clear(&name);
}

enum build_status
deps_of_unit(struct build_job *job, size_t i, struct build_reads *ret)
{
	struct strlist dirs = { 0 }, paths = { 0 };
	enum build_status st = BUILD_OK;
	struct text file = { 0 };
	char *data = NULL;
	size_t size;

	text_printf(&file, "%s/%zu.d", job->tmp, i);
	if (file.oom || file_read(file.s, &data, &size) != 0)
		st = job_fail(job, BUILD_SYSTEM, "the compiler wrote no list "
		    "of the files it read for %s", job->sources.v[i]);
	else
		parse_depfile(data, &paths);
	search_dirs(job->sources.v[i], job->req->flags, &dirs);
	if (job->req->units[i].flags)
		search_dirs("", job->req->units[i].flags, &dirs);
	for (size_t k = 0; k < paths.n; k++) {
		add_path(&ret->deps, paths.v[k], strlen(paths.v[k]));
		add_absent(ret, &dirs, paths.v[k]);
	}
	ret->deps.oom |= dirs.oom || paths.oom;
	strlist_clear(&dirs);
	strlist_clear(&paths);
	text_clear(&file);
	free(data);
	return st;
}

void
reads_add(struct build_reads *to, const struct build_reads *from)
{
	strlist_add_all(&to->deps, strlist_argv(&from->deps));
	strlist_add_all(&to->absent, strlist_argv(&from->absent));
	to->deps.oom |= from->deps.oom || from->absent.oom;
	strlist_sort(&to->deps);
	strlist_sort(&to->absent);
}

void
reads_clear(struct build_reads *r)
{
	strlist_clear(&r->deps);
	strlist_clear(&r->absent);
}
