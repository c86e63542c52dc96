/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * custom: everything that the sliced text names, in one include, because a
 * slice is cut out without the #include lines of its file.  Headers of the
 * tree that are included later find their prerequisites already here.
 */
#ifndef SHIM_SHIM_H
#define SHIM_SHIM_H

#include "../../backend.h"

#include <sys/types.h>
#include <sys/param.h>
#include <sys/queue.h>
#include <sys/systm.h>
#include <sys/cpuset.h>		/* of the tree: data under test */
#include <machine/atomic.h>
#include <machine/cpufunc.h>
#include <sys/pcpu.h>
#include <sys/proc.h>
#include <sys/smp.h>
#include <sys/bus.h>
#include <sys/counter.h>
#include <sys/kernel.h>
#include <sys/mutex.h>
#include <sys/smr.h>
#include <sys/malloc.h>
#include <machine/pmap.h>
#include <x86/ifunc.h>

#endif
