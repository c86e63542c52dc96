/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hv: the guest side of Hyper-V as arch/x86/hyperv/hv_init.c and
 * drivers/hv/hv_common.c set it up: identity, hypercall page, one input page
 * per CPU, VP indexes; and the globals that the tree's headers name.
 */
#include <asm/mshyperv.h>
#include <linux/static_call.h>

#include "glue.h"

/* TLFS, HV_X64_MSR_GUEST_OS_ID: open source, Linux, 6.1; the tree's function
 * for it has had two names. */
#define GUEST_OS_ID (0x8100UL << 48 | 0x60100UL << 16)

struct ms_hyperv_info ms_hyperv;
void *hv_hypercall_pg;
u64 hv_std_hypercall(u64 control, u64 param1, u64 param2);
DEFINE_STATIC_CALL(hv_hypercall, hv_std_hypercall);
void * __percpu *hyperv_pcpu_input_arg;
void * __percpu *hyperv_pcpu_output_arg;
u32 *hv_vp_index;
u32 hv_max_vp_index;
bool hyperv_paravisor_present;

static DEFINE_PER_CPU(void *, hv_input_page);

/* Isolated (encrypted) guests are not modelled. */
bool
hv_isolation_type_snp(void)
{
	return false;
}

bool
hv_isolation_type_tdx(void)
{
	return false;
}

u64
hv_tdx_hypercall(u64 control, u64 param1, u64 param2)
{
	BUG();
}

/* Trees from 6.18 on: through a static call, which leads here. */
u64
hv_std_hypercall(u64 control, u64 param1, u64 param2)
{
	if (!hv_hypercall_pg)
		return U64_MAX;
	return sd_hypercall(control, param1, param2);
}

/* ms_hyperv_init_platform */
static void
read_features(void)
{
	unsigned regs[4];

	sd_cpuid(0x40000003, regs);
	ms_hyperv.features = regs[0];
	ms_hyperv.priv_high = regs[1];
	ms_hyperv.misc_features = regs[3];
	sd_cpuid(0x40000004, regs);
	ms_hyperv.hints = regs[0];
	sd_cpuid(0x40000005, regs);
	ms_hyperv.max_vp_index = regs[0];
	ms_hyperv.max_lp_index = regs[1];
}

/* hv_common_cpu_init, for each CPU */
static void
cpu_init(unsigned cpu)
{
	*per_cpu_ptr(hyperv_pcpu_input_arg, cpu) =
	    sd_frame_alloc(SD_FRAME_HYPERCALL);
	hv_vp_index[cpu] = sd_vp_index(cpu);
	if (hv_vp_index[cpu] > hv_max_vp_index)
		hv_max_vp_index = hv_vp_index[cpu];
}

/* hv_common_cpu_die */
static void
cpu_die(unsigned cpu)
{
	void **const input = per_cpu_ptr(hyperv_pcpu_input_arg, cpu);

	sd_frame_free(*input);
	*input = NULL;
}

/* A CPU is online a while before hv_common_cpu_init runs on it. */
void
hv_cpu_late(unsigned late)
{
	cpu_die(late);
	hv_vp_index[late] = VP_INVAL;
	hv_max_vp_index = 0;
	for (unsigned cpu = 0; cpu < nr_cpu_ids; cpu++)
		if (cpu != late && hv_vp_index[cpu] > hv_max_vp_index)
			hv_max_vp_index = hv_vp_index[cpu];
}

void
hv_cpu_attach(void)
{
	cpu_init(smp_processor_id());
}

/* Memory was short in hv_common_cpu_init. */
void
hv_lose_input(void)
{
	*this_cpu_ptr(hyperv_pcpu_input_arg) = NULL;
}

/* hyperv_init: the identity first, else the page cannot be enabled. */
static int
enable_hypercalls(void)
{
	unsigned long page = __pa(sd_frame_alloc(SD_FRAME_KERNEL));
	unsigned long value;

	wrmsrl(HV_X64_MSR_GUEST_OS_ID, GUEST_OS_ID);
	wrmsrl(HV_X64_MSR_HYPERCALL, page | HV_X64_MSR_HYPERCALL_ENABLE);
	rdmsrl(HV_X64_MSR_HYPERCALL, value);
	return value & HV_X64_MSR_HYPERCALL_ENABLE ? 0 : -1;
}

int
hv_attach(void)
{
	read_features();
	hyperv_pcpu_input_arg = &hv_input_page;
	hv_vp_index = sd_alloc(sizeof(*hv_vp_index) * NR_CPUS, 8);
	for (unsigned cpu = 0; cpu < NR_CPUS; cpu++)
		hv_vp_index[cpu] = VP_INVAL;
	hv_max_vp_index = 0;
	for (unsigned cpu = 0; cpu < nr_cpu_ids; cpu++)
		cpu_init(cpu);
	if (enable_hypercalls())
		return -1;
	hv_hypercall_pg = (void *)shim_hypercall_page;
	hyperv_setup_mmu_ops();
	return 0;
}

/*
 * hyperv_init without memory for the hypercall page: the identity goes,
 * cpuhp_remove_state, hv_common_free.  ms_hyperv_init_platform has called
 * hyperv_setup_mmu_ops before, and nobody takes that back.
 */
void
hv_attach_fails(void)
{
	hv_hypercall_pg = NULL;
	wrmsrl(HV_X64_MSR_HYPERCALL, 0);
	wrmsrl(HV_X64_MSR_GUEST_OS_ID, 0);
	for (unsigned cpu = 0; cpu < nr_cpu_ids; cpu++)
		cpu_die(cpu);
	hv_vp_index = NULL;
	hyperv_pcpu_input_arg = NULL;
}

/* hyperv_cleanup: the pointer goes before the page. */
void
hv_detach(void)
{
	wrmsrl(HV_X64_MSR_GUEST_OS_ID, 0);
	hv_hypercall_pg = NULL;
	wrmsrl(HV_X64_MSR_HYPERCALL, 0);
}
