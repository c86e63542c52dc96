/* SPDX-License-Identifier: BSD-2-Clause */
/* Custom: bit masks, because the kernel's pull in its build-time checks. */
#ifndef _LINUX_BITS_H
#define _LINUX_BITS_H

#include <linux/const.h>

#define BITS_PER_LONG 64
#define BITS_PER_BYTE 8
#define BIT(n) (UL(1) << (n))
#define BIT_ULL(n) (ULL(1) << (n))
#define GENMASK(high, low) ((~UL(0) << (low)) & (~UL(0) >> (63 - (high))))
#define GENMASK_ULL(high, low) ((~ULL(0) << (low)) & (~ULL(0) >> (63 - (high))))

#endif
