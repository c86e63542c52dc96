/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutants: the bugs that can be switched on in the reference kernel.
 *
 * Each is one edit of the correct code, at the one place where mutant_is() asks
 * for it.  The table with origins and requirements is in mutants.c.
 */
#ifndef SHOOTDOWN_REFERENCE_MUTANTS_H
#define SHOOTDOWN_REFERENCE_MUTANTS_H

#include "pmapshim/kernel.h"

/* In the order of reference_mutants[]; the numbers are stable. */
enum mutant {
	MUTANT_NONE,
	MUTANT_ACK_BEFORE_FLUSH,
	MUTANT_NO_FENCE_IN_SWITCH,
	MUTANT_SWITCH_WINDOW,
	MUTANT_BANKS_NOT_COMPACTED,
	MUTANT_FREED_TABLES_SKIP_LAZY,
	MUTANT_PTI_USER_FORGOTTEN,
	MUTANT_GLOBAL_BY_PCID,
	MUTANT_GLOBAL_NON_GLOBAL,
	MUTANT_WRONG_SPACE,
	MUTANT_STATUS_IGNORED,
	MUTANT_PCID_RECYCLED,
	MUTANT_MASK_TOO_EARLY,
	MUTANT_TABLE_FREED_EARLY,
	MUTANT_FIRST_PAGE_ONLY,
	MUTANT_ADDITIONAL_PAGES,
	MUTANT_LOCAL_ONLY,
	MUTANT_SKIP_IF_CLEAR,
	MUTANT_UNLOCK_BEFORE_FLUSH,
	MUTANT_RANGE_WRAP,
	MUTANT_LAZY_EXIT_LOST,
	MUTANT_NO_WAIT,
	MUTANT_ONE_REQUEST,
	MUTANT_ACK_NOT_LOCKED,
	MUTANT_USER_FLUSH_LOST,
	MUTANT_REMAP_AS_GAIN,
	MUTANT_NX_AS_GAIN,
	MUTANT_CPU_FOR_VP,
	MUTANT_RESERVED_FLAG,
	MUTANT_SHARED_INPUT,
	MUTANT_EMPTY_IS_ALL,
	MUTANT_BANKS_REMEMBERED,
	MUTANT_HEADER_SIZE,
	MUTANT_COUNT_PAST_PAGE,
	MUTANT_FRAME_FOR_ROOT,
	MUTANT_DETACH_EARLY,
	MUTANT_NO_PROGRESS,
	MUTANT_HANDLER_CALL,
	MUTANT_COUNT
};

extern unsigned reference_mutant;
extern const struct kernel_mutant reference_mutants[MUTANT_COUNT - 1];

/* No hook: asking must not add a scheduling point. */
int mutant_is(enum mutant m) __attribute__((pure));

#endif
