/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpu: privileged instructions, pinning, critical sections and interrupts of
 * the kernel object.
 *
 * Compiled without hooks: an instruction is one scheduling point, which the
 * backend makes, and the counters of a thread belong to its own vCPU alone.
 * Nothing here may store to memory that hooked code stores to, because such a
 * store could still wait in a store buffer.
 */
#include "glue.h"

struct pcpu __pcpu[MAXCPU];
struct pcpu *cpuid_to_pcpu[MAXCPU];
static struct thread threads[MAXCPU];

int kdb_active;
int shim_panicked;
int cold;
u_int mp_maxid;
int mp_ncpus;
volatile int smp_started;
cpuset_t all_cpus;
cpuset_t started_cpus, stopped_cpus;
void (*cpustop_restartfunc)(void);
int pmap_pcid_enabled;
int invpcid_works;
int invlpgb_works;
int invlpgb_maxcnt;
int pti;
int erratum383;
int cpu_switched;
u_int cpu_vendor_id = CPU_VENDOR_INTEL;

/* ---- per-CPU data ---- */

struct pcpu *
shim_pcpu(void)
{
	return (&__pcpu[sd_cpu()]);
}

struct thread *
shim_curthread(void)
{
	return (&threads[sd_cpu()]);
}

void
cpu_threads_init(unsigned cpus)
{
	for (unsigned i = 0; i < cpus; i++) {
		struct thread *const td = &threads[i];

		cpu_switched = 0;
		td->td_proc = &td->shim_proc;
		td->shim_proc.p_vmspace = &vmspace0;
		td->td_md.md_stack_base = (register_t)SHIM_STACK(i);
		cpuid_to_pcpu[i] = &__pcpu[i];
	}
}

/* The next thread's process: read by pmap_activate_sw(). */
void
cpu_set_space(struct vmspace *vm)
{
	shim_curthread()->shim_proc.p_vmspace = vm;
	cpu_switched |= vm != &vmspace0;
}

/* ---- counters ---- */

void
sched_pin(void)
{
	shim_curthread()->td_pinned++;
}

void
sched_unpin(void)
{
	if (shim_curthread()->td_pinned-- <= 0)
		sd_unbalanced("sched_unpin without sched_pin");
}

void
critical_enter(void)
{
	shim_curthread()->td_critnest++;
}

void
critical_exit(void)
{
	if (shim_curthread()->td_critnest-- <= 0)
		sd_unbalanced("critical_exit without critical_enter");
}

/* Interrupts stay off while any spin lock is held. */
void
spinlock_enter(void)
{
	struct thread *const td = shim_curthread();

	if (td->td_md.md_spinlock_count == 0) {
		const register_t flags = intr_disable();

		td->td_md.md_saved_if = flags != 0;
		critical_enter();
	}
	td->td_md.md_spinlock_count++;
}

void
spinlock_exit(void)
{
	struct thread *const td = shim_curthread();

	if (td->td_md.md_spinlock_count <= 0)
		sd_unbalanced("spinlock_exit without spinlock_enter");
	if (--td->td_md.md_spinlock_count == 0) {
		critical_exit();
		intr_restore(td->td_md.md_saved_if ? PSL_I : 0);
	}
}

void
cpu_check_idle(void)
{
	const struct thread *const td = shim_curthread();

	if (td->td_pinned != 0)
		sd_unbalanced("thread left pinned");
	if (td->td_critnest != 0)
		sd_unbalanced("thread left in a critical section");
	if (td->td_md.md_spinlock_count != 0)
		sd_unbalanced("thread left with a spin lock");
	if (!shim_panicked && !sd_irq_enabled())
		sd_unbalanced("interrupts left off");
}

u_long
cpu_peek(const void *p)
{
	return (*(const volatile u_long *)p);
}

enum pmap_kind
pmap_kind(pmap_t pmap)
{
	if (pmap->pm_type != PT_EPT)
		return (pmap->pm_type == PT_RVI ? KIND_RVI : KIND_X86);
	return ((pmap->pm_flags & SHIM_EMULATE_AD) != 0 ?
	    KIND_EPT_EMULATED : KIND_EPT);
}

/* ---- instructions ---- */

register_t
read_rflags(void)
{
	return (sd_irq_enabled() ? PSL_I : 0);
}

register_t
intr_disable(void)
{
	const register_t flags = read_rflags();

	sd_irq_disable();
	return (flags);
}

void
intr_restore(register_t flags)
{
	if ((flags & PSL_I) != 0)
		sd_irq_enable();
}

void
invlpg(u_long va)
{
	sd_invlpg(va);
}

void
invpcid(struct invpcid_descr *d, int type)
{
	sd_invpcid((unsigned)type, d->pcid | (u_long)d->pad << 12, d->addr);
}

void
load_cr3(u_long value)
{
	sd_write_cr3(value);
}

u_long
rcr3(void)
{
	return (sd_read_cr3());
}

void
load_cr4(u_long value)
{
	sd_write_cr4(value);
}

u_long
rcr4(void)
{
	return (sd_read_cr4());
}

/* Reads CR3 with bit 63 clear and writes it back: its PCID is flushed. */
void
invltlb(void)
{
	sd_write_cr3(sd_read_cr3());
}

/* CR4.PGE off and on: everything goes, in all PCIDs. */
void
invltlb_glob(void)
{
	const u_long cr4 = sd_read_cr4();

	sd_write_cr4(cr4 & ~CR4_PGE);
	sd_write_cr4(cr4 | CR4_PGE);
}

void
wbinvd(void)
{
	sd_wbinvd();
}

void
ia32_pause(void)
{
	sd_pause();
}

void
invlpgb(uint64_t rax, uint32_t edx, uint32_t ecx)
{
	sd_invlpgb(rax, edx, ecx);
}

void
tlbsync(void)
{
	sd_tlbsync();
}

void
wrmsr(u_int msr, uint64_t value)
{
	sd_wrmsr(msr, value);
}

uint64_t
rdmsr(u_int msr)
{
	return (sd_rdmsr(msr));
}

void
do_cpuid(u_int leaf, u_int *regs)
{
	sd_cpuid(leaf, regs);
}

/* ---- assembly of the kernel ---- */

/* One instruction, so no interrupt of this vCPU splits it. */
void
shim_pcpu_add(void *p, size_t size, uint64_t value)
{
	void __tsan_read8(void *), __tsan_write8(void *);
	void __tsan_read4(void *), __tsan_write4(void *);

	if (size == 8) {
		__tsan_read8(p);
		value += *(uint64_t *)p;
		__tsan_write8(p);
		*(volatile uint64_t *)p = value;
	} else if (size == 4) {
		__tsan_read4(p);
		value += *(uint32_t *)p;
		__tsan_write4(p);
		*(volatile uint32_t *)p = (uint32_t)value;
	} else
		sd_panic(__FILE__, __LINE__, "PCPU_ADD of an odd size");
}

/* amd64/amd64/support.S: pushf; cli; two loads of CR3; popf. */
void
pmap_pti_pcid_invalidate(uint64_t ucr3, uint64_t kcr3)
{
	const register_t flags = intr_disable();

	sd_write_cr3(ucr3);
	sd_write_cr3(kcr3);
	intr_restore(flags);
}

/* amd64/amd64/support.S: INVLPG between the two loads. */
void
pmap_pti_pcid_invlpg(uint64_t ucr3, uint64_t kcr3, vm_offset_t va)
{
	const register_t flags = intr_disable();

	sd_write_cr3(ucr3);
	sd_invlpg(va);
	sd_write_cr3(kcr3);
	intr_restore(flags);
}

/* amd64/amd64/support.S: at least one page, then up to eva. */
void
pmap_pti_pcid_invlrng(uint64_t ucr3, uint64_t kcr3, vm_offset_t sva,
    vm_offset_t eva)
{
	const register_t flags = intr_disable();

	sd_write_cr3(ucr3);
	do {
		sd_invlpg(sva);
		sva += PAGE_SIZE;
	} while (sva < eva);
	sd_write_cr3(kcr3);
	intr_restore(flags);
}

/* ---- interrupts between processors ---- */

/*
 * x2APIC: the kernel puts MFENCE before each WRMSR to ICR (x86/x86/
 * local_apic.c), since the WRMSR itself does not wait for the store buffer.
 */
void
ipi_selected(cpuset_t cpus, u_int ipi)
{
	for (unsigned cpu = 0; cpu < sd_ncpus(); cpu++) {
		if (!CPU_ISSET(cpu, &cpus))
			continue;
		sd_mfence();
		sd_send_ipi(cpu, ipi);
	}
}

/* One write to ICR with the shorthand for all others. */
void
ipi_all_but_self(u_int ipi)
{
	sd_mfence();
	for (unsigned cpu = 0; cpu < sd_ncpus(); cpu++)
		if (cpu != sd_cpu())
			sd_send_ipi(cpu, ipi);
}

vm_paddr_t
pmap_kextract(vm_offset_t va)
{
	return (sd_virt_to_phys((const void *)va));
}
