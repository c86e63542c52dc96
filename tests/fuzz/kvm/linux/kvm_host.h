/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: a virtual machine with no more than the fields that the hypercall
 * code names, because the real structures bring the whole of KVM with them.
 */
#ifndef _LINUX_KVM_HOST_H
#define _LINUX_KVM_HOST_H

#include <linux/atomic.h>
#include <linux/types.h>

#define KVM_MAX_VCPUS 1024      /* Debian's configuration */
#define SHIM_VCPUS 64
#define BITS_TO_LONGS(n) (((n) + 63) / 64)
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]

typedef u64 gpa_t;
typedef struct { u64 half[2]; } sse128_t;

struct kvm_vcpu;
struct kvm_cpuid2;
struct kvm_cpuid_entry2;
struct kvm_hyperv_eventfd;
struct pvclock_vcpu_time_info;
struct hv_vp_assist_page;

static inline bool
bitmap_empty(const unsigned long *map, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++)
		if (map[i / 64] >> i % 64 & 1)
			return false;
	return true;
}

static inline void
bitmap_zero(unsigned long *map, unsigned bits)
{
	for (unsigned i = 0; i < BITS_TO_LONGS(bits); i++)
		map[i] = 0;
}

struct kvm_lapic_irq { u32 vector; u32 delivery_mode; };

struct kvm_vcpu_hv_stimer { int index; };
struct kvm_vcpu_hv_synic { bool active; };

struct kvm_vcpu_hv {
	struct kvm_vcpu *vcpu;
	u32 vp_index;
	struct kvm_vcpu_hv_synic synic;
	struct kvm_vcpu_hv_stimer stimer[4];
	DECLARE_BITMAP(stimer_pending_bitmap, 4);
	bool enforce_cpuid;
	struct {
		u32 features_eax, features_ebx, features_edx;
		u32 enlightenments_eax, enlightenments_ebx;
		u32 syndbg_cap_eax, nested_eax, nested_ebx;
	} cpuid_cache;
};

struct kvm_hv_syndbg { u64 options; };

struct kvm_hv {
	u64 hv_guest_os_id;
	atomic_t num_mismatched_vp_indexes;
	struct kvm_hv_syndbg hv_syndbg;
};

struct kvm_run {
	u32 exit_reason;
	struct {
		u32 type;
		union {
			struct {
				u64 input, result, params[2];
			} hcall;
		} u;
	} hyperv;
};

struct kvm_vcpu {
	struct kvm *kvm;
	unsigned vcpu_idx;
	struct kvm_run *run;
	struct { u64 hypercalls; } stat;
	struct {
		struct kvm_vcpu_hv *hyperv;
		bool hyperv_enabled;
		int (*complete_userspace_io)(struct kvm_vcpu *vcpu);
	} arch;
};

struct kvm {
	unsigned count;
	struct kvm_vcpu vcpu[SHIM_VCPUS];
	struct { struct kvm_hv hyperv; } arch;
};

#endif
