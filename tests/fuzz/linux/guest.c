/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest: the surroundings of arch/x86/hyperv/mmu.c, behind whose text this is
 * compiled.  One CPU's worth of per-CPU data, an interrupt flag, a hypercall
 * page that calls the target.
 */
#include "tests/fuzz/linux/guest.h"
#include "tests/fuzz/linux/bit.h"

const char *const guest_absent = 0;
const char *const guest_tree = FUZZ_TREE;

struct ms_hyperv_info ms_hyperv;
void *hv_hypercall_pg;
void * __percpu *hyperv_pcpu_input_arg;
void * __percpu *hyperv_pcpu_output_arg;
u32 *hv_vp_index;
u32 hv_max_vp_index;
bool hyperv_paravisor_present;
struct paravirt_patch_template pv_ops;
struct cpumask shim_all_cpus;
unsigned fuzz_cpus;

static unsigned this_cpu;
static int irqs = 1;
static void *input_arg;
static u32 index_of[NR_CPUS];

/* ---- what the shims call ----------------------------------------------- */

unsigned
sd_cpu(void)
{
	return this_cpu;
}

int
sd_irq_enabled(void)
{
	return irqs;
}

void
sd_irq_disable(void)
{
	irqs = 0;
}

void
sd_irq_enable(void)
{
	irqs = 1;
}

unsigned long
sd_virt_to_phys(const void *p)
{
	return guest_physical(p);
}

void
sd_panic(const char *file, int line, const char *text)
{
	guest_panic(file, line, text);
}

void
sd_assert_failed(const char *file, int line, const char *text)
{
	guest_panic(file, line, text);
}

void *
shim_this_cpu(const void *var)
{
	return (void *)var;
}

void *
shim_cpu_ptr(const void *var, unsigned cpu)
{
	(void)cpu;
	return (void *)var;
}

unsigned
shim_preempt_count(void)
{
	return 0;
}

void
shim_preempt_add(int n)
{
	(void)n;
}

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
	(void)control;
	(void)param1;
	(void)param2;
	BUG();
}

void
tlb_remove_table(struct mmu_gather *tlb, void *table)
{
	(void)tlb;
	(void)table;
}

void
native_flush_tlb_multi(const struct cpumask *cpus,
                       const struct flush_tlb_info *info)
{
	guest_native(cpus->bits, info->start, info->end, !info->mm);
}

/* ---- the hypercall page ------------------------------------------------ */

__attribute__((__used__)) unsigned long
fuzz_hypercall(unsigned long control, unsigned long in, unsigned long out)
{
	return guest_hypercall(control, in, out);
}

void fuzz_hypercall_page(void);

/* RCX, RDX, R8 in, RAX out; the caller gives up RAX, RCX, RDX, R8 to R11. */
__asm__(".text\n"
	".type fuzz_hypercall_page, @function\n"
	"fuzz_hypercall_page:\n"
	"	push %rbp\n"
	"	mov %rsp, %rbp\n"
	"	push %rdi\n"
	"	push %rsi\n"
	"	and $-16, %rsp\n"
	"	mov %rcx, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	mov %r8, %rdx\n"
	"	call fuzz_hypercall\n"
	"	mov -8(%rbp), %rdi\n"
	"	mov -16(%rbp), %rsi\n"
	"	mov %rbp, %rsp\n"
	"	pop %rbp\n"
	"	ret\n"
	".size fuzz_hypercall_page, . - fuzz_hypercall_page\n");

/* ---- a request --------------------------------------------------------- */

/* hv_common_cpu_init(), for each CPU. */
static void
set_machine(const struct guest_request *r)
{
	fuzz_cpus = r->cpus;
	this_cpu = r->cpu;
	cpumask_clear(&shim_all_cpus);
	hv_vp_index = index_of;
	hv_max_vp_index = 0;
	for (unsigned cpu = 0; cpu < NR_CPUS; cpu++)
		index_of[cpu] = VP_INVAL;
	for (unsigned cpu = 0; cpu < r->cpus; cpu++) {
		cpumask_set_cpu(cpu, &shim_all_cpus);
		index_of[cpu] = r->vp_index[cpu];
		if (index_of[cpu] != VP_INVAL &&
		    index_of[cpu] > hv_max_vp_index)
			hv_max_vp_index = index_of[cpu];
	}
}

static void
set_host(const struct guest_request *r)
{
	ms_hyperv.hints = HV_X64_REMOTE_TLB_FLUSH_RECOMMENDED;
	if (r->ex)
		ms_hyperv.hints |= HV_X64_EX_PROCESSOR_MASKS_RECOMMENDED;
	hv_hypercall_pg = (void *)fuzz_hypercall_page;
	hyperv_pcpu_input_arg = &input_arg;
	hyperv_setup_mmu_ops();
}

void
guest_flush(const struct guest_request *r, void *input_page)
{
	struct mm_struct mm = { .pgd = (pgd_t *)r->root };
	struct flush_tlb_info info = {
		.mm = r->all_spaces ? NULL : &mm,
		.start = r->start, .end = r->end,
		.stride_shift = (u8)r->stride_shift,
		.freed_tables = (u8)(r->freed_tables != 0),
	};
	struct cpumask mask;

	for (unsigned i = 0; i < GUEST_MASK; i++)
		mask.bits[i] = r->mask[i];
	set_machine(r);
	input_arg = input_page;
	set_host(r);
	pv_ops.mmu.flush_tlb_multi(&mask, &info);
}

int
guest_irqs_enabled(void)
{
	return irqs;
}
