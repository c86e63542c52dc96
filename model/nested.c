/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nested.c: guests whose physical addresses are translated a second time.
 *
 * A second-level table has a number, from 1, which is part of the tag of all
 * that is filled while it is in use: guest-physical mappings have a tag of
 * their own, combined ones that of their PCID.  A processor uses what has the
 * number that it runs under and nothing else (SDM 3C, 28.3.2).  INVLPG and its
 * like act on combined mappings of that number alone, since each guest has a
 * VPID or ASID; guest-physical ones go only by what is below.
 */
#include "model/machine.h"

/* ---- an EPT's entries (SDM 3C, 28.3.2, tables 28-1 to 28-7) ---- */

#define EPT_R 0x1ull
#define EPT_W 0x2ull
#define EPT_X 0x4ull
#define EPT_TYPE (7ull << 3)
#define EPT_A (1ull << 8)
#define EPT_D (1ull << 9)

/*
 * Present is whatever grants anything; there is no U/S, so U stands for what
 * grants reading.  The memory type of a leaf stands where the protection key
 * is, which an EPT has not.  Without A and D (EPTP bit 6 clear) nothing keeps a
 * walk from caching an entry, and nothing is set.
 */
uint64_t
ept_meaning(uint64_t e, bool ad)
{
	uint64_t pte = e & (PTE_ADDR | PTE_PS);

	if (!(e & (EPT_R | EPT_W | EPT_X)))
		return 0;
	pte |= PTE_P | (e & EPT_TYPE) << (59 - 3) | (e & EPT_R ? PTE_U : 0);
	pte |= (e & EPT_W ? PTE_W : 0) | (e & EPT_X ? 0 : PTE_NX);
	if (!ad)
		return pte | PTE_A | PTE_D;
	return pte | (e & EPT_A ? PTE_A : 0) | (e & EPT_D ? PTE_D : 0);
}

uint64_t
ept_bits(uint64_t bits)
{
	return (bits & PTE_A ? EPT_A : 0) | (bits & PTE_D ? EPT_D : 0);
}

void
machine_table_ept(struct machine *m, void *table, bool ad)
{
	const unsigned f = ram_frame(m, table);

	frame_dirty(m, f);
	m->frame[f].ept = ad ? EPT_WITH_AD : EPT_WITHOUT_AD;
}

/* ---- numbers of roots ---- */

/* The number of the second-level root; 0: it was never entered. */
static unsigned
number_of(const struct machine *m, gpa_t root)
{
	for (unsigned i = 0; i < m->now.nesteds; i++)
		if (m->now.nested[i] == root)
			return i + 1;
	return 0;
}

static unsigned
number_make(struct machine *m, gpa_t root)
{
	unsigned n = number_of(m, root);

	if (n != 0)
		return n;
	if (m->now.nesteds == MAX_NESTED) {
		m->now.overflow = true;
		return MAX_NESTED;
	}
	m->now.nested[m->now.nesteds++] = root;
	return m->now.nesteds;
}

int
machine_guest_enter(struct machine *m, unsigned cpu, gpa_t root, uint64_t cr3)
{
	struct cpu *c = cpu_changes(m, cpu);

	if (!m->config.nested)
		return -1;
	machine_drain_all(m, cpu);
	walks_settle(m, cpu);
	machine_emit(m, EVENT_GUEST, cpu, root, cr3, 0, 0);
	cpu_unload_roots(m, cpu);
	c->cr4_under[c->under] = c->cr4;
	c->under = root == 0 ? 0 : (uint8_t)number_make(m, root & PTE_ADDR);
	if (c->cr4_under[c->under] != 0)
		c->cr4 = c->cr4_under[c->under];
	c->cr3 = cr3 & ~CR3_NOFLUSH;
	cpu_load_roots(m, cpu);
	cpu_find_reuse(m, cpu);
	oracle_check(m, cpu, root != 0 ? "enters a guest" : "leaves a guest");
	return 0;
}

void
machine_flush_guest_physical(struct machine *m, unsigned cpu, gpa_t root,
                             bool whole, gpa_t gpa, uint64_t bytes)
{
	const struct drop d = { .physical = true,
	    .under = number_of(m, root & PTE_ADDR), .whole = whole,
	    .va = gpa & ~(MACHINE_PAGE - 1), .end = gpa + bytes };

	machine_emit(m, EVENT_FLUSH_GPA, cpu, root, gpa, whole ? 0 : bytes, 0);
	if (d.under != 0 && (whole || bytes != 0))
		cpu_drop(m, cpu, &d);
}

/* SDM 3C, 28.3.3.1: guest-physical and combined, of all VPIDs and PCIDs. */
int
machine_invept(struct machine *m, unsigned cpu, unsigned type, gpa_t root)
{
	if (!m->config.nested || (type != 1 && type != 2))
		return -1;
	machine_drain_all(m, cpu);              /* SDM 3A, 8.3 */
	m->now.stats.invalidations++;
	if (type == 1) {
		machine_flush_guest_physical(m, cpu, root, true, 0, 0);
		return 0;
	}
	for (unsigned i = 0; i < m->now.nesteds; i++)
		machine_flush_guest_physical(m, cpu, m->now.nested[i], true, 0,
		    0);
	return 0;
}
