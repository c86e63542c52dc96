/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * util: see util.h.
 */
#include "presubmit/util.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pmapshim/build/run.h"
#include "pmapshim/build/text.h"

#define STATUS_UNFINISHED 3

static _Noreturn void
no_memory(void)
{
	fprintf(stderr, "shootdown: presubmit: out of memory\n");
	_exit(STATUS_UNFINISHED);
}

static char *
formatted(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		no_memory();
	return text;
}

char *
ps_format(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = formatted(format, args);
	va_end(args);
	return text;
}

char *
ps_copy(const char *s)
{
	return ps_format("%s", s);
}

void *
ps_grow(void *p, size_t count, size_t size)
{
	void *q = reallocarray(p, count != 0 ? count : 1, size);

	if (q == NULL)
		no_memory();
	return q;
}

void
ps_add(char **text, const char *format, ...)
{
	size_t n = *text != NULL ? strlen(*text) : 0;
	va_list args;
	char *more;

	va_start(args, format);
	more = formatted(format, args);
	va_end(args);
	*text = ps_grow(*text, n + strlen(more) + 1, 1);
	strcpy(*text + n, more);
	free(more);
}

bool
ps_has_suffix(const char *s, const char *suffix)
{
	const size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcmp(s + n - m, suffix) == 0;
}

const char *
ps_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

/* ---- programs ------------------------------------------------------------------ */

static char *
read_all(const char *path, size_t *ret_size)
{
	char *text = NULL;
	size_t size = 0;

	if (file_read(path, &text, &size) != 0)
		text = ps_copy("");
	if (ret_size != NULL)
		*ret_size = size;
	return text;
}

void
ps_run(const char *scratch, const char *const *argv, struct ps_output *ret)
{
	char *out = ps_format("%s/stdout", scratch);
	char *err = ps_format("%s/stderr", scratch);
	pid_t pid;

	ret->status = run_start(argv, out, err, &pid);
	if (ret->status == 0)
		ret->status = run_wait(pid);
	ret->out = read_all(out, &ret->size);
	ret->err = read_all(err, NULL);
	unlink(out);
	unlink(err);
	free(out);
	free(err);
}

void
ps_output_clear(struct ps_output *o)
{
	free(o->out);
	free(o->err);
	*o = (struct ps_output){ 0 };
}

char *
ps_complaint(const struct ps_output *o)
{
	static const char *const prefixes[] = { "fatal: ", "error: ", "tar: ",
	                                        "shootdown: " };
	const char *line = o->err;

	if (o->status < 0)
		return ps_copy(strerror(-o->status));
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(line, prefixes[i], strlen(prefixes[i])) == 0)
			line += strlen(prefixes[i]);
	if (*line == '\0')
		return ps_format("it ended with status %d", o->status);
	return ps_format("%.*s", (int)strcspn(line, "\n"), line);
}

/* ---- folders ------------------------------------------------------------------- */

static int
make_above(char *path)
{
	for (char *p = strchr(path + 1, '/'); p != NULL;
	     p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(path, 0777) != 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return 0;
}

int
ps_make_folder_of(const char *file)
{
	char *copy = ps_copy(file);
	int error = make_above(copy);

	free(copy);
	return error;
}

int
ps_make_folder(const char *path)
{
	int error = ps_make_folder_of(path);

	if (error == 0 && mkdir(path, 0777) != 0 && errno != EEXIST)
		error = -errno;
	return error;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) != 0 && errno != ENOENT ? -1 : 0;
}

void
ps_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int
ps_copy_file(const char *from, const char *to)
{
	char *text = NULL;
	struct stat st;
	size_t size;
	int error = ps_make_folder_of(to);

	if (error == 0 && stat(from, &st) != 0)
		error = -errno;
	if (error == 0)
		error = file_read(from, &text, &size);
	if (error == 0)
		error = file_write(to, text, size);
	if (error == 0 && (st.st_mode & 0111) != 0)
		(void)chmod(to, 0755);
	free(text);
	return error;
}

int
ps_link_file(const char *from, const char *to)
{
	int error = ps_make_folder_of(to);

	if (error != 0 || link(from, to) == 0)
		return error;
	return ps_copy_file(from, to);
}

/* nftw() hands no context on. */
static struct {
	char **paths;
	size_t count;
} found;

static int
note_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if (type != FTW_F && type != FTW_SL)
		return 0;
	if (!S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode))
		return 0;
	found.paths = ps_grow(found.paths, found.count + 1,
	                      sizeof(*found.paths));
	found.paths[found.count++] = ps_copy(path);
	return 0;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
ps_each_file(const char *folder, bool follow,
             int (*visit)(void *ctx, const char *path), void *ctx)
{
	char **paths;
	size_t count;
	int error = 0;

	if (nftw(folder, note_file, 16, follow ? 0 : FTW_PHYS) != 0)
		error = errno != 0 ? -errno : -EIO;
	paths = found.paths;
	count = found.count;
	found.paths = NULL;
	found.count = 0;
	if (count != 0)
		qsort(paths, count, sizeof(*paths), by_text);
	for (size_t i = 0; i < count; i++) {
		if (error == 0)
			error = visit(ctx, paths[i]);
		free(paths[i]);
	}
	free(paths);
	return error;
}
