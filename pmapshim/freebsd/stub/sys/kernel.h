/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: start-up hooks do nothing; ops.c calls what boot needs. */
#ifndef SHIM_STUB_SYS_KERNEL_H
#define SHIM_STUB_SYS_KERNEL_H

#define	SYSINIT(name, sub, order, func, arg)	struct shim_sysinit_##name
#define	SYSUNINIT(name, sub, order, func, arg)	struct shim_sysuninit_##name

#endif
