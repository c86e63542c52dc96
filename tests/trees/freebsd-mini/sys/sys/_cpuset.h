/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: the type of a set of processors. */
#ifndef _SYS__CPUSET_H_
#define _SYS__CPUSET_H_

#include <sys/_bitset.h>

typedef struct _cpuset {
	long __bits[WORDS_FOR(MAXCPU)];
} cpuset_t;

#endif
