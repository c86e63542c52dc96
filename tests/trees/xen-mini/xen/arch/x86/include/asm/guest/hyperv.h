/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: what the host told of itself. */
#ifndef MINI_HYPERV_H
#define MINI_HYPERV_H

#include <asm/guest/hypervisor.h>

struct ms_hyperv_info {
	uint32_t hints;
};
extern struct ms_hyperv_info ms_hyperv;

#endif
