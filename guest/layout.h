/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * layout: addresses, vectors and offsets that assembly, C and the translator
 * of litmus tests agree on.
 *
 * The low GiB of physical memory is seen at KERNEL_BASE in every address
 * space, through one entry of the root (GUEST_SLOT); tests leave that alone.
 */
#ifndef SHOOTDOWN_GUEST_LAYOUT_H
#define SHOOTDOWN_GUEST_LAYOUT_H

#define KERNEL_BASE 0xffffffff80000000
#define APIC_VA 0xffffffffbfe00000      /* in place of RAM's last 2 MiB */
#define AP_START 0x8000                 /* where a start-up IPI leads */

#define GUEST_CPUS 256                  /* xAPIC ids are 8 bits wide */
#define GUEST_STACK_SHIFT 14            /* hvsim runs on it, too */

#define VECTOR_WAKE 0x90                /* above those of tests: see nap() */
#define VECTOR_LITMUS 0x40              /* one for each IPI of a test */
#define VECTOR_LITMUS_END 0x80
#define VECTOR_SUPERVISOR 0x80          /* a column leaves user mode */
#define VECTOR_USER_END 0x81            /* it ends there */
#define VECTOR_KERNEL 0xb0              /* from here on: a kernel under test's */
#define VECTOR_SPURIOUS 0xff

/* struct guest_cpu; GS leads there. */
#define CPU_RSP 8
#define CPU_HANDLER_RSP 16
#define CPU_HANDLER 24
#define CPU_RUNNING 32
#define CPU_IN_HANDLER 36
#define CPU_ENDED 40
#define CPU_DISCARD 44
#define CPU_IF_END 48
#define CPU_HANDLED 52
#define CPU_FAULTS 56                   /* 128 bits */
#define CPU_SENT 72                     /* 8 words of 32 bits */
#define CPU_DELAY 104                   /* 64 words of 32 bits */
#define CPU_REGS 360                    /* 11 words of 64 bits */
#define CPU_INPUT 448                   /* page for hypercalls: physical */
#define CPU_TSS 456                     /* where that is */
#define TSS_RSP0 4

#define KERNEL_CS 0x08
#define KERNEL_SS 0x10
#define USER_SS 0x1b
#define USER_CS 0x23
#define GUEST_TR 0x28

#endif
