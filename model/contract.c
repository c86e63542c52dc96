/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * contract.c: when a stale candidate is dead (R12-R14): an invalidation or an
 * operation has returned, a range is handed out again, a frame is freed.  A
 * store that is still in its cpu's buffer then is dead at birth.
 */
#include "model/machine.h"

static bool
same_space(const struct machine *m, gpa_t a, const struct candidate *k)
{
	const struct space *s;

	if (a == k->root)
		return true;
	s = space_find(m, a);
	if (s == NULL)
		return false;
	/* every root has the kernel's half */
	if (s->kind == SPACE_KERNEL)
		return k->t.va >= m->kernel_start;
	return s->user_root == k->root || s->root == k->root;
}

static bool
in_scope(const struct machine *m, const struct candidate *k,
         const struct machine_scope *s)
{
	uint64_t size = level_size(k->t.level);
	gva_t last = s->end - 1;                /* end 0: the top */

	if (k->t.va > last || s->va > k->t.va + size - 1)
		return false;
	if (tag_is_nested(k->tag))
		return s->root == k->root;
	return s->root == 0 || same_space(m, s->root, k);
}

static void
kill(struct machine *m, unsigned cpu, struct candidate *k, const char *by)
{
	cpu_changes(m, cpu)->may_have_dead = true;
	k->dead = true;
	k->killed_by = by;
	machine_emit(m, EVENT_DEAD, cpu, k->t.va, k->t.entry, k->tag, 0);
}

/* ---- stores that are still buffered -------------------------------------------- */

static void
pledge(struct machine *m, unsigned cpu, const struct machine_scope *s,
       const char *by)
{
	struct cpu *c = cpu_changes(m, cpu);
	uint8_t used = 0, bit;

	machine_store_settle(m, cpu);
	if (c->tables_buffered == 0)
		return;
	for (unsigned i = 0; i < c->buffered; i++)
		used |= c->buffer[i].pledges;
	if (used == 0xff) {
		m->now.overflow = true;
		return;
	}
	bit = (uint8_t)(~used & (used + 1));
	c->pledge[__builtin_ctz(bit)] = (struct pledge){ *s, by };
	for (unsigned i = 0; i < c->buffered; i++)
		if (c->buffer[i].table)
			c->buffer[i].pledges |= bit;
}

static const char *
pledged(const struct machine *m, unsigned cpu, const struct candidate *k,
        const struct store *s)
{
	for (unsigned bits = s->pledges; bits != 0; bits &= bits - 1) {
		const struct pledge *p =
		    &m->cpu[cpu].pledge[__builtin_ctz(bits)];

		if (in_scope(m, k, &p->scope))
			return p->by;
	}
	return NULL;
}

/* Has the frame been given away before the store that leaves it drained? */
static bool
frame_is_gone(const struct machine *m, gpa_t pa, const struct store *why)
{
	const struct frame *f;

	if (machine_ptr(m, pa) == NULL)
		return false;
	f = &m->frame[(pa - MACHINE_RAM_BASE) / MACHINE_PAGE];
	return f->use == FRAME_FREE || (why != NULL && f->freed > why->frees);
}

static bool
dies_with_its_frame(const struct machine *m, const struct candidate *k)
{
	if (k->t.path || k->t.va < m->kernel_start)
		return true;
	for (unsigned i = 0; i < m->now.eagers; i++)
		if (k->t.va >= m->now.eager[i].va &&
		    k->t.va <= m->now.eager[i].end - 1)
			return true;
	return false;
}

void
contract_at_birth(struct machine *m, unsigned cpu, struct candidate *k,
                  unsigned store_cpu, const struct store *why)
{
	const char *by = why != NULL ? pledged(m, store_cpu, k, why) : NULL;

	if (dies_with_its_frame(m, k) &&
	    frame_is_gone(m, k->t.entry & PTE_ADDR, why)) {
		k->reused = true;
		kill(m, cpu, k, "frame freed");
	} else if (by != NULL) {
		kill(m, cpu, k, by);
	}
}

/* ---- contracts ----------------------------------------------------------------- */

#define NOBODY UINT32_MAX

/* Who has to answer: its own stores, and those that it had seen. */
struct claim {
	const struct machine_scope *scope;
	unsigned cpu;           /* NOBODY: whoever */
	uint32_t seq;
	const char *by, *where;
};

static bool
answers(const struct machine *m, const struct claim *q,
        const struct candidate *k)
{
	return k->first_seq <= q->seq ||
	    (q->cpu != NOBODY && owners_has(m, &k->owners, q->cpu));
}

static void
kill_of_cpu(struct machine *m, unsigned c, const struct claim *q)
{
	for (unsigned i = 0; i < m->cpu[c].candidates; i++) {
		struct candidate *k = &m->cand[c][i];

		if (!k->stale || k->dead || !answers(m, q, k) ||
		    !in_scope(m, k, q->scope))
			continue;
		if (q->seq == 0)                /* of several, the caller */
			k->store_cpu = (uint16_t)q->cpu;
		kill(m, c, k, q->by);
		cpus_add(m->hit, c);
	}
}

static void
kill_scope(struct machine *m, const struct claim *q)
{
	for (unsigned w = 0; w < m->words; w++)
		m->hit[w] = 0;
	for CPUS_EACH(c, m, m->suspects)
		kill_of_cpu(m, c, q);
	/* what survives on another cpu tells more than the caller's own */
	for CPUS_EACH(c, m, m->hit)
		if (c != q->cpu)
			oracle_check(m, c, q->where);
	if (q->cpu != NOBODY && cpus_has(m->hit, q->cpu))
		oracle_check(m, q->cpu, q->where);
}

void
machine_invalidated(struct machine *m, unsigned cpu,
                    const struct machine_scope *s)
{
	const struct claim q = { .scope = s, .cpu = cpu, .by = "invalidation",
	    .where = "runs on when the invalidation has returned" };

	pledge(m, cpu, s, q.by);
	kill_scope(m, &q);
}

void
machine_operation_done(struct machine *m, unsigned cpu,
                       const struct machine_scope *s, uint32_t seq)
{
	const struct claim q = { .scope = s, .cpu = cpu, .seq = seq, .by = "operation",
	    .where = "runs on when the operation has returned" };

	pledge(m, cpu, s, q.by);
	kill_scope(m, &q);
}

void
machine_range_reused(struct machine *m, const struct machine_scope *s)
{
	const struct claim q = { .scope = s, .cpu = NOBODY,
	    .seq = UINT32_MAX,
	    .by = "range reused",
	    .where = "runs on when the range is handed out again" };

	kill_scope(m, &q);
}

static void
range_add(struct machine *m, struct range *r, uint8_t *count, struct range new)
{
	if (*count == MAX_RANGES)
		m->now.overflow = true;
	else
		r[(*count)++] = new;
}

void
machine_range_eager(struct machine *m, gva_t va, gva_t end)
{
	range_add(m, m->now.eager, &m->now.eagers,
	    (struct range){ .va = va, .end = end });
}

void
machine_range_local(struct machine *m, unsigned cpu, gva_t va, gva_t end)
{
	range_add(m, m->now.local, &m->now.locals,
	    (struct range){ va, end, (uint16_t)cpu });
}

/* ---- frames (R14) ---------------------------------------------------------------- */

/* The freer's own stores into the page come before its being given away. */
static void
drain_into(struct machine *m, unsigned f)
{
	for CPUS_EACH(c, m, m->changed) {       /* the others buffer nothing */
		const struct cpu *p = &m->cpu[c];
		unsigned n = p->shown ? p->buffered : 0;

		while (n > 0 && (!ram_has(m, p->buffer[n - 1].addr) ||
		    ram_frame(m, p->buffer[n - 1].addr) != f))
			n--;
		machine_drain(m, c, n);
	}
}

static bool
leads_to(const struct candidate *k, gpa_t pa)
{
	uint64_t size = k->t.path ? MACHINE_PAGE : level_size(k->t.level);

	return pa - (k->t.entry & PTE_ADDR) < size;
}

void
machine_frame_free(struct machine *m, void *frame)
{
	unsigned f = ram_frame(m, frame);
	gpa_t pa = machine_gpa(m, frame) & PTE_ADDR;

	drain_into(m, f);
	frame_dirty(m, f);
	m->frame[f].use = FRAME_FREE;
	m->frame[f].freed = ++m->now.frees;
	m->now.used_frames--;
	if (f < m->now.next_free)
		m->now.next_free = f;
	for CPUS_EACH(c, m, m->suspects) {
		bool any = false;

		for (unsigned i = 0; i < m->cpu[c].candidates; i++) {
			struct candidate *k = &m->cand[c][i];

			if (!k->stale || !leads_to(k, pa) ||
			    !dies_with_its_frame(m, k))
				continue;
			(void)cpu_changes(m, c);
			k->reused = true;
			if (!k->dead)
				kill(m, c, k, "frame freed");
			any = true;
		}
		if (any)
			oracle_check(m, c, "runs on when the frame is freed");
	}
}
