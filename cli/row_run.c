/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * row_run: see row_run.h.
 *
 * The canary comes first: with every invalidation swallowed the row must find
 * a stale translation, else it is blind.  A row in which nothing was at stake
 * is vacuous.  Neither is clean.
 */
#include "cli/row_run.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/coverage.h"
#include "cli/crash.h"
#include "cli/findings.h"
#include "cli/permissions.h"
#include "cli/profile.h"
#include "cli/rowtext.h"
#include "cli/stake.h"

#define MAX_SIGNATURES 8u       /* looked into per row */

struct totals {
	uint64_t schedules, steps, candidates, ipis, invalidations, overflush;
	struct stake stake;
};

struct row_state {
	const struct row *row;
	struct search search;
	struct profile profile;
	uint64_t canary;                /* schedules it took; 0: blind */
	char *why;                      /* an internal error, or NULL */
	struct totals totals;
	struct hash_set schedules, classes;
	struct candidate candidates[MAX_SIGNATURES];
	unsigned ncandidates;
	struct exhaustive *exhaustive;  /* or NULL */
	struct exhaustive_stats exhausted;
	bool over;                      /* Ctrl-C, or no time left */
	bool overflowed;                /* the model's tables were too small */
};

static bool
canary_sings(const struct run_result *r)
{
	return r->found && (r->finding.kind == FINDING_STALE_TRANSLATION ||
	                    r->finding.kind == FINDING_STALE_PATH);
}

/* Returns 0, or -1 with *ret_why when the row cannot be made ready. */
static int
run_canary(struct row_state *s, char **ret_why)
{
	struct row row = *s->row;
	struct search search = { .kind = STRATEGY_RANDOM };
	struct strategy strategy;
	struct run_result r;

	row.swallow = true;
	/* or what is transient ends each run before anything is stale */
	row.machine.strict = false;
	search.seed = s->search.seed;
	if (runner_open(&row, ret_why) != 0)
		return -1;
	for (uint64_t i = 0; i < SEARCH_CANARY_SCHEDULES; i++) {
		if (search_is_over(&s->search)) {
			s->over = true;
			break;
		}
		strategy = search_strategy(&search, i, 0);
		runner_run(&strategy, NULL, &r);
		if (canary_sings(&r)) {
			s->canary = i + 1;
			break;
		}
	}
	runner_close();
	return 0;
}

static void
add_stats(struct totals *t, const struct run_result *r)
{
	t->schedules++;
	t->steps += r->explore.steps;
	t->candidates += r->stats.candidates;
	t->ipis += r->stats.ipis;
	t->invalidations += r->stats.invalidations;
	t->overflush += r->stats.overflush;
	stake_add(&t->stake, r);
}

/* Keeps the first run of each key. */
static void
add_candidate(struct row_state *s, const struct run_result *r,
              const struct schedule *record)
{
	struct candidate *c;
	struct finding_key key;

	finding_key_make(&key, r, s->row->hypercall);
	for (unsigned i = 0; i < s->ncandidates; i++)
		if (finding_key_same(&key, &s->candidates[i].key))
			return;
	if (s->ncandidates == MAX_SIGNATURES)
		return;
	c = &s->candidates[s->ncandidates++];
	c->key = key;
	schedule_copy(&c->schedule, record);
	c->outcome = finding_outcome(r);
	c->after = s->totals.schedules;
}

/* --strategy twice: the record must lead to the same run and state. */
static void
compare_with_replay(struct row_state *s, uint64_t i, struct run_result *first,
                    const struct schedule *record)
{
	const struct strategy replay = {
		.kind = STRATEGY_REPLAY, .replay = record, .classes = true
	};
	const uint64_t state = runner_state();
	struct schedule again = { NULL, 0, 0 };
	struct run_result r;
	const char *what = NULL;

	runner_run(&replay, &again, &r);
	if (runner_state() != state)
		what = "another state";
	if (r.explore.class_hash != first->explore.class_hash ||
	    finding_outcome(&r) != finding_outcome(first))
		what = "another outcome";
	if (schedule_hash(&again) != schedule_hash(record))
		what = "other choices";
	if (what != NULL && s->why == NULL)
		s->why = cli_format("internal error: schedule %llu, run twice, "
		                    "came to %s", (unsigned long long)i, what);
	schedule_clear(&again);
}

/* What to run next; false: everything has been. */
static bool
next_strategy(struct row_state *s, uint64_t i, struct strategy *ret)
{
	if (s->exhaustive != NULL)
		return exhaustive_next(s->exhaustive, ret);
	*ret = search_strategy(&s->search, i, s->profile.length);
	return true;
}

static void
begin_search(struct row_state *s)
{
	const struct exhaustive_options options = {
		.bounded = s->search.bounded,
		.preemptions = s->search.depth,
	};

	if (s->search.kind == STRATEGY_EXHAUSTIVE)
		s->exhaustive = exhaustive_new(&options);
}

static void
end_search(struct row_state *s)
{
	if (s->exhaustive != NULL) {
		exhaustive_stats(s->exhaustive, &s->exhausted);
		exhaustive_free(s->exhaustive);
		s->exhaustive = NULL;
	}
	if (s->totals.schedules < s->search.schedules &&
	    s->totals.schedules < SEARCH_DEFAULT_SCHEDULES &&
	    !s->exhausted.finished)
		s->over = true;
}

static void
spend_budget(struct row_state *s)
{
	struct schedule record = { NULL, 0, 0 };
	struct strategy strategy;
	struct run_result r;
	const struct search *search = &s->search;
	const double end = search->seconds > 0 ?
	    cli_seconds() + search->seconds : 0;

	profile_row(&s->search, &s->profile);
	begin_search(s);
	for (uint64_t i = 0; i < search->schedules && s->why == NULL; i++) {
		if (cli_interrupted)
			break;
		if (end > 0 && (i & 31) == 31 && cli_seconds() > end)
			break;
		if (!next_strategy(s, i, &strategy))
			break;
		strategy.classes = true;
		runner_run(&strategy, &record, &r);
		add_stats(&s->totals, &r);
		hash_set_add(&s->schedules, schedule_hash(&record));
		hash_set_add(&s->classes, r.explore.class_hash);
		s->overflowed |= r.overflowed;
		if (search->twice)
			compare_with_replay(s, i, &r, &record);
		if (r.found && !r.overflowed)
			add_candidate(s, &r, &record);
	}
	schedule_clear(&record);
	end_search(s);
}

static void
set_number(json_t *out, const char *key, uint64_t value)
{
	json_object_set_new(out, key, json_integer((json_int_t)value));
}

static json_t *
row_head(const struct row *row, const struct search *search)
{
	struct rowtext text;
	json_t *out = json_object();
	char name[32];

	rowtext_from_row(&text, row);
	rowtext_to_json(&text, out);
	json_object_set_new(out, "strategy",
	                    json_string(search_name(search, name)));
	return out;
}

/* Of pct: what a single schedule finds a bug of its depth with, at least. */
static void
add_bound(json_t *out, const struct row_state *s)
{
	json_object_set_new(out, "bound", json_pack("{s:i, s:I, s:i, s:f}",
	    "n", (int)s->row->vcpus, "k", (json_int_t)s->profile.length, "d",
	    (int)s->search.depth, "probability", search_bound(&s->search,
	    s->row->vcpus, s->profile.length)));
}

static void
add_figures(json_t *out, const struct row_state *s)
{
	const struct totals *t = &s->totals;

	set_number(out, "schedules", t->schedules);
	set_number(out, "distinct", s->classes.count);
	set_number(out, "distinct_schedules", s->schedules.count);
	set_number(out, "steps", t->steps);
	json_object_set_new(out, "complete", json_boolean(
	    s->exhausted.complete && !s->overflowed));
	if (s->exhausted.executions > 0)
		json_object_set_new(out, "search", json_pack(
		    "{s:I, s:I, s:I, s:I, s:b}",
		    "executions", (json_int_t)s->exhausted.executions,
		    "redundant", (json_int_t)s->exhausted.redundant,
		    "states", (json_int_t)s->exhausted.events,
		    "left", (json_int_t)(s->exhausted.left < 1e18 ?
		    s->exhausted.left + 0.5 : 1e18),
		    "finished", s->exhausted.finished));
	json_object_set_new(out, "canary", s->canary != 0 ?
	                    json_integer((json_int_t)s->canary) : json_null());
	set_number(out, "stale_candidates", t->candidates);
	set_number(out, "remote_candidates", t->stake.remote);
	set_number(out, "hypercalls", t->stake.hypercalls);
	set_number(out, "ipis", t->ipis);
	if (s->search.kind == STRATEGY_PCT && s->profile.length != 0)
		add_bound(out, s);
	json_object_set_new(out, "cost", json_pack("{s:I, s:I, s:I}",
	    "local_invalidations", (json_int_t)t->invalidations,
	    "targets", (json_int_t)t->stake.targets,
	    "overflush", (json_int_t)t->overflush));
}

static const char *
status_of(const struct row_state *s, const json_t *findings)
{
	if (json_array_size(findings) != 0)
		return "findings";
	if (s->over || s->overflowed)
		return "cut";
	if (s->canary == 0)
		return "blind";
	return stake_is_vacuous(&s->totals.stake, s->row) ? "vacuous" :
	    "clean";
}

/* Two keys may turn out to have the same signature: the first is kept. */
static void
add_finding(json_t *findings, json_t *finding)
{
	const char *signature =
	    json_string_value(json_object_get(finding, "signature"));
	json_t *old;
	size_t i;

	json_array_foreach(findings, i, old) {
		if (strcmp(json_string_value(json_object_get(old,
		    "signature")), signature) == 0) {
			json_decref(finding);
			return;
		}
	}
	json_array_append_new(findings, finding);
}

static json_t *
examine_all(struct row_state *s, const char *folder, char **ret_why)
{
	const struct finding_context ctx = {
		s->row, &s->search, folder, s->profile.length
	};
	json_t *findings = json_array(), *one;

	for (unsigned i = 0; i < s->ncandidates; i++) {
		one = finding_examine(&ctx, &s->candidates[i], ret_why);
		if (one == NULL)
			break;
		add_finding(findings, one);
	}
	return findings;
}

static void
state_clear(struct row_state *s)
{
	for (unsigned i = 0; i < s->ncandidates; i++)
		schedule_clear(&s->candidates[i].schedule);
	hash_set_clear(&s->schedules);
	hash_set_clear(&s->classes);
}

json_t *
row_not_run(const struct row *row, const struct search *search,
            const char *why)
{
	struct row_state nothing;
	json_t *out = row_head(row, search);

	memset(&nothing, 0, sizeof(nothing));
	json_object_set_new(out, "status", json_string("cut"));
	add_figures(out, &nothing);
	json_object_set_new(out, "seconds", json_real(0));
	json_object_set_new(out, "findings", json_array());
	json_object_set_new(out, "why", json_string(why));
	return out;
}

/* Boots the row for its schedules; the canary's lines do not count. */
static int
open_row(struct row_state *s, struct coverage *coverage, char **ret_why)
{
	int error = coverage != NULL ? coverage_start(coverage) : 0;

	if (error != 0) {
		*ret_why = cli_format("--coverage: cannot set breakpoints in "
		                      "the kernel object: %s",
		                      strerror(-error));
		return -1;
	}
	return runner_open(s->row, ret_why);
}

json_t *
row_run(const struct row *row, const struct search *search,
        const char *folder)
{
	struct coverage *coverage = search->coverage;
	struct row_state s;
	json_t *out, *findings, *lines = NULL;
	char *why = NULL;
	const double start = cli_seconds();

	memset(&s, 0, sizeof(s));
	s.row = row;
	s.search = *search;
	crash_catch(row->object);
	if (run_canary(&s, &why) != 0 || open_row(&s, coverage, &why) != 0) {
		out = row_not_run(row, search, why);
		free(why);
		return out;
	}
	if (!s.over)
		spend_budget(&s);
	if (coverage != NULL)
		lines = coverage_stop(coverage);
	why = s.why;
	findings = why != NULL ? json_array() : examine_all(&s, folder, &why);
	runner_close();
	out = row_head(row, search);
	json_object_set_new(out, "status", json_string(why != NULL ? "cut" :
	                                               status_of(&s, findings)));
	add_figures(out, &s);
	json_object_set_new(out, "seconds", json_real(cli_seconds() - start));
	json_object_set_new(out, "findings", findings);
	if (lines != NULL)
		json_object_set_new(out, "lines_executed", lines);
	if (why != NULL)
		json_object_set_new(out, "why", json_string(why));
	else if (s.over)
		json_object_set_new(out, "why", json_string("ended early"));
	else if (s.overflowed)
		json_object_set_new(out, "why", json_string("internal error: a "
		                    "table of the model was too small"));
	free(why);
	state_clear(&s);
	return out;
}
