/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.S: what a litmus column calls: an IPI to another column, and a flush by
 * hypercall.  They change no register but those that they say, since a handler
 * may work on the column's in between.
 */
#define ASM 1
#include "guest/layout.h"

	.text
/*
 * Sends vector ecx to the cpu of column eax; changes nothing but eax, ecx,
 * edx and flags.  The counter is this cpu's own.
 */
	.globl column_ipi
column_ipi:
	incl %gs:CPU_SENT(, %rax, 4)
	movl litmus_apic(, %rax, 4), %edx
	movl %ecx, %eax
	orl $0x4000, %eax
	cmpl $0, apic_is_x2(%rip)
	jne 2f
	pushfq
	cli                             /* two halves of one register */
1:	testl $0x1000, APIC_VA + 0x300
	jne 1b
	shll $24, %edx
	movl %edx, APIC_VA + 0x310
	movl %eax, APIC_VA + 0x300
	popfq
	ret
2:	movl $0x830, %ecx
	wrmsr
	ret

/*
 * A flush of a test: rax leads to control, count and words of the input, which
 * goes to this processor's page.  Returns the result in rax; rcx and rdx are
 * free, and no other register changes on the way: a handler that comes in
 * between works on the column's.
 */
	.globl column_flush
column_flush:
	movq %gs:CPU_INPUT, %rdx
	movq 8(%rax), %rcx
1:	decq %rcx
	pushq 16(%rax, %rcx, 8)
	popq KERNEL_BASE(%rdx, %rcx, 8)
	jnz 1b
	movq (%rax), %rcx
	jmpq *hypercall_entry(%rip)

	.data
	.balign 8
	.globl hypercall_entry
hypercall_entry:                        /* the page, or the literal host */
	.quad hyperv_page

	.bss
	.balign 4096
	.globl hyperv_page
hyperv_page:                            /* the host writes its code here */
	.skip 4096

	.section .note.GNU-stack, "", @progbits
