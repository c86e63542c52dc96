/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scenarios: the table, in the order in which `check` runs and lists them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/program.h"
#include "scenarios/programs.h"

const struct scenario *const scenarios_all[] = {
	&scenario_unmap_page,
	&scenario_unmap_self,
	&scenario_unmap_foreign,
	&scenario_unmap_range_small,
	&scenario_unmap_range_self,
	&scenario_unmap_range_large,
	&scenario_unmap_range_huge,
	&scenario_flush_all,
	&scenario_flush_all_self,
	&scenario_flush_all_subset,
	&scenario_write_protect,
	&scenario_write_protect_clean,
	&scenario_no_execute,
	&scenario_remap,
	&scenario_free_table,
	&scenario_user_access,
	&scenario_kernel_page,
	&scenario_kernel_range,
	&scenario_kernel_range_large,
	&scenario_kernel_top,
	&scenario_kernel_all,
	&scenario_kernel_write_protect,
	&scenario_kernel_page_switch,
	&scenario_two_initiators,
	&scenario_user_and_kernel,
	&scenario_switch_in,
	&scenario_switch_out,
	&scenario_shrinking_set,
	&scenario_switch_twice,
	&scenario_lazy,
	&scenario_lazy_unmap,
	&scenario_pcid_recycle,
	&scenario_large_unmap,
	&scenario_large_protect,
	&scenario_large_demote,
	&scenario_large_kernel,
	&scenario_large_kernel_page,
	&scenario_pcid_wrap,
	&scenario_cache_flush,
	&scenario_shrinking_subset,
	&scenario_reclaim,
	&scenario_reclaim_unmap,
	&scenario_reclaim_switch,
	&scenario_nested_unmap,
	&scenario_detach,
	&scenario_many_spaces,
	&scenario_free_table_switch,
	&scenario_free_empty_table,
	&scenario_walk_free_table,
	&scenario_deferred_unmap,
	&scenario_deferred_pair,
	&scenario_debugger,
	&scenario_hypercall_fails,
	NULL
};

/* ---- programs of data ---- */

static struct made {
	struct program program;
	char asked[PROGRAM_NAME];
	struct made *next;
} *made;

static bool
fill(const char *name, struct program *ret)
{
	char *end;
	uint64_t seed;

	if (strncmp(name, PROGRAM_PREFIX, strlen(PROGRAM_PREFIX)) == 0)
		return program_parse(name + strlen(PROGRAM_PREFIX), ret) ==
		    NULL;
	name += strlen(RANDOM_PREFIX);
	seed = strtoull(name, &end, 10);
	if (*name < '0' || *name > '9' || *end != '\0')
		return false;
	program_random(seed, ret);
	snprintf(ret->name, sizeof(ret->name), RANDOM_PREFIX "%llu",
	    (unsigned long long)seed);
	return ret->vcpus != 0;
}

static const struct scenario *
make(const char *name)
{
	struct made *m;

	for (m = made; m != NULL; m = m->next)
		if (strcmp(m->asked, name) == 0)
			return &m->program.scenario;
	m = strlen(name) < PROGRAM_NAME ? calloc(1, sizeof(*m)) : NULL;
	if (m == NULL || !fill(name, &m->program)) {
		free(m);
		return NULL;
	}
	/* the copy points to where it was made */
	m->program.scenario.name = m->program.name;
	m->program.scenario.data = &m->program;
	strcpy(m->asked, name);
	m->next = made;
	made = m;
	return &m->program.scenario;
}

const struct scenario *
scenario_find(const char *name)
{
	unsigned i;

	for (i = 0; scenarios_all[i]; i++)
		if (strcmp(scenarios_all[i]->name, name) == 0)
			return scenarios_all[i];
	if (strncmp(name, PROGRAM_PREFIX, strlen(PROGRAM_PREFIX)) == 0 ||
	    strncmp(name, RANDOM_PREFIX, strlen(RANDOM_PREFIX)) == 0)
		return make(name);
	return NULL;
}

const char *
scenario_missing(const struct scenario *s, const struct kernel_ops *k)
{
	const struct {
		unsigned need;
		bool there;
		const char *why;
	} needs[] = {
		{ NEEDS_LAZY, k->enter_lazy != NULL,
		  "the kernel has no lazy mode" },
		{ NEEDS_LARGE, k->promote != NULL,
		  "no large pages in this kernel, or not in this tree" },
		{ NEEDS_DETACH, k->detach != NULL,
		  "the kernel, or this tree of it, cannot detach" },
		{ NEEDS_DEBUGGER, k->debugger != NULL,
		  "no debugger in this kernel, or not in this tree" },
		{ NEEDS_RECLAIM, k->reclaim != NULL,
		  "the kernel does not put off flushes of user pages" },
		{ NEEDS_NESTED, k->guest_run != NULL,
		  "no virtual machines in this kernel, or not in this tree" },
		{ NEEDS_CACHE, k->flush_cache != NULL,
		  "the kernel flushes caches by other means" },
		{ NEEDS_FEW_PCIDS, k->few_pcids != NULL,
		  "the kernel has few PCIDs as it is (pcid-recycle)" },
		{ NEEDS_DEFERRED, k->drain != NULL,
		  "the kernel defers no user flush" },
		{ NEEDS_WALK, k->walk != NULL,
		  "the kernel has no walker without locks" },
		{ NEEDS_HUGE, k->huge_pages != 0,
		  "no range of the kernel is longer than a call's list" },
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if ((s->needs & needs[i].need) && !needs[i].there)
			return needs[i].why;
	return NULL;
}
