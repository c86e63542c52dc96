/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree that lacks a name: mini_next_epoch() of ../freebsd-mini. */
#ifndef _SYS__BITSET_H_
#define _SYS__BITSET_H_

#define	WORD_BITS	64
#define	WORDS_FOR(n)	(((n) + WORD_BITS - 1) / WORD_BITS)

/* 1: shootdowns forget the last processor of their set. */
#define	MINI_BUG	0

#endif
