/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan: C text as tokens, functions, statements and tests.
 *
 * No grammar of C, only its brackets: a body is a '{' behind a ')' at file
 * scope, a statement ends at its ';' or with the '}' that belongs to it.  What
 * a macro hides is not seen.  What is not understood becomes
 * STATEMENT_OTHER and is left alone.
 */
#include "mutate/mutate.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "pmapshim/slice/source.h"

struct scanner {
	struct mutate_scan *s;
	bool oom;
};

/* ---- tokens -------------------------------------------------------------- */

/* Makes room for one more of a growing array. */
static void *
grow(struct scanner *c, void *v, size_t n, size_t size)
{
	void *more = v;

	/* doubles at each power of two */
	if ((n & (n - 1)) == 0)
		more = realloc(v, (n != 0 ? 2 * n : 1) * size);
	if (more == NULL)
		c->oom = true;
	return more != NULL ? more : v;
}

/* Blanks preprocessor lines, and those that they are continued on. */
static void
blank_directives(char *clean)
{
	for (char *line = clean, *end; *line != '\0'; line = end) {
		char *p = line + strspn(line, " \t");
		bool directive = *p == '#', more;

		do {
			end = line + strcspn(line, "\n");
			more = end > line && end[-1] == '\\';
			if (directive)
				memset(line, ' ', (size_t)(end - line));
			end += *end != '\0';
			if (directive && more)
				line = end;
		} while (directive && more && *line != '\0');
	}
}

static size_t
punct_length(const char *p)
{
	static const char *const longer[] = { "<<=", ">>=", "...", "<<", ">>",
		"->", "++", "--", "&&", "||", "==", "!=", "<=", ">=", "+=",
		"-=", "*=", "/=", "%=", "&=", "|=", "^=" };

	for (size_t i = 0; i < sizeof(longer) / sizeof(longer[0]); i++)
		if (strncmp(p, longer[i], strlen(longer[i])) == 0)
			return strlen(longer[i]);
	return 1;
}

static size_t
literal_length(const char *p)
{
	const char quote = *p;
	size_t n = 1;

	while (p[n] != '\0' && p[n] != quote && p[n] != '\n')
		n++;
	return p[n] == quote ? n + 1 : n;
}

static void
add_token(struct scanner *c, enum mutate_token_kind kind, size_t at, size_t len)
{
	struct mutate_scan *s = c->s;

	s->token = grow(c, s->token, s->ntokens, sizeof(*s->token));
	if (!c->oom)
		s->token[s->ntokens++] = (struct mutate_token){ kind, at, len,
		    0 };
}

static void
make_tokens(struct scanner *c, const char *clean)
{
	size_t n;

	for (const char *p = clean; *p != '\0' && !c->oom; p += n) {
		const unsigned char ch = (unsigned char)*p;
		enum mutate_token_kind kind = TOKEN_PUNCT;

		n = 1;
		if (isspace(ch) || ch == '\\')
			continue;
		if (isalnum(ch) || ch == '_') {
			while (isalnum((unsigned char)p[n]) || p[n] == '_')
				n++;
			kind = isdigit(ch) ? TOKEN_NUMBER : TOKEN_NAME;
		} else if (ch == '"' || ch == '\'') {
			n = literal_length(p);
			kind = TOKEN_OTHER;
		} else {
			n = punct_length(p);
		}
		add_token(c, kind, (size_t)(p - clean), n);
	}
}

bool
mutate_token_is(const struct mutate_scan *s, size_t token, const char *word)
{
	return token < s->ntokens && s->token[token].len == strlen(word) &&
	    memcmp(s->text + s->token[token].at, word,
	           s->token[token].len) == 0;
}

static bool
is_one_of(const struct mutate_scan *s, size_t token, const char *const *words)
{
	for (; *words != NULL; words++)
		if (mutate_token_is(s, token, *words))
			return true;
	return false;
}

/* Partners of brackets; one without a partner has itself. */
static void
match_brackets(struct scanner *c)
{
	struct mutate_scan *s = c->s;
	size_t *stack = calloc(s->ntokens + 1, sizeof(*stack)), depth = 0;

	if (stack == NULL) {
		c->oom = true;
		return;
	}
	for (size_t i = 0; i < s->ntokens; i++) {
		const char ch = s->text[s->token[i].at];

		s->token[i].match = i;
		if (s->token[i].kind != TOKEN_PUNCT)
			continue;
		if (strchr("([{", ch) != NULL) {
			stack[depth++] = i;
		} else if (strchr(")]}", ch) != NULL && depth > 0) {
			s->token[i].match = stack[--depth];
			s->token[stack[depth]].match = i;
		}
	}
	free(stack);
}

/* ---- functions ------------------------------------------------------------- */

static void
add_function(struct scanner *c, size_t open)
{
	struct mutate_scan *s = c->s;
	size_t bracket = s->token[open - 1].match;

	/* attributes stand between the parameters and the body */
	while (bracket > 1 && mutate_token_is(s, bracket - 1, "__attribute__") &&
	       mutate_token_is(s, bracket - 2, ")"))
		bracket = s->token[bracket - 2].match;
	if (bracket == 0 || s->token[bracket - 1].kind != TOKEN_NAME)
		return;
	s->function = grow(c, s->function, s->nfunctions,
	    sizeof(*s->function));
	if (!c->oom)
		s->function[s->nfunctions++] = (struct mutate_function){
		    bracket - 1, open, s->token[open].match };
}

static void
find_functions(struct scanner *c)
{
	struct mutate_scan *s = c->s;

	for (size_t i = 1; i < s->ntokens && !c->oom; i++) {
		if (!mutate_token_is(s, i, "{"))
			continue;
		if (mutate_token_is(s, i - 1, ")"))
			add_function(c, i);
		i = s->token[i].match;
	}
}

/* ---- statements -------------------------------------------------------------- */

static size_t parse_statement(struct scanner *c, size_t i, size_t end,
                              size_t block);

/* The ';' that ends what starts at i. */
static size_t
find_semicolon(const struct mutate_scan *s, size_t i, size_t end)
{
	while (i < end && !mutate_token_is(s, i, ";")) {
		if (s->token[i].match > i)
			i = s->token[i].match;
		i++;
	}
	return i;
}

/* An assignment outside of brackets, or ++ and --. */
static bool
assigns(const struct mutate_scan *s, size_t first, size_t last)
{
	static const char *const ops[] = { "=", "+=", "-=", "*=", "/=", "%=",
		"&=", "|=", "^=", "<<=", ">>=", "++", "--", NULL };

	for (size_t i = first; i < last; i++) {
		if (is_one_of(s, i, ops))
			return true;
		if (s->token[i].match > i)
			i = s->token[i].match;
	}
	return false;
}

/* Two names in a row, or a name, stars and a name that is given a value. */
static bool
declares(const struct mutate_scan *s, size_t first, size_t last)
{
	size_t i = first + 1;

	if (s->token[first].kind != TOKEN_NAME)
		return false;
	while (i < last && mutate_token_is(s, i, "*"))
		i++;
	if (i >= last || s->token[i].kind != TOKEN_NAME)
		return false;
	return i == first + 1 || mutate_token_is(s, i + 1, "=") ||
	    mutate_token_is(s, i + 1, ";") || mutate_token_is(s, i + 1, ",");
}

static bool
is_jump(const struct mutate_scan *s, size_t first, size_t last)
{
	static const char *const bare[] = { "break", "continue", "return",
		NULL };

	return (is_one_of(s, first, bare) && last == first + 1) ||
	    mutate_token_is(s, first, "goto");
}

static enum mutate_statement_kind
classify(const struct mutate_scan *s, size_t first, size_t last)
{
	if (is_jump(s, first, last))
		return STATEMENT_JUMP;
	if (last == first || mutate_token_is(s, first, "return"))
		return STATEMENT_OTHER;
	if (declares(s, first, last))
		return STATEMENT_DECLARATION;
	if (assigns(s, first, last))
		return STATEMENT_STORE;
	if (mutate_token_is(s, last - 1, ")"))
		return STATEMENT_CALL;
	return STATEMENT_OTHER;
}

static void
add_statement(struct scanner *c, enum mutate_statement_kind kind, size_t first,
              size_t last, size_t block)
{
	struct mutate_scan *s = c->s;

	s->statement = grow(c, s->statement, s->nstatements,
	    sizeof(*s->statement));
	if (!c->oom)
		s->statement[s->nstatements++] = (struct mutate_statement){
		    kind, first, last, block };
}

static void
add_test(struct scanner *c, size_t open)
{
	struct mutate_scan *s = c->s;
	const size_t close = s->token[open].match;

	/* do { } while (0) */
	if (close == open + 2 && s->token[open + 1].kind == TOKEN_NUMBER)
		return;
	s->test = grow(c, s->test, s->ntests, sizeof(*s->test));
	if (!c->oom)
		s->test[s->ntests++] = (struct mutate_test){ open, close };
}

static size_t
parse_block(struct scanner *c, size_t open)
{
	struct mutate_scan *s = c->s;
	const size_t close = s->token[open].match;
	const size_t block = ++s->blocks;

	for (size_t i = open + 1; i < close && !c->oom; )
		i = parse_statement(c, i, close, block);
	return close + 1;
}

/* What depends on a test or a loop: it stands alone in its block. */
static size_t
parse_dependent(struct scanner *c, size_t i, size_t end)
{
	return parse_statement(c, i, end, ++c->s->blocks);
}

static size_t
parse_do(struct scanner *c, size_t i, size_t end)
{
	struct mutate_scan *s = c->s;

	i = parse_dependent(c, i + 1, end);
	if (mutate_token_is(s, i, "while") && mutate_token_is(s, i + 1, "("))
		add_test(c, i + 1);
	return find_semicolon(s, i, end) + 1;
}

/* if, for, while, switch, and macros that look like them. */
static size_t
parse_control(struct scanner *c, size_t i, size_t end)
{
	struct mutate_scan *s = c->s;
	const bool branch = mutate_token_is(s, i, "if");

	if (branch || mutate_token_is(s, i, "while"))
		add_test(c, i + 1);
	i = parse_dependent(c, s->token[i + 1].match + 1, end);
	if (branch && mutate_token_is(s, i, "else"))
		i = parse_dependent(c, i + 1, end);
	return i;
}

static bool
is_control(const struct mutate_scan *s, size_t i, size_t end)
{
	static const char *const words[] = { "if", "for", "while", "switch",
		NULL };
	size_t behind;

	if (s->token[i].kind != TOKEN_NAME || !mutate_token_is(s, i + 1, "("))
		return false;
	if (is_one_of(s, i, words))
		return true;
	behind = s->token[i + 1].match + 1;
	return behind < end && (mutate_token_is(s, behind, "{") ||
	    s->token[behind].kind == TOKEN_NAME) &&
	    !mutate_token_is(s, i, "asm") && !mutate_token_is(s, i, "__asm");
}

static size_t
label_end(const struct mutate_scan *s, size_t i, size_t end)
{
	if (mutate_token_is(s, i, "case"))
		while (i < end && !mutate_token_is(s, i, ":"))
			i++;
	else
		i++;
	return i;
}

static size_t
parse_statement(struct scanner *c, size_t i, size_t end, size_t block)
{
	struct mutate_scan *s = c->s;
	const size_t first = i;
	enum mutate_statement_kind kind = STATEMENT_COMPOUND;

	if (i >= end)
		return end;
	if (mutate_token_is(s, i, "case") || (s->token[i].kind == TOKEN_NAME &&
	    mutate_token_is(s, i + 1, ":"))) {
		i = label_end(s, i, end) + 1;
		kind = STATEMENT_LABEL;
	} else if (mutate_token_is(s, i, "{")) {
		i = parse_block(c, i);
	} else if (mutate_token_is(s, i, "do")) {
		i = parse_do(c, i, end);
	} else if (is_control(s, i, end)) {
		i = parse_control(c, i, end);
	} else {
		i = find_semicolon(s, i, end);
		kind = i < end ? classify(s, first, i) : STATEMENT_OTHER;
		i++;
	}
	if (i > end)
		i = end;
	add_statement(c, kind, first, i - 1, block);
	return i;
}

int
mutate_scan(const char *text, struct mutate_scan *ret)
{
	struct scanner c = { .s = ret };
	char *clean = strdup(text);

	*ret = (struct mutate_scan){ .text = text };
	if (clean == NULL)
		return -1;
	source_clean(clean, strlen(clean));
	blank_directives(clean);
	make_tokens(&c, clean);
	free(clean);
	if (!c.oom)
		match_brackets(&c);
	if (!c.oom)
		find_functions(&c);
	for (size_t i = 0; i < ret->nfunctions && !c.oom; i++)
		parse_block(&c, ret->function[i].open);
	if (!c.oom)
		return 0;
	mutate_scan_clear(ret);
	return -1;
}

void
mutate_scan_clear(struct mutate_scan *s)
{
	free(s->token);
	free(s->function);
	free(s->statement);
	free(s->test);
	*s = (struct mutate_scan){ 0 };
}
