/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stake: see stake.h.
 */
#include "cli/stake.h"

void
stake_add(struct stake *s, const struct run_result *r)
{
	s->remote += r->stats.remote_candidates;
	s->hypercalls += r->stats.hypercalls;
	s->flushes += r->stats.flush_calls + r->stats.flush_ex_calls;
	s->targets += r->stats.targets;
}

/*
 * The hypercall path is put to the test by flushes, not by calls that the host
 * refuses one and all: what follows those is the other path.  A host that is
 * told to fail is there for just that.
 */
static bool
path_ran(const struct stake *s, const struct row *row)
{
	/* A call that fails may not count as a flush. */
	if (row->scenario->needs & NEEDS_FAILING_HOST)
		return s->hypercalls != 0;
	if (row->host.knob[HV_KNOB_FAIL_CALL] != 0)
		return s->flushes != 0;
	return s->targets != 0;
}

bool
stake_is_vacuous(const struct stake *s, const struct row *row)
{
	if (s->remote == 0)
		return true;
	if (!row->hypercall || (row->scenario->needs & NEEDS_ATTACH_FAILS))
		return false;
	return !path_ran(s, row);
}
