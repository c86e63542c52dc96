/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_run: runs a program, and holds every touch of a user page to a
 * reference model that knows no TLB.
 *
 * The model is a list of what each page was made to be, each with the times
 * when the operation began and returned.  A touch may have seen whatever no
 * operation has overwritten that began after it and returned before the touch.
 * A deferred unmap returns when it is drained.  A fault needs no more than that
 * the page was once taken away or made read-only.
 *
 *  unmap      |-----|
 *  touch   ^     ^     ^
 *          old   both  fault only
 */
#include <stdio.h>

#include "scenarios/program.h"
#include "scenarios/programs.h"

#define RW (KPROT_W | KPROT_USER)
#define KRW (KPROT_W | KPROT_GLOBAL)
#define NO_FRAME 0xff
#define NEVER UINT32_MAX

enum { IS_READ_ONLY, IS_WRITABLE };

/* ---- the model ---------------------------------------------------------------- */

/* Begins to make the page something; NULL: too many to remember. */
static struct scenario_version *
begin_version(struct scenario_world *w, struct scenario_versions *l,
              unsigned value)
{
	struct scenario_version *v = &l->v[l->n];

	if (l->n == SCENARIO_VERSIONS) {
		l->full = true;
		return NULL;
	}
	l->n++;
	*v = (struct scenario_version){ .begin = ++w->clock, .end = NEVER,
	    .value = (uint8_t)value };
	return v;
}

static void
leave_out(struct scenario_version *v)
{
	v->left_out = true;
}

/* The operation has returned, or was left out of the program. */
static void
end_version(struct scenario_world *w, struct scenario_version *v)
{
	if (v == NULL)
		return;
	if (scn_did())
		v->end = ++w->clock;
	else
		leave_out(v);
}

static bool
is_legal(const struct scenario_world *w, const struct scenario_versions *l,
         unsigned i)
{
	if (l->v[i].left_out)
		return false;
	for (unsigned j = 0; j < l->n; j++)
		if (!l->v[j].left_out && l->v[j].begin > l->v[i].end &&
		    l->v[j].end <= w->clock)
			return false;
	return true;
}

static bool
may_be(const struct scenario_world *w, const struct scenario_versions *l,
       unsigned value)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->v[i].value == value && is_legal(w, l, i))
			return true;
	return l->full;
}

/* Was it ever made that?  Rights given take effect when they like. */
static bool
was(const struct scenario_versions *l, unsigned value)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->v[i].value == value && !l->v[i].left_out)
			return true;
	return l->full;
}

/* Which frame is it?  NO_FRAME: a fault. */
static unsigned
frame_index(const struct scenario_world *w, uint64_t pa)
{
	for (unsigned i = 0; i < w->nframes; i++)
		if (w->frames[i] == (pa & ~(PAGE - 1)))
			return i;
	return NO_FRAME;
}

static void
see(struct scenario_world *w, unsigned page, bool write)
{
	const struct scenario_page *p = &w->pages[page];
	const uint64_t pa = scn_see(w->user_va + page * PAGE, write);
	const unsigned frame = frame_index(w, pa);
	char text[96];

	if (!scn_did())
		return;
	if (pa == SCN_FAULT && (p->absent || was(&p->frame, NO_FRAME) ||
	    (write && was(&p->rights, IS_READ_ONLY))))
		return;
	if (pa != SCN_FAULT && may_be(w, &p->frame, frame) &&
	    (!write || may_be(w, &p->rights, IS_WRITABLE)))
		return;
	if (pa == SCN_FAULT)
		snprintf(text, sizeof(text), "a %s of page %u faults, which "
		    "no order of the operations explains",
		    write ? "write" : "read", page);
	else
		snprintf(text, sizeof(text), "a %s of page %u sees what no "
		    "order of the operations explains",
		    write ? "write" : "read", page);
	scn_wrong(text);
}

/* ---- operations on user pages --------------------------------------------------- */

static uint64_t
va_of(const struct scenario_world *w, unsigned page)
{
	return w->user_va + page * PAGE;
}

static void
do_unmap(struct scenario_world *w, unsigned page)
{
	struct scenario_version *v = begin_version(w, &w->pages[page].frame,
	    NO_FRAME);

	w->k->unmap(w->space, va_of(w, page), 1);
	end_version(w, v);
}

/*
 * Some kernels clear the entry before they give it its new contents, and what
 * is new may stay in a store buffer: a fault that is tried again.
 */
static void
pass_none(struct scenario_world *w, unsigned page)
{
	w->pages[page].absent = true;
}

static void
do_protect(struct scenario_world *w, unsigned page)
{
	struct scenario_version *v = begin_version(w, &w->pages[page].rights,
	    IS_READ_ONLY);

	pass_none(w, page);
	w->k->protect(w->space, va_of(w, page), 1, KPROT_USER);
	end_version(w, v);
}

/* A new frame, writable: mapped, or in place of the old one. */
static void
do_new_frame(struct scenario_world *w, const struct program_op *op)
{
	struct scenario_page *p = &w->pages[op->page];
	struct scenario_version *f = begin_version(w, &p->frame, op->frame);
	struct scenario_version *r = begin_version(w, &p->rights, IS_WRITABLE);

	pass_none(w, op->page);
	if (op->code == 'm')
		map_page(w, w->space, va_of(w, op->page), op->frame, RW);
	else
		w->k->remap(w->space, va_of(w, op->page),
		    w->frames[op->frame], RW);
	end_version(w, f);
	end_version(w, r);
}

/* Everything at once; rights: fork takes W for copy on write. */
static void
do_all(struct scenario_world *w, char code)
{
	struct scenario_version *v[SCENARIO_PAGES];

	for (unsigned i = 0; i < SCENARIO_PAGES; i++) {
		pass_none(w, i);
		v[i] = code == 'F' ? begin_version(w, &w->pages[i].rights,
		    IS_READ_ONLY) : begin_version(w, &w->pages[i].frame,
		    NO_FRAME);
	}
	if (code == 'F')
		w->k->protect(w->space, w->user_va, SCENARIO_PAGES,
		    KPROT_USER);
	else if (code == 't')
		w->k->free_table(w->space, w->user_va);
	else
		w->k->unmap_all(w->space, w->user_va, SCENARIO_PAGES);
	for (unsigned i = 0; i < SCENARIO_PAGES; i++) {
		end_version(w, v[i]);
	}
}

/* It lasts until the drain. */
static void
do_deferred(struct scenario_world *w, unsigned vcpu, unsigned page)
{
	struct scenario_version *v = begin_version(w, &w->pages[page].frame,
	    NO_FRAME);

	w->k->unmap_deferred(w->space, va_of(w, page), 1);
	if (v != NULL && !scn_did())
		end_version(w, v);
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
			    l->v[j].end == NEVER)
				l->v[j].end = w->clock;
	}
}

/* ---- the rest --------------------------------------------------------------------- */

static uint64_t
kernel_va_of(const struct scenario_world *w, unsigned page)
{
	return w->kernel_va + page * PAGE;
}

static void
do_kernel(struct scenario_world *w, const struct program_op *op)
{
	const uint64_t va = kernel_va_of(w, op->page);

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
	case 'a':
	case 't':
	case 'F':
		do_all(w, op->code);
		break;
	case 'd':
		do_deferred(w, vcpu, op->page);
		break;
	case 'D':
		do_drain(w, vcpu);
		break;
	case 'e':
		scn_frame_free(w->frames[op->frame]);
		break;
	case 'f':
		w->k->flush_all(w->space);
		break;
	case 'r':
	case 's':
		see(w, op->page, op->code == 's');
		break;
	case 'w':
		scn_work(4);
		break;
	case 'x':
		w->k->walk(va_of(w, op->page));
		break;
	case 'k':
	case 'K':
	case 'q':
	case 'y':
	case 'z':
		do_kernel(w, op);
		break;
	default:
		do_move(w, op->code);
		break;
	}
}

void
program_setup(struct scenario_world *w)
{
	const struct program *p = w->data;

	for (unsigned i = 0; i < SCENARIO_PAGES; i++) {
		map_page(w, w->space, va_of(w, i), i, RW);
		w->pages[i].frame.v[w->pages[i].frame.n++] =
		    (struct scenario_version){ .value = (uint8_t)i };
		w->pages[i].rights.v[w->pages[i].rights.n++] =
		    (struct scenario_version){ .value = IS_WRITABLE };
		if (p->scenario.needs & NEEDS_KERNEL_GLOBAL)
			map_page(w, 0, kernel_va_of(w, i), SCENARIO_PAGES + i,
			    KRW);
	}
}

void
program_run(struct scenario_world *w, unsigned vcpu)
{
	const struct program *p = w->data;

	for (unsigned i = 0; i < p->n[vcpu]; i++)
		do_op(w, vcpu, &p->op[vcpu][i]);
}
