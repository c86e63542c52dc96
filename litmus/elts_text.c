/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elts_text: a row's program and outcome in our own format.
 *
 * The remap edge from a WPTE to an INVLPG of another thread is a flag: set
 * after the WPTE, awaited before the INVLPG.  It adds no order that x86-TSO
 * has not.
 *
 * Two kinds of atom are left out, which makes the outcome wider and forbidding
 * it stronger.  A store's walk and its D update are one locked access to the
 * entry (SDM 3A 4.8), so "the walk read its own D update" is no outcome of its
 * own.  The halves of an XCHG have one walk, so "the store half uses the load
 * half's" always holds.  A row of the axiom invlpg is about what is used, not
 * about who loaded it: there the walks are left out altogether.
 */
#include <string.h>

#include "litmus/elts.h"

unsigned
elts_label(const struct elts_program *p, unsigned number)
{
	const unsigned i = elts_find(p, number);

	if (i != ~0u && p->elt[i].kind == ELT_WRITE && p->elt[i].rmw != 0)
		return p->elt[i].rmw;
	return number;
}

bool
elts_waits(const struct elts_program *p, const struct elt *e)
{
	const unsigned w = elts_find(p, e->remap);

	return e->kind == ELT_INVLPG && !e->alone && w != ~0u &&
	    p->elt[w].thread != e->thread;
}

bool
elts_awaited(const struct elts_program *p, unsigned wpte)
{
	for (unsigned i = 0; i < p->count; i++) {
		if (p->elt[i].remap == wpte && elts_waits(p, &p->elt[i]))
			return true;
	}
	return false;
}

/* ---- the start state ----------------------------------------------------- */

/* The frames: one for each page, and the targets that are no page's. */
static void
print_names(const struct elts_program *p, FILE *out)
{
	char seen[2 * ELTS_MAX][ELTS_NAME];
	unsigned count = 0;

	for (unsigned i = 0; i < 2 * p->count; i++) {
		const struct elt *const e = &p->elt[i % p->count];
		const char *const name = i < p->count ? e->page : e->target;
		unsigned n = 0;

		while (n < count && strcmp(seen[n], name) != 0)
			n++;
		if (*name == '\0' || n < count)
			continue;
		strcpy(seen[count++], name);
		fprintf(out, "frame pa_%s;\n", name);
		if (i < p->count)
			fprintf(out, "page %s; %s -> pa_%s;\n", name, name,
			        name);
	}
}

static void
print_start(const struct elts_program *p, FILE *out)
{
	fputs("{\n", out);
	if (!p->invlpg)
		fputs("machine nospec;\n", out);
	fputs("dirty always;\n", out);
	print_names(p, out);
	for (unsigned i = 0; i < p->count; i++) {
		if (p->elt[i].kind == ELT_WPTE &&
		    elts_awaited(p, p->elt[i].number))
			fprintf(out, "frame f%u;\n", p->elt[i].number);
	}
	fputs("}\n", out);
}

/* ---- columns ------------------------------------------------------------- */

/* The instructions of one event, one a line. */
static void
print_elt(const struct elts_program *p, const struct elt *e, FILE *out)
{
	const unsigned n = e->number;

	switch (e->kind) {
	case ELT_READ:
		if (e->rmw != 0)
			fprintf(out, "i%u: XCHG r%u,[%s],$%u\n", n, n, e->page,
			        e->rmw);
		else
			fprintf(out, "i%u: MOV r%u,[%s]\n", n, n, e->page);
		return;
	case ELT_WRITE:
		if (e->rmw == 0)
			fprintf(out, "i%u: MOV [%s],$%u\n", n, e->page, n);
		return;
	case ELT_WPTE:
		fprintf(out, "i%u: MOV PTE(%s),pte(pa_%s)\n", n, e->page,
		        e->target);
		if (elts_awaited(p, n))
			fprintf(out, "MOV <f%u>,$1\n", n);
		return;
	case ELT_INVLPG:
		if (elts_waits(p, e))
			fprintf(out, "WAIT <f%u>,$1\n", e->remap);
		if (!e->deleted)
			fprintf(out, "INVLPG [%s]\n", e->page);
		return;
	case ELT_MFENCE:
		fputs("MFENCE\n", out);
		return;
	}
}

/* The format has rows; a thread gives cell after cell of its own column. */
static void
print_columns(const struct elts_program *p, FILE *out)
{
	for (unsigned t = 0; t < p->threads; t++)
		fprintf(out, "%sP%u", t == 0 ? "" : "|", t);
	fputs(";\n", out);
	for (unsigned i = 0; i < p->count; i++) {
		char text[128] = "", *line = text, *end;
		FILE *const f = fmemopen(text, sizeof(text), "w");

		print_elt(p, &p->elt[i], f);
		fclose(f);
		for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
			for (unsigned t = 0; t < p->elt[i].thread; t++)
				fputc('|', out);
			fprintf(out, "%.*s;\n", (int)(end - line), line);
		}
	}
}

void
elts_print_program(const struct elts_program *p, const char *name,
                   const char *doc, FILE *out)
{
	fprintf(out, "X86VM %s\n\"%s\"\n", name, doc);
	print_start(p, out);
	print_columns(p, out);
}

/* ---- outcomes ------------------------------------------------------------ */

static void
print_event(const struct elts_program *p, const struct elt_event *e, FILE *out)
{
	if (e->number == 0)
		fputs("init", out);
	else
		fprintf(out, e->dirty ? "dirty(i%u)" : "i%u",
		        elts_label(p, e->number));
}

static void
print_comparison(const struct elts_program *p, const char *what,
                 const struct elt_atom *a, FILE *out)
{
	fprintf(out, "%s(i%u)=", what, elts_label(p, a->a.number));
	print_event(p, &a->b, out);
}

/* Is the atom left out?  See above. */
static bool
is_left_out(const struct elts_program *p, const struct elt_atom *a)
{
	const unsigned own = elts_label(p, a->a.number);

	if (a->kind != ELT_WALK && a->kind != ELT_USES)
		return false;
	return p->invlpg || elts_label(p, a->b.number) == own;
}

/* Returns whether anything was printed. */
static bool
print_atom(const struct elts_program *p, const struct elt_atom *a, FILE *out)
{
	if (is_left_out(p, a))
		return false;
	switch (a->kind) {
	case ELT_VALUE:
		fprintf(out, "%u:r%u=%u",
		        p->elt[elts_find(p, a->a.number)].thread, a->a.number,
		        a->b.number);
		break;
	case ELT_SOURCE:
		print_comparison(p, "src", a, out);
		break;
	case ELT_WALK:
		print_comparison(p, "walk", a, out);
		break;
	case ELT_USES:
		print_comparison(p, "hit", a, out);
		break;
	case ELT_ORDER:
		fputs("co(", out);
		print_event(p, &a->a, out);
		fputc(',', out);
		print_event(p, &a->b, out);
		fputc(')', out);
		break;
	}
	return true;
}

static bool
has_walk(const struct elts_outcome *o, unsigned number)
{
	for (unsigned i = 0; i < o->count; i++) {
		if (o->atom[i].kind == ELT_WALK &&
		    o->atom[i].a.number == number)
			return true;
	}
	return false;
}

/* An access that misses has a walk, which read the start if nothing is said. */
static void
print_misses(const struct elts_program *p, const struct elts_outcome *o,
             const char **before, FILE *out)
{
	for (unsigned i = 0; i < p->count && !p->invlpg; i++) {
		const struct elt *const e = &p->elt[i];

		if (e->kind > ELT_WRITE || e->hit ||
		    elts_label(p, e->number) != e->number)
			continue;
		fprintf(out, "%smiss(i%u)", *before, e->number);
		*before = " /\\ ";
		if (!has_walk(o, e->number))
			fprintf(out, " /\\ walk(i%u)=init", e->number);
	}
}

void
elts_print_outcome(const struct elts_program *p, const struct elts_outcome *o,
                   FILE *out)
{
	const char *before = "";

	print_misses(p, o, &before, out);
	for (unsigned i = 0; i < o->count; i++) {
		if (is_left_out(p, &o->atom[i]))
			continue;
		fputs(before, out);
		print_atom(p, &o->atom[i], out);
		before = " /\\ ";
	}
	if (*before == '\0')
		fputs("true", out);
}
