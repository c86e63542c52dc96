/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * build: the course of one build: find the compiler, look into the cache,
 * compile and link in a folder of our own, check the object, publish it.
 * Everything on disk is written under a temporary name and renamed, so that
 * processes that build the same object at once never see half a file.
 */
#include "build.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "job.h"

enum build_status
job_fail(struct build_job *job, enum build_status status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(job->ret->error, sizeof(job->ret->error), fmt, ap);
	va_end(ap);
	return status;
}

int
build_exit_status(enum build_status status)
{
	switch (status) {
	case BUILD_OK:
		return 0;
	case BUILD_BAD_SOURCE:
		return 2;
	case BUILD_NO_TOOL:
	case BUILD_SYSTEM:
		break;
	}
	return 3;
}

char *
build_cache_dir(void)
{
	const char *own = getenv("SHOOTDOWN_CACHE");
	const char *xdg = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	struct text t = { 0 };

	if (own && *own)
		text_printf(&t, "%s", own);
	else if (xdg && *xdg == '/')
		text_printf(&t, "%s/shootdown", xdg);
	else if (home && *home)
		text_printf(&t, "%s/.cache/shootdown", home);
	return t.s;
}

static void
hash_list(struct sha256 *h, const char *const *v)
{
	for (; v && *v; v++)
		sha256_update_string(h, *v);
	sha256_update(h, "\n", 1);
}

static void
hash_unit(struct sha256 *h, const struct build_unit *u, const char *source)
{
	sha256_update_string(h, u->name ? u->name : "");
	sha256_update_string(h, source);
	sha256_update_string(h, u->text ? u->text : "");
	sha256_update_string(h, u->unhooked ? "unhooked" : "hooked");
	hash_list(h, u->flags);
}

static void
hash_surroundings(struct sha256 *h, const struct build_job *job)
{
	static const char *const env[] = { "CPATH", "C_INCLUDE_PATH",
		"GCC_EXEC_PREFIX", "COMPILER_PATH", NULL };
	const struct build_request *req = job->req;
	char cwd[PATH_MAX] = "";

	sha256_update_string(h, req->build_id ? req->build_id : "");
	sha256_update_string(h, job->version.s ? job->version.s : "");
	hash_list(h, strlist_argv(&job->cc));
	hash_list(h, build_hook_flags(job->clang));
	sha256_update_string(h, job->stack_flag ? job->stack_flag : "");
	hash_list(h, req->flags);
	for (const char *const *e = env; *e; e++)
		sha256_update_string(h, getenv(*e) ? getenv(*e) : "");
	sha256_update_string(h, getcwd(cwd, sizeof(cwd)) ? cwd : "");
}

/* The part of the key that is known before the compiler ran. */
static void
job_key(struct build_job *job)
{
	struct sha256 h;

	sha256_init(&h);
	hash_surroundings(&h, job);
	for (size_t i = 0; i < job->req->nunits; i++)
		hash_unit(&h, &job->req->units[i], job->sources.v[i]);
	sha256_final_hex(&h, job->key);
}

void
job_unit_key(struct build_job *job, size_t unit, char key_out[SHA256_HEX_SIZE])
{
	struct sha256 h;

	sha256_init(&h);
	sha256_update_string(&h, "unit");
	hash_surroundings(&h, job);
	hash_unit(&h, &job->req->units[unit], job->sources.v[unit]);
	sha256_final_hex(&h, key_out);
}

/* Write a generated unit where it stays, so that a debugger finds it. */
static enum build_status
write_text_unit(struct build_job *job, const struct build_unit *u,
		const char *path)
{
	size_t len = strlen(u->text), old_len;
	char *slash = strrchr(path, '/');
	struct text dir = { 0 };
	char *old;
	int err;

	if (file_read(path, &old, &old_len) == 0) {
		bool same = old_len == len && memcmp(old, u->text, len) == 0;

		free(old);
		if (same)
			return BUILD_OK;
	}
	text_put(&dir, path, (size_t)(slash - path));
	err = dir.oom ? -ENOMEM : cache_make_dir(dir.s);
	text_clear(&dir);
	if (!err)
		err = file_write(path, u->text, len);
	if (err)
		return job_fail(job, BUILD_SYSTEM, "cannot write %s: %s", path,
		    strerror(-err));
	return BUILD_OK;
}

enum build_status
job_sources(struct build_job *job)
{
	enum build_status st = BUILD_OK;

	for (size_t i = 0; i < job->req->nunits && st == BUILD_OK; i++) {
		const struct build_unit *u = &job->req->units[i];
		char hex[SHA256_HEX_SIZE];
		struct text path = { 0 };
		struct sha256 h;

		if (!u->text) {
			strlist_add(&job->sources, u->source);
			continue;
		}
		sha256_init(&h);
		sha256_update_string(&h, u->text);
		sha256_final_hex(&h, hex);
		text_printf(&path, "%s/text/%.16s/%s", job->cache, hex,
		    u->name ? u->name : "unit.c");
		if (!path.oom) {
			strlist_add(&job->sources, path.s);
			st = write_text_unit(job, u, path.s);
		}
		text_clear(&path);
	}
	if (st == BUILD_OK && job->sources.n != job->req->nunits)
		st = job_fail(job, BUILD_SYSTEM, "out of memory");
	return st;
}

enum build_status
job_open(struct build_job *job)
{
	int err;

	job->cache = job->req->cache ? strdup(job->req->cache) :
	    build_cache_dir();
	if (!job->cache)
		return job_fail(job, BUILD_SYSTEM, "no folder for compiled "
		    "kernels: set SHOOTDOWN_CACHE or HOME");
	err = cache_make_dir(job->cache);
	if (err)
		return job_fail(job, BUILD_SYSTEM, "cannot make the folder %s "
		    "for compiled kernels: %s (set SHOOTDOWN_CACHE)",
		    job->cache, strerror(-err));
	return BUILD_OK;
}

enum build_status
job_make_tmp(struct build_job *job)
{
	struct text t = { 0 };
	struct stat st;

	text_printf(&t, "%s/tmp.XXXXXX", job->cache);
	if (t.oom)
		return job_fail(job, BUILD_SYSTEM, "out of memory");
	if (!mkdtemp(t.s) || stat(t.s, &st) < 0) {
		job_fail(job, BUILD_SYSTEM, "cannot write into %s: %s",
		    job->cache, strerror(errno));
		text_clear(&t);
		return BUILD_SYSTEM;
	}
	job->tmp = t.s;
	job->start = st.st_mtim;
	return BUILD_OK;
}

void
job_remove_tmp(struct build_job *job)
{
	static const char *const suffix[] = { "o", "d", "err" };
	struct text t = { 0 };

	if (!job->tmp)
		return;
	for (size_t i = 0; i < job->req->nunits; i++) {
		for (size_t k = 0; k < 3; k++) {
			t.len = 0;
			text_printf(&t, "%s/%zu.%s", job->tmp, i, suffix[k]);
			if (!t.oom)
				unlink(t.s);
		}
	}
	t.len = 0;
	text_printf(&t, "%s/object.so", job->tmp);
	if (!t.oom)
		unlink(t.s);
	t.len = 0;
	text_printf(&t, "%s/link.err", job->tmp);
	if (!t.oom)
		unlink(t.s);
	text_clear(&t);
	rmdir(job->tmp);
}

static enum build_status
job_compile(struct build_job *job)
{
	enum build_status st = job_make_tmp(job);
	struct text object = { 0 };

	if (st == BUILD_OK) {
		units_lookup(job);
		st = compiler_run(job);
	}
	if (st == BUILD_OK) {
		text_printf(&object, "%s/object.so", job->tmp);
		st = object.oom ? job_fail(job, BUILD_SYSTEM, "out of memory") :
		    object_check(job, object.s);
	}
	if (st == BUILD_OK)
		st = units_keep(job);
	if (st == BUILD_OK)
		st = cache_publish(job);
	text_clear(&object);
	job_remove_tmp(job);
	return st;
}

void
job_close(struct build_job *job)
{
	free(job->cache);
	free(job->tmp);
	strlist_clear(&job->cc);
	strlist_clear(&job->sources);
	free(job->found);
	reads_clear(&job->reads);
	text_clear(&job->version);
}

static void (*watcher)(void *ctx, const struct build_request *req);
static void *watcher_ctx;

void
build_watch(void (*see)(void *ctx, const struct build_request *req), void *ctx)
{
	watcher = see;
	watcher_ctx = ctx;
}

enum build_status
kernel_object_build(const struct build_request *req, struct build_result *ret)
{
	struct build_job job = { .req = req, .ret = ret };
	enum build_status st;

	*ret = (struct build_result){ 0 };
	if (watcher)
		watcher(watcher_ctx, req);
	st = job_open(&job);
	if (st == BUILD_OK)
		st = compiler_find(&job);
	if (st == BUILD_OK)
		st = job_sources(&job);
	if (st == BUILD_OK) {
		job_key(&job);
		if (!cache_lookup(&job))
			st = job_compile(&job);
	}
	job_close(&job);
	return st;
}

void
build_result_clear(struct build_result *res)
{
	free(res->object);
	free(res->log);
	*res = (struct build_result){ 0 };
}
