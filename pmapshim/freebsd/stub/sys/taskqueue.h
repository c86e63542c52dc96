/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: no task ever runs; the tree's vmbus_var.h embeds one. */
#ifndef SHIM_STUB_SYS_TASKQUEUE_H
#define SHIM_STUB_SYS_TASKQUEUE_H

struct task {
	void *ta_context;
};

#endif
