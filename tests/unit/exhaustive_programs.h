/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random programs for the toy machine: 1 to 3 tasks, at most 8 operations in
 * all.  Each program leans to one of a few themes, since operations that have
 * nothing to do with each other meet too rarely to test anything.  Some say
 * late what they touch, some not at all.
 */
#ifndef SHOOTDOWN_TESTS_EXHAUSTIVE_PROGRAMS_H
#define SHOOTDOWN_TESTS_EXHAUSTIVE_PROGRAMS_H

#include "explore/rng.h"
#include "tests/unit/exhaustive_toy.h"

#define THEMES 6
#define PROGRAM_OPS 8

static const uint8_t themes[THEMES][8] = {
	/* memory */
	{ OP_LOAD, OP_STORE, OP_LOAD, OP_STORE, OP_FENCE, OP_XCHG, OP_LOAD,
	    OP_CHOOSE },
	/* translations; a store or load is of the page-table entry */
	{ OP_ACCESS, OP_INVLPG, OP_ACCESS, OP_STORE, OP_STORE, OP_FENCE,
	    OP_LOAD, OP_INVLPG },
	/* interrupts */
	{ OP_SEND, OP_CLI, OP_STI, OP_LOAD, OP_STORE, OP_SEND, OP_FENCE,
	    OP_CHOOSE },
	/* everything */
	{ OP_LOAD, OP_STORE, OP_SEND, OP_ACCESS, OP_INVLPG, OP_CLI, OP_FENCE,
	    OP_CHOOSE },
	/* waits and locks */
	{ OP_AWAIT, OP_STORE, OP_LOAD, OP_XCHG, OP_XCHG, OP_SEND, OP_FENCE,
	    OP_STORE },
	/* translations and waits */
	{ OP_ACCESS, OP_INVLPG, OP_STORE, OP_STORE, OP_AWAIT, OP_ACCESS,
	    OP_INVLPG, OP_FENCE },
};

static struct op
random_op(struct rng *rng, unsigned theme, unsigned tasks, unsigned value)
{
	struct op o = { .kind = themes[theme][rng_below(rng, 8)] };

	o.a = (uint8_t)rng_below(rng, 2);
	o.b = (uint8_t)value;
	if (theme == 1 || (theme == 3 && rng_below(rng, 3) == 0))
		o.a = PTE;
	if (theme == 5)
		o.a = o.kind == OP_STORE && rng_below(rng, 3) != 0 ? PTE : 0;
	/* Only stores of the entry may make it empty. */
	if (o.kind == OP_STORE && o.a == PTE && rng_below(rng, 3) == 0)
		o.b = 0;
	if (o.kind == OP_XCHG && o.a == PTE)
		o.a = 0;
	if (o.kind == OP_SEND)
		o.a = (uint8_t)rng_below(rng, tasks);
	if (o.kind == OP_CHOOSE)
		o.b = (uint8_t)(2 + rng_below(rng, 2));
	return o;
}

static struct program
random_program(uint64_t seed)
{
	struct rng rng;
	struct program p = { 0 };
	unsigned theme, ops;

	rng_seed(&rng, seed);
	theme = (unsigned)(seed % THEMES);
	p.tasks = rng_below(&rng, 8) == 0 ? 1 : 2 + rng_below(&rng, 2);
	p.walks = theme == 1 || theme == 3 || theme == 5;
	p.sc = rng_below(&rng, 3) == 0;
	p.pte = (uint8_t)rng_below(&rng, 2);
	p.late = rng_below(&rng, 4) == 0;
	if (rng_below(&rng, 8) == 0)
		p.vague = (uint8_t)(1u << rng_below(&rng, 8));
	ops = 3 + rng_below(&rng, PROGRAM_OPS - 2);
	for (unsigned i = 0; i < ops; i++) {
		const unsigned t = rng_below(&rng, p.tasks);

		p.op[t][p.count[t]++] =
		    random_op(&rng, theme, p.tasks, i + 2);
	}
	return p;
}

/* Mostly sends to one task, masking and unmasking; no translations. */
static __attribute__((unused)) struct program
random_interrupts(uint64_t seed)
{
	static const uint8_t kinds[16] = {
		OP_SEND, OP_SEND, OP_SEND, OP_SEND, OP_SEND, OP_CLI, OP_STI,
		OP_CLI, OP_STI, OP_LOAD, OP_STORE, OP_STORE, OP_FENCE,
		OP_CHOOSE, OP_XCHG, OP_AWAIT
	};
	struct program p = { 0 };
	unsigned ops, target;
	struct rng rng;

	rng_seed(&rng, seed);
	p.tasks = rng_below(&rng, 8) == 0 ? 1 : 2 + rng_below(&rng, 2);
	p.sc = rng_below(&rng, 3) == 0;
	p.late = rng_below(&rng, 4) == 0;
	if (rng_below(&rng, 8) == 0)
		p.vague = (uint8_t)(1u << rng_below(&rng, 8));
	ops = 4 + rng_below(&rng, PROGRAM_OPS - 3);
	target = rng_below(&rng, p.tasks);
	for (unsigned i = 0; i < ops; i++) {
		const unsigned t = rng_below(&rng, p.tasks);
		struct op o = { .kind = kinds[rng_below(&rng, 16)] };

		o.a = (uint8_t)rng_below(&rng, 2);
		o.b = (uint8_t)(o.kind == OP_CHOOSE ? 2 : i + 2);
		if (o.kind == OP_SEND)
			o.a = (uint8_t)(rng_below(&rng, 3) != 0 ? target :
			    rng_below(&rng, p.tasks));
		p.op[t][p.count[t]++] = o;
	}
	return p;
}

static __attribute__((unused)) bool
has_op(const struct program *p, enum op_kind kind)
{
	for (unsigned t = 0; t < p->tasks; t++)
		for (unsigned i = 0; i < p->count[t]; i++)
			if (p->op[t][i].kind == kind)
				return true;
	return false;
}

static const char *const op_names[OP_KINDS] = {
	"load", "store", "fence", "xchg", "invlpg", "access", "cli", "sti",
	"send", "choose", "await"
};

/* For messages: "0: store 3,2; fence | 1: ...". */
static const char *
print_program(const struct program *p)
{
	static char text[1024];
	size_t n = 0;

	for (unsigned t = 0; t < p->tasks; t++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u:",
		    t > 0 ? " | " : "", t);
		for (unsigned i = 0; i < p->count[t]; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    " %s %u,%u;", op_names[p->op[t][i].kind],
			    p->op[t][i].a, p->op[t][i].b);
	}
	return text;
}

#endif
