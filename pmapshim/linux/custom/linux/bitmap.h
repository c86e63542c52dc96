/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: long bitmaps, because they are set and searched under a lock: no
 * access to them is worth a scheduling point (core.c).
 */
#ifndef _LINUX_BITMAP_H
#define _LINUX_BITMAP_H

#include <shim/core.h>

#define BITS_TO_LONGS(n) (((n) + 63) / 64)
#define DECLARE_BITMAP(name, n) unsigned long name[BITS_TO_LONGS(n)]
#define bitmap_andnot(to, a, b, n) shim_bitmap_andnot(to, a, b, n)
#define bitmap_clear(map, from, n) shim_bitmap_clear(map, from, n)
#define find_next_zero_bit(map, n, from) shim_bitmap_next_zero(map, n, from)

#endif
