/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * custom: assertions become findings, and critical sections and pinning become
 * checked counters, because keeping them balanced is a contract of its own.
 */
#ifndef SHIM_SYS_SYSTM_H
#define SHIM_SYS_SYSTM_H

#include <sys/param.h>

/* The first of ("format", arguments...): findings carry no run-time values. */
#define	SHIM_FORMAT(...)	SHIM_FORMAT_(__VA_ARGS__, 0)
#define	SHIM_FORMAT_(f, ...)	f

#define	KASSERT(e, msg) do {						\
	if (__predict_false(!(e)))					\
		sd_assert_failed(__FILE__, __LINE__, SHIM_FORMAT msg);	\
} while (0)
#define	VNASSERT(e, v, msg)	KASSERT(e, msg)
#define	MPASS(e)		KASSERT(e, (#e))
#define	__assert_unreachable()	\
	sd_assert_failed(__FILE__, __LINE__, "executing segment marked as unreachable")
#define	panic(...)	\
	sd_panic(__FILE__, __LINE__, SHIM_FORMAT(__VA_ARGS__))
/* Nobody reads the console; the arguments are checked and evaluated. */
static inline int __attribute__((format(printf, 1, 2)))
printf(const char *format __unused, ...)
{
	return (0);
}

#define	CRITICAL_ASSERT(td)	\
	KASSERT((td)->td_critnest >= 1, ("Not in critical section"))

/* Whether panic(9) has begun; a panic that nobody asked for ends the run. */
extern int shim_panicked;
#define	KERNEL_PANICKED()	__predict_false(shim_panicked)
extern int kdb_active;
extern int cold;

void	critical_enter(void);
void	critical_exit(void);
void	spinlock_enter(void);
void	spinlock_exit(void);
void	sched_pin(void);
void	sched_unpin(void);

void	*memcpy(void *, const void *, size_t);
void	*memset(void *, int, size_t);
void	*memmove(void *, const void *, size_t);
int	memcmp(const void *, const void *, size_t);
#define	bzero(p, n)	memset((p), 0, (n))
#define	bcopy(f, t, n)	memmove((t), (f), (n))

static inline int
ffsl(long mask)
{
	return (__builtin_ffsl(mask));
}

static inline int
flsl(long mask)
{
	return (mask == 0 ? 0 : 64 - __builtin_clzl((unsigned long)mask));
}

#define	ffs(m)	__builtin_ffs(m)
#define	__bitcountl(m)	__builtin_popcountl((unsigned long)(m))

#endif
