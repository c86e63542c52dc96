/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vpset: CPUs as the hypervisor names them (TLFS, HV_VP_SET).
 *
 * Bit n of the second word says that bank n (VP indexes 64n to 64n+63) is
 * there; the banks that are there follow, lowest first and without gaps.
 */
#include "hvsim/abi.h"
#include "pmapshim/reference/mutants.h"
#include "pmapshim/reference/reference.h"

static unsigned
vp_of(unsigned c)
{
	return mutant_is(MUTANT_CPU_FOR_VP) ? c : sd_vp_index(c);
}

/* The 64-bit part of bank `bank`. */
static unsigned long
bank_of(struct mask targets, unsigned bank)
{
	unsigned long bits = 0;
	struct mask rest;
	unsigned c;

	MASK_EACH(c, rest, targets)
		if (vp_of(c) / 64 == bank)
			bits |= 1ul << vp_of(c) % 64;
	return bits;
}

/* Which banks have a VP in them. */
static unsigned long
valid_banks(struct mask targets)
{
	unsigned long valid = 0;
	struct mask rest;
	unsigned c;

	MASK_EACH(c, rest, targets)
		valid |= 1ul << vp_of(c) / 64;
	return valid;
}

int
vpset_needed(struct mask targets)
{
	return valid_banks(targets) & ~1ul ? 1 : 0;
}

unsigned long
vpset_mask(struct mask targets)
{
	return bank_of(targets, 0);
}

/* MUTANT_BANKS_REMEMBERED: what each bank was when it was written last. */
static unsigned long *last;             /* 64 of each CPU */

void
vpset_boot(void)
{
	if (mutant_is(MUTANT_BANKS_REMEMBERED))
		last = sd_alloc(sd_ncpus() * 64 * sizeof(*last), 64);
}

__attribute__((no_sanitize("thread"), noinline)) static unsigned long *
last_of(unsigned bank)
{
	return &last[sd_cpu() * 64 + bank];
}

static int
remembered(unsigned bank, unsigned long bits)
{
	unsigned long *was;

	if (!mutant_is(MUTANT_BANKS_REMEMBERED))
		return 0;
	was = last_of(bank);
	if (*was == bits)
		return 1;
	*was = bits;
	return 0;
}

unsigned
vpset_fill(unsigned long *set, struct mask targets)
{
	unsigned long valid = valid_banks(targets);
	unsigned bank, n = 0;

	set[0] = HVA_SET_SPARSE;
	set[1] = valid;
	for (bank = 0; bank < 64 && valid >> bank; bank++) {
		if (!(valid >> bank & 1))
			continue;
		if (!remembered(bank, bank_of(targets, bank)))
			set[2 + (mutant_is(MUTANT_BANKS_NOT_COMPACTED) ?
			    bank : n)] = bank_of(targets, bank);
		n++;
	}
	return n;
}
