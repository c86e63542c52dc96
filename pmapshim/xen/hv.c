/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hv: between the reference kernel's flushes and Xen's hyperv_flush_tlb().
 *
 * Xen's own part is the call; who is to be flushed, and with what, comes from
 * the reference kernel, in the words of flush_area_mask() (arch/x86/smp.c):
 * the local CPU first, then the call for all of them, and interrupts where
 * that fails.  Set-up is that of guest/hyperv/hyperv.c.
 */
#include "pmapshim/reference/reference.h"

#include <asm/guest/hyperv.h>
#include <asm/guest/hyperv-tlfs.h>
#include <arch/x86/guest/hyperv/private.h>

#define GUEST_ID 0x0300041100000000UL   /* vendor Xen, 4.17 */

struct ms_hyperv_info ms_hyperv;
DEFINE_PER_CPU(void *, hv_input_page);
DEFINE_PER_CPU(void *, hv_vp_assist);
DEFINE_PER_CPU(unsigned int, hv_vp_index);
unsigned int hv_max_vp_index;
cpumask_t cpu_online_map;
static int ready;

/* setup_hypercall_pcpu_arg(), for each CPU. */
static void
cpu_setup(unsigned cpu)
{
	per_cpu(hv_input_page, cpu) = sd_frame_alloc(SD_FRAME_HYPERCALL);
	per_cpu(hv_vp_index, cpu) = sd_vp_index(cpu);
	if (per_cpu(hv_vp_index, cpu) > hv_max_vp_index)
		hv_max_vp_index = per_cpu(hv_vp_index, cpu);
	cpu_online_map.bits[cpu / 64] |= 1UL << cpu % 64;
}

/* hyperv_probe(), setup_hypercall_page(). */
int
tlb_hv_attach(void)
{
	unsigned regs[4];
	void *const page = sd_frame_alloc(SD_FRAME_KERNEL);

	sd_cpuid(HYPERV_CPUID_ENLIGHTMENT_INFO, regs);
	ms_hyperv.hints = regs[0];
	sd_wrmsr(HV_X64_MSR_GUEST_OS_ID, GUEST_ID);
	sd_wrmsr(HV_X64_MSR_HYPERCALL, sd_virt_to_phys(page) | 1);
	if (!(sd_rdmsr(HV_X64_MSR_HYPERCALL) & 1))
		return -1;
	hv_max_vp_index = 0;
	for (unsigned w = 0; w < shim_cpu_words(); w++)
		cpu_online_map.bits[w] = 0;
	for (unsigned cpu = 0; cpu < sd_ncpus(); cpu++)
		cpu_setup(cpu);
	ready = 1;
	return 0;
}

/* Xen keeps the path until it stops. */
int
tlb_hv_ready(void)
{
	return ready && (ms_hyperv.hints & HV_X64_REMOTE_TLB_FLUSH_RECOMMENDED);
}

int
tlb_hv_ipi(unsigned vector, struct mask targets)
{
	(void)vector;
	(void)targets;
	return 0;
}

/* Elements that a list has room for (MAX_GVAS). */
unsigned long
tlb_hv_list_max(void)
{
	return (PAGE_SIZE - sizeof(struct hv_tlb_flush)) / sizeof(uint64_t);
}

/* The order whose pages hold so many. */
static unsigned
order_of(unsigned long pages)
{
	unsigned order = 0;

	while (1UL << order < pages)
		order++;
	return order;
}

/*
 * Kernel mappings: flush_area_all(v, FLUSH_TLB_GLOBAL | FLUSH_ORDER(order)),
 * as map_pages_to_xen() has it; a guest's: flush_one_mask() and flush_mask().
 */
int
tlb_hv_flush(const struct space *s, unsigned long va, unsigned long pages,
             struct mask targets)
{
	cpumask_t mask;
	unsigned flags = FLUSH_TLB;

	for (unsigned w = 0; w < shim_cpu_words(); w++)
		mask.bits[w] = targets.w[w];
	if (s == &kernel_space)
		flags |= FLUSH_TLB_GLOBAL;
	if (pages)
		flags |= FLUSH_VA_VALID | FLUSH_ORDER(order_of(pages));
	if (mask_has(targets, sd_cpu()))
		tlb_local((struct space *)s, va, pages);
	return !hyperv_flush_tlb(&mask, pages ? (const void *)va : NULL,
	    flags);
}
