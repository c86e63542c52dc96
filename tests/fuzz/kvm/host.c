/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host: a virtual machine around the slice of KVM, behind whose text this is
 * compiled: vCPUs with their VP indexes, and what they are asked to do.
 */
#include "tests/fuzz/linux/bit.h"

struct kvm_call kvm_target;
const char *const kvm_absent = 0;
const char *const kvm_tree = FUZZ_TREE;
const int kvm_lists = FUZZ_KVM_LISTS;

static struct kvm vm;
static struct kvm_vcpu_hv hv[SHIM_VCPUS];
static struct kvm_run run;

int
kvm_read_guest(struct kvm *kvm, gpa_t gpa, void *data, unsigned long len)
{
	(void)kvm;
	return kvm_target_read(gpa, data, len) == 0 ? 0 : -EFAULT;
}

static unsigned long
everybody(const struct kvm *kvm)
{
	return ~0UL >> (64 - kvm->count);
}

bool
kvm_make_all_cpus_request(struct kvm *kvm, unsigned req)
{
	(void)req;
	kvm_target.flushed |= everybody(kvm);
	return true;
}

bool
kvm_make_vcpus_request_mask(struct kvm *kvm, unsigned req,
                            unsigned long *mask)
{
	(void)req;
	kvm_target.flushed |= mask[0] & everybody(kvm);
	return true;
}

int
kvm_apic_set_irq(struct kvm_vcpu *vcpu, struct kvm_lapic_irq *irq, void *map)
{
	(void)map;
	kvm_target.interrupted |= 1UL << vcpu->vcpu_idx;
	kvm_target.vector = irq->vector;
	return 1;
}

/* kvm_hv_set_msr() of HV_X64_MSR_VP_INDEX counts those that differ. */
static void
set_indexes(void)
{
	unsigned different = 0;

	for (unsigned i = 0; i < vm.count; i++) {
		vm.vcpu[i] = (struct kvm_vcpu){ .kvm = &vm, .vcpu_idx = i,
			.run = &run };
		vm.vcpu[i].arch.hyperv = &hv[i];
		vm.vcpu[i].arch.hyperv_enabled = true;
		hv[i].vcpu = &vm.vcpu[i];
		hv[i].vp_index = kvm_target.vp_index[i];
		different += hv[i].vp_index != i;
	}
	vm.arch.hyperv.num_mismatched_vp_indexes.counter = (int)different;
}

void
kvm_call(void)
{
	struct kvm_vcpu_hv *caller = &hv[0];

	vm.count = kvm_target.vcpus;
	set_indexes();
	caller->enforce_cpuid = kvm_target.enforce;
	caller->cpuid_cache.enlightenments_eax =
	    (kvm_target.rec_flush ? HV_X64_REMOTE_TLB_FLUSH_RECOMMENDED : 0) |
	    (kvm_target.rec_ex ? HV_X64_EX_PROCESSOR_MASKS_RECOMMENDED : 0) |
	    (kvm_target.rec_ipi ? HV_X64_CLUSTER_IPI_RECOMMENDED : 0);
	caller->cpuid_cache.features_edx = kvm_target.xmm ?
	    HV_X64_HYPERCALL_XMM_INPUT_AVAILABLE : 0;
	kvm_target.result = 0;
	kvm_target.ud = 0;
	kvm_target.flushed = kvm_target.interrupted = 0;
	kvm_target.vector = 0;
	kvm_hv_hypercall(&vm.vcpu[0]);
}
