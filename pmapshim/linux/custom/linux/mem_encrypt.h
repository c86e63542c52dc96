/* SPDX-License-Identifier: BSD-2-Clause */
/* Custom: no memory encryption, because the machine has none. */
#ifndef _LINUX_MEM_ENCRYPT_H
#define _LINUX_MEM_ENCRYPT_H

#include <asm/page.h>

#define __sme_clr(x) (x)
#define __sme_set(x) (x)
#define __sme_pa(x) __pa(x)

#endif
