/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print_cond: conditions, with no more parentheses than they need.
 * Both operators associate to the left, so a right operand of the same kind
 * keeps its parentheses and parses to the same tree.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "litmus/print.h"

static const char *
label_of(const struct litmus_test *t, const struct litmus_event *e)
{
	const char *const label = litmus_event_insn(t, e)->label;

	return label != NULL ? label : "?";
}

static void
print_event(const struct litmus_test *t, const struct litmus_event *e,
            FILE *out)
{
	if (e->init)
		fputs("init", out);
	else
		fprintf(out, e->dirty ? "dirty(%s)" : "%s", label_of(t, e));
}

static void
print_register(const struct litmus_test *t, const struct litmus_cond *c,
               FILE *out)
{
	fprintf(out, "%u:r%u=", c->cpu, c->reg);
	if (c->is_entry)
		litmus_print_entry(t, &c->entry, 0, out);
	else
		print_number(c->value, out);
}

static void
print_frame_word(const struct litmus_test *t, const struct litmus_cond *c,
                 FILE *out)
{
	fprintf(out, "<%s", t->frame[c->frame].name);
	if (c->word != 0)
		fprintf(out, "+%" PRIu64, c->word);
	fputs(">=", out);
	print_number(c->value, out);
}

/* "word(L1)", and for those that compare a "=". */
static void
print_about(const struct litmus_test *t, const char *word,
            const struct litmus_cond *c, const char *after, FILE *out)
{
	fprintf(out, "%s(%s)%s", word, label_of(t, &c->a), after);
}

static void
print_order(const struct litmus_test *t, const struct litmus_cond *c,
            FILE *out)
{
	fputs("co(", out);
	print_event(t, &c->a, out);
	fputc(',', out);
	print_event(t, &c->b, out);
	fputc(')', out);
}

static void
print_atom(const struct litmus_test *t, const struct litmus_cond *c, FILE *out)
{
	switch (c->atom) {
	case ATOM_TRUE:
		fputs("true", out);
		return;
	case ATOM_REG:
		print_register(t, c, out);
		return;
	case ATOM_FAULT:
		print_about(t, "fault", c, "", out);
		return;
	case ATOM_FRAME:
		print_frame_word(t, c, out);
		return;
	case ATOM_ENTRY:
		print_slot(t, &c->slot, out);
		fputc('=', out);
		litmus_print_entry(t, &c->entry, c->slot.level, out);
		return;
	case ATOM_TRANSLATION:
		print_about(t, "tr", c, "=", out);
		fputs(t->frame[c->frame].name, out);
		return;
	case ATOM_SOURCE:
		print_about(t, "src", c, "=", out);
		print_event(t, &c->b, out);
		return;
	case ATOM_HIT:
		print_about(t, "hit", c, "=", out);
		print_event(t, &c->b, out);
		return;
	case ATOM_MISS:
		print_about(t, "miss", c, "", out);
		return;
	case ATOM_WALK:
		print_about(t, "walk", c, "=", out);
		print_event(t, &c->b, out);
		return;
	case ATOM_ORDER:
		print_order(t, c, out);
		return;
	}
}

static int
binding(const struct litmus_cond *c)
{
	static const int strength[] = {
		[LOGIC_OR] = 0, [LOGIC_AND] = 1, [LOGIC_NOT] = 2,
		[LOGIC_ATOM] = 3,
	};

	return strength[c->logic];
}

/* In parentheses if it binds less than it has to. */
static void
print_operand(const struct litmus_test *t, const struct litmus_cond *c,
              int least, FILE *out)
{
	if (binding(c) >= least) {
		litmus_print_cond(t, c, out);
		return;
	}
	fputc('(', out);
	litmus_print_cond(t, c, out);
	fputc(')', out);
}

void
litmus_print_cond(const struct litmus_test *t, const struct litmus_cond *c,
                  FILE *out)
{
	const int own = binding(c);

	switch (c->logic) {
	case LOGIC_ATOM:
		print_atom(t, c, out);
		return;
	case LOGIC_NOT:
		fputc('~', out);
		print_operand(t, c->left, own, out);
		return;
	default:
		print_operand(t, c->left, own, out);
		fputs(c->logic == LOGIC_AND ? " /\\ " : " \\/ ", out);
		print_operand(t, c->right, own + 1, out);
	}
}
