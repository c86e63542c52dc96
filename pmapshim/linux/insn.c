/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * insn: where assembly of the kernel ends and C of ours begins.
 *
 * The code under test is compiled unmodified, with its asm statements, whose
 * operands say which registers they change.  So these two entries keep every
 * register that the statement does not name, realign the stack, and keep the
 * frame-pointer chain whole.  Vector registers are not used in kernel objects.
 */
#include <shim/core.h>

void shim_invlpg(unsigned long va) __attribute__((__used__));
unsigned long shim_hypercall(unsigned long control, unsigned long in_gpa,
                             unsigned long out_gpa) __attribute__((__used__));

void
shim_invlpg(unsigned long va)
{
	sd_invlpg(va);
}

unsigned long
shim_hypercall(unsigned long control, unsigned long in_gpa,
               unsigned long out_gpa)
{
	return sd_hypercall(control, in_gpa, out_gpa);
}

/* Address in RDI, all other registers kept: SHIM_invlpg in shim/config.h. */
__asm__(".text\n"
	".globl shim_insn_invlpg\n"
	".hidden shim_insn_invlpg\n"
	".type shim_insn_invlpg, @function\n"
	"shim_insn_invlpg:\n"
	"	push %rbp\n"
	"	mov %rsp, %rbp\n"
	"	pushf\n"
	"	push %rax\n"
	"	push %rcx\n"
	"	push %rdx\n"
	"	push %rsi\n"
	"	push %r8\n"
	"	push %r9\n"
	"	push %r10\n"
	"	push %r11\n"
	"	push %rbx\n"
	"	mov %rsp, %rbx\n"
	"	and $-16, %rsp\n"
	"	call shim_invlpg\n"
	"	mov %rbx, %rsp\n"
	"	pop %rbx\n"
	"	pop %r11\n"
	"	pop %r10\n"
	"	pop %r9\n"
	"	pop %r8\n"
	"	pop %rsi\n"
	"	pop %rdx\n"
	"	pop %rcx\n"
	"	pop %rax\n"
	"	popf\n"
	"	pop %rbp\n"
	"	ret\n"
	".size shim_insn_invlpg, . - shim_insn_invlpg\n");

/*
 * TLFS, "Hypercall Inputs": RCX input value, RDX and R8 the two addresses, RAX
 * the result.  RDI and RSI are not ours to change.
 */
__asm__(".text\n"
	".globl shim_hypercall_page\n"
	".hidden shim_hypercall_page\n"
	".type shim_hypercall_page, @function\n"
	"shim_hypercall_page:\n"
	"	push %rbp\n"
	"	mov %rsp, %rbp\n"
	"	push %rdi\n"
	"	push %rsi\n"
	"	push %rcx\n"
	"	push %rdx\n"
	"	push %rbx\n"
	"	mov %rsp, %rbx\n"
	"	and $-16, %rsp\n"
	"	mov %rcx, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	mov %r8, %rdx\n"
	"	call shim_hypercall\n"
	"	mov %rbx, %rsp\n"
	"	pop %rbx\n"
	"	pop %rdx\n"
	"	pop %rcx\n"
	"	pop %rsi\n"
	"	pop %rdi\n"
	"	pop %rbp\n"
	"	ret\n"
	".size shim_hypercall_page, . - shim_hypercall_page\n");
