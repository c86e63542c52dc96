/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: the little of memory management that TLB code names, because the
 * kernel's header is the whole subsystem.
 */
#ifndef _LINUX_MM_H
#define _LINUX_MM_H

#include <linux/bug.h>
#include <linux/fs.h>
#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/vmstat.h>

#define VM_HUGETLB 0x00400000UL
#define hstate_vma(vma) ((void)(vma), NULL)
#define huge_page_shift(h) ((void)(h), PMD_SHIFT)

#endif
