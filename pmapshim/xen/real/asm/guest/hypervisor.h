/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree's own. */
#include <arch/x86/include/asm/guest/hypervisor.h>
