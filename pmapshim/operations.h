/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * operations: what the two backends share of the operations of scenario
 * programs.  Each backend has these functions in its operations.c and
 * verbs.c; pmapshim/verbs.c is written in terms of them.
 */
#ifndef SHOOTDOWN_PMAPSHIM_OPERATIONS_H
#define SHOOTDOWN_PMAPSHIM_OPERATIONS_H

#include <stdbool.h>
#include <stdint.h>

struct kernel_ops;

/* Before each run: nothing has been done or left out yet. */
void operations_reset(void);
/*
 * A program comes to its next operation: is it done?  Outside of programs
 * (boot, set-up) always, and it has no number.
 */
bool operation_begin(const char *name);
void operation_end(void);
/* Like operation_begin(), for what stands and falls with a visit. */
bool operation_begin_inside(const char *name);
bool operation_enter(const char *name); /* a visit or a window */
bool operation_leave(void);             /* the way back from it */
/* Like operation_begin(), for the frame of something unmapped. */
bool operation_begin_free(void);
/* What programs call in place of the kernel's own operations. */
const struct kernel_ops *operations_filter(const struct kernel_ops *k);

/*
 * The access of an operation that has begun, as the processor makes it: the
 * physical address that is seen, or SCN_FAULT.
 */
uint64_t verb_access(uint64_t va, bool write);

#endif
