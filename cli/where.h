/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * where: from program counters in a kernel object to lines of the user's tree.
 */
#ifndef SHOOTDOWN_CLI_WHERE_H
#define SHOOTDOWN_CLI_WHERE_H

#include "pmapshim/pmapshim.h"

struct where {
	char file[512];         /* as the user would write it; empty: unknown */
	char function[96];
	int line;
};

/*
 * The innermost frame (inlined ones included) in a file of the kernel's tree,
 * not counting hypercall wrappers.  Without debug information: empty.
 */
void where_find(const struct kernel_object *k, void *const *pc, unsigned npc,
                struct where *ret);
/*
 * "hyperv_mmu.c:212", or "mutate.c:88, our glue" when no frame lies in the
 * tree; malloc'ed, or NULL.
 */
char *where_brief(const struct kernel_object *k, void *const *pc,
                  unsigned npc);
/* The file as the user would write it; NULL: no part of the kernel's tree. */
const char *where_in_tree(const struct kernel_object *k, const char *file);
/* The path of a file relative to the kernel's tree, if it lies in there. */
const char *where_shorten(const struct kernel_object *k, const char *file);

#endif
