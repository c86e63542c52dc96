/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reference: internals of our own small kernel under test.
 *
 * A pmap that is right on purpose: address spaces with 4-level tables, a
 * context switch with PCIDs and lazy mode, and two ways to shoot down.  What
 * makes it right is said where it is done; mutants.h takes it away again, one
 * edit at a time.
 *
 * Per-CPU data is an array indexed by sd_cpu().  What never changes after boot
 * (mode, mutant) is read through functions without hooks, so that it costs no
 * scheduling point.
 */
#ifndef SHOOTDOWN_REFERENCE_H
#define SHOOTDOWN_REFERENCE_H

#include "pmapshim/backend.h"
#include "pmapshim/kernel.h"

#ifndef SHIM_CPUS
#define SHIM_CPUS 64                    /* whole words; each costs points */
#endif
#define CPUS ((unsigned)SHIM_CPUS)
#define CPUS_WORD_(n) #n
#define CPUS_WORD(n) CPUS_WORD_(n)
#define CPUS_TEXT CPUS_WORD(SHIM_CPUS)
#define PAGE 4096ul
#define TABLE_SPAN (512 * PAGE)         /* mapped by one page-table page */
#define USER_TOP (1ul << 47)
#define KERNEL_BOTTOM 0xffff800000000000ul
#define USER_VA 0x40000000ul
#define KERNEL_VA 0xffffffffc0000000ul  /* the last GiB: its end wraps to 0 */
#define FLUSH_THRESHOLD 8ul             /* pages; more are flushed as a whole */
/* A list element can name 4096 pages; few, so that lists have several. */
#define TLB_HV_UNIT 2ul

#define PTE_P (1ul << 0)
#define PTE_W (1ul << 1)
#define PTE_U (1ul << 2)
#define PTE_A (1ul << 5)
#define PTE_D (1ul << 6)
#define PTE_PS (1ul << 7)        /* in a second-level entry: 2 MiB */
#define PTE_G (1ul << 8)
#define PTE_NX (1ul << 63)
#define PTE_ADDR 0x000ffffffffff000ul

#define CR3_NOFLUSH (1ul << 63)
#define CR4_PGE (1ul << 7)
#define CR4_PCIDE (1ul << 17)

#define PCID_LIMIT 2u                   /* few, so that recycling is reached */
#define PCID_USER 0x800ul               /* PTI: the user root's half */

enum { INVPCID_ADDR, INVPCID_CONTEXT, INVPCID_ALL_GLOBAL };

/* Shared words that are read or written without a lock: once, as written. */
#define READ(x) (*(volatile __typeof__(x) *)&(x))
#define WRITE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

/* What a CPU has to do with a space. */
enum presence { SPACE_OFF, SPACE_ON, SPACE_LAZY };

/* One CPU's PCID for one space; only that CPU touches it. */
struct pcid_slot {
	unsigned long gen;      /* space.gen at the last flush of the whole PCID */
	unsigned pcid;
	unsigned era;           /* cpu.pcid_era in which pcid was given */
	unsigned user_flush;    /* PTI: flush the user half on the way out */
};

struct space {
	unsigned long root, user_root;  /* physical; user_root 0 without PTI */
	unsigned long *top, *user_top;
	unsigned long gen;              /* flushes begun; locked add */
	unsigned lock;                  /* of the tables, held across flushes */
	unsigned deferred;              /* entries are gone, not yet flushed */
	unsigned guest;                 /* a virtual machine's; fixed */
	unsigned long *aside;           /* of its large page; large.c */
	unsigned threads;               /* MUTANT_ONE_THREAD: 1, or more */
	unsigned char on[CPUS];         /* enum presence; written by its CPU */
	struct pcid_slot slot[];        /* of each CPU; the kernel's has none */
};

struct cpu {
	struct space *cur;              /* in CR3 */
	struct space *readable;         /* by an NMI's handler, or 0; nmi.c */
	unsigned pcid_next, pcid_era;
};

extern struct space kernel_space;
extern struct cpu cpus[CPUS];

#include "pmapshim/reference/mask.h"

/* config.c: fixed at boot, read without hooks. */
void config_set(const struct kernel_boot *b);
int mode_has(unsigned bits) __attribute__((pure));

/* pmap.c: tables and what kernel_ops does to them. */
void space_lock(struct space *s);
void space_unlock(struct space *s);
unsigned long pmap_peek(const unsigned long *e);
unsigned long *pmap_entry(struct space *s, unsigned long va, unsigned level,
                          int make);
void pmap_map(void *space, unsigned long va, const unsigned long *frames,
              unsigned pages, unsigned prot);
void pmap_unmap(void *space, unsigned long va, unsigned pages);
void pmap_unmap_all(void *space, unsigned long va, unsigned pages);
void pmap_protect(void *space, unsigned long va, unsigned pages, unsigned prot);
void pmap_remap(void *space, unsigned long va, unsigned long frame,
                unsigned prot);
void pmap_flush_all(void *space);
void pmap_free_table(void *space, unsigned long va);
void pmap_unmap_deferred(void *space, unsigned long va, unsigned pages);
void pmap_drain(void *space);
void pmap_walk(unsigned long va);

/*
 * large.c.  The space is locked in all but the first two.  An operation covers
 * a large page when it is about all of it, and nothing else.
 */
void large_promote(void *space, unsigned long va);
void large_demote(void *space, unsigned long va);
int large_is(const unsigned long *e);
int large_covers(struct space *s, unsigned long va, unsigned pages);
void large_demote_locked(struct space *s, unsigned long *e);
void large_unmap_locked(struct space *s, unsigned long va);
void large_protect_locked(struct space *s, unsigned long va,
                          unsigned long rights);

/* space.c: life of address spaces. */
void space_boot(void);
void *space_create(void);
void space_destroy(void *space);
unsigned long space_root(void *space);

/* guest.c: virtual machines; guest_leave() ends a run on this CPU, IF off. */
void *guest_create(int ept);
void guest_run(void *space);
void guest_leave(void);

/* nmi.c: what an NMI's handler may read on that CPU from now on. */
void nmi_may_read(struct cpu *cpu, struct space *s);
/* MUTANT_NMI_ROOT_KEPT: the root that an NMI on that CPU loads from now on. */
void nmi_note_root(unsigned c, const struct space *s);
void nmi_lazy(struct cpu *cpu);
void nmi_interrupt(unsigned long va, int user);

/* switch.c: context switch, lazy mode, user mode. */
void switch_boot(void);
void switch_activate(void *space);
void switch_enter_lazy(void);
void switch_borrow(void *space, unsigned long va);
void switch_enter_user(void);
void switch_leave_user(void);
void pcid_forget(struct cpu *cpu);

/*
 * tlb.c: flushes `pages` pages of s at va (0: all of s) wherever they may be
 * cached.  freed: page-table pages are about to be freed, so lazy CPUs count.
 * early: what tlb_early() gave before the entries were changed.
 */
void tlb_flush(struct space *s, unsigned long va, unsigned long pages,
               int freed, struct mask early);
struct mask tlb_early(const struct space *s);
void tlb_local(struct space *s, unsigned long va, unsigned long pages);

/* All that this CPU may hold, of any space, globals too. */
void tlb_all(void);
void tlb_caches(void);

/*
 * alone.c: `why` is KALONE_*; alone_why() is 0 unless one CPU runs by itself,
 * and alone_silent() is true when that one tells nobody.
 */
void alone_begin(unsigned why);
void alone_end(unsigned why);
void alone_aside(unsigned why);
void alone_nmi(void);             /* in its handler */
unsigned alone_why(void);
int alone_silent(void);

/* tlb_ipi.c, tlb_hv.c: the two engines. */
void tlb_ipi_flush(struct space *s, unsigned long va, unsigned long pages,
                   struct mask targets);
void tlb_ipi_sync(struct mask targets);
void tlb_ipi_caches(struct mask targets);
void tlb_ipi_interrupt(unsigned vector);
int tlb_hv_attach(void);
void tlb_hv_detach(void);
void tlb_hv_lose_input(void);
void tlb_hv_attach_fails(void);
int tlb_hv_ready(void);
unsigned long tlb_hv_list_max(void);
/* True when the hypervisor has done it all; else the caller sends IPIs. */
int tlb_hv_flush(const struct space *s, unsigned long va, unsigned long pages,
                 struct mask targets);
/* True when the hypervisor has sent the interrupt; else the caller does. */
int tlb_hv_ipi(unsigned vector, struct mask targets);

/* vpset.c: before its first use. */
void vpset_boot(void);
/* HV_VP_SET of CPUs at set; returns how many banks it has. */
unsigned vpset_fill(unsigned long *set, struct mask targets);
/* True when a VP index of the CPUs does not fit the 64-bit mask. */
int vpset_needed(struct mask targets);
unsigned long vpset_mask(struct mask targets);

#endif
