/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * start.S: how processors come up, and what no C can say: the entry from the
 * boot loader (multiboot 1) and from a start-up IPI, both through protected to
 * long mode; interrupt entries; the way into a litmus column and out of it.
 *
 * The image is linked at KERNEL_BASE and loaded at its physical address; what
 * runs before paging uses PHYS().
 */
#define ASM 1
#include "guest/layout.h"

#define PHYS(symbol) ((symbol) - KERNEL_BASE)

#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0x3             /* aligned modules, memory map */

#define CR0_LONG 0x80010011             /* PG, WP, ET, PE */
#define CR4_LONG 0x20                   /* PAE */
#define EFER 0xc0000080
#define EFER_LONG 0x900                 /* LME, NXE */
#define MSR_GS_BASE 0xc0000101

	.section .boot, "ax"
	.balign 8
	.long MULTIBOOT_MAGIC
	.long MULTIBOOT_FLAGS
	.long -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

	.code32
	.globl boot_entry
boot_entry:
	cli
	movl %ebx, PHYS(boot_info)
	movl $PHYS(boot_stack_top), %esp
	/* PML4[0], the identity for now, and PML4[511] share the tables. */
	movl $PHYS(boot_pml4) + 7, %eax
	movl %eax, PHYS(boot_pml5)
	movl %eax, PHYS(boot_pml5) + 511 * 8
	movl $PHYS(boot_pdpt) + 7, %eax
	movl %eax, PHYS(boot_pml4)
	movl %eax, PHYS(boot_pml4) + 511 * 8
	movl $PHYS(boot_pd_low) + 7, %eax
	movl %eax, PHYS(boot_pdpt)
	movl %eax, PHYS(boot_pdpt) + 510 * 8
	movl $PHYS(boot_pd_high) + 7, %eax
	movl %eax, PHYS(boot_pdpt) + 511 * 8
	/* 1 GiB of RAM, and the GiB below 4 GiB, where the local APIC is. */
	xorl %ecx, %ecx
1:	movl %ecx, %eax
	shll $21, %eax
	orl $0x87, %eax
	movl %eax, PHYS(boot_pd_low)(, %ecx, 8)
	addl $0xc0000000, %eax
	orl $0x18, %eax                 /* not cached: registers are there */
	movl %eax, PHYS(boot_pd_high)(, %ecx, 8)
	incl %ecx
	cmpl $512, %ecx
	jne 1b
	/* And the APIC at the end of the GiB of RAM: see APIC_VA. */
	movl $0xfee00000 + 0x9f, PHYS(boot_pd_low) + 511 * 8
	movl $PHYS(boot_main), %edi
	jmp enter_long

/* edi: where to go on, a physical address below 4 GiB. */
enter_long:
	movl PHYS(boot_cr4), %eax
	movl %eax, %cr4
	movl PHYS(boot_root), %eax
	movl %eax, %cr3
	movl $EFER, %ecx
	rdmsr
	orl $EFER_LONG, %eax
	wrmsr
	movl $CR0_LONG, %eax
	movl %eax, %cr0
	lgdt PHYS(boot_gdt_pointer)
	ljmp $8, $PHYS(long_entry)

	.code64
long_entry:
	movl $0x10, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	movl %edi, %edi
	movq $KERNEL_BASE, %rax
	addq %rax, %rdi
	jmpq *%rdi

/* Copied to AP_START; runs there in real mode, CS = AP_START / 16. */
	.code16
	.balign 16
	.globl ap_begin, ap_end
ap_begin:
	cli
	xorl %eax, %eax
	movl %eax, %ds
	lgdtl AP_START + (ap_gdt_pointer - ap_begin)
	movl $0x11, %eax
	movl %eax, %cr0
	ljmpl $0x18, $AP_START + (ap_protected - ap_begin)
	.code32
ap_protected:
	movl $0x10, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	movl $PHYS(ap_main), %edi
	movl $PHYS(enter_long), %eax
	jmpl *%eax
	.balign 8
ap_gdt_pointer:
	.word 4 * 8 - 1
	.long PHYS(boot_gdt)
ap_end:

	.balign 8
boot_gdt:
	.quad 0
	.quad 0x00af9b000000ffff        /* 0x08: 64-bit code */
	.quad 0x00cf93000000ffff        /* 0x10: data */
	.quad 0x00cf9b000000ffff        /* 0x18: 32-bit code, on the way up */
boot_gdt_pointer:
	.word 4 * 8 - 1
	.quad PHYS(boot_gdt)

/*
 * void paging_enter(void): to the boot tables that boot_root and boot_cr4 name.
 * CR4.LA57 changes only outside long mode (SDM 3A 2.5), so this leaves it and
 * comes back; in the boot tables, with interrupts off.  Segments are those of
 * the boot afterwards.
 */
	.code64
	.globl paging_enter
paging_enter:
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %gs:0, %rbx
	movq %rsp, %gs:CPU_RSP
	lgdt boot_gdt_pointer(%rip)
	pushq $0x18
	pushq $PHYS(leave_long)
	lretq
	.code32
leave_long:
	movl $CR0_LONG - 0x80000000, %eax
	movl %eax, %cr0
	movl $PHYS(paging_entered), %edi
	jmp enter_long
	.code64
paging_entered:
	movslq %ebx, %rax               /* the upper halves are lost */
	movl $MSR_GS_BASE, %ecx
	movq %rax, %rdx
	shrq $32, %rdx
	wrmsr
	movq %gs:CPU_RSP, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	ret

	.data
	.balign 8
	.globl boot_root, boot_cr4
boot_root:
	.quad PHYS(boot_pml4)
boot_cr4:
	.quad CR4_LONG

	.text
	.code64
boot_main:
	movq $boot_stack_top, %rsp
	xorl %ebp, %ebp
	call guest_main
1:	hlt
	jmp 1b

/* Each takes a number of its own, and with it a stack. */
ap_main:
	movl $1, %edi
	lock xaddl %edi, cpus_started(%rip)
	cmpl $GUEST_CPUS, %edi
	jae 1f
	movl %edi, %eax
	incl %eax
	shlq $GUEST_STACK_SHIFT, %rax
	leaq ap_stacks(%rip), %rsp
	addq %rax, %rsp
	xorl %ebp, %ebp
	call guest_ap
1:	cli
	hlt
	jmp 1b

/* ---- interrupts ----------------------------------------------------------- */

/* Vectors that come without an error code get 0 in its place. */
	.macro entry vector
	.balign 16
	.if !(\vector == 8 || (\vector >= 10 && \vector <= 14) || \
	    \vector == 17 || \vector == 21)
	pushq $0
	.endif
	pushq $\vector
	.if \vector == 2
	jmp literal_interrupt           /* NMI */
	.elseif \vector >= VECTOR_LITMUS && \vector < VECTOR_LITMUS_END
	jmp litmus_interrupt
	.elseif \vector == VECTOR_SUPERVISOR
	jmp kernel_entry
	.elseif \vector == VECTOR_USER_END
	jmp user_end
	.elseif \vector < 32
	jmp exception
	.else
	jmp other_interrupt
	.endif
	.endm

	.balign 16
	.globl interrupt_entries
interrupt_entries:
	.set v, 0
	.rept 256
	entry v
	.balign 16
	.set v, v + 1
	.endr

/* Stack: vector, error code, then what the processor pushed. */
#define FRAME_RIP 16
#define FRAME_CS 24
#define FRAME_FLAGS 32
#define FRAME_RSP 40
#define FRAME_SS 48

	.macro push_scratch
	pushq %rax
	pushq %rcx
	pushq %rdx
	.endm
	.macro pop_scratch
	popq %rdx
	popq %rcx
	popq %rax
	.endm

	.macro push_c
	push_scratch
	pushq %rsi
	pushq %rdi
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	.endm
	.macro pop_c
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rdi
	popq %rsi
	pop_scratch
	.endm

/*
 * An exception inside a column ends it: the fault is noted under the number
 * of the instruction (r15), and the column's end returned to.  IF stays.
 */
exception:
	cmpl $0, %gs:CPU_RUNNING
	je 2f
	btsl %r15d, %gs:CPU_FAULTS
	cmpl $0, %gs:CPU_IN_HANDLER
	jne 1f
	leaq column_exit(%rip), %rax
	movq %rax, FRAME_RIP(%rsp)
	movq %gs:CPU_RSP, %rax
	jmp 3f
1:	leaq handler_exit(%rip), %rax
	movq %rax, FRAME_RIP(%rsp)
	movq %gs:CPU_HANDLER_RSP, %rax
3:	movq %rax, FRAME_RSP(%rsp)
	movq $KERNEL_CS, FRAME_CS(%rsp)
	movq $KERNEL_SS, FRAME_SS(%rsp)
	addq $16, %rsp
	iretq
2:	push_c
	leaq 72(%rsp), %rdi             /* the vector and what follows it */
	movq %cr2, %rsi
	cld
	call guest_exception            /* comes back when it is mended */
	pop_c
	addq $16, %rsp
	iretq

/*
 * void cpu_sleep(void): until an interrupt comes, with interrupts off before
 * and after.  Nothing comes between STI and HLT (SDM 2, STI), but QEMU 7.2
 * forgets that when its SVM leaves a guest there: HLT would be reached after
 * the call that it waits for.  So whoever comes there leads past it.
 */
	.globl cpu_sleep
cpu_sleep:
	sti
sleeping:
	hlt
awake:
	cli
	ret

other_interrupt:
	cmpq $sleeping, FRAME_RIP(%rsp)
	jne 1f
	movq $awake, FRAME_RIP(%rsp)
	incl calls_saved(%rip)
1:	push_c
	movq 72(%rsp), %rdi             /* the vector */
	cld
	call guest_interrupt
	pop_c
	addq $16, %rsp
	iretq

/* eax, ecx, edx are free. */
end_of_interrupt:
	cmpl $0, apic_is_x2(%rip)
	jne 1f
	movl $0, APIC_VA + 0xb0
	ret
1:	movl $0x80b, %ecx
	xorl %eax, %eax
	xorl %edx, %edx
	wrmsr
	ret

	.macro save_columns_registers
	movq %r8, %gs:CPU_REGS
	movq %r9, %gs:CPU_REGS + 8
	movq %r10, %gs:CPU_REGS + 16
	movq %r11, %gs:CPU_REGS + 24
	movq %r12, %gs:CPU_REGS + 32
	movq %r13, %gs:CPU_REGS + 40
	movq %r14, %gs:CPU_REGS + 48
	movq %rbx, %gs:CPU_REGS + 56
	movq %rdi, %gs:CPU_REGS + 64
	movq %rsi, %gs:CPU_REGS + 72
	movq %rbp, %gs:CPU_REGS + 80
	.endm
	.macro load_columns_registers
	movq %gs:CPU_REGS, %r8
	movq %gs:CPU_REGS + 8, %r9
	movq %gs:CPU_REGS + 16, %r10
	movq %gs:CPU_REGS + 24, %r11
	movq %gs:CPU_REGS + 32, %r12
	movq %gs:CPU_REGS + 40, %r13
	movq %gs:CPU_REGS + 48, %r14
	movq %gs:CPU_REGS + 56, %rbx
	movq %gs:CPU_REGS + 64, %rdi
	movq %gs:CPU_REGS + 72, %rsi
	movq %gs:CPU_REGS + 80, %rbp
	.endm

/*
 * An IPI of a test.  The handler column works on the registers of the program
 * that it interrupts; once that has ended, on what it left behind, since by
 * then C code has the real ones.
 */
litmus_interrupt:
	push_scratch
	cmpl $0, %gs:CPU_DISCARD
	jne 3f
	pushq %r15
	cmpl $0, %gs:CPU_ENDED
	jne 1f
	movq %rsp, %gs:CPU_HANDLER_RSP
	movl $1, %gs:CPU_IN_HANDLER
	jmpq *%gs:CPU_HANDLER
1:	pushq %rbx
	pushq %rbp
	pushq %rsi
	pushq %rdi
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	pushq %r12
	pushq %r13
	pushq %r14
	load_columns_registers
	movq %rsp, %gs:CPU_HANDLER_RSP
	movl $1, %gs:CPU_IN_HANDLER
	movl $1, %gs:CPU_RUNNING
	jmpq *%gs:CPU_HANDLER

	.globl handler_exit
handler_exit:
	cli                             /* after a fault IF may be anything */
	movq %gs:CPU_HANDLER_RSP, %rsp
	movl $0, %gs:CPU_IN_HANDLER
	cmpl $0, %gs:CPU_ENDED
	je 2f
	save_columns_registers
	movl $0, %gs:CPU_RUNNING
	popq %r14
	popq %r13
	popq %r12
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rdi
	popq %rsi
	popq %rbp
	popq %rbx
2:	popq %r15
3:	incl %gs:CPU_HANDLED
	call end_of_interrupt
	pop_scratch
	addq $16, %rsp
	iretq

/* ---- columns -------------------------------------------------------------- */

/*
 * void column_enter(code, how): runs a program of a test with the registers
 * that the cpu's block holds; returns when it has ended, IF as it was then.
 * how: 1: with IF set; 2: in user mode, where everything may be read and
 * written that the page tables under test do not forbid.
 */
	.globl column_enter
column_enter:
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, %gs:CPU_RSP
	movq %gs:CPU_TSS, %rax
	movq %rsp, TSS_RSP0(%rax)
	movq %rdi, %rax
	movl %esi, %ecx
	load_columns_registers
	xorl %r15d, %r15d
	movl $1, %gs:CPU_RUNNING
	testl $2, %ecx
	jne 2f
	testl %ecx, %ecx
	je 1f
	sti
1:	jmpq *%rax
2:	andl $1, %ecx
	shll $9, %ecx
	xchgq %rax, %rcx
	jmp go_to_user

/* USER: on to the return address, with interrupts. */
	.globl column_user
column_user:
	popq %rcx
	movl $0x200, %eax
/* rcx: where to, rax: flags */
go_to_user:
	movq %rsp, %rdx
	pushq $USER_SS
	pushq %rdx
	pushq %rax
	pushq $USER_CS
	pushq %rcx
	iretq

/* KERNEL: a column comes back, IF as it was, and goes on after the INT. */
kernel_entry:
	movq FRAME_RIP(%rsp), %rcx
	movl $KERNEL_SS, %eax
	movl %eax, %ss
	movq %gs:CPU_RSP, %rsp
	jmpq *%rcx

user_end:
	movl $KERNEL_SS, %eax
	movl %eax, %ss
	movq FRAME_FLAGS(%rsp), %rax
	jmp column_ended

	.globl column_exit
column_exit:
	movl %cs, %eax
	testl $3, %eax
	je 1f
	int $VECTOR_USER_END
1:	pushfq
	popq %rax
	cli
column_ended:
	andl $0x200, %eax
	movl %eax, %gs:CPU_IF_END
	movl $0, %gs:CPU_RUNNING
	save_columns_registers
	movl $1, %gs:CPU_ENDED
	movq %gs:CPU_RSP, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	testl %eax, %eax
	je 1f
	sti
1:	ret

/* A WAIT gave up: the run is void, everybody ends. */
	.globl column_stuck, handler_stuck
column_stuck:
	movl $1, litmus_abort(%rip)
	jmp column_exit
handler_stuck:
	movl $1, litmus_abort(%rip)
	jmp handler_exit

	.bss
	.balign 4096
	.globl boot_pml5, boot_pml4, boot_pdpt
boot_pml5:
	.skip 4096
boot_pml4:
	.skip 4096
boot_pdpt:
	.skip 4096
boot_pd_low:
	.skip 4096
boot_pd_high:
	.skip 4096
boot_stack:
	.skip 16384
boot_stack_top:
ap_stacks:
	.skip GUEST_CPUS << GUEST_STACK_SHIFT
	.globl boot_info
boot_info:
	.quad 0
	.globl calls_saved
calls_saved:
	.long 0

	.section .note.GNU-stack, "", @progbits
