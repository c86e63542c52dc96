/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rendezvous: several processors do something together (kern/subr_smp.c).
 *
 * One at a time sends the interrupt and takes part itself; each step begins
 * when all have done the one before, with interrupts off, unless the caller
 * gave smp_no_rendezvous_barrier for the function in question.
 */
#include "glue.h"

static u_int rv_lock;			/* smp_ipi_mtx */
static u_int rv_cpus;
static void (*rv_setup)(void *);
static void (*rv_action)(void *);
static void (*rv_teardown)(void *);
static void *rv_arg;
static u_int rv_here[4];		/* smp_rv_waiters */

/* Its address alone means something. */
void
smp_no_rendezvous_barrier(void *arg __unused)
{
	sd_panic(__FILE__, __LINE__, "not to be called");
}

static void
meet(u_int *here)
{
	__atomic_fetch_add(here, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(here, __ATOMIC_ACQUIRE) < rv_cpus)
		ia32_pause();
}

static void
step(void (*function)(void *))
{
	if (function != NULL && function != smp_no_rendezvous_barrier)
		function(rv_arg);
}

/* smp_rendezvous_action() */
void
rendezvous_interrupt(void)
{
	meet(&rv_here[0]);
	if (rv_setup != smp_no_rendezvous_barrier) {
		step(rv_setup);
		meet(&rv_here[1]);
	}
	step(rv_action);
	if (rv_teardown != smp_no_rendezvous_barrier) {
		meet(&rv_here[2]);
		step(rv_teardown);
	}
	__atomic_fetch_add(&rv_here[3], 1, __ATOMIC_SEQ_CST);
}

/* mtx_lock_spin(): interrupts are taken while it waits, not while it holds. */
static void
lock(void)
{
	u_int unlocked = 0;

	spinlock_enter();
	while (!__atomic_compare_exchange_n(&rv_lock, &unlocked, 1, 0,
	    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		spinlock_exit();
		unlocked = 0;
		ia32_pause();
		spinlock_enter();
	}
}

static u_int
count(const cpuset_t *cpus)
{
	u_int n = 0;

	for (unsigned i = 0; i < sd_ncpus(); i++)
		n += CPU_ISSET(i, cpus) != 0;
	return (n);
}

void
smp_rendezvous_cpus(cpuset_t cpus, void (*setup)(void *),
    void (*action)(void *), void (*teardown)(void *), void *arg)
{
	const int self = CPU_ISSET(curcpu, &cpus);

	lock();
	rv_cpus = count(&cpus);
	rv_setup = setup;
	rv_action = action;
	rv_teardown = teardown;
	rv_arg = arg;
	rv_here[1] = rv_here[2] = rv_here[3] = 0;
	__atomic_store_n(&rv_here[0], 0, __ATOMIC_RELEASE);
	CPU_CLR(curcpu, &cpus);
	ipi_selected(cpus, IPI_RENDEZVOUS);
	if (self)
		rendezvous_interrupt();
	while (__atomic_load_n(&rv_here[3], __ATOMIC_ACQUIRE) < rv_cpus)
		ia32_pause();
	__atomic_exchange_n(&rv_lock, 0, __ATOMIC_SEQ_CST);
	spinlock_exit();
}
