/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: what is needed of it is in linux/smp.h. */
#include <linux/smp.h>
