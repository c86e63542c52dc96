/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: operations on words of a bit set. */
#ifndef _SYS_BITSET_H_
#define _SYS_BITSET_H_

#include <sys/_bitset.h>

#define	WORD_OF(set, i)	((set)->__bits[(i) / WORD_BITS])
#define	BIT_OF(i)	(1L << ((i) % WORD_BITS))

#endif
