/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: sets of processors. */
#ifndef _SYS_CPUSET_H_
#define _SYS_CPUSET_H_

#include <sys/_cpuset.h>
#include <sys/bitset.h>

#define	CPU_SET(i, s)		(WORD_OF(s, i) |= BIT_OF(i))
#define	CPU_CLR(i, s)		(WORD_OF(s, i) &= ~BIT_OF(i))
#define	CPU_ISSET(i, s)		((WORD_OF(s, i) & BIT_OF(i)) != 0)
#define	CPU_SET_ATOMIC(i, s)	atomic_set_long(&WORD_OF(s, i), BIT_OF(i))
#define	CPU_CLR_ATOMIC(i, s)	atomic_clear_long(&WORD_OF(s, i), BIT_OF(i))
#define	CPU_COPY(from, to)	((void)(*(to) = *(from)))
#define	CPU_ZERO(s)		__builtin_memset((s), 0, sizeof(*(s)))
#define	CPU_EMPTY(s)		(CPU_LAST(s) < 0)
/* The highest member, or -1. */
#define	CPU_LAST(s)		(mini_last((s)->__bits, WORDS_FOR(MAXCPU)))

static inline int
mini_last(const volatile long *words, int n)
{
	for (int i = n - 1; i >= 0; i--) {
		const long word = words[i];

		if (word != 0)
			return (i * WORD_BITS + 63 -
			    __builtin_clzl((unsigned long)word));
	}
	return (-1);
}

#endif
