/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_cond: clauses and their conditions.
 *
 * ~ binds closer than /\, which binds closer than \/; both associate to the
 * left.  An atom is refused if no run could give it a meaning: a label that is
 * no access, a register that nothing writes.
 */
#include "litmus/parse.h"

#include "model/model.h"

/* ---- events -------------------------------------------------------------- */

static bool
is_access(enum litmus_op op)
{
	return op == OP_LOAD || op == OP_STORE || op == OP_XCHG;
}

static bool
writes_entry(enum litmus_op op)
{
	return op == OP_ENTRY_STORE || op == OP_ENTRY_XCHG ||
	    op == OP_ENTRY_CLEAR || op == OP_ENTRY_SET || op == OP_REUSE;
}

static bool
writes(enum litmus_op op)
{
	return op == OP_STORE || op == OP_XCHG || op == OP_FRAME_STORE ||
	    op == OP_FRAME_XCHG || (writes_entry(op) && op != OP_REUSE);
}

static bool
makes_dirty(enum litmus_op op)
{
	return op == OP_STORE || op == OP_XCHG;
}

static bool
may_fault(enum litmus_op op)
{
	return is_access(op) || op == OP_INVPCID || op == OP_CR3 ||
	    op == OP_CR4;
}

/* An instruction by its label, of a sort that the atom can be about. */
static struct litmus_event
parse_label(struct parser *p, bool (*fits)(enum litmus_op op),
            const char *what)
{
	const struct token t = parse_name(p, "a label");
	struct litmus_event e = { 0 };

	if (p->failed)
		return e;
	if (!litmus_find_label(p->t, t.text, t.size, &e))
		parse_fail(p, t.place, "unknown label '%.*s'", (int)t.size,
		           t.text);
	else if (!fits(litmus_event_insn(p->t, &e)->op))
		parse_fail(p, t.place, "%.*s is no %s", (int)t.size, t.text,
		           what);
	return e;
}

/* "init", "dirty(L1)" or "L1". */
static struct litmus_event
parse_event(struct parser *p, bool (*fits)(enum litmus_op op),
            const char *what)
{
	struct litmus_event e = { 0 };

	if (parse_accept_word(p, "init")) {
		e.init = true;
	} else if (parse_accept_word(p, "dirty")) {
		parse_expect(p, '(', "'('");
		e = parse_label(p, makes_dirty, "write through a page");
		e.dirty = true;
		parse_expect(p, ')', "')'");
	} else {
		e = parse_label(p, fits, what);
	}
	return e;
}

/* ---- atoms --------------------------------------------------------------- */

/* What the instructions of a vCPU put into a register. */
struct written {
	bool word, entry;
};

static void
look_for_register(const struct litmus_code *code, unsigned reg,
                  struct written *ret)
{
	for (unsigned i = 0; i < code->count; i++) {
		const struct litmus_insn *const n = &code->insn[i];

		if (n->reg != reg)
			continue;
		if (n->op == OP_LOAD || n->op == OP_XCHG ||
		    n->op == OP_FRAME_LOAD || n->op == OP_FRAME_XCHG ||
		    (n->op == OP_FLUSH && n->flush.result))
			ret->word = true;
		if (n->op == OP_ENTRY_LOAD || n->op == OP_ENTRY_XCHG)
			ret->entry = true;
	}
}

static bool
is_entry_word(const struct parser *p)
{
	return parse_is_word(p, "pte") || parse_is_word(p, "table") ||
	    parse_is_word(p, "none");
}

/* The value that a register is compared with. */
static void
parse_register_value(struct parser *p, struct litmus_cond *c)
{
	const struct litmus_place place = p->now.place;
	struct written w = { 0 };

	look_for_register(&p->t->cpu[c->cpu].code, c->reg, &w);
	look_for_register(&p->t->cpu[c->cpu].handler, c->reg, &w);
	c->is_entry = is_entry_word(p);
	if (c->is_entry)
		c->entry = parse_entry(p, 0);
	else
		c->value = parse_number(p, UINT64_MAX, "a number, pte(...), "
		                        "table(...) or none");
	if (!w.word && !w.entry)
		parse_fail(p, place, "nothing writes %u:r%u",
		           c->cpu, c->reg);
	else if (c->is_entry && !w.entry)
		parse_fail(p, place, "%u:r%u never holds an entry", c->cpu,
		           c->reg);
	else if (!c->is_entry && !w.word && c->value != 0)
		parse_fail(p, place, "%u:r%u holds an entry: pte(...), "
		           "table(...), none or 0", c->cpu, c->reg);
}

/* "1:r0=1" */
static void
atom_register(struct parser *p, struct litmus_cond *c)
{
	const struct token cpu = p->now;

	c->atom = ATOM_REG;
	parse_next(p);
	if (cpu.value >= p->t->cpus) {
		parse_fail(p, cpu.place, "P%llu has no column",
		           (unsigned long long)cpu.value);
		return;
	}
	c->cpu = (unsigned)cpu.value;
	parse_expect(p, ':', "':'");
	c->reg = parse_register(p);
	parse_expect(p, '=', "'='");
	if (!p->failed)
		parse_register_value(p, c);
}

/* "<a+8>=1" */
static void
atom_frame(struct parser *p, struct litmus_cond *c)
{
	struct token name;

	c->atom = ATOM_FRAME;
	parse_next(p);
	name = p->now;
	c->frame = parse_frame(p);
	if (!p->failed && p->t->frame[c->frame].table)
		parse_fail(p, name.place, "'%.*s' is a table, not a data frame",
		           (int)name.size, name.text);
	c->word = parse_offset(p, '>', "'>'");
	parse_expect(p, '=', "'='");
	c->value = parse_number(p, UINT64_MAX, "a number");
}

/* "s1:PDE(x)=table(t)" */
static void
atom_entry(struct parser *p, struct litmus_cond *c)
{
	unsigned space = 0;

	c->atom = ATOM_ENTRY;
	if (token_level(&p->now) == 0) {
		space = parse_space(p);
		parse_expect(p, ':', "':'");
	}
	c->slot = parse_slot(p, space);
	parse_expect(p, '=', "'='");
	c->entry = parse_entry(p, c->slot.level);
}

static void
atom_translation(struct parser *p, struct litmus_cond *c)
{
	parse_expect(p, '=', "'='");
	c->frame = parse_frame(p);
}

/* A/D updates are no source: they map nothing elsewhere. */
static void
atom_source(struct parser *p, struct litmus_cond *c)
{
	parse_expect(p, '=', "'='");
	c->b.init = parse_accept_word(p, "init");
	if (!c->b.init)
		c->b = parse_label(p, writes_entry, "write of an entry");
}

static void
atom_walk(struct parser *p, struct litmus_cond *c)
{
	parse_expect(p, '=', "'='");
	c->b = parse_event(p, writes_entry, "write of an entry");
}

static void
atom_hit(struct parser *p, struct litmus_cond *c)
{
	parse_expect(p, '=', "'='");
	c->b = parse_label(p, is_access, "access through a page");
}

/* Atoms "word(label)...", and what follows the parenthesis. */
static const struct labelled {
	const char *word;
	enum litmus_atom atom;
	bool (*fits)(enum litmus_op op);
	const char *what;
	void (*rest)(struct parser *p, struct litmus_cond *c);
} labelled[] = {
	{ "fault", ATOM_FAULT, may_fault, "instruction that may fault", NULL },
	{ "tr", ATOM_TRANSLATION, is_access, "access through a page",
		atom_translation },
	{ "src", ATOM_SOURCE, is_access, "access through a page", atom_source },
	{ "hit", ATOM_HIT, is_access, "access through a page", atom_hit },
	{ "miss", ATOM_MISS, is_access, "access through a page", NULL },
	{ "walk", ATOM_WALK, is_access, "access through a page", atom_walk },
	{ NULL, ATOM_TRUE, NULL, NULL, NULL },
};

static void
atom_labelled(struct parser *p, struct litmus_cond *c,
              const struct labelled *l)
{
	c->atom = l->atom;
	parse_next(p);
	parse_expect(p, '(', "'('");
	c->a = parse_label(p, l->fits, l->what);
	parse_expect(p, ')', "')'");
	if (l->rest != NULL)
		l->rest(p, c);
}

/* "co(L1,dirty(L2))" */
static void
atom_order(struct parser *p, struct litmus_cond *c)
{
	c->atom = ATOM_ORDER;
	parse_expect(p, '(', "'('");
	c->a = parse_event(p, writes, "write");
	parse_expect(p, ',', "','");
	c->b = parse_event(p, writes, "write");
	parse_expect(p, ')', "')'");
}

/* An atom that begins with a name. */
static void
atom_named(struct parser *p, struct litmus_cond *c)
{
	struct lexer after = p->lex;
	const struct labelled *l = labelled;

	while (l->word != NULL && !parse_is_word(p, l->word))
		l++;
	if (l->word != NULL && lex_next(&after).kind == '(')
		atom_labelled(p, c, l);
	else if (parse_accept_word(p, "co"))
		atom_order(p, c);
	else if (!parse_accept_word(p, "true"))
		atom_entry(p, c);
}

static struct litmus_cond *
parse_atom(struct parser *p)
{
	struct litmus_cond *const c = litmus_cond_new(LOGIC_ATOM);

	if (parse_is(p, TOKEN_NUMBER))
		atom_register(p, c);
	else if (parse_is(p, '<'))
		atom_frame(p, c);
	else if (parse_is(p, TOKEN_NAME))
		atom_named(p, c);
	else
		parse_expected(p, "a condition");
	return c;
}

/* ---- conditions ---------------------------------------------------------- */

static struct litmus_cond *parse_or(struct parser *p);

static struct litmus_cond *
join(struct parser *p, enum litmus_logic logic, struct litmus_cond *left,
     struct litmus_cond *right)
{
	struct litmus_cond *const c = litmus_cond_new(logic);

	c->left = left;
	c->right = right;
	if (++p->conds > PARSE_MAX_CONDS)
		parse_fail(p, p->now.place, "conditions of more than %d parts",
		           PARSE_MAX_CONDS);
	return c;
}

/* "~ c", "( c )" or an atom. */
static struct litmus_cond *
parse_not(struct parser *p)
{
	struct litmus_cond *c;

	if (p->depth == PARSE_MAX_DEPTH)
		parse_fail(p, p->now.place, "conditions nest more than %d deep",
		           PARSE_MAX_DEPTH);
	p->depth++;
	if (parse_accept(p, '~')) {
		c = join(p, LOGIC_NOT, parse_not(p), NULL);
	} else if (parse_accept(p, '(')) {
		c = parse_or(p);
		parse_expect(p, ')', "')'");
	} else {
		c = parse_atom(p);
	}
	p->depth--;
	return c;
}

static struct litmus_cond *
parse_and(struct parser *p)
{
	struct litmus_cond *c = parse_not(p);

	while (parse_accept(p, TOKEN_AND))
		c = join(p, LOGIC_AND, c, parse_not(p));
	return c;
}

static struct litmus_cond *
parse_or(struct parser *p)
{
	struct litmus_cond *c = parse_and(p);

	while (parse_accept(p, TOKEN_OR))
		c = join(p, LOGIC_OR, c, parse_and(p));
	return c;
}

/* herd's "~exists" is "forbidden". */
static enum litmus_quantifier
parse_quantifier(struct parser *p)
{
	if (parse_accept_word(p, "exists"))
		return CLAUSE_EXISTS;
	if (parse_accept_word(p, "forbidden"))
		return CLAUSE_FORBIDDEN;
	if (parse_accept_word(p, "required"))
		return CLAUSE_REQUIRED;
	if (parse_accept(p, '~') && parse_accept_word(p, "exists"))
		return CLAUSE_FORBIDDEN;
	parse_expected(p, "exists, forbidden or required");
	return CLAUSE_EXISTS;
}

void
parse_clauses(struct parser *p)
{
	struct litmus_test *const t = p->t;
	struct litmus_clause clause;

	while (!parse_is(p, TOKEN_END)) {
		if (t->clauses == PARSE_MAX_CLAUSES) {
			parse_fail(p, p->now.place, "more than %d clauses",
			           PARSE_MAX_CLAUSES);
			return;
		}
		clause.place = p->now.place;
		clause.quantifier = parse_quantifier(p);
		clause.cond = parse_or(p);
		t->clause = litmus_grow(t->clause, t->clauses,
		    sizeof(*t->clause));
		t->clause[t->clauses++] = clause;
	}
}
