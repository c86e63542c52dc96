/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: CPU masks of one word, because there are never more than 64 vCPUs
 * here; the kernel's are as long as NR_CPUS.  Each step of a walk reads the
 * mask again, as find_next_bit does.
 */
#ifndef _LINUX_CPUMASK_H
#define _LINUX_CPUMASK_H

#include <linux/bitmap.h>
#include <linux/bitops.h>

#define NR_CPUS 64
#define nr_cpumask_bits nr_cpu_ids

struct cpumask { unsigned long bits[1]; };
typedef struct cpumask cpumask_t, cpumask_var_t[1];

#define nr_cpu_ids sd_ncpus()

extern struct cpumask shim_all_cpus;

/* Every vCPU is there from boot on. */
#define cpu_possible_mask ((const struct cpumask *)&shim_all_cpus)
#define cpu_present_mask cpu_possible_mask
#define cpu_online_mask cpu_possible_mask
#define cpumask_bits(m) ((m)->bits)

static inline unsigned
cpumask_next_and(int n, const struct cpumask *a, const struct cpumask *b)
{
	unsigned long word = a->bits[0] & (b ? b->bits[0] : ~0UL);

	word &= n >= 63 ? 0 : ~0UL << (n + 1);
	return word ? (unsigned)__builtin_ctzl(word) : nr_cpu_ids;
}

static inline unsigned
cpumask_next(int n, const struct cpumask *m)
{
	return cpumask_next_and(n, m, 0);
}

static inline unsigned
cpumask_first(const struct cpumask *m)
{
	return cpumask_next(-1, m);
}

static inline unsigned
cpumask_last(const struct cpumask *m)
{
	unsigned long word = m->bits[0];

	return word ? 63u - (unsigned)__builtin_clzl(word) : nr_cpu_ids;
}

#define for_each_cpu(cpu, mask)                                         \
	for ((cpu) = -1;                                                \
	    (cpu) = (__typeof__(cpu))cpumask_next((int)(cpu), mask),    \
	    (unsigned)(cpu) < nr_cpu_ids;)

static inline unsigned
cpumask_any_but(const struct cpumask *m, unsigned but)
{
	unsigned cpu;

	for_each_cpu(cpu, m)
		if (cpu != but)
			break;
	return cpu;
}

static inline bool
cpumask_test_cpu(int cpu, const struct cpumask *m)
{
	return test_bit(cpu, m->bits);
}

static inline void
cpumask_set_cpu(unsigned cpu, struct cpumask *m)
{
	set_bit(cpu, m->bits);
}

static inline void
cpumask_clear_cpu(int cpu, struct cpumask *m)
{
	clear_bit(cpu, m->bits);
}

static inline void
__cpumask_set_cpu(unsigned cpu, struct cpumask *m)
{
	__set_bit(cpu, m->bits);
}

static inline void
__cpumask_clear_cpu(int cpu, struct cpumask *m)
{
	__clear_bit(cpu, m->bits);
}

static inline void
cpumask_clear(struct cpumask *m)
{
	m->bits[0] = 0;
}

static inline void
cpumask_copy(struct cpumask *to, const struct cpumask *from)
{
	to->bits[0] = from->bits[0];
}

static inline bool
cpumask_and(struct cpumask *to, const struct cpumask *a,
            const struct cpumask *b)
{
	unsigned long word = a->bits[0] & b->bits[0];

	to->bits[0] = word;
	return word;
}

static inline void
cpumask_or(struct cpumask *to, const struct cpumask *a,
           const struct cpumask *b)
{
	to->bits[0] = a->bits[0] | b->bits[0];
}

static inline bool
cpumask_equal(const struct cpumask *a, const struct cpumask *b)
{
	return a->bits[0] == b->bits[0];
}

static inline bool
cpumask_empty(const struct cpumask *m)
{
	return !m->bits[0];
}

static inline unsigned
cpumask_weight(const struct cpumask *m)
{
	unsigned n = 0;

	for (unsigned long word = m->bits[0]; word; word &= word - 1)
		n++;
	return n;
}

#endif
