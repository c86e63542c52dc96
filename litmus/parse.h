/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse: what the parts of the parser share.
 *
 * Recursive descent with one token in hand.  The first mistake is recorded;
 * from then on the token in hand is TOKEN_END, at which every loop ends, so no
 * caller has to look.  What a part allocates hangs on the test before anything
 * can fail.
 */
#ifndef SHOOTDOWN_LITMUS_PARSE_H
#define SHOOTDOWN_LITMUS_PARSE_H

#include "litmus/lex.h"
#include "litmus/litmus.h"
#include "litmus/words.h"

#define PARSE_MAX_NAME 31
#define PARSE_MAX_NAMES 64      /* frames, spaces, pages: each */
#define PARSE_MAX_MAPS 256
#define PARSE_MAX_INSN 64       /* a column */
#define PARSE_MAX_KNOBS 500     /* characters */
#define PARSE_MAX_CLAUSES 256
#define PARSE_MAX_CONDS 2048    /* nodes of all clauses */
#define PARSE_MAX_DEPTH 64      /* parentheses and ~ */

struct parser {
	struct lexer lex;
	struct token now;
	struct litmus_test *t;
	struct litmus_error *error;
	bool failed;
	unsigned said;          /* bit: a setting of the start was given */
	unsigned depth, conds;
	bool column[LITMUS_MAX_CPUS];   /* has been seen */
	/* Where the start speaks of a vCPU, a PCID; line 0: nowhere. */
	struct litmus_place cpu_place[LITMUS_MAX_CPUS], pcid_place;
};

/* ---- parse.c: tokens and names ------------------------------------------- */

void parse_fail(struct parser *p, struct litmus_place place,
                const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void parse_next(struct parser *p);
bool parse_is(const struct parser *p, int kind);
/* Is the token in hand this word?  Upper and lower case are the same. */
bool parse_is_word(const struct parser *p, const char *word);
bool token_is(const struct token *t, const char *word);
/* Takes the token if it is of the kind (the word). */
bool parse_accept(struct parser *p, int kind);
bool parse_accept_word(struct parser *p, const char *word);
/* The same, or a mistake: "expected WHAT, found ...". */
void parse_expect(struct parser *p, int kind, const char *what);
struct token parse_name(struct parser *p, const char *what);
uint64_t parse_number(struct parser *p, uint64_t max, const char *what);
/* "expected WHAT, found (the token in hand)". */
void parse_expected(struct parser *p, const char *what);
/* Names that are in the test already; ~0u, and a mistake, if they are not. */
unsigned parse_frame(struct parser *p);
unsigned parse_space(struct parser *p);
unsigned parse_page(struct parser *p);
/* "P1", "1" are written by callers; here the part after the P. */
bool token_cpu(const struct token *t, unsigned *ret);
bool token_register(const struct token *t, unsigned *ret);

/* ---- parse_entry.c: places and values of entries ------------------------- */

/* Is the token a level, "PDE"?  Returns it, or 0. */
unsigned token_level(const struct token *t);
/* After an optional prefix: "PDE(x)". */
struct litmus_slot parse_slot(struct parser *p, unsigned space);
/* "pte(a,-W)", "table(t)", "0", "none".  level 0: of some level. */
struct litmus_entry parse_entry(struct parser *p, unsigned level);
/* What stands after `->`: "a (-W, G)", "none". */
struct litmus_entry parse_mapping(struct parser *p, unsigned level);
/* "W,A": bits alone. */
uint64_t parse_flags(struct parser *p, unsigned level);

/* ---- the others ---------------------------------------------------------- */

void parse_start(struct parser *p);                     /* parse_start.c */
/* One of some words, up to NULL; `what` tells them in a mistake. */
char *parse_choice(struct parser *p, const char *const *words,
                   const char *what);
void parse_host(struct parser *p);                      /* parse_knobs.c */
void parse_processor(struct parser *p);
void parse_code(struct parser *p);                      /* parse_code.c */
void parse_insn(struct parser *p, unsigned cpu,         /* parse_insn.c */
                struct litmus_insn *ret);
void parse_flush(struct parser *p, struct litmus_insn *ret); /* parse_flush.c */
void parse_broadcast(struct parser *p, struct litmus_insn *ret);
unsigned parse_register(struct parser *p);              /* parse_insn.c */
uint64_t parse_offset(struct parser *p, int close, const char *what);
void parse_clauses(struct parser *p);                   /* parse_cond.c */
void parse_check(struct parser *p);                     /* parse_check.c */

/* ---- litmus.c ------------------------------------------------------------ */

/* An array of n members with room for one more.  Ends the program when there
 * is no memory. */
void *litmus_grow(void *array, unsigned n, size_t size);
char *litmus_copy(const char *text, size_t size);
struct litmus_cond *litmus_cond_new(enum litmus_logic logic);
/* Number of the label's instruction; false: there is none. */
bool litmus_find_label(const struct litmus_test *t, const char *name,
                       size_t size, struct litmus_event *ret);

#endif
