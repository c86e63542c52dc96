/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exports.c: what a kernel object may call, by name: all of backend.h and the
 * hooks, and nothing else of the guest.
 */
#include "pmapshim/metal/hooks.h"

struct export {
	const char *name;
	void *at;
};

#define EXPORT(name) { #name, (void *)(uintptr_t)name },
#define EXPORT_RMW(bits, name) EXPORT(__tsan_atomic##bits##_##name)
#define EXPORT_ATOMIC(bits) \
	HOOKS_RMW(EXPORT_RMW, bits) EXPORT(__tsan_atomic##bits##_load) \
	EXPORT(__tsan_atomic##bits##_store) \
	EXPORT(__tsan_atomic##bits##_compare_exchange_strong) \
	EXPORT(__tsan_atomic##bits##_compare_exchange_weak) \
	EXPORT(__tsan_atomic##bits##_compare_exchange_val)

static const struct export exports[] = {
	HOOKS_PLAIN(EXPORT) HOOKS_PC(EXPORT) HOOKS_BITS(EXPORT_ATOMIC)
	EXPORT(__tsan_read_range) EXPORT(__tsan_write_range)
	EXPORT(__tsan_init) EXPORT(__tsan_func_entry)
	EXPORT(__tsan_func_exit) EXPORT(__tsan_atomic_thread_fence)
	EXPORT(__tsan_atomic_signal_fence)
	EXPORT(sd_cpu) EXPORT(sd_ncpus) EXPORT(sd_vp_index) EXPORT(sd_invlpg)
	EXPORT(sd_invpcid) EXPORT(sd_invlpgb) EXPORT(sd_tlbsync)
	EXPORT(sd_read_cr3) EXPORT(sd_write_cr3) EXPORT(sd_read_cr4)
	EXPORT(sd_write_cr4) EXPORT(sd_wbinvd) EXPORT(sd_mfence) EXPORT(sd_pause)
	EXPORT(sd_irq_enabled) EXPORT(sd_irq_disable) EXPORT(sd_irq_enable)
	EXPORT(sd_send_ipi) EXPORT(sd_send_nmi) EXPORT(sd_guest)
	EXPORT(sd_invept)
	EXPORT(sd_table_ept)
	EXPORT(sd_hypercall) EXPORT(sd_hypercall_xmm) EXPORT(sd_cpuid)
	EXPORT(sd_rdmsr) EXPORT(sd_wrmsr) EXPORT(sd_frame_alloc)
	EXPORT(sd_frame_alloc_pair) EXPORT(sd_frame_free)
	EXPORT(sd_virt_to_phys) EXPORT(sd_phys_to_virt) EXPORT(sd_walk_read)
	EXPORT(sd_alloc) EXPORT(sd_assert_failed) EXPORT(sd_panic)
	EXPORT(sd_unbalanced) EXPORT(sd_space_add) EXPORT(sd_space_remove)
	EXPORT(sd_inval_begin) EXPORT(sd_inval_end) EXPORT(sd_op_begin)
	EXPORT(sd_op_read) EXPORT(sd_op_defer) EXPORT(sd_op_moment)
	EXPORT(sd_op_as_of) EXPORT(sd_op_end)
	EXPORT(sd_cache_begin) EXPORT(sd_cache_end)
	EXPORT(sd_enter_user) EXPORT(sd_leave_user) EXPORT(sd_window)
	EXPORT(sd_user_read) EXPORT(sd_kernel_read)
};

static bool
same(const char *a, const char *b)
{
	while (*a == *b && *a != '\0')
		a++, b++;
	return *a == *b;
}

void *
metal_export(const char *name)
{
	for (size_t i = 0; i < sizeof(exports) / sizeof(exports[0]); i++)
		if (same(exports[i].name, name))
			return exports[i].at;
	return NULL;
}
