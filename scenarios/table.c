/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table: all scenarios, in the order in which `check` runs and lists them, and
 * what a kernel lacks for one.  Freestanding: the guest has it too.
 */
#include <stddef.h>

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
	&scenario_lazy_subset,
	&scenario_lazy_subset_unmap,
	&scenario_lazy_foreign,
	&scenario_pcid_recycle,
	&scenario_large_unmap,
	&scenario_large_protect,
	&scenario_large_replace,
	&scenario_large_demote,
	&scenario_large_kernel,
	&scenario_large_kernel_page,
	&scenario_pcid_wrap,
	&scenario_space_reuse,
	&scenario_cache_flush,
	&scenario_shrinking_subset,
	&scenario_unmap_remote,
	&scenario_nested_unmap,
	&scenario_ept_unmap,
	&scenario_ept_protect,
	&scenario_detach,
	&scenario_many_spaces,
	&scenario_free_table_switch,
	&scenario_free_empty_table,
	&scenario_walk_free_table,
	&scenario_deferred_unmap,
	&scenario_deferred_pair,
	&scenario_deferred_switch,
	&scenario_broadcast_unmap,
	&scenario_broadcast_self,
	&scenario_broadcast_switch,
	&scenario_broadcast_table,
	&scenario_unmap_span_large,
	&scenario_unmap_span_giant,
	&scenario_free_tables,
	&scenario_free_middle_table,
	&scenario_free_top_table,
	&scenario_lazy_middle_table,
	&scenario_broadcast_span,
	&scenario_broadcast_empty_table,
	&scenario_debugger,
	&scenario_panic,
	&scenario_early_boot,
	&scenario_kernel_range_listed,
	&scenario_flush_wrap,
	&scenario_no_input_page,
	&scenario_late_target,
	&scenario_late_foreign,
	&scenario_late_initiator,
	&scenario_attach_fails,
	&scenario_hypercall_fails,
	NULL
};

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
		{ NEEDS_DEBUGGER, (k->alone_whys & KALONE_DEBUGGER) != 0,
		  "no debugger in this kernel, or not in this tree" },
		{ NEEDS_PANIC, (k->alone_whys & KALONE_PANIC) != 0,
		  "the kernel does not say what a panic shuts off" },
		{ NEEDS_EARLY, (k->alone_whys & KALONE_EARLY) != 0,
		  "the kernel does not say how its vCPUs start" },
		{ NEEDS_NESTED, k->guest_run != NULL,
		  "no virtual machines in this kernel, or not in this tree" },
		{ NEEDS_EPT, k->guest_ept != 0,
		  "the kernel's virtual machines have no EPT" },
		{ NEEDS_LISTED, k->unmap_listed != NULL,
		  "the kernel lists no kernel ranges" },
		{ NEEDS_FEW_FLUSHES, k->few_flushes != NULL,
		  "no count of the kernel's flushes wraps" },
		{ NEEDS_LOSE_INPUT, k->lose_input != NULL,
		  "the kernel does not say what it does without an input page" },
		{ NEEDS_ATTACH_FAILS, k->attach_fails != NULL,
		  "the kernel does not say what is left of a failed attach" },
		{ NEEDS_CACHE, k->flush_cache != NULL,
		  "the kernel flushes caches by other means" },
		{ NEEDS_FEW_PCIDS, k->few_pcids != NULL,
		  "the kernel has few PCIDs as it is (pcid-recycle)" },
		{ NEEDS_DEFERRED, k->drain != NULL,
		  "the kernel defers no user flush" },
		{ NEEDS_WALK, k->walk != NULL,
		  "the kernel has no walker without locks" },
		{ NEEDS_BROADCAST, k->user_invlpgb != 0,
		  "the kernel, or this tree of it, flushes no user page by "
		  "INVLPGB" },
		{ NEEDS_LATE, k->cpu_late != NULL,
		  "no vCPU of this kernel attaches later than others" },
		{ NEEDS_STRIDES, k->map_large != NULL,
		  "no flushes of this kernel in steps of large pages" },
		{ NEEDS_HUGE, k->huge_pages != 0,
		  "no range of the kernel is longer than a call's list" },
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if ((s->needs & needs[i].need) && !needs[i].there)
			return needs[i].why;
	return NULL;
}
