/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest: Linux's flush by hypercall, alone, as the target `encode` calls it.
 *
 * Between the kernel's types and ours, so plain C types only.  One input page
 * serves all CPUs: what matters is what a call leaves in it for the next one.
 */
#ifndef SHOOTDOWN_TESTS_FUZZ_LINUX_GUEST_H
#define SHOOTDOWN_TESTS_FUZZ_LINUX_GUEST_H

#define GUEST_CPUS 256u         /* at most; a CPU mask has as many bits */
#define GUEST_MASK (GUEST_CPUS / 64)
#define GUEST_NO_VP 0xffffffffu /* the index of a CPU that has none */

struct guest_request {
	unsigned cpus, cpu;             /* how many there are; who runs */
	const unsigned *vp_index;       /* of each CPU */
	unsigned long mask[GUEST_MASK]; /* whose TLBs */
	int all_spaces;                 /* no mm is given */
	unsigned long root;             /* else: its root */
	unsigned long start, end;       /* end ~0: everything */
	unsigned stride_shift;
	int freed_tables;
	int ex;                         /* the host recommends Ex calls */
};

/* NULL, or why there is no tree. */
extern const char *const guest_absent;
/* The tree. */
extern const char *const guest_tree;

/* Calls the function that pv_ops.mmu.flush_tlb_multi has become. */
void guest_flush(const struct guest_request *r, void *input_page);

/* ---- what the target provides ------------------------------------------ */

unsigned long guest_hypercall(unsigned long control, unsigned long in,
                              unsigned long out);
/* The kernel falls back to IPIs: the whole request is done by them. */
void guest_native(const unsigned long *mask, unsigned long start,
                  unsigned long end, int all_spaces);
unsigned long guest_physical(const void *p);
/* An assertion of the kernel, or what the shim cannot do. */
__attribute__((noreturn)) void guest_panic(const char *file, int line,
                                           const char *text);
int guest_irqs_enabled(void);

#endif
