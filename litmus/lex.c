/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lex: see lex.h.  Never reads past the end, whatever the text holds; lines
 * and columns count bytes from 1.
 */
#include "litmus/lex.h"

#include <string.h>

void
lex_start(struct lexer *l, const char *text, size_t size)
{
	l->at = text;
	l->end = text + size;
	l->place.line = 1;
	l->place.column = 1;
}

/* The byte `ahead` of the present one; 0 beyond the end. */
static char
peek(const struct lexer *l, size_t ahead)
{
	return (size_t)(l->end - l->at) > ahead ? l->at[ahead] : '\0';
}

static void
step(struct lexer *l)
{
	if (*l->at == '\n') {
		l->place.line++;
		l->place.column = 1;
	} else {
		l->place.column++;
	}
	l->at++;
}

static void
steps(struct lexer *l, size_t n)
{
	while (n-- > 0)
		step(l);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int
hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Steps over a comment, which may hold others; false: it does not end. */
static bool
skip_comment(struct lexer *l)
{
	size_t depth = 0;

	while (l->at < l->end) {
		if (peek(l, 0) == '(' && peek(l, 1) == '*') {
			depth++;
			steps(l, 2);
		} else if (peek(l, 0) == '*' && peek(l, 1) == ')') {
			depth--;
			steps(l, 2);
		} else {
			step(l);
		}
		if (depth == 0)
			return true;
	}
	return false;
}

/*
 * Steps over blanks and comments.  Returns NULL, or what is wrong; *ret_place
 * is where the next token, or the comment, begins.
 */
static const char *
skip_blanks(struct lexer *l, struct litmus_place *ret_place)
{
	for (;;) {
		while (l->at < l->end && is_blank(*l->at))
			step(l);
		*ret_place = l->place;
		if (peek(l, 0) != '(' || peek(l, 1) != '*')
			return NULL;
		if (!skip_comment(l))
			return "a comment does not end";
	}
}

static void
lex_bad(struct token *t, const char *why)
{
	t->kind = TOKEN_BAD;
	t->text = why;
	t->size = strlen(why);
}

static void
lex_number(struct lexer *l, struct token *t)
{
	unsigned base = 10;

	t->kind = TOKEN_NUMBER;
	if (peek(l, 0) == '0' && (peek(l, 1) == 'x' || peek(l, 1) == 'X')) {
		base = 16;
		steps(l, 2);
		if (hex_digit(peek(l, 0)) < 0)
			lex_bad(t, "0x needs hexadecimal digits");
	}
	while (is_digit(peek(l, 0)) || is_letter(peek(l, 0))) {
		const int digit = hex_digit(*l->at);

		if (digit < 0 || digit >= (int)base)
			lex_bad(t, "a number holds a letter");
		else if (t->value > (UINT64_MAX - (unsigned)digit) / base)
			lex_bad(t, "a number needs more than 64 bits");
		else
			t->value = t->value * base + (unsigned)digit;
		step(l);
	}
}

static void
lex_name(struct lexer *l, struct token *t)
{
	t->kind = TOKEN_NAME;
	while (is_letter(peek(l, 0)) || is_digit(peek(l, 0)))
		step(l);
}

/* One line of printable ASCII between quotes. */
static void
lex_string(struct lexer *l, struct token *t)
{
	step(l);
	t->kind = TOKEN_STRING;
	t->text = l->at;
	while (peek(l, 0) >= ' ' && peek(l, 0) <= '~' && peek(l, 0) != '"')
		step(l);
	t->size = (size_t)(l->at - t->text);
	if (peek(l, 0) == '"')
		step(l);
	else
		lex_bad(t, "a quoted line needs printable ASCII and an end");
}

static void
lex_mark(struct lexer *l, struct token *t)
{
	static const struct {
		char first, second;
		enum token_kind kind;
	} pairs[] = {
		{ '-', '>', TOKEN_ARROW }, { '/', '\\', TOKEN_AND },
		{ '\\', '/', TOKEN_OR },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (peek(l, 0) == pairs[i].first &&
		    peek(l, 1) == pairs[i].second) {
			t->kind = pairs[i].kind;
			steps(l, 2);
			return;
		}
	}
	if (*l->at != '\0' && strchr("|;,:()[]<>{}=+-~$.", *l->at) != NULL)
		t->kind = *l->at;
	else
		lex_bad(t, "no word of the language begins here");
	step(l);
}

struct token
lex_next(struct lexer *l)
{
	struct litmus_place place;
	const char *const why = skip_blanks(l, &place);
	struct token t = { .place = place, .text = l->at };

	if (why != NULL)
		lex_bad(&t, why);
	else if (l->at == l->end)
		t.kind = TOKEN_END;
	else if (is_digit(*l->at))
		lex_number(l, &t);
	else if (is_letter(*l->at))
		lex_name(l, &t);
	else if (*l->at == '"')
		lex_string(l, &t);
	else
		lex_mark(l, &t);
	if (t.kind != TOKEN_BAD && t.kind != TOKEN_STRING)
		t.size = (size_t)(l->at - t.text);
	return t;
}

struct token
lex_word(struct lexer *l)
{
	struct litmus_place place;
	const char *const why = skip_blanks(l, &place);
	struct token t = { .place = place, .text = l->at };

	if (why != NULL) {
		lex_bad(&t, why);
		return t;
	}
	while (peek(l, 0) > ' ' && peek(l, 0) <= '~' && peek(l, 0) != '"')
		step(l);
	t.size = (size_t)(l->at - t.text);
	t.kind = t.size > 0 ? TOKEN_NAME : TOKEN_END;
	return t;
}
