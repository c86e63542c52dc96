/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backend: what a kernel under test is given instead of privileged
 * instructions, physical memory and the hypervisor.
 *
 * Included by the shims of kernel objects, beside whatever types that kernel
 * has, so it includes nothing and uses plain C types: `unsigned long` is 64
 * bits wide.  The functions live in the executable (backend `sim`: the model;
 * backend `metal`: the real instruction, in the guest).  Each instruction is a
 * scheduling point; accesses to memory are scheduling points by the compiler's
 * hooks (pmapshim/hooks).
 */
#ifndef SHOOTDOWN_PMAPSHIM_BACKEND_H
#define SHOOTDOWN_PMAPSHIM_BACKEND_H

/* ---- processor ------------------------------------------------------------ */

unsigned sd_cpu(void);                  /* number of the running vCPU, 0.. */
unsigned sd_ncpus(void);
unsigned sd_vp_index(unsigned cpu);     /* what Hyper-V calls that vCPU */

void sd_invlpg(unsigned long va);
/* pcid: all of the descriptor's first word, reserved bits too. */
void sd_invpcid(unsigned type, unsigned long pcid, unsigned long va);
/*
 * INVLPGB with its registers, and TLBSYNC, which waits until all processors
 * have carried out what this one asked for (APM 2, 5.5.3).
 */
void sd_invlpgb(unsigned long rax, unsigned edx, unsigned ecx);
void sd_tlbsync(void);
unsigned long sd_read_cr3(void);
void sd_write_cr3(unsigned long value); /* bit 63: no flush */
unsigned long sd_read_cr4(void);
void sd_write_cr4(unsigned long value);
void sd_wbinvd(void);
void sd_mfence(void);                   /* any full fence or LOCKed no-op */
void sd_pause(void);                    /* in a wait loop: yields */
int sd_irq_enabled(void);               /* RFLAGS.IF */
void sd_irq_disable(void);              /* CLI */
void sd_irq_enable(void);               /* STI */
/* Fixed interrupt to another vCPU (x2APIC: does not wait for the buffer). */
void sd_send_ipi(unsigned cpu, unsigned vector);
/* An NMI, whose handler is given the address 0. */
void sd_send_nmi(unsigned cpu);

/*
 * Enters a guest under that second-level table, with that CR3; root 0: leaves
 * it, back to the CR3 given.  INVEPT: type 1 of one table, 2 of all.
 */
void sd_guest(unsigned long root, unsigned long cr3);
void sd_invept(unsigned type, unsigned long root);
/* The zeroed table page is one of an EPT, with A and D or without. */
void sd_table_ept(void *table, int ad);

/* ---- hypervisor ------------------------------------------------------------ */

/* Through the hypercall page: returns the result value (status, reps done). */
unsigned long sd_hypercall(unsigned long control, unsigned long in_gpa,
                           unsigned long out_gpa);
/* The same with XMM0-XMM5, low halves first: 12 words of a fast call. */
unsigned long sd_hypercall_xmm(unsigned long control, unsigned long first,
                               unsigned long second,
                               const unsigned long *xmm);
void sd_cpuid(unsigned leaf, unsigned *regs /* eax, ebx, ecx, edx */);
unsigned long sd_rdmsr(unsigned msr);
void sd_wrmsr(unsigned msr, unsigned long value);

/* ---- memory ---------------------------------------------------------------- */

enum sd_frame {                         /* = enum frame_use of the model */
	SD_FRAME_TABLE = 1, SD_FRAME_DATA, SD_FRAME_HYPERCALL, SD_FRAME_KERNEL
};

/* A zeroed page of simulated RAM; a finding when none is left. */
void *sd_frame_alloc(enum sd_frame use);
/* Two zeroed table pages side by side, 8 KiB-aligned in physical memory. */
void *sd_frame_alloc_pair(void);
void sd_frame_free(void *frame);
unsigned long sd_virt_to_phys(const void *p);
void *sd_phys_to_virt(unsigned long pa);
/* A walker's read of an entry: a finding when its page is no table any more. */
unsigned long sd_walk_read(const unsigned long *entry);
/* Kernel heap: from an arena that is reset with the run; never freed. */
void *sd_alloc(unsigned long size, unsigned long align);

/* Locked 64-bit exchange and compare-and-exchange on page-table entries are
 * written as C atomics (__atomic_*) in the glue; the hooks see them. */

/* ---- what must hold -------------------------------------------------------- */

/* An assertion of the kernel failed; does not return. */
__attribute__((noreturn)) void sd_assert_failed(const char *file, int line,
                                                const char *text);
/* A warning of the kernel (WARN_ON); a finding as well; does not return. */
__attribute__((noreturn)) void sd_panic(const char *file, int line,
                                        const char *text);
/* Unbalanced pin, critical section, preemption or interrupt count. */
__attribute__((noreturn)) void sd_unbalanced(const char *text);

/* ---- contracts (docs/semantics.md) ----------------------------------------- */

/*
 * Tells the oracle of an address space: its root and, with PTI, its user root
 * (else 0); physical addresses.  The kernel's own space is registered too.
 */
void sd_space_add(unsigned long root, unsigned long user_root, int is_kernel);
void sd_space_remove(unsigned long root);
/*
 * Contract (a): brackets a call of the kernel's own invalidation function,
 * with the range and the space that it promises (root 0: the kernel's range,
 * whatever root is loaded; end 0: to the top).  Only the outermost counts.
 */
void sd_inval_begin(unsigned long root, unsigned long va, unsigned long end);
void sd_inval_end(void);
/*
 * Contract (b): brackets an operation (unmap, protect, ...).  sd_op_read()
 * marks the moment when it has read (exchanged) the entries it relies on; the
 * last one counts.  Without sd_op_read the moment is sd_op_begin's.  Its own
 * stores count whenever they are made.
 * sd_op_defer() says that this operation defers its flush by design.  Whoever
 * flushes later promises what it had changed by then: sd_op_moment() is the
 * present moment, and sd_op_as_of() makes it that of the current operation.
 */
void sd_op_begin(const char *name, unsigned long root, unsigned long va,
                 unsigned long end);
void sd_op_read(void);
void sd_op_defer(void);
unsigned long sd_op_moment(void);
void sd_op_as_of(unsigned long moment);
void sd_op_end(void);

/*
 * Brackets a call that flushes the caches of all processors: each has executed
 * WBINVD when it returns, or will before it sets IF.
 */
void sd_cache_begin(void);
void sd_cache_end(void);

/* ---- modes (oracle.md rules 15-18) ------------------------------------------ */

void sd_enter_user(void);       /* after the kernel's own exit steps: IRET */
void sd_leave_user(void);       /* before the kernel's own entry steps */
void sd_window(int open);       /* user-access window: STAC, CLAC */
/*
 * A handler reads user memory at va, in a window, and takes it for that of the
 * space with this root: a finding when CR3 has another.  A fault is survived.
 */
void sd_user_read(unsigned long root, unsigned long va);
/* A handler reads kernel memory, which is mapped: a fault is a finding. */
void sd_kernel_read(unsigned long va);

#endif
