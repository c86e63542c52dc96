/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: see linux/types.h. */
#include <linux/types.h>
