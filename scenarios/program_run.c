/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_run: runs a program; program_model.c says what its touches may see.
 */
#include "scenarios/program_model.h"

#include <stddef.h>

#include "scenarios/programs.h"

#define RW (KPROT_W | KPROT_USER)
#define KRW (KPROT_W | KPROT_GLOBAL)

/* What user pages are mapped with. */
static unsigned
user_prot(const struct scenario_world *w)
{
	const struct program *p = w->data;

	return p->executable ? RW | KPROT_X : RW;
}

/* ---- operations on user pages --------------------------------------------------- */

/* Pages from SCENARIO_PAGES on lie in 2 MiB of their own. */
uint64_t
program_va(const struct scenario_world *w, unsigned page)
{
	if (page < SCENARIO_PAGES)
		return w->user_va + page * PAGE;
	return w->user_va + PROGRAM_LARGE_PAGES * PAGE +
	    (page - SCENARIO_PAGES) * PROGRAM_APART * PAGE;
}

static void
do_unmap(struct scenario_world *w, unsigned page)
{
	struct scenario_version *v = model_begin(w, &w->pages[page].frame,
	    NO_FRAME);

	w->k->unmap(w->space, program_va(w, page), 1);
	w->pages[page].raced = false;
	model_end(w, v);
}

static void
do_protect(struct scenario_world *w, unsigned page)
{
	struct scenario_version *v = model_begin(w, &w->pages[page].rights,
	    IS_READ_ONLY);

	model_absent(w, page);
	w->k->protect(w->space, program_va(w, page), 1, KPROT_USER);
	model_end(w, v);
}

/* Some kernels give W back then, others take rights away and no more. */
static void
do_no_execute(struct scenario_world *w, unsigned page)
{
	struct scenario_version *v = model_begin(w, &w->pages[page].rights,
	    IS_WRITABLE);

	model_absent(w, page);
	w->k->protect(w->space, program_va(w, page), 1, RW);
	model_end(w, v);
}

/* A new frame, writable: mapped, or in place of the old one. */
static void
do_new_frame(struct scenario_world *w, const struct program_op *op)
{
	struct scenario_page *p = &w->pages[op->page];
	struct scenario_version *f = model_begin(w, &p->frame, op->frame);
	struct scenario_version *r = model_begin(w, &p->rights, IS_WRITABLE);

	model_absent(w, op->page);
	if (op->code == 'm')
		map_page(w, w->space, program_va(w, op->page), op->frame,
		    user_prot(w));
	else
		w->k->remap(w->space, program_va(w, op->page),
		    w->frames[op->frame], user_prot(w));
	if (op->code == 'g')
		p->raced = model_others(&p->frame, f);
	model_end(w, f);
	model_end(w, r);
}

/* It lasts until the drain. */
static void
do_deferred(struct scenario_world *w, unsigned vcpu, unsigned page)
{
	struct scenario_version *v = model_begin(w, &w->pages[page].frame,
	    NO_FRAME);

	w->k->unmap_deferred(w->space, program_va(w, page), 1);
	if (v != NULL && !scn_did())
		model_end(w, v);
	else if (v != NULL)
		v->drained_by = (uint8_t)(vcpu + 1);
}

static void
do_drain(struct scenario_world *w, unsigned vcpu)
{
	w->k->drain(w->space);
	if (!scn_did())
		return;
	w->clock++;
	for (unsigned i = 0; i < SCENARIO_PAGES; i++) {
		struct scenario_versions *l = &w->pages[i].frame;

		for (unsigned j = 0; j < l->n; j++)
			if (l->v[j].drained_by == vcpu + 1 &&
			    l->v[j].end == MODEL_NEVER)
				l->v[j].end = w->clock;
	}
}

/* ---- the rest --------------------------------------------------------------------- */

uint64_t
program_kernel_va(const struct scenario_world *w, unsigned page)
{
	return w->kernel_va + page * PAGE;
}

static void
do_kernel(struct scenario_world *w, const struct program_op *op)
{
	const uint64_t va = program_kernel_va(w, op->page);

	switch (op->code) {
	case 'k':
		w->k->unmap(0, va, 1);
		break;
	case 'K':
		/* as vmalloc does: what is there goes first */
		w->k->unmap(0, va, 1);
		map_page(w, 0, va, op->frame, KRW);
		break;
	case 'q':
		w->k->protect(0, va, 1, KPROT_GLOBAL);
		break;
	default:
		scn_kernel_touch(va, op->code == 'z');
		break;
	}
}

static void
do_move(struct scenario_world *w, char code)
{
	switch (code) {
	case '<':
		scn_enter_user(w);
		break;
	case '>':
		scn_leave_user(w);
		break;
	case '(':
		w->k->access_begin();
		break;
	case ')':
		w->k->access_end();
		break;
	case 'o':
		w->k->activate(w->other);
		break;
	case 'b':
		w->k->activate(w->space);
		break;
	case 'l':
		w->k->enter_lazy();
		break;
	default:                /* idle, exit */
		w->k->activate(0);
		break;
	}
}

/*
 * Who replaces a page that another has just taken away has not taken its old
 * frame, and must not give it back: the other's flush may be to come.
 */
static void
do_free(struct scenario_world *w, const struct program_op *op)
{
	if (w->pages[op->page].raced)
		scn_frame_keep();
	else
		scn_frame_free(w->frames[op->frame]);
}

static void
do_op(struct scenario_world *w, unsigned vcpu, const struct program_op *op)
{
	switch (op->code) {
	case 'u':
		do_unmap(w, op->page);
		break;
	case 'p':
		do_protect(w, op->page);
		break;
	case 'm':
	case 'g':
		do_new_frame(w, op);
		break;
	case 'c':
		do_no_execute(w, op->page);
		break;
	case 'd':
		do_deferred(w, vcpu, op->page);
		break;
	case 'D':
		do_drain(w, vcpu);
		break;
	case 'e':
		do_free(w, op);
		break;
	case 'f':
		w->k->flush_all(w->space);
		break;
	case 'r':
	case 's':
		model_see(w, op->page, op->code == 's');
		break;
	case 'w':
		scn_work(4);
		break;
	case 'x':
		w->k->walk(program_va(w, op->page));
		break;
	case 'k':
	case 'K':
	case 'q':
	case 'y':
	case 'z':
		do_kernel(w, op);
		break;
	default:
		if (!program_wide_op(w, vcpu, op))
			do_move(w, op->code);
		break;
	}
}

void
program_setup(struct scenario_world *w)
{
	const struct program *p = w->data;

	for (unsigned i = 0; i < SCENARIO_PAGES; i++) {
		map_page(w, w->space, program_va(w, i), i, user_prot(w));
		model_first(w, i, i);
		if (p->scenario.needs & NEEDS_KERNEL_GLOBAL)
			map_page(w, 0, program_kernel_va(w, i),
			    SCENARIO_PAGES + i, KRW);
	}
	program_wide_setup(w, p);
}

void
program_run(struct scenario_world *w, unsigned vcpu)
{
	const struct program *p = w->data;

	for (unsigned i = 0; i < p->n[vcpu]; i++)
		do_op(w, vcpu, &p->op[vcpu][i]);
}
