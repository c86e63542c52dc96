/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: per-CPU data, because there is no segment register to spare: the
 * section is a template, copied for each vCPU at boot, and an address in it
 * plus the vCPU's offset is the vCPU's variable.
 */
#ifndef _LINUX_PERCPU_H
#define _LINUX_PERCPU_H

#include <linux/types.h>
#include <shim/core.h>

#define SHIM_PERCPU __attribute__((__section__(SHIM_PERCPU_SECTION)))

#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name
#define DECLARE_PER_CPU_ALIGNED DECLARE_PER_CPU
#define DECLARE_PER_CPU_SHARED_ALIGNED DECLARE_PER_CPU
#define DECLARE_PER_CPU_READ_MOSTLY DECLARE_PER_CPU
#define DECLARE_PER_CPU_CACHE_HOT DECLARE_PER_CPU
#define DEFINE_PER_CPU(type, name) SHIM_PERCPU __typeof__(type) name
#define DEFINE_PER_CPU_ALIGNED(type, name)                              \
	SHIM_PERCPU __aligned(64) __typeof__(type) name
#define DEFINE_PER_CPU_SHARED_ALIGNED DEFINE_PER_CPU_ALIGNED
#define DEFINE_PER_CPU_READ_MOSTLY DEFINE_PER_CPU
#define DEFINE_PER_CPU_CACHE_HOT DEFINE_PER_CPU

#define this_cpu_ptr(p) ((__typeof__(p))shim_this_cpu((const void *)(p)))
#define raw_cpu_ptr(p) this_cpu_ptr(p)
#define per_cpu_ptr(p, cpu)                                             \
	((__typeof__(p))shim_cpu_ptr((const void *)(p), (unsigned)(cpu)))
#define per_cpu(var, cpu) (*per_cpu_ptr(&(var), cpu))

/* One MOV each. */
#define this_cpu_read(var) READ_ONCE(*this_cpu_ptr(&(var)))
#define this_cpu_write(var, v) WRITE_ONCE(*this_cpu_ptr(&(var)), v)
#define this_cpu_read_stable(var) this_cpu_read(var)
#define raw_cpu_read(var) this_cpu_read(var)
#define raw_cpu_write(var, v) this_cpu_write(var, v)
#define __this_cpu_read(var) this_cpu_read(var)
#define __this_cpu_write(var, v) this_cpu_write(var, v)

/* One ADD, OR, ... each, without LOCK. */
#define SHIM_THIS_CPU(var, op, v)                                       \
	((__typeof__(var))shim_rmw((void *)this_cpu_ptr(&(var)),        \
	    sizeof(var), op, (unsigned long)(v)))
#define this_cpu_add(var, v) ((void)SHIM_THIS_CPU(var, SHIM_ADD, v))
#define this_cpu_sub(var, v) this_cpu_add(var, -(v))
#define this_cpu_inc(var) this_cpu_add(var, 1)
#define this_cpu_dec(var) this_cpu_add(var, -1)
#define this_cpu_or(var, v) ((void)SHIM_THIS_CPU(var, SHIM_OR, v))
#define this_cpu_and(var, v) ((void)SHIM_THIS_CPU(var, SHIM_AND, v))
#define this_cpu_xchg(var, v) SHIM_THIS_CPU(var, SHIM_XCHG, v)
#define this_cpu_add_return(var, v)                                     \
	((__typeof__(var))(SHIM_THIS_CPU(var, SHIM_ADD, v) + (v)))
#define this_cpu_inc_return(var) this_cpu_add_return(var, 1)
#define this_cpu_dec_return(var) this_cpu_add_return(var, -1)

#endif
