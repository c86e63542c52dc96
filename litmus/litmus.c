/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * litmus: the life of a test: room for its parts, and its end.
 * A test of all zeros is empty and may be freed.
 */
#include "litmus/parse.h"

#include <stdlib.h>
#include <string.h>

/* A program of this size that cannot get a few bytes has no better way out. */
static void *
must(void *p)
{
	if (p == NULL) {
		fputs("shootdown: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *
litmus_grow(void *array, unsigned n, size_t size)
{
	/* Doubles at each power of two. */
	if ((n & (n - 1)) == 0)
		array = must(realloc(array, (n == 0 ? 1 : 2 * n) * size));
	memset((char *)array + n * size, 0, size);
	return array;
}

char *
litmus_copy(const char *text, size_t size)
{
	char *const copy = must(malloc(size + 1));

	memcpy(copy, text, size);
	copy[size] = '\0';
	return copy;
}

struct litmus_cond *
litmus_cond_new(enum litmus_logic logic)
{
	struct litmus_cond *const c = must(calloc(1, sizeof(*c)));

	c->logic = logic;
	return c;
}

static bool
find_in_code(const struct litmus_code *code, const char *name, size_t size,
             unsigned *ret)
{
	for (unsigned i = 0; i < code->count; i++) {
		const char *const label = code->insn[i].label;

		if (label != NULL && strlen(label) == size &&
		    memcmp(label, name, size) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

bool
litmus_find_label(const struct litmus_test *t, const char *name, size_t size,
                  struct litmus_event *ret)
{
	struct litmus_event e = { 0 };

	for (e.cpu = 0; e.cpu < LITMUS_MAX_CPUS; e.cpu++) {
		const struct litmus_cpu *const c = &t->cpu[e.cpu];

		e.handler = !find_in_code(&c->code, name, size, &e.index);
		if (!e.handler ||
		    find_in_code(&c->handler, name, size, &e.index)) {
			*ret = e;
			return true;
		}
	}
	return false;
}

const struct litmus_insn *
litmus_event_insn(const struct litmus_test *t, const struct litmus_event *e)
{
	const struct litmus_cpu *c;

	if (e->init)
		return NULL;
	c = &t->cpu[e->cpu];
	return (e->handler ? &c->handler : &c->code)->insn + e->index;
}

static void
free_code(struct litmus_code *code)
{
	for (unsigned i = 0; i < code->count; i++)
		free(code->insn[i].label);
	free(code->insn);
}

/* The depth is bounded by the parser's. */
static void
free_cond(struct litmus_cond *c)
{
	if (c == NULL)
		return;
	free_cond(c->left);
	free_cond(c->right);
	free(c);
}

void
litmus_free(struct litmus_test *t)
{
	for (unsigned i = 0; i < t->frames; i++)
		free(t->frame[i].name);
	for (unsigned i = 0; i < t->spaces; i++)
		free(t->space[i].name);
	for (unsigned i = 0; i < t->pages; i++)
		free(t->page[i].name);
	for (unsigned i = 0; i < LITMUS_MAX_CPUS; i++) {
		free_code(&t->cpu[i].code);
		free_code(&t->cpu[i].handler);
	}
	for (unsigned i = 0; i < t->clauses; i++)
		free_cond(t->clause[i].cond);
	free(t->frame);
	free(t->space);
	free(t->page);
	free(t->map);
	free(t->clause);
	free(t->name);
	free(t->doc);
	free(t->machine);
	free(t->host);
	free(t->cpu_profile);
	free(t->cpu_knobs);
	memset(t, 0, sizeof(*t));
}
