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
	"c?", "c?", "L", "H", "at", "u0u1u2u3t", "A", "J", "R", "T", "U",
	"kJ", "u?J", "ou?b", "<r?w>o", "<r?w>i", "lwb<r?w>", "lwwb<r?w>",
};

/* In one of eight programs, since 512 entries at once take their time. */
static const char *const large_steps[] = {
	"P", "P", "PV", "Pu4", "Pp4", "PB", "PQ", "PQV", "PB", "PQ", "Vu5",
	"u5", "<r4w>", "<r5w>", "<s5w>", "<s4w>", "u?", "<r?w>", "ob", "f",
};

/* In another one of eight, whose one thread goes from vCPU to vCPU. */
static const char *const thread_steps[] = {
	"<r0w>", "<r0w>", "<s0w>", "<r1w>", "u0", "u0", "u1", "p0", "g0e0",
	"a", "F", "t", "L", "(r0w)", "k0", "y0", "f", "lwb", "ob",
};

/* What a program is drawn from. */
struct deck {
	const char *const *step;
	unsigned count;
};
#define DECK(steps) (struct deck){ steps, sizeof(steps) / sizeof(steps[0]) }

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
draw_step(struct program *p, unsigned vcpu, struct deck deck, struct dice *d)
{
	for (unsigned tries = 0; tries < 16; tries++) {
		struct program trial = *p;

		if (!add_step(&trial, vcpu, deck.step[roll(d, deck.count)],
		    d) || program_complete(&trial) != NULL)
			continue;
		p->n[vcpu] = trial.n[vcpu];
		memcpy(p->op[vcpu], trial.op[vcpu], sizeof(p->op[vcpu]));
		return;
	}
}

/* With so many operations there is room for a step, and to leave and return. */
#define ROOM 7u

/*
 * One thread, which starts on vCPU 0; the others soon have no other.  It takes
 * something away at its second stop, and looks at it at the last one.  Between
 * the vCPUs a user page is at stake, or a kernel page, whose flush does not make
 * a vCPU flush the space as it comes back.
 */
static void
draw_thread(struct program *p, struct dice *d)
{
	static const char *const taking[] = { "u0", "u0", "p0", "F", "a", "L" };
	const unsigned moves = 2 + roll(d, 2);
	const bool kernel = roll(d, 2) != 0;
	unsigned at = 0;

	for (unsigned v = 1; v < p->vcpus; v++)
		add_step(p, v, v > 1 ? "i" : kernel ? "y1i" : "<r2w>i", d);
	add_step(p, 0, kernel ? "<r0w>k1" : "<r0w>u2", d);
	for (unsigned i = 0; i < moves; i++) {
		const unsigned to = (at + 1 + roll(d, p->vcpus - 1)) %
		    p->vcpus;
		const char move[] = { 'n', (char)('0' + to), '\0' };

		if (i == 1)
			draw_step(p, at, DECK(taking), d);
		if (p->n[at] <= ROOM)
			draw_step(p, at, DECK(thread_steps), d);
		add_step(p, at, move, d);
		add_step(p, to, "N", d);
		at = to;
	}
	add_step(p, at, roll(d, 2) != 0 ? "<r0>" : "<s0>", d);
}

static void
draw_vcpus(struct program *p, struct deck deck, struct dice *d)
{
	static const char *const first[] = { "u0", "u0e0", "g0e0", "p0", "a",
		"t", "u0u2", "F", "c0", "L", "ou0b" };
	const unsigned nfirst = sizeof(first) / sizeof(first[0]);

	for (unsigned v = 0; v < p->vcpus; v++) {
		const unsigned length = 1 + roll(d, 3);

		if (v == 0)
			add_step(p, 0, first[roll(d, nfirst)], d);
		if (v == 1)
			add_step(p, 1, roll(d, 2) != 0 ? "<r0w>" : "<s0w>", d);
		for (unsigned i = 0; i < length; i++)
			draw_step(p, v, deck, d);
	}
}

void
program_random(uint64_t seed, struct program *ret)
{
	struct dice d = { seed };

	memset(ret, 0, sizeof(*ret));
	ret->vcpus = 2 + (roll(&d, 5) < 2);
	if (seed % 8 == 2)
		draw_thread(ret, &d);
	else
		draw_vcpus(ret, seed % 8 == 4 ? DECK(large_steps) :
		    DECK(steps), &d);
	/* a program that is not legal has no vCPUs, and is not found */
	if (program_complete(ret) != NULL)
		ret->vcpus = 0;
}
