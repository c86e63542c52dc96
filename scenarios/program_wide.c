/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_wide: operations of programs on more than one page, on large pages,
 * and the way of a thread from one vCPU to another.
 *
 * Two pages lie in 2 MiB of their own, which a kernel may promote: they keep
 * their frames, which are none of the machine's RAM.  Where a kernel has no
 * such operation, or no such range, nothing is done.
 */
#include "scenarios/program_model.h"

#include <stddef.h>

#include "scenarios/programs.h"

#define RW (KPROT_W | KPROT_USER)
#define KRW (KPROT_W | KPROT_GLOBAL)
#define REGION (1ull << 30)             /* struct kernel_ops: 1 GiB free */

/* How many pages from the first one on? */
static unsigned
pages_of(const struct scenario_world *w, char code)
{
	switch (code) {
	case 'L':
		return w->k->large_pages;
	case 'H':
		return w->k->huge_pages;
	case 'B':
	case 'Q':
		return PROGRAM_LARGE_PAGES;
	default:
		return SCENARIO_PAGES;
	}
}

static uint64_t
first_va(const struct scenario_world *w, char code)
{
	return program_va(w, code == 'B' || code == 'Q' ? SCENARIO_PAGES : 0);
}

static bool
reaches(const struct scenario_world *w, char code, unsigned page)
{
	return program_va(w, page) - first_va(w, code) <
	    pages_of(w, code) * PAGE;
}

static void
call_kernel(struct scenario_world *w, char code, unsigned pages)
{
	const uint64_t va = first_va(w, code);

	if (code == 'F' || code == 'Q')
		w->k->protect(w->space, va, pages, KPROT_USER);
	else if (code == 't')
		w->k->free_table(w->space, va);
	else if (code == 'a')
		w->k->unmap_all(w->space, va, pages);
	else
		w->k->unmap(w->space, va, pages);
}

/* Several pages at once; rights: fork takes W for copy on write. */
static void
do_all(struct scenario_world *w, char code)
{
	struct scenario_version *v[SCENARIO_ALL_PAGES] = { NULL };
	const unsigned pages = pages_of(w, code);
	const bool rights = code == 'F' || code == 'Q';

	if (pages == 0)
		return;
	for (unsigned i = 0; i < SCENARIO_ALL_PAGES; i++) {
		if (!reaches(w, code, i))
			continue;
		model_absent(w, i);
		v[i] = rights ? model_begin(w, &w->pages[i].rights,
		    IS_READ_ONLY) : model_begin(w, &w->pages[i].frame,
		    NO_FRAME);
	}
	call_kernel(w, code, pages);
	for (unsigned i = 0; i < SCENARIO_ALL_PAGES; i++)
		model_end(w, v[i]);
}

static void
do_large(struct scenario_world *w, char code)
{
	void (*const op)(void *, unsigned long) = code == 'P' ? w->k->promote :
	    w->k->demote;

	if (op != NULL)
		op(w->space, program_va(w, SCENARIO_PAGES));
}

static uint64_t
top_va(const struct scenario_world *w)
{
	return w->kernel_va + (REGION - w->k->small_pages * PAGE);
}

static void
do_kernel(struct scenario_world *w, char code)
{
	switch (code) {
	case 'A':
		w->k->unmap_all(0, w->kernel_va, SCENARIO_PAGES);
		break;
	case 'J':
		w->k->flush_all(0);
		break;
	case 'R':
		w->k->unmap(0, w->kernel_va, w->k->large_pages);
		break;
	case 'T':
		w->k->unmap(0, top_va(w), w->k->small_pages);
		break;
	default:
		scn_kernel_touch(top_va(w) + (w->k->small_pages - 1) * PAGE,
		    false);
		break;
	}
}

/* The thread has left this vCPU, and goes on where it is taken. */
static void
do_migrate(struct scenario_world *w, unsigned vcpu,
           const struct program_op *op)
{
	if (op->code == 'n') {
		w->k->activate(0);
		scn_give(w, op->page);
	} else {
		scn_take(w, vcpu);
		w->k->activate(w->space);
	}
}

bool
program_wide_op(struct scenario_world *w, unsigned vcpu,
                const struct program_op *op)
{
	switch (op->code) {
	case 'B':
	case 'Q':
	case 'a':
	case 't':
	case 'F':
	case 'L':
	case 'H':
		do_all(w, op->code);
		return true;
	case 'P':
	case 'V':
		do_large(w, op->code);
		return true;
	case 'A':
	case 'J':
	case 'R':
	case 'T':
	case 'U':
		do_kernel(w, op->code);
		return true;
	case 'n':
	case 'N':
		do_migrate(w, vcpu, op);
		return true;
	default:
		return false;
	}
}

/* ---- set-up ----------------------------------------------------------------- */

static void
map_far(struct scenario_world *w)
{
	const bool all = w->k->promote != NULL;
	unsigned long frames[PROGRAM_LARGE_PAGES];
	const uint64_t va = program_va(w, SCENARIO_PAGES);

	for (unsigned i = 0; i < PROGRAM_LARGE_PAGES; i++)
		frames[i] = PROGRAM_FAR + i * PAGE;
	w->k->map(w->space, va, frames, all ? PROGRAM_LARGE_PAGES : 1, RW);
	if (!all)
		w->k->map(w->space, va + PROGRAM_APART * PAGE,
		    &frames[PROGRAM_APART], 1, RW);
	model_first(w, SCENARIO_PAGES, FAR_FIRST);
	model_first(w, SCENARIO_PAGES + 1, FAR_SECOND);
}

/* To frames that no program has. */
static void
map_top(struct scenario_world *w)
{
	map_page(w, 0, top_va(w), SCENARIO_MAX_FRAMES - 2, KRW);
	map_page(w, 0, top_va(w) + (w->k->small_pages - 1) * PAGE,
	    SCENARIO_MAX_FRAMES - 1, KRW);
}

void
program_wide_setup(struct scenario_world *w, const struct program *p)
{
	if (p->large)
		map_far(w);
	if (p->top)
		map_top(w);
}
