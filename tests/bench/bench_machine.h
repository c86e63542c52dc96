/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_machine: the model machine as explore's client, for measurements that
 * have no interrupts.  One definition a program: include it in one file.
 */
#ifndef SHOOTDOWN_TESTS_BENCH_BENCH_MACHINE_H
#define SHOOTDOWN_TESTS_BENCH_BENCH_MACHINE_H

#include "model/model.h"

static struct machine *m;

static void
ops_hide(void *ctx, unsigned cpu)
{
	(void)ctx;
	machine_hide(m, cpu);
}

static void
ops_show(void *ctx, unsigned cpu)
{
	(void)ctx;
	machine_show(m, cpu);
}

static unsigned
ops_buffered(void *ctx, unsigned cpu)
{
	(void)ctx;
	return machine_buffered(m, cpu);
}

static void
ops_drain(void *ctx, unsigned cpu, unsigned n)
{
	(void)ctx;
	machine_drain(m, cpu, n);
}

static void
ops_interrupt(void *ctx, unsigned cpu)
{
	(void)ctx;
	(void)cpu;
}

#endif
