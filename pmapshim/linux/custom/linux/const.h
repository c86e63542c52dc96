/* SPDX-License-Identifier: BSD-2-Clause */
/* Custom: constants with a type, because the host has headers of this name. */
#ifndef _LINUX_CONST_H
#define _LINUX_CONST_H

#define _AC(x, suffix) x##suffix
#define _AT(type, x) ((type)(x))
#define _UL(x) _AC(x, UL)
#define _ULL(x) _AC(x, ULL)
#define UL(x) _UL(x)
#define ULL(x) _ULL(x)
#define _BITUL(n) (_UL(1) << (n))
#define _BITULL(n) (_ULL(1) << (n))

#endif
