/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_random: programs from seeds.
 *
 * Each vCPU does a few steps; a step is an operation, a visit to user mode or a
 * switch.  Illegal steps are drawn again.  vCPU 0 takes something away and vCPU
 * 1 looks at it, so that something is at stake in each program.
 */
#include <string.h>

#include "scenarios/program.h"

struct dice {
	uint64_t state;
};

/* splitmix64 */
static unsigned
roll(struct dice *d, unsigned sides)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (unsigned)((z ^ z >> 31) % sides);
}

/* Steps in short form; '?' is a page at random, '%' the same again. */
static const char *const steps[] = {
	"u?", "u?", "u?", "p?", "g?", "g?", "a", "f", "t", "F",
	"u?e%", "u?e%", "u?m%", "g?e%", "k?", "k?", "K?", "q?", "y?", "z?",
	"<r?w>", "<r?w>", "<s?w>", "<s?w>", "<r?s?w>", "<>", "(r?w)", "(s?w)",
	"ob", "ib", "o<w>b", "ibib", "lwb", "lyb", "u?ou?b", "iu?b", "X",
	"d?D", "d?u?D", "x?", "x?<r?>",
};
#define NSTEPS (sizeof(steps) / sizeof(steps[0]))

/* Adds a step to the vCPU; false when it does not fit. */
static bool
add_step(struct program *p, unsigned vcpu, const char *step, struct dice *d)
{
	unsigned page = 0;

	for (const char *s = step; *s != '\0'; s++) {
		struct program_op *op = &p->op[vcpu][p->n[vcpu]];
		const bool kernel = strchr("kKqyz", *s) != NULL;

		if (p->n[vcpu] == PROGRAM_OPS)
			return false;
		op->code = *s;
		op->page = 0;
		if (s[1] == '?')
			page = roll(d, kernel ? 2 : SCENARIO_PAGES);
		if (s[1] >= '0' && s[1] <= '9')
			page = (unsigned)(s[1] - '0');
		if (s[1] != '\0' && strchr("?%0123456789", s[1]) != NULL) {
			op->page = (uint8_t)page;
			s++;
		} else if (kernel) {
			op->page = (uint8_t)roll(d, 2);
		}
		p->n[vcpu]++;
	}
	return true;
}

/* Draws until a step is legal where it stands. */
static void
draw_step(struct program *p, unsigned vcpu, struct dice *d)
{
	for (unsigned tries = 0; tries < 16; tries++) {
		struct program trial = *p;

		if (!add_step(&trial, vcpu, steps[roll(d, NSTEPS)], d) ||
		    program_complete(&trial) != NULL)
			continue;
		p->n[vcpu] = trial.n[vcpu];
		memcpy(p->op[vcpu], trial.op[vcpu], sizeof(p->op[vcpu]));
		return;
	}
}

void
program_random(uint64_t seed, struct program *ret)
{
	static const char *const first[] = { "u0", "u0e0", "g0e0", "p0", "a",
		"t", "u0u2", "F" };
	struct dice d = { seed };

	memset(ret, 0, sizeof(*ret));
	ret->vcpus = 2 + (roll(&d, 4) == 0);
	for (unsigned v = 0; v < ret->vcpus; v++) {
		const unsigned length = 1 + roll(&d, 3);

		if (v == 0)
			add_step(ret, 0, first[roll(&d, 8)], &d);
		if (v == 1)
			add_step(ret, 1, roll(&d, 2) != 0 ? "<r0w>" : "<s0w>",
			    &d);
		for (unsigned i = 0; i < length; i++)
			draw_step(ret, v, &d);
	}
	/* a program that is not legal has no vCPUs, and is not found */
	if (program_complete(ret) != NULL)
		ret->vcpus = 0;
}
