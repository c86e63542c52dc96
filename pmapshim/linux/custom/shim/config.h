/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: the configuration under test, read before everything else, because
 * there is no Kconfig here; the checks of a debugging kernel are switched on.
 */
#ifndef SHIM_CONFIG_H
#define SHIM_CONFIG_H

#define __KERNEL__ 1

/* NR_CPUS: as many as the run's rows need, in whole words of a mask. */
#ifndef SHIM_CPUS
#define SHIM_CPUS 64
#endif
#define CPUS_WORD_(n) #n
#define CPUS_WORD(n) CPUS_WORD_(n)
#define CPUS_TEXT CPUS_WORD(SHIM_CPUS)

#define CONFIG_64BIT 1
#define CONFIG_X86 1
#define CONFIG_X86_64 1
#define CONFIG_SMP 1
#define CONFIG_PARAVIRT 1
#define CONFIG_HYPERV 1
/* The same choice under its name before and after 6.9. */
#define CONFIG_PAGE_TABLE_ISOLATION 1
#define CONFIG_MITIGATION_PAGE_TABLE_ISOLATION 1
/* Assertions of the code under test are findings, so all are wanted. */
#define CONFIG_DEBUG_VM 1
#define CONFIG_PROVE_LOCKING 1

/* IS_ENABLED(CONFIG_X): 1 if X is defined as 1, else 0; also outside #if. */
#define SHIM_COMMA_1 0,
#define SHIM_SECOND(a, b, ...) b
#define SHIM_PICK(...) SHIM_SECOND(__VA_ARGS__, 0, 0)
#define SHIM_DEFINED_(value) SHIM_PICK(SHIM_COMMA_##value 1)
#define SHIM_DEFINED(value) SHIM_DEFINED_(value)
#define IS_ENABLED(option) SHIM_DEFINED(option)
#define IS_BUILTIN(option) SHIM_DEFINED(option)
#define IS_MODULE(option) 0

#ifndef __ASSEMBLER__

/*
 * An `asm volatile("insn ...")` in the text under test becomes the assembler
 * macro SHIM_insn: the ones we know call into the backend, and any other is
 * an error of the assembler that names it.  The shims write __asm__.
 */
#define asm __asm__
#define volatile(...) __volatile__("SHIM_" __VA_ARGS__)

__asm__(".macro SHIM_invlpg operand\n"
	"	push %rdi\n"
	"	lea \\operand, %rdi\n"
	"	call shim_insn_invlpg\n"
	"	pop %rdi\n"
	".endm\n");

/* INVLPGB and TLBSYNC, which the text writes as bytes: 0f 01 fe and ff. */
__asm__(".macro SHIM_.byte first, second, third\n"
	".if \\first != 0x0f || \\second != 0x01\n"
	"	.error \"an instruction that is written as bytes\"\n"
	".elseif \\third == 0xfe\n"
	"	call shim_insn_invlpgb\n"
	".elseif \\third == 0xff\n"
	"	call shim_insn_tlbsync\n"
	".else\n"
	"	.error \"an instruction that is written as bytes\"\n"
	".endif\n"
	".endm\n");

#endif

#endif
