/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * programs: what scenario files share.  Private to scenarios/.
 */
#ifndef SHOOTDOWN_SCENARIOS_PROGRAMS_H
#define SHOOTDOWN_SCENARIOS_PROGRAMS_H

#include "scenarios/scenarios.h"

#define PAGE 4096ull

/* Maps one page to w->frames[frame]. */
void map_page(struct scenario_world *w, void *space, uint64_t va,
              unsigned frame, unsigned prot);
/* Maps the first and the last page of a range, to frames 0 and 1. */
void map_ends(struct scenario_world *w, void *space, uint64_t va,
              unsigned pages, unsigned prot);
/* Gives w->frames [0, n) back, and takes one again: it may be any of them. */
void free_frames(struct scenario_world *w, unsigned n);
/* Enters user mode and comes back: with PTI its root has then been loaded. */
void visit_user(struct scenario_world *w);
/* Uses a page from user mode, and stays there for a moment. */
void use_page(struct scenario_world *w, uint64_t va, bool write);

/* Set-ups: one page, to frame 0 (user) or frame 2 (kernel). */
void setup_user_page(struct scenario_world *w);
/* Two of them side by side, to frames 0 and 1. */
void setup_two_pages(struct scenario_world *w);
void setup_kernel_page(struct scenario_world *w);
/* vCPU 0: unmaps the user page and gives its frame back. */
void unmap_user_page(struct scenario_world *w);

extern const struct scenario
    scenario_unmap_page, scenario_unmap_foreign,
    scenario_unmap_range_small, scenario_unmap_range_large,
    scenario_flush_all, scenario_flush_all_subset, scenario_write_protect, scenario_write_protect_clean,
    scenario_no_execute, scenario_remap, scenario_free_table,
    scenario_user_access, scenario_hypercall_fails,
    scenario_kernel_page, scenario_kernel_range, scenario_kernel_top,
    scenario_kernel_range_after,
    scenario_kernel_all, scenario_kernel_write_protect,
    scenario_kernel_page_switch,
    scenario_two_initiators, scenario_two_pages, scenario_user_and_kernel,
    scenario_switch_in, scenario_switch_out, scenario_switch_twice,
    scenario_shrinking_set,
    scenario_lazy, scenario_lazy_unmap, scenario_pcid_recycle,
    scenario_large_unmap, scenario_large_protect, scenario_large_demote,
    scenario_large_kernel, scenario_large_kernel_page,
    scenario_pcid_wrap, scenario_cache_flush, scenario_detach,
    scenario_unmap_range_huge,
    scenario_unmap_self, scenario_unmap_range_self, scenario_flush_all_self,
    scenario_kernel_range_large,
    scenario_many_spaces,
    scenario_free_table_switch, scenario_free_empty_table,
    scenario_walk_free_table, scenario_deferred_unmap,
    scenario_deferred_pair,
    scenario_debugger, scenario_panic, scenario_early_boot,
    scenario_kernel_range_listed, scenario_flush_wrap,
    scenario_no_input_page, scenario_attach_fails,
    scenario_shrinking_subset, scenario_unmap_remote, scenario_nested_unmap;

/* switches.c */
extern const struct scenario scenario_switch_between, scenario_flush_all_switch;

/* alone.c */
extern const struct scenario scenario_debugger_nmi;

/* limits.c */
extern const struct scenario scenario_no_input_range;

/* lifetimes.c */
extern const struct scenario scenario_space_reuse;

/* large.c */
extern const struct scenario scenario_large_replace;

/* nested.c */
extern const struct scenario scenario_ept_unmap, scenario_ept_protect,
    scenario_ept_emulated, scenario_ept_large_unmap,
    scenario_ept_large_protect, scenario_ept_large_demote;

/* deferred.c */
extern const struct scenario scenario_deferred_switch, scenario_deferred_alone;

/* lazy.c */
extern const struct scenario scenario_lazy_subset, scenario_lazy_subset_unmap,
    scenario_lazy_foreign;

/* late.c */
extern const struct scenario scenario_late_target, scenario_late_foreign,
    scenario_late_initiator;

/* nmi.c */
extern const struct scenario scenario_nmi_user_read, scenario_nmi_lazy,
    scenario_nmi_kernel_read, scenario_nmi_kernel_change, scenario_nmi_space_end,
    scenario_nmi_early_boot,
    scenario_temporary_space, scenario_temporary_lazy, scenario_kthread_use;

/* strides.c */
extern const struct scenario scenario_unmap_span_large,
    scenario_unmap_span_giant, scenario_free_tables,
    scenario_free_middle_table, scenario_free_top_table,
    scenario_lazy_middle_table, scenario_broadcast_span,
    scenario_broadcast_empty_table;

/* broadcast.c */
extern const struct scenario scenario_broadcast_unmap, scenario_broadcast_self,
    scenario_broadcast_switch, scenario_broadcast_table;

#endif
