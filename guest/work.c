/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * work.c: what processors other than 0 do: sleep until they are given a
 * function to call.  Whoever gives comes first to the end of the last piece
 * but one, so that none is lost.
 */
#include "guest/guest.h"

void
work_give(unsigned cpu, void (*work)(void *arg), void *arg)
{
	struct guest_cpu *c = &guest_cpus[cpu];

	while (c->work != NULL)
		pause();
	c->work_arg = arg;
	c->given++;
	__atomic_store_n(&c->work, work, __ATOMIC_SEQ_CST);
	apic_send(c->apic, 0x4000 | VECTOR_WAKE);
}

void
work_wait(unsigned cpu)
{
	struct guest_cpu *c = &guest_cpus[cpu];

	while (__atomic_load_n(&c->finished, __ATOMIC_ACQUIRE) != c->given)
		pause();
}

_Noreturn void
work_serve(void)
{
	struct guest_cpu *c = this_cpu();
	void (*work)(void *arg);
	void *arg;

	for (;;) {
		irq_off();
		work = __atomic_load_n(&c->work, __ATOMIC_SEQ_CST);
		if (work == NULL) {
			apic_sleep();
			continue;
		}
		arg = c->work_arg;
		__atomic_store_n(&c->work, NULL, __ATOMIC_RELEASE);
		/* The IPI that came with it must not meet the work. */
		__asm__ volatile("sti; nop; cli" ::: "memory");
		work(arg);
		__atomic_add_fetch(&c->finished, 1, __ATOMIC_RELEASE);
	}
}
