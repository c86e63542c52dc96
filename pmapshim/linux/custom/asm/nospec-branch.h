/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: the call into the hypercall page, because retpolines are patched
 * code: a plain indirect call (its target is insn.c); mitigations are off.
 */
#ifndef _ASM_X86_NOSPEC_BRANCH_H
#define _ASM_X86_NOSPEC_BRANCH_H

#include <linux/jump_label.h>

#define CALL_NOSPEC "call *%[thunk_target]\n"
#define THUNK_TARGET(addr) [thunk_target] "r" (addr)

/* An operand that makes the compiler set up the frame before the call. */
register unsigned long current_stack_pointer __asm__("rsp");
#define ASM_CALL_CONSTRAINT "+r" (current_stack_pointer)

DECLARE_STATIC_KEY_FALSE(switch_mm_cond_ibpb);
DECLARE_STATIC_KEY_FALSE(switch_mm_always_ibpb);
DECLARE_STATIC_KEY_FALSE(switch_mm_cond_l1d_flush);
#define indirect_branch_prediction_barrier() do { } while (0)

#endif
