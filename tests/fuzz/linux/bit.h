/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bit: BTS and BTR of the shims (custom/linux/bitops.h), without the hooks
 * that pmapshim/linux/core.c has.
 */
int
shim_bit_rmw(unsigned long nr, void *base, int set)
{
	unsigned long *word = (unsigned long *)base + nr / 64;
	unsigned long bit = 1UL << nr % 64;
	int old = (*word & bit) != 0;

	*word = set ? *word | bit : *word & ~bit;
	return old;
}
