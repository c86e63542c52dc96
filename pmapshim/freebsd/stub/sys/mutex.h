/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: locks that headers of the tree embed; none is taken. */
#ifndef SHIM_STUB_SYS_MUTEX_H
#define SHIM_STUB_SYS_MUTEX_H

struct mtx {
	int mtx_lock;
};

#endif
