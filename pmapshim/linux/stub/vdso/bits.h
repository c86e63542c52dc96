/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: see linux/bits.h. */
#include <linux/bits.h>
