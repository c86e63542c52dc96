/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conform_entry.S: instructions that may raise an exception, as columns (see
 * column_enter in start.S): r8 .. r11 go in and come out.
 */
#define ASM 1
#include "guest/layout.h"

	.text
	.code64

/* rbx: six XMM registers; r8, r9, r10: RCX, RDX, R8; r11: what to call. */
	.globl conform_call
conform_call:
	movups (%rbx), %xmm0
	movups 16(%rbx), %xmm1
	movups 32(%rbx), %xmm2
	movups 48(%rbx), %xmm3
	movups 64(%rbx), %xmm4
	movups 80(%rbx), %xmm5
	movq %r8, %rcx
	movq %r9, %rdx
	movq %r10, %r8
	call *%r11
	movq %rax, %r9
	movq %rcx, %r10
	jmp column_exit

/* The same from CPL 3, whose stack is r12; comes back by an exception. */
	.globl conform_call_user
conform_call_user:
	pushq $USER_SS
	pushq %r12
	pushq $2
	pushq $USER_CS
	leaq 1f(%rip), %rax
	pushq %rax
	iretq
1:	movq %r8, %rcx
	movq %r9, %rdx
	movq %r10, %r8
	call *%r11
	movl $1, %r15d                  /* this far: no exception so far */
	ud2

	.globl conform_rdmsr
conform_rdmsr:
	movl %r8d, %ecx
	rdmsr
	shlq $32, %rdx
	orq %rdx, %rax
	movq %rax, %r9
	jmp column_exit

	.globl conform_wrmsr
conform_wrmsr:
	movl %r8d, %ecx
	movl %r9d, %eax
	movq %r9, %rdx
	shrq $32, %rdx
	wrmsr
	jmp column_exit

	.section .note.GNU-stack, "", @progbits
