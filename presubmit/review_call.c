/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * review_call: see review_call.h.
 */
#include "presubmit/review_call.h"

#include <stdlib.h>
#include <string.h>

#include "presubmit/review/review.h"
#include "presubmit/util.h"

static size_t
count(const char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

static bool
runs(const char *scratch, const char *compiler)
{
	const char *const argv[] = { compiler, "--version", NULL };
	struct ps_output out;
	bool ok;

	ps_run(scratch, argv, &out);
	ok = out.status == 0;
	ps_output_clear(&out);
	return ok;
}

static struct review_commit *
commits_of(const struct review_call *c)
{
	struct review_commit *out = ps_grow(NULL, c->ncommits, sizeof(*out));

	memset(out, 0, c->ncommits * sizeof(*out));
	for (size_t i = 0; i < c->ncommits; i++) {
		out[i].subject = c->commits[i].subject;
		out[i].body = c->commits[i].body;
		out[i].files = c->files[i];
		out[i].nfiles = count(c->files[i]);
	}
	return out;
}

json_t *
review_call(const struct review_call *c)
{
	const size_t n = c->change->nfiles;
	const char **changed = ps_grow(NULL, n, sizeof(*changed));
	struct review_commit *commits = commits_of(c);
	struct review_input in;
	char err[512] = "";
	json_t *out = NULL;

	for (size_t i = 0; i < n; i++)
		changed[i] = c->change->files[i].new != NULL ?
		    c->change->files[i].new : c->change->files[i].old;
	memset(&in, 0, sizeof(in));
	in.tree = c->tree;
	in.kernel = c->kernel;
	in.changed = changed;
	in.nchanged = n;
	in.diff = c->diff;
	in.commits = commits;
	in.ncommits = c->ncommits;
	in.cache = c->cache;
	in.gcc = runs(c->cache, "gcc") ? "gcc" : NULL;
	in.clang = runs(c->cache, "clang") ? "clang" : NULL;
	if (review_run(&in, &out, err, sizeof(err)) != 0)
		out = json_pack("[{s:s, s:s, s:b, s:s, s:[]}]", "name",
		    "review", "status", "skip", "advises", 0, "why", err,
		    "details");
	free(commits);
	free(changed);
	return out;
}
