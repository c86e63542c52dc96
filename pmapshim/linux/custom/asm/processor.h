/* SPDX-License-Identifier: BSD-2-Clause */
/* Custom: processor state, because CR3 and waiting are the backend's. */
#ifndef _ASM_X86_PROCESSOR_H
#define _ASM_X86_PROCESSOR_H

#include <asm/page.h>
#include <asm/paravirt.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>
#include <linux/percpu.h>

#define cpu_relax() sd_pause()

struct cpuinfo_x86 { bool smt_active; };
DECLARE_PER_CPU(struct cpuinfo_x86, cpu_info);

static inline unsigned long
read_cr3_pa(void)
{
	return __read_cr3() & CR3_ADDR_MASK;
}

#endif
