/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlb_ipi: shootdown by interrupts.
 *
 * Each CPU has one request, which only it writes, and only while no other CPU
 * owes it an acknowledgement; the vector says whose request it is (CPUs from
 * VECTORS on share one).  A CPU that
 * waits has interrupts on and serves the others meanwhile, so two initiators
 * that wait for each other both get on.
 */
#include "pmapshim/reference/mutants.h"
#include "pmapshim/reference/reference.h"

#define VECTOR_FIRST 0xe0u
#define VECTOR_SHARED 0xffu     /* whose request it is has to be found out */
#define VECTORS (VECTOR_SHARED - VECTOR_FIRST)

#define CACHES (~0ul)           /* for pages, without a space: no TLB's matter */

struct request {
	struct space *space;
	unsigned long va, pages;
	struct mask pending;            /* CPUs that have yet to flush */
};

static struct request requests[CPUS];

static void
wait_for(const struct request *r)
{
	for (unsigned w = 0; w < mask_words(); w++)
		while (READ(r->pending.w[w]))
			sd_pause();
}

static void
request_send(unsigned slot, struct space *s, unsigned long va,
             unsigned long pages, struct mask others)
{
	struct request *r = &requests[slot];
	const unsigned vector = slot < VECTORS ? VECTOR_FIRST + slot :
	    VECTOR_SHARED;
	struct mask rest;
	unsigned c;

	r->space = s;
	r->va = va;
	r->pages = pages;
	/* Locked: the IPI does not wait for the store buffer. */
	for (unsigned w = 0; w < mask_words(); w++)
		__atomic_store_n(&r->pending.w[w], others.w[w],
		    __ATOMIC_SEQ_CST);
	if (tlb_hv_ipi(vector, others))
		return;
	MASK_EACH(c, rest, others)
		sd_send_ipi(c, vector);
}

void
tlb_ipi_flush(struct space *s, unsigned long va, unsigned long pages,
              struct mask targets)
{
	const unsigned self = sd_cpu();
	const unsigned slot = mutant_is(MUTANT_ONE_REQUEST) ? 0 : self;
	const struct mask others = mask_without(targets, self);

	if (mask_any(others))
		request_send(slot, s, va, pages, others);
	tlb_local(s, va, pages);
	if (mask_any(others) && !mutant_is(MUTANT_NO_WAIT))
		wait_for(&requests[slot]);
}

/*
 * Waits until the CPUs have taken an interrupt: a walk of the tables that runs
 * with interrupts off is over then.
 */
void
tlb_ipi_sync(struct mask targets)
{
	const unsigned self = sd_cpu();

	request_send(self, 0, 0, 0, targets);
	wait_for(&requests[self]);
}

/* WBINVD is about the caches of who executes it: every CPU has to (SDM 11.12.4). */
void
tlb_ipi_caches(struct mask targets)
{
	const unsigned self = sd_cpu();
	const struct mask others = mask_without(targets, self);

	if (mask_any(others))
		request_send(self, 0, 0, CACHES, others);
	sd_wbinvd();
	if (mask_any(others))
		wait_for(&requests[self]);
}

static void
flush_requested(struct space *s, unsigned long va, unsigned long pages)
{
	if (s)
		tlb_local(s, va, pages);
	else if (pages == CACHES)
		sd_wbinvd();
}

static void
acknowledge(struct request *r)
{
	unsigned long *const word = &r->pending.w[sd_cpu() / MASK_BITS];
	const unsigned long left = ~(1ul << sd_cpu() % MASK_BITS);

	if (mutant_is(MUTANT_ACK_NOT_LOCKED))
		WRITE(*word, READ(*word) & left);
	else
		__atomic_and_fetch(word, left, __ATOMIC_SEQ_CST);
}

/* IF is off.  The initiator goes on after the acknowledgement: flush first. */
static void
serve(struct request *r)
{
	struct space *s = r->space;
	unsigned long va = r->va, pages = r->pages;

	if (mutant_is(MUTANT_ACK_BEFORE_FLUSH)) {
		acknowledge(r);
		sd_irq_enable();
		flush_requested(s, va, pages);
		sd_irq_disable();
	} else if (mutant_is(MUTANT_ACK_FIRST)) {
		acknowledge(r);
		flush_requested(s, va, pages);
	} else {
		if (!mutant_is(MUTANT_HANDLER_CALL) || !s ||
		    !tlb_hv_flush(s, va, pages, mask_one(sd_cpu())))
			flush_requested(s, va, pages);
		acknowledge(r);
	}
}

void
tlb_ipi_interrupt(unsigned vector)
{
	const unsigned word = sd_cpu() / MASK_BITS, bit = sd_cpu() % MASK_BITS;
	unsigned slot;

	guest_leave();
	if (vector != VECTOR_SHARED) {
		serve(&requests[vector - VECTOR_FIRST]);
		return;
	}
	for (slot = VECTORS; slot < sd_ncpus(); slot++)
		if (READ(requests[slot].pending.w[word]) >> bit & 1)
			serve(&requests[slot]);
}
