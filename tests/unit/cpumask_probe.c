/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpumask_probe: see cpumask_probe.h.  Compiled as Linux' units are, but
 * without hooks.
 */
#include <linux/cpumask.h>

#include "tests/unit/cpumask_probe.h"

_Static_assert(sizeof(struct cpumask) == sizeof(probe_mask), "words");

#define IN(m) ((const struct cpumask *)(m))
#define OUT(m) ((struct cpumask *)(m))

unsigned probe_cpus;

unsigned
sd_ncpus(void)
{
	return probe_cpus;
}

unsigned
probe_next(int n, const probe_mask m)
{
	return cpumask_next(n, IN(m));
}

unsigned
probe_next_and(int n, const probe_mask a, const probe_mask b)
{
	return cpumask_next_and(n, IN(a), IN(b));
}

unsigned
probe_last(const probe_mask m)
{
	return cpumask_last(IN(m));
}

unsigned
probe_any_but(const probe_mask m, unsigned but)
{
	return cpumask_any_but(IN(m), but);
}

unsigned
probe_weight(const probe_mask m)
{
	return cpumask_weight(IN(m));
}

int
probe_empty(const probe_mask m)
{
	return cpumask_empty(IN(m));
}

int
probe_equal(const probe_mask a, const probe_mask b)
{
	return cpumask_equal(IN(a), IN(b));
}

int
probe_test(int cpu, const probe_mask m)
{
	return cpumask_test_cpu(cpu, IN(m));
}

void
probe_set(unsigned cpu, probe_mask m)
{
	cpumask_set_cpu(cpu, OUT(m));
}

void
probe_unset(int cpu, probe_mask m)
{
	cpumask_clear_cpu(cpu, OUT(m));
}

void
probe_clear(probe_mask m)
{
	cpumask_clear(OUT(m));
}

void
probe_copy(probe_mask to, const probe_mask from)
{
	cpumask_copy(OUT(to), IN(from));
}

int
probe_and(probe_mask to, const probe_mask a, const probe_mask b)
{
	return cpumask_and(OUT(to), IN(a), IN(b));
}

void
probe_or(probe_mask to, const probe_mask a, const probe_mask b)
{
	cpumask_or(OUT(to), IN(a), IN(b));
}
