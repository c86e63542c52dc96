/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bit: BTS and BTR of the shims (custom/linux/bitops.h), without the hooks
 * that pmapshim/linux/core.c has.
 */
int
shim_bit_rmw(long nr, void *base, int set)
{
	unsigned long *word = (unsigned long *)base + (nr >> 6);
	unsigned long bit = 1UL << (nr & 63);
	int old = (*word & bit) != 0;

	*word = set ? *word | bit : *word & ~bit;
	return old;
}
