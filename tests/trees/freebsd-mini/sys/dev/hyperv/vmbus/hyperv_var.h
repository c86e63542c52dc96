/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: hypercalls as functions. */
#ifndef _HYPERV_VAR_H_
#define _HYPERV_VAR_H_

struct hypercall_ctx {
	void *hc_addr;
	vm_paddr_t hc_paddr;
};

extern u_int hyperv_recommends;

uint64_t hypercall_do_md(uint64_t control, uint64_t in, uint64_t out);
uint64_t hv_do_rep_hypercall(uint16_t code, uint16_t count, uint16_t varhead,
    uint64_t in, uint64_t out);

#endif
