/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print: a test as text that parses to the same test.
 * What has its default is left out; columns are as wide as their widest cell.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "litmus/print.h"
#include "litmus/words.h"
#include "model/model.h"

/* ---- entries ------------------------------------------------------------- */

/* The bit that a flag's name stands for in an entry of the level. */
static uint64_t
flag_bit(const struct litmus_flag *f, unsigned level, uint64_t flags)
{
	const bool large = level > 1 ||
	    (level == 0 && flags & LITMUS_PAT_LARGE);

	if (strcmp(f->name, "PS") == 0)
		return level == 1 ? 0 : f->bit;
	if (strcmp(f->name, "PAT") == 0)
		return large ? LITMUS_PAT_LARGE : level == 1 ? f->bit : 0;
	return f->bit;
}

/* The flags that differ from `usual`, each behind `before`. */
static bool
print_changes(uint64_t flags, uint64_t usual, unsigned level,
              const char *first, const char *others, FILE *out)
{
	const char *before = first;

	for (unsigned i = 0; litmus_flags[i].name != NULL; i++) {
		const uint64_t bit = flag_bit(&litmus_flags[i], level, flags);

		if (((flags ^ usual) & bit) == 0)
			continue;
		fprintf(out, "%s%s%s", before, flags & bit ? "" : "-",
		        litmus_flags[i].name);
		before = others;
	}
	return before == others;
}

static uint64_t
usual_flags(const struct litmus_entry *e)
{
	return e->target == TARGET_TABLE ? LITMUS_TABLE_FLAGS :
	    LITMUS_LEAF_FLAGS;
}

void
litmus_print_entry(const struct litmus_test *t, const struct litmus_entry *e,
                   unsigned level, FILE *out)
{
	if (e->target == TARGET_NONE) {
		fputs("none", out);
		return;
	}
	fprintf(out, "%s(%s", e->target == TARGET_TABLE ? "table" : "pte",
	        t->frame[e->frame].name);
	print_changes(e->flags, usual_flags(e), level, ",", ",", out);
	fputc(')', out);
}

void
print_slot(const struct litmus_test *t, const struct litmus_slot *s, FILE *out)
{
	if (s->space != 0)
		fprintf(out, "%s:", t->space[s->space].name);
	fprintf(out, "%s(%s)", litmus_levels[s->level], t->page[s->page].name);
}

void
print_flags(uint64_t flags, unsigned level, FILE *out)
{
	print_changes(flags, 0, level, "", ",", out);
}

void
print_number(uint64_t value, FILE *out)
{
	fprintf(out, value < 4096 ? "%" PRIu64 : "0x%" PRIx64, value);
}

/* ---- the start state ----------------------------------------------------- */

static void
print_settings(const struct litmus_test *t, FILE *out)
{
	if (t->cr4 != 0)
		fprintf(out, "  cr4 =%s%s;\n", t->cr4 & CR4_PGE ? " PGE" : "",
		        t->cr4 & CR4_PCIDE ? " PCIDE" : "");
	if (t->sc)
		fputs("  sc;\n", out);
	if (t->machine != NULL)
		fprintf(out, "  machine %s;\n", t->machine);
	if (t->host != NULL)
		fprintf(out, "  host %s;\n", t->host);
	if (t->cpu_profile != NULL)
		fprintf(out, "  cpu %s%s%s;\n", t->cpu_profile,
		        t->cpu_knobs != NULL ? "," : "",
		        t->cpu_knobs != NULL ? t->cpu_knobs : "");
	if (t->dirty_always)
		fputs("  dirty always;\n", out);
	if (t->levels5)
		fputs("  levels 5;\n", out);
}

static void
print_frame(const struct litmus_frame *f, FILE *out)
{
	fprintf(out, "  %s %s", f->table ? "table" : "frame", f->name);
	if (f->word != 0) {
		fputs(" = ", out);
		print_number(f->word, out);
	}
	fputs(";\n", out);
}

static void
print_names(const struct litmus_test *t, FILE *out)
{
	for (unsigned i = 0; i < t->frames; i++)
		print_frame(&t->frame[i], out);
	for (unsigned i = 0; i < t->spaces; i++) {
		const struct litmus_space *const s = &t->space[i];

		if (t->spaces == 1 && s->pcid == 0 &&
		    strcmp(s->name, "s0") == 0)
			break;
		fprintf(out, "  space %s", s->name);
		if (s->pcid != 0)
			fprintf(out, " pcid=%u", s->pcid);
		fputs(";\n", out);
	}
	for (unsigned i = 0; i < t->pages; i++) {
		fprintf(out, "  page %s", t->page[i].name);
		if (t->page[i].placed)
			fprintf(out, " at 0x%" PRIx64, t->page[i].va);
		fputs(";\n", out);
	}
}

static void
print_map(const struct litmus_test *t, const struct litmus_map *m, FILE *out)
{
	const struct litmus_entry *const e = &m->entry;

	fputs("  ", out);
	if (m->slot.level == 1 && m->slot.space != 0)
		fprintf(out, "%s:", t->space[m->slot.space].name);
	if (m->slot.level == 1)
		fputs(t->page[m->slot.page].name, out);
	else
		print_slot(t, &m->slot, out);
	if (e->target == TARGET_NONE) {
		fputs(" -> none;\n", out);
		return;
	}
	fprintf(out, " -> %s", t->frame[e->frame].name);
	if (print_changes(e->flags, usual_flags(e), m->slot.level, " (", ", ",
	                  out))
		fputc(')', out);
	fputs(";\n", out);
}

/* The settings of a vCPU, if any has not its default. */
static void
print_cpu(const struct litmus_test *t, unsigned n, FILE *out)
{
	const struct litmus_cpu *const c = &t->cpu[n];
	const char *before = ": ";

	if (c->space == 0 && !c->user && c->irq && c->vp_index == n)
		return;
	fprintf(out, "  P%u", n);
	if (c->space != 0) {
		fprintf(out, "%sspace=%s", before, t->space[c->space].name);
		before = ", ";
	}
	if (c->user) {
		fprintf(out, "%smode=user", before);
		before = ", ";
	}
	if (!c->irq) {
		fprintf(out, "%sif=0", before);
		before = ", ";
	}
	if (c->vp_index != n)
		fprintf(out, "%svp=%u", before, c->vp_index);
	fputs(";\n", out);
}

static void
print_start(const struct litmus_test *t, FILE *out)
{
	fputs("{\n", out);
	print_settings(t, out);
	print_names(t, out);
	for (unsigned i = 0; i < t->maps; i++)
		print_map(t, &t->map[i], out);
	for (unsigned i = 0; i < t->cpus; i++)
		print_cpu(t, i, out);
	fputs("}\n", out);
}

/* ---- programs ------------------------------------------------------------ */

#define MAX_COLUMNS (2 * LITMUS_MAX_CPUS)

struct column {
	unsigned cpu;
	const struct litmus_code *code;
	bool handler;
	size_t width;
};

/* Row 0 is the heading; the caller frees. */
static char *
cell(const struct litmus_test *t, const struct column *c, unsigned row)
{
	char *text = NULL;
	size_t size;
	FILE *const f = open_memstream(&text, &size);

	if (f == NULL)
		abort();
	if (row == 0) {
		fprintf(f, "P%u%s", c->cpu, c->handler ? ".handler" : "");
	} else if (row <= c->code->count) {
		const struct litmus_insn *const i = &c->code->insn[row - 1];

		if (i->label != NULL)
			fprintf(f, "%s: ", i->label);
		litmus_print_insn(t, i, f);
	}
	fclose(f);
	return text;
}

static void
measure(const struct litmus_test *t, struct column *c)
{
	for (unsigned row = 0; row <= c->code->count; row++) {
		char *const text = cell(t, c, row);
		const size_t size = strlen(text);

		c->width = size > c->width ? size : c->width;
		free(text);
	}
}

static void
print_row(const struct litmus_test *t, const struct column *c, unsigned count,
          unsigned row, FILE *out)
{
	for (unsigned i = 0; i < count; i++) {
		char *const text = cell(t, &c[i], row);

		fprintf(out, " %-*s %s", (int)c[i].width, text,
		        i + 1 < count ? "|" : ";\n");
		free(text);
	}
}

static unsigned
add_column(const struct litmus_test *t, struct column *c, unsigned count,
           unsigned cpu, bool handler)
{
	const struct litmus_cpu *const p = &t->cpu[cpu];

	c[count] = (struct column){
		cpu, handler ? &p->handler : &p->code, handler, 0
	};
	measure(t, &c[count]);
	return count + 1;
}

static void
print_code(const struct litmus_test *t, FILE *out)
{
	struct column c[MAX_COLUMNS];
	unsigned count = 0, rows = 0;

	for (unsigned i = 0; i < t->cpus; i++) {
		count = add_column(t, c, count, i, false);
		if (t->cpu[i].has_handler)
			count = add_column(t, c, count, i, true);
	}
	for (unsigned i = 0; i < count; i++)
		rows = c[i].code->count > rows ? c[i].code->count : rows;
	for (unsigned row = 0; row <= rows; row++)
		print_row(t, c, count, row, out);
}

/* ---- the whole ----------------------------------------------------------- */

static const char *const quantifiers[] = {
	[CLAUSE_EXISTS] = "exists", [CLAUSE_FORBIDDEN] = "forbidden",
	[CLAUSE_REQUIRED] = "required",
};

void
litmus_print(const struct litmus_test *t, FILE *out)
{
	fprintf(out, "X86VM %s\n", t->name);
	if (t->doc != NULL)
		fprintf(out, "\"%s\"\n", t->doc);
	print_start(t, out);
	print_code(t, out);
	for (unsigned i = 0; i < t->clauses; i++) {
		fprintf(out, "%s (", quantifiers[t->clause[i].quantifier]);
		litmus_print_cond(t, t->clause[i].cond, out);
		fputs(")\n", out);
	}
}
