/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: input of the flush hypercalls (TLFS chapter 4). */
#ifndef _HYPERV_MMU_H_
#define _HYPERV_MMU_H_

#include "vmbus_var.h"

#define	FLUSH_ALL_PROCESSORS	1
#define	FLUSH_ALL_SPACES	2

#define	VPS_PER_BANK		64
#define	BANKS			64
/* One element of a list: a page and up to 4095 more behind it. */
#define	PAGES_PER_RANGE		4096

struct flush_simple {
	uint64_t space;
	uint64_t flags;
	uint64_t processors;
	uint64_t ranges[];
};

struct flush_sparse {
	uint64_t space;
	uint64_t flags;
	uint64_t format;		/* 0: sparse set of banks */
	uint64_t valid_banks;
	uint64_t banks[];		/* then the ranges */
};

#endif
