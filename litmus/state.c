/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.c: end states in words, as they stand in conditions.
 */
#include "litmus/print.h"
#include "litmus/run.h"
#include "litmus/words.h"

#include <inttypes.h>
#include <string.h>

/* The label of the event's instruction, or where it stands. */
static void
print_event(const struct litmus_test *t, const struct litmus_event *e,
            FILE *out)
{
	const struct litmus_insn *i = e->init ? NULL :
	    litmus_event_insn(t, e);

	if (i == NULL)
		fputs("init", out);
	else if (i->label != NULL)
		fprintf(out, e->dirty ? "dirty(%s)" : "%s", i->label);
	else
		fprintf(out, "%s%u%s#%u%s", e->dirty ? "dirty(P" : "P", e->cpu,
		    e->handler ? "h" : "", e->index, e->dirty ? ")" : "");
}

/* By number, as place.c has them. */
static void
print_id(const struct litmus_test *t, unsigned id, FILE *out)
{
	const unsigned n = (id & (ID_DIRTY - 1)) - 1;
	const struct litmus_event e = { .dirty = (id & ID_DIRTY) != 0,
	    .index = n % RUN_CODE, .handler = n / RUN_CODE % 2 != 0,
	    .cpu = n / RUN_CODE / 2 };

	if (id == ID_NONE)
		fputs("-", out);
	else if (id == ID_INIT)
		fputs("init", out);
	else if (id == ID_WALK)
		fputs("walk", out);
	else
		print_event(t, &e, out);
}

/* A value of an entry; numbers that are none are printed as such. */
static void
print_value(const struct litmus_test *t, uint64_t value, unsigned level,
            FILE *out)
{
	struct litmus_entry e = { .target = TARGET_FRAME };
	unsigned f = value & PTE_P ? setup_frame_at(value & PTE_ADDR) : ~0u;

	if (f == ~0u) {
		print_number(value, out);
		return;
	}
	e.frame = f;
	e.flags = value & ~PTE_ADDR;
	if (t->frame[f].table)
		e.target = TARGET_TABLE;
	litmus_print_entry(t, &e, level, out);
}

static void
print_word(const struct litmus_test *t, const struct observed *o, FILE *out)
{
	fprintf(out, "<%s", t->frame[o->frame].name);
	if (o->word != 0)
		fprintf(out, "+%" PRIu64, o->word);
	fputc('>', out);
}

static const char *
function_of(enum observed_kind kind)
{
	switch (kind) {
	case OBSERVED_FAULT:
		return "fault";
	case OBSERVED_TRANSLATION:
		return "tr";
	case OBSERVED_SOURCE:
		return "src";
	case OBSERVED_HIT:
		return "hit";
	case OBSERVED_MISS:
		return "miss";
	case OBSERVED_WALK:
		return "walk";
	default:
		return "co";
	}
}

static void
print_name(const struct litmus_test *t, const struct observed *o, FILE *out)
{
	switch (o->kind) {
	case OBSERVED_REG:
		fprintf(out, "%u:r%u", o->cpu, o->reg);
		return;
	case OBSERVED_FRAME:
		print_word(t, o, out);
		return;
	case OBSERVED_ENTRY:
		print_slot(t, &o->slot, out);
		return;
	default:
		fprintf(out, "%s(", function_of(o->kind));
		print_event(t, &o->a, out);
		if (o->kind == OBSERVED_ORDER) {
			fputc(',', out);
			print_event(t, &o->b, out);
		}
		fputc(')', out);
	}
}

void
state_print_one(const struct litmus_test *t, const struct observed *o,
                uint64_t value, FILE *out)
{
	print_name(t, o, out);
	fputc('=', out);
	switch (o->kind) {
	case OBSERVED_REG:
	case OBSERVED_ENTRY:
		print_value(t, value, o->kind == OBSERVED_ENTRY ?
		    o->slot.level : 1, out);
		break;
	case OBSERVED_TRANSLATION:
		fputs(value < t->frames ? t->frame[value].name : "-", out);
		break;
	case OBSERVED_SOURCE:
	case OBSERVED_HIT:
	case OBSERVED_WALK:
		print_id(t, (unsigned)value, out);
		break;
	default:
		print_number(value, out);
	}
}

void
litmus_print_state(const struct litmus_test *t, const struct litmus_result *r,
                   const struct litmus_outcome *o, FILE *out)
{
	for (unsigned i = 0; i < r->nobserved; i++) {
		if (i > 0)
			fputc(' ', out);
		state_print_one(t, &r->observed[i], o->value[i], out);
		fputc(';', out);
	}
}
