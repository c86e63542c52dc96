/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shrink: see shrink.h.
 *
 * To leave out an operation or a vCPU the schedule is carried over first; if
 * the finding does not come out, a bounded number of other schedules is tried.
 * Operations are tried from the last to the first, so that what uses something
 * goes before what made it, and again until none goes.
 */
#include "cli/shrink.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/findings.h"
#include "cli/permissions.h"
#include "cli/trace.h"
#include "cli/where.h"

/* Other schedules per operation or vCPU. */
#define SEARCH_LEAST 100u
#define SEARCH_MOST 1000u
#define SEARCH_SEED 0x736872696e6bull

struct shrinker {
	const struct shrink_context *ctx;
	struct shrunk *out;
	struct where place;             /* of the finding, from the start */
	bool exact;                     /* compares the place in each run */
	unsigned left;                  /* of the search budget */
};

void
shrink_replay(const struct schedule *s, struct schedule *record,
              struct run_result *ret)
{
	const struct strategy strategy = {
		.kind = STRATEGY_REPLAY, .replay = s
	};

	runner_run(&strategy, record, ret);
}

static bool
has_key(const struct shrink_context *ctx, const struct run_result *r)
{
	struct finding_key key;

	if (!r->found || r->overflowed)
		return false;
	finding_key_make(&key, r, ctx->key->hypercall);
	return finding_key_same(ctx->key, &key);
}

/* Where the finding of a schedule of the open row is. */
static void
find_place(const struct shrinker *k, const struct schedule *s,
           struct where *ret)
{
	struct trace trace = { NULL, 0, 0 };
	struct run_result r;

	memset(ret, 0, sizeof(*ret));
	trace_record(&trace, s, &r);
	if (r.found)
		finding_place(k->ctx->row->object, &trace, &r, ret);
	trace_clear(&trace);
}

static bool
same_place(const struct shrinker *k, const struct schedule *s)
{
	struct where w;

	find_place(k, s, &w);
	return strcmp(w.file, k->place.file) == 0 &&
	    strcmp(w.function, k->place.function) == 0;
}

static bool
still_fails(void *arg, struct schedule *cand)
{
	struct shrinker *k = arg;
	struct schedule record = { NULL, 0, 0 };
	struct run_result r;
	bool same;

	if (search_is_over(k->ctx->search)) {
		k->out->minimal = false;
		return false;
	}
	shrink_replay(cand, &record, &r);
	same = has_key(k->ctx, &r) && (!k->exact || same_place(k, cand));
	if (same)
		schedule_copy(cand, &record);
	schedule_clear(&record);
	return same;
}

/* The record of a shrunk run may name more than it needs: the shorter stays. */
static void
shrink_choices(struct shrinker *k)
{
	struct schedule first = { NULL, 0, 0 };
	unsigned runs;

	schedule_copy(&first, &k->out->schedule);
	for (k->exact = false;; k->exact = true) {
		runs = schedule_shrink(&k->out->schedule, still_fails, k,
		                       SHRINK_CHOICES_BUDGET);
		k->out->runs += runs;
		if (runs >= SHRINK_CHOICES_BUDGET)
			k->out->minimal = false;
		if (k->exact || same_place(k, &k->out->schedule))
			break;
		schedule_copy(&k->out->schedule, &first);
	}
	k->exact = false;
	schedule_clear(&first);
}

static unsigned
count_kind(const struct schedule *s, enum choice_kind kind)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += s->choices[i].kind == kind;
	return n;
}

static unsigned
count_operations(const struct row *row)
{
	const struct runner_operation *op;
	unsigned n = 0;

	for (unsigned c = 0; c < row->vcpus; c++)
		for (unsigned i = runner_operations(c, &op); i-- > 0;)
			n += op[i].done;
	return n;
}

/* Runs it, and says how large it is. */
static void
measure(const struct row *row, const struct schedule *s,
        struct run_result *r, struct shrink_figures *ret)
{
	shrink_replay(s, NULL, r);
	*ret = (struct shrink_figures){
		.vcpus = row->vcpus,
		.operations = count_operations(row),
		.choices = (unsigned)s->count,
		.switches = r->explore.switches,
		.drains = count_kind(s, CHOICE_DRAIN),
		.interrupts = count_kind(s, CHOICE_IRQ),
		.host_choices = count_kind(s, CHOICE_DATA),
	};
}

static struct shrinker
shrinker(const struct shrink_context *ctx, struct shrunk *s)
{
	return (struct shrinker){ .ctx = ctx, .out = s,
	    .left = SHRINK_SEARCH_BUDGET };
}

bool
shrink_schedule(const struct shrink_context *ctx, struct shrunk *s)
{
	struct shrinker k = shrinker(ctx, s);

	s->row = *ctx->row;
	s->minimal = true;
	measure(&s->row, &s->schedule, &s->last, &s->before);
	find_place(&k, &s->schedule, &k.place);
	shrink_choices(&k);
	measure(&s->row, &s->schedule, &s->last, &s->after);
	return has_key(ctx, &s->last);
}

/* ---- less of a row --------------------------------------------------------------- */

/* Accepts a run of the open row, if it shows the same finding. */
static bool
attempt(struct shrinker *k, const struct strategy *strategy)
{
	struct schedule record = { NULL, 0, 0 };
	struct run_result r;
	bool same;

	k->left--;
	k->out->runs++;
	runner_run(strategy, &record, &r);
	same = has_key(k->ctx, &r) && same_place(k, &record);
	if (same)
		schedule_copy(&k->out->schedule, &record);
	schedule_clear(&record);
	return same;
}

/* carried: what is left of the schedule so far. */
static bool
find_again(struct shrinker *k, const struct schedule *carried, bool search)
{
	struct strategy strategy = {
		.kind = STRATEGY_REPLAY, .replay = carried
	};
	struct search other = *k->ctx->search;
	uint64_t bound = 2 * k->ctx->after + SEARCH_LEAST;

	if (k->left == 0 || search_is_over(k->ctx->search)) {
		k->out->minimal = false;
		return false;
	}
	if (attempt(k, &strategy))
		return true;
	if (bound > SEARCH_MOST)
		bound = SEARCH_MOST;
	other.seed = cli_mix(other.seed, SEARCH_SEED);
	for (uint64_t i = 0; search && i < bound; i++) {
		if (k->left == 0 || search_is_over(k->ctx->search)) {
			k->out->minimal = false;
			return false;
		}
		strategy = search_strategy(&other, i, k->ctx->length);
		if (attempt(k, &strategy))
			return true;
	}
	return false;
}

static bool
reopen(const struct row *row)
{
	char *why = NULL;
	const bool opened = runner_open(row, &why) == 0;

	free(why);
	return opened;
}

/* The first vCPU that only idle ones follow. */
static unsigned
needed_vcpus(const struct row *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->programs; i++)
		if (r->place[i] >= n)
			n = r->place[i] + 1;
	return r->programs != 0 ? n : r->vcpus;
}

/*
 * Is the finding also in a row with less to it?  Then that is the row; but not
 * one that another object would be built for.
 */
static bool
take_less(struct shrinker *k, struct row *less)
{
	const unsigned to = less->vcpus;
	struct schedule carried = { NULL, 0, 0 };
	bool found = false;

	if (kernel_cpus_rounded(to) !=
	    kernel_cpus_rounded(k->ctx->row->vcpus))
		return false;
	memset(&less->left_out[to], 0,
	    (k->out->row.vcpus - to) * sizeof(less->left_out[0]));
	for (size_t i = 0; i < k->out->schedule.count; i++)
		if (k->out->schedule.choices[i].task < to)
			schedule_add(&carried, k->out->schedule.choices[i]);
	if (reopen(less))
		found = find_again(k, &carried, true);
	if (found)
		k->out->row = *less;
	else
		reopen(&k->out->row);
	schedule_clear(&carried);
	return found;
}

/* The last vCPU goes: the programs of the others depend on their numbers. */
static bool
drop_vcpu(struct shrinker *k)
{
	struct row less = k->out->row;

	less.vcpus--;
	return take_less(k, &less);
}

/* The last program goes, and its vCPU is idle like others. */
static bool
drop_program(struct shrinker *k)
{
	struct row less = k->out->row;

	less.programs--;
	less.left_out[less.place[less.programs]] = 0;
	return take_less(k, &less);
}

/* Idle vCPUs go that follow the last with a program. */
static void
drop_idle(struct shrinker *k)
{
	struct row less = k->out->row;
	const unsigned words = kernel_cpus_rounded(less.vcpus);

	less.vcpus = needed_vcpus(&less);
	if (words > KERNEL_CPUS && less.vcpus <= words - 64)
		less.vcpus = words - 63;
	if (less.vcpus < k->out->row.vcpus)
		take_less(k, &less);
}

static void
drop_vcpus(struct shrinker *k)
{
	const struct row *const r = &k->out->row;

	while (row_programs(r) > r->scenario->min_vcpus &&
	    (r->programs != 0 ? drop_program(k) : drop_vcpu(k)))
		;
	drop_idle(k);
}

/*
 * The schedule for a program without one operation.  What happened at a step
 * of the operation happens at the first that follows; later steps come sooner.
 */
static void
carry_over(const struct schedule *s, unsigned cpu,
           const struct runner_operation *op, struct schedule *ret)
{
	ret->count = 0;
	for (size_t i = 0; i < s->count; i++) {
		struct choice c = s->choices[i];
		const bool timed = c.kind == CHOICE_RUN ||
		    c.kind == CHOICE_IRQ || c.kind == CHOICE_DATA;

		if (timed && c.task == cpu && c.arg > op->begin) {
			if (c.arg > op->end)
				c.arg -= op->end - op->begin;
			else if (c.kind == CHOICE_DATA)
				continue;
			else
				c.arg = op->begin + 1;
		}
		schedule_add(ret, c);
	}
}

static bool
drop_operation(struct shrinker *k, unsigned cpu,
               const struct runner_operation *op, unsigned number,
               bool search)
{
	struct row less = k->out->row;
	struct schedule carried = { NULL, 0, 0 };
	bool found;

	less.left_out[cpu] |= UINT32_C(1) << number;
	carry_over(&k->out->schedule, cpu, op, &carried);
	runner_leave_out(less.left_out);
	found = find_again(k, &carried, search);
	if (found)
		k->out->row = less;
	else
		runner_leave_out(k->out->row.left_out);
	schedule_clear(&carried);
	return found;
}

/* The i-th operation in the run of what there is so far; false: none, or out. */
static bool
look_up(struct shrinker *k, unsigned cpu, unsigned i,
        struct runner_operation *ret)
{
	const struct runner_operation *op;
	struct run_result r;

	shrink_replay(&k->out->schedule, NULL, &r);
	if (i >= runner_operations(cpu, &op) || !op[i].done)
		return false;
	*ret = op[i];
	return true;
}

static bool
drop_operations(struct shrinker *k, bool search)
{
	const struct runner_operation *list;
	struct runner_operation op;
	struct run_result r;
	bool any = false;

	for (unsigned cpu = k->out->row.vcpus; cpu-- > 0;) {
		shrink_replay(&k->out->schedule, NULL, &r);
		for (unsigned i = runner_operations(cpu, &list); i-- > 0;)
			any = (look_up(k, cpu, i, &op) &&
			    drop_operation(k, cpu, &op, i, search)) || any;
	}
	return any;
}

/* What went along with what was left out is left out by itself. */
static void
name_left_out(struct shrunk *s)
{
	const struct runner_operation *op;

	shrink_replay(&s->schedule, NULL, &s->last);
	for (unsigned c = 0; c < s->row.vcpus; c++)
		for (unsigned i = runner_operations(c, &op); i-- > 0;)
			if (!op[i].done)
				s->row.left_out[c] |= UINT32_C(1) << i;
	runner_leave_out(s->row.left_out);
}

void
shrink_row(const struct shrink_context *ctx, struct shrunk *s)
{
	struct shrinker k = shrinker(ctx, s);
	bool search = true;

	find_place(&k, &s->schedule, &k.place);
	drop_vcpus(&k);
	while (drop_operations(&k, search))
		search = false;
	name_left_out(s);
	shrink_choices(&k);
	measure(&s->row, &s->schedule, &s->last, &s->after);
}

int
shrink_restore(const struct shrink_context *ctx, const struct shrunk *s,
               char **ret_why)
{
	if (s->row.vcpus != ctx->row->vcpus ||
	    s->row.programs != ctx->row->programs)
		return runner_open(ctx->row, ret_why);
	runner_leave_out(ctx->row->left_out);
	return 0;
}
