/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wbinvd.c: a flush of the caches (W1, W2).  What a processor has in its caches is
 * not modelled; what is known is when it last executed WBINVD, which writes back
 * and invalidates its own caches and asks no other's (SDM 2, WBINVD).
 *
 * A call that flushes the caches of all promises that each running processor
 * has executed one since the call began.  Who has interrupts off may still do
 * it, like a flush of the TLB (R17), before they come on.
 */
#include "model/machine.h"

void
machine_wbinvd(struct machine *m, unsigned cpu)
{
	struct cpu *c = cpu_changes(m, cpu);

	machine_drain_all(m, cpu);              /* SDM 3A, 8.3 */
	machine_emit(m, EVENT_WBINVD, cpu, 0, 0, 0, 0);
	c->wbinvd = ++m->now.wbinvds;
	c->owes_wbinvd = false;
}

uint32_t
machine_wbinvds(const struct machine *m)
{
	return m->now.wbinvds;
}

static void
report(struct machine *m, unsigned cpu, enum finding_kind kind,
       const char *where)
{
	const struct machine_finding f = { .kind = kind, .cpu = cpu,
	    .store_cpu = m->cpu[cpu].wbinvd_for,
	    .killed_by = "cache flush", .where = where };

	m->hooks.finding(m->hooks.ctx, &f);
}

void
machine_caches_flushed(struct machine *m, unsigned cpu, uint32_t since)
{
	for (unsigned i = 0; i < m->cpus; i++) {
		struct cpu *c;

		if (m->cpu[i].mode == MODE_STOPPED || m->cpu[i].wbinvd > since)
			continue;
		c = cpu_changes(m, i);
		c->owes_wbinvd = true;
		c->wbinvd_for = (uint16_t)cpu;
		if (c->iflag)
			cpu_owes_wbinvd(m, i,
			    "runs on when the cache flush has returned");
		else if (m->config.strict)
			report(m, i, FINDING_CACHES_LATE,
			    "has interrupts off when the cache flush returns");
	}
}

void
cpu_owes_wbinvd(struct machine *m, unsigned cpu, const char *where)
{
	if (m->cpu[cpu].owes_wbinvd)
		report(m, cpu, FINDING_CACHES_KEPT, where);
}
