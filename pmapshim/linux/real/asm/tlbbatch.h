/* SPDX-License-Identifier: BSD-2-Clause */
/* Real: the tree's own. */
#include <arch/x86/include/asm/tlbbatch.h>
