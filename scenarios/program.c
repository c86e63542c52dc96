/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program: the text of programs, and what makes one legal.
 *
 * Legal: user pages are touched in the program's own space and in user mode or
 * a window; a page is mapped and given other frames by its owner alone (vCPU =
 * page modulo vCPUs), who therefore knows which frame it may give back, and
 * gives it back once the page is unmapped.
 */
#include "scenarios/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct program_word program_words[] = {
	{ 'u', "unmap", true }, { 'e', "free", true }, { 'm', "map", true },
	{ 'p', "protect", true }, { 'g', "remap", true },
	{ 'a', "unmap-all", false }, { 'f', "flush-all", false },
	{ 't', "free-table", false }, { 'd', "unmap-deferred", true },
	{ 'D', "drain", false }, { 'k', "kernel-unmap", true },
	{ 'K', "kernel-map", true }, { 'q', "kernel-protect", true },
	{ 'y', "kernel-read", true }, { 'z', "kernel-write", true },
	{ '<', "user", false }, { '>', "kernel", false },
	{ '(', "window", false }, { ')', "window-end", false },
	{ 'r', "read", true }, { 's', "write", true }, { 'w', "work", false },
	{ 'o', "other", false }, { 'b', "back", false }, { 'i', "idle", false },
	{ 'l', "lazy", false }, { 'x', "walk", true }, { 'F', "fork", false },
	{ 'X', "exit", false }, { 'c', "no-execute", true },
	{ 'L', "unmap-long", false }, { 'H', "unmap-huge", false },
	{ 'P', "promote", false }, { 'V', "demote", false },
	{ 'A', "kernel-unmap-all", false }, { 'J', "kernel-flush-all", false },
	{ 'R', "kernel-unmap-long", false },
	{ 'T', "kernel-unmap-top", false }, { 'U', "kernel-read-top", false },
	{ 'B', "unmap-large", false }, { 'Q', "protect-large", false },
	{ 'n', "migrate-to", true }, { 'N', "migrate-in", false },
	{ 0, NULL, false }
};

static const struct program_word *
word_of(char code)
{
	const struct program_word *w = program_words;

	while (w->code != 0 && w->code != code)
		w++;
	return w->code != 0 ? w : NULL;
}

/* ---- legality --------------------------------------------------------------- */

enum place { IN_SPACE, IN_USER, IN_WINDOW, IN_OTHER, IN_OTHER_USER, IN_IDLE,
	IN_LAZY, GONE };

struct checker {
	struct program *p;
	unsigned vcpu, next_frame;
	enum place place;
	int mapped[SCENARIO_PAGES];     /* frame, -1: none; of its owner */
	int removed[SCENARIO_PAGES];    /* frame that may be given back */
	bool deferred;
};

static const char *
check_place(struct checker *c, char code)
{
	const bool user = c->place == IN_USER || c->place == IN_OTHER_USER;

	if (code == 'w')
		return NULL;
	if (strchr("rs", code) != NULL)
		return c->place == IN_USER || c->place == IN_WINDOW ? NULL :
		    "user pages are touched in user mode or in a window";
	if (code == '>') {
		c->place = c->place == IN_USER ? IN_SPACE : IN_OTHER;
		return user ? NULL : "it is not in user mode";
	}
	if (code == ')') {
		const bool in = c->place == IN_WINDOW;

		c->place = IN_SPACE;
		return in ? NULL : "no window is open";
	}
	if (user || c->place == IN_WINDOW)
		return "only touches and work are done in user mode";
	if (c->place == GONE)
		return "the vCPU has left the program by exit";
	if (strchr("yzUb", code) == NULL && c->place == IN_LAZY)
		return "a lazy vCPU reads kernel pages or comes back";
	return NULL;
}

static const char *
check_move(struct checker *c, char code)
{
	switch (code) {
	case '<':
		if (c->place != IN_SPACE && c->place != IN_OTHER)
			return "user mode is entered from a space";
		c->place = c->place == IN_SPACE ? IN_USER : IN_OTHER_USER;
		return NULL;
	case '(':
	case 'l':
	case 'x':
		if (c->place != IN_SPACE)
			return "it is not in the space";
		c->place = code == '(' ? IN_WINDOW : code == 'l' ? IN_LAZY :
		    IN_SPACE;
		return NULL;
	case 'o':
		c->place = IN_OTHER;
		return NULL;
	case 'i':
		c->place = IN_IDLE;
		return NULL;
	case 'n':
		if (c->place != IN_SPACE)
			return "it is not in the space";
		c->place = IN_IDLE;
		return NULL;
	case 'N':
		if (c->place != IN_IDLE && c->place != IN_OTHER)
			return "it is in the space already";
		c->place = IN_SPACE;
		return NULL;
	case 'X':
		c->place = GONE;
		return NULL;
	case 'b':
		c->place = IN_SPACE;
		return NULL;
	default:
		return NULL;
	}
}

static const char *
check_frames(struct checker *c, struct program_op *op)
{
	const unsigned page = op->page;
	const bool own = page % c->p->vcpus == c->vcpu;

	if (strchr("ekKq", op->code) == NULL && strchr("ugm", op->code) == NULL)
		return NULL;
	if (page >= SCENARIO_PAGES)
		return NULL;
	if (strchr("kq", op->code) != NULL)
		return NULL;
	if (op->code == 'u') {
		if (own && c->mapped[page] >= 0) {
			c->removed[page] = c->mapped[page];
			c->mapped[page] = -1;
		}
		return NULL;
	}
	if (!own)
		return "only its owner (vCPU = page modulo vCPUs) maps a page "
		    "or frees its frame";
	if (op->code == 'e') {
		if (c->removed[page] < 0)
			return "there is no frame to free";
		op->frame = (uint8_t)c->removed[page];
		c->removed[page] = -1;
		return NULL;
	}
	if (op->code == 'm' && c->mapped[page] >= 0)
		return "the page is mapped";
	op->frame = (uint8_t)c->next_frame++;
	if (op->code == 'K')
		return NULL;
	if (op->code == 'g')
		c->removed[page] = c->mapped[page];
	c->mapped[page] = op->frame;
	return NULL;
}

static void
add_needs(struct checker *c, const struct program_op *op)
{
	struct scenario *s = &c->p->scenario;
	const char code = op->code;

	if (code == 'l')
		s->needs |= NEEDS_LAZY;
	if (code == 'd' || code == 'D')
		s->needs |= NEEDS_DEFERRED;
	if (code == 'x')
		s->needs |= NEEDS_WALK;
	if (strchr("kKqyzAJRTU", code) != NULL)
		s->needs |= NEEDS_KERNEL_GLOBAL;
	if (code == 'c')
		c->p->executable = true;
	if (strchr("PVBQ", code) != NULL || op->page >= SCENARIO_PAGES)
		c->p->large = true;
	if (strchr("TU", code) != NULL)
		c->p->top = true;
	if (code == 'o')
		s->other_space = true;
	if (code == 'd')
		c->deferred = true;
	if (code == 'D')
		c->deferred = false;
}

/* Is there what its number names? */
static const char *
check_number(const struct checker *c, const struct program_op *op)
{
	const struct program_word *w = word_of(op->code);

	if (w == NULL || (w->page && op->page >= SCENARIO_ALL_PAGES))
		return "no such operation or page";
	if (op->code == 'n')
		return op->page < c->p->vcpus && op->page != c->vcpu ? NULL :
		    "a thread migrates to another vCPU of the program";
	if (w->page && op->page >= SCENARIO_PAGES &&
	    strchr("ursp", op->code) == NULL)
		return "pages 4 and 5 keep their frames: they are unmapped, "
		    "protected, read and written";
	return NULL;
}

static const char *
check_vcpu(struct checker *c)
{
	const char *why = NULL;

	for (unsigned i = 0; i < c->p->n[c->vcpu] && why == NULL; i++) {
		struct program_op *op = &c->p->op[c->vcpu][i];

		why = check_number(c, op);
		if (why == NULL)
			why = check_place(c, op->code);
		if (why == NULL)
			why = check_move(c, op->code);
		if (why == NULL)
			why = check_frames(c, op);
		add_needs(c, op);
	}
	if (why != NULL)
		return why;
	if (c->place == IN_USER || c->place == IN_WINDOW ||
	    c->place == IN_OTHER_USER)
		return "it ends in user mode or in a window";
	return c->deferred ? "a deferred unmap is not drained" : NULL;
}

static void
name_it(struct program *p)
{
	char *at = p->name + snprintf(p->name, sizeof(p->name), "%s",
	    PROGRAM_PREFIX);
	const char *end = p->name + sizeof(p->name) - 3;

	for (unsigned c = 0; c < p->vcpus; c++) {
		if (c > 0)
			*at++ = '|';
		for (unsigned i = 0; i < p->n[c] && at < end; i++) {
			*at++ = p->op[c][i].code;
			if (word_of(p->op[c][i].code)->page)
				*at++ = (char)('0' + p->op[c][i].page);
		}
	}
	*at = '\0';
}

/*
 * Does every thread that a vCPU waits for come?  Only a wait holds a vCPU up,
 * and a thread is addressed: all orders end alike, so that one is enough.
 */
static bool
all_arrive(const struct program *p)
{
	unsigned at[PROGRAM_VCPUS] = { 0 }, arrived[PROGRAM_VCPUS] = { 0 };
	unsigned v, done = 0;
	bool moved = true;

	while (moved) {
		moved = false;
		for (v = done = 0; v < p->vcpus; v++) {
			const struct program_op *op = &p->op[v][at[v]];

			if (at[v] == p->n[v]) {
				done++;
				continue;
			}
			if (op->code == 'N' && arrived[v] == 0)
				continue;
			if (op->code == 'N')
				arrived[v]--;
			if (op->code == 'n')
				arrived[op->page]++;
			at[v]++;
			moved = true;
		}
	}
	return done == p->vcpus;
}

unsigned
program_count(const struct program *p, char code)
{
	unsigned n = 0;

	for (unsigned v = 0; v < p->vcpus; v++)
		for (unsigned i = 0; i < p->n[v]; i++)
			n += p->op[v][i].code == code;
	return n;
}

static bool
several(unsigned vcpus)
{
	return (vcpus & (vcpus - 1)) != 0;
}

/* Kernels unmap ranges without a lock: addresses belong to somebody. */
static bool
others_change_kernel(const struct program *p)
{
	unsigned changes = 0, ranges = 0, tops = 0;

	for (unsigned v = 0; v < p->vcpus; v++)
		for (unsigned i = 0; i < p->n[v]; i++) {
			const char code = p->op[v][i].code;

			changes |= strchr("kKqAR", code) != NULL ? 1u << v : 0;
			ranges |= strchr("AR", code) != NULL ? 1u << v : 0;
			tops |= code == 'T' ? 1u << v : 0;
		}
	return (ranges != 0 && several(changes)) || several(tops);
}

const char *
program_complete(struct program *p)
{
	p->scenario = (struct scenario){
		.name = p->name, .summary = "a program of operations",
		.min_vcpus = p->vcpus, .max_vcpus = p->vcpus,
		.sparse_too = p->vcpus == 3, .failing_too = p->vcpus == 2,
		.setup = program_setup, .program = program_run, .data = p,
	};
	p->executable = p->large = p->top = false;
	if (p->vcpus < 2 || p->vcpus > PROGRAM_VCPUS)
		return "a program has 2 to 4 vCPUs";
	if (others_change_kernel(p))
		return "who unmaps a range of kernel pages is the only one "
		    "that changes any of it";
	for (unsigned v = 0; v < p->vcpus; v++) {
		struct checker c = { .p = p, .vcpu = v,
		    .next_frame = SCENARIO_PAGES * 2 + v * PROGRAM_OPS };
		const char *why;

		for (unsigned i = 0; i < SCENARIO_PAGES; i++) {
			c.mapped[i] = i % p->vcpus == v ? (int)i : -1;
			c.removed[i] = -1;
		}
		why = check_vcpu(&c);
		if (why != NULL)
			return why;
	}
	if (!all_arrive(p))
		return "a vCPU waits for a thread that does not come "
		    "(migrate-to)";
	if (p->large && program_count(p, 'L') + program_count(p, 'H') > 0)
		return "long ranges end before pages that may be promoted";
	if (p->name[0] == '\0')
		name_it(p);
	return NULL;
}

/* ---- texts -------------------------------------------------------------------- */

static const char *
add_op(struct program *p, char code, unsigned page)
{
	unsigned *n = &p->n[p->vcpus - 1];

	if (*n == PROGRAM_OPS)
		return "a vCPU has at most 16 operations";
	p->op[p->vcpus - 1][(*n)++] = (struct program_op){ .code = code,
	    .page = (uint8_t)page };
	return NULL;
}

const char *
program_parse(const char *text, struct program *ret)
{
	const char *why = NULL;

	memset(ret, 0, sizeof(*ret));
	ret->vcpus = 1;
	for (const char *s = text; *s != '\0' && why == NULL; s++) {
		const struct program_word *w = word_of(*s);
		unsigned page = 0;

		if (*s == '|') {
			if (ret->vcpus++ == PROGRAM_VCPUS)
				return "a program has 2 to 4 vCPUs";
			continue;
		}
		if (w == NULL)
			return "no such operation";
		if (w->page) {
			if (s[1] < '0' || s[1] > '9')
				return "the number of a page is missing";
			page = (unsigned)(*++s - '0');
		}
		why = add_op(ret, w->code, page);
	}
	return why != NULL ? why : program_complete(ret);
}

/* "word" or "word N". */
static const char *
parse_word(char *text, struct program *p)
{
	char *save = NULL, *word = strtok_r(text, " \t\r", &save);
	char *number = strtok_r(NULL, " \t\r", &save), *end = NULL;
	const struct program_word *w = program_words;
	unsigned long page = 0;

	if (word == NULL)
		return "an operation is missing between commas";
	while (w->code != 0 && strcmp(w->word, word) != 0)
		w++;
	if (w->code == 0)
		return "no such operation";
	if (w->page != (number != NULL) || strtok_r(NULL, " ", &save) != NULL)
		return "operations on pages, and no others, have one number";
	if (number != NULL)
		page = strtoul(number, &end, 10);
	if (number != NULL && (*end != '\0' || page >= SCENARIO_ALL_PAGES))
		return "there is no such page";
	return add_op(p, w->code, (unsigned)page);
}

static const char *
parse_line(char *line, struct program *p)
{
	const char *why = NULL;
	char *save = NULL, *comment = strchr(line, '#'), *part;
	unsigned vcpu;
	int used = 0;

	if (comment != NULL)
		*comment = '\0';
	if (line[strspn(line, " \t\r")] == '\0')
		return NULL;
	if (sscanf(line, " vcpu %u :%n", &vcpu, &used) != 1 || used == 0 ||
	    vcpu != p->vcpus || vcpu >= PROGRAM_VCPUS)
		return "a line begins with 'vcpu N:', N from 0 on";
	p->vcpus++;
	for (part = strtok_r(line + used, ",\n", &save);
	     part != NULL && why == NULL; part = strtok_r(NULL, ",\n", &save))
		why = parse_word(part, p);
	return why;
}

const char *
program_parse_lines(const char *text, struct program *ret)
{
	char *copy = strdup(text), *line = copy, *next;
	const char *why = copy != NULL ? NULL : "out of memory";

	memset(ret, 0, sizeof(*ret));
	for (; line != NULL && why == NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		why = parse_line(line, ret);
	}
	free(copy);
	return why != NULL ? why : program_complete(ret);
}

void
program_print(const struct program *p, char *buf, unsigned size)
{
	size_t at = 0;

	for (unsigned c = 0; c < p->vcpus; c++) {
		at += (size_t)snprintf(buf + at, size - at, "vcpu %u:", c);
		for (unsigned i = 0; i < p->n[c] && at < size; i++) {
			const struct program_op *op = &p->op[c][i];
			const struct program_word *w = word_of(op->code);

			at += (size_t)snprintf(buf + at, size - at, "%s %s",
			    i > 0 ? "," : "", w->word);
			if (w->page && at < size)
				at += (size_t)snprintf(buf + at, size - at,
				    " %u", op->page);
		}
		if (at < size)
			at += (size_t)snprintf(buf + at, size - at, "\n");
	}
}
