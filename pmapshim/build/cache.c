/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache: finished objects and what they depend on.
 *
 *	NAME-KEY.deps	for one request: the object, its hash, and one line
 *			per file read, with its hash, and per file not there
 *	NAME-HASH.so	the object, named after its own content
 *	NAME-KEY.o	of one unit, with a NAME-KEY.deps of its own
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
cached_path(const struct build_job *job, const char *key, const char *ending,
	    struct text *out)
{
	text_printf(out, "%s/%s-%.32s.%s", job->cache, job->req->name, key,
	    ending);
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
line_holds(char *line, struct build_reads *ret)
{
	char *space = strchr(line, ' ');

	if (!space)
		return false;
	if (strncmp(line, "absent ", 7) == 0) {
		strlist_add(&ret->absent, space + 1);
		return access(space + 1, F_OK) != 0;
	}
	strlist_add(&ret->deps, space + 1);
	return file_is(space + 1, line, (size_t)(space - line));
}

/*
 * Walk a manifest; the path of the object, allocated, when all of it holds.
 * `object`: where the object lies, NULL: in the cache.
 */
static char *
manifest_check(const struct build_job *job, char *data, const char *object,
	       struct build_reads *ret)
{
	char *save = NULL, *line = strtok_r(data, "\n", &save), *name;
	struct text path = { 0 };

	if (!line || strcmp(line, FIRST_LINE))
		return NULL;
	line = strtok_r(NULL, "\n", &save);
	name = line ? strchr(line, ' ') : NULL;
	if (!name)
		return NULL;
	if (object)
		text_printf(&path, "%s", object);
	else
		text_printf(&path, "%s/%s", job->cache, name + 1);
	if (path.oom || !file_is(path.s, line, (size_t)(name - line)))
		goto stale;
	while ((line = strtok_r(NULL, "\n", &save)) && strcmp(line, "end")) {
		if (!line_holds(line, ret))
			goto stale;
	}
	if (line)
		return path.s;
stale:
	text_clear(&path);
	return NULL;
}

static char *
find_object(struct build_job *job, const char *key, const char *at,
	    struct build_reads *ret)
{
	struct text path = { 0 };
	char *data = NULL, *object = NULL;
	size_t size;

	cached_path(job, key, "deps", &path);
	if (!path.oom && file_read(path.s, &data, &size) == 0)
		object = manifest_check(job, data, at, ret);
	free(data);
	text_clear(&path);
	return object;
}

/*
 * What is checked is the file that will be linked: the name in the cache may
 * get another one meanwhile.  Nothing must write through a link that stays.
 */
bool
cache_take_unit(struct build_job *job, const char *key, const char *to,
		struct build_reads *ret)
{
	struct text from = { 0 };
	char *object = NULL;

	cached_path(job, key, "o", &from);
	if (!from.oom && link(from.s, to) == 0) {
		object = find_object(job, key, to, ret);
		if (!object)
			unlink(to);
	}
	free(object);
	text_clear(&from);
	return object != NULL;
}

bool
cache_lookup(struct build_job *job)
{
	struct build_reads reads = { 0 };

	job->ret->object = find_object(job, job->key, NULL, &reads);
	job->ret->cached = job->ret->object != NULL;
	reads_clear(&reads);
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
	      const struct build_reads *reads, struct text *out)
{
	text_printf(out, FIRST_LINE "\n%s %s\n", hex, name);
	for (size_t i = 0; i < reads->deps.n; i++) {
		const char *path = reads->deps.v[i];
		char now[SHA256_HEX_SIZE];

		if (strchr(path, '\n') || changed_since(job, path) ||
		    sha256_file(path, now) != 0)
			return false;
		text_printf(out, "%s %s\n", now, path);
	}
	for (size_t i = 0; i < reads->absent.n; i++) {
		if (strchr(reads->absent.v[i], '\n'))
			return false;
		text_printf(out, "absent %s\n", reads->absent.v[i]);
	}
	text_printf(out, "end\n");
	return !out->oom;
}

static enum build_status
write_manifest(struct build_job *job, const char *key, const char *hex,
	       const char *name, const struct build_reads *reads)
{
	struct text path = { 0 }, data = { 0 };
	int err = 0;

	cached_path(job, key, "deps", &path);
	if (!path.oom && manifest_text(job, hex, name, reads, &data))
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
		st = write_manifest(job, job->key, hex, name.s, &job->reads);
	if (st == BUILD_OK) {
		job->ret->object = to.s;
		to.s = NULL;
	}
	text_clear(&from);
	text_clear(&to);
	text_clear(&name);
	return st;
}

void
cache_publish_unit(struct build_job *job, const char *key, const char *object,
		   const struct build_reads *reads)
{
	struct text to = { 0 };
	char hex[SHA256_HEX_SIZE];

	cached_path(job, key, "o", &to);
	if (!to.oom && sha256_file(object, hex) == 0 &&
	    rename(object, to.s) == 0)
		(void)write_manifest(job, key, hex, strrchr(to.s, '/') + 1,
		    reads);
	text_clear(&to);
}
