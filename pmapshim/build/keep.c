/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keep: a build that stays, for objects in which one unit is changed.
 *
 * The units are compiled once into a folder inside the cache; a variant has its
 * own folder, where its one object and the shared object lie.  Variants are not
 * cached and leave no log.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job.h"

struct build_kept {
	struct build_request req;
	struct build_unit *units;
	struct strlist strings;		/* what the request points to */
	struct strlist flags;
	struct strlist *unit_flags;
	struct build_result res;
	struct build_job job;
};

/* A copy that lives as long as k; NULL stays NULL. */
static const char *
kept_string(struct build_kept *k, const char *s)
{
	if (!s)
		return NULL;
	strlist_add(&k->strings, s);
	return k->strings.oom ? NULL : k->strings.v[k->strings.n - 1];
}

static void
copy_unit(struct build_kept *k, size_t i, const struct build_unit *u)
{
	struct build_unit *to = &k->units[i];

	to->name = kept_string(k, u->name);
	to->source = kept_string(k, u->source);
	to->text = kept_string(k, u->text);
	to->unhooked = u->unhooked;
	strlist_add_all(&k->unit_flags[i], u->flags);
}

struct build_kept *
build_kept_new(const struct build_request *req, const char *const *more_flags)
{
	struct build_kept *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->units = calloc(req->nunits + 1, sizeof(*k->units));
	k->unit_flags = calloc(req->nunits + 1, sizeof(*k->unit_flags));
	if (!k->units || !k->unit_flags) {
		build_kept_free(k);
		return NULL;
	}
	strlist_add_all(&k->flags, req->flags);
	strlist_add_all(&k->flags, more_flags);
	for (size_t i = 0; i < req->nunits; i++)
		copy_unit(k, i, &req->units[i]);
	k->req = (struct build_request){
		.name = kept_string(k, req->name), .units = k->units,
		.nunits = req->nunits, .build_id = kept_string(k,
		    req->build_id), .cc = kept_string(k, req->cc),
		.cache = kept_string(k, req->cache),
	};
	k->job.req = &k->req;
	k->job.ret = &k->res;
	if (!k->strings.oom)
		return k;
	build_kept_free(k);
	return NULL;
}

const struct build_request *
build_kept_request(const struct build_kept *k)
{
	return &k->req;
}

void
build_kept_flag(struct build_kept *k, size_t unit, const char *flag,
		const char *value)
{
	strlist_add(&k->unit_flags[unit], flag);
	strlist_add(&k->unit_flags[unit], value);
}

enum build_status
build_kept_compile(struct build_kept *k, char **ret_error)
{
	enum build_status st;

	k->req.flags = strlist_argv(&k->flags);
	for (size_t i = 0; i < k->req.nunits; i++)
		k->units[i].flags = strlist_argv(&k->unit_flags[i]);
	st = job_open(&k->job);
	if (st == BUILD_OK)
		st = compiler_find(&k->job);
	if (st == BUILD_OK)
		st = job_sources(&k->job);
	if (st == BUILD_OK)
		st = job_make_tmp(&k->job);
	if (st == BUILD_OK)
		st = compiler_run(&k->job);
	*ret_error = st == BUILD_OK ? NULL : strdup(k->res.error);
	return st;
}

/* Writes the text under the unit's own name, which the object repeats. */
static enum build_status
write_text(struct build_kept *k, size_t unit, const char *dir,
	   const char *text, struct text *ret_path)
{
	const char *name = strrchr(k->job.sources.v[unit], '/');

	text_printf(ret_path, "%s/%s", dir, name ? name + 1 : "unit.c");
	if (ret_path->oom || file_write(ret_path->s, text, strlen(text)) != 0)
		return job_fail(&k->job, BUILD_SYSTEM, "cannot write into %s",
		    dir);
	return BUILD_OK;
}

static bool
same_object(const struct build_kept *k, size_t unit, const char *dir)
{
	struct text a = { 0 }, b = { 0 };
	char *da = NULL, *db = NULL;
	size_t na, nb;
	bool same;

	text_printf(&a, "%s/%zu.o", k->job.tmp, unit);
	text_printf(&b, "%s/%zu.o", dir, unit);
	same = !a.oom && !b.oom && file_read(a.s, &da, &na) == 0 &&
	    file_read(b.s, &db, &nb) == 0 && na == nb &&
	    memcmp(da, db, na) == 0;
	free(da);
	free(db);
	text_clear(&a);
	text_clear(&b);
	return same;
}

enum build_status
build_kept_base(struct build_kept *k, size_t unit, const char *text)
{
	struct text path = { 0 };
	enum build_status st = write_text(k, unit, k->job.tmp, text, &path);

	if (st == BUILD_OK)
		st = compiler_variant(&k->job, unit, path.s, k->job.tmp);
	if (path.s)
		unlink(path.s);
	text_clear(&path);
	return st;
}

enum build_status
build_kept_variant(struct build_kept *k, size_t unit, const char *text,
		   const char *dir, bool *ret_same)
{
	struct text path = { 0 };
	enum build_status st = write_text(k, unit, dir, text, &path);

	*ret_same = false;
	if (st == BUILD_OK)
		st = compiler_variant(&k->job, unit, path.s, dir);
	if (st == BUILD_OK)
		*ret_same = same_object(k, unit, dir);
	if (st == BUILD_OK && !*ret_same)
		st = compiler_link_variant(&k->job, unit, dir);
	text_clear(&path);
	return st;
}

void
build_kept_free(struct build_kept *k)
{
	if (!k)
		return;
	job_remove_tmp(&k->job);
	job_close(&k->job);
	build_result_clear(&k->res);
	for (size_t i = 0; k->unit_flags && i < k->req.nunits; i++)
		strlist_clear(&k->unit_flags[i]);
	free(k->unit_flags);
	strlist_clear(&k->flags);
	strlist_clear(&k->strings);
	free(k->units);
	free(k);
}
