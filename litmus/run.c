/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.c: runs a test under every schedule (or some), and collects the distinct
 * end states with a schedule that leads to each.
 *
 * Every execution starts from the saved machine.  One whose machine ran out of
 * a fixed table counts as overflow, never as covered.
 */
#include "litmus/run.h"

#include <stdlib.h>
#include <string.h>

#define MAX_STEPS 4000          /* more: IPIs for ever */
#define MAX_EVENTS 2000

struct run run;

/* ---- the machine behind explore ------------------------------------------ */

static void
ops_hide(void *ctx, unsigned cpu)
{
	(void)ctx;
	machine_hide(run.m, cpu);
}

static void
ops_show(void *ctx, unsigned cpu)
{
	(void)ctx;
	machine_show(run.m, cpu);
}

static unsigned
ops_buffered(void *ctx, unsigned cpu)
{
	(void)ctx;
	return run.cpu[cpu].buffered;
}

static void
ops_drain(void *ctx, unsigned cpu, unsigned n)
{
	(void)ctx;
	access_drain(cpu, n);
}

/* Speculative walks, then INVLPGBs that the cpu has not carried out. */
static unsigned
ops_walks(void *ctx, unsigned cpu)
{
	(void)ctx;
	return machine_walks(run.m, cpu) + run.cpu[cpu].asked;
}

static void
carry_out(unsigned cpu, unsigned k)
{
	struct run_cpu *c = &run.cpu[cpu];
	struct explore_event e = { 0 };

	touch_request(&e, cpu, k);
	touch_done(&e);
	machine_broadcast_step(run.m, cpu, k);
	c->asked--;
	memmove(c->ask + k, c->ask + k + 1,
	    (c->asked - k) * sizeof(c->ask[0]));
	explore_progress();
}

static void
walk(unsigned cpu, unsigned k)
{
	const gpa_t pa = machine_walk_entry(run.m, cpu, k);
	struct explore_event e = { 0 };

	touch_store(&e, pa);
	touch_done(&e);
	run.writer = ID_WALK;
	machine_walk(run.m, cpu, k);
	run.writer = ID_NONE;
	explore_progress();
	if (run.idles < RUN_IDLE)
		run.idle[run.idles++] = (struct run_idle){ pa,
		    run.record->count - 1 };
}

static void
ops_walk(void *ctx, unsigned cpu, unsigned k)
{
	const unsigned walks = machine_walks(run.m, cpu);

	(void)ctx;
	if (k < walks)
		walk(cpu, k);
	else
		carry_out(cpu, k - walks);
}

static void
describe_walk(unsigned cpu, unsigned k, struct explore_event *ret)
{
	const unsigned walks = machine_walks(run.m, cpu);

	if (k < walks)
		touch_store(ret, machine_walk_entry(run.m, cpu, k));
	else
		touch_request(ret, cpu, k - walks);
}

static void
ops_describe(void *ctx, enum choice_kind what, unsigned cpu, unsigned k,
             struct explore_event *ret)
{
	(void)ctx;
	if (what == CHOICE_DRAIN)
		touch_store(ret, run.cpu[cpu].buffer[0].pa);
	if (what == CHOICE_WALK)
		describe_walk(cpu, k, ret);
	if (run.o.opaque)
		ret->flags |= EXPLORE_OPAQUE;
}

/* Speculative walks change memory only where some entry has A=0. */
static bool
clears_accessed(const struct litmus_insn *i)
{
	switch (i->op) {
	case OP_ENTRY_CLEAR:
		return (i->entry.flags & PTE_A) != 0;
	case OP_ENTRY_STORE: case OP_ENTRY_XCHG: case OP_REUSE:
		return (i->entry.flags & (PTE_P | PTE_A)) == PTE_P;
	case OP_ENTRY_SET:
		return true;            /* P of an entry without A */
	default:
		return false;
	}
}

static bool
offers_walks(const struct litmus_code *code)
{
	bool any = false;

	for (unsigned i = 0; i < code->count; i++)
		any |= code->insn[i].op == OP_INVLPGB ||
		    (run.config.speculative_fills &&
		    clears_accessed(&code->insn[i]));
	return any;
}

static bool
has_walks(const struct litmus_test *t)
{
	bool any = false;

	for (unsigned i = 0; i < t->maps; i++)
		any |= run.config.speculative_fills &&
		    (t->map[i].entry.flags & (PTE_P | PTE_A)) == PTE_P;
	for (unsigned c = 0; c < t->cpus; c++)
		any |= offers_walks(&t->cpu[c].code) ||
		    offers_walks(&t->cpu[c].handler);
	return any;
}

static void
setup_explore(const struct litmus_test *t)
{
	const struct explore_ops ops = {
		.hide = ops_hide, .show = ops_show, .buffered = ops_buffered,
		.drain = ops_drain, .interrupt = exec_interrupt,
		.walks = has_walks(t) ? ops_walks : NULL, .walk = ops_walk,
		.describe = ops_describe
	};

	explore_setup(&ops);
	touch_relation(&run.relation);
}

/* ---- one execution ------------------------------------------------------- */

static enum explore_end
execute_once(const struct strategy *s, struct schedule *record)
{
	struct explore_result r;

	machine_restore(run.m);
	hv_partition_restore(run.hv);
	memset(run.cpu, 0, sizeof(run.cpu));
	memset(run.access, 0, sizeof(run.access));
	run.idles = 0;
	run.record = record;
	places_reset();
	explore_run(run.t->cpus, exec_task, NULL, s, MAX_STEPS, record, &r);
	return r.end;
}

/* ---- outcomes ------------------------------------------------------------ */

/* Where the values stand, or should. */
static unsigned
find_outcome(const struct litmus_result *r, const uint64_t *value, bool *found)
{
	unsigned low = 0, high = r->outcomes;

	*found = false;
	while (low < high && !*found) {
		unsigned mid = (low + high) / 2, i = 0;
		const uint64_t *have = r->outcome[mid].value;

		while (i < r->nobserved && have[i] == value[i])
			i++;
		if (i == r->nobserved) {
			*found = true;
			return mid;
		}
		if (have[i] < value[i])
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
add_outcome(struct litmus_result *r, const uint64_t *value,
            const struct schedule *record)
{
	bool found;
	unsigned at = find_outcome(r, value, &found);

	if (found) {
		r->outcome[at].count++;
		return;
	}
	if ((r->outcomes & (r->outcomes + 1)) == 0)
		r->outcome = run_grow(r->outcome, 2 * (r->outcomes + 1),
		    sizeof(*r->outcome));
	memmove(r->outcome + at + 1, r->outcome + at,
	    (r->outcomes - at) * sizeof(*r->outcome));
	r->outcomes++;
	r->outcome[at] = (struct litmus_outcome){
		.value = run_grow(NULL, r->nobserved + 1, sizeof(*value)),
		.witness = schedule_print(record), .count = 1 };
	memcpy(r->outcome[at].value, value, r->nobserved * sizeof(*value));
}

/* The schedule without the idle walks of the set. */
static void
without(struct schedule *ret, const struct schedule *s, unsigned set)
{
	schedule_clear(ret);
	for (size_t i = 0; i < s->count; i++) {
		bool gone = false;

		for (unsigned k = 0; k < run.idles; k++)
			gone |= (set >> k & 1) && run.idle[k].choice == i;
		if (!gone)
			schedule_add(ret, s->choices[i]);
	}
}

static void
clear_accessed(const struct litmus_result *r, uint64_t *value, gpa_t pa)
{
	for (unsigned i = 0; i < r->nobserved; i++)
		if (r->observed[i].kind == OBSERVED_ENTRY &&
		    setup_slot(&r->observed[i].slot) == pa)
			value[i] &= ~PTE_A;
}

/*
 * A walk on which nothing depends need not have happened: the search makes all
 * that are on offer, sooner or later.
 */
static void
add_outcomes(struct litmus_result *r, const struct schedule *record)
{
	uint64_t *value = run_grow(NULL, r->nobserved + 1, sizeof(*value));
	struct schedule fewer = { 0 };

	for (unsigned set = 0; set < 1u << run.idles; set++) {
		outcome_read(value);
		for (unsigned k = 0; k < run.idles; k++)
			if (set >> k & 1)
				clear_accessed(r, value, run.idle[k].pa);
		without(&fewer, record, set);
		add_outcome(r, value, &fewer);
	}
	schedule_clear(&fewer);
	free(value);
}

static void
collect(struct litmus_result *r, const struct strategy *s)
{
	static struct schedule record;
	enum explore_end end = execute_once(s, &record);

	if (end != EXPLORE_CUT && machine_overflowed(run.m))
		r->overflow = true;
	if (end == EXPLORE_DEADLOCK)
		r->deadlocks++;
	if (end == EXPLORE_DONE)
		add_outcomes(r, &record);
}

/* ---- strategies ---------------------------------------------------------- */

static void
run_random(struct litmus_result *r)
{
	struct strategy s = { .kind = STRATEGY_RANDOM };

	for (; r->executions < run.o.random; r->executions++) {
		s.seed = run.o.seed + r->executions;
		collect(r, &s);
	}
}

static void
run_replay(struct litmus_result *r)
{
	const struct strategy s = { .kind = STRATEGY_REPLAY,
	    .replay = run.o.replay };

	collect(r, &s);
	r->executions = 1;
}

static bool
goes_on(const struct exhaustive *x, uint64_t n)
{
	struct exhaustive_stats s;

	if (run.o.max_executions != 0 && n >= run.o.max_executions)
		return false;
	if (run.o.progress == NULL || n % 1024 != 1023)
		return true;
	exhaustive_stats(x, &s);
	return run.o.progress(run.o.arg, n, s.left);
}

static void
run_all(struct litmus_result *r)
{
	const struct exhaustive_options options = {
	    .relation = &run.relation, .max_events = MAX_EVENTS };
	struct exhaustive *const x = exhaustive_new(&options);
	struct exhaustive_stats stats;
	struct strategy s;

	for (uint64_t n = 0; goes_on(x, n) && exhaustive_next(x, &s); n++)
		collect(r, &s);
	exhaustive_stats(x, &stats);
	r->executions = stats.executions;
	r->redundant = stats.redundant;
	r->traces = stats.traces;
	r->complete = stats.complete && !r->overflow;
	exhaustive_free(x);
}

/* ---- a test -------------------------------------------------------------- */

static bool
wants_provenance(const struct litmus_cond *c)
{
	if (c == NULL)
		return false;
	if (c->logic != LOGIC_ATOM)
		return wants_provenance(c->left) || wants_provenance(c->right);
	return c->atom == ATOM_SOURCE || c->atom == ATOM_HIT ||
	    c->atom == ATOM_MISS || c->atom == ATOM_WALK;
}

static void
judge(const struct litmus_test *t, struct litmus_result *r)
{
	r->clause = run_grow(NULL, t->clauses + 1, sizeof(*r->clause));
	for (unsigned i = 0; i < t->clauses; i++) {
		struct litmus_verdict *v = &r->clause[i];

		*v = (struct litmus_verdict){ 0 };
		for (unsigned k = 0; k < r->outcomes; k++)
			if (outcome_holds(t->clause[i].cond,
			    r->outcome[k].value))
				v->holds++;
			else
				v->fails++;
		/* where nothing ever ends, nothing is shown */
		v->ok = t->clause[i].quantifier == CLAUSE_EXISTS ||
		    (r->outcomes > 0 && (t->clause[i].quantifier ==
		    CLAUSE_FORBIDDEN) == (v->holds == 0));
	}
}

static void
forget_places(void)
{
	for (unsigned i = 0; i < run.places; i++)
		free(run.place[i].list);
	free(run.place);
	run.place = NULL;
	run.places = 0;
}

int
litmus_run(const struct litmus_test *t, const struct litmus_options *o,
           struct litmus_result *ret, struct litmus_error *ret_error)
{
	*ret = (struct litmus_result){ 0 };
	run.o = *o;
	run.provenance = false;
	for (unsigned i = 0; i < t->clauses; i++)
		run.provenance |= wants_provenance(t->clause[i].cond);
	forget_places();
	if (setup_test(t, ret_error) != 0)
		return -1;
	outcome_observe(t);
	ret->observed = run.observed;
	ret->nobserved = run.nobserved;
	setup_explore(t);
	if (o->replay != NULL)
		run_replay(ret);
	else if (o->random != 0)
		run_random(ret);
	else
		run_all(ret);
	judge(t, ret);
	return 0;
}

void
litmus_result_free(struct litmus_result *r)
{
	for (unsigned i = 0; i < r->outcomes; i++) {
		free(r->outcome[i].value);
		free(r->outcome[i].witness);
	}
	free(r->outcome);
	free(r->clause);
	free(r->observed);
	*r = (struct litmus_result){ 0 };
}
