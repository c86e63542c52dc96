/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * presubmit: see presubmit.h.  The course of one run: both sides, the head
 * first, since that one more often does not compile; then what is compared.
 */
#include "presubmit/presubmit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "presubmit/compare.h"
#include "presubmit/judge.h"
#include "presubmit/lines.h"
#include "presubmit/prune.h"
#include "presubmit/review_call.h"
#include "presubmit/shims.h"
#include "presubmit/sides.h"
#include "presubmit/util.h"

struct run {
	const struct presubmit_options *o;
	char *scratch;
	struct sides sides;
	json_t *unfinished;
	json_t *report;
	double start;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool
interrupted(const struct run *r)
{
	return r->o->interrupted != NULL && *r->o->interrupted;
}

static void
say(const struct run *r, const char *what)
{
	if (r->o->progress)
		fprintf(stderr, "\r\33[K%s", what);
}

/* ---- before anything runs -------------------------------------------------------- */

static const char *
path_of(const struct patch_file *f)
{
	return f->new != NULL ? f->new : f->old;
}

/* Headers in whose place a shim stands, so that no change of them is seen. */
static void
note_replaced(struct run *r, const json_t *report)
{
	const struct patch *change = &r->sides.change;

	for (size_t i = 0; i < change->nfiles; i++) {
		const char *path = path_of(&change->files[i]);
		char *shim = shims_replacing(r->o->shims,
		                             r->sides.origin.kernel, path);
		char *why;

		if (shim != NULL && (report == NULL ||
		    !lines_tested(report, path))) {
			why = ps_format("it changes what the shims stand in "
			    "for: pmapshim/%s takes the place of this header, "
			    "so nothing here sees the change; make the shim "
			    "follow it, then try again", shim);
			compare_open(r->unfinished, path, why);
			free(why);
		}
		free(shim);
	}
}

static bool
touches_tested(const struct run *r)
{
	const struct patch *change = &r->sides.change;

	for (size_t i = 0; i < change->nfiles; i++) {
		const char *path = path_of(&change->files[i]);

		/* One that is gone is not listed; look closer. */
		if (change->files[i].new == NULL ||
		    lines_tested(r->sides.head.report, path))
			return true;
	}
	return false;
}

/* ---- the checks ------------------------------------------------------------------ */

/* Returns 0, or 2 with *ret_why when the options are wrong. */
static int
note_trouble(struct run *r, const struct side *s, char **ret_why)
{
	char *why;

	if (s->report != NULL)
		return 0;
	if (interrupted(r)) {
		compare_open(r->unfinished, s->name, "interrupted");
		return 0;
	}
	if (s->usage) {
		*ret_why = ps_copy(s->trouble);
		return PRESUBMIT_USAGE;
	}
	why = shims_advice(r->o->shims, r->sides.origin.kernel,
	                   &r->sides.change, s->trouble);
	compare_open(r->unfinished, s->name, why);
	free(why);
	return 0;
}

/* A check of next to nothing: does it compile, and of which files is it? */
static int
probe_head(struct run *r, char **ret_why)
{
	static const char *const little[] = { "--scenario", "unmap-page",
	    "--mode", "nopcid", "--path", "native", "--schedules", "1", NULL };
	char *schedules = ps_format("%s/schedules", r->scratch);

	say(r, "head: compiling");
	side_check(&r->sides.head, r->o, r->sides.origin.kernel, little,
	           r->scratch, schedules);
	free(schedules);
	return note_trouble(r, &r->sides.head, ret_why);
}

/* Schedule files of the base are kept beside the head's, under "base". */
static int
check_side(struct run *r, struct side *s, char **ret_why)
{
	const bool head = s == &r->sides.head;
	char *schedules = ps_format("%s%s", r->o->schedules_dir,
	                            head ? "" : "/base");

	say(r, head ? "head: checking" : "base: compiling");
	side_check(s, r->o, r->sides.origin.kernel, r->o->check, r->scratch,
	           schedules);
	free(schedules);
	return note_trouble(r, s, ret_why);
}

static void
drop_report(struct side *s)
{
	json_decref(s->report);
	s->report = NULL;
}

static int
run_checks(struct run *r, char **ret_why)
{
	int status = probe_head(r, ret_why);

	if (status != 0 || r->sides.head.report == NULL) {
		note_replaced(r, NULL);
		return status;
	}
	note_replaced(r, r->sides.head.report);
	if (r->sides.change.nfiles == 0 || !touches_tested(r)) {
		if (json_array_size(r->unfinished) == 0)
			compare_open(r->unfinished, "patch",
			    r->sides.change.nfiles == 0 ?
			    "base and head are the same: it changes nothing" :
			    "it touches nothing that is tested; shootdown "
			    "kernels lists the files that are");
		drop_report(&r->sides.head);
		return 0;
	}
	status = check_side(r, &r->sides.head, ret_why);
	if (status == 0 && r->sides.head.report != NULL && !interrupted(r))
		status = check_side(r, &r->sides.base, ret_why);
	if (status == 0 && interrupted(r) && r->sides.base.report == NULL)
		compare_open(r->unfinished, "base", "interrupted");
	return status;
}

/* ---- the report ------------------------------------------------------------------ */

static bool
reproduces(void *ctx, bool on_head, const json_t *finding)
{
	struct run *r = ctx;
	const char *schedule = ps_text(finding, "string");

	if (*schedule == '\0' || interrupted(r))
		return false;
	say(r, "comparing");
	return side_reproduces(on_head ? &r->sides.head : &r->sides.base, r->o,
	                       r->scratch, schedule);
}

static json_t *
describe_patch(const struct run *r)
{
	const struct patch *p = &r->sides.change;
	const size_t n = r->sides.ncommits;
	json_t *files = json_array();
	char *subject = NULL;
	int lines = 0;

	for (size_t i = 0; i < p->nfiles; i++) {
		const struct patch_file *f = &p->files[i];

		json_array_append_new(files, json_pack("{s:s, s:i, s:i}",
		    "path", path_of(f), "added", (int)f->added, "removed",
		    (int)f->removed));
		lines += (int)f->added + (int)f->removed;
	}
	ps_add(&subject, "%s", n != 0 ? r->sides.commits[n - 1].subject : "");
	if (n > 1)
		ps_add(&subject, " (and %zu before it)", n - 1);
	files = json_pack("{s:s, s:o, s:i}", "subject", subject, "files",
	                  files, "lines", lines);
	free(subject);
	return files;
}

static json_t *
text_or_null(const char *text)
{
	return text != NULL ? json_string(text) : json_null();
}

static void
describe_sides(const struct run *r)
{
	const struct presubmit_options *o = r->o;
	const struct sides *s = &r->sides;
	const char *rev = o->base != NULL ? o->base :
	    s->origin.kind == ORIGIN_GIT ? "HEAD" : NULL;

	json_object_set_new(r->report, "tree", json_string(o->tree));
	json_object_set_new(r->report, "kernel", json_string(s->origin.kernel));
	json_object_set_new(r->report, "base", json_pack("{s:o, s:o}", "rev",
	    text_or_null(rev), "commit", text_or_null(s->base.commit)));
	json_object_set_new(r->report, "head", o->patch != NULL ?
	    json_pack("{s:s, s:n}", "patch", o->patch, "commit") :
	    json_pack("{s:s, s:o}", "rev", o->head != NULL ? o->head : "HEAD",
	              "commit", text_or_null(s->head.commit)));
	json_object_set_new(r->report, "patch", describe_patch(r));
	json_object_set(r->report, "options", (json_t *)o->told);
}

static json_t *
review_side(struct run *r, const struct side *s, bool head)
{
	struct review_call c = {
		.tree = s->folder, .kernel = r->sides.origin.kernel,
		.cache = r->scratch, .change = &r->sides.change,
	};

	say(r, head ? "head: review" : "base: review");
	if (head) {
		c.diff = r->sides.diff;
		c.commits = r->sides.commits;
		c.files = (const char *const *const *)r->sides.files;
		c.ncommits = r->sides.ncommits;
	}
	return review_call(&c);
}

static void
add_review(struct run *r, const json_t *cost)
{
	json_t *base = review_side(r, &r->sides.base, false);
	json_t *head = review_side(r, &r->sides.head, true);
	json_t *review = judge_review(base, head, r->unfinished);

	json_array_append_new(review, judge_cost(cost));
	json_object_set_new(r->report, "review", review);
	json_decref(base);
	json_decref(head);
}

/* With one report only what it says by itself can be told. */
static void
add_comparison(struct run *r)
{
	const struct compare c = {
		r->sides.base.report, r->sides.head.report, reproduces, r
	};
	const bool both = c.base != NULL && c.head != NULL;
	json_t *cost = both ? compare_cost(&c) : json_array();

	if (both)
		compare_rows(&c, r->unfinished);
	json_object_set_new(r->report, "findings", both ?
	    compare_findings(&c, r->unfinished) :
	    json_pack("{s:[], s:[], s:[]}", "new", "fixed", "unchanged"));
	add_review(r, cost);
	json_object_set_new(r->report, "cost", cost);
	json_object_set_new(r->report, "coverage",
	    lines_cover(&r->sides.change, &r->sides.base, &r->sides.head));
}

/* Three digits are enough. */
static json_t *
seconds(double s)
{
	return json_real((double)(long long)(s * 1000 + 0.5) / 1000);
}

static int
make_report(struct run *r)
{
	int status;

	r->report = json_pack("{s:i, s:s}", "version", 1, "verdict", "");
	describe_sides(r);
	add_comparison(r);
	json_object_set(r->report, "unfinished", r->unfinished);
	status = judge_report(r->report);
	json_object_set_new(r->report, "seconds", seconds(now() - r->start));
	return status;
}

/* ---- the whole ------------------------------------------------------------------- */

static int
make_scratch(struct run *r, char **ret_why)
{
	int error = ps_make_folder(r->o->cache);

	r->scratch = ps_format("%s/run.XXXXXX", r->o->cache);
	if (error == 0 && mkdtemp(r->scratch) == NULL)
		error = -errno;
	if (error == 0)
		return 0;
	*ret_why = ps_format("%s: %s; set XDG_CACHE_HOME to a folder that can "
	                     "be written", r->o->cache, strerror(-error));
	free(r->scratch);
	r->scratch = NULL;
	return PRESUBMIT_UNFINISHED;
}

int
presubmit_run(const struct presubmit_options *o, json_t **ret,
              char **ret_why)
{
	struct run r = { .o = o, .start = now() };
	int status = make_scratch(&r, ret_why);

	*ret = NULL;
	if (status != 0)
		return status;
	prune_cache(o->cache);
	r.unfinished = json_array();
	say(&r, "taking both sides out of the tree");
	status = sides_make(&r.sides, o, r.scratch, ret_why);
	if (status == 0)
		status = run_checks(&r, ret_why);
	if (status == 0) {
		status = make_report(&r);
		*ret = r.report;
	}
	say(&r, "");
	json_decref(r.unfinished);
	sides_clear(&r.sides);
	ps_remove(r.scratch);
	free(r.scratch);
	return status;
}
