/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hooked_probe.c: compiled with -fsanitize=thread and our own hooks.
 */
#include "tests/unit/hooked_probe.h"

unsigned long probe_x, probe_y, probe_r[2], probe_count;
volatile unsigned long probe_volatile;
struct probe_mask probe_a, probe_b, probe_seen;
unsigned long *probe_published;

void *memcpy(void *to, const void *from, unsigned long n);

void
probe_reset(void)
{
	probe_x = probe_y = probe_count = probe_volatile = 0;
	probe_r[0] = probe_r[1] = 9;
	for (int i = 0; i < 4; i++) {
		probe_a.word[i] = 1;
		probe_b.word[i] = 2;
		probe_seen.word[i] = 0;
	}
	probe_published = 0;
}

void
probe_sb(unsigned task, int fence)
{
	if (task == 0)
		probe_x = 1;
	else
		probe_y = 1;
	if (fence)
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	else
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
	probe_r[task] = task == 0 ? probe_y : probe_x;
}

void
probe_mp(unsigned task)
{
	if (task == 0) {
		probe_x = 1;
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		probe_y = 1;
	} else {
		probe_r[0] = probe_y;
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		probe_r[1] = probe_x;
	}
}

void
probe_copy(unsigned task)
{
	if (task == 0)
		probe_a = probe_b;
	else
		probe_seen = probe_a;
}

void
probe_increment(unsigned task)
{
	(void)task;
	probe_count++;
}

void
probe_increment_locked(unsigned task)
{
	(void)task;
	__atomic_fetch_add(&probe_count, 1, __ATOMIC_SEQ_CST);
}

static __attribute__((noinline)) void
escape_fill(unsigned long *p, unsigned long v)
{
	for (int i = 0; i < 4; i++)
		p[i] = v + (unsigned long)i;
}

static __attribute__((noinline)) unsigned long
escape_once(unsigned long v)
{
	unsigned long local[4];

	escape_fill(local, v);
	probe_volatile = local[0];
	return local[0] + local[1] + local[2] + local[3];
}

unsigned long
probe_escape(unsigned task)
{
	unsigned long sum = 0;

	for (unsigned long i = 0; i < 4; i++)
		sum += escape_once(100 * (task + 1) + i);
	return sum;
}

void
probe_memcpy(void *to, const void *from)
{
	memcpy(to, from, 128);
}
