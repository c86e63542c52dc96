/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words: see words.h.
 */
#include "litmus/words.h"

#include "model/model.h"

const struct litmus_flag litmus_flags[] = {
	{ "P", PTE_P }, { "W", PTE_W }, { "U", PTE_U }, { "PWT", PTE_PWT },
	{ "PCD", PTE_PCD }, { "A", PTE_A }, { "D", PTE_D }, { "G", PTE_G },
	{ "PS", PTE_PS }, { "PAT", PTE_PAT }, { "NX", PTE_NX }, { NULL, 0 },
};

const char *const litmus_levels[6] = {
	"", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"
};

uint64_t
litmus_level_bytes(unsigned level)
{
	return MACHINE_PAGE << 9 * (level - 1);
}
