/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rules: reads a rule file.  Every line is checked; the first bad one ends it.
 */
#include "mutate/mutate.h"

#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 64

static const struct {
	const char *name;
	enum mutate_operator op;
	size_t min, max;        /* arguments */
	bool number;
} operators[] = {
	{ "drop-call", MUTATE_DROP_CALL, 1, MAX_WORDS, false },
	{ "drop-store", MUTATE_DROP_STORE, 0, 0, false },
	{ "drop-jump", MUTATE_DROP_JUMP, 0, 0, false },
	{ "swap", MUTATE_SWAP, 0, 0, false },
	{ "negate", MUTATE_NEGATE, 0, 0, false },
	{ "force", MUTATE_FORCE, 1, 1, true },
	{ "constant", MUTATE_CONSTANT, 1, 1, true },
	{ "replace", MUTATE_REPLACE, 2, 2, false },
};
#define NOPERATORS (sizeof(operators) / sizeof(operators[0]))

/* Splits a line into words; returns how many, MAX_WORDS + 2 at the most. */
static size_t
split(char *line, char **words)
{
	size_t n = 0;
	char *save = NULL, *comment = strchr(line, '#');

	if (comment != NULL)
		*comment = '\0';
	for (char *w = strtok_r(line, " \t\r", &save); w != NULL;
	     w = strtok_r(NULL, " \t\r", &save)) {
		if (n == MAX_WORDS + 2)
			break;
		words[n++] = w;
	}
	return n;
}

static const char *
fill(struct mutate_rule *r, char **words, size_t n)
{
	size_t o = 0;
	char *end;

	while (o < NOPERATORS && strcmp(operators[o].name, words[1]) != 0)
		o++;
	if (o == NOPERATORS)
		return "no such operator";
	if (n - 2 < operators[o].min || n - 2 > operators[o].max)
		return "the operator does not take so many arguments";
	r->op = operators[o].op;
	if (operators[o].number) {
		r->number = strtol(words[2], &end, 10);
		if (end == words[2] || *end != '\0')
			return "the argument is not a number";
	}
	r->name = strdup(words[0]);
	r->words = calloc(n, sizeof(*r->words));
	if (r->name == NULL || r->words == NULL)
		return "out of memory";
	for (size_t i = 2; i < n; i++) {
		r->words[r->nwords] = strdup(words[i]);
		if (r->words[r->nwords++] == NULL)
			return "out of memory";
	}
	return NULL;
}

static const char *
add_line(struct mutate_rules *rules, char *line)
{
	char *words[MAX_WORDS + 2];
	const size_t n = split(line, words);
	struct mutate_rule *more;

	if (n == 0)
		return NULL;
	if (n == 1)
		return "an operator is missing";
	for (size_t i = 0; i < rules->n; i++)
		if (strcmp(rules->v[i].name, words[0]) == 0)
			return "the name is taken";
	more = realloc(rules->v, (rules->n + 1) * sizeof(*more));
	if (more == NULL)
		return "out of memory";
	rules->v = more;
	rules->v[rules->n] = (struct mutate_rule){ 0 };
	return fill(&rules->v[rules->n++], words, n);
}

int
mutate_rules_parse(const char *text, struct mutate_rules *ret,
                   const char **ret_why)
{
	char *copy = strdup(text), *line = copy, *next;
	int number = 0;

	*ret = (struct mutate_rules){ NULL, 0 };
	*ret_why = copy != NULL ? NULL : "out of memory";
	for (; line != NULL && *ret_why == NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		number++;
		*ret_why = add_line(ret, line);
	}
	free(copy);
	if (*ret_why == NULL && ret->n == 0)
		*ret_why = "there is no rule";
	if (*ret_why == NULL)
		return 0;
	mutate_rules_clear(ret);
	return number != 0 ? number : 1;
}

void
mutate_rules_clear(struct mutate_rules *r)
{
	for (size_t i = 0; i < r->n; i++) {
		for (size_t w = 0; w < r->v[i].nwords; w++)
			free(r->v[i].words[w]);
		free(r->v[i].words);
		free(r->v[i].name);
	}
	free(r->v);
	*r = (struct mutate_rules){ NULL, 0 };
}
