/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: see asm/page.h. */
#include <asm/page.h>
