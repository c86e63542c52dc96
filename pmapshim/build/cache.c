/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache: finished objects and what they depend on.
 *
 *	NAME-KEY.deps	for one request: the object, its hash, and one line
 *			per file read, with its hash, and per file not there
 *	NAME-HASH.so	the object, named after its own content
 *
 * A lookup hashes every file listed; only then is the object current.  Both
 * files appear by rename, so a reader sees a whole one or none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "job.h"

#define FIRST_LINE	"shootdown-object 1"

int
cache_make_dir(const char *path)
{
	char *copy = strdup(path);
	int err = 0;

	if (!copy)
		return -ENOMEM;
	for (char *p = copy + 1; ; p++) {
		char c = *p;

		if (c && c != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, 0777) < 0 && errno != EEXIST) {
			err = -errno;
			break;
		}
		*p = c;
		if (!c)
			break;
	}
	free(copy);
	return err;
}

static void
manifest_path(const struct build_job *job, struct text *out)
{
	text_printf(out, "%s/%s-%.32s.deps", job->cache, job->req->name,
	    job->key);
}

static bool
file_is(const char *path, const char *hex, size_t len)
{
	char now[SHA256_HEX_SIZE];

	return len == 64 && sha256_file(path, now) == 0 &&
	    memcmp(now, hex, 64) == 0;
}

/* One "HASH PATH" or "absent PATH" line still holds. */
static bool
line_holds(char *line)
{
	char *space = strchr(line, ' ');

	if (!space)
		return false;
	if (strncmp(line, "absent ", 7) == 0)
		return access(space + 1, F_OK) != 0;
	return file_is(space + 1, line, (size_t)(space - line));
}

/* Walk a manifest; the path of the object, allocated, when all of it holds. */
static char *
manifest_check(const struct build_job *job, char *data)
{
	char *save = NULL, *line = strtok_r(data, "\n", &save), *name;
	struct text path = { 0 };

	if (!line || strcmp(line, FIRST_LINE))
		return NULL;
	line = strtok_r(NULL, "\n", &save);
	name = line ? strchr(line, ' ') : NULL;
	if (!name)
		return NULL;
	text_printf(&path, "%s/%s", job->cache, name + 1);
	if (path.oom || !file_is(path.s, line, (size_t)(name - line)))
		goto stale;
	while ((line = strtok_r(NULL, "\n", &save)) && strcmp(line, "end")) {
		if (!line_holds(line))
			goto stale;
	}
	if (line)
		return path.s;
stale:
	text_clear(&path);
	return NULL;
}

bool
cache_lookup(struct build_job *job)
{
	struct text path = { 0 };
	char *data = NULL;
	size_t size;

	manifest_path(job, &path);
	if (!path.oom && file_read(path.s, &data, &size) == 0) {
		job->ret->object = manifest_check(job, data);
		job->ret->cached = job->ret->object != NULL;
	}
	free(data);
	text_clear(&path);
	return job->ret->cached;
}

/* Whether a file was written after the compiler may have read it. */
static bool
changed_since(const struct build_job *job, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return true;
	if (st.st_mtim.tv_sec != job->start.tv_sec)
		return st.st_mtim.tv_sec > job->start.tv_sec;
	return st.st_mtim.tv_nsec > job->start.tv_nsec;
}

/* The manifest's text; false when the object must not be found again. */
static bool
manifest_text(const struct build_job *job, const char *hex, const char *name,
	      struct text *out)
{
	text_printf(out, FIRST_LINE "\n%s %s\n", hex, name);
	for (size_t i = 0; i < job->deps.n; i++) {
		const char *path = job->deps.v[i];
		char now[SHA256_HEX_SIZE];

		if (strchr(path, '\n') || changed_since(job, path) ||
		    sha256_file(path, now) != 0)
			return false;
		text_printf(out, "%s %s\n", now, path);
	}
	for (size_t i = 0; i < job->absent.n; i++) {
		if (strchr(job->absent.v[i], '\n'))
			return false;
		text_printf(out, "absent %s\n", job->absent.v[i]);
	}
	text_printf(out, "end\n");
	return !out->oom;
}

static enum build_status
write_manifest(struct build_job *job, const char *hex, const char *name)
{
	struct text path = { 0 }, data = { 0 };
	int err = 0;

	manifest_path(job, &path);
	if (!path.oom && manifest_text(job, hex, name, &data))
		err = file_write(path.s, data.s, data.len);
	if (err)
		job_fail(job, BUILD_SYSTEM, "cannot write %s: %s", path.s,
		    strerror(-err));
	text_clear(&path);
	text_clear(&data);
	return err ? BUILD_SYSTEM : BUILD_OK;
}

enum build_status
cache_publish(struct build_job *job)
{
	struct text from = { 0 }, to = { 0 }, name = { 0 };
	enum build_status st = BUILD_OK;
	char hex[SHA256_HEX_SIZE];
	int err;

	text_printf(&from, "%s/object.so", job->tmp);
	err = from.oom ? -ENOMEM : sha256_file(from.s, hex);
	if (!err) {
		text_printf(&name, "%s-%.32s.so", job->req->name, hex);
		text_printf(&to, "%s/%s", job->cache, name.s ? name.s : "");
		err = name.oom || to.oom ? -ENOMEM : 0;
	}
	if (!err && rename(from.s, to.s) < 0)
		err = -errno;
	if (err)
		st = job_fail(job, BUILD_SYSTEM, "cannot write into %s: %s",
		    job->cache, strerror(-err));
	else
		st = write_manifest(job, hex, name.s);
	if (st == BUILD_OK) {
		job->ret->object = to.s;
		to.s = NULL;
	}
	text_clear(&from);
	text_clear(&to);
	text_clear(&name);
	return st;
}
