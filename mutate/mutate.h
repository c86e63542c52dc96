/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutate: small changes to a kernel's source, by rules.
 *
 * Works on tokens of C text, knows neither kernels nor compilers.  A change is
 * a range of bytes and what stands there instead; it never adds or removes a
 * line, so that messages keep their places.  The order of changes follows the
 * text and the rule file alone.
 */
#ifndef SHOOTDOWN_MUTATE_H
#define SHOOTDOWN_MUTATE_H

#include <stdbool.h>
#include <stddef.h>

/* ---- rules --------------------------------------------------------------- */

enum mutate_operator {
	MUTATE_DROP_CALL,       /* a statement that is a call of a name */
	MUTATE_DROP_STORE,      /* a statement that is an assignment */
	MUTATE_DROP_JUMP,       /* break, continue, goto, return without value */
	MUTATE_SWAP,            /* two adjacent statements */
	MUTATE_NEGATE,          /* the test of an if or while */
	MUTATE_FORCE,           /* the test becomes a number */
	MUTATE_CONSTANT,        /* a number is added to a literal */
	MUTATE_REPLACE          /* a token by another */
};

struct mutate_rule {
	char *name;
	enum mutate_operator op;
	char **words;           /* of DROP_CALL: globs; REPLACE: from, to */
	size_t nwords;
	long number;            /* of FORCE and CONSTANT */
};

struct mutate_rules {
	struct mutate_rule *v;
	size_t n;
};

/*
 * Parses the text of a rule file: lines NAME OPERATOR [ARGUMENT...], '#' to
 * the end of the line is a comment.  Returns 0, or the number of the first bad
 * line with *ret_why saying what is wrong with it (static text).
 */
int mutate_rules_parse(const char *text, struct mutate_rules *ret,
                       const char **ret_why);
void mutate_rules_clear(struct mutate_rules *r);

/* ---- C text ---------------------------------------------------------------- */

enum mutate_token_kind { TOKEN_NAME, TOKEN_NUMBER, TOKEN_PUNCT, TOKEN_OTHER };

struct mutate_token {
	enum mutate_token_kind kind;
	size_t at, len;         /* bytes of the text */
	size_t match;           /* of a bracket: the token of its partner */
};

enum mutate_statement_kind {
	STATEMENT_CALL, STATEMENT_STORE, STATEMENT_JUMP, STATEMENT_OTHER,
	STATEMENT_DECLARATION, STATEMENT_COMPOUND, STATEMENT_LABEL
};

struct mutate_statement {
	enum mutate_statement_kind kind;
	size_t first, last;     /* tokens, the ';' or '}' included */
	size_t block;           /* statements with the same are in one block */
};

/* The test of an if or a while: between brackets. */
struct mutate_test {
	size_t open, close;     /* tokens */
};

struct mutate_function {
	size_t name;            /* token */
	size_t open, close;     /* of the body */
};

/* Tokens and what they form.  Comments and directives are no tokens. */
struct mutate_scan {
	const char *text;       /* the caller's */
	struct mutate_token *token;
	size_t ntokens;
	struct mutate_function *function;
	size_t nfunctions;
	struct mutate_statement *statement;
	size_t nstatements;
	struct mutate_test *test;
	size_t ntests;
	size_t blocks;
};

/* Returns 0, or -1 without memory. */
int mutate_scan(const char *text, struct mutate_scan *ret);
void mutate_scan_clear(struct mutate_scan *s);
bool mutate_token_is(const struct mutate_scan *s, size_t token,
                     const char *word);

/* ---- changes ---------------------------------------------------------------- */

struct mutate_change {
	size_t rule;            /* in the rule file */
	size_t at, len;         /* bytes that go */
	char *with;
	char *function;
};

struct mutate_changes {
	struct mutate_change *v;
	size_t n, capacity;
};

/*
 * All changes in functions of the text.  Two rules that come to the same
 * change give one, under the name of the first.  Returns 0 or -1.
 */
int mutate_find(const char *text, const struct mutate_rules *rules,
                struct mutate_changes *ret);
void mutate_changes_clear(struct mutate_changes *c);
/* The changed text, malloc'ed; NULL without memory. */
char *mutate_apply(const char *text, const struct mutate_change *c);

#endif
