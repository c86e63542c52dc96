/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: CPU features, because one process tests many modes: every question
 * goes to a table that boot fills; no feature is fixed when compiling.
 */
#ifndef _ASM_X86_CPUFEATURE_H
#define _ASM_X86_CPUFEATURE_H

#include <asm/cpufeatures.h>
#include <shim/core.h>

#define boot_cpu_has(bit) shim_has_feature(bit)
#define this_cpu_has(bit) shim_has_feature(bit)
#define static_cpu_has(bit) shim_has_feature(bit)
#define cpu_feature_enabled(bit) shim_has_feature(bit)

#endif
