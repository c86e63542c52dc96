/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_code: the programs, one column each: a row of names, then rows of
 * cells.  '|' parts cells, ';' ends a row; missing cells are empty.
 */
#include "litmus/parse.h"

#define MAX_COLUMNS (2 * LITMUS_MAX_CPUS)

struct column {
	unsigned cpu;
	bool handler;
};

struct columns {
	struct column column[MAX_COLUMNS];
	unsigned count;
};

static struct litmus_code *
code_of(struct parser *p, const struct column *c)
{
	struct litmus_cpu *const cpu = &p->t->cpu[c->cpu];

	return c->handler ? &cpu->handler : &cpu->code;
}

/* "P0" or "P0.handler". */
static void
parse_heading(struct parser *p, struct columns *all)
{
	const struct token t = parse_name(p, "the name of a vCPU");
	struct column c = { 0 };
	bool *seen;

	if (p->failed)
		return;
	if (!token_cpu(&t, &c.cpu) || c.cpu >= LITMUS_MAX_CPUS) {
		parse_fail(p, t.place, "expected a vCPU, P0 to P%d, found "
		           "'%.*s'", LITMUS_MAX_CPUS - 1, (int)t.size, t.text);
		return;
	}
	c.handler = parse_accept(p, '.');
	if (c.handler && !parse_accept_word(p, "handler"))
		parse_expected(p, "handler");
	seen = c.handler ? &p->t->cpu[c.cpu].has_handler : &p->column[c.cpu];
	if (*seen)
		parse_fail(p, t.place, "P%u has two such columns", c.cpu);
	*seen = true;
	all->column[all->count++] = c;
}

/* vCPUs are numbered from 0 without a gap, and each has a program. */
static void
check_headings(struct parser *p, struct litmus_place place)
{
	unsigned last = 0;

	for (unsigned i = 0; i < LITMUS_MAX_CPUS; i++) {
		if (p->column[i] || p->t->cpu[i].has_handler)
			last = i;
	}
	for (unsigned i = 0; i <= last; i++) {
		if (!p->column[i])
			parse_fail(p, place, "P%u has no column", i);
	}
	for (unsigned i = last + 1; i < LITMUS_MAX_CPUS; i++) {
		if (p->cpu_place[i].line != 0)
			parse_fail(p, p->cpu_place[i], "P%u has no column", i);
	}
	p->t->cpus = last + 1;
}

static void
parse_headings(struct parser *p, struct columns *all)
{
	const struct litmus_place place = p->now.place;

	/* No column twice, so there are at most MAX_COLUMNS. */
	do
		parse_heading(p, all);
	while (parse_accept(p, '|'));
	parse_expect(p, ';', "'|' or ';'");
	if (!p->failed)
		check_headings(p, place);
}

static void
add_label(struct parser *p, struct litmus_insn *i, const struct token *t)
{
	struct litmus_event other;

	if (token_is(t, "init") || token_is(t, "dirty"))
		parse_fail(p, t->place, "'%.*s' is no label: a word of the "
		           "conditions", (int)t->size, t->text);
	else if (litmus_find_label(p->t, t->text, t->size, &other))
		parse_fail(p, t->place, "label '%.*s' is used twice",
		           (int)t->size, t->text);
	else
		i->label = litmus_copy(t->text, t->size);
}

/* "L1: MOV r0,[x]". */
static void
parse_cell(struct parser *p, const struct column *c)
{
	struct litmus_code *const code = code_of(p, c);
	struct lexer after = p->lex;
	const struct token label = p->now;
	struct litmus_insn *i;

	if (code->count == PARSE_MAX_INSN) {
		parse_fail(p, p->now.place, "more than %d instructions",
		           PARSE_MAX_INSN);
		return;
	}
	code->insn = litmus_grow(code->insn, code->count, sizeof(*code->insn));
	i = &code->insn[code->count];
	if (parse_is(p, TOKEN_NAME) && lex_next(&after).kind == ':') {
		add_label(p, i, &label);
		parse_next(p);
		parse_next(p);
	}
	code->count++;
	parse_insn(p, c->cpu, i);
}

static void
parse_row(struct parser *p, const struct columns *all)
{
	for (unsigned i = 0; !p->failed; i++) {
		if (i == all->count) {
			parse_fail(p, p->now.place, "the row has more cells "
			           "than there are columns");
			return;
		}
		if (!parse_is(p, '|') && !parse_is(p, ';'))
			parse_cell(p, &all->column[i]);
		if (!parse_accept(p, '|'))
			break;
	}
	parse_expect(p, ';', "'|' or ';'");
}

/* Clauses follow the last row. */
static bool
is_clause(const struct parser *p)
{
	return parse_is(p, TOKEN_END) || parse_is(p, '~') ||
	    parse_is_word(p, "exists") || parse_is_word(p, "forbidden") ||
	    parse_is_word(p, "required");
}

void
parse_code(struct parser *p)
{
	struct columns all = { .count = 0 };

	parse_headings(p, &all);
	while (!p->failed && !is_clause(p))
		parse_row(p, &all);
}
