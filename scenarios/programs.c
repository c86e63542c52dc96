/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * programs: steps that many scenarios have.
 */
#include "scenarios/programs.h"

#define MANY 64u
#define POINTS_OF_A_TARGET 64u  /* an initiator's, at most */

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

/*
 * With very many vCPUs a flush takes so long that all the others' programs are
 * over when it returns: the last two stay until then.
 */
static unsigned
stay(const struct scenario_world *w)
{
	return w->vcpus <= MANY || scn_program() + 2 < w->vcpus ? 4 :
	    POINTS_OF_A_TARGET * w->vcpus;
}

void
use_page(struct scenario_world *w, uint64_t va, bool write)
{
	scn_enter_user(w);
	scn_touch(va, write);
	scn_work(stay(w));
	scn_leave_user(w);
}

void
setup_two_pages(struct scenario_world *w)
{
	map_ends(w, w->space, w->user_va, 2, KPROT_W | KPROT_USER);
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
