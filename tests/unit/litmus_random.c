/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * litmus_random: see litmus_random.h.  Keeps to what the parser accepts:
 * entries fit their levels, privileged instructions are for kernel mode,
 * registers and labels of conditions exist.
 */
#include "tests/unit/litmus_random.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "explore/rng.h"
#include "model/model.h"

struct gen {
	struct rng rng;
	struct litmus_test *t;
	unsigned labels;
};

static unsigned
below(struct gen *g, unsigned n)
{
	return (unsigned)(rng_next(&g->rng) >> 33) % n;
}

static bool
chance(struct gen *g, unsigned percent)
{
	return below(g, 100) < percent;
}

static char *
name(const char *format, unsigned n)
{
	char buf[32];

	snprintf(buf, sizeof(buf), format, n);
	return strdup(buf);
}

/* ---- names and entries --------------------------------------------------- */

#define DATA 3                  /* frames 0 .. 2 are data, 3 and 4 tables */
#define FRAMES 5

static void
make_names(struct gen *g)
{
	struct litmus_test *const t = g->t;

	t->frames = FRAMES;
	t->frame = calloc(FRAMES, sizeof(*t->frame));
	for (unsigned i = 0; i < FRAMES; i++) {
		t->frame[i].name = name(i < DATA ? "a%u" : "t%u", i);
		t->frame[i].table = i >= DATA;
		if (i < DATA && chance(g, 50))
			t->frame[i].word = rng_next(&g->rng) >> below(g, 64);
	}
	t->spaces = 1 + below(g, 3);
	t->space = calloc(t->spaces, sizeof(*t->space));
	for (unsigned i = 0; i < t->spaces; i++) {
		t->space[i].name = name("s%u", i);
		if (t->cr4 & CR4_PCIDE)
			t->space[i].pcid = (uint16_t)below(g, 4096);
	}
}

/* Aligned to 1 GiB where placed, so that any of them may be large. */
static void
make_pages(struct gen *g)
{
	struct litmus_test *const t = g->t;
	uint64_t next = LITMUS_FIRST_PAGE;

	t->pages = 1 + below(g, 4);
	t->page = calloc(t->pages, sizeof(*t->page));
	for (unsigned i = 0; i < t->pages; i++) {
		struct litmus_page *const p = &t->page[i];

		p->name = name("x%u", i);
		p->placed = chance(g, 50);
		p->va = p->placed ? (i + 1ull) << 30 : next;
		next += p->placed ? 0 : MACHINE_PAGE;
	}
}

static uint64_t
flags(struct gen *g, unsigned level, bool leaf)
{
	static const uint64_t bits[] = {
		PTE_P, PTE_W, PTE_U, PTE_PWT, PTE_PCD, PTE_A, PTE_D, PTE_G,
		PTE_NX
	};
	uint64_t f = leaf && level >= 2 ? PTE_PS : 0;

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		f |= chance(g, 60) ? bits[i] : 0;
	if (leaf && chance(g, 20))
		f |= level >= 2 ? 1ull << 12 : PTE_PAT;
	return f;
}

/* level 0: any; then one of a page of 4 KiB or 2 MiB, or of a table. */
static struct litmus_entry
entry(struct gen *g, unsigned level)
{
	const bool leaf = level <= 3 && (level == 1 || chance(g, 50));

	if (chance(g, 20))
		return (struct litmus_entry){ 0 };
	if (leaf)
		return (struct litmus_entry){ TARGET_FRAME, below(g, DATA),
			flags(g, level != 0 ? level : 1 + below(g, 2), true) };
	return (struct litmus_entry){ TARGET_TABLE,
		DATA + below(g, FRAMES - DATA), flags(g, level, false) };
}

static struct litmus_slot
slot(struct gen *g)
{
	return (struct litmus_slot){ below(g, g->t->spaces),
		below(g, g->t->pages), 1 + below(g, g->t->levels5 ? 5 : 4) };
}

static bool
is_set(const struct litmus_test *t, const struct litmus_slot *s)
{
	for (unsigned i = 0; i < t->maps; i++) {
		const struct litmus_slot *const o = &t->map[i].slot;
		const unsigned shift = 12 + 9 * (s->level - 1);

		if (o->space == s->space && o->level == s->level &&
		    t->page[o->page].va >> shift ==
		    t->page[s->page].va >> shift)
			return true;
	}
	return false;
}

static void
make_maps(struct gen *g)
{
	struct litmus_test *const t = g->t;
	const unsigned tries = below(g, 8);

	t->map = calloc(8, sizeof(*t->map));
	for (unsigned i = 0; i < tries; i++) {
		struct litmus_map m = { .slot = slot(g) };

		m.entry = entry(g, m.slot.level);
		if (m.entry.target == TARGET_FRAME &&
		    t->page[m.slot.page].va >> 12 &
		    ((1ull << 9 * (m.slot.level - 1)) - 1))
			continue;
		if (!is_set(t, &m.slot))
			t->map[t->maps++] = m;
	}
}

/* ---- instructions -------------------------------------------------------- */

static void
make_flush(struct gen *g, struct litmus_insn *i)
{
	struct litmus_flush *const f = &i->flush;

	f->ex = chance(g, 50);
	f->list = chance(g, 50);
	f->all_cpus = chance(g, 50);
	if (!f->all_cpus)
		f->cpus = below(g, 1u << g->t->cpus);
	f->all_spaces = chance(g, 50);
	if (!f->all_spaces)
		f->space = below(g, g->t->spaces);
	f->nonglobal = chance(g, 50);
	f->pages = f->list ? 1 + below(g, LITMUS_MAX_LIST) : 0;
	for (unsigned n = 0; n < f->pages; n++)
		f->page[n] = below(g, g->t->pages);
	f->result = chance(g, 50);
	i->reg = f->result ? below(g, LITMUS_MAX_REGS) : 0;
}

static void
make_broadcast(struct gen *g, struct litmus_insn *i)
{
	struct litmus_broadcast *const b = &i->broadcast;

	b->va = chance(g, 50);
	if (b->va) {
		i->page = below(g, g->t->pages);
		b->count = (uint16_t)below(g, 4);
		b->stride2m = chance(g, 50);
	}
	b->pcid = chance(g, 50);
	if (b->pcid)
		b->pcid_value = (uint16_t)below(g, 4096);
	b->global = chance(g, 50);
	b->final = chance(g, 50);
}

static void
make_invpcid(struct gen *g, struct litmus_insn *i)
{
	i->value = below(g, 4);
	if (i->value <= 1)
		i->pcid = (uint16_t)below(g, 4096);
	if (i->value == 0)
		i->page = below(g, g->t->pages);
}

static void
make_reuse(struct gen *g, struct litmus_insn *i)
{
	i->frame = below(g, FRAMES);
	i->entry = entry(g, 0);
	if (i->entry.target == TARGET_NONE)
		i->value = rng_next(&g->rng);
}

/* Those that the tables below do not describe. */
static void
make_special(struct gen *g, struct litmus_insn *i)
{
	switch (i->op) {
	case OP_INVPCID:
		make_invpcid(g, i);
		return;
	case OP_CR3:
		i->space = below(g, g->t->spaces);
		i->on = chance(g, 50);
		return;
	case OP_CR4:
		i->value = chance(g, 50) ? CR4_PGE : CR4_PCIDE;
		i->on = chance(g, 50);
		return;
	case OP_INVLPGB:
		make_broadcast(g, i);
		return;
	case OP_FLUSH:
		make_flush(g, i);
		return;
	case OP_FREE:
		i->frame = below(g, FRAMES);
		return;
	case OP_REUSE:
		make_reuse(g, i);
		return;
	default:
		return;
	}
}

/* What an instruction has, as bits. */
#define REG 1u
#define PAGE 2u
#define FRAME 4u
#define SLOT 8u
#define VALUE 16u
#define ENTRY 32u
#define WORD 64u
#define FLAGS 128u

static const unsigned parts[OP_COUNT] = {
	[OP_LOAD] = REG | PAGE | WORD, [OP_STORE] = PAGE | WORD | VALUE,
	[OP_XCHG] = REG | PAGE | WORD | VALUE,
	[OP_FRAME_LOAD] = REG | FRAME | WORD,
	[OP_FRAME_STORE] = FRAME | WORD | VALUE,
	[OP_FRAME_XCHG] = REG | FRAME | WORD | VALUE,
	[OP_ENTRY_LOAD] = REG | SLOT, [OP_ENTRY_STORE] = SLOT | ENTRY,
	[OP_ENTRY_XCHG] = REG | SLOT | ENTRY,
	[OP_ENTRY_CLEAR] = SLOT | FLAGS, [OP_ENTRY_SET] = SLOT | FLAGS,
	[OP_INVLPG] = PAGE, [OP_WAIT] = FRAME | WORD | VALUE,
};

static void
make_parts(struct gen *g, struct litmus_insn *i)
{
	const unsigned p = parts[i->op];

	if (p & REG)
		i->reg = below(g, LITMUS_MAX_REGS);
	if (p & PAGE)
		i->page = below(g, g->t->pages);
	if (p & FRAME)
		i->frame = below(g, DATA);
	if (p & WORD)
		i->word = chance(g, 30) ? 8 * below(g, 512) : 0;
	if (p & VALUE)
		i->value = rng_next(&g->rng) >> below(g, 64);
	if (p & SLOT)
		i->slot = slot(g);
	if (p & ENTRY)
		i->entry = entry(g, i->slot.level);
	if (p & FLAGS)
		i->entry.flags = PTE_A | flags(g, i->slot.level, false);
}

/* Another vCPU that has a handler; `cpu` itself if there is none. */
static unsigned
target(struct gen *g, unsigned cpu)
{
	const unsigned first = below(g, g->t->cpus);

	for (unsigned n = 0; n < g->t->cpus; n++) {
		const unsigned other = (first + n) % g->t->cpus;

		if (other != cpu && g->t->cpu[other].has_handler)
			return other;
	}
	return cpu;
}

static void
make_insn(struct gen *g, unsigned cpu, bool handler, struct litmus_insn *i)
{
	if (chance(g, 70))
		i->label = name("L%u", g->labels++);
	do
		i->op = (enum litmus_op)below(g, OP_COUNT);
	while (i->op == OP_KERNEL || i->op == OP_USER ||
	       (handler && (i->op == OP_CLI || i->op == OP_STI)) ||
	       (i->op == OP_IPI && target(g, cpu) == cpu));
	make_parts(g, i);
	make_special(g, i);
	if (i->op == OP_IPI)
		i->cpu = target(g, cpu);
}

static void
make_code(struct gen *g, unsigned cpu, bool handler, struct litmus_code *code)
{
	code->count = below(g, 7);
	code->insn = calloc(8, sizeof(*code->insn));
	for (unsigned i = 0; i < code->count; i++)
		make_insn(g, cpu, handler, &code->insn[i]);
	/* Modes change at the end, where nothing privileged follows. */
	if (!handler && chance(g, 20))
		code->insn[code->count++].op = OP_USER;
}

static void
make_cpus(struct gen *g)
{
	struct litmus_test *const t = g->t;

	t->cpus = 1 + below(g, 4);
	for (unsigned c = 0; c < LITMUS_MAX_CPUS; c++) {
		t->cpu[c].irq = true;
		t->cpu[c].vp_index = c;
	}
	for (unsigned c = 0; c < t->cpus; c++) {
		t->cpu[c].has_handler = chance(g, 40);
		t->cpu[c].irq = chance(g, 50);
		t->cpu[c].space = below(g, t->spaces);
		t->cpu[c].vp_index = chance(g, 50) ? c : 8 + 8 * c;
	}
	for (unsigned c = 0; c < t->cpus; c++) {
		make_code(g, c, false, &t->cpu[c].code);
		if (t->cpu[c].has_handler)
			make_code(g, c, true, &t->cpu[c].handler);
	}
}

/* ---- conditions ---------------------------------------------------------- */

/* A labelled instruction whose op is in the set; false: there is none. */
static bool
find(struct gen *g, uint64_t ops, struct litmus_event *ret)
{
	struct litmus_event all[128];
	unsigned count = 0;

	for (unsigned c = 0; c < g->t->cpus; c++) {
		for (unsigned h = 0; h < 2; h++) {
			const struct litmus_code *const code = h != 0 ?
			    &g->t->cpu[c].handler : &g->t->cpu[c].code;

			for (unsigned i = 0; i < code->count; i++) {
				if (code->insn[i].label != NULL &&
				    ops >> code->insn[i].op & 1)
					all[count++] = (struct litmus_event){
						.cpu = c, .index = i,
						.handler = h != 0 };
			}
		}
	}
	if (count > 0)
		*ret = all[below(g, count)];
	return count > 0;
}

#define BIT(op) (1ull << (op))
#define ACCESSES (BIT(OP_LOAD) | BIT(OP_STORE) | BIT(OP_XCHG))
#define STORES (BIT(OP_STORE) | BIT(OP_XCHG))
#define ENTRIES (BIT(OP_ENTRY_STORE) | BIT(OP_ENTRY_XCHG) | \
	BIT(OP_ENTRY_CLEAR) | BIT(OP_ENTRY_SET))
#define WORDS (BIT(OP_LOAD) | BIT(OP_XCHG) | BIT(OP_FRAME_LOAD) | \
	BIT(OP_FRAME_XCHG))

static struct litmus_event
event(struct gen *g, uint64_t ops, bool dirty)
{
	struct litmus_event e = { 0 };

	if (dirty && chance(g, 40) && find(g, STORES, &e))
		e.dirty = true;
	else if (chance(g, 20) || !find(g, ops, &e))
		e.init = true;
	return e;
}

/* 0:r0=1 of an instruction that writes r0. */
static bool
make_register(struct gen *g, struct litmus_cond *c)
{
	struct litmus_event e;
	const struct litmus_insn *i;

	if (!find(g, WORDS | BIT(OP_ENTRY_LOAD) | BIT(OP_ENTRY_XCHG), &e))
		return false;
	i = litmus_event_insn(g->t, &e);
	c->cpu = e.cpu;
	c->reg = i->reg;
	c->is_entry = !(WORDS >> i->op & 1);
	if (c->is_entry)
		c->entry = entry(g, 0);
	else
		c->value = rng_next(&g->rng) >> below(g, 64);
	return true;
}

static bool
make_atom(struct gen *g, struct litmus_cond *c)
{
	c->atom = (enum litmus_atom)below(g, ATOM_ORDER + 1);
	switch (c->atom) {
	case ATOM_TRUE:
		return true;
	case ATOM_REG:
		return make_register(g, c);
	case ATOM_FAULT:
		return find(g, ACCESSES | BIT(OP_CR3), &c->a);
	case ATOM_FRAME:
		c->frame = below(g, DATA);
		c->word = 8 * below(g, 512);
		c->value = rng_next(&g->rng) >> below(g, 64);
		return true;
	case ATOM_ENTRY:
		c->slot = slot(g);
		c->entry = entry(g, c->slot.level);
		return true;
	case ATOM_TRANSLATION:
		c->frame = below(g, FRAMES);
		return find(g, ACCESSES, &c->a);
	case ATOM_SOURCE:
	case ATOM_WALK:
		c->b = event(g, ENTRIES | BIT(OP_REUSE),
		             c->atom == ATOM_WALK);
		return find(g, ACCESSES, &c->a);
	case ATOM_HIT:
		return find(g, ACCESSES, &c->a) && find(g, ACCESSES, &c->b);
	case ATOM_MISS:
		return find(g, ACCESSES, &c->a);
	case ATOM_ORDER:
		c->a = event(g, STORES | ENTRIES | BIT(OP_FRAME_STORE),
		             true);
		c->b = event(g, STORES | ENTRIES | BIT(OP_FRAME_XCHG),
		             true);
		return true;
	}
	return false;
}

static struct litmus_cond *
cond(struct gen *g, unsigned depth)
{
	struct litmus_cond *const c = calloc(1, sizeof(*c));

	if (depth == 0 || chance(g, 40)) {
		if (!make_atom(g, c))
			memset(c, 0, sizeof(*c));       /* true */
		return c;
	}
	c->logic = (enum litmus_logic)(1 + below(g, 3));
	c->left = cond(g, depth - 1);
	if (c->logic != LOGIC_NOT)
		c->right = cond(g, depth - 1);
	return c;
}

static void
make_clauses(struct gen *g)
{
	struct litmus_test *const t = g->t;

	t->clauses = below(g, 4);
	t->clause = calloc(4, sizeof(*t->clause));
	for (unsigned i = 0; i < t->clauses; i++) {
		t->clause[i].quantifier = (enum litmus_quantifier)below(g, 3);
		t->clause[i].cond = cond(g, 4);
	}
}

static char *
maybe(struct gen *g, const char *a, const char *b)
{
	return chance(g, 50) ? NULL : strdup(chance(g, 50) ? a : b);
}

void
litmus_random(uint64_t seed, struct litmus_test *ret)
{
	struct gen g = { .t = ret };

	rng_seed(&g.rng, seed);
	memset(ret, 0, sizeof(*ret));
	ret->name = name("random-%u", (unsigned)seed);
	ret->doc = maybe(&g, "", "of a seed");
	ret->machine = maybe(&g, "nospec", "nopsc");
	ret->host = maybe(&g, "kvm", "tlfs,rep=2");
	ret->cpu_profile = strdup("amd");
	ret->cpu_knobs = maybe(&g, "splinter=yes",
	    "invlpg_globals=keep,invlpgb_max=3");
	ret->sc = chance(&g, 50);
	ret->dirty_always = chance(&g, 50);
	ret->levels5 = chance(&g, 50);
	ret->cr4 = (chance(&g, 50) ? CR4_PGE : 0) |
	    (chance(&g, 50) ? CR4_PCIDE : 0);
	make_names(&g);
	make_pages(&g);
	make_maps(&g);
	make_cpus(&g);
	make_clauses(&g);
}
