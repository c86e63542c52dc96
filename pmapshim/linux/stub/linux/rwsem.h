/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: no semaphore is taken by the units under test. */
#ifndef SHIM_STUB_LINUX_RWSEM_H
#define SHIM_STUB_LINUX_RWSEM_H

struct rw_semaphore { int unused; };

#endif
