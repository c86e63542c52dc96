/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host: KVM's handling of one hypercall, as the target `differ` calls it.
 *
 * Between the kernel's types and ours, so plain C types only.
 */
#ifndef SHOOTDOWN_TESTS_FUZZ_KVM_HOST_H
#define SHOOTDOWN_TESTS_FUZZ_KVM_HOST_H

#define KVM_TARGET_VCPUS 64u    /* at most; a bit of `flushed` each */
#define KVM_TARGET_INDEXES 1024u        /* VP indexes are below */

struct kvm_call {
	unsigned vcpus;
	const unsigned *vp_index;       /* of each vCPU, all different */
	int enforce;                    /* CPUID's recommendations are law */
	int rec_flush, rec_ex, rec_ipi, xmm;
	unsigned long control;
	unsigned long word[14];         /* RDX, R8, XMM0-XMM5 */
	unsigned long result;           /* out: RAX */
	int ud;                         /* out: #UD instead */
	unsigned long flushed;          /* out: whose TLBs, all of them */
	unsigned long interrupted;      /* out: who gets `vector` */
	unsigned vector;
};

/* The call that runs. */
extern struct kvm_call kvm_target;

/* NULL, or why there is no tree; the tree. */
extern const char *const kvm_absent;
extern const char *const kvm_tree;
/* Does it read lists?  Before 6.2 it flushes everything instead. */
extern const int kvm_lists;

/* Runs kvm_target. */
void kvm_call(void);

/* The target provides: 0, or -1 when it is not memory of the guest. */
int kvm_target_read(unsigned long gpa, void *to, unsigned long size);

#endif
