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
void shim_invlpgb(unsigned long rax, unsigned edx, unsigned ecx)
    __attribute__((__used__));
void shim_tlbsync(void) __attribute__((__used__));
unsigned long shim_hypercall(unsigned long control, unsigned long in_gpa,
                             unsigned long out_gpa) __attribute__((__used__));

void
shim_invlpg(unsigned long va)
{
	sd_invlpg(va);
}

void
shim_invlpgb(unsigned long rax, unsigned edx, unsigned ecx)
{
	sd_invlpgb(rax, edx, ecx);
}

void
shim_tlbsync(void)
{
	sd_tlbsync();
}

unsigned long
shim_hypercall(unsigned long control, unsigned long in_gpa,
               unsigned long out_gpa)
{
	return sd_hypercall(control, in_gpa, out_gpa);
}

/* Every register is kept; MOVE makes C arguments of the instruction's. */
#define ENTRY(name, move, function)                                     \
	__asm__(".text\n"                                               \
	    ".globl " name "\n"                                         \
	    ".hidden " name "\n"                                        \
	    ".type " name ", @function\n"                               \
	    name ":\n"                                                  \
	    "	push %rbp\n"                                            \
	    "	mov %rsp, %rbp\n"                                       \
	    "	pushf\n"                                                \
	    "	push %rax\n"                                            \
	    "	push %rcx\n"                                            \
	    "	push %rdx\n"                                            \
	    "	push %rsi\n"                                            \
	    "	push %rdi\n"                                            \
	    "	push %r8\n"                                             \
	    "	push %r9\n"                                             \
	    "	push %r10\n"                                            \
	    "	push %r11\n"                                            \
	    "	push %rbx\n"                                            \
	    "	mov %rsp, %rbx\n"                                       \
	    "	and $-16, %rsp\n"                                       \
	    move                                                        \
	    "	call " function "\n"                                    \
	    "	mov %rbx, %rsp\n"                                       \
	    "	pop %rbx\n"                                             \
	    "	pop %r11\n"                                             \
	    "	pop %r10\n"                                             \
	    "	pop %r9\n"                                              \
	    "	pop %r8\n"                                              \
	    "	pop %rdi\n"                                             \
	    "	pop %rsi\n"                                             \
	    "	pop %rdx\n"                                             \
	    "	pop %rcx\n"                                             \
	    "	pop %rax\n"                                             \
	    "	popf\n"                                                 \
	    "	pop %rbp\n"                                             \
	    "	ret\n"                                                  \
	    ".size " name ", . - " name "\n")

/* Address in RDI: SHIM_invlpg in shim/config.h. */
ENTRY("shim_insn_invlpg", "", "shim_invlpg");
/* RAX, EDX and ECX are the instruction's (APM 3). */
ENTRY("shim_insn_invlpgb", "	mov %rax, %rdi\n	mov %edx, %esi\n"
    "	mov %ecx, %edx\n", "shim_invlpgb");
ENTRY("shim_insn_tlbsync", "", "shim_tlbsync");

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
