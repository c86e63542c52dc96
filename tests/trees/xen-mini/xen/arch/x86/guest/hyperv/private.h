/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: per-CPU data of the hypercall path. */
#ifndef MINI_PRIVATE_H
#define MINI_PRIVATE_H

#include <xen/cpumask.h>
#include <xen/percpu.h>

DECLARE_PER_CPU(void *, hv_input_page);
DECLARE_PER_CPU(void *, hv_vp_assist);
DECLARE_PER_CPU(unsigned int, hv_vp_index);
extern unsigned int hv_max_vp_index;

int hyperv_flush_tlb(const cpumask_t *mask, const void *va, unsigned int flags);
/* The mask of VP indexes; -1: one is too large. */
int cpumask_to_vpset(uint64_t *set, const cpumask_t *mask);

#endif
