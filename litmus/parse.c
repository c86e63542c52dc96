/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse: tokens and names for the other parts, and the test as a whole.
 */
#include "litmus/parse.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

void
parse_fail(struct parser *p, struct litmus_place place, const char *format,
           ...)
{
	va_list ap;

	if (p->failed)
		return;
	p->failed = true;
	p->now.kind = TOKEN_END;
	p->error->place = place;
	va_start(ap, format);
	vsnprintf(p->error->text, sizeof(p->error->text), format, ap);
	va_end(ap);
}

void
parse_next(struct parser *p)
{
	if (p->failed)
		return;
	p->now = lex_next(&p->lex);
	if (p->now.kind == TOKEN_BAD)
		parse_fail(p, p->now.place, "%s", p->now.text);
	else if (p->now.kind == TOKEN_NAME && p->now.size > PARSE_MAX_NAME)
		parse_fail(p, p->now.place, "a name has at most %d characters",
		           PARSE_MAX_NAME);
}

bool
parse_is(const struct parser *p, int kind)
{
	return p->now.kind == kind;
}

bool
token_is(const struct token *t, const char *word)
{
	return t->kind == TOKEN_NAME && t->size == strlen(word) &&
	    strncasecmp(t->text, word, t->size) == 0;
}

bool
parse_is_word(const struct parser *p, const char *word)
{
	return token_is(&p->now, word);
}

bool
parse_accept(struct parser *p, int kind)
{
	if (!parse_is(p, kind))
		return false;
	parse_next(p);
	return true;
}

bool
parse_accept_word(struct parser *p, const char *word)
{
	if (!parse_is_word(p, word))
		return false;
	parse_next(p);
	return true;
}

void
parse_expected(struct parser *p, const char *what)
{
	if (parse_is(p, TOKEN_END))
		parse_fail(p, p->now.place, "expected %s, found the end", what);
	else if (parse_is(p, TOKEN_STRING))
		parse_fail(p, p->now.place, "expected %s, found a quoted line",
		           what);
	else
		parse_fail(p, p->now.place, "expected %s, found '%.*s'", what,
		           (int)(p->now.size > 40 ? 40 : p->now.size),
		           p->now.text);
}

void
parse_expect(struct parser *p, int kind, const char *what)
{
	if (!parse_accept(p, kind))
		parse_expected(p, what);
}

struct token
parse_name(struct parser *p, const char *what)
{
	const struct token t = p->now;

	parse_expect(p, TOKEN_NAME, what);
	return t;
}

uint64_t
parse_number(struct parser *p, uint64_t max, const char *what)
{
	const struct token t = p->now;

	parse_expect(p, TOKEN_NUMBER, what);
	if (p->failed)
		return 0;
	if (t.value > max) {
		parse_fail(p, t.place, "expected %s, found '%.*s'", what,
		           (int)t.size, t.text);
		return 0;
	}
	return t.value;
}

/* ---- names --------------------------------------------------------------- */

static bool
same(const struct token *t, const char *name)
{
	return strlen(name) == t->size && memcmp(name, t->text, t->size) == 0;
}

static unsigned
unknown(struct parser *p, const struct token *t, const char *what)
{
	parse_fail(p, t->place, "unknown %s '%.*s'", what, (int)t->size,
	           t->text);
	return ~0u;
}

unsigned
parse_frame(struct parser *p)
{
	const struct token t = parse_name(p, "a frame");

	for (unsigned i = 0; i < p->t->frames && !p->failed; i++) {
		if (same(&t, p->t->frame[i].name))
			return i;
	}
	return unknown(p, &t, "frame");
}

unsigned
parse_space(struct parser *p)
{
	const struct token t = parse_name(p, "a space");

	for (unsigned i = 0; i < p->t->spaces && !p->failed; i++) {
		if (same(&t, p->t->space[i].name))
			return i;
	}
	return unknown(p, &t, "space");
}

unsigned
parse_page(struct parser *p)
{
	const struct token t = parse_name(p, "a page");

	for (unsigned i = 0; i < p->t->pages && !p->failed; i++) {
		if (same(&t, p->t->page[i].name))
			return i;
	}
	return unknown(p, &t, "page");
}

/* A letter and a decimal number of at most three digits: P12, r7. */
static bool
numbered(const struct token *t, char letter, unsigned *ret)
{
	unsigned n = 0;

	if (t->kind != TOKEN_NAME || t->size < 2 || t->size > 4 ||
	    (t->text[0] | 0x20) != letter)
		return false;
	for (size_t i = 1; i < t->size; i++) {
		if (t->text[i] < '0' || t->text[i] > '9')
			return false;
		n = n * 10 + (unsigned)(t->text[i] - '0');
	}
	*ret = n;
	return true;
}

bool
token_cpu(const struct token *t, unsigned *ret)
{
	return numbered(t, 'p', ret);
}

bool
token_register(const struct token *t, unsigned *ret)
{
	return numbered(t, 'r', ret);
}

/* ---- the whole ----------------------------------------------------------- */

#define MAX_TITLE 63

/* "X86VM SB+tlb": the name may hold any character but blanks. */
static void
parse_title(struct parser *p)
{
	struct token name;

	if (!parse_is_word(p, "X86VM")) {
		parse_expected(p, "X86VM");
		return;
	}
	name = lex_word(&p->lex);
	if (name.kind == TOKEN_BAD)
		parse_fail(p, name.place, "%s", name.text);
	else if (name.kind != TOKEN_NAME)
		parse_fail(p, name.place, "expected the name of the test");
	else if (name.size > MAX_TITLE)
		parse_fail(p, name.place, "the name of a test has at most %d "
		           "characters", MAX_TITLE);
	else
		p->t->name = litmus_copy(name.text, name.size);
	parse_next(p);
	if (parse_is(p, TOKEN_STRING)) {
		p->t->doc = litmus_copy(p->now.text, p->now.size);
		parse_next(p);
	}
}

int
litmus_parse(const char *text, size_t size, struct litmus_test *ret,
             struct litmus_error *ret_error)
{
	struct parser p = { .t = ret, .error = ret_error };

	memset(ret, 0, sizeof(*ret));
	lex_start(&p.lex, text, size);
	parse_next(&p);
	parse_title(&p);
	parse_start(&p);
	parse_code(&p);
	if (!p.failed)
		parse_check(&p);
	parse_clauses(&p);
	if (!p.failed)
		return 0;
	litmus_free(ret);
	return -1;
}
