/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * literal_tlb: the two halves of the literal host: literal.c decides what a
 * target has to lose, literal_tlb.c has it lose that.
 */
#ifndef SHOOTDOWN_GUEST_LITERAL_TLB_H
#define SHOOTDOWN_GUEST_LITERAL_TLB_H

#include "guest/guest.h"
#include "guest/literal.h"
#include "hvsim/hvsim.h"

struct literal_order {          /* as env->flush gets it */
	bool whole, any;
	uint64_t va, bytes, root;
	uint64_t root_mask;     /* bits of CR3 that have to match */
	enum hv_globals globals;
};

/* Processor `cpu` carries it out; comes back when it has. */
void literal_order(unsigned cpu, const struct literal_order *order);
/* No records, no orders. */
void literal_tlb_start(unsigned ncpus);
/* An NMI: what literal_poll() does. */
void literal_nmi(void);

#endif
