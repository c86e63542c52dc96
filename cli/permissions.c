/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * permissions: see permissions.h.
 *
 * A permission counts as needed when, without it, neither the schedule nor a
 * bounded number of others gives the same key.  The set found by withdrawing
 * greedily is minimal; it is the only one if each member is also needed when
 * everything else is permitted.
 */
#include "cli/permissions.h"

#include <string.h>

#include "cli/cli.h"

#define MORE_SCHEDULES 2000u
#define MAX_SCHEDULES 60000u

static const char *const names[PERMISSION_COUNT] = {
	[PERMISSION_ERRATUM] = "erratum that INVLPG keeps globals",
	[PERMISSION_LATE_DIRTY] = "D set after W was taken",
	[PERMISSION_TCE] = "INVLPG leaving other paths",
	[PERMISSION_INVPCID_LAZY] = "INVPCID without a drain",
	[PERMISSION_SPLINTER] = "splintered large page",
	[PERMISSION_GLOBAL_SPACE] = "address space honoured for globals",
	[PERMISSION_ADDRESS_SPACE] = "address space honoured",
	[PERMISSION_LATE_TARGET] = "late flush of a target",
	[PERMISSION_GLOBALS] = "globals kept",
	[PERMISSION_STORE_BUFFER] = "store buffer",
	[PERMISSION_UPPER_LEVELS] = "upper-level caches",
	[PERMISSION_SPECULATION] = "speculative fill",
};

const char *
permission_name(enum permission p)
{
	return names[p];
}

bool
search_is_over(const struct search *s)
{
	return cli_interrupted ||
	    (s->deadline > 0 && cli_seconds() > s->deadline);
}

static unsigned
granted(const struct row *r)
{
	const struct machine_config *m = &r->machine;
	unsigned set = 0;

	set |= (unsigned)m->invlpg_keeps_globals << PERMISSION_ERRATUM;
	set |= (unsigned)m->late_dirty << PERMISSION_LATE_DIRTY;
	set |= (unsigned)m->tce << PERMISSION_TCE;
	set |= (unsigned)!m->invpcid_drains << PERMISSION_INVPCID_LAZY;
	set |= (unsigned)m->splinter << PERMISSION_SPLINTER;
	set |= (unsigned)m->tso << PERMISSION_STORE_BUFFER;
	set |= (unsigned)m->upper_caches << PERMISSION_UPPER_LEVELS;
	set |= (unsigned)m->speculative_fills << PERMISSION_SPECULATION;
	if (!r->hypercall)
		return set;
	set |= (unsigned)(r->host.knob[HV_KNOB_GLOBAL_AS] != 0)
	    << PERMISSION_GLOBAL_SPACE;
	set |= (unsigned)(r->host.knob[HV_KNOB_AS] != 0)
	    << PERMISSION_ADDRESS_SPACE;
	set |= (unsigned)(r->host.knob[HV_KNOB_LATE_TARGET] != 0 ||
	                  r->host.knob[HV_KNOB_CONTINUE] != 0)
	    << PERMISSION_LATE_TARGET;
	set |= (unsigned)(r->host.knob[HV_KNOB_GLOBALS] == 0)
	    << PERMISSION_GLOBALS;
	return set;
}

static bool
has(unsigned set, enum permission p)
{
	return (set >> p & 1) != 0;
}

/* Runs the open row without the permissions in `set` from here on. */
static void
withdraw(const struct row *r, unsigned set)
{
	struct machine_config m = r->machine;
	struct hv_profile h = r->host;

	if (has(set, PERMISSION_ERRATUM))
		m.invlpg_keeps_globals = false;
	if (has(set, PERMISSION_LATE_DIRTY))
		m.late_dirty = false;
	if (has(set, PERMISSION_TCE))
		m.tce = false;
	if (has(set, PERMISSION_INVPCID_LAZY))
		m.invpcid_drains = true;
	if (has(set, PERMISSION_SPLINTER))
		m.splinter = false;
	if (has(set, PERMISSION_STORE_BUFFER))
		m.tso = false;
	if (has(set, PERMISSION_UPPER_LEVELS))
		m.upper_caches = false;
	if (has(set, PERMISSION_SPECULATION))
		m.speculative_fills = false;
	if (has(set, PERMISSION_GLOBAL_SPACE))
		h.knob[HV_KNOB_GLOBAL_AS] = 0;
	if (has(set, PERMISSION_ADDRESS_SPACE))
		h.knob[HV_KNOB_AS] = 0;
	if (has(set, PERMISSION_LATE_TARGET))
		h.knob[HV_KNOB_LATE_TARGET] = h.knob[HV_KNOB_CONTINUE] = 0;
	if (has(set, PERMISSION_GLOBALS))
		h.knob[HV_KNOB_GLOBALS] = 1;
	runner_machine(&m);
	runner_host(&h);
}

static bool
found_by(const struct permission_search *s, const struct strategy *strategy,
         struct schedule *record)
{
	struct run_result r;
	struct finding_key key;

	runner_run(strategy, record, &r);
	if (!r.found)
		return false;
	finding_key_make(&key, &r, s->row->hypercall);
	return finding_key_same(&key, s->key);
}

/* Is it still found without `set`?  *from: replayed first, and replaced. */
static bool
found_without(const struct permission_search *s, unsigned set,
              struct schedule *from, bool *cut)
{
	struct search other = *s->search;
	struct strategy strategy = { .kind = STRATEGY_REPLAY };
	struct schedule record = { NULL, 0, 0 };
	uint64_t bound = 3 * s->after + MORE_SCHEDULES;
	bool found;

	withdraw(s->row, set);
	strategy.replay = from;
	found = found_by(s, &strategy, &record);
	if (bound > MAX_SCHEDULES)
		bound = MAX_SCHEDULES;
	other.seed = cli_mix(other.seed, 0x7065726dull);
	for (uint64_t i = 0; !found && i < bound; i++) {
		if ((i & 63) == 0 && search_is_over(s->search)) {
			*cut = true;
			break;
		}
		strategy = search_strategy(&other, i, s->length);
		found = found_by(s, &strategy, &record);
	}
	if (found)
		schedule_copy(from, &record);
	else if (3 * s->after + MORE_SCHEDULES > MAX_SCHEDULES)
		*cut = true;
	schedule_clear(&record);
	return found;
}

/* Withdraws one after another, starting without `set`; returns what is left. */
static unsigned
greedy(const struct permission_search *s, unsigned set, bool *cut)
{
	struct schedule from = { NULL, 0, 0 };
	unsigned all = granted(s->row);

	schedule_copy(&from, s->schedule);
	if (set != 0 && !found_without(s, set, &from, cut)) {
		schedule_clear(&from);
		return all;
	}
	for (unsigned p = 0; p < PERMISSION_COUNT; p++) {
		if (!has(all, p) || has(set, p))
			continue;
		if (found_without(s, set | 1u << p, &from, cut))
			set |= 1u << p;
	}
	schedule_clear(&from);
	return all & ~set;
}

void
permission_search(const struct permission_search *s,
                  struct permission_result *ret)
{
	struct schedule from = { NULL, 0, 0 };
	bool found;

	memset(ret, 0, sizeof(*ret));
	ret->needs = greedy(s, 0, &ret->cut);
	for (unsigned p = 0; p < PERMISSION_COUNT && !ret->several; p++) {
		if (!has(ret->needs, p))
			continue;
		schedule_copy(&from, s->schedule);
		found = found_without(s, 1u << p, &from, &ret->cut);
		if (!found)
			continue;
		ret->several = true;
		ret->other = greedy(s, 1u << p, &ret->cut);
	}
	schedule_clear(&from);
	withdraw(s->row, 0);
}

const char *
permission_class(enum finding_kind kind, const struct permission_result *p)
{
	if (kind == FINDING_TRANSIENT || kind == FINDING_CACHES_LATE)
		return "transient";
	if (has(p->needs, PERMISSION_ADDRESS_SPACE))
		return "host-literal";
	if (has(p->needs, PERMISSION_INVPCID_LAZY) ||
	    has(p->needs, PERMISSION_SPLINTER) ||
	    has(p->needs, PERMISSION_GLOBAL_SPACE))
		return "ambiguous";
	return "defect";
}
