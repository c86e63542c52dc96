/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: switching of address spaces, because the kernel's header brings
 * LDTs and protection keys, and linear-address masking is off.
 */
#ifndef _ASM_X86_MMU_CONTEXT_H
#define _ASM_X86_MMU_CONTEXT_H

#include <asm/tlbflush.h>
#include <linux/mm_types.h>
#include <linux/sched.h>

extern atomic64_t last_mm_ctx_id;

void switch_mm(struct mm_struct *prev, struct mm_struct *next,
               struct task_struct *tsk);
void switch_mm_irqs_off(struct mm_struct *prev, struct mm_struct *next,
                        struct task_struct *tsk);
#define switch_mm_irqs_off switch_mm_irqs_off
#ifdef CONFIG_BROADCAST_TLB_FLUSH
void mm_free_global_asid(struct mm_struct *mm);
#endif
#ifdef SHIM_TEMPORARY_MM
struct mm_struct *use_temporary_mm(struct mm_struct *temp_mm);
void unuse_temporary_mm(struct mm_struct *prev_mm);
#endif
/* Where it is not inline. */
#ifndef enter_lazy_tlb
void enter_lazy_tlb(struct mm_struct *mm, struct task_struct *tsk);
#endif

#define switch_ldt(prev, next) do { } while (0)
#define mm_lam_cr3_mask(mm) ((void)(mm), 0UL)
#define mm_untag_mask(mm) ((void)(mm), ~0UL)
/* Every space is tracked but those for patching code. */
#define is_notrack_mm(mm) ((void)(mm), 0)

#endif
