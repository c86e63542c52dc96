/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * literal_entry.S: where a guest calls the literal host as it would call the
 * hypercall page, and where NMIs of the host arrive.
 */
	.text
	.code64

#define FRAME_RAX 0
#define FRAME_RCX 8
#define FRAME_RDX 16
#define FRAME_SIZE 120

	.macro push_all
	pushq %r15
	pushq %r14
	pushq %r13
	pushq %r12
	pushq %r11
	pushq %r10
	pushq %r9
	pushq %r8
	pushq %rdi
	pushq %rsi
	pushq %rbp
	pushq %rbx
	pushq %rdx
	pushq %rcx
	pushq %rax
	.endm
	.macro pop_all
	popq %rax
	popq %rcx
	popq %rdx
	popq %rbx
	popq %rbp
	popq %rsi
	popq %rdi
	popq %r8
	popq %r9
	popq %r10
	popq %r11
	popq %r12
	popq %r13
	popq %r14
	popq %r15
	.endm

	.globl literal_entry
literal_entry:
	pushfq
	cli
	push_all
	cld
	movq %rsp, %rdi
	movq FRAME_SIZE(%rsp), %rsi
	movq %rsp, %rbp
	andq $-16, %rsp
	call literal_answer
	movq %rbp, %rsp
	testb %al, %al
	jnz 1f
	pop_all
	popfq
	ret
1:	pop_all
	popfq
	ud2

/*
 * void literal_window(frame): pending interrupts come with the guest's own
 * registers in place, and may change them.
 */
	.globl literal_window
literal_window:
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	pushq %rdi
	/* A copy below; it is popped into the registers. */
	subq $FRAME_SIZE, %rsp
	movq %rdi, %rsi
	movq %rsp, %rdi
	movl $FRAME_SIZE / 8, %ecx
	rep movsq
	pop_all
	sti
	nop
	cli
	push_all
	movq FRAME_SIZE(%rsp), %rdi
	movq %rsp, %rsi
	movl $FRAME_SIZE / 8, %ecx
	rep movsq
	addq $FRAME_SIZE + 8, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	ret

/* The vector and 0 are on the stack, see start.S. */
	.globl literal_interrupt
literal_interrupt:
	push_all
	cld
	movq %rsp, %rbp
	andq $-16, %rsp
	call literal_nmi
	movq %rbp, %rsp
	pop_all
	addq $16, %rsp
	iretq

	.section .note.GNU-stack, "", @progbits
