/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scenarios: the table, in the order in which `check` runs and lists them.
 */
#include <string.h>

#include "scenarios/programs.h"

const struct scenario *const scenarios_all[] = {
	&scenario_unmap_page,
	&scenario_unmap_foreign,
	&scenario_unmap_range_small,
	&scenario_unmap_range_large,
	&scenario_flush_all,
	&scenario_flush_all_subset,
	&scenario_write_protect,
	&scenario_write_protect_clean,
	&scenario_no_execute,
	&scenario_remap,
	&scenario_free_table,
	&scenario_user_access,
	&scenario_kernel_page,
	&scenario_kernel_range,
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
	&scenario_hypercall_fails,
	NULL
};

const struct scenario *
scenario_find(const char *name)
{
	unsigned i;

	for (i = 0; scenarios_all[i]; i++)
		if (strcmp(scenarios_all[i]->name, name) == 0)
			return scenarios_all[i];
	return NULL;
}
