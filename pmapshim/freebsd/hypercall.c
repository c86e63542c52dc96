/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypercall: what vmbus.c and hyperv.c do at attach time, and the call itself.
 *
 * The page that holds the hypercall instructions, the per-CPU input pages and
 * the VP indexes are set up in the order of vmbus_doattach(): the hook is
 * installed last, whatever the host recommends.  Compiled only for a tree that
 * has the hook.  The sliced code reaches the host through hypercall_md().
 */
#include "glue.h"

#include <dev/hyperv/vmbus/vmbus_var.h>

#define	HV_MSR_GUEST_OS_ID	0x40000000u
#define	HV_MSR_HYPERCALL	0x40000001u
#define	HV_LEAF_RECOMMENDS	0x40000004u
/* Open source, FreeBSD; version 14.0 as the kernel would encode it. */
#define	HV_GUEST_OS_ID		0x8200000155cc0000UL

uint64_t hypercall_md(volatile void *hc_addr, uint64_t in_val,
    uint64_t in_paddr, uint64_t out_paddr);

u_int hyperv_recommends;
u_int hyperv_features;
uint32_t hv_max_vp_index;
#ifndef SHIM_CPU_MEM
DPCPU_DEFINE(void *, hv_pcpu_mem);
#endif
static struct vmbus_softc softc;
static void *hypercall_page;

struct vmbus_softc *
vmbus_get_softc(void)
{
	return (&softc);
}

#ifdef SHIM_OWN_HOOK
/* This tree's vmbus.c has no such function; it adds the softc. */
void
hyperv_vm_tlb_flush(pmap_t pmap, vm_offset_t addr1, vm_offset_t addr2,
    smp_invl_local_cb_t curcpu_cb, enum invl_op_codes op)
{
	hv_vm_tlb_flush(pmap, addr1, addr2, op, vmbus_get_softc(), curcpu_cb);
}
#endif

/* The interception point: a CALL into the hypercall page. */
uint64_t
hypercall_md(volatile void *hc_addr, uint64_t in_val, uint64_t in_paddr,
    uint64_t out_paddr)
{
	if (hc_addr == NULL || hc_addr != hypercall_page)
		sd_panic(__FILE__, __LINE__, "call outside the hypercall page");
	return (sd_hypercall(in_val, in_paddr, out_paddr));
}

/* hypercall_create() and hypercall_page_setup(). */
static int
hypercall_setup(void)
{
	hypercall_page = sd_frame_alloc(SD_FRAME_KERNEL);
	sd_wrmsr(HV_MSR_GUEST_OS_ID, HV_GUEST_OS_ID);
	sd_wrmsr(HV_MSR_HYPERCALL, sd_virt_to_phys(hypercall_page) |
	    (sd_rdmsr(HV_MSR_HYPERCALL) & 0xffeUL) | 1);
	if ((sd_rdmsr(HV_MSR_HYPERCALL) & 1) == 0)
		return (-1);
	shim_set_hypercall_page(hypercall_page,
	    sd_virt_to_phys(hypercall_page));
	return (0);
}

static void
set_input(unsigned cpu, void *page)
{
#ifdef SHIM_CPU_MEM
	VMBUS_PCPU_GET(&softc, cpu_mem, cpu) = page;
#else
	*DPCPU_ID_PTR(cpu, hv_pcpu_mem) = page;
#endif
}

/* As on a CPU on which vmbus_synic_setup() has not run. */
void
hypercall_lose_input(void)
{
	set_input(sd_cpu(), NULL);
}

/*
 * vmbus_doattach() goes to `cleanup` behind the hook's installation: channels,
 * interrupt and DMA memory go, and none of what the flush uses.
 */
void
hypercall_attach_fails(void)
{
}

/* vmbus_synic_setup() on one processor. */
static void
cpu_setup(unsigned cpu)
{
	void *const page = sd_frame_alloc(SD_FRAME_HYPERCALL);

	VMBUS_PCPU_GET(&softc, vcpuid, cpu) = sd_vp_index(cpu);
	if (VMBUS_PCPU_GET(&softc, vcpuid, cpu) > hv_max_vp_index)
		hv_max_vp_index = VMBUS_PCPU_GET(&softc, vcpuid, cpu);
	set_input(cpu, page);
}

#ifdef SHIM_FREE_PCPU
/* The end of vmbus_synic_teardown(), without the SynIC. */
static void
cpu_teardown(void *arg __unused)
{
	shim_free_pcpu();
}

/*
 * vmbus_detach(), the parts that matter here: each CPU gives its input page
 * back.  Nothing takes the hook out, and the page with the hypercall's
 * instructions stays until the driver goes (hypercall_destroy()).
 */
void
hypercall_detach(void)
{
	smp_rendezvous_cpus(all_cpus, smp_no_rendezvous_barrier, cpu_teardown,
	    smp_no_rendezvous_barrier, NULL);
}
#endif

int
hypercall_attach(void)
{
	u_int regs[4];

	sd_cpuid(HV_LEAF_RECOMMENDS, regs);
	hyperv_recommends = regs[0];
	hv_max_vp_index = 0;
	if (hypercall_setup() != 0)
		return (-1);
	for (unsigned cpu = 0; cpu < sd_ncpus(); cpu++)
		cpu_setup(cpu);
	smp_targeted_tlb_shootdown = hyperv_vm_tlb_flush;
	return (0);
}
