/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: guards, because the kernel's are made by macros that make macros:
 * a variable whose end of life undoes what its making did.
 */
#ifndef _LINUX_CLEANUP_H
#define _LINUX_CLEANUP_H

#define SHIM_PASTE_(a, b) a##b
#define SHIM_PASTE(a, b) SHIM_PASTE_(a, b)

/* guard(name)(arguments): calls shim_enter_NAME(arguments) */
#define guard(name)                                                     \
	struct shim_guard_##name SHIM_PASTE(shim_guard, __COUNTER__)    \
	    __attribute__((__cleanup__(shim_leave_##name),              \
	    __unused__)) = shim_enter_##name

#endif
