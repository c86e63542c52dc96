/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * outcome.c: end states: the numbers that a test's clauses speak of, and the
 * registers that its instructions set.  A clause is judged by these alone.
 */
#include "litmus/run.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is observed ---------------------------------------------------- */

static bool
same_event(const struct litmus_event *a, const struct litmus_event *b)
{
	return run_event_id(a) == run_event_id(b);
}

static bool
same_observed(const struct observed *a, const struct observed *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case OBSERVED_REG:
		return a->cpu == b->cpu && a->reg == b->reg;
	case OBSERVED_FRAME:
		return a->frame == b->frame && a->word == b->word;
	case OBSERVED_ENTRY:
		return a->slot.space == b->slot.space &&
		    a->slot.level == b->slot.level &&
		    a->slot.page == b->slot.page;
	case OBSERVED_ORDER:
		return same_event(&a->a, &b->a) && same_event(&a->b, &b->b);
	default:
		return same_event(&a->a, &b->a);
	}
}

static struct observed
observed_by(const struct litmus_cond *c)
{
	static const enum observed_kind kinds[] = {
		[ATOM_REG] = OBSERVED_REG, [ATOM_FAULT] = OBSERVED_FAULT,
		[ATOM_FRAME] = OBSERVED_FRAME, [ATOM_ENTRY] = OBSERVED_ENTRY,
		[ATOM_TRANSLATION] = OBSERVED_TRANSLATION,
		[ATOM_SOURCE] = OBSERVED_SOURCE, [ATOM_HIT] = OBSERVED_HIT,
		[ATOM_MISS] = OBSERVED_MISS, [ATOM_WALK] = OBSERVED_WALK,
		[ATOM_ORDER] = OBSERVED_ORDER
	};

	return (struct observed){ .kind = kinds[c->atom], .cpu = c->cpu,
	    .reg = c->reg, .frame = c->frame, .word = c->word,
	    .slot = c->slot, .a = c->a, .b = c->b };
}

static unsigned
find_observed(const struct observed *o)
{
	unsigned i = 0;

	while (i < run.nobserved && !same_observed(&run.observed[i], o))
		i++;
	return i;
}

static void
observe(const struct observed *o)
{
	if (find_observed(o) < run.nobserved)
		return;
	run.observed = run_grow(run.observed, run.nobserved + 1, sizeof(*o));
	run.observed[run.nobserved++] = *o;
}

static bool
sets_register(const struct litmus_insn *i)
{
	switch (i->op) {
	case OP_LOAD: case OP_XCHG: case OP_FRAME_LOAD: case OP_FRAME_XCHG:
	case OP_ENTRY_LOAD: case OP_ENTRY_XCHG:
		return true;
	default:
		return i->op == OP_FLUSH && i->flush.result;
	}
}

static void
observe_code(const struct litmus_code *code, unsigned cpu)
{
	for (unsigned i = 0; i < code->count; i++)
		if (sets_register(&code->insn[i]))
			observe(&(struct observed){ .kind = OBSERVED_REG,
			    .cpu = cpu, .reg = code->insn[i].reg });
}

static void
observe_cond(const struct litmus_cond *c)
{
	struct observed o;

	if (c == NULL)
		return;
	if (c->logic != LOGIC_ATOM) {
		observe_cond(c->left);
		observe_cond(c->right);
	} else if (c->atom != ATOM_TRUE) {
		o = observed_by(c);
		observe(&o);
	}
}

void
outcome_observe(const struct litmus_test *t)
{
	run.observed = NULL;
	run.nobserved = 0;
	for (unsigned c = 0; c < t->cpus; c++) {
		observe_code(&t->cpu[c].code, c);
		observe_code(&t->cpu[c].handler, c);
	}
	for (unsigned i = 0; i < t->clauses; i++)
		observe_cond(t->clause[i].cond);
}

/* ---- the end of an execution --------------------------------------------- */

static uint64_t
word_of(gpa_t pa)
{
	const uint64_t *p = setup_pointer(pa);

	return p == NULL ? 0 : *p;
}

static bool
in_order(const struct run_place *p, unsigned a, unsigned b)
{
	unsigned i = 0;

	while (i < p->count && p->list[i].id != a)
		i++;
	for (i++; i < p->count; i++)
		if (p->list[i].id == b)
			return true;
	return false;
}

static bool
ordered(const struct litmus_event *a, const struct litmus_event *b)
{
	for (unsigned i = 0; i < run.places; i++)
		if (in_order(&run.place[i], run_event_id(a), run_event_id(b)))
			return true;
	return false;
}

static uint64_t
number_of(const struct observed *o)
{
	const unsigned id = run_event_id(&o->a) & (ID_DIRTY - 1);
	const struct run_access *a = &run.access[id];

	switch (o->kind) {
	case OBSERVED_REG:
		return run.cpu[o->cpu].reg[o->reg];
	case OBSERVED_FRAME:
		return word_of(setup_word(o->frame, o->word));
	case OBSERVED_ENTRY:
		return word_of(setup_slot(&o->slot));
	case OBSERVED_FAULT:
		return a->fault;
	case OBSERVED_TRANSLATION:
		return a->done ? a->frame : ~0u;
	case OBSERVED_SOURCE:
		return a->done ? a->source : ID_NONE;
	case OBSERVED_HIT:
		return a->done ? a->hit : ID_NONE;
	case OBSERVED_MISS:
		return a->miss;
	case OBSERVED_WALK:
		return a->done ? a->walk : ID_NONE;
	case OBSERVED_ORDER:
		return ordered(&o->a, &o->b);
	}
	return 0;
}

void
outcome_read(uint64_t *ret)
{
	for (unsigned i = 0; i < run.nobserved; i++)
		ret[i] = number_of(&run.observed[i]);
}

/* ---- conditions ---------------------------------------------------------- */

static uint64_t
wanted(const struct litmus_cond *c)
{
	switch (c->atom) {
	case ATOM_REG:
		return c->is_entry ? setup_value(&c->entry) : c->value;
	case ATOM_FRAME:
		return c->value;
	case ATOM_ENTRY:
		return setup_value(&c->entry);
	case ATOM_TRANSLATION:
		return c->frame;
	case ATOM_SOURCE: case ATOM_HIT: case ATOM_WALK:
		return run_event_id(&c->b);
	default:
		return 1;
	}
}

static bool
atom_holds(const struct litmus_cond *c, const uint64_t *value)
{
	const struct observed o = observed_by(c);

	return c->atom == ATOM_TRUE ||
	    value[find_observed(&o)] == wanted(c);
}

bool
outcome_holds(const struct litmus_cond *c, const uint64_t *value)
{
	switch (c->logic) {
	case LOGIC_AND:
		return outcome_holds(c->left, value) &&
		    outcome_holds(c->right, value);
	case LOGIC_OR:
		return outcome_holds(c->left, value) ||
		    outcome_holds(c->right, value);
	case LOGIC_NOT:
		return !outcome_holds(c->left, value);
	case LOGIC_ATOM:
		return atom_holds(c, value);
	}
	return false;
}
