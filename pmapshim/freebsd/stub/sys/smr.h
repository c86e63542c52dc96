/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: reached only for nested page tables, which no space has. */
#ifndef SHIM_STUB_SYS_SMR_H
#define SHIM_STUB_SYS_SMR_H

#define	smr_advance(s)		0
#define	smr_wait(s, goal)	((void)(goal))

#endif
