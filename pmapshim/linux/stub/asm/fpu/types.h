/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: named in a structure that is not used. */
#ifndef SHIM_STUB_ASM_FPU_TYPES_H
#define SHIM_STUB_ASM_FPU_TYPES_H

struct fxregs_state { int unused; };

#endif
