/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * glue: what the files of this folder that are compiled into the kernel object
 * share: page-table bits, the mutators, and the entry points around the sliced
 * code.  Included behind shim.h, the slice of pmap.h and shim_late.h.
 */
#ifndef SHIM_GLUE_H
#define SHIM_GLUE_H

#include "../kernel.h"

/* Macros of the tree's; functions here. */
#undef pte_store
#undef pde_store

#define	PG_V	0x001UL
#define	PG_RW	0x002UL
#define	PG_U	0x004UL
#define	PG_A	0x020UL
#define	PG_M	0x040UL
#ifndef PG_PS			/* of the tree */
#define	PG_PS	0x080UL
#endif
#define	PG_G	0x100UL
#define	PG_NX	(1UL << 63)
/* An EPT has R, W and X where others have V, RW and U (vmm/intel/ept.h). */
#define	EPT_A	0x100UL
#define	EPT_M	0x200UL
#define	EPT_WB	(6UL << 3 | 0x40UL)	/* and the guest's PAT ignored */
/* Where A and D are emulated R and W stand for them, and these for R and W. */
#define	EPT_EMUL_V	(1UL << 52)
#define	EPT_EMUL_RW	(1UL << 53)
#define	SHIM_EMULATE_AD	(1 << 9)	/* PMAP_EMULATE_AD_BITS */
#define	SHIM_EXEC_ONLY	(1 << 10)	/* PMAP_SUPPORTS_EXEC_ONLY */
#define	PG_FRAME 0x000ffffffffff000UL

/* Where the recursive map of the page tables would be (vtopte()). */
#define	SHIM_PTMAP		0xffff800000000000UL
#define	SHIM_USER_END		0x0000800000000000UL
#define	SHIM_KERNEL_START	0xffff800000000000UL
/* VM_MIN_KERNEL_ADDRESS, and where user programs are usually mapped. */
#define	SHIM_KERNEL_VA		0xfffffe0000000000UL
#define	SHIM_USER_VA		0x0000000800000000UL
#define	SHIM_KERNEL_PML4	((SHIM_KERNEL_VA >> PML4SHIFT) & 511)

/* Tops of a thread's stack and of a CPU's trampoline: names, no memory. */
#define	SHIM_STACK(cpu)		(0xfffffe0080000000UL + (cpu) * 0x4000UL)
#define	SHIM_TRAMPOLINE(cpu)	(0xfffffe00c0000000UL + (cpu) * PAGE_SIZE)

extern struct vmspace vmspace0;		/* of kernel threads (proc0) */
extern int erratum383;			/* workaround_erratum383 */
extern int cpu_switched;		/* a process has run: set-up is over */

/* cpu.c: of what kind a pmap is, which never changes: no scheduling point. */
enum pmap_kind { KIND_X86, KIND_RVI, KIND_EPT, KIND_EPT_EMULATED };
enum pmap_kind pmap_kind(pmap_t pmap) __attribute__((pure));

/* pmap_valid_bit(), pmap_rw_bit(), pmap_global_bit(). */
static inline pt_entry_t
pmap_v(pmap_t pmap)
{
	return (pmap_kind(pmap) == KIND_EPT_EMULATED ? EPT_EMUL_V : PG_V);
}

static inline pt_entry_t
pmap_rw(pmap_t pmap)
{
	return (pmap_kind(pmap) == KIND_EPT_EMULATED ? EPT_EMUL_RW : PG_RW);
}

static inline pt_entry_t
pmap_g(pmap_t pmap)
{
	return (pmap_kind(pmap) == KIND_X86 ? PG_G : 0);
}

/* pmap_accessed_bit(), pmap_modified_bit(): the processor's, or emulated. */
static inline pt_entry_t
pmap_a(pmap_t pmap)
{
	const enum pmap_kind kind = pmap_kind(pmap);

	if (kind == KIND_EPT_EMULATED)
		return (PG_V);
	return (kind == KIND_EPT ? EPT_A : PG_A);
}

static inline pt_entry_t
pmap_m(pmap_t pmap)
{
	const enum pmap_kind kind = pmap_kind(pmap);

	if (kind == KIND_EPT_EMULATED)
		return (PG_RW);
	return (kind == KIND_EPT ? EPT_M : PG_M);
}

/* space.c: a pmap's life and the memory of its tables. */
void	space_boot(unsigned cpus);
void	*space_create(void);
void	space_destroy(void *space);
unsigned long space_root(void *space);
void	space_few_pcids(unsigned left);
void	space_few_flushes(unsigned left);
pmap_t	space_pmap(void *space);	/* 0: kernel_pmap */
pt_entry_t *space_table(pmap_t pmap, u_long va, int level, int make);
void	pmap_lock(pmap_t pmap);
void	pmap_unlock(pmap_t pmap);

/* mutate.c: the operations of kernel_ops. */
void	mutate_map(void *space, unsigned long va, const unsigned long *frames,
	    unsigned pages, unsigned prot);
void	mutate_unmap(void *space, unsigned long va, unsigned pages);
void	mutate_protect(void *space, unsigned long va, unsigned pages,
	    unsigned prot);
void	mutate_remap(void *space, unsigned long va, unsigned long frame,
	    unsigned prot);
void	mutate_flush_all(void *space);
void	mutate_flush_cache(void);
void	mutate_age(void *space, unsigned long va);
void	mutate_clean(void *space, unsigned long va);
void	mutate_unmap_all(void *space, unsigned long va, unsigned pages);
void	mutate_unmap_listed(unsigned long va, unsigned pages);
void	mutate_free_table(void *space, unsigned long va);

/* inval.c: calls of the code under test. */
void	op_begin(const char *name, pmap_t pmap, u_long va, u_long pages);
void	inval_page(pmap_t pmap, u_long va);
void	inval_range(pmap_t pmap, u_long va, u_long end);
void	inval_all(pmap_t pmap);

/* large.c: superpages; only with SHIM_PDE_PAGE. */
void	large_promote(void *space, unsigned long va);
void	large_demote(void *space, unsigned long va);
int	large_at(pmap_t pmap, u_long va);
void	large_demote_locked(pmap_t pmap, u_long va);
void	*large_remove_locked(pmap_t pmap, u_long va);
void	*large_enter_locked(pmap_t pmap, u_long va, pt_entry_t new);
int	large_protect_locked(pmap_t pmap, u_long va, unsigned prot);

/* trap.c: kernel entry and exit, context switch. */
void	trap_activate(void *space);
void	trap_interrupt(unsigned vector);
void	trap_enter_user(void);
void	trap_leave_user(void);
void	trap_window_open(void);
void	trap_window_close(void);

/* nmi.c: NMIs. */
void	nmi_leave_user(void);
void	nmi_interrupt(unsigned long va, int user);

/* rendezvous.c: IPI_RENDEZVOUS. */
void	rendezvous_interrupt(void);

/* alone.c: one CPU by itself; `why` is KALONE_*. */
void	alone_begin(unsigned why);
void	alone_end(unsigned why);
void	alone_aside(unsigned why);
void	alone_nmi(void);
void	shim_cpustop_post(u_int cpu);	/* only with SHIM_CPUSTOP */

/* nested.c: virtual machines' pmaps. */
void	*nested_create(int ept);
void	nested_run(void *space);
void	nested_touch(void *space, unsigned long gpa, int write);
void	nested_interrupt(void);

/* cpu.c: counters of threads. */
void	cpu_threads_init(unsigned cpus);
void	cpu_set_space(struct vmspace *vm);
void	cpu_check_idle(void);
/* Reads without a scheduling point, where the kernel would look elsewhere. */
u_long	cpu_peek(const void *p);

/* hypercall.c: only with SHIM_HOOK. */
int	hypercall_attach(void);
void	hypercall_lose_input(void);
void	hypercall_attach_fails(void);
void	hypercall_detach(void);		/* only with SHIM_FREE_PCPU */
void	shim_free_pcpu(void);
struct vmbus_softc *vmbus_get_softc(void);
void	shim_set_hypercall_page(void *page, uint64_t pa);

#endif
