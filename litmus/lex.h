/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lex: the text of a litmus test as tokens.
 *
 * A token points into the text; nothing is copied.  Comments nest and count as
 * blanks.  What is no token becomes TOKEN_BAD, which carries the reason.
 */
#ifndef SHOOTDOWN_LITMUS_LEX_H
#define SHOOTDOWN_LITMUS_LEX_H

#include "litmus/litmus.h"

/* Characters stand for themselves; these do not. */
enum token_kind {
	TOKEN_END,
	TOKEN_BAD,              /* text: why, a static string */
	TOKEN_NAME = 256,       /* letter or _, then letters, digits, _ */
	TOKEN_NUMBER,
	TOKEN_STRING,           /* text: without the quotes */
	TOKEN_ARROW,            /* -> */
	TOKEN_AND,              /* /\ */
	TOKEN_OR                /* \/ */
};

struct token {
	int kind;
	struct litmus_place place;
	const char *text;
	size_t size;
	uint64_t value;         /* NUMBER */
};

struct lexer {
	const char *at, *end;
	struct litmus_place place;      /* of `at` */
};

void lex_start(struct lexer *l, const char *text, size_t size);
struct token lex_next(struct lexer *l);
/* The word up to the next blank: names of tests hold any character. */
struct token lex_word(struct lexer *l);

#endif
