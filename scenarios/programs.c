/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * programs: steps that many scenarios have.
 */
#include "scenarios/programs.h"

void
map_page(struct scenario_world *w, void *space, uint64_t va, unsigned frame,
         unsigned prot)
{
	w->k->map(space, va, &w->frames[frame], 1, prot);
}

void
map_ends(struct scenario_world *w, void *space, uint64_t va, unsigned pages,
         unsigned prot)
{
	map_page(w, space, va, 0, prot);
	map_page(w, space, va + (pages - 1) * PAGE, 1, prot);
}

void
free_frames(struct scenario_world *w, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		scn_frame_free(w->frames[i]);
	scn_frame_alloc();
}

void
visit_user(struct scenario_world *w)
{
	scn_enter_user(w);
	scn_leave_user(w);
}

void
use_page(struct scenario_world *w, uint64_t va, bool write)
{
	scn_enter_user(w);
	scn_touch(va, write);
	scn_work(4);
	scn_leave_user(w);
}

void
setup_user_page(struct scenario_world *w)
{
	map_page(w, w->space, w->user_va, 0, KPROT_W | KPROT_USER);
}

void
setup_kernel_page(struct scenario_world *w)
{
	map_page(w, 0, w->kernel_va, 2, KPROT_W | KPROT_GLOBAL);
}

void
unmap_user_page(struct scenario_world *w)
{
	w->k->unmap(w->space, w->user_va, 1);
	free_frames(w, 1);
}
