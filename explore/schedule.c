/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Schedules as lists and as text, "r0:37 d0:1 i1:12 c1:13=2 w1:0".
 *
 * The parser is strict: what it accepts prints as the same text, white space
 * apart (any run of blanks and newlines separates choices).
 */
#include "explore/explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char letters[CHOICE_COUNT + 1] = "rdicw";

void
schedule_clear(struct schedule *s)
{
	free(s->choices);
	*s = (struct schedule){ 0 };
}

static void
reserve(struct schedule *s, size_t capacity)
{
	struct choice *grown;

	if (capacity <= s->capacity)
		return;
	grown = realloc(s->choices, capacity * sizeof(*grown));
	if (grown == NULL) {
		fputs("explore: out of memory for a schedule\n", stderr);
		abort();
	}
	s->choices = grown;
	s->capacity = capacity;
}

void
schedule_add(struct schedule *s, struct choice c)
{
	if (s->count == s->capacity)
		reserve(s, s->capacity == 0 ? 64 : 2 * s->capacity);
	s->choices[s->count++] = c;
}

void
schedule_copy(struct schedule *dst, const struct schedule *src)
{
	if (dst == src)
		return;
	reserve(dst, src->count);
	if (src->count > 0)
		memcpy(dst->choices, src->choices,
		    src->count * sizeof(*src->choices));
	dst->count = src->count;
}

char *
schedule_print(const struct schedule *s)
{
	const size_t longest = sizeof(" c1023:4294967295=65535");
	char *const text = malloc(s->count * longest + 1), *end = text;

	if (text == NULL) {
		fputs("explore: out of memory for a schedule\n", stderr);
		abort();
	}
	*end = '\0';
	for (size_t i = 0; i < s->count; i++) {
		const struct choice *c = &s->choices[i];

		end += sprintf(end, "%s%c%u:%u", i > 0 ? " " : "",
		    letters[c->kind], (unsigned)c->task, (unsigned)c->arg);
		if (c->kind == CHOICE_DATA)
			end += sprintf(end, "=%u", (unsigned)c->value);
	}
	return text;
}

/* ---- parsing: each step moves *p on, or returns why it cannot ----------- */

static bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static const char *
parse_number(const char **p, uint32_t max, uint32_t *ret)
{
	uint64_t value = 0;
	const char *q = *p;

	if (*q < '0' || *q > '9')
		return "expected a number";
	if (*q == '0' && q[1] >= '0' && q[1] <= '9')
		return "number with a leading zero";
	for (; *q >= '0' && *q <= '9'; q++) {
		value = 10 * value + (uint64_t)(*q - '0');
		if (value > max)
			return "number too large";
	}
	*p = q;
	*ret = (uint32_t)value;
	return NULL;
}

static const char *
parse_head(const char **p, struct choice *ret)
{
	const char *const letter = strchr(letters, **p), *why;
	uint32_t task;

	if (letter == NULL)
		return "expected a choice: r, d, i, c or w";
	ret->kind = (uint16_t)(letter - letters) & 15;
	++*p;
	if (**p < '0' || **p > '9')
		return "expected a task, 0 to 1023";
	why = parse_number(p, EXPLORE_MAX_TASKS - 1, &task);
	if (why != NULL)
		return why;
	ret->task = (uint16_t)task & 4095;
	if (**p != ':')
		return "expected ':'";
	++*p;
	return NULL;
}

static const char *
parse_choice(const char **p, struct choice *ret)
{
	uint32_t value = 0;
	const char *why = parse_head(p, ret);

	if (why != NULL)
		return why;
	if (ret->kind == CHOICE_DRAIN && **p == '0')
		return "a drain of nothing";
	why = parse_number(p, UINT32_MAX, &ret->arg);
	if (why != NULL)
		return why;
	if (ret->kind == CHOICE_DATA) {
		if (**p != '=')
			return "expected '='";
		++*p;
		why = parse_number(p, UINT16_MAX, &value);
		if (why != NULL)
			return why;
	}
	ret->value = (uint16_t)value;
	if (**p != '\0' && !is_space(**p))
		return "expected a space";
	return NULL;
}

int
schedule_parse(const char *text, struct schedule *ret, size_t *ret_offset,
               const char **ret_why)
{
	struct schedule s = { 0 };
	const char *p = text;

	for (;;) {
		struct choice c;
		const char *why;

		while (is_space(*p))
			p++;
		if (*p == '\0')
			break;
		why = parse_choice(&p, &c);
		if (why != NULL) {
			*ret_offset = (size_t)(p - text);
			*ret_why = why;
			schedule_clear(&s);
			return -1;
		}
		schedule_add(&s, c);
	}
	schedule_clear(ret);
	*ret = s;
	return 0;
}
