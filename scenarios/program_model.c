/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_model: a reference model that knows no TLB, to which every touch of a
 * program's user pages is held.
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
#include "scenarios/program_model.h"

#include <stdio.h>

#include "scenarios/programs.h"

#define NOBODYS_FRAME 0xfeu

void
model_first(struct scenario_world *w, unsigned page, unsigned frame)
{
	struct scenario_page *p = &w->pages[page];

	p->frame.v[p->frame.n++] = (struct scenario_version){
	    .value = (uint8_t)frame };
	p->rights.v[p->rights.n++] = (struct scenario_version){
	    .value = IS_WRITABLE };
}

/*
 * Some kernels clear the entry before they give it its new contents, and what
 * is new may stay in a store buffer: a fault that is tried again.
 */
void
model_absent(struct scenario_world *w, unsigned page)
{
	w->pages[page].absent = true;
}

struct scenario_version *
model_begin(struct scenario_world *w, struct scenario_versions *l,
            unsigned value)
{
	struct scenario_version *v = &l->v[l->n];

	if (l->n == SCENARIO_VERSIONS) {
		l->full = true;
		return NULL;
	}
	l->n++;
	*v = (struct scenario_version){ .begin = ++w->clock, .end = MODEL_NEVER,
	    .value = (uint8_t)value };
	return v;
}

void
model_end(struct scenario_world *w, struct scenario_version *v)
{
	if (v == NULL)
		return;
	if (scn_did())
		v->end = ++w->clock;
	else
		v->left_out = true;
}

bool
model_others(const struct scenario_versions *l,
             const struct scenario_version *since)
{
	if (since == NULL)
		return true;
	for (unsigned i = 0; i < l->n; i++)
		if (&l->v[i] != since && !l->v[i].left_out &&
		    l->v[i].end > since->begin)
			return true;
	return l->full;
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

/* Which frame is it? */
static unsigned
frame_index(const struct scenario_world *w, uint64_t pa)
{
	if (pa == PROGRAM_FAR)
		return FAR_FIRST;
	if (pa == PROGRAM_FAR + PROGRAM_APART * PAGE)
		return FAR_SECOND;
	for (unsigned i = 0; i < w->nframes; i++)
		if (w->frames[i] == (pa & ~(PAGE - 1)))
			return i;
	return NOBODYS_FRAME;
}

void
model_see(struct scenario_world *w, unsigned page, bool write)
{
	const struct scenario_page *p = &w->pages[page];
	const uint64_t pa = scn_see(program_va(w, page), write);
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
