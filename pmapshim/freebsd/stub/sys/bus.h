/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: drivers are not run; the tree's vmbus_var.h embeds a hook. */
#ifndef SHIM_STUB_SYS_BUS_H
#define SHIM_STUB_SYS_BUS_H

struct intr_config_hook {
	void (*ich_func)(void *);
};

#endif
