/* SPDX-License-Identifier: BSD-2-Clause */
/* Custom: privileged instructions, because the backend executes them. */
#ifndef _ASM_X86_SPECIAL_INSNS_H
#define _ASM_X86_SPECIAL_INSNS_H

#include <asm/msr.h>
#include <shim/core.h>

#define __read_cr3() sd_read_cr3()
#define __native_read_cr3() sd_read_cr3()
#define write_cr3(v) sd_write_cr3(v)
#define native_write_cr3(v) sd_write_cr3(v)
#define __read_cr4() sd_read_cr4()
#define __write_cr4(v) sd_write_cr4(v)
#define native_write_cr4(v) sd_write_cr4(v)

#endif
