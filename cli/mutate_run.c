/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutate_run: one mutant compiled and put to all rows.
 *
 * It is killed by a finding that the kernel as it is does not have, by a row in
 * which nothing is at stake any more or that has runs for which the model has no
 * room, or by not booting.  A finding that the kernel has in another row of that
 * path and mode kills only where many more schedules of this row do not show it
 * with the kernel as it is.  A first pass tries a few schedules of every row, a
 * second one the rest.  Runs in a worker: what a mutant does to memory ends with
 * it.
 */
#include "cli/mutate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "cli/cli.h"
#include "cli/rowtext.h"
#include "cli/search.h"
#include "cli/signature.h"
#include "cli/stake.h"

#define FIRST_PASS 24u          /* schedules of a row */
#define BASELINE_FACTOR 4u      /* times the budget of a mutant */
#define DOUBT_FACTOR 32u        /* where another row has the same finding */
/* Of processor time, for loops that no scheduling point is in. */
#define CPU_SECONDS 120u

/*
 * A scenario that `check` runs on request is known apart: what it finds may
 * look like what the others do not.
 */
static char *
known_key(const struct row *row, const struct run_result *r)
{
	struct finding_key key;
	char mode[32], *signature, *text;

	finding_key_make(&key, r, row->hypercall);
	signature = signature_print(&key, NULL);
	text = cli_format("%s %s%s", kernel_mode_name(row->mode, mode),
	    signature, row->scenario->on_request ? " on request" : "");
	free(signature);
	return text;
}

/*
 * Schedules [from, to) of the open row until `see` says that it has seen
 * enough.
 */
static void
put_row(const struct baseline *b, uint64_t from, uint64_t to, struct stake *p,
        bool (*see)(void *ctx, const struct run_result *r), void *ctx)
{
	struct search search = { .kind = STRATEGY_RANDOM, .seed = b->seed };
	struct strategy strategy;
	struct run_result r;

	for (uint64_t i = from; i < to && !cli_interrupted; i++) {
		strategy = search_strategy(&search, i, 0);
		runner_run(&strategy, NULL, &r);
		stake_add(p, &r);
		if ((r.found || r.overflowed) && see(ctx, &r))
			return;
	}
}

/* ---- the kernel as it is ---------------------------------------------------- */

struct base_row {
	const struct row *row;
	json_t *findings;
	bool cut;               /* the model had no room for a run */
};

static bool
see_base(void *ctx, const struct run_result *r)
{
	struct base_row *b = ctx;
	char *key;

	if (r->overflowed) {
		b->cut = true;
		return false;
	}
	key = known_key(b->row, r);
	json_object_set_new(b->findings, key, json_true());
	free(key);
	return false;
}

json_t *
mutate_baseline_row(const struct baseline *b, size_t i)
{
	const struct row *row = &b->rows->rows[i];
	struct base_row base = { row, json_object(), false };
	struct stake all = { 0 }, second = { 0 };
	char *why = NULL;
	bool opened = runner_open(row, &why) == 0;

	if (opened) {
		put_row(b, 0, FIRST_PASS, &all, see_base, &base);
		put_row(b, FIRST_PASS, b->schedules, &second, see_base, &base);
		put_row(b, b->schedules, BASELINE_FACTOR * b->schedules, &all,
		    see_base, &base);
		runner_close();
	}
	free(why);
	/* what cannot be made ready, or shows nothing, can tell nothing */
	return json_pack("{s:o, s:b, s:b, s:b}", "findings", base.findings,
	    "opened", opened, "cut", base.cut, "vacuous", !opened ||
	    stake_is_vacuous(&second, row));
}

/* ---- a mutant ------------------------------------------------------------------ */

struct trial {
	const struct baseline *b;
	struct row row;
	size_t index;           /* of the row */
	uint64_t schedules;
	json_t *out;            /* filled when it is killed */
	bool killed;
	json_t *doubtful;       /* of this row: known_key() -> kind; or NULL */
};

static json_t *
verdict(const struct mutant *m, const char *word)
{
	return json_pack("{s:s, s:s}", "id", m->id, "verdict", word);
}

static void
kill_by(struct trial *t, const char *by)
{
	struct rowtext text;
	json_t *where = json_object();

	rowtext_from_row(&text, &t->row);
	rowtext_to_json(&text, where);
	json_object_set_new(t->out, "verdict", json_string("killed"));
	json_object_set_new(t->out, "by", json_string(by));
	json_object_set_new(t->out, "row", where);
	t->killed = true;
}

static void
see_finding(struct trial *t, const struct run_result *r)
{
	const char *kind = finding_kind_name(r->finding.kind);
	char *key = known_key(&t->row, r);

	if (json_object_get(t->b->known, key) == NULL) {
		kill_by(t, kind);
	} else if (json_object_get(t->b->own[t->index], key) == NULL) {
		if (t->doubtful == NULL)
			t->doubtful = json_object();
		json_object_set_new(t->doubtful, key, json_string(kind));
	}
	free(key);
}

static bool
see_mutant(void *ctx, const struct run_result *r)
{
	struct trial *t = ctx;

	if (r->overflowed) {
		if (!t->b->cut[t->index])
			kill_by(t, "cut");
		return t->killed;
	}
	see_finding(t, r);
	return t->killed;
}

/* ---- a finding that the kernel as it is has in another row -------------------- */

static bool
see_again(void *ctx, const struct run_result *r)
{
	struct trial *t = ctx;
	char *key;

	if (r->overflowed)
		return false;
	key = known_key(&t->row, r);
	json_object_set_new(t->b->own[t->index], key, json_true());
	json_object_del(t->doubtful, key);
	free(key);
	return json_object_size(t->doubtful) == 0;
}

/*
 * Is what is in doubt the kernel's own in this row, too?  Then it goes.  What
 * is learned stays with the worker.
 */
static void
resolve_doubt(struct trial *t)
{
	const struct row *row = &t->b->rows->rows[t->index];
	struct stake unused = { 0 };
	char *why = NULL;
	void *first;

	if (runner_open(row, &why) == 0) {
		put_row(t->b, BASELINE_FACTOR * t->b->schedules,
		    DOUBT_FACTOR * t->b->schedules, &unused, see_again, t);
		runner_close();
	}
	free(why);
	first = json_object_iter(t->doubtful);
	if (first != NULL && !cli_interrupted)
		kill_by(t, json_string_value(json_object_iter_value(first)));
	json_decref(t->doubtful);
	t->doubtful = NULL;
}

static void
try_row(struct trial *t, size_t i, uint64_t from, uint64_t to)
{
	const struct kernel_object *object = t->row.object;
	const struct kernel_ops *kernel = t->row.kernel;
	struct stake p = { 0 };
	char *why = NULL;

	t->index = i;
	t->row = t->b->rows->rows[i];
	t->row.object = object;
	t->row.kernel = kernel;
	if (runner_open(&t->row, &why) != 0) {
		kill_by(t, "boot");
		free(why);
		return;
	}
	put_row(t->b, from, to, &p, see_mutant, t);
	runner_close();
	t->schedules += to - from;
	if (t->doubtful != NULL && !t->killed)
		resolve_doubt(t);
	if (!t->killed && from != 0 && !t->b->vacuous[i] &&
	    stake_is_vacuous(&p, &t->row))
		kill_by(t, "vacuous");
	if (t->killed)
		json_object_set_new(t->out, "row_index", json_integer(
		    (json_int_t)i));
}

static void
try_rows(struct trial *t)
{
	const struct row_list *l = t->b->rows;

	for (size_t i = 0; i < l->count && !t->killed; i++)
		try_row(t, t->b->order[i], 0, FIRST_PASS);
	for (size_t i = 0; i < l->count && !t->killed; i++)
		try_row(t, t->b->order[i], FIRST_PASS, t->b->schedules);
}

static json_t *
judge_object(const struct mutant *m, const struct baseline *b, char *so)
{
	struct kernel_object object = { .name = "mutant", .so = so };
	struct trial t = { .b = b, .out = verdict(m, "survived") };
	char *why = NULL;

	t.row.object = &object;
	t.row.kernel = kernel_load(&object, &why);
	if (t.row.kernel == NULL) {
		/* a name that is defined nowhere */
		json_object_set_new(t.out, "verdict",
		    json_string("not compiled"));
		free(why);
		return t.out;
	}
	try_rows(&t);
	json_decref(t.doubtful);
	json_object_set_new(t.out, "schedules",
	    json_integer((json_int_t)t.schedules));
	return t.out;
}

json_t *
mutate_judge(struct build_kept *kept, const struct mutant *m,
             const struct baseline *b, const char *dir)
{
	const struct rlimit limit = { CPU_SECONDS, CPU_SECONDS + 5 };
	char *text = mutate_apply(m->subject->text, m->change);
	enum build_status st;
	bool same = false;
	char *so;
	json_t *out;

	setrlimit(RLIMIT_CPU, &limit);
	if (text == NULL)
		cli_fail(CLI_UNFINISHED, "mutate: out of memory");
	st = build_kept_variant(kept, m->subject->unit, text, dir, &same);
	free(text);
	if (st == BUILD_SYSTEM)
		cli_fail(CLI_UNFINISHED, "mutate: cannot write into %s", dir);
	if (st == BUILD_NO_TOOL)        /* interrupted: no verdict */
		return json_null();
	if (st != BUILD_OK)
		return verdict(m, "not compiled");
	if (same)
		return verdict(m, "same code");
	so = cli_format("%s/object.so", dir);
	out = judge_object(m, b, so);
	free(so);
	return out;
}
