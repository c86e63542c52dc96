/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * strides: what is taken away, and flushed, in steps larger than a page: pages
 * of 2 MiB and 1 GiB, and page-table pages above the lowest level.
 *
 * Large pages lie where the machine has no RAM, so nobody gives them back; the
 * tables go back to the machine, and may be anything at once.
 */
#include "scenarios/programs.h"

#define FAR 0x40000000ul                /* physical, 1 GiB aligned */
#define LARGE (512 * PAGE)
#define GIANT (512 * LARGE)

static uint64_t
size_of(unsigned level)
{
	return level == 2 ? LARGE : GIANT;
}

/* The first, a middle and the last page of a range; not all of them even. */
static void
map_some(struct scenario_world *w, void *space, unsigned pages,
         unsigned level)
{
	const unsigned at[] = { 0, pages / 2 | 1, pages - 1 };

	for (unsigned i = 0; i < 3; i++)
		w->k->map_large(space, w->user_va + at[i] * size_of(level),
		    FAR + i * GIANT, level);
}

/* Twice: a flush of many steps outlasts one visit. */
static void
use_last(struct scenario_world *w, unsigned pages, unsigned level)
{
	const uint64_t va = w->user_va + pages * size_of(level) - PAGE;

	use_page(w, va, false);
	scn_work(4 * pages);
	use_page(w, va, false);
}

/*
 * Of three or more the last never comes to the space, so that targets are named
 * one by one, also by kernels that do not forget who was there.
 */
static void
run_span(struct scenario_world *w, unsigned vcpu, unsigned pages,
         unsigned level)
{
	if (vcpu > 1 && vcpu == w->vcpus - 1)
		return;
	w->k->activate(w->arg);
	if (vcpu == 0)
		w->k->unmap_large(w->arg, w->user_va, pages, level);
	else
		use_last(w, pages, level);
}

static void
setup_large(struct scenario_world *w)
{
	w->arg = w->k->space_create();
	map_some(w, w->arg, w->k->large_span, 2);
}

static void
run_large(struct scenario_world *w, unsigned vcpu)
{
	run_span(w, vcpu, w->k->large_span, 2);
}

const struct scenario scenario_unmap_span_large = {
	.name = "unmap-span-large",
	.summary = "unmap a range that is flushed by pages of 2 MiB",
	.min_vcpus = 2, .max_vcpus = 5, .needs = NEEDS_STRIDES,
	.sparse_too = true,
	.setup = setup_large, .program = run_large,
};

static void
setup_giant(struct scenario_world *w)
{
	w->arg = w->k->space_create();
	map_some(w, w->arg, w->k->giant_span, 3);
}

static void
run_giant(struct scenario_world *w, unsigned vcpu)
{
	run_span(w, vcpu, w->k->giant_span, 3);
}

const struct scenario scenario_unmap_span_giant = {
	.name = "unmap-span-giant",
	.summary = "unmap a range of 1 GiB pages that no flush call can list",
	.min_vcpus = 2, .max_vcpus = 5, .needs = NEEDS_STRIDES,
	.sparse_too = true,
	.setup = setup_giant, .program = run_giant,
};

/* ---- tables ---- */

/* Small pages and a large one, in two lowest tables' ranges of three. */
static void
setup_tables(struct scenario_world *w)
{
	map_page(w, w->space, w->user_va, 0, KPROT_W | KPROT_USER);
	map_page(w, w->space, w->user_va + 5 * LARGE, 1, KPROT_W | KPROT_USER);
	w->k->map_large(w->space, w->user_va + 2 * LARGE, FAR, 2);
}

/* Tables of two levels, and their leaves, by one flush. */
static void
run_tables(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->free_upper(w->space, w->user_va, 2);
		free_frames(w, 2);
	} else {
		use_page(w, w->user_va + 5 * LARGE, false);
	}
}

const struct scenario scenario_free_tables = {
	.name = "free-tables",
	.summary = "free tables of two levels and all that they map",
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_STRIDES,
	.setup = setup_tables, .program = run_tables,
};

static void
setup_middle(struct scenario_world *w)
{
	w->k->map_large(w->space, w->user_va, FAR, 2);
}

/* The leaf's flush is over: what the table's must reach are paths alone. */
static void
run_middle(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap_large(w->space, w->user_va, 1, 2);
		w->k->free_upper(w->space, w->user_va, 2);
	} else {
		use_page(w, w->user_va, false);
	}
}

const struct scenario scenario_free_middle_table = {
	.name = "free-middle-table",
	.summary = "unmap a 2 MiB page, then free the table that held it",
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_STRIDES,
	.setup = setup_middle, .program = run_middle,
};

static void
setup_top(struct scenario_world *w)
{
	w->k->map_large(w->space, w->user_va, FAR, 3);
}

static void
run_top(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap_large(w->space, w->user_va, 1, 3);
		w->k->free_upper(w->space, w->user_va, 3);
	} else {
		use_page(w, w->user_va, false);
	}
}

const struct scenario scenario_free_top_table = {
	.name = "free-top-table",
	.summary = "unmap a 1 GiB page, then free the table that held it",
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_STRIDES,
	.setup = setup_top, .program = run_top,
};

/* Who is lazy keeps the space loaded, and may walk by the freed table. */
static void
run_middle_lazy(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap_large(w->space, w->user_va, 1, 2);
		w->k->free_upper(w->space, w->user_va, 2);
		return;
	}
	use_page(w, w->user_va, false);
	w->k->enter_lazy();
	scn_work(4);
	w->k->activate(w->space);
	use_page(w, w->user_va, false);
}

const struct scenario scenario_lazy_middle_table = {
	.name = "lazy-middle-table",
	.summary = "free a 2 MiB page's table while others are lazy",
	.min_vcpus = 2, .max_vcpus = 4, .needs = NEEDS_STRIDES | NEEDS_LAZY,
	.setup = setup_middle, .program = run_middle_lazy,
};

/* ---- by broadcast (broadcast.c) ---- */

/* Two small pages, whose flushes let the space change over, and large ones. */
static void
setup_broadcast(struct scenario_world *w)
{
	const uint64_t small = w->user_va + GIANT;

	map_page(w, w->space, small, 0, KPROT_W | KPROT_USER);
	map_page(w, w->space, small + PAGE, 1, KPROT_W | KPROT_USER);
	map_some(w, w->space, w->k->large_span, 2);
}

static void
run_broadcast(struct scenario_world *w, unsigned vcpu)
{
	const unsigned span = w->k->large_span;

	if (vcpu == 0) {
		w->k->unmap(w->space, w->user_va + GIANT, 1);
		w->k->unmap(w->space, w->user_va + GIANT + PAGE, 1);
		w->k->unmap_large(w->space, w->user_va, span, 2);
		w->k->free_upper(w->space, w->user_va, 2);
		return;
	}
	visit_user(w);
	use_last(w, span, 2);
}

const struct scenario scenario_broadcast_span = {
	.name = "broadcast-span",
	.summary = "unmap 2 MiB pages of a space that changes over to INVLPGB",
	.min_vcpus = 4, .max_vcpus = 5,
	.needs = NEEDS_STRIDES | NEEDS_BROADCAST,
	.setup = setup_broadcast, .program = run_broadcast,
};

static void
setup_empty(struct scenario_world *w)
{
	map_page(w, w->space, w->user_va, 0, KPROT_W | KPROT_USER);
	map_page(w, w->space, w->user_va + PAGE, 1, KPROT_W | KPROT_USER);
}

/* No leaf is left when the table goes: one step of 2 MiB is for it alone. */
static void
run_empty(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap(w->space, w->user_va, 1);
		w->k->unmap(w->space, w->user_va + PAGE, 1);
		w->k->free_table(w->space, w->user_va);
		return;
	}
	visit_user(w);
	use_page(w, w->user_va + PAGE, false);
}

const struct scenario scenario_broadcast_empty_table = {
	.name = "broadcast-empty-table",
	.summary = "the same, and free a table that holds no page any more",
	.min_vcpus = 4, .max_vcpus = 5, .needs = NEEDS_BROADCAST,
	.setup = setup_empty, .program = run_empty,
};
