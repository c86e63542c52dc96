/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nested: pmaps that hold a virtual machine's memory, and the virtual CPU that
 * runs under them, as the hypervisor vmm has it.
 *
 * A virtual CPU joins pm_active, reads the generation inside an SMR section,
 * and drops what is older (INVEPT) before it enters the guest; it leaves the
 * guest when it is interrupted.  Who invalidates raises the generation, sends
 * the interrupt, and waits until nobody is left who may have read the old one.
 */
#include "glue.h"

#include <sys/smr.h>

#define	SMR_IDLE	0u
#define	SMR_STEP	2u		/* never the idle number */
#define	GUEST_STEPS	8		/* how long a guest runs undisturbed */

static smr_seq_t smr_now;
static smr_seq_t smr_reader[MAXCPU];
static long seen_gen[MAXCPU];
static u_long guest_root;		/* the guest's own tables: empty */
static int in_guest[MAXCPU];
static u_long host_cr3[MAXCPU];

/* ---- subr_smr.c ---- */

smr_seq_t
smr_advance(smr_t smr __unused)
{
	return (__atomic_add_fetch(&smr_now, SMR_STEP, __ATOMIC_SEQ_CST));
}

void
smr_wait(smr_t smr __unused, smr_seq_t goal)
{
	for (unsigned i = 0; i < sd_ncpus(); i++) {
		smr_seq_t seq;

		while ((seq = __atomic_load_n(&smr_reader[i],
		    __ATOMIC_ACQUIRE)) != SMR_IDLE && seq < goal)
			ia32_pause();
	}
}

/* The store of the number is a locked add there, and so orders what follows. */
void
smr_enter(smr_t smr __unused)
{
	const smr_seq_t seq = __atomic_load_n(&smr_now, __ATOMIC_RELAXED);

	__atomic_exchange_n(&smr_reader[curcpu], seq, __ATOMIC_SEQ_CST);
}

void
smr_exit(smr_t smr __unused)
{
	__atomic_store_n(&smr_reader[curcpu], SMR_IDLE, __ATOMIC_RELEASE);
}

/* ---- vmm ---- */

/*
 * pmap_pinit_type() of PT_EPT, or of PT_RVI, whose entries look like PT_X86's.
 * ept 2: of a processor that sets no A and D there (ept_init() of vmm).
 */
void *
nested_create(int ept)
{
	struct vmspace *const vm = sd_alloc(sizeof(*vm), 64);
	pmap_t const pmap = &vm->vm_pmap;

	pmap->pm_pmltop = sd_frame_alloc(SD_FRAME_TABLE);
	pmap->pm_cr3 = sd_virt_to_phys(pmap->pm_pmltop);
	pmap->pm_ucr3 = PMAP_NO_CR3;
	pmap->pm_type = ept ? PT_EPT : PT_RVI;
	pmap->pm_flags = IPI_GUEST;
	if (ept == 2)
		pmap->pm_flags |= SHIM_EMULATE_AD | SHIM_EXEC_ONLY;
	if (ept)
		sd_table_ept(pmap->pm_pmltop, ept == 1);
	pmap->pm_eptgen = 1;
	sd_space_add(pmap->pm_cr3, 0, 0);
	smr_now = SMR_STEP;
	guest_root = sd_virt_to_phys(sd_frame_alloc(SD_FRAME_TABLE));
	return (vm);
}

static void
guest_leave(void)
{
	if (!in_guest[curcpu])
		return;
	in_guest[curcpu] = 0;
	sd_guest(0, host_cr3[curcpu]);
}

/* Any interrupt is the virtual CPU's exit; its own one is nothing else. */
void
nested_interrupt(void)
{
	guest_leave();
}

/* svm_pmap_activate(), vmx_pmap_activate(): interrupts are off. */
static void
guest_activate(pmap_t pmap)
{
	long gen;

	CPU_SET_ATOMIC(curcpu, &pmap->pm_active);
	smr_enter(pmap->pm_eptsmr);
	gen = atomic_load_long(&pmap->pm_eptgen);
	if (gen != seen_gen[curcpu]) {
		seen_gen[curcpu] = gen;
		sd_invept(1, pmap->pm_cr3);
	}
}

/* One entry of the guest, and its exit by interrupt or by itself. */
void
nested_run(void *space)
{
	pmap_t const pmap = space_pmap(space);

	sd_irq_disable();
	guest_activate(pmap);
	host_cr3[curcpu] = rcr3();
	in_guest[curcpu] = 1;
	sd_guest(pmap->pm_cr3, guest_root);
	sd_irq_enable();
	for (int i = 0; i < GUEST_STEPS; i++)
		if (*(volatile int *)&in_guest[curcpu] == 0)
			break;
	sd_irq_disable();
	guest_leave();
	smr_exit(pmap->pm_eptsmr);
	CPU_CLR_ATOMIC(curcpu, &pmap->pm_active);
	sd_irq_enable();
}

/*
 * pmap_emulate_accessed_dirty() of a small page, by which an EPT violation
 * ends: rights are gained, so nothing is flushed.
 */
void
nested_touch(void *space, unsigned long gpa, int write)
{
	pmap_t const pmap = space_pmap(space);
	pt_entry_t *pte, old;

	if (pmap_kind(pmap) != KIND_EPT_EMULATED)
		return;
	pmap_lock(pmap);
	pte = space_table(pmap, gpa, 1, 0);
	old = pte != NULL ? *(volatile pt_entry_t *)pte : 0;
	if ((old & EPT_EMUL_V) != 0 &&
	    (!write || (old & EPT_EMUL_RW) != 0))
		*(volatile pt_entry_t *)pte = old | PG_V |
		    (write ? PG_RW : 0);
	pmap_unlock(pmap);
}
