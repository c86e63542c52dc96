/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpumask_probe: the functions of Linux' shim header linux/cpumask.h, for sets
 * of PROBE_CPUS, behind plain types: that header cannot meet the C library's.
 */
#ifndef SHOOTDOWN_TESTS_UNIT_CPUMASK_PROBE_H
#define SHOOTDOWN_TESTS_UNIT_CPUMASK_PROBE_H

#define PROBE_WORDS 3
#define PROBE_CPUS (PROBE_WORDS * 64)

typedef unsigned long probe_mask[PROBE_WORDS];

extern unsigned probe_cpus;             /* that there are */

unsigned probe_next(int n, const probe_mask m);
unsigned probe_next_and(int n, const probe_mask a, const probe_mask b);
unsigned probe_last(const probe_mask m);
unsigned probe_any_but(const probe_mask m, unsigned but);
unsigned probe_weight(const probe_mask m);
int probe_empty(const probe_mask m);
int probe_equal(const probe_mask a, const probe_mask b);
int probe_test(int cpu, const probe_mask m);
void probe_set(unsigned cpu, probe_mask m);
void probe_unset(int cpu, probe_mask m);
void probe_clear(probe_mask m);
void probe_copy(probe_mask to, const probe_mask from);
int probe_and(probe_mask to, const probe_mask a, const probe_mask b);
void probe_or(probe_mask to, const probe_mask a, const probe_mask b);

#endif
