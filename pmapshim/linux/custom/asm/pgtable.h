/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: page-table entries, because the kernel's header is bound to its
 * paravirt patching: four levels, the bits of the manual, and accessors that
 * make the same kind of access as the kernel's.
 */
#ifndef _ASM_X86_PGTABLE_H
#define _ASM_X86_PGTABLE_H

#include <asm/page.h>
#include <linux/atomic.h>

typedef unsigned long pteval_t;
typedef struct { pteval_t pte; } pte_t;
typedef struct { pteval_t pmd; } pmd_t;
typedef struct { pteval_t pgd; } pgd_t;
typedef struct { pteval_t pgprot; } pgprot_t;
enum page_cache_mode { _PAGE_CACHE_MODE_WB };

#define PMD_SHIFT 21
#define PMD_SIZE (1UL << PMD_SHIFT)
#define PMD_MASK (~(PMD_SIZE - 1))
#define PUD_SHIFT 30
#define PGDIR_SHIFT 39
#define PTRS_PER_PTE 512
#define TASK_SIZE_MAX ((1UL << 47) - PAGE_SIZE)

#define _PAGE_PRESENT 0x001UL
#define _PAGE_RW 0x002UL
#define _PAGE_USER 0x004UL
#define _PAGE_PWT 0x008UL
#define _PAGE_PCD 0x010UL
#define _PAGE_ACCESSED 0x020UL
#define _PAGE_DIRTY 0x040UL
#define _PAGE_PSE 0x080UL
#define _PAGE_PAT 0x080UL
#define _PAGE_GLOBAL 0x100UL
#define _PAGE_SOFTW1 0x200UL
#define _PAGE_SOFTW2 0x400UL
#define _PAGE_SOFTW3 0x800UL
#define _PAGE_PAT_LARGE 0x1000UL
#define _PAGE_SOFTW4 (1UL << 58)
#define _PAGE_SAVED_DIRTY _PAGE_SOFTW4
#define _PAGE_PKEY_BIT0 (1UL << 59)
#define _PAGE_PKEY_BIT1 (1UL << 60)
#define _PAGE_PKEY_BIT2 (1UL << 61)
#define _PAGE_PKEY_BIT3 (1UL << 62)
#define _PAGE_NX (1UL << 63)

#define pte_val(e) ((e).pte)
#define pmd_val(e) ((e).pmd)
#define pte_flags(e) ((e).pte & ~PHYSICAL_PAGE_MASK)
#define pmd_flags(e) ((e).pmd & ~PHYSICAL_PAGE_MASK)
#define pte_pfn(e) (((e).pte & PHYSICAL_PAGE_MASK) >> PAGE_SHIFT)
#define pmd_pfn(e) (((e).pmd & PHYSICAL_PAGE_MASK) >> PAGE_SHIFT)

/* native_set_pte, _set_pmd, ...: one plain store. */
static inline void
set_entry(pteval_t *entry, pteval_t value)
{
	WRITE_ONCE(*entry, value);
}

/* native_ptep_get_and_clear on SMP: a locked exchange. */
static inline pteval_t
entry_get_and_clear(pteval_t *entry)
{
	return xchg(entry, 0UL);
}

#endif
