/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: the call of the hypercall page. */
#ifndef MINI_HCALL_H
#define MINI_HCALL_H

#include <xen/types.h>

static inline uint64_t
hv_do_hypercall(uint64_t control, paddr_t in, paddr_t out)
{
	register unsigned long r8 __asm__("r8") = out;
	uint64_t status;

	__asm__ volatile("call hv_hcall_page" : "=a" (status), "+c" (control),
	    "+d" (in) : "r" (r8) : "memory");
	return status;
}

/* No call here has elements. */
static inline uint64_t
hv_do_rep_hypercall(uint16_t code, paddr_t in)
{
	return hv_do_hypercall(code, in, 0);
}

#endif
