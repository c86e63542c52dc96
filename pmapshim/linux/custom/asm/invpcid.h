/* SPDX-License-Identifier: BSD-2-Clause */
/* Custom: INVPCID and its four types, because the backend executes it. */
#ifndef _ASM_X86_INVPCID_H
#define _ASM_X86_INVPCID_H

#include <shim/core.h>

#define invpcid_flush_one(pcid, va) sd_invpcid(0, pcid, va)
#define invpcid_flush_single_context(pcid) sd_invpcid(1, pcid, 0)
#define invpcid_flush_all() sd_invpcid(2, 0, 0)
#define invpcid_flush_all_nonglobals() sd_invpcid(3, 0, 0)

#endif
