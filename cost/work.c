/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * work: the workloads.  All vCPUs run threads of one process in user mode and
 * have used its memory; vCPU 0 does the operation that is counted.
 *
 *  vCPU 0:  wait for all     operation (counted)     let them go
 *  others:  user mode, touch       interrupted       leave
 *
 * The others wait without using up the schedule, so that a large operation
 * does not run out of steps.
 */
#include "cost/cost.h"

#include <string.h>

#include "explore/explore.h"
#include "pmapshim/backend.h"

#define PAGE 4096ull
#define RW (KPROT_W | KPROT_USER)
/* One page after another: what 16 of them cost, more cost in proportion. */
#define CHURN_PAGES 16u

bool cost_workload_counts;

static unsigned pages, ready;
static bool over;

void
cost_workload_reset(unsigned n)
{
	pages = n;
	ready = 0;
	over = false;
	cost_workload_counts = false;
}

/* ---- what they share ------------------------------------------------------------- */

static void
wait_in_user_mode(struct scenario_world *w)
{
	scn_enter_user(w);
	scn_touch(w->user_va, true);
	ready++;
	explore_progress();
	while (!over)
		sd_pause();
	scn_leave_user(w);
}

static void
wait_in_kernel_mode(struct scenario_world *w)
{
	scn_kernel_touch(w->kernel_va, true);
	ready++;
	explore_progress();
	while (!over)
		sd_pause();
}

static void
begin(struct scenario_world *w)
{
	while (ready + 1 < w->vcpus)
		sd_pause();
	cost_workload_counts = true;
}

static void
end(void)
{
	cost_workload_counts = false;
	over = true;
	explore_progress();
}

/* The frames of a range: few are enough, however long it is. */
static const unsigned long *
frame_list(const struct scenario_world *w)
{
	static unsigned long list[COST_MAX_PAGES];

	for (unsigned i = 0; i < COST_MAX_PAGES; i++)
		list[i] = w->frames[i % w->nframes];
	return list;
}

static void
map_user(struct scenario_world *w)
{
	w->k->map(w->space, w->user_va, frame_list(w), pages, RW);
}

static void
map_kernel(struct scenario_world *w)
{
	w->k->map(0, w->kernel_va, frame_list(w), pages,
	          KPROT_W | KPROT_GLOBAL);
}

/* One page for the touch, the range elsewhere. */
static void
map_nothing(struct scenario_world *w)
{
	w->k->map(w->space, w->user_va, frame_list(w), 1, RW);
}

/* ---- the programs ------------------------------------------------------------------ */

static void
run_free(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu != 0) {
		wait_in_user_mode(w);
		return;
	}
	begin(w);
	w->k->unmap(w->space, w->user_va, pages);
	end();
}

static void
run_alloc(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu != 0) {
		wait_in_user_mode(w);
		return;
	}
	begin(w);
	w->k->map(w->space, w->user_va + PAGE, frame_list(w), pages, RW);
	end();
}

/* As an allocator that gives memory back page by page. */
static void
run_churn(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu != 0) {
		wait_in_user_mode(w);
		return;
	}
	begin(w);
	for (unsigned i = 0; i < pages; i++) {
		w->k->unmap(w->space, w->user_va + i * PAGE, 1);
		w->k->map(w->space, w->user_va + i * PAGE, frame_list(w), 1,
		          RW);
	}
	end();
}

static void
run_protect(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu != 0) {
		wait_in_user_mode(w);
		return;
	}
	begin(w);
	w->k->protect(w->space, w->user_va, pages, KPROT_USER);
	end();
}

/* fork: all is made read-only, then one page is copied as it is written. */
static void
run_fork(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu != 0) {
		wait_in_user_mode(w);
		return;
	}
	begin(w);
	w->k->protect(w->space, w->user_va, pages, KPROT_USER);
	w->k->remap(w->space, w->user_va, w->frames[w->nframes - 1], RW);
	end();
}

/* exit: the other threads are gone already. */
static void
run_exit(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu != 0) {
		w->k->activate(0);
		ready++;
		explore_progress();
		while (!over)
			sd_pause();
		w->k->activate(w->space);
		return;
	}
	begin(w);
	w->k->unmap_all(w->space, w->user_va, pages);
	end();
}

static void
run_kernel(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu != 0) {
		wait_in_kernel_mode(w);
		return;
	}
	begin(w);
	w->k->unmap(0, w->kernel_va, pages);
	end();
}

#define WORKLOAD(name_, what_, most_, setup_)                           \
	static const struct cost_workload work_##name_ = {              \
		.name = #name_, .what = what_, .most = most_,           \
		.scenario = { .name = "cost-" #name_, .summary = what_, \
		    .min_vcpus = 2, .max_vcpus = MACHINE_MAX_CPUS,      \
		    .setup = setup_, .program = run_##name_ },          \
	}

WORKLOAD(alloc, "map fresh pages (malloc, mmap)", COST_MAX_PAGES, map_nothing);
WORKLOAD(free, "unmap a range at once (free, munmap)", COST_MAX_PAGES,
         map_user);
WORKLOAD(churn, "unmap and map a range page by page", CHURN_PAGES, map_user);
WORKLOAD(protect, "make a range read-only (mprotect)", COST_MAX_PAGES,
         map_user);
WORKLOAD(fork, "make a range read-only, then copy a page", COST_MAX_PAGES,
         map_user);
WORKLOAD(exit, "unmap all when the other threads are gone", COST_MAX_PAGES,
         map_user);
WORKLOAD(kernel, "unmap a kernel range (kmem_free, vfree)", COST_MAX_PAGES,
         map_kernel);

const struct cost_workload *const cost_workloads[] = {
	&work_alloc, &work_free, &work_churn, &work_protect, &work_fork,
	&work_exit, &work_kernel, NULL
};

const struct cost_workload *
cost_workload_find(const char *name)
{
	for (unsigned i = 0; cost_workloads[i] != NULL; i++)
		if (strcmp(cost_workloads[i]->name, name) == 0)
			return cost_workloads[i];
	return NULL;
}
