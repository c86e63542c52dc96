/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * find: where the rules of a file apply in a text, and the changed text.
 */
#include "mutate/mutate.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct finder {
	const struct mutate_scan *s;
	const struct mutate_rules *rules;
	struct mutate_changes *out;
	size_t rule;
	const struct mutate_function *function;
	bool oom;
};

static const struct mutate_rule *
rule_of(const struct finder *f)
{
	return &f->rules->v[f->rule];
}

static size_t
start_of(const struct finder *f, size_t token)
{
	return f->s->token[token].at;
}

static size_t
end_of(const struct finder *f, size_t token)
{
	return f->s->token[token].at + f->s->token[token].len;
}

static char *
part(const struct finder *f, size_t from, size_t to)
{
	return strndup(f->s->text + from, to - from);
}

static bool
is_known(const struct finder *f, const struct mutate_change *c)
{
	for (size_t i = 0; i < f->out->n; i++) {
		const struct mutate_change *o = &f->out->v[i];

		if (o->at == c->at && o->len == c->len &&
		    strcmp(o->with, c->with) == 0)
			return true;
	}
	return false;
}

/* Takes `with`, which may be NULL for want of memory. */
static void
add(struct finder *f, size_t from, size_t to, char *with)
{
	struct mutate_changes *o = f->out;
	struct mutate_change c = { .rule = f->rule, .at = from,
	    .len = to - from, .with = with };
	struct mutate_change *more;

	if (with == NULL) {
		f->oom = true;
		return;
	}
	if (is_known(f, &c)) {
		free(with);
		return;
	}
	c.function = part(f, start_of(f, f->function->name),
	    end_of(f, f->function->name));
	if (o->n == o->capacity) {
		o->capacity = o->capacity != 0 ? 2 * o->capacity : 64;
		more = realloc(o->v, o->capacity * sizeof(*o->v));
		if (more == NULL)
			f->oom = true;
		else
			o->v = more;
	}
	if (f->oom || c.function == NULL) {
		free(c.function);
		free(with);
		f->oom = true;
		return;
	}
	o->v[o->n++] = c;
}

/* The range without what stands there; line ends stay. */
static void
drop(struct finder *f, size_t from, size_t to)
{
	char *with = part(f, from, to);

	for (char *p = with; p != NULL && *p != '\0'; p++)
		if (*p != '\n')
			*p = ' ';
	if (with != NULL && from < to)
		with[0] = ';';
	add(f, from, to, with);
}

static bool
has_directive(const struct finder *f, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const char *p = f->s->text + i;

		if (*p == '\n' && p[1 + strspn(p + 1, " \t")] == '#')
			return true;
	}
	return false;
}

/* ---- operators ---------------------------------------------------------------- */

/* The name that a call statement calls: before the bracket that ends it. */
static bool
calls_one_of(const struct finder *f, const struct mutate_statement *st)
{
	const size_t bracket = f->s->token[st->last - 1].match;
	const struct mutate_rule *r = rule_of(f);
	char name[64];
	size_t len;

	if (bracket == 0 || bracket <= st->first ||
	    f->s->token[bracket - 1].kind != TOKEN_NAME)
		return false;
	len = f->s->token[bracket - 1].len;
	if (len >= sizeof(name))
		return false;
	memcpy(name, f->s->text + f->s->token[bracket - 1].at, len);
	name[len] = '\0';
	for (size_t i = 0; i < r->nwords; i++)
		if (fnmatch(r->words[i], name, 0) == 0)
			return true;
	return false;
}

static void
drop_statement(struct finder *f, const struct mutate_statement *st)
{
	const enum mutate_operator op = rule_of(f)->op;

	if ((op == MUTATE_DROP_CALL && st->kind == STATEMENT_CALL &&
	     calls_one_of(f, st)) ||
	    (op == MUTATE_DROP_STORE && st->kind == STATEMENT_STORE) ||
	    (op == MUTATE_DROP_JUMP && st->kind == STATEMENT_JUMP))
		drop(f, start_of(f, st->first), end_of(f, st->last));
}

static bool
may_swap(const struct mutate_statement *st)
{
	return st->kind == STATEMENT_CALL || st->kind == STATEMENT_STORE ||
	    st->kind == STATEMENT_COMPOUND;
}

/* The next statement of the same block. */
static const struct mutate_statement *
next_in_block(const struct finder *f, const struct mutate_statement *st)
{
	const struct mutate_statement *end = f->s->statement +
	    f->s->nstatements;

	for (const struct mutate_statement *n = st + 1; n < end; n++)
		if (n->block == st->block)
			return n;
	return NULL;
}

static void
swap(struct finder *f, const struct mutate_statement *a)
{
	const struct mutate_statement *b = next_in_block(f, a);
	size_t a0, a1, b0, b1, n;
	char *with;

	if (!may_swap(a) || b == NULL || !may_swap(b))
		return;
	a0 = start_of(f, a->first);
	a1 = end_of(f, a->last);
	b0 = start_of(f, b->first);
	b1 = end_of(f, b->last);
	if (has_directive(f, a0, b1))
		return;
	n = b1 - a0;
	with = malloc(n + 1);
	if (with != NULL)
		snprintf(with, n + 1, "%.*s%.*s%.*s", (int)(b1 - b0),
		    f->s->text + b0, (int)(b0 - a1), f->s->text + a1,
		    (int)(a1 - a0), f->s->text + a0);
	add(f, a0, b1, with);
}

/* "(TEST)" becomes "(HEAD(TEST))". */
static void
change_test(struct finder *f, const struct mutate_test *t, const char *head)
{
	const size_t from = end_of(f, t->open), to = start_of(f, t->close);
	const size_t size = to - from + strlen(head) + 3;
	char *with = malloc(size);

	if (with != NULL)
		snprintf(with, size, "%s(%.*s)", head, (int)(to - from),
		    f->s->text + from);
	add(f, from, to, with);
}

static void
test_point(struct finder *f, const struct mutate_test *t)
{
	const struct mutate_rule *r = rule_of(f);

	if (has_directive(f, start_of(f, t->open), end_of(f, t->close)))
		return;
	if (r->op == MUTATE_NEGATE)
		change_test(f, t, "!");
	else if (r->op == MUTATE_FORCE)
		change_test(f, t, r->number != 0 ? "1 || " : "0 && ");
}

static void
change_token(struct finder *f, size_t i)
{
	const struct mutate_rule *r = rule_of(f);
	const size_t from = start_of(f, i), to = end_of(f, i);
	char *with;

	if (r->op == MUTATE_REPLACE && mutate_token_is(f->s, i, r->words[0])) {
		add(f, from, to, strdup(r->words[1]));
	} else if (r->op == MUTATE_CONSTANT &&
	           f->s->token[i].kind == TOKEN_NUMBER &&
	           !mutate_token_is(f->s, i - 1, ".")) {
		with = malloc(to - from + 32);
		if (with != NULL)
			snprintf(with, to - from + 32, "(%.*s + (%ld))",
			    (int)(to - from), f->s->text + from, r->number);
		add(f, from, to, with);
	}
}

/* ---- all of it ------------------------------------------------------------------ */

static bool
inside(const struct finder *f, size_t token)
{
	return token > f->function->open && token < f->function->close;
}

static void
apply_rule(struct finder *f)
{
	const struct mutate_scan *s = f->s;

	for (size_t i = 0; i < s->nstatements && !f->oom; i++) {
		if (!inside(f, s->statement[i].first))
			continue;
		drop_statement(f, &s->statement[i]);
		if (rule_of(f)->op == MUTATE_SWAP)
			swap(f, &s->statement[i]);
	}
	for (size_t i = 0; i < s->ntests && !f->oom; i++)
		if (inside(f, s->test[i].open))
			test_point(f, &s->test[i]);
	for (size_t i = f->function->open; i < f->function->close && !f->oom;
	     i++)
		change_token(f, i);
}

int
mutate_find(const char *text, const struct mutate_rules *rules,
            struct mutate_changes *ret)
{
	struct mutate_scan s;
	struct finder f = { .s = &s, .rules = rules, .out = ret };

	*ret = (struct mutate_changes){ NULL, 0, 0 };
	if (mutate_scan(text, &s) != 0)
		return -1;
	for (size_t i = 0; i < s.nfunctions; i++) {
		f.function = &s.function[i];
		for (f.rule = 0; f.rule < rules->n && !f.oom; f.rule++)
			apply_rule(&f);
	}
	mutate_scan_clear(&s);
	if (!f.oom)
		return 0;
	mutate_changes_clear(ret);
	return -1;
}

void
mutate_changes_clear(struct mutate_changes *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].with);
		free(c->v[i].function);
	}
	free(c->v);
	*c = (struct mutate_changes){ NULL, 0, 0 };
}

char *
mutate_apply(const char *text, const struct mutate_change *c)
{
	const size_t n = strlen(text), with = strlen(c->with);
	char *out = malloc(n - c->len + with + 1);

	if (out == NULL)
		return NULL;
	memcpy(out, text, c->at);
	memcpy(out + c->at, c->with, with);
	memcpy(out + c->at + with, text + c->at + c->len,
	    n - c->at - c->len + 1);
	return out;
}
