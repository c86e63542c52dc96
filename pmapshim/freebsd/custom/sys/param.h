/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * custom: page and page-table geometry, compiler attributes, and a MAXCPU that
 * is smaller than the kernel's (256 or 1024): each word of a CPU set costs
 * scheduling points, so sets are as long as the run's rows need (SHIM_CPUS).
 */
#ifndef SHIM_SYS_PARAM_H
#define SHIM_SYS_PARAM_H

#include <sys/types.h>

#ifndef SHIM_CPUS
#define	SHIM_CPUS	64
#endif
#define	MAXCPU		SHIM_CPUS
#define	CPUS_WORD_(n)	#n
#define	CPUS_WORD(n)	CPUS_WORD_(n)
#define	CPUS_TEXT	CPUS_WORD(SHIM_CPUS)
#define	MAXMEMDOM	8
#define	NBBY		8
#define	CACHE_LINE_SIZE	64

#define	PAGE_SHIFT	12
#define	PAGE_SIZE	(1 << PAGE_SHIFT)
#define	PAGE_MASK	(PAGE_SIZE - 1)
#define	NPTEPGSHIFT	9
#define	NPTEPG		512
#define	NPDEPG		512
#define	NPDPEPG		512
#define	NPML4EPG	512
#define	PDRSHIFT	21
#define	PDPSHIFT	30
#define	PML4SHIFT	39
#define	NBPDR		(1UL << PDRSHIFT)
#define	PDRMASK		(NBPDR - 1)
#define	trunc_page(x)	((unsigned long)(x) & ~(unsigned long)PAGE_MASK)
#define	round_page(x)	trunc_page((unsigned long)(x) + PAGE_MASK)
#define	atop(x)		((unsigned long)(x) >> PAGE_SHIFT)
#define	ptoa(x)		((unsigned long)(x) << PAGE_SHIFT)

#define	EINVAL		22
#define	ENOMEM		12
#define	MIN(a, b)	((a) < (b) ? (a) : (b))
#define	MAX(a, b)	((a) > (b) ? (a) : (b))
#define	howmany(x, y)	(((x) + ((y) - 1)) / (y))
#define	nitems(x)	(sizeof(x) / sizeof((x)[0]))

#define	__packed	__attribute__((__packed__))
#define	__aligned(x)	__attribute__((__aligned__(x)))
#define	__unused	__attribute__((__unused__))
#define	__diagused	__attribute__((__unused__))
#define	__used		__attribute__((__used__))
#define	__noinline	__attribute__((__noinline__))
#define	__dead2		__attribute__((__noreturn__))
#define	__read_mostly
#define	__read_frequently
#define	__exclusive_cache_line
#define	__nosanitizethread
#define	__offsetof(t, f) __builtin_offsetof(t, f)
#define	offsetof(t, f)	__builtin_offsetof(t, f)
#define	__predict_true(e)	__builtin_expect(!!(e), 1)
#define	__predict_false(e)	__builtin_expect(!!(e), 0)
#define	__compiler_membar()	__asm__ __volatile__("" : : : "memory")
#define	__FBSDID(s)	struct shim_fbsdid
#define	__BEGIN_DECLS
#define	__END_DECLS
#define	CTASSERT(e)	_Static_assert(e, #e)

#endif
