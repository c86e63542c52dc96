/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words: the names that the language itself has, for parser and printer alike.
 */
#ifndef SHOOTDOWN_LITMUS_WORDS_H
#define SHOOTDOWN_LITMUS_WORDS_H

#include "litmus/litmus.h"

struct litmus_flag {
	const char *name;
	uint64_t bit;
};

/* Flags of an entry, in the order in which they are printed; NULL ends it.
 * PAT lies elsewhere in large pages: see LITMUS_PAT_LARGE. */
extern const struct litmus_flag litmus_flags[];
#define LITMUS_PAT_LARGE (1ull << 12)   /* SDM 3A, tables 4-16 and 4-18 */

/* What `pte(a)` and `table(t)` have without further flags. */
#define LITMUS_LEAF_FLAGS (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define LITMUS_TABLE_FLAGS (PTE_P | PTE_W | PTE_U | PTE_A)

/* Names of levels 1 .. 5; index 0 is unused. */
extern const char *const litmus_levels[6];
/* Bytes that an entry of the level maps. */
uint64_t litmus_level_bytes(unsigned level);

#endif
