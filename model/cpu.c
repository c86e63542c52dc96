/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpu.c: instructions and modes of one processor.
 *
 * Each serialising instruction drains the store buffer first (SDM 3A 8.3;
 * oracle.md rule 9), then removes exactly what the manual guarantees.
 */
#include "model/machine.h"

void
cpu_load_roots(struct machine *m, unsigned cpu)
{
	struct cpu *c = cpu_changes(m, cpu);

	cpu_load_root(m, cpu, cpu_tag(c), cpu_root(c));
	if (c->cr4 & CR4_PGE)
		cpu_load_root(m, cpu, TAG_GLOBAL | (uint32_t)c->under << 16,
		    cpu_root(c));
	if (c->under != 0)
		cpu_load_root(m, cpu, TAG_NESTED | (uint32_t)c->under << 16,
		    m->now.nested[c->under - 1]);
}

void
machine_start(struct machine *m, unsigned cpu, uint64_t cr3, uint64_t cr4)
{
	struct cpu *c = cpu_changes(m, cpu);

	cpu_unload_roots(m, cpu);
	c->cr3 = cr3 & ~CR3_NOFLUSH;
	c->cr4 = cr4;
	c->mode = MODE_KERNEL;
	cpu_load_roots(m, cpu);
	oracle_check(m, cpu, "starts");
}

void
machine_stop(struct machine *m, unsigned cpu)
{
	cpu_changes(m, cpu)->mode = MODE_STOPPED;
}

static void
all_gone(struct machine *m, unsigned cpu)
{
	const struct drop all = { .any_pcid = true, .any_root = true,
	    .globals = true, .whole = true, .under = m->cpu[cpu].under };

	cpu_drop(m, cpu, &all);
}

/*
 * I1: the page in the current PCID and globals; every path of the PCID (SDM
 * 4.10.4.1), or with EFER.TCE=1 those that lead to the page (APM 2, 3.1.7).
 */
void
machine_invlpg(struct machine *m, unsigned cpu, gva_t va)
{
	struct drop d = { .any_root = true, .all_paths = !m->config.tce,
	    .under = m->cpu[cpu].under };

	machine_drain_all(m, cpu);
	if (canonical(m, va) != va)
		return;                 /* a NOP (SDM 2, INVLPG) */
	va &= ~(MACHINE_PAGE - 1);
	d.pcid = (uint16_t)cpu_tag(&m->cpu[cpu]);
	d.va = va;
	d.end = va + MACHINE_PAGE;
	d.globals = !m->config.invlpg_keeps_globals ||
	    !(m->cpu[cpu].cr4 & CR4_PCIDE);
	m->now.stats.invalidations++;
	machine_emit(m, EVENT_INVLPG, cpu, va, 0, 0, 0);
	cpu_drop(m, cpu, &d);
}

/* I2-I5. */
int
machine_invpcid(struct machine *m, unsigned cpu, unsigned type, uint64_t pcid,
                gva_t va)
{
	struct drop d = { .any_root = true, .pcid = (uint16_t)pcid,
	    .under = m->cpu[cpu].under };

	if (machine_invpcid_fault(m, cpu, type, pcid, va) != NULL)
		return -1;
	machine_store_settle(m, cpu);
	if (m->config.invpcid_drains)
		machine_drain_all(m, cpu);
	va &= ~(MACHINE_PAGE - 1);
	d.va = va;
	d.end = va + MACHINE_PAGE;
	d.whole = type != 0;
	d.any_pcid = type >= 2;
	d.globals = type == 2;
	d.all_paths = m->config.invpcid_all_paths;
	m->now.stats.invalidations++;
	machine_emit(m, EVENT_INVPCID, cpu, type, pcid, va, 0);
	cpu_drop(m, cpu, &d);
	return 0;
}

/* Tags that come back under another root (PCID recycling). */
void
cpu_find_reuse(struct machine *m, unsigned cpu)
{
	struct cpu *c = cpu_changes(m, cpu);

	for (unsigned i = 0; i < c->holdings; i++) {
		const struct holding h = c->holding[i];

		if (h.tag == cpu_tag(c) && h.root != cpu_root(c))
			oracle_reuse(m, cpu, &h);
	}
}

/* I6-I8. */
int
machine_mov_cr3(struct machine *m, unsigned cpu, uint64_t value)
{
	struct cpu *c = cpu_changes(m, cpu);
	bool pcide = (c->cr4 & CR4_PCIDE) != 0;
	bool flush = !pcide || !(value & CR3_NOFLUSH);
	struct drop d = { .any_root = true, .whole = true, .under = c->under };

	if (machine_cr3_fault(m, cpu, value) != NULL)
		return -1;
	machine_drain_all(m, cpu);
	machine_emit(m, EVENT_MOV_CR3, cpu, value, 0, 0, 0);
	walks_settle(m, cpu);
	cpu_unload_roots(m, cpu);
	c->cr3 = value & ~CR3_NOFLUSH;
	if (flush) {
		d.pcid = (uint16_t)cpu_tag(c);
		m->now.stats.invalidations++;
		cpu_drop(m, cpu, &d);
	}
	cpu_load_roots(m, cpu);
	if (!flush)
		cpu_find_reuse(m, cpu);
	oracle_check(m, cpu, "loads CR3");
	return 0;
}

/* I10: SMEP 0->1 takes all of the current PCID; globals are of none. */
static void
smep_edge(struct machine *m, unsigned cpu)
{
	const struct drop d = { .any_root = true, .whole = true,
	    .pcid = (uint16_t)cpu_tag(&m->cpu[cpu]),
	    .under = m->cpu[cpu].under };

	m->now.stats.invalidations++;
	cpu_drop(m, cpu, &d);
}

/* I9, I10 (SDM 4.10.4.1); any other edge flushes nothing. */
int
machine_mov_cr4(struct machine *m, unsigned cpu, uint64_t value)
{
	struct cpu *c = cpu_changes(m, cpu);
	uint64_t edge = c->cr4 ^ value;

	if (machine_cr4_fault(m, cpu, value) != NULL)
		return -1;
	machine_drain_all(m, cpu);
	machine_emit(m, EVENT_MOV_CR4, cpu, value, 0, 0, 0);
	if (!(edge & CR4_PGE) && !(edge & ~value & CR4_PCIDE)) {
		c->cr4 = value;
		if ((edge & value & CR4_SMEP) && m->config.smep_flushes)
			smep_edge(m, cpu);
		return 0;
	}
	cpu_unload_roots(m, cpu);
	c->cr4 = value;
	m->now.stats.invalidations++;
	all_gone(m, cpu);
	cpu_load_roots(m, cpu);
	oracle_check(m, cpu, "loads CR4");
	return 0;
}

uint64_t
machine_cr3(const struct machine *m, unsigned cpu)
{
	return m->cpu[cpu].cr3;
}

uint64_t
machine_cr4(const struct machine *m, unsigned cpu)
{
	return m->cpu[cpu].cr4;
}

void
machine_set_if(struct machine *m, unsigned cpu, bool on)
{
	struct cpu *c = cpu_changes(m, cpu);

	if (c->iflag == on)
		return;
	walks_settle(m, cpu);
	c->iflag = on;
	machine_emit(m, EVENT_IF, cpu, on, 0, 0, 0);
	if (on && c->candidates > 0)
		oracle_check(m, cpu, "sets IF");
	if (on)
		cpu_owes_wbinvd(m, cpu, "sets IF");
}

bool
machine_if(const struct machine *m, unsigned cpu)
{
	return m->cpu[cpu].iflag;
}

void
machine_set_mode(struct machine *m, unsigned cpu, enum machine_mode mode)
{
	struct cpu *c = cpu_changes(m, cpu);

	bool stopped = c->mode == MODE_STOPPED;

	walks_settle(m, cpu);
	machine_emit(m, EVENT_MODE, cpu, mode, 0, 0, 0);
	if (mode == MODE_USER) {
		machine_drain_all(m, cpu);      /* IRET serialises */
		c->iflag = true;
	}
	c->mode = mode;
	if (mode == MODE_USER) {
		oracle_check(m, cpu, "enters user mode");
		cpu_owes_wbinvd(m, cpu, "enters user mode");
	} else if (stopped)
		oracle_check(m, cpu, "runs again");     /* rule 18 */
}

enum machine_mode
machine_mode(const struct machine *m, unsigned cpu)
{
	return m->cpu[cpu].mode;
}

void
machine_window(struct machine *m, unsigned cpu, bool open)
{
	struct cpu *c = cpu_changes(m, cpu);
	uint8_t bit = (uint8_t)(1u << c->handlers);

	c->windows = open ? c->windows | bit : c->windows & (uint8_t)~bit;
	if (open)
		oracle_check(m, cpu, "opens a user-access window");
}

void
machine_handler(struct machine *m, unsigned cpu, bool enter)
{
	struct cpu *c = cpu_changes(m, cpu);

	walks_settle(m, cpu);
	if (enter) {
		c->handlers++;
		return;
	}
	c->windows &= (uint8_t)~(1u << c->handlers);
	c->handlers--;
	if (c->candidates > 0)
		oracle_check(m, cpu, "returns from its handler");
}

/*
 * I12: what is usable for the page in the present context goes, so that a
 * fault does not recur that the tables do not cause (SDM 4.10.4.1).
 */
void
cpu_page_fault(struct machine *m, unsigned cpu, gva_t va)
{
	struct drop d = { .any_root = true, .globals = true,
	    .pcid = (uint16_t)cpu_tag(&m->cpu[cpu]),
	    .under = m->cpu[cpu].under, .va = va & ~(MACHINE_PAGE - 1) };

	d.end = d.va + MACHINE_PAGE;
	machine_emit(m, EVENT_FAULT, cpu, va, 0, 0, 0);
	cpu_drop(m, cpu, &d);
}

void
machine_fault(struct machine *m, unsigned cpu, gva_t va)
{
	machine_store_settle(m, cpu);
	cpu_page_fault(m, cpu, va);
}

void
machine_finish(struct machine *m)
{
	/* the others buffer nothing */
	for CPUS_EACH(c, m, m->changed) {
		machine_drain_all(m, c);
		cpu_owes_wbinvd(m, c, "has not done it at the end");
	}
	for CPUS_EACH(c, m, m->suspects)
		cpu_changes(m, c)->iflag = true;
	for CPUS_EACH(c, m, m->suspects)
		oracle_check(m, c, "still holds it at the end");
}

/* ---- from outside: the hypervisor, and what the kernel tells ------------------- */

void
machine_flush(struct machine *m, unsigned cpu, const struct machine_flush *f)
{
	struct drop d = { .any_pcid = true, .any_root = f->any_root,
	    .root = f->root, .globals = !f->keep_global,
	    .global_match = f->global_match, .whole = f->whole,
	    .va = f->va, .end = f->va + f->bytes };

	machine_emit(m, EVENT_FLUSH, cpu, f->any_root ? ~0ull : f->root, f->va,
	    f->whole ? 0 : f->bytes, f->keep_global);
	cpu_drop(m, cpu, &d);
}

void
machine_space_add(struct machine *m, gpa_t root, gpa_t user_root,
                  enum space_kind kind)
{
	if (m->now.spaces == MAX_SPACES) {
		m->now.overflow = true;
		return;
	}
	m->now.space[m->now.spaces++] = (struct space){ root, user_root, kind };
}

void
machine_space_remove(struct machine *m, gpa_t root)
{
	for (unsigned i = 0; i < m->now.spaces; i++)
		if (m->now.space[i].root == root) {
			m->now.space[i] = m->now.space[--m->now.spaces];
			return;
		}
}

void
machine_set_kernel_start(struct machine *m, gva_t kernel_start)
{
	m->kernel_start = kernel_start;
}
