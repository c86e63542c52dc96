/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: there is no watchdog; the kernel's header brings linux/smp.h along. */
#ifndef SHIM_STUB_LINUX_NMI_H
#define SHIM_STUB_LINUX_NMI_H

#include <linux/smp.h>

#define touch_nmi_watchdog() do { } while (0)

#endif
