/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verdict.c: when a dead candidate is a finding (R15-R19).  No access has to
 * happen: a processor that may use it is enough.  Only where interrupts are
 * off does the verdict wait, for an access or for the end of that window.
 */
#include "model/machine.h"

const struct space *
space_find(const struct machine *m, gpa_t root)
{
	for (unsigned i = 0; i < m->now.spaces; i++)
		if (m->now.space[i].root == root ||
		    m->now.space[i].user_root == root)
			return &m->now.space[i];
	return NULL;
}

static enum space_kind
candidate_space(const struct machine *m, const struct candidate *k)
{
	const struct space *s = space_find(m, k->root);

	if (tag_is_nested(k->tag))
		return SPACE_NESTED;
	if (k->t.va >= m->kernel_start)
		return SPACE_KERNEL;
	return s != NULL && s->user_root == k->root && s->root != k->root ?
	    SPACE_PTI_USER : SPACE_USER;
}

/* A range that is private to another cpu: this one never goes there (R14). */
static bool
elsewhere(const struct machine *m, unsigned cpu, const struct candidate *k)
{
	for (unsigned i = 0; i < m->now.locals; i++) {
		const struct range *r = &m->now.local[i];

		if (k->t.va >= r->va && k->t.va <= r->end - 1 && r->cpu != cpu)
			return !k->t.path;
	}
	return false;
}

static bool
reachable(const struct machine *m, unsigned cpu, const struct candidate *k)
{
	const struct cpu *c = &m->cpu[cpu];

	if (!cpu_tag_loaded(c, k->tag))
		return false;
	if (tag_is_nested(k->tag))
		return true;            /* walks of the guest read through it */
	if (k->t.path || k->t.va >= m->kernel_start)
		return m->now.locals == 0 || !elsewhere(m, cpu, k);
	return (c->mode == MODE_USER && c->handlers == 0) ||
	    (c->windows >> c->handlers & 1);
}

static void
report(struct machine *m, unsigned cpu, const struct candidate *k,
       enum finding_kind kind, gva_t va, const char *where)
{
	struct walk w;
	struct machine_finding f = {
		.kind = kind, .cpu = cpu, .va = va,
		.space = candidate_space(m, k), .cached = k->t,
		.pcid = tag_pcid(k->tag),
		.root = k->root, .store_cpu = k->store_cpu,
		.store_seq = k->store_seq, .accessed = where == NULL,
		.reused = k->reused, .killed_by = k->killed_by,
		.where = where == NULL ? "accesses it" : where,
	};

	(void)tables_walk(m, k->root, va, &w);
	f.memory = w.present ? w.eff : 0;
	m->hooks.finding(m->hooks.ctx, &f);
}

void
oracle_check(struct machine *m, unsigned cpu, const char *where)
{
	const struct cpu *c = &m->cpu[cpu];
	bool dead = false;

	if (!c->may_have_dead)
		return;
	for (unsigned i = 0; i < c->candidates; i++) {
		const struct candidate *k = &m->cand[cpu][i];

		dead |= k->dead;
		if (!k->dead || !k->stale || !reachable(m, cpu, k))
			continue;
		if (c->iflag)
			report(m, cpu, k, k->kind, k->t.va, where);
		else if (m->config.strict)
			report(m, cpu, k, FINDING_TRANSIENT, k->t.va, where);
	}
	if (!dead)
		cpu_changes(m, cpu)->may_have_dead = false;
}

/* Is it for the linear address, in the present context? */
static bool
serves(const struct cpu *c, const struct candidate *k, gva_t va)
{
	return va - k->t.va < level_size(k->t.level) && !tag_is_nested(k->tag) &&
	    cpu_tag_loaded(c, k->tag);
}

/* Would the access go through the cached entry, without a walk or a fault? */
static bool
permits(const struct cpu *c, const struct candidate *k, bool write)
{
	const uint64_t both = PTE_W | PTE_D;

	if (k->t.path || (write && (k->t.entry & both) != both))
		return false;
	return c->mode != MODE_USER || (k->t.entry & PTE_U) != 0;
}

/*
 * An architectural access counts whatever IF says (R17) and without a window.
 * Returns a cached leaf, stale or not, that the access may go through.
 */
const struct candidate *
oracle_access(struct machine *m, unsigned cpu, gva_t va, bool write)
{
	const struct cpu *c = &m->cpu[cpu];
	const struct candidate *through = NULL;

	for (unsigned i = 0; i < c->candidates; i++) {
		const struct candidate *k = &m->cand[cpu][i];
		bool ok;

		if (!serves(c, k, va))
			continue;
		ok = permits(c, k, write);
		if (k->dead && k->stale && (ok || k->t.path) &&
		    (write || k->kind != FINDING_LOST_DIRTY)) {
			report(m, cpu, k, k->kind, va, NULL);
			return NULL;
		}
		if (ok)
			through = k;
	}
	return through;
}

/* ---- faults that the tables do not cause (O3) --------------------------------- */

bool
machine_may_fault(const struct machine *m, unsigned cpu, gva_t va, bool write)
{
	const struct cpu *c = &m->cpu[cpu];
	struct walk w;

	if (!tables_walk(m, cpu_root(c), va, &w) || cpu_refuses(c, w.eff, write))
		return false;           /* it faults for good reason */
	for (unsigned i = 0; i < c->candidates; i++) {
		const struct candidate *k = &m->cand[cpu][i];

		if (serves(c, k, va) && cpu_refuses(c, k->t.entry, write))
			return true;
	}
	return false;
}

/* ---- what a cpu may hold, for tests and reports ------------------------------ */

bool
machine_stale(const struct machine *m, unsigned cpu, unsigned i,
              struct machine_stale *ret)
{
	for (unsigned n = 0; n < m->cpu[cpu].candidates; n++) {
		const struct candidate *k = &m->cand[cpu][n];

		if (!k->stale || i-- > 0)
			continue;
		*ret = (struct machine_stale){ .cached = k->t,
		    .pcid = tag_pcid(k->tag), .root = k->root,
		    .dead = k->dead, .nested = tag_is_nested(k->tag) };
		return true;
	}
	return false;
}

bool
machine_may_use_stale(const struct machine *m, unsigned cpu, gva_t va)
{
	for (unsigned i = 0; i < m->cpu[cpu].candidates; i++) {
		const struct candidate *k = &m->cand[cpu][i];

		if (k->stale && serves(&m->cpu[cpu], k, va))
			return true;
	}
	return false;
}
