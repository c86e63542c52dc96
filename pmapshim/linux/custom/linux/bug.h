/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: assertions and warnings, because here both are findings; a warning
 * "once" is reported each time, since a run ends at the first.
 */
#ifndef _LINUX_BUG_H
#define _LINUX_BUG_H

#include <linux/types.h>
#include <shim/core.h>

#define BUG() sd_assert_failed(__FILE__, __LINE__, "BUG()")
#define BUG_ON(cond)                                                    \
	do {                                                            \
		if (unlikely(cond))                                     \
			sd_assert_failed(__FILE__, __LINE__,            \
			    "BUG_ON(" #cond ")");                       \
	} while (0)

#define SHIM_WARN(cond, text)                                           \
	({                                                              \
		bool shim_warn = !!(cond);                              \
		if (unlikely(shim_warn))                                \
			sd_panic(__FILE__, __LINE__, text);             \
		shim_warn;                                              \
	})
#define WARN_ON(cond) SHIM_WARN(cond, "WARN_ON(" #cond ")")
#define WARN_ON_ONCE(cond) SHIM_WARN(cond, "WARN_ON_ONCE(" #cond ")")
#define WARN(cond, ...) SHIM_WARN(cond, "WARN(" #cond ")")
#define WARN_ONCE(cond, ...) SHIM_WARN(cond, "WARN_ONCE(" #cond ")")

/* The condition may hold constants that only the optimiser knows. */
#define BUILD_BUG_ON(cond)                                              \
	do {                                                            \
		void shim_build_bug(void)                               \
		    __attribute__((__error__("BUILD_BUG_ON")));         \
		if (cond)                                               \
			shim_build_bug();                               \
	} while (0)
#define BUILD_BUG_ON_ZERO(cond) ((int)sizeof(struct { int: (-!!(cond)); }))
#define static_assert(cond, ...) _Static_assert(cond, #cond)

/* CONFIG_DEBUG_VM's. */
#define VM_BUG_ON(cond) BUG_ON(cond)
#define VM_WARN_ON(cond) ((void)SHIM_WARN(cond, "VM_WARN_ON(" #cond ")"))
#define VM_WARN_ON_ONCE(cond) SHIM_WARN(cond, "VM_WARN_ON_ONCE(" #cond ")")
#define VM_WARN_ONCE(cond, ...)                                         \
	((void)SHIM_WARN(cond, "VM_WARN_ONCE(" #cond ")"))

#define pr_info(...) do { } while (0)
#define pr_warn(...) do { } while (0)
#define pr_err(...) do { } while (0)

#endif
