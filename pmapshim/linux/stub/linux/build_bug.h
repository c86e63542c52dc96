/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: see linux/bug.h. */
#include <linux/bug.h>
