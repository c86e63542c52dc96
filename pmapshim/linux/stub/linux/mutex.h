/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: no mutex is taken by the units under test. */
#ifndef SHIM_STUB_LINUX_MUTEX_H
#define SHIM_STUB_LINUX_MUTEX_H

struct mutex { int unused; };
#define __MUTEX_INITIALIZER(name) { 0 }

#endif
