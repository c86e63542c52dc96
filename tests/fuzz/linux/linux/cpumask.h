/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: CPU masks of 256 bits, because VP indexes of 64 and more matter here
 * and CPUs are numbered from 0; the shims of pmapshim/linux have 64 bits.
 */
#ifndef _LINUX_CPUMASK_H
#define _LINUX_CPUMASK_H

#include <linux/bitops.h>

#define NR_CPUS 256
#define nr_cpumask_bits NR_CPUS
#define nr_cpu_ids fuzz_cpus
#define SHIM_MASK_WORDS (NR_CPUS / 64)

extern unsigned fuzz_cpus;

struct cpumask { unsigned long bits[SHIM_MASK_WORDS]; };
typedef struct cpumask cpumask_t, cpumask_var_t[1];

extern struct cpumask shim_all_cpus;

#define cpu_possible_mask ((const struct cpumask *)&shim_all_cpus)
#define cpu_present_mask cpu_possible_mask
#define cpu_online_mask cpu_possible_mask
#define cpumask_bits(m) ((m)->bits)

static inline bool
cpumask_test_cpu(int cpu, const struct cpumask *m)
{
	return test_bit(cpu, m->bits);
}

static inline void
cpumask_set_cpu(unsigned cpu, struct cpumask *m)
{
	m->bits[cpu / 64] |= 1UL << cpu % 64;
}

static inline void
cpumask_clear(struct cpumask *m)
{
	for (unsigned i = 0; i < SHIM_MASK_WORDS; i++)
		m->bits[i] = 0;
}

static inline unsigned
cpumask_next(int n, const struct cpumask *m)
{
	for (n++; n < (int)nr_cpu_ids; n++)
		if (cpumask_test_cpu(n, m))
			return (unsigned)n;
	return nr_cpu_ids;
}

static inline unsigned
cpumask_first(const struct cpumask *m)
{
	return cpumask_next(-1, m);
}

static inline unsigned
cpumask_last(const struct cpumask *m)
{
	for (int n = (int)nr_cpu_ids - 1; n >= 0; n--)
		if (cpumask_test_cpu(n, m))
			return (unsigned)n;
	return nr_cpumask_bits;
}

#define for_each_cpu(cpu, mask)                                         \
	for ((cpu) = -1;                                                \
	    (cpu) = (__typeof__(cpu))cpumask_next((int)(cpu), mask),    \
	    (unsigned)(cpu) < nr_cpu_ids;)

static inline bool
cpumask_equal(const struct cpumask *a, const struct cpumask *b)
{
	for (unsigned i = 0; i < SHIM_MASK_WORDS; i++)
		if (a->bits[i] != b->bits[i])
			return false;
	return true;
}

static inline bool
cpumask_empty(const struct cpumask *m)
{
	return cpumask_first(m) >= nr_cpu_ids;
}

#endif
