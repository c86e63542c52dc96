/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree with a bug: differs from ../freebsd-mini in MINI_BUG only. */
#ifndef _SYS__BITSET_H_
#define _SYS__BITSET_H_

#define	WORD_BITS	64
#define	WORDS_FOR(n)	(((n) + WORD_BITS - 1) / WORD_BITS)

/* 1: shootdowns forget the last processor of their set. */
#define	MINI_BUG	1

/* The epoch that follows; never 0. */
#define	mini_next_epoch(e)	((e) + 1 != 0 ? (e) + 1 : 1)

#endif
