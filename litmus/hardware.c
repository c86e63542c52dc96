/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hardware.c: a test as an image: the memory that its machine starts with,
 * word by word, its columns as machine code, and what can be read at the end.
 *
 * Every word that a run may change is among the image's words, so that a run
 * starts with what the one before has left only where that is the same.
 */
#include "litmus/emit.h"
#include "litmus/hardware.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SEEN 32             /* of the guest, too */
#define MAX_TOUCHES 64

struct list {                   /* of 64-bit words */
	uint64_t *word;
	size_t count;
};

static void
append(struct list *l, uint64_t value)
{
	if ((l->count & (l->count - 1)) == 0)
		l->word = run_grow(l->word, l->count == 0 ? 1 : 2 * l->count,
		    sizeof(*l->word));
	l->word[l->count++] = value;
}

/* ---- memory --------------------------------------------------------------- */

static uint64_t
start_value(uint64_t pa)
{
	const uint64_t *p = setup_pointer(pa);
	uint64_t value = p == NULL ? 0 : *p;

	if (!(value & PTE_P))
		return value;
	return emit_relocate(value & PTE_ADDR) | (value & ~PTE_ADDR);
}

static void
add_word(struct list *l, uint64_t pa)
{
	append(l, emit_relocate(pa));
	append(l, start_value(pa));
}

static void
add_insn_words(struct list *l, const struct litmus_insn *i)
{
	switch (i->op) {
	case OP_ENTRY_STORE: case OP_ENTRY_XCHG:
	case OP_ENTRY_CLEAR: case OP_ENTRY_SET:
		add_word(l, setup_slot(&i->slot));
		break;
	case OP_FRAME_STORE: case OP_FRAME_XCHG:
		add_word(l, setup_word(i->frame, i->word));
		break;
	case OP_STORE: case OP_XCHG:
		for (unsigned f = 0; f < run.t->frames; f++)
			add_word(l, setup_word(f, i->word));
		break;
	case OP_REUSE:
		for (unsigned w = 0; w < 512; w++)
			add_word(l, setup_word(i->frame, 8 * w));
		break;
	default:
		break;
	}
}

static void
add_words(struct list *l)
{
	const uint64_t *ram = (const uint64_t *)run.ram;

	for (size_t w = 0; w < MACHINE_FRAMES * MACHINE_PAGE / 8; w++)
		if (ram[w] != 0)
			add_word(l, MACHINE_RAM_BASE + 8 * w);
	for (unsigned f = 0; f < run.t->frames; f++)
		if (run.phantom[f])
			add_word(l, setup_word(f, 0));
	for (unsigned c = 0; c < run.t->cpus; c++) {
		const struct litmus_cpu *cpu = &run.t->cpu[c];

		for (unsigned i = 0; i < cpu->code.count; i++)
			add_insn_words(l, &cpu->code.insn[i]);
		for (unsigned i = 0; i < cpu->handler.count; i++)
			add_insn_words(l, &cpu->handler.insn[i]);
	}
}

/* ---- what can be read ----------------------------------------------------- */

static bool
see(const struct emit *places, const struct observed *o,
    struct image_observed *ret)
{
	switch (o->kind) {
	case OBSERVED_REG:
		*ret = (struct image_observed){ .kind = IMAGE_SEEN_REG,
		    .cpu = o->cpu, .index = places[o->cpu].place[o->reg] };
		return ret->index != IMAGE_NONE;
	case OBSERVED_FRAME:
		*ret = (struct image_observed){ .kind = IMAGE_SEEN_WORD,
		    .at = emit_relocate(setup_word(o->frame, o->word)) };
		return true;
	case OBSERVED_ENTRY:
		*ret = (struct image_observed){ .kind = IMAGE_SEEN_WORD,
		    .at = setup_slot(&o->slot) };
		return true;
	case OBSERVED_FAULT:
		*ret = (struct image_observed){ .kind = IMAGE_SEEN_FAULT,
		    .cpu = o->a.cpu, .index = image_fault_bit(o->a.handler,
		    o->a.index) };
		return !o->a.init && !o->a.dirty;
	default:
		return false;
	}
}

/* ---- all of it ------------------------------------------------------------ */

static bool
code_has_giant(const struct litmus_code *c)
{
	for (unsigned i = 0; i < c->count; i++)
		if ((c->insn[i].op == OP_ENTRY_STORE ||
		    c->insn[i].op == OP_ENTRY_XCHG) &&
		    c->insn[i].slot.level == 3 &&
		    c->insn[i].entry.target == TARGET_FRAME)
			return true;
	return false;
}

static bool
has_giant(const struct litmus_test *t)
{
	for (unsigned i = 0; i < t->maps; i++)
		if (t->map[i].slot.level == 3 &&
		    t->map[i].entry.target == TARGET_FRAME)
			return true;
	for (unsigned c = 0; c < t->cpus; c++)
		if (code_has_giant(&t->cpu[c].code) ||
		    code_has_giant(&t->cpu[c].handler))
			return true;
	return false;
}

static const char *
why_not(const struct litmus_test *t)
{
	unsigned large = 0;

	if (t->sc)
		return "a machine without store buffers";
	for (unsigned p = 0; p < t->pages; p++)
		if ((t->page[p].va >> (t->levels5 ? 48 : 39) & 511) ==
		    IMAGE_SLOT)
			return "a page where the guest itself is";
	for (unsigned f = 0; f < t->frames; f++) {
		large += run.phantom[f];
		if (emit_giant ? large > IMAGE_GIANTS : run.phantom[f] &&
		    f >= IMAGE_LARGES)
			return "so many frames for large pages";
	}
	return NULL;
}

/* The guest's processor 0 keeps the books of a run, from inside it. */
static bool
has_vp_0(const struct litmus_test *t)
{
	for (unsigned c = 0; c < t->cpus; c++)
		if (t->cpu[c].vp_index == 0)
			return true;
	return false;
}

static void
fill_cpus(struct image *head, struct emit *e, struct emit *places)
{
	for (unsigned c = 0; c < run.t->cpus; c++) {
		const struct litmus_cpu *cpu = &run.t->cpu[c];
		struct image_cpu *to = &head->cpu[c];

		to->cr3 = setup_cr3(cpu->space);
		to->irq = cpu->irq;
		to->user = cpu->user;
		to->vp = cpu->vp_index;
		emit_registers(e, cpu);
		memcpy(places[c].place, e->place, sizeof(e->place));
		for (unsigned d = 0; d < 2; d++) {
			to->code[d] = emit_column(e, c, false, d);
			to->handler[d] = cpu->has_handler ?
			    emit_column(e, c, true, d) : IMAGE_NONE;
		}
	}
}

static void *
put(void *at, const void *from, size_t size)
{
	memcpy(at, from, size);
	return (char *)at + size;
}

static void
assemble(struct image *head, const struct list *words, const struct list
         *touches, const struct image_observed *seen, const struct emit *e,
         struct litmus_hardware *ret)
{
	size_t code = (e->size + 7) & ~(size_t)7, size;
	char *at;

	head->magic = IMAGE_MAGIC;
	head->needs = e->needs | (run.t->cr4 & CR4_PCIDE ?
	    IMAGE_NEEDS_PCID : 0) | (run.t->levels5 ?
	    IMAGE_NEEDS_LA57 : 0) | (emit_giant ? IMAGE_NEEDS_GIANT : 0);
	head->cpus = run.t->cpus;
	head->ipis = e->ipis;
	head->fixed = e->fixed;
	head->cr4 = run.t->cr4;
	head->canary = e->canary;
	head->words = (uint32_t)(words->count / 2);
	head->roots = run.t->spaces;
	head->touches = (uint32_t)touches->count;
	head->observed = ret->seen;
	head->code_size = (uint32_t)code;
	size = sizeof(*head) + 8 * (words->count + head->roots +
	    touches->count) + ret->seen * sizeof(*seen) + code;
	head->size = (uint32_t)size;
	ret->image = run_grow(NULL, 1, size);
	memset(ret->image, 0, size);
	at = put(ret->image, head, sizeof(*head));
	at = put(at, words->word, 8 * words->count);
	at = put(at, run.root, 8 * head->roots);
	at = put(at, touches->word, 8 * touches->count);
	at = put(at, seen, ret->seen * sizeof(*seen));
	put(at, e->code, e->size);
}

void
litmus_hardware_make(const struct litmus_test *t,
                     const struct litmus_result *r, bool canary,
                     struct litmus_hardware *ret)
{
	struct emit places[LITMUS_MAX_CPUS] = { 0 }, e = { .canary = canary };
	struct image_observed seen[MAX_SEEN];
	struct list words = { 0 }, touches = { 0 };
	struct litmus_error error;
	struct image head = { 0 };

	*ret = (struct litmus_hardware){ 0 };
	if (setup_test(t, &error) != 0) {
		ret->reason = "a machine that cannot be set up";
		return;
	}
	emit_giant = has_giant(t);
	ret->reason = why_not(t);
	if (ret->reason != NULL)
		return;
	fill_cpus(&head, &e, places);
	ret->index = run_grow(NULL, r->nobserved + 1, sizeof(*ret->index));
	for (unsigned i = 0; i < r->nobserved && ret->seen < MAX_SEEN; i++)
		if (see(places, &r->observed[i], &seen[ret->seen]))
			ret->index[ret->seen++] = i;
	add_words(&words);
	for (unsigned p = 0; p < t->pages && p < MAX_TOUCHES; p++)
		append(&touches, t->page[p].va);
	ret->reason = e.size > IMAGE_CODE_SIZE - 4096 ? "so much code" :
	    e.fixed && !has_vp_0(t) ? "no vCPU with VP index 0" : e.reason;
	if (ret->reason == NULL)
		assemble(&head, &words, &touches, seen, &e, ret);
	free(words.word);
	free(touches.word);
	free(e.code);
}

void
litmus_hardware_free(struct litmus_hardware *h)
{
	free(h->image);
	free(h->index);
	*h = (struct litmus_hardware){ 0 };
}

/* ---- end states ----------------------------------------------------------- */

uint64_t
litmus_hardware_value(const struct litmus_hardware *h, unsigned k,
                      uint64_t value)
{
	const uint64_t pa = value & PTE_ADDR;

	(void)h;
	(void)k;
	if (!(value & PTE_P))
		return value;
	for (unsigned f = 0; f < run.t->frames; f++) {
		const uint64_t model = RUN_PHANTOM + ((uint64_t)f << 30);
		const uint64_t offset = pa - emit_relocate(model);

		if (run.phantom[f] && offset < (emit_giant ? IMAGE_GIANT :
		    IMAGE_LARGE_SIZE))
			return (model + offset) | (value & ~PTE_ADDR);
	}
	return value;
}

void
litmus_hardware_print(const struct litmus_test *t,
                      const struct litmus_result *r,
                      const struct litmus_hardware *h, const uint64_t *value,
                      FILE *out)
{
	for (unsigned k = 0; k < h->seen; k++) {
		if (k > 0)
			fputc(' ', out);
		state_print_one(t, &r->observed[h->index[k]], value[k], out);
		fputc(';', out);
	}
}

bool
litmus_hardware_can_judge(const struct litmus_cond *c)
{
	if (c->logic != LOGIC_ATOM)
		return litmus_hardware_can_judge(c->left) &&
		    (c->logic == LOGIC_NOT ||
		    litmus_hardware_can_judge(c->right));
	return c->atom == ATOM_TRUE || c->atom == ATOM_REG ||
	    c->atom == ATOM_FAULT || c->atom == ATOM_FRAME ||
	    c->atom == ATOM_ENTRY;
}

bool
litmus_hardware_holds(const struct litmus_cond *c,
                      const struct litmus_result *r,
                      const struct litmus_hardware *h, const uint64_t *value)
{
	uint64_t *all = run_grow(NULL, r->nobserved + 1, sizeof(*all));
	bool holds;

	memset(all, 0xff, r->nobserved * sizeof(*all));
	for (unsigned k = 0; k < h->seen; k++)
		all[h->index[k]] = value[k];
	holds = outcome_holds(c, all);
	free(all);
	return holds;
}
