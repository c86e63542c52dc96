/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walk.c: walks whose effect on memory the scheduler places (R3, R4).
 *
 * A speculative walk sets A in an entry that it reaches (SDM 4.8, 4.10.2.3).  A
 * walk for a write that found W set may set D although another processor has
 * taken W meanwhile; it is over with the next thing that its processor does.
 * Both lists only add schedules: what they have no room for is not offered.
 */
#include "model/machine.h"

/* Remembers present entries with A=0: a speculative walk may set it. */
static void
old_note(struct machine *m, uint32_t where, uint64_t new)
{
	bool old = (new & PTE_P) && !(new & PTE_A);

	for (unsigned i = 0; i < m->now.old_count; i++)
		if (m->now.old[i] == where) {
			if (!old)
				m->now.old[i] =
				    m->now.old[--m->now.old_count];
			return;
		}
	if (old && m->now.old_count < MAX_OLD)
		m->now.old[m->now.old_count++] = where;
}

static void
late_forget(struct machine *m, unsigned i)
{
	m->now.late[i] = m->now.late[--m->now.lates];
}

/* W has just gone from a clean entry: walks of others may be under way. */
static void
late_note(struct machine *m, unsigned cpu, uint32_t where, uint64_t old,
          uint64_t new)
{
	const uint64_t all = PTE_P | PTE_W | PTE_D;

	for (unsigned i = 0; i < m->now.lates; i++)
		if (m->now.late[i].where == where) {
			late_forget(m, i);
			break;
		}
	if ((old & all) == (PTE_P | PTE_W) && (new & all) == PTE_P &&
	    m->now.lates < MAX_LATE)
		m->now.late[m->now.lates++] = (struct late){ where,
		    ++m->now.late_count, (uint16_t)cpu };
}

void
walks_note(struct machine *m, unsigned cpu, const char *entry, uint64_t old,
           uint64_t new)
{
	uint32_t where = (uint32_t)(entry - m->ram);

	old_note(m, where, new);
	if (m->config.late_dirty)
		late_note(m, cpu, where, old, new);
}

void
walks_end(struct machine *m, unsigned cpu)
{
	cpu_changes(m, cpu)->settled = m->now.late_count;
}

/* Can a walk of the cpu come to the entry, and what is it there? */
static bool
reaches(const struct machine *m, unsigned cpu, const char *entry,
        unsigned *level)
{
	const struct cpu *c = &m->cpu[cpu];
	const gpa_t second = c->under ? m->now.nested[c->under - 1] : ~0ull;
	struct use uses[MAX_USES];
	unsigned n = tables_uses((struct machine *)(uintptr_t)m,
	    ram_frame(m, entry), uses);

	if (c->mode == MODE_STOPPED)
		return false;
	while (n-- > 0)
		if (uses[n].accessed && (uses[n].root == cpu_root(c) ||
		    uses[n].root == second)) {
			*level = uses[n].level;
			return true;
		}
	return false;
}

static uint64_t
entry_of(const struct machine *m, uint32_t where)
{
	return entry_meaning(m, where / MACHINE_PAGE,
	    *(uint64_t *)(void *)(m->ram + where));
}

static bool
old_offers(const struct machine *m, unsigned cpu, unsigned i)
{
	uint64_t e = entry_of(m, m->now.old[i]);
	unsigned level;

	return (e & PTE_P) && !(e & PTE_A) &&
	    reaches(m, cpu, m->ram + m->now.old[i], &level);
}

static bool
late_offers(const struct machine *m, unsigned cpu, unsigned i)
{
	const struct late *l = &m->now.late[i];
	unsigned level;

	return cpu != l->by && m->cpu[cpu].settled < l->number &&
	    reaches(m, cpu, m->ram + l->where, &level) &&
	    entry_is_leaf(entry_of(m, l->where), level);
}

unsigned
machine_walks(const struct machine *m, unsigned cpu)
{
	unsigned n = 0;

	for (unsigned i = 0; i < m->now.lates; i++)
		n += late_offers(m, cpu, i);
	if (!m->config.speculative_fills)
		return n;
	for (unsigned i = 0; i < m->now.old_count; i++)
		n += old_offers(m, cpu, i);
	return n;
}

static void
set_bits(struct machine *m, unsigned cpu, uint32_t where, uint64_t bits)
{
	char *entry = m->ram + where;
	uint64_t e = *(uint64_t *)(void *)entry;

	if (m->frame[where / MACHINE_PAGE].ept)
		bits = ept_bits(bits);
	line_dirty(m, entry);
	*(uint64_t *)(void *)entry = e | bits;
	oracle_store(m, cpu, entry, e, e | bits, NULL);
}

gpa_t
machine_walk_entry(const struct machine *m, unsigned cpu, unsigned k)
{
	for (unsigned i = 0; i < m->now.old_count &&
	    m->config.speculative_fills; i++)
		if (old_offers(m, cpu, i) && k-- == 0)
			return MACHINE_RAM_BASE + m->now.old[i];
	for (unsigned i = 0; i < m->now.lates; i++)
		if (late_offers(m, cpu, i) && k-- == 0)
			return MACHINE_RAM_BASE + m->now.late[i].where;
	return ~0ull;
}

void
machine_walk(struct machine *m, unsigned cpu, unsigned k)
{
	for (unsigned i = 0; i < m->now.old_count &&
	    m->config.speculative_fills; i++)
		if (old_offers(m, cpu, i) && k-- == 0) {
			set_bits(m, cpu, m->now.old[i], PTE_A);
			return;
		}
	for (unsigned i = 0; i < m->now.lates; i++)
		if (late_offers(m, cpu, i) && k-- == 0) {
			set_bits(m, cpu, m->now.late[i].where, PTE_A | PTE_D);
			return;
		}
}
