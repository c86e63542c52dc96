/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source: a C file as lines and tokens.  Comments and the insides of literals
 * are blanked but not removed, so that an offset means the same byte in the
 * raw, the clean and the active text.
 */
#include "source.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../build/text.h"

/* Blank [p, q) but keep its line ends and the backslashes before them. */
static void
blank(char *p, const char *q)
{
	for (; p < q; p++) {
		bool splice = *p == '\\' && p + 1 < q && p[1] == '\n';

		if (*p != '\n' && !splice)
			*p = ' ';
	}
}

static char *
skip_block_comment(char *p, char *end)
{
	char *q = p + 2;

	while (q + 1 < end && !(q[0] == '*' && q[1] == '/'))
		q++;
	q = q + 1 < end ? q + 2 : end;
	blank(p, q);
	return q;
}

static char *
skip_line_comment(char *p, char *end)
{
	char *q = p;

	while (q < end && (*q != '\n' || q[-1] == '\\'))
		q++;
	blank(p, q);
	return q;
}

/* A literal ends at its quote, or (as in "#error don't") with the line. */
static char *
skip_literal(char *p, char *end)
{
	char *q = p + 1;

	while (q < end && *q != *p && *q != '\n')
		q += *q == '\\' && q + 1 < end ? 2 : 1;
	if (q > end)
		q = end;
	blank(p + 1, q);
	return q < end && *q == *p ? q + 1 : q;
}

void
source_clean(char *s, size_t size)
{
	char *p = s, *end = s + size;

	while (p < end) {
		if (*p == '/' && p + 1 < end && p[1] == '*')
			p = skip_block_comment(p, end);
		else if (*p == '/' && p + 1 < end && p[1] == '/')
			p = skip_line_comment(p, end);
		else if (*p == '"' || *p == '\'')
			p = skip_literal(p, end);
		else
			p++;
	}
}

static int
index_lines(struct source *src)
{
	size_t n = 0;

	for (size_t i = 0; i < src->size; i++) {
		if (src->raw[i] == '\n' || i + 1 == src->size)
			n++;
	}
	src->line = calloc(n + 2, sizeof(*src->line));
	src->flags = calloc(n + 1, 1);
	src->depth = calloc(n + 1, sizeof(*src->depth));
	if (!src->line || !src->flags || !src->depth)
		return -ENOMEM;
	for (size_t i = 0; i < src->size; i++) {
		if (src->raw[i] == '\n' || i + 1 == src->size)
			src->line[++src->nlines] = i + 1;
	}
	return 0;
}

/* A line that starts with '#', and the lines it is continued on. */
static void
mark_directives(struct source *src)
{
	bool continued = false;

	for (size_t i = 0; i < src->nlines; i++) {
		const char *p = src->clean + src->line[i];
		const char *end = src->clean + src->line[i + 1];

		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		if (continued || (p < end && *p == '#'))
			src->flags[i] |= LINE_DIRECTIVE;
		continued = src->flags[i] & LINE_DIRECTIVE && end - p >= 2 &&
		    end[-1] == '\n' && end[-2] == '\\';
	}
}

int
source_read(struct source *src, const char *path)
{
	int err = file_read(path, &src->raw, &src->size);

	if (err)
		return err;
	/* a NUL in the text would end every scan early */
	for (size_t i = 0; i < src->size; i++) {
		if (!src->raw[i])
			return -EILSEQ;
	}
	src->clean = malloc(src->size + 1);
	src->active = malloc(src->size + 1);
	if (!src->clean || !src->active)
		return -ENOMEM;
	memcpy(src->clean, src->raw, src->size + 1);
	source_clean(src->clean, src->size);
	memcpy(src->active, src->clean, src->size + 1);
	err = index_lines(src);
	if (!err)
		mark_directives(src);
	return err;
}

void
source_clear(struct source *src)
{
	free(src->raw);
	free(src->clean);
	free(src->active);
	free(src->line);
	free(src->flags);
	free(src->depth);
	*src = (struct source){ 0 };
}

static bool
is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

bool
token_next(const char **p, const char *end, struct token *tok)
{
	const char *s = *p;

	while (s < end && (isspace((unsigned char)*s) || *s == '\\'))
		s++;
	if (s >= end)
		return false;
	tok->s = s;
	tok->ident = is_name(*s) && !isdigit((unsigned char)*s);
	if (is_name(*s)) {
		while (s < end && is_name(*s))
			s++;
	} else if (s + 1 < end && ((s[0] == '-' && s[1] == '>') ||
	    (s[0] == '#' && s[1] == '#') || (s[1] == '=' && strchr("=!<>", *s)) ||
	    ((*s == '&' || *s == '|') && s[1] == *s))) {
		s += 2;
	} else {
		s++;
	}
	tok->len = (size_t)(s - tok->s);
	*p = s;
	return true;
}

bool
slice_token_is(const struct token *tok, const char *s)
{
	return strlen(s) == tok->len && memcmp(tok->s, s, tok->len) == 0;
}

bool
token_keyword(const struct token *tok)
{
	static const char *const words[] = {
		"if", "while", "for", "switch", "return", "sizeof", "do",
		"else", "case", "default", "goto", "break", "continue",
		"typeof", "__typeof", "__typeof__", "defined", "_Generic",
		"_Alignof", "_Alignas", "__alignof__", "__attribute__",
		"__attribute", "asm", "__asm", "__asm__", "volatile",
		"__volatile", "__volatile__", "const", "_Static_assert",
		"static", "extern", "register", "auto", "inline", "__inline",
		"__inline__", "typedef", "struct", "union", "enum", "void",
		"int", "char", "long", "short", "unsigned", "signed", "float",
		"double", "_Bool", "restrict", "__restrict", "__extension__",
		"_Atomic", "_Noreturn", "_Thread_local", "__thread",
		"_Pragma", "__func__", "__FILE__", "__LINE__", "__VA_ARGS__",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (slice_token_is(tok, words[i]))
			return true;
	}
	return tok->len > 10 && memcmp(tok->s, "__builtin_", 10) == 0;
}

size_t
source_line_at(const struct source *src, size_t offset)
{
	size_t lo = 0, hi = src->nlines;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (src->line[mid] <= offset)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

struct def *
deftab_add(struct deftab *tab, const char *name, size_t len, char kind,
	   size_t at)
{
	struct def *d;

	if (tab->n == tab->cap) {
		size_t cap = tab->cap ? tab->cap * 2 : 64;
		struct def *v = realloc(tab->v, cap * sizeof(*v));

		if (!v) {
			tab->oom = true;
			return NULL;
		}
		tab->v = v;
		tab->cap = cap;
	}
	d = &tab->v[tab->n];
	*d = (struct def){ .kind = kind, .at = at, .first = at, .last = at };
	d->name = strndup(name, len);
	if (!d->name) {
		tab->oom = true;
		return NULL;
	}
	tab->n++;
	return d;
}

void
deftab_clear(struct deftab *tab)
{
	for (size_t i = 0; i < tab->n; i++) {
		free(tab->v[i].name);
		free(tab->v[i].expansion);
	}
	free(tab->v);
	*tab = (struct deftab){ 0 };
}
