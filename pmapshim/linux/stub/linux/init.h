/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: initialisation calls are never made. */
#ifndef SHIM_STUB_LINUX_INIT_H
#define SHIM_STUB_LINUX_INIT_H

#define late_initcall(fn)                                               \
	static int (*const shim_initcall_##fn)(void) __maybe_unused = fn

#endif
