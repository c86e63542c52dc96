/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kvm_shim: what the slice of arch/x86/kvm/hyperv.c stands on.
 *
 * The constants and layouts of the interface come from the tree; registers,
 * guest memory and requests to vCPUs are the target's (host.h).  Names that
 * only serve calls other than flushes and interrupts do nothing.
 */
#ifndef SHOOTDOWN_TESTS_FUZZ_KVM_SHIM_H
#define SHOOTDOWN_TESTS_FUZZ_KVM_SHIM_H

#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/cpumask.h>
#include <linux/types.h>

#include <asm/hyperv-tlfs.h>
#include <linux/kvm_host.h>
#include <arch/x86/kvm/hyperv.h>

#include "tests/fuzz/kvm/host.h"

/* ---- the kernel's library ---------------------------------------------- */

#define memcpy __builtin_memcpy
#define memset __builtin_memset
#define hweight64(x) ((unsigned)__builtin_popcountll(x))
#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define offset_in_page(p) ((unsigned long)(p) & 4095)

static inline unsigned
shim_next_bit(const unsigned long *map, unsigned size, unsigned from)
{
	while (from < size && (map[from / 64] >> from % 64 & 1) == 0)
		from++;
	return from;
}

#define for_each_set_bit(bit, map, size)                                \
	for ((bit) = shim_next_bit(map, size, 0); (unsigned)(bit) < (size); \
	    (bit) = shim_next_bit(map, size, (unsigned)(bit) + 1))

/* ---- a vCPU's registers ------------------------------------------------ */

enum { UD_VECTOR = 6 };

#define kvm_rcx_read(vcpu) ((u64)kvm_target.control)
#define kvm_rdx_read(vcpu) ((u64)kvm_target.word[0])
#define kvm_r8_read(vcpu) ((u64)kvm_target.word[1])
#define kvm_rax_read(vcpu) 0ull
#define kvm_rbx_read(vcpu) 0ull
#define kvm_rdi_read(vcpu) 0ull
#define kvm_rsi_read(vcpu) 0ull
#define kvm_rax_write(vcpu, v) ((void)(kvm_target.result = (v)))
#define kvm_rdx_write(vcpu, v) ((void)(v))
#define is_64_bit_hypercall(vcpu) true
#define is_protmode(vcpu) true
#define static_call(name) shim_##name
#define kvm_x86_call(name) shim_kvm_x86_##name
#define shim_kvm_x86_get_cpl(vcpu) 0
#define kvm_queue_exception(vcpu, vector)                               \
	((void)(kvm_target.ud = (vector) == UD_VECTOR))
#define kvm_skip_emulated_instruction(vcpu) 1
#define kvm_fpu_get() do { } while (0)
#define kvm_fpu_put() do { } while (0)
#define _kvm_read_sse_reg(reg, to)                                      \
	memcpy(to, &kvm_target.word[2 + 2 * (reg)], 16)
#define sse128_lo(v) ((v).half[0])
#define sse128_hi(v) ((v).half[1])

/* ---- what flushes and interrupts end in -------------------------------- */

#define KVM_REQ_TLB_FLUSH_GUEST 1
#define KVM_REQ_HV_TLB_FLUSH 2

int kvm_read_guest(struct kvm *kvm, gpa_t gpa, void *data, unsigned long len);
bool kvm_make_all_cpus_request(struct kvm *kvm, unsigned req);
bool kvm_make_vcpus_request_mask(struct kvm *kvm, unsigned req,
                                 unsigned long *mask);
int kvm_apic_set_irq(struct kvm_vcpu *vcpu, struct kvm_lapic_irq *irq,
                     void *map);
#define lapic_in_kernel(vcpu) true
#define APIC_DM_FIXED 0

#define kvm_for_each_vcpu(i, v, kvm)                                    \
	for ((i) = 0; (i) < (kvm)->count && ((v) = &(kvm)->vcpu[i], 1); (i)++)

/* ---- other calls ------------------------------------------------------- */

enum { KVM_EXIT_HYPERV = 27, KVM_EXIT_HYPERV_HCALL = 2 };

#define kvm_vcpu_on_spin(vcpu, in_kernel) do { } while (0)
#define kvm_hvcall_signal_event(vcpu, hc) HV_STATUS_INVALID_HYPERCALL_CODE
#define kvm_hv_is_syndbg_enabled(vcpu) false

#define trace_kvm_hv_hypercall(...) do { } while (0)
#define trace_kvm_hv_hypercall_done(...) do { } while (0)
#define trace_kvm_hv_flush_tlb(...) do { } while (0)
#define trace_kvm_hv_flush_tlb_ex(...) do { } while (0)
#define trace_kvm_hv_send_ipi(...) do { } while (0)
#define trace_kvm_hv_send_ipi_ex(...) do { } while (0)

#endif
