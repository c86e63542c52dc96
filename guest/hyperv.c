/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hyperv.c: the host's side of flushes: the page that it fills with the
 * instruction of a hypercall (TLFS 3.13), an input page and the VP index of
 * each processor.
 */
#include "guest/guest.h"

#define MSR_GUEST_OS_ID 0x40000000
#define MSR_HYPERCALL 0x40000001
#define MSR_VP_INDEX 0x40000002
#define HYPERCALL_ENABLE 1
#define OS_ID 0x8100000000000000ull     /* open source, none of the known */
#define INPUTS 64                       /* processors that may call */

static char input[INPUTS][4096] __attribute__((aligned(4096)));

static uint64_t
physical(const void *p)
{
	return (uint64_t)(uintptr_t)p - KERNEL_BASE;
}

void
hyperv_start(void)
{
	struct guest_cpu *c = this_cpu();

	c->vp = c->number;
	if (c->number < INPUTS)
		c->input = physical(input[c->number]);
	if (!features.hyperv)
		return;
	if (c->number == 0) {
		wrmsr(MSR_GUEST_OS_ID, OS_ID);
		wrmsr(MSR_HYPERCALL, physical(hyperv_page) |
		    HYPERCALL_ENABLE);
	}
	c->vp = (uint32_t)rdmsr(MSR_VP_INDEX);
}
