/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ipi: cross-CPU calls in the order of kernel/smp.c.
 *
 * Per initiating CPU there is one request per target, locked until the target
 * has run it; a target's requests hang on a lock-free list, and only who finds
 * that list empty sends the interrupt.  Nothing here touches the TLB.
 */
#include <linux/smp.h>

#include "glue.h"

#define CALL_FUNCTION_VECTOR 0xfc
#define CALL_FUNCTION_SINGLE_VECTOR 0xfb
#define CSD_LOCKED 1u

/* call_single_data_t */
struct csd {
	struct csd *next;
	unsigned flags;
	bool sync;
	smp_call_func_t func;
	void *info;
};

struct call_function_data {             /* of an initiating CPU */
	struct csd *csd;                /* one per target */
	struct cpumask cpumask, cpumask_ipi;
};

static DEFINE_PER_CPU(struct call_function_data, cfd_data);
static DEFINE_PER_CPU(struct csd *, call_single_queue);

void
ipi_boot(void)
{
	for (unsigned cpu = 0; cpu < sd_ncpus(); cpu++)
		per_cpu(cfd_data, cpu).csd =
		    sd_alloc(sizeof(struct csd) * sd_ncpus(), 64);
}

/* csd_lock_wait: with interrupts on, else two initiators deadlock. */
static void
csd_wait(struct csd *csd)
{
	while (smp_load_acquire(&csd->flags) & CSD_LOCKED)
		sd_pause();
}

static void
csd_lock(struct csd *csd)
{
	csd_wait(csd);
	csd->flags |= CSD_LOCKED;
	smp_wmb();      /* flag before contents; pairs with the release below */
}

static void
csd_unlock(struct csd *csd)
{
	WARN_ON(!(csd->flags & CSD_LOCKED));
	smp_store_release(&csd->flags, 0);
}

/* llist_add: a locked compare-and-exchange; whether the list was empty. */
static bool
queue_add(struct csd *csd, struct csd **queue)
{
	struct csd *first = READ_ONCE(*queue);

	do
		csd->next = first;
	while (!__atomic_compare_exchange_n(queue, &first, csd, 0,
	    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	return !first;
}

/*
 * Puts a request on each target's list; cpumask_ipi gets whom to interrupt.
 * A CPU that is spared leaves the mask, as in 6.12; in 6.1 its unused request
 * is waited for, at no cost.
 */
static void
queue_requests(struct call_function_data *cfd, smp_cond_func_t cond_func,
               smp_call_func_t func, void *info, bool wait)
{
	int cpu;

	for_each_cpu(cpu, &cfd->cpumask) {
		struct csd *csd = &cfd->csd[cpu];

		if (cond_func && !cond_func(cpu, info)) {
			__cpumask_clear_cpu(cpu, &cfd->cpumask);
			continue;
		}
		csd_lock(csd);
		csd->sync = wait;
		csd->func = func;
		csd->info = info;
		if (queue_add(csd, &per_cpu(call_single_queue, cpu)))
			__cpumask_set_cpu((unsigned)cpu, &cfd->cpumask_ipi);
	}
}

/* x2apic_send_IPI: the fence first, then an MSR write that does not wait. */
static void
send_ipi_single(unsigned cpu)
{
	weak_wrmsr_fence();
	sd_send_ipi(cpu, CALL_FUNCTION_SINGLE_VECTOR);
}

/* __x2apic_send_IPI_mask: one fence, then one write each, interrupts off. */
static void
send_ipi_mask(const struct cpumask *mask)
{
	unsigned long flags;
	int cpu;

	weak_wrmsr_fence();
	local_irq_save(flags);
	for_each_cpu(cpu, mask)
		sd_send_ipi((unsigned)cpu, CALL_FUNCTION_VECTOR);
	local_irq_restore(flags);
}

static void
send_ipis(const struct cpumask *mask)
{
	switch (cpumask_weight(mask)) {
	case 0:
		break;
	case 1:
		send_ipi_single(cpumask_first(mask));
		break;
	default:
		send_ipi_mask(mask);
		break;
	}
}

static void
run_local(smp_call_func_t func, void *info)
{
	unsigned long flags;

	local_irq_save(flags);
	func(info);
	local_irq_restore(flags);
}

/* smp_call_function_many_cond with SCF_RUN_LOCAL */
static void
call_many(const struct cpumask *mask, smp_call_func_t func, void *info,
          bool wait, smp_cond_func_t cond_func)
{
	struct call_function_data *cfd = this_cpu_ptr(&cfd_data);
	int cpu, self = smp_processor_id();
	bool local = cpumask_test_cpu(self, mask);
	bool remote = cpumask_any_but(mask, (unsigned)self) < nr_cpu_ids;

	lockdep_assert_preemption_disabled();
	lockdep_assert_irqs_enabled();
	WARN_ON_ONCE(!in_task());
	if (remote) {
		cpumask_and(&cfd->cpumask, mask, cpu_online_mask);
		__cpumask_clear_cpu(self, &cfd->cpumask);
		cpumask_clear(&cfd->cpumask_ipi);
		queue_requests(cfd, cond_func, func, info, wait);
		send_ipis(&cfd->cpumask_ipi);
	}
	if (local && (!cond_func || cond_func(self, info)))
		run_local(func, info);
	if (remote && wait)
		for_each_cpu(cpu, &cfd->cpumask)
			csd_wait(&cfd->csd[cpu]);
}

void
on_each_cpu_cond_mask(smp_cond_func_t cond_func, smp_call_func_t func,
                      void *info, bool wait, const struct cpumask *mask)
{
	preempt_disable();
	call_many(mask, func, info, wait, cond_func);
	preempt_enable();
}

/* llist_reverse_order */
static struct csd *
oldest_first(struct csd *list)
{
	struct csd *next, *oldest = NULL;

	for (; list; list = next) {
		next = list->next;
		list->next = oldest;
		oldest = list;
	}
	return oldest;
}

/* Runs those that somebody waits for; what remains of the list. */
static struct csd *
run_sync(struct csd *list)
{
	struct csd *csd, *next, *rest = list, *before = NULL;

	for (csd = list; csd; csd = next) {
		next = csd->next;       /* unlocked, the request is reused */
		if (csd->sync) {
			smp_call_func_t func = csd->func;
			void *info = csd->info;

			if (before)
				before->next = next;
			else
				rest = next;
			func(info);
			csd_unlock(csd);
		} else {
			before = csd;
		}
	}
	return rest;
}

/* These are unlocked before they run: nobody waits for their end. */
static void
run_async(struct csd *list)
{
	struct csd *next;

	for (; list; list = next) {
		smp_call_func_t func = list->func;
		void *info = list->info;

		next = list->next;
		csd_unlock(list);
		func(info);
	}
}

/* __flush_smp_call_function_queue: all at once, oldest first, waiters first. */
static void
run_queue(void)
{
	lockdep_assert_irqs_disabled();
	run_async(run_sync(oldest_first(
	    xchg(this_cpu_ptr(&call_single_queue), NULL))));
}

/* The interrupt's handler: what irq_enter and irq_exit count, and the queue. */
void
ipi_interrupt(unsigned vector)
{
	if (vector != CALL_FUNCTION_VECTOR &&
	    vector != CALL_FUNCTION_SINGLE_VECTOR)
		sd_panic(__FILE__, __LINE__, "interrupt with unknown vector");
	shim_preempt_add(HARDIRQ_OFFSET);
	run_queue();
	shim_preempt_add(-HARDIRQ_OFFSET);
}
