/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * custom: what Xen's Hyper-V files need of the rest of Xen, in one header,
 * because the real ones bring page tables, locks and domains with them.
 *
 * Per-CPU data are plain arrays, so that the hooks see each access; CPU masks
 * are as long as the run's rows need; an assertion that fails is a finding.
 */
#ifndef SHIM_XEN_H
#define SHIM_XEN_H

#include "pmapshim/backend.h"

#define CONFIG_HYPERV_GUEST 1
#define CONFIG_GUEST 1

typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __INT64_TYPE__ int64_t;
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef __SIZE_TYPE__ size_t;
typedef unsigned long paddr_t;
typedef _Bool bool;
#define true 1
#define false 0
#ifndef NULL
#define NULL ((void *)0)
#endif

#define EINVAL 22
#define E2BIG 7
#define ENXIO 6
#define EOPNOTSUPP 95

#define PAGE_SHIFT 12
#define PAGE_SIZE (1L << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

/* asm/flushtlb.h: what a flush is asked for with. */
#define FLUSH_ORDER_MASK 0xff
#define FLUSH_ORDER(x) ((x) + 1)
#define FLUSH_TLB 0x100
#define FLUSH_TLB_GLOBAL 0x200
#define FLUSH_VA_VALID 0x800

#define __packed __attribute__((__packed__))
#define __init
#define __read_mostly
#define cf_check
#define ASM_CALL_CONSTRAINT
#define BIT(n, suffix) (1##suffix << (n))
#define MASK_EXTR(v, m) (((v) & (m)) / ((m) & -(m)))
#define MASK_INSR(v, m) (((v) * ((m) & -(m))) & (m))
#define BUILD_BUG_ON(e) _Static_assert(!(e), #e)
#define ASSERT(e)                                                       \
	((e) ? (void)0 : sd_assert_failed(__FILE__, __LINE__, #e))
#define ASSERT_UNREACHABLE()                                            \
	sd_assert_failed(__FILE__, __LINE__, "ASSERT_UNREACHABLE()")

#ifndef SHIM_CPUS
#define SHIM_CPUS 64
#endif
#define DECLARE_PER_CPU(type, name) extern type per_cpu__##name[SHIM_CPUS]
#define DEFINE_PER_CPU(type, name) type per_cpu__##name[SHIM_CPUS]
#define per_cpu(name, cpu) (per_cpu__##name[cpu])
#define this_cpu(name) per_cpu(name, sd_cpu())

#define local_irq_is_enabled() sd_irq_enabled()
#define local_irq_save(x) do {                                          \
	(x) = (unsigned long)sd_irq_enabled();                          \
	sd_irq_disable();                                               \
} while (0)
#define local_irq_restore(x) do {                                       \
	if (x)                                                          \
		sd_irq_enable();                                        \
} while (0)

#define virt_to_maddr(p) sd_virt_to_phys(p)

/* ---- masks of CPUs: hooked, as any access of Xen's ---- */

typedef struct cpumask { unsigned long bits[SHIM_CPUS / 64]; } cpumask_t;

#define nr_cpu_ids sd_ncpus()

/* Words with a CPU in them. */
static inline unsigned int
shim_cpu_words(void)
{
	return SHIM_CPUS == 64 ? 1 : (nr_cpu_ids + 63) / 64;
}

extern cpumask_t cpu_online_map;

static inline unsigned int
cpumask_next(int n, const cpumask_t *m)
{
	const unsigned int from = (unsigned int)(n + 1);
	unsigned long keep = ~0UL << from % 64;

	for (unsigned int w = from / 64; w < shim_cpu_words(); w++) {
		const unsigned long word = m->bits[w] & keep;

		if (word)
			return w * 64 + (unsigned int)__builtin_ctzl(word);
		keep = ~0UL;
	}
	return nr_cpu_ids;
}

#define cpumask_first(m) cpumask_next(-1, m)
#define for_each_cpu(cpu, m)                                            \
	for ((cpu) = cpumask_first(m); (cpu) < nr_cpu_ids;              \
	    (cpu) = cpumask_next((int)(cpu), m))

static inline unsigned int
cpumask_last(const cpumask_t *m)
{
	for (unsigned int w = shim_cpu_words(); w-- > 0;) {
		const unsigned long word = m->bits[w];

		if (word)
			return w * 64 + 63u -
			    (unsigned int)__builtin_clzl(word);
	}
	return nr_cpu_ids;
}

static inline bool
cpumask_empty(const cpumask_t *m)
{
	for (unsigned int w = 0; w < shim_cpu_words(); w++)
		if (m->bits[w])
			return false;
	return true;
}

static inline bool
cpumask_equal(const cpumask_t *a, const cpumask_t *b)
{
	for (unsigned int w = 0; w < shim_cpu_words(); w++)
		if (a->bits[w] != b->bits[w])
			return false;
	return true;
}

/* BTS without LOCK: one instruction of this CPU alone. */
static inline void
__set_bit(unsigned int nr, volatile void *p)
{
	((volatile uint64_t *)p)[nr / 64] |= 1UL << (nr % 64);
}

#endif
