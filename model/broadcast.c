/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * broadcast.c: INVLPGB and TLBSYNC (APM 2, 5.5.3, appendix B; their pages in
 * volume 3 were not checked, docs/semantics.md says what rests on what).
 *
 * INVLPGB only asks.  Each processor that may hold anything, the issuer too,
 * gets a request that it carries out when the scheduler says so, in any order;
 * TLBSYNC waits until all requests of its own processor are carried out
 * everywhere, and promises nothing about those of others.
 */
#include "model/machine.h"

#define STEP_LARGE level_size(2)

static void
drop_of(const struct machine *m, const struct machine_invlpgb *op,
        struct drop *ret)
{
	gva_t va = canonical(m, op->va) & ~(MACHINE_PAGE - 1);
	uint64_t bytes = MACHINE_PAGE +
	    op->count * (op->large ? STEP_LARGE : MACHINE_PAGE);

	*ret = (struct drop){ .any_root = true, .any_pcid = !op->pcid_valid,
	    .pcid = op->pcid, .globals = op->globals,
	    .leaves_only = op->final_only,
	    .all_paths = !m->config.tce && !op->final_only };
	if (op->va_valid) {
		ret->va = va;
		ret->end = va + bytes < va ? 0 : va + bytes;
		ret->stepped = op->large;
	} else {
		ret->whole = !op->final_only;   /* else [0, top) */
	}
}

static void
ask(struct machine *m, unsigned target, const struct broadcast *b)
{
	struct cpu *c = &m->cpu[target];

	if (c->holdings == 0 && c->candidates == 0)
		return;                 /* nothing to invalidate */
	if (c->broadcasts == MAX_BROADCASTS) {
		m->now.overflow = true;
		return;
	}
	c = cpu_changes(m, target);
	m->broadcast[target][c->broadcasts++] = *b;
	cpu_changes(m, b->from)->asked++;
}

int
machine_invlpgb(struct machine *m, unsigned cpu,
                const struct machine_invlpgb *op)
{
	struct broadcast b = { .from = (uint16_t)cpu };

	if (machine_invlpgb_fault(m, cpu, op) != NULL)
		return -1;
	machine_store_settle(m, cpu);
	if (!m->config.invlpgb_unordered)
		machine_drain_all(m, cpu);
	drop_of(m, op, &b.drop);
	b.drop.under = m->cpu[cpu].under;
	m->now.stats.invalidations++;
	machine_emit(m, EVENT_INVLPGB, cpu, b.drop.va, op->va_valid ?
	    b.drop.end - b.drop.va : 0, op->pcid_valid ? op->pcid : ~0ull, 0);
	for (unsigned c = 0; c < m->cpus; c++)
		ask(m, c, &b);
	return 0;
}

unsigned
machine_pending_broadcasts(const struct machine *m, unsigned cpu)
{
	return m->cpu[cpu].broadcasts;
}

void
machine_broadcast_step(struct machine *m, unsigned cpu, unsigned k)
{
	struct cpu *c = cpu_changes(m, cpu);
	struct broadcast *all = m->broadcast[cpu], b;

	if (k >= c->broadcasts)
		return;
	b = all[k];
	c->broadcasts--;
	cpu_changes(m, b.from)->asked--;
	for (; k < c->broadcasts; k++)  /* the others keep their order */
		all[k] = all[k + 1];
	machine_emit(m, EVENT_BROADCAST, cpu, b.from, b.drop.va,
	    b.drop.end - b.drop.va, 0);
	cpu_drop(m, cpu, &b.drop);
}

bool
machine_tlbsync_waits(const struct machine *m, unsigned cpu)
{
	return m->cpu[cpu].asked > 0;
}

/* Leaves the store buffer alone: APM 2, 7.6.4 does not list it. */
int
machine_tlbsync(struct machine *m, unsigned cpu)
{
	if (m->config.no_invlpgb || machine_tlbsync_waits(m, cpu))
		return -1;
	machine_store_settle(m, cpu);
	machine_emit(m, EVENT_TLBSYNC, cpu, 0, 0, 0, 0);
	return 0;
}

void
broadcasts_finish(struct machine *m)
{
	for (unsigned c = 0; c < m->cpus; c++)
		while (m->cpu[c].broadcasts > 0)
			machine_broadcast_step(m, c, 0);
}
