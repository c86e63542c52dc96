/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elts_parse: the notation of the rows: "i1: R [x] {miss}; ... || ...", and
 * "i1=2, walk@i1<-dirty@i2, co: i1<i2".
 */
#include <stdlib.h>
#include <string.h>

#include "litmus/elts.h"

/* The next piece up to `mark`; NULL at the end.  Cuts the text. */
static char *
cut(char **text, const char *mark)
{
	char *const piece = *text, *end;

	if (piece == NULL)
		return NULL;
	end = strstr(piece, mark);
	if (end != NULL)
		*end = '\0';
	*text = end != NULL ? end + strlen(mark) : NULL;
	return piece;
}

/* Does the whole text match?  `used` is what %n gave, 0 if it got there not. */
static bool
whole(const char *text, int used)
{
	return used > 0 && text[used] == '\0';
}

/* ---- programs ------------------------------------------------------------ */

/* " {miss}" or " {hit}", or nothing. */
static bool
parse_tlb(const char *text, struct elt *e)
{
	e->hit = strcmp(text, " {hit}") == 0;
	return e->hit || *text == '\0' || strcmp(text, " {miss}") == 0;
}

static bool
parse_access(const char *text, struct elt *e)
{
	unsigned value;
	int n = 0, m = 0;

	if (sscanf(text, "R [%15[a-z0-9]]%n", e->page, &n) == 1 && n > 0) {
		e->kind = ELT_READ;
		if (sscanf(text + n, " (rmw->i%u)%n", &e->rmw, &m) != 1)
			m = 0;
		return parse_tlb(text + n + m, e);
	}
	if (sscanf(text, "W [%15[a-z0-9]]=%u%n", e->page, &value, &n) == 2) {
		e->kind = ELT_WRITE;
		return value == e->number && parse_tlb(text + n, e);
	}
	return false;
}

static bool
parse_elt(const char *text, struct elt *e)
{
	int n = 0;

	if (sscanf(text, "i%u: %n", &e->number, &n) != 1 || n == 0 ||
	    e->number == 0 || e->number >= ELTS_MAX)
		return false;
	text += n;
	n = 0;
	if (strcmp(text, "MFENCE") == 0) {
		e->kind = ELT_MFENCE;
		return true;
	}
	if (sscanf(text, "WPTE PTE(%15[a-z0-9])=PA_%15[a-z0-9]%n", e->page,
	           e->target, &n) == 2) {
		e->kind = ELT_WPTE;
		return whole(text, n);
	}
	if (sscanf(text, "INVLPG %15[a-z0-9] (remap i%u)%n", e->page,
	           &e->remap, &n) == 2) {
		e->kind = ELT_INVLPG;
		return whole(text, n);
	}
	return parse_access(text, e);
}

static const char *
parse_thread(char *text, unsigned thread, struct elts_program *ret)
{
	for (char *piece; (piece = cut(&text, "; ")) != NULL;) {
		struct elt *const e = &ret->elt[ret->count];

		if (ret->count == ELTS_MAX)
			return "a program of too many events";
		e->thread = thread;
		if (!parse_elt(piece, e))
			return "an event that is not understood";
		if (elts_find(ret, e->number) != ~0u)
			return "an event that is there twice";
		ret->count++;
	}
	return NULL;
}

/* Halves of a locked instruction stand side by side, load first. */
static const char *
join_halves(struct elts_program *p)
{
	for (unsigned i = 0; i < p->count; i++) {
		struct elt *const load = &p->elt[i], *const store = load + 1;

		if (load->kind != ELT_READ || load->rmw == 0)
			continue;
		if (i + 1 == p->count || store->number != load->rmw ||
		    store->kind != ELT_WRITE || store->thread != load->thread ||
		    strcmp(store->page, load->page) != 0)
			return "a locked instruction in two places";
		store->rmw = load->number;
	}
	return NULL;
}

const char *
elts_parse_program(const char *text, struct elts_program *ret)
{
	char *const copy = strdup(text), *rest = copy, *thread;
	const char *why = NULL;

	memset(ret, 0, sizeof(*ret));
	while (why == NULL && (thread = cut(&rest, " || ")) != NULL) {
		if (ret->threads == LITMUS_MAX_CPUS)
			why = "a program of too many threads";
		else
			why = parse_thread(thread, ret->threads++, ret);
	}
	free(copy);
	return why != NULL ? why : join_halves(ret);
}

unsigned
elts_find(const struct elts_program *p, unsigned number)
{
	for (unsigned i = 0; i < p->count; i++) {
		if (p->elt[i].number == number)
			return i;
	}
	return ~0u;
}

/* ---- outcomes ------------------------------------------------------------ */

/* "i3" or "dirty@i3". */
static bool
parse_event(const char *text, struct elt_event *ret)
{
	int n = 0;

	ret->dirty = strncmp(text, "dirty@", 6) == 0;
	text += ret->dirty ? 6 : 0;
	return sscanf(text, "i%u%n", &ret->number, &n) == 1 &&
	    whole(text, n) && ret->number != 0;
}

static bool
parse_atom(const char *text, struct elt_atom *a)
{
	int n = 0;

	if (sscanf(text, "i%u=%u%n", &a->a.number, &a->b.number, &n) == 2) {
		a->kind = ELT_VALUE;
	} else if (sscanf(text, "i%u->PTE i%u%n", &a->a.number, &a->b.number,
	                  &n) == 2) {
		a->kind = ELT_SOURCE;
	} else if (sscanf(text, "i%u uses TLB entry of walk@i%u%n",
	                  &a->a.number, &a->b.number, &n) == 2) {
		a->kind = ELT_USES;
	} else if (sscanf(text, "walk@i%u<-%n", &a->a.number, &n) == 1 &&
	           n > 0) {
		a->kind = ELT_WALK;
		return parse_event(text + n, &a->b);
	} else {
		a->kind = ELT_SOURCE;
		a->b.number = 0;
		n = 0;
		if (sscanf(text, "i%u->initial PTE%n", &a->a.number, &n) != 1)
			return false;
	}
	return whole(text, n);
}

static struct elt_atom *
add_atom(struct elts_outcome *o)
{
	return o->count < ELTS_MAX_ATOMS ? &o->atom[o->count++] : NULL;
}

/* "a<b c<d" */
static bool
parse_orders(char *text, struct elts_outcome *ret)
{
	for (char *piece; (piece = cut(&text, " ")) != NULL;) {
		struct elt_atom *const a = add_atom(ret);
		char *second = piece, *const first = cut(&second, "<");

		if (a == NULL || second == NULL || !parse_event(first, &a->a) ||
		    !parse_event(second, &a->b))
			return false;
		a->kind = ELT_ORDER;
	}
	return true;
}

const char *
elts_parse_outcome(const char *text, struct elts_outcome *ret)
{
	char *const copy = strdup(text), *rest = copy, *piece;
	bool good = true;

	memset(ret, 0, sizeof(*ret));
	while (good && (piece = cut(&rest, ", ")) != NULL) {
		if (strncmp(piece, "co: ", 4) == 0) {
			good = parse_orders(piece + 4, ret);
		} else {
			struct elt_atom *const a = add_atom(ret);

			good = a != NULL && parse_atom(piece, a);
		}
	}
	free(copy);
	return good ? NULL : "an outcome that is not understood";
}

/* ---- what can be asked --------------------------------------------------- */

static const char *
atom_not_applicable(const struct elts_program *p, const struct elt_atom *a)
{
	const unsigned i = elts_find(p, a->a.number);
	const unsigned j = elts_find(p, a->b.number);

	if (i == ~0u)
		return "an outcome about an event that is not in the program";
	if (a->kind == ELT_VALUE || a->b.number == 0)
		return NULL;
	if (j == ~0u)
		return "an outcome about an event that is not in the program";
	if (a->kind == ELT_USES && p->elt[i].thread != p->elt[j].thread)
		return "an access uses a TLB entry of another processor";
	if (a->kind == ELT_USES && j > i)
		return "an access uses a TLB entry that a later one's walk "
		    "loads";
	return NULL;
}

const char *
elts_not_applicable(const struct elts_program *p, const struct elts_outcome *o)
{
	const char *why = NULL;

	for (unsigned i = 0; why == NULL && i < o->count; i++)
		why = atom_not_applicable(p, &o->atom[i]);
	return why;
}
