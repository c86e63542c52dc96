/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * oracle.c: candidates: how they come to be (R1-R8).  A store into the tables
 * becomes visible; whoever may hold what was current until then holds a
 * candidate from here on.  Whether it is stale is judge.c's, when it is dead
 * contract.c's, and what that means verdict.c's business.
 */
#include "model/machine.h"

struct birth {
	unsigned cpu;           /* whose store */
	const struct store *why;
};

/* The tables disagree with k by now, perhaps in more ways than before. */
static void
judged(struct machine *m, unsigned cpu, struct candidate *k, unsigned wrong,
       const struct birth *b)
{
	unsigned gained = wrong & ~(unsigned)k->wrong;

	if (wrong == k->wrong)
		return;
	(void)cpu_changes(m, cpu);
	k->wrong = (uint8_t)wrong;
	if (wrong == 0) {
		k->stale = k->dead = false;
		k->owners = (struct owners){ 0 };
		return;
	}
	if (!k->dead)
		k->kind = k->t.path ? FINDING_STALE_PATH : wrong == WRONG_D ?
		    FINDING_LOST_DIRTY : FINDING_STALE_TRANSLATION;
	if (gained == 0)
		return;
	owners_add(m, &k->owners, b->cpu);
	k->store_cpu = (uint16_t)b->cpu;
	k->store_seq = m->now.seq;
	if (!k->stale) {
		k->stale = true;
		k->first_seq = m->now.seq;
		m->now.stats.candidates++;
		m->now.stats.remote_candidates += cpu != b->cpu;
		machine_emit(m, EVENT_CANDIDATE, cpu, k->t.va, k->t.entry,
		    k->tag, k->t.level);
	}
	if (!k->dead)
		contract_at_birth(m, cpu, k, b->cpu, b->why);
}

static struct candidate *
candidate_find(struct machine *m, unsigned cpu, const struct candidate *want)
{
	for (unsigned i = 0; i < m->cpu[cpu].candidates; i++) {
		struct candidate *k = &m->cand[cpu][i];

		if (k->tag == want->tag && k->t.va == want->t.va &&
		    k->t.level == want->t.level && k->t.path == want->t.path &&
		    k->t.entry == want->t.entry &&
		    (k->root == want->root || tag_is_global(k->tag)))
			return k;
	}
	return NULL;
}

static struct candidate *
candidate_get(struct machine *m, unsigned cpu, const struct candidate *want)
{
	struct candidate *k = candidate_find(m, cpu, want);
	struct cpu *c;

	if (k != NULL)
		return k;
	if (m->cpu[cpu].candidates == MAX_CANDIDATES) {
		m->now.overflow = true;
		return NULL;
	}
	c = cpu_changes(m, cpu);
	cpus_add(m->suspects, cpu);
	k = &m->cand[cpu][c->candidates++];
	*k = *want;
	return k;
}

/* What the cpu may hold of t under its holdings of the root. */
static void
spread_to(struct machine *m, unsigned cpu, const struct use *u,
          const struct translation *t, bool fills, const struct birth *b)
{
	const struct cpu *c = &m->cpu[cpu];

	for (unsigned i = 0; i < c->holdings; i++) {
		const struct holding *h = &c->holding[i];
		const struct candidate want = { .tag = h->tag,
		    .root = u->root, .t = *t };
		struct candidate *k;

		if (h->root != u->root || (!tag_is_nested(h->tag) &&
		    tag_is_global(h->tag) != (t->global && h->pge)))
			continue;
		if (fills && h->until == STILL_LOADED &&
		    m->config.speculative_fills)
			continue;       /* no more than it may hold anyway */
		if (!cpu_may_hold(m, cpu, h, t, u->changed))
			continue;
		k = candidate_get(m, cpu, &want);
		if (k != NULL && !k->foreign)
			judged(m, cpu, k, judge_candidate(m, cpu, k), b);
	}
}

/*
 * The translation was current until now.  Where the tables still say the same
 * and a walk would still fill it, a cpu that has the root loaded may hold what
 * it says now and need not be asked about the past.
 */
static void
candidate_spread(struct machine *m, const struct use *u,
                 const struct translation *t, const struct birth *b)
{
	bool fills = judge_translation(m, u->root, t) == 0 &&
	    judge_fills(m, u->root, t) &&
	    !(m->config.spurious_faults && judge_gained(m, u->root, t));

	for CPUS_EACH(c, m, m->holders)
		spread_to(m, c, u, t, fills, b);
}

static void
entry_below(struct machine *m, const struct use *u, unsigned index,
            uint64_t entry, void *arg)
{
	const struct translation t = translation_of(u, index, entry);

	if (u->accessed && (entry & PTE_A) &&
	    (!t.path || m->config.upper_caches))
		candidate_spread(m, u, &t, arg);
}

/* The entry is no longer `old`: itself, and all that was below. */
static void
entry_gone(struct machine *m, const struct use *u, unsigned index,
           uint64_t old, struct birth *b)
{
	struct use below = *u;
	char *child;

	entry_below(m, u, index, old, b);
	if (entry_is_leaf(old, u->level) || !(old & PTE_A))
		return;
	child = machine_ptr(m, old & PTE_ADDR);
	if (child == NULL)
		return;
	below.level--;
	below.base = entry_va(u, index);
	below.rights = rights_below(u->rights, old);
	tables_below(m, &below, ram_frame(m, child), entry_below, b);
}

/* Candidates that overlap the changed entry are judged again. */
static void
rejudge(struct machine *m, gpa_t root, gva_t va, uint64_t size,
        const struct birth *b)
{
	for CPUS_EACH(c, m, m->suspects) {
		for (unsigned i = 0; i < m->cpu[c].candidates; i++) {
			struct candidate *k = &m->cand[c][i];

			if ((k->root != root && !tag_is_global(k->tag)) ||
			    k->foreign || k->t.va > va + size - 1 ||
			    va > k->t.va + level_size(k->t.level) - 1)
				continue;
			judged(m, c, k, judge_candidate(m, c, k), b);
		}
	}
}

static void
log_store(struct machine *m, unsigned frame, unsigned index)
{
	uint32_t n = m->now.log_count;

	if (n == MAX_LOG) {
		m->now.overflow = true;
		return;
	}
	m->log[n] = (struct log_entry){ m->frame[frame].log_head,
	    (uint16_t)index, m->now.clock };
	m->frame[frame].log_head = (uint16_t)n;
	m->now.log_count = n + 1;
	frame_dirty(m, frame);
}

static void
check_all(struct machine *m)
{
	for CPUS_EACH(c, m, m->suspects)
		oracle_check(m, c, "runs on when the store becomes visible");
}

/* A page-table store became visible: memory at `entry` is `new` by now. */
void
oracle_store(struct machine *m, unsigned cpu, char *entry, uint64_t old,
             uint64_t new, const struct store *why)
{
	unsigned frame = ram_frame(m, entry);
	unsigned index = (unsigned)((uintptr_t)entry % MACHINE_PAGE / 8);
	uint32_t before = tables_changed(m, frame, index);
	struct birth b = { .cpu = cpu, .why = why };
	struct use uses[MAX_USES];
	unsigned n;

	old = entry_meaning(m, frame, old);
	new = entry_meaning(m, frame, new);
	if (old == new)
		return;
	m->now.seq++;
	m->now.clock++;
	m->now.stats.pte_stores++;
	machine_emit(m, EVENT_PTE_STORE, cpu, machine_gpa(m, entry), old, new,
	    0);
	tables_relink(m, frame, index, old, new);
	log_store(m, frame, index);
	walks_note(m, cpu, entry, old, new);
	n = tables_uses(m, frame, uses);
	for (unsigned i = 0; i < n; i++) {
		struct use *u = &uses[i];

		if (before > u->changed)
			u->changed = before;
		if ((old & PTE_P) && u->accessed)
			entry_gone(m, u, index, old, &b);
		rejudge(m, u->root, entry_va(u, index), level_size(u->level),
		    &b);
	}
	check_all(m);
}

/* ---- a store that takes back what a walker has just set --------------------------- */

static void
dirty_is_lost(struct machine *m, unsigned cpu, const struct use *u,
              const char *entry, uint64_t old)
{
	unsigned index = (unsigned)((uintptr_t)entry % MACHINE_PAGE / 8);
	struct machine_finding f = { .kind = FINDING_LOST_DIRTY, .cpu = cpu,
	    .va = entry_va(u, index), .root = u->root,
	    .cached = translation_of(u, index, old),
	    .store_cpu = (uint16_t)cpu, .store_seq = m->now.seq,
	    .killed_by = "store",
	    .where = "overwrites D that was set after it had read the entry" };
	struct walk w;

	(void)tables_walk(m, u->root, f.va, &w);
	f.memory = w.present ? w.eff : 0;
	m->hooks.finding(m->hooks.ctx, &f);
}

/*
 * R4 (SDM 4.8): a plain store into a table has just drained over D, which its
 * cpu had not seen when it stored.  Counts for leaves of users: no kernel cleans
 * its own mappings by D.  The A bit is no more than a hint (O4).
 */
void
oracle_overwrites(struct machine *m, unsigned cpu, const struct store *s,
                  uint64_t old)
{
	struct use uses[MAX_USES];
	unsigned n;

	if (s->size != 8 || !(old & PTE_P))
		return;
	n = tables_uses(m, ram_frame(m, s->addr), uses);
	for (unsigned i = 0; i < n; i++)
		if (entry_is_leaf(old, uses[i].level) &&
		    uses[i].base < m->kernel_start) {
			dirty_is_lost(m, cpu, &uses[i], s->addr, old);
			return;
		}
}

/* ---- a PCID comes back with another root ---------------------------------------- */

struct reuse {
	unsigned cpu;
	const struct holding *h;
	gpa_t root;             /* the one that is loaded now */
};

static void
made_foreign(struct machine *m, struct candidate *k, unsigned cpu,
             unsigned wrong)
{
	const struct birth b = { .cpu = cpu };

	judged(m, cpu, k, wrong, &b);
	cpu_changes(m, cpu)->may_have_dead = true;
	k->foreign = k->dead = true;
	k->killed_by = "PCID reused";
}

static void
entry_reused(struct machine *m, const struct use *u, unsigned index,
             uint64_t entry, void *arg)
{
	const struct reuse *r = arg;
	struct candidate want = { .tag = r->h->tag, .root = r->h->root,
	    .t = translation_of(u, index, entry) }, *k;
	unsigned wrong;

	if (!u->accessed || !(entry & PTE_A) ||
	    (want.t.global && r->h->pge) ||
	    (want.t.path && !m->config.upper_caches) ||
	    want.t.va >= m->kernel_start)
		return;
	wrong = judge_translation(m, r->root, &want.t);
	if (wrong == 0 ||
	    !cpu_may_hold(m, r->cpu, r->h, &want.t, u->changed))
		return;
	k = candidate_get(m, r->cpu, &want);
	if (k != NULL)
		made_foreign(m, k, r->cpu, wrong);
}

/*
 * The tag of holding h is loaded with another root: what h may hold and the
 * loaded tables do not say is dead, since no contract covers it any more.
 */
void
oracle_reuse(struct machine *m, unsigned cpu, const struct holding *h)
{
	struct use top = { .root = h->root, .accessed = true,
	    .level = (uint8_t)top_level(m), .unused = unused_bits(m),
	    .rights = PTE_P | PTE_W | PTE_U };
	struct reuse r = { .cpu = cpu, .h = h, .root = cpu_root(&m->cpu[cpu]) };

	for (unsigned i = 0; i < m->cpu[cpu].candidates; i++) {
		struct candidate *k = &m->cand[cpu][i];
		unsigned wrong;

		if (k->tag != h->tag || k->root != h->root ||
		    k->t.va >= m->kernel_start)
			continue;
		wrong = judge_translation(m, r.root, &k->t);
		if (wrong != 0)
			made_foreign(m, k, cpu, wrong);
	}
	if (machine_ptr(m, h->root) != NULL &&
	    machine_frame_use(m, h->root) == FRAME_TABLE)
		tables_below(m, &top, ram_frame(m, machine_ptr(m, h->root)),
		    entry_reused, &r);
}
