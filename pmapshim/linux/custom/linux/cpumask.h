/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: CPU masks as long as the run's rows need, one word for up to 64
 * vCPUs; the kernel's are as long as NR_CPUS.  What goes over a mask goes over
 * the words that have a CPU in them, and each step of a walk reads the mask
 * again, as find_next_bit does.
 */
#ifndef _LINUX_CPUMASK_H
#define _LINUX_CPUMASK_H

#include <linux/bitmap.h>
#include <linux/bitops.h>

#define NR_CPUS SHIM_CPUS
#define nr_cpumask_bits nr_cpu_ids

struct cpumask { unsigned long bits[BITS_TO_LONGS(NR_CPUS)]; };
typedef struct cpumask cpumask_t, cpumask_var_t[1];

#define nr_cpu_ids sd_ncpus()

/* Words with a CPU in them; one is known when it is compiled. */
#define shim_cpu_words() \
	(NR_CPUS == BITS_PER_LONG ? 1u : (unsigned)BITS_TO_LONGS(nr_cpu_ids))

extern struct cpumask shim_all_cpus;

/* Every vCPU is there from boot on. */
#define cpu_possible_mask ((const struct cpumask *)&shim_all_cpus)
#define cpu_present_mask cpu_possible_mask
#define cpu_online_mask cpu_possible_mask
#define cpumask_bits(m) ((m)->bits)

static inline unsigned
cpumask_next_and(int n, const struct cpumask *a, const struct cpumask *b)
{
	const unsigned from = (unsigned)(n + 1);
	unsigned long keep = ~0UL << from % BITS_PER_LONG;

	for (unsigned w = from / BITS_PER_LONG; w < shim_cpu_words(); w++) {
		const unsigned long word =
		    a->bits[w] & (b ? b->bits[w] : ~0UL) & keep;

		if (word)
			return w * BITS_PER_LONG +
			    (unsigned)__builtin_ctzl(word);
		keep = ~0UL;
	}
	return nr_cpu_ids;
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
	for (unsigned w = shim_cpu_words(); w-- > 0;) {
		const unsigned long word = m->bits[w];

		if (word)
			return w * BITS_PER_LONG + 63u -
			    (unsigned)__builtin_clzl(word);
	}
	return nr_cpu_ids;
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
	for (unsigned w = 0; w < shim_cpu_words(); w++)
		m->bits[w] = 0;
}

static inline void
cpumask_copy(struct cpumask *to, const struct cpumask *from)
{
	for (unsigned w = 0; w < shim_cpu_words(); w++)
		to->bits[w] = from->bits[w];
}

static inline bool
cpumask_and(struct cpumask *to, const struct cpumask *a,
            const struct cpumask *b)
{
	unsigned long any = 0;

	for (unsigned w = 0; w < shim_cpu_words(); w++) {
		const unsigned long word = a->bits[w] & b->bits[w];

		to->bits[w] = word;
		any |= word;
	}
	return any;
}

static inline void
cpumask_or(struct cpumask *to, const struct cpumask *a,
           const struct cpumask *b)
{
	for (unsigned w = 0; w < shim_cpu_words(); w++)
		to->bits[w] = a->bits[w] | b->bits[w];
}

static inline bool
cpumask_equal(const struct cpumask *a, const struct cpumask *b)
{
	for (unsigned w = 0; w < shim_cpu_words(); w++)
		if (a->bits[w] != b->bits[w])
			return false;
	return true;
}

static inline bool
cpumask_empty(const struct cpumask *m)
{
	for (unsigned w = 0; w < shim_cpu_words(); w++)
		if (m->bits[w])
			return false;
	return true;
}

static inline unsigned
cpumask_weight(const struct cpumask *m)
{
	unsigned n = 0;

	for (unsigned w = 0; w < shim_cpu_words(); w++)
		for (unsigned long word = m->bits[w]; word; word &= word - 1)
			n++;
	return n;
}

#endif
