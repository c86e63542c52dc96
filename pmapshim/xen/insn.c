/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * insn: the hypercall page, which Xen's inline assembly calls by name.
 * Compiled without hooks.
 */
#include "pmapshim/backend.h"

unsigned long shim_hypercall(unsigned long control, unsigned long in,
                             unsigned long out);

__attribute__((used)) unsigned long
shim_hypercall(unsigned long control, unsigned long in, unsigned long out)
{
	return sd_hypercall(control, in, out);
}

/*
 * TLFS, Hypercall Interface: RCX the input value, RDX and R8 the addresses,
 * RAX the result.  The caller says that nothing else changes.
 */
__asm__(".text\n"
	".globl hv_hcall_page\n"
	".hidden hv_hcall_page\n"
	".type hv_hcall_page, @function\n"
	"hv_hcall_page:\n"
	"	push %rbp\n"
	"	mov %rsp, %rbp\n"
	"	push %rdi\n"
	"	push %rsi\n"
	"	push %rcx\n"
	"	push %rdx\n"
	"	push %r8\n"
	"	push %r9\n"
	"	push %r10\n"
	"	push %r11\n"
	"	push %rbx\n"
	"	mov %rsp, %rbx\n"
	"	and $-16, %rsp\n"
	"	mov %rcx, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	mov %r8, %rdx\n"
	"	call shim_hypercall\n"
	"	mov %rbx, %rsp\n"
	"	pop %rbx\n"
	"	pop %r11\n"
	"	pop %r10\n"
	"	pop %r9\n"
	"	pop %r8\n"
	"	pop %rdx\n"
	"	pop %rcx\n"
	"	pop %rsi\n"
	"	pop %rdi\n"
	"	pop %rbp\n"
	"	ret\n"
	".size hv_hcall_page, . - hv_hcall_page\n");
