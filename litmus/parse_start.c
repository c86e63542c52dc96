/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_start: the start state, { ... }: settings, names, maps, vCPUs.
 * A name is declared before it is used, and 'levels 5' before any page.
 */
#include "litmus/parse.h"

#include <string.h>

#include "hvsim/hvsim.h"
#include "model/model.h"

/* ---- new names ----------------------------------------------------------- */

/* Words that would make a statement or an operand read two ways. */
static const char *const reserved[] = {
	"all", "at", "cpu", "cr3", "cr4", "dirty", "exists", "forbidden",
	"frame", "handler", "host", "init", "levels", "machine", "none", "page",
	"pte", "required", "sc", "space", "table", "true", "pde", "pdpte",
	"pml4e", "pml5e", NULL
};

static bool
is_reserved(const struct token *t)
{
	unsigned n;

	for (unsigned i = 0; reserved[i] != NULL; i++) {
		if (token_is(t, reserved[i]))
			return true;
	}
	return token_cpu(t, &n) || token_register(t, &n);
}

static bool
named(const struct token *t, const char *name)
{
	return strlen(name) == t->size && memcmp(t->text, name, t->size) == 0;
}

static bool
is_taken(const struct litmus_test *t, const struct token *name)
{
	for (unsigned i = 0; i < t->frames; i++) {
		if (named(name, t->frame[i].name))
			return true;
	}
	for (unsigned i = 0; i < t->spaces; i++) {
		if (named(name, t->space[i].name))
			return true;
	}
	for (unsigned i = 0; i < t->pages; i++) {
		if (named(name, t->page[i].name))
			return true;
	}
	return false;
}

/* A name that nothing has yet; NULL after a mistake. */
static char *
parse_new_name(struct parser *p, const char *what, unsigned so_far)
{
	const struct token t = parse_name(p, what);

	if (p->failed)
		return NULL;
	if (is_reserved(&t))
		parse_fail(p, t.place, "'%.*s' is a word of the language",
		           (int)t.size, t.text);
	else if (is_taken(p->t, &t))
		parse_fail(p, t.place, "'%.*s' is declared twice", (int)t.size,
		           t.text);
	else if (so_far == PARSE_MAX_NAMES)
		parse_fail(p, t.place, "more than %d of these",
		           PARSE_MAX_NAMES);
	else
		return litmus_copy(t.text, t.size);
	return NULL;
}

static void
add_frame(struct parser *p, bool table)
{
	struct litmus_test *const t = p->t;
	char *const name = parse_new_name(p, table ? "the name of a table" :
	                                  "the name of a frame", t->frames);

	if (name == NULL)
		return;
	t->frame = litmus_grow(t->frame, t->frames, sizeof(*t->frame));
	t->frame[t->frames].name = name;
	t->frame[t->frames].table = table;
	if (!table && parse_accept(p, '='))
		t->frame[t->frames].word =
		    parse_number(p, UINT64_MAX, "a number");
	t->frames++;
}

static void
say_frame(struct parser *p)
{
	add_frame(p, false);
}

static void
say_table(struct parser *p)
{
	add_frame(p, true);
}

static struct litmus_space *
add_space(struct litmus_test *t, char *name)
{
	t->space = litmus_grow(t->space, t->spaces, sizeof(*t->space));
	t->space[t->spaces].name = name;
	return &t->space[t->spaces++];
}

/* Without any: s0. */
static void
need_space(struct parser *p)
{
	if (p->t->spaces == 0)
		add_space(p->t, litmus_copy("s0", 2));
}

static void
say_space(struct parser *p)
{
	char *const name = parse_new_name(p, "the name of a space",
	                                  p->t->spaces);
	struct litmus_space *s;

	if (name == NULL)
		return;
	s = add_space(p->t, name);
	if (!parse_accept_word(p, "pcid"))
		return;
	parse_expect(p, '=', "'='");
	if (p->pcid_place.line == 0)
		p->pcid_place = p->now.place;
	s->pcid = (uint16_t)parse_number(p, CR3_PCID, "a PCID, 0 to 4095");
}

/* ---- pages --------------------------------------------------------------- */

static const struct litmus_page *
page_at(const struct litmus_test *t, uint64_t va)
{
	for (unsigned i = 0; i < t->pages; i++) {
		if (t->page[i].va == va)
			return &t->page[i];
	}
	return NULL;
}

/* The bits above the translated ones repeat the highest of those. */
static bool
is_canonical(const struct litmus_test *t, uint64_t va)
{
	const unsigned shift = t->levels5 ? 64 - 57 : 64 - 48;

	return (uint64_t)((int64_t)(va << shift) >> shift) == va;
}

static uint64_t
parse_va(struct parser *p)
{
	const struct litmus_place place = p->now.place;
	const uint64_t va = parse_number(p, UINT64_MAX, "an address");
	const struct litmus_page *other = page_at(p->t, va);

	if (va % MACHINE_PAGE != 0)
		parse_fail(p, place, "an address of a page is a multiple of "
		           "0x1000");
	else if (!is_canonical(p->t, va))
		parse_fail(p, place, "the address is not canonical");
	else if (other != NULL && !p->failed)
		parse_fail(p, place, "page '%s' is there already", other->name);
	return va;
}

/* Adjoining pages, as far as the test leaves room. */
static uint64_t
free_va(const struct litmus_test *t)
{
	uint64_t va = LITMUS_FIRST_PAGE;

	while (page_at(t, va) != NULL)
		va += MACHINE_PAGE;
	return va;
}

static void
say_page(struct parser *p)
{
	struct litmus_test *const t = p->t;
	char *const name = parse_new_name(p, "the name of a page", t->pages);
	struct litmus_page page = { .name = name };

	if (name == NULL)
		return;
	page.placed = parse_accept_word(p, "at");
	page.va = page.placed ? parse_va(p) : free_va(t);
	t->page = litmus_grow(t->page, t->pages, sizeof(*t->page));
	t->page[t->pages++] = page;
}

/* ---- settings ------------------------------------------------------------ */

static void
say_cr4(struct parser *p)
{
	parse_expect(p, '=', "'='");
	for (;;) {
		if (parse_accept_word(p, "PGE"))
			p->t->cr4 |= CR4_PGE;
		else if (parse_accept_word(p, "PCIDE"))
			p->t->cr4 |= CR4_PCIDE;
		else
			break;
	}
}

static void
say_sc(struct parser *p)
{
	p->t->sc = true;
}

static void
say_dirty(struct parser *p)
{
	if (!parse_accept_word(p, "always"))
		parse_expected(p, "always");
	p->t->dirty_always = true;
}

static void
say_levels(struct parser *p)
{
	const struct token t = p->now;
	const uint64_t n = parse_number(p, 5, "4 or 5");

	if (n < 4)
		parse_fail(p, t.place, "expected 4 or 5, found '%.*s'",
		           (int)t.size, t.text);
	else if (p->t->pages > 0)
		parse_fail(p, t.place, "levels must stand before the first "
		           "page");
	p->t->levels5 = n == 5;
}

static void
say_machine(struct parser *p)
{
	static const char *const words[] = { "full", "nospec", "nopsc", NULL };

	p->t->machine = parse_choice(p, words, "full, nospec or nopsc");
}

/* ---- vCPUs and maps ------------------------------------------------------ */

static void
parse_cpu_setting(struct parser *p, struct litmus_cpu *c)
{
	const struct token t = parse_name(p, "space, mode, if or vp");

	parse_expect(p, '=', "'='");
	if (token_is(&t, "space")) {
		c->space = parse_space(p);
	} else if (token_is(&t, "mode")) {
		c->user = parse_is_word(p, "user");
		if (!c->user && !parse_is_word(p, "kernel"))
			parse_expected(p, "user or kernel");
		parse_next(p);
	} else if (token_is(&t, "if")) {
		c->irq = parse_number(p, 1, "0 or 1") == 1;
	} else if (token_is(&t, "vp")) {
		c->vp_index = (uint32_t)parse_number(p, HV_MAX_VP_INDEX - 1,
		    "a VP index, 0 to 4095");
	} else {
		parse_fail(p, t.place, "expected space, mode, if or vp, found "
		           "'%.*s'", (int)t.size, t.text);
	}
}

/* ": space=s1, mode=user"; the name was P1. */
static void
say_vcpu(struct parser *p, const struct token *name, unsigned cpu)
{
	parse_expect(p, ':', "':'");
	if (cpu >= LITMUS_MAX_CPUS)
		parse_fail(p, name->place, "vCPU %.*s: P0 to P%d",
		           (int)name->size, name->text, LITMUS_MAX_CPUS - 1);
	else if (p->cpu_place[cpu].line != 0)
		parse_fail(p, name->place, "P%u is set twice", cpu);
	if (p->failed)
		return;
	p->cpu_place[cpu] = name->place;
	do
		parse_cpu_setting(p, &p->t->cpu[cpu]);
	while (parse_accept(p, ','));
}

/* Do the slots name one and the same entry? */
static bool
same_entry(const struct litmus_test *t, const struct litmus_slot *a,
           const struct litmus_slot *b)
{
	const uint64_t bytes = litmus_level_bytes(a->level);

	return a->space == b->space && a->level == b->level &&
	    t->page[a->page].va / bytes == t->page[b->page].va / bytes;
}

static void
check_map(struct parser *p, struct litmus_place place,
          const struct litmus_map *m)
{
	const struct litmus_test *const t = p->t;
	const uint64_t bytes = litmus_level_bytes(m->slot.level);

	for (unsigned i = 0; i < t->maps; i++) {
		if (same_entry(t, &t->map[i].slot, &m->slot)) {
			parse_fail(p, place, "this entry is set twice");
			return;
		}
	}
	if (m->entry.target == TARGET_FRAME &&
	    t->page[m->slot.page].va % bytes != 0)
		parse_fail(p, place, "a large page needs an address that is a "
		           "multiple of 0x%llx", (unsigned long long)bytes);
}

/* "x -> a", "PDE(x) -> t"; the prefix is done with. */
static void
say_map(struct parser *p, unsigned space)
{
	const struct litmus_place place = p->now.place;
	struct litmus_test *const t = p->t;
	struct litmus_map m = { .slot = { space, 0, 1 } };

	if (token_level(&p->now) != 0)
		m.slot = parse_slot(p, space);
	else
		m.slot.page = parse_page(p);
	parse_expect(p, TOKEN_ARROW, "'->'");
	m.entry = parse_mapping(p, m.slot.level);
	if (p->failed)
		return;
	check_map(p, place, &m);
	if (t->maps == PARSE_MAX_MAPS)
		parse_fail(p, place, "more than %d maps", PARSE_MAX_MAPS);
	t->map = litmus_grow(t->map, t->maps, sizeof(*t->map));
	t->map[t->maps++] = m;
}

/* ---- statements ---------------------------------------------------------- */

static const struct statement {
	const char *word;
	bool once;
	void (*say)(struct parser *p);
} statements[] = {
	{ "cr4", true, say_cr4 }, { "sc", true, say_sc },
	{ "machine", true, say_machine }, { "host", true, parse_host },
	{ "cpu", true, parse_processor }, { "dirty", true, say_dirty },
	{ "levels", true, say_levels }, { "frame", false, say_frame },
	{ "table", false, say_table }, { "space", false, say_space },
	{ "page", false, say_page }, { NULL, false, NULL },
};

static void
parse_keyword(struct parser *p, const struct statement *s)
{
	const unsigned bit = 1u << (s - statements);

	/* What was set first stays, or nobody frees it. */
	if (s->once && p->said & bit) {
		parse_fail(p, p->now.place, "%s is set twice", s->word);
		return;
	}
	p->said |= bit;
	parse_next(p);
	s->say(p);
}

/* A statement that begins with a name: a vCPU or a map. */
static void
parse_named(struct parser *p)
{
	const struct token name = p->now;
	struct lexer after = p->lex;
	unsigned cpu, space = 0;

	if (!parse_is(p, TOKEN_NAME)) {
		parse_expected(p, "a statement or '}'");
		return;
	}
	need_space(p);
	if (token_cpu(&name, &cpu)) {
		parse_next(p);
		say_vcpu(p, &name, cpu);
		return;
	}
	if (lex_next(&after).kind == ':') {
		space = parse_space(p);
		parse_next(p);
	}
	say_map(p, space);
}

static void
parse_statement(struct parser *p)
{
	const struct statement *s = statements;

	while (s->word != NULL && !parse_is_word(p, s->word))
		s++;
	if (s->word != NULL)
		parse_keyword(p, s);
	else
		parse_named(p);
	parse_expect(p, ';', "';'");
}

void
parse_start(struct parser *p)
{
	for (unsigned i = 0; i < LITMUS_MAX_CPUS; i++) {
		p->t->cpu[i].irq = true;
		p->t->cpu[i].vp_index = i;
	}
	parse_expect(p, '{', "'{'");
	while (!p->failed && !parse_is(p, '}'))
		parse_statement(p);
	parse_next(p);
	need_space(p);
}
