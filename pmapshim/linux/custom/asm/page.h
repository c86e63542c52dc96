/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: pages and addresses, because physical memory is the model's: the
 * direct map is sd_virt_to_phys() and back.
 */
#ifndef _ASM_X86_PAGE_H
#define _ASM_X86_PAGE_H

#include <linux/types.h>
#include <shim/core.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PHYSICAL_PAGE_MASK 0x000ffffffffff000UL

#define virt_to_phys(p) sd_virt_to_phys((const void *)(p))
#define __pa(p) virt_to_phys(p)
#define __va(pa) sd_phys_to_virt(pa)

#endif
