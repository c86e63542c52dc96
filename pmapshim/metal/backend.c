/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backend.c: the shimmed instructions as themselves.
 *
 * Each is a scheduling point, where backend `sim` has one.  CR4 and CR3 are
 * the processor's own; the guest adds the flags that it needs itself.
 */
#include "hvsim/abi.h"
#include "pmapshim/metal/metal.h"

#define CR4_GUEST 0x220ull              /* PAE, OSFXSR */
#define CR4_KERNEL 0x20080ull           /* PGE, PCIDE: the kernel's to say */
#define CR3_BITS 0xfffull

unsigned
sd_cpu(void)
{
	return metal_self()->number;
}

unsigned
sd_ncpus(void)
{
	return metal.ncpus;
}

unsigned
sd_vp_index(unsigned cpu)
{
	return cpu < metal.ncpus ? guest_cpus[cpu].vp : ~0u;
}

/* ---- translation ----------------------------------------------------------- */

void
sd_invlpg(unsigned long va)
{
	metal_point();
	if (!metal.swallow)
		__asm__ volatile("invlpg (%0)" :: "r"(va) : "memory");
}

void
sd_invpcid(unsigned type, unsigned long pcid, unsigned long va)
{
	const uint64_t what[2] = { pcid, va };

	metal_point();
	if (!metal.swallow)
		__asm__ volatile("invpcid %0, %1" :: "m"(what),
		    "r"((uint64_t)type) : "memory");
}

void
sd_wbinvd(void)
{
	metal_point();
	__asm__ volatile("wbinvd" ::: "memory");
}

unsigned long
sd_read_cr3(void)
{
	metal_settle();
	return metal_self()->cr3;
}

void
sd_write_cr3(unsigned long value)
{
	struct metal_cpu *v = metal_self();
	uint64_t real = value;

	metal_point();
	if (!(v->cr4 & 0x20000))
		real &= ~(CR3_BITS | 1ull << 63);
	metal_enter_guest(value);
	if (!metal.swallow)
		write_cr3(real);
	else if (metal_kernel_root(v->cr3) != metal_kernel_root(value))
		write_cr3(metal_kernel_root(value));
	v->cr3 = value & ~(1ull << 63);
}

unsigned long
sd_read_cr4(void)
{
	metal_settle();
	return metal_self()->cr4;
}

void
sd_write_cr4(unsigned long value)
{
	metal_point();
	metal_self()->cr4 = value;
	if (!metal.swallow)
		write_cr4(CR4_GUEST | (value & CR4_KERNEL));
}

void
sd_mfence(void)
{
	metal_point();
	__asm__ volatile("mfence" ::: "memory");
}

void
sd_pause(void)
{
	metal_spin();
}

static _Noreturn void
missing(const char *what)
{
	metal_stop(TROUBLE_UNSUPPORTED, what);
}

void
sd_invlpgb(unsigned long rax, unsigned edx, unsigned ecx)
{
	(void)rax;
	(void)edx;
	(void)ecx;
	missing("INVLPGB: not emulated");
}

void
sd_tlbsync(void)
{
	missing("TLBSYNC: not emulated");
}

void
sd_guest(unsigned long root, unsigned long cr3)
{
	(void)root;
	(void)cr3;
	missing("second-level tables: not on this backend");
}

void
sd_invept(unsigned type, unsigned long root)
{
	(void)type;
	(void)root;
	missing("INVEPT: not on this backend");
}

void
sd_table_ept(void *table, int ad)
{
	(void)table;
	(void)ad;
	missing("an EPT: not on this backend");
}

void
sd_user_read(unsigned long root, unsigned long va)
{
	(void)root;
	(void)va;
	missing("a handler's read of user memory: not on this backend");
}

void
sd_kernel_read(unsigned long va)
{
	(void)va;
	missing("a handler's read of kernel memory: not on this backend");
}

void
sd_send_nmi(unsigned cpu)
{
	(void)cpu;
	missing("an NMI: not on this backend");
}

/* ---- interrupts ------------------------------------------------------------- */

int
sd_irq_enabled(void)
{
	metal_settle();
	return metal_self()->vif;
}

void
sd_irq_disable(void)
{
	metal_point();
	metal_self()->vif = false;
}

void
sd_irq_enable(void)
{
	metal_point();
	metal_self()->vif = true;
}

void
sd_send_ipi(unsigned cpu, unsigned vector)
{
	metal_point();
	if (cpu >= metal.ncpus)
		metal_stop(TROUBLE_ASSERTION,
		    "an IPI to a vCPU that does not exist");
	__atomic_add_fetch(&metal.ipis, 1, __ATOMIC_RELAXED);
	__atomic_fetch_or(&metal.cpu[cpu].posted[vector / 64 & 3],
	    1ull << vector % 64, __ATOMIC_SEQ_CST);
	apic_send(guest_cpus[cpu].apic, 0x4000 | (vector & 0xff));
}

/* ---- modes -------------------------------------------------------------------- */

/* What could not be used before, and can be now, is looked at anew. */
static void
look_again(struct metal_cpu *v)
{
	v->judged = metal.generation - 1;
}

void
sd_enter_user(void)
{
	struct metal_cpu *v = metal_self();

	metal_point();
	v->mode = METAL_USER;
	v->vif = true;
	look_again(v);
}

void
sd_leave_user(void)
{
	struct metal_cpu *v = metal_self();

	metal_settle();
	v->mode = METAL_KERNEL;
	look_again(v);
}

void
sd_window(int open)
{
	struct metal_cpu *v = metal_self();

	metal_point();
	v->windows = open != 0;
	look_again(v);
}

/* ---- hypervisor ------------------------------------------------------------------ */

static uint64_t
call_page(uint64_t control, uint64_t in, uint64_t out, const uint64_t *xmm)
{
	const void *page = direct(metal.page);
	static const uint64_t none[12];
	register uint64_t r8 __asm__("r8") = out;
	uint64_t result;

	if (xmm == NULL)
		xmm = none;
	__asm__ volatile("movups (%[x]), %%xmm0\n\t"
	    "movups 16(%[x]), %%xmm1\n\t"
	    "movups 32(%[x]), %%xmm2\n\t"
	    "movups 48(%[x]), %%xmm3\n\t"
	    "movups 64(%[x]), %%xmm4\n\t"
	    "movups 80(%[x]), %%xmm5\n\t"
	    "call *%[page]"
	    : "=a"(result), "+c"(control), "+d"(in), "+r"(r8)
	    : [x] "r"(xmm), [page] "r"(page)
	    : "memory", "cc", "r9", "r10", "r11");
	return result;
}

static unsigned long
call_host(unsigned long control, unsigned long in, unsigned long out,
          const unsigned long *xmm)
{
	uint64_t result;

	metal_point();
	if (metal.page == 0)
		metal_stop(TROUBLE_ASSERTION,
		    "a hypercall while the hypercall page is off");
	__atomic_add_fetch(&metal.hypercalls, 1, __ATOMIC_RELAXED);
	if (metal.swallow)
		result = control & (uint64_t)HVA_REP_MASK <<
		    HVA_REP_COUNT_SHIFT;
	else if (!metal.literal)
		result = call_page(control, in, out, xmm);
	else
		result = literal_hypercall(control, in, out,
		    (const void *)xmm);
	metal_call_steps();
	return result;
}

unsigned long
sd_hypercall(unsigned long control, unsigned long in_gpa,
             unsigned long out_gpa)
{
	return call_host(control, in_gpa, out_gpa, NULL);
}

unsigned long
sd_hypercall_xmm(unsigned long control, unsigned long first,
                 unsigned long second, const unsigned long *xmm)
{
	return call_host(control, first, second, xmm);
}

void
sd_cpuid(unsigned leaf, unsigned *regs)
{
	if (metal.literal)
		literal_cpuid(leaf, regs);
	else
		cpuid(leaf, 0, regs);
}

unsigned long
sd_rdmsr(unsigned msr)
{
	uint64_t value = 0;

	metal_point();
	if (!metal.literal)
		value = rdmsr(msr);
	else if (literal_rdmsr(msr, &value) != 0)
		metal_stop(TROUBLE_ASSERTION, "#GP: RDMSR");
	return value;
}

void
sd_wrmsr(unsigned msr, unsigned long value)
{
	metal_point();
	if (!metal.literal)
		wrmsr(msr, value);
	else if (literal_wrmsr(msr, value) != 0)
		metal_stop(TROUBLE_ASSERTION, "#GP: WRMSR");
	if (msr == HVA_MSR_HYPERCALL)
		metal.page = value & HVA_HYPERCALL_ENABLE ?
		    value & PTE_ADDR : 0;
}
