/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: the call into the hypercall page. */
#ifndef _HYPERV_MACHDEP_H_
#define _HYPERV_MACHDEP_H_

uint64_t hypercall_md(volatile void *hc_addr, uint64_t in_val,
    uint64_t in_paddr, uint64_t out_paddr);

#endif
