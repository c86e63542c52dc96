/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: statistics are not kept. */
#ifndef SHIM_STUB_SYS_COUNTER_H
#define SHIM_STUB_SYS_COUNTER_H

typedef uint64_t *counter_u64_t;
#define	counter_u64_add(c, n)	((void)0)

#endif
