/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: there are no performance events and no breakpoints. */
#ifndef SHIM_STUB_ASM_PERF_EVENT_H
#define SHIM_STUB_ASM_PERF_EVENT_H

#define hw_breakpoint_active() 0
#define hw_breakpoint_disable() do { } while (0)
#define hw_breakpoint_restore() do { } while (0)

#endif
