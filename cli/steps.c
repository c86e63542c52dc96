/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * steps: see steps.h.
 */
#include "cli/steps.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/signature.h"

#define MAX_EVENTS 8000u

/* ---- weights ---------------------------------------------------------------- */

static bool
same_page(uint64_t a, uint64_t b)
{
	return ((a ^ b) & ~(MACHINE_PAGE - 1)) == 0;
}

/* The page is in the reach of the entry that the finding is about. */
static bool
concerns(const struct run_result *r, uint64_t va)
{
	const struct translation *t = &r->finding.cached;
	unsigned shift = t->level >= 1 && t->level <= 4 ?
	    12 + 9 * (t->level - 1u) : 12;

	if (same_page(va, r->finding.va))
		return true;
	return finding_is_stale(r->finding.kind) &&
	    ((va ^ t->va) >> shift) == 0;
}

static int
machine_weight(const struct machine_event *m, const struct run_result *r)
{
	const bool victim = m->cpu == r->finding.cpu;

	switch (m->kind) {
	case EVENT_CANDIDATE:
	case EVENT_DEAD:
		if (!finding_is_stale(r->finding.kind) || !concerns(r, m->a))
			return WEIGHT_NONE;
		return victim ? WEIGHT_ALWAYS : WEIGHT_LOW;
	case EVENT_ACCESS:
		if (!concerns(r, m->a))
			return WEIGHT_NONE;
		return victim ? WEIGHT_HIGH : WEIGHT_LOW;
	case EVENT_FLUSH:
	case EVENT_BROADCAST:
	case EVENT_FLUSH_GPA:
		return victim ? WEIGHT_HIGH : WEIGHT_LOW;
	case EVENT_INVLPG:
		if (!concerns(r, m->a))
			return WEIGHT_LOW;
		return victim ? WEIGHT_HIGH : WEIGHT_SOME;
	case EVENT_INVPCID:
	case EVENT_MOV_CR3:
	case EVENT_MOV_CR4:
	case EVENT_INVLPGB:
	case EVENT_TLBSYNC:
	case EVENT_WBINVD:
		return victim ? WEIGHT_HIGH : WEIGHT_SOME;
	case EVENT_MODE:
		return victim ? WEIGHT_SOME : WEIGHT_LOW;
	case EVENT_PTE_STORE:
	case EVENT_PTE_BUFFERED:
	case EVENT_FAULT:
	case EVENT_IF:
		return victim ? WEIGHT_LOW : WEIGHT_NONE;
	default:
		return WEIGHT_NONE;
	}
}

static int
event_weight(const struct trace_event *e, const struct run_result *r)
{
	switch (e->kind) {
	case TRACE_FINDING:
		return WEIGHT_NONE;     /* the message says it */
	case TRACE_HYPERCALL:
		return WEIGHT_ALWAYS;
	case TRACE_OP_BEGIN:
	case TRACE_INVAL_END:
	case TRACE_HYPERCALL_DONE:
	case TRACE_IPI_SEND:
	case TRACE_IPI_TAKE:
	case TRACE_NMI_SEND:
	case TRACE_NMI_TAKE:
		return WEIGHT_HIGH;
	case TRACE_OP_END:
	case TRACE_INVAL_BEGIN:
	case TRACE_IPI_DONE:
	case TRACE_NMI_DONE:
	case TRACE_FRAME_FREE:
		return WEIGHT_SOME;
	case TRACE_MACHINE:
		return machine_weight(&e->machine, r);
	default:
		return WEIGHT_NONE;
	}
}

/* ---- what belongs together ----------------------------------------------------- */

static bool
is_machine(const struct trace_event *e, enum machine_event_kind kind)
{
	return e->kind == TRACE_MACHINE && e->machine.kind == kind;
}

static unsigned
cpu_of(const struct trace_event *e)
{
	return e->kind == TRACE_MACHINE ? e->machine.cpu : e->cpu;
}

static struct step *
last_step(struct steps *s)
{
	return s->count != 0 ? &s->v[s->count - 1] : NULL;
}

static void
raise_weight(struct step *step, int weight)
{
	if (step->weight < weight)
		step->weight = weight;
}

/* The store that made the entry stale: the events follow it at once. */
static struct step *
last_store(struct steps *s, uint64_t at)
{
	for (unsigned i = s->count; i > 0 && s->v[i - 1].e->step == at; i--)
		if (is_machine(s->v[i - 1].e, EVENT_PTE_STORE))
			return &s->v[i - 1];
	return NULL;
}

unsigned
cpus_count(const struct cpus *set)
{
	unsigned n = 0;

	for (size_t w = 0; w < sizeof(set->word) / sizeof(set->word[0]); w++)
		n += (unsigned)__builtin_popcountll(set->word[w]);
	return n;
}

static struct holder *
get_holder(struct step *step, unsigned cpu)
{
	unsigned i = 0;

	while (i < step->nholders && step->holders[i].cpu != cpu)
		i++;
	if (i == step->nholders) {
		step->holders = cli_grow(step->holders, ++step->nholders,
		    sizeof(*step->holders));
		step->holders[i] = (struct holder){ .cpu = cpu };
	}
	return &step->holders[i];
}

static void
add_holder(struct step *step, const struct machine_event *m)
{
	struct holder *h = get_holder(step, m->cpu);

	for (unsigned i = 0; i < h->ntags; i++)
		if (h->tags[i] == m->c)
			return;
	if (h->ntags < sizeof(h->tags) / sizeof(h->tags[0]))
		h->tags[h->ntags++] = m->c;
}

static bool
join_candidate(struct steps *s, const struct trace_event *e, int weight)
{
	struct step *store = last_store(s, e->step);

	if (store == NULL)
		return false;
	add_holder(store, &e->machine);
	raise_weight(store, weight);
	return true;
}

static bool
ends_contract(const struct trace_event *e)
{
	return e->kind == TRACE_INVAL_END || e->kind == TRACE_OP_END ||
	    e->kind == TRACE_FRAME_FREE || e->kind == TRACE_HYPERCALL_DONE;
}

static bool
same_flush(const struct trace_event *a, const struct trace_event *b)
{
	return is_machine(a, EVENT_FLUSH) && a->machine.a == b->machine.a &&
	    a->machine.b == b->machine.b && a->machine.c == b->machine.c &&
	    a->machine.d == b->machine.d;
}

/* A store that leaves the buffer: the step in which it went there. */
static struct step *
buffered_store(struct steps *s, const struct trace_event *e)
{
	for (unsigned i = 0; i < s->count; i++) {
		struct step *b = &s->v[i];

		if (b->buffered && b->until == 0 &&
		    b->e->machine.cpu == e->machine.cpu &&
		    b->e->machine.a == e->machine.a)
			return b;
	}
	return NULL;
}

/* One that nothing came between is told as one store. */
static bool
join_store(struct steps *s, const struct trace_event *e, size_t index,
           bool *left)
{
	struct step *b = buffered_store(s, e);

	*left = false;
	if (b == NULL)
		return false;
	if (b == last_step(s)) {
		b->site = b->e;
		b->e = e;
		b->index = index;
		b->buffered = false;
		return true;
	}
	b->until = e->step;
	*left = true;
	return false;
}

static bool
join_machine(struct steps *s, const struct trace_event *e, int weight)
{
	struct step *last = last_step(s);

	switch (e->machine.kind) {
	case EVENT_CANDIDATE:
		return join_candidate(s, e, weight);
	case EVENT_DEAD:
		if (last == NULL || !(ends_contract(last->e) ||
		    cpus_count(&last->dead) > 0))
			return false;
		cpus_add(&last->dead, e->machine.cpu);
		raise_weight(last, weight);
		return true;
	case EVENT_IF:          /* and its return sets IF */
		return last != NULL && last->e->kind == TRACE_IPI_DONE &&
		    last->e->cpu == e->machine.cpu &&
		    last->e->step == e->step;
	case EVENT_FLUSH:
		if (last == NULL || !same_flush(last->e, e))
			return false;
		cpus_add(&last->cpus, e->machine.cpu);
		raise_weight(last, weight);
		return true;
	default:
		return false;
	}
}

/* Is the event told by the step before it? */
static bool
join(struct steps *s, const struct trace_event *e, int weight)
{
	struct step *last = last_step(s);

	if (last == NULL)
		return false;
	if (e->kind == TRACE_MACHINE)
		return join_machine(s, e, weight);
	/* Taking an interrupt clears IF: no step of its own. */
	if (e->kind == TRACE_IPI_TAKE && is_machine(last->e, EVENT_IF) &&
	    last->e->machine.cpu == e->cpu && last->e->step == e->step) {
		last->e = last->site = e;
		last->weight = weight;
		return true;
	}
	if (last->e->kind == TRACE_MACHINE || last->e->cpu != e->cpu)
		return false;
	switch (e->kind) {
	case TRACE_INVAL_BEGIN:
		return last->e->kind == TRACE_OP_BEGIN &&
		    last->e->a == e->a && last->e->b == e->b;
	case TRACE_INVAL_END:
		if (last->e->kind != TRACE_HYPERCALL_DONE)
			return false;
		last->call = last->e;
		last->e = e;
		raise_weight(last, weight);
		return true;
	case TRACE_OP_END:
		if (last->e->kind != TRACE_INVAL_END ||
		    cpus_count(&last->dead) > 0)
			return false;
		last->end = e;
		return true;
	case TRACE_IPI_SEND:
		if (last->e->kind != TRACE_IPI_SEND || last->e->b != e->b)
			return false;
		cpus_add(&last->targets, e->a);
		return true;
	default:
		return false;
	}
}

static struct step *
append(struct steps *s, const struct trace_event *e, size_t index, int weight)
{
	struct step *step;

	if (s->count == s->capacity) {
		s->capacity = s->capacity != 0 ? 2 * s->capacity : 64;
		s->v = cli_grow(s->v, s->capacity, sizeof(*s->v));
	}
	step = &s->v[s->count++];
	memset(step, 0, sizeof(*step));
	step->e = e;
	step->site = e;
	step->index = index;
	step->weight = weight;
	cpus_add(&step->cpus, cpu_of(e));
	if (e->kind == TRACE_IPI_SEND)
		cpus_add(&step->targets, e->a);
	step->buffered = is_machine(e, EVENT_PTE_BUFFERED);
	if (is_machine(e, EVENT_DEAD))
		step->dead = step->cpus;
	if (is_machine(e, EVENT_CANDIDATE))
		add_holder(step, &e->machine);
	return step;
}

/* A store that made the entry stale and waited: so weighs its beginning. */
static void
weigh_buffered(struct steps *s)
{
	for (unsigned i = 0; i < s->count; i++) {
		struct step *b = &s->v[i];

		if (!b->buffered)
			continue;
		/* Still in the buffer at the end: whose fault it may be. */
		if (b->until == 0)
			raise_weight(b, WEIGHT_HIGH);
		for (unsigned j = i + 1; j < s->count; j++)
			if (s->v[j].left && s->v[j].weight == WEIGHT_ALWAYS &&
			    s->v[j].e->machine.a == b->e->machine.a)
				raise_weight(b, WEIGHT_ALWAYS);
	}
}

void
steps_make(struct steps *s, const struct trace *t, const struct run_result *r)
{
	/* A livelock is told by its end. */
	for (size_t i = t->count > MAX_EVENTS ? t->count - MAX_EVENTS : 0;
	     i < t->count; i++) {
		const struct trace_event *e = &t->events[i];
		int weight = event_weight(e, r);
		bool left = false;

		/* A store weighs by what it makes stale. */
		if (is_machine(e, EVENT_PTE_STORE) &&
		    join_store(s, e, i, &left))
			continue;
		if ((weight == WEIGHT_NONE &&
		     !is_machine(e, EVENT_PTE_STORE) &&
		     !is_machine(e, EVENT_PTE_BUFFERED)) || join(s, e, weight))
			continue;
		append(s, e, i, weight)->left = left;
	}
	weigh_buffered(s);
}

void
steps_clear(struct steps *s)
{
	for (unsigned i = 0; i < s->count; i++)
		free(s->v[i].holders);
	free(s->v);
	memset(s, 0, sizeof(*s));
}
