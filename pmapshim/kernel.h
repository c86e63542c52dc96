/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel: the one interface behind which every kernel under test stands.
 *
 * A kernel object (shared object) exports `shootdown_kernel`, which returns
 * its struct kernel_ops.  Like backend.h this header includes nothing, since
 * it meets the kernels' own types.
 */
#ifndef SHOOTDOWN_PMAPSHIM_KERNEL_H
#define SHOOTDOWN_PMAPSHIM_KERNEL_H

/* An object and an executable that disagree on the interface do not meet. */
#define KERNEL_ABI (0x10000u + (unsigned)sizeof(struct kernel_ops))

/* Mode flags; names on the command line in kernel_mode_name()'s order. */
#define KMODE_PCID    (1u << 0)
#define KMODE_INVPCID (1u << 1)
#define KMODE_PTI     (1u << 2)
#define KMODE_INVLPGB (1u << 3) /* flushes by broadcast (AMD) */
/*
 * INVLPG may leave global entries where there are PCIDs (errata of Intel's
 * small cores), and the kernel goes round that.  Not with INVLPGB.
 */
#define KMODE_SMALL   (1u << 4)
/*
 * A TLB may not hold entries of two sizes for one address (AMD's erratum 383,
 * family 10h), and the kernel sees to that.  Of the others with none.
 */
#define KMODE_ERRATUM383 (1u << 5)

/* Protection of a mapping. */
#define KPROT_W    (1u << 0)
#define KPROT_X    (1u << 1)
#define KPROT_USER (1u << 2)
#define KPROT_GLOBAL (1u << 3)
#define KPROT_CLEAN (1u << 4)   /* maps with D=0 */
#define KPROT_OLD  (1u << 5)    /* maps with A=0 */

/* Why one vCPU runs alone; bits of kernel_ops.alone_whys. */
#define KALONE_DEBUGGER (1u << 0)
#define KALONE_PANIC (1u << 1)
#define KALONE_EARLY (1u << 2)  /* no other has been started */
#define KALONE_NMI (1u << 3)    /* the debugger, by NMIs wherever they are */

struct kernel_boot {
	unsigned cpus;
	unsigned mode;                  /* KMODE_* */
	int hypercall;                  /* take the hypercall path */
	unsigned mutant;                /* reference: 0 none, else its number */
};

struct kernel_mutant {
	unsigned number;                /* 1.. */
	const char *name;               /* "ack-before-flush" */
	const char *origin;             /* commit, advisory or "distilled" */
	const char *what;               /* one line */
	int hypercall;                  /* needs the hypercall path */
	unsigned mode;                  /* KMODE_* bits that it needs */
	const char *host;               /* that shows it; 0: the default one */
	const char *scenario;           /* the same; 0: some of the table */
	unsigned vcpus;                 /* 0: as few as the scenario needs */
};

struct kernel_ops {
	unsigned abi;                   /* KERNEL_ABI */
	const char *name;               /* "reference", "linux", "freebsd" */
	const unsigned *modes;          /* combinations that make sense */
	unsigned nmodes;
	int has_hypercall;              /* this tree has the hypercall path */
	const char *no_hypercall_why;   /* when it has not */
	const char *no_native_why;      /* 0, or the native path is none of it */
	const char *no_kernel_hypercall_why; /* 0, or kernel ranges use none */
	const char *no_erratum383_why;  /* 0, or it has the mode in other trees */
	const struct kernel_mutant *mutants;
	unsigned nmutants;
	unsigned small_pages;           /* a range that the kernel flushes page by page */
	unsigned large_pages;           /* a range above its own threshold */
	/* One more than its flush call can list in a page; 0: never so many. */
	unsigned huge_pages;
	unsigned large_span;    /* 2 MiB pages, in a range flushed by them */
	unsigned giant_span;    /* 1 GiB pages, in a range that no call can list */
	int user_invlpgb;       /* KMODE_INVLPGB is for user ranges, too */
	unsigned long kernel_va;        /* where kmap may map, 2 MiB aligned; 1 GiB free */
	unsigned long user_va;          /* likewise; giant_span GiB if it is set */

	/*
	 * Boot, on vCPU 0 before any other runs (no scheduling happens; the
	 * result is part of the snapshot).  cpu_boot runs on each vCPU in turn
	 * afterwards: leaves it in the kernel's own space with IF=1.
	 * attach takes the hypercall path into use (on vCPU 0).
	 * Return 0, or -1 after sd_panic-like trouble.
	 */
	int (*boot)(const struct kernel_boot *b);
	void (*cpu_boot)(void);
	int (*attach)(void);
	void (*detach)(void);           /* may be 0 */

	/* Address spaces. */
	void *(*space_create)(void);
	void (*space_destroy)(void *space);     /* not active anywhere */
	unsigned long (*space_root)(void *space);
	/* Context switch on this vCPU; 0: to the kernel's own (idle) context. */
	void (*activate)(void *space);
	void (*enter_lazy)(void);       /* idle while keeping the space; may be 0 */
	/*
	 * Loads another space for a moment, interrupts off, as for patching
	 * code, calls sd_user_read() of va in it, and loads what was there
	 * before; the thread stays what it is.  May be 0.
	 */
	void (*temporary)(void *space, unsigned long va);
	/*
	 * A kernel thread takes this vCPU, works in a user's space for a while,
	 * interrupts on, calls sd_user_read() of va in it, and ends lazily in
	 * that space.  May be 0.
	 */
	void (*borrow)(void *space, unsigned long va);

	/*
	 * Mappings of `pages` 4 KiB pages at va, frames given by their physical
	 * addresses; tables are made as needed.  Each is one kernel operation
	 * (contract b) that calls the kernel's own invalidation (contract a).
	 * space 0: kernel mappings (global ones with KPROT_GLOBAL).
	 */
	void (*map)(void *space, unsigned long va, const unsigned long *frames,
	            unsigned pages, unsigned prot);
	void (*unmap)(void *space, unsigned long va, unsigned pages);
	void (*protect)(void *space, unsigned long va, unsigned pages,
	                unsigned prot);
	/* Replaces the frame of one page (copy on write). */
	void (*remap)(void *space, unsigned long va, unsigned long frame,
	              unsigned prot);
	/* Everything of the space (0: of the kernel), entries unchanged. */
	void (*flush_all)(void *space);
	/* Clears [va, va+pages) without any flush, then flush_all: one operation. */
	void (*unmap_all)(void *space, unsigned long va, unsigned pages);
	/* Unlinks the page-table page that covers va (its leaves too), flushes as
	 * the kernel does for freed tables, frees the table page. */
	void (*free_table)(void *space, unsigned long va);
	/*
	 * May be 0, all of them.  Clears entries whose flush is put off to
	 * drain(), as reclaim does; frames are given back only after it.
	 */
	void (*unmap_deferred)(void *space, unsigned long va, unsigned pages);
	void (*drain)(void *space);
	/* A software walk of the loaded space's tables without their lock. */
	void (*walk)(unsigned long va);

	/*
	 * What not every kernel has, or not every tree of it: 0 then.
	 * promote makes one large page of the small ones in va's 2 MiB, where
	 * they are alike; demote undoes that.
	 */
	void (*promote)(void *space, unsigned long va);
	void (*demote)(void *space, unsigned long va);
	/*
	 * Pages that are large from the first, of 2 MiB (level 2) or 1 GiB (3):
	 * map_large makes one, unmap_large takes those of a range of `pages`.
	 * free_upper is free_table for the table whose entries are of that
	 * level, with the tables and leaves below it.
	 */
	void (*map_large)(void *space, unsigned long va, unsigned long frame,
	                  unsigned level);
	void (*unmap_large)(void *space, unsigned long va, unsigned pages,
	                    unsigned level);
	void (*free_upper)(void *space, unsigned long va, unsigned level);
	void (*flush_cache)(void);      /* write back and invalidate, all CPUs */
	/* As if all but `left` PCIDs had been given out on this vCPU. */
	void (*few_pcids)(unsigned left);
	/* As if this vCPU's count of flushes had `left` to go until it wraps. */
	void (*few_flushes)(unsigned left);
	/* As if this vCPU had got no page for the input of its calls. */
	void (*lose_input)(void);
	/* As if attach() had failed at its last step; before the snapshot. */
	void (*attach_fails)(void);
	/*
	 * cpu_late, before the snapshot: as if that vCPU had come online before
	 * its part of attach(): no page, no VP index.  cpu_attach on it does
	 * that part.
	 */
	void (*cpu_late)(unsigned cpu);
	void (*cpu_attach)(void);
	/*
	 * Unmaps a kernel range that takes several elements of a flush call's
	 * list, and has it flushed as one, where the kernel itself would rather
	 * flush everything.
	 */
	void (*unmap_listed)(unsigned long va, unsigned pages);
	unsigned listed_pages;          /* three elements, the last one short */
	/*
	 * One vCPU by itself: alone() waits until all others have stepped
	 * aside and shuts the kernel's shootdown off, together() lets them go
	 * on.  What a panic has stopped runs no more: it comes back out of
	 * the machine's reset, with IF=0, only to end its program.  For
	 * KALONE_NMI none steps aside: alone() sends NMIs by sd_send_nmi().
	 */
	unsigned alone_whys;            /* KALONE_* that the kernel has */
	void (*alone)(unsigned why);
	void (*together)(unsigned why);
	void (*aside)(unsigned why);
	/*
	 * A virtual machine's memory, as a space for map, unmap and the like,
	 * in tables like the processor's own, or in an EPT; guest_run enters
	 * it on this vCPU until an interrupt ends that.
	 */
	int guest_ept;          /* 1: it can be an EPT; 2: without A and D, too */
	void *(*guest_create)(int ept);
	void (*guest_run)(void *space);
	/* The guest uses the page: A and D are set, where that is emulated. */
	void (*guest_touch)(void *space, unsigned long gpa, int write);
	/* Takes A from a page, as page replacement does; D. */
	void (*age)(void *space, unsigned long va);
	void (*clean)(void *space, unsigned long va);

	/* Entry points. */
	void (*interrupt)(unsigned vector);     /* IF=0 on entry */
	/*
	 * An NMI's handler.  It comes at any point, whatever IF is, from user
	 * mode behind nmi_leave_user (0: leave_user); from kernel mode, it may
	 * find the user root loaded.  IF=0, and no second one before it
	 * returns.  Kernel memory at va is read, by sd_kernel_read().  User
	 * memory it would like to read, as a profiler does, and calls
	 * sd_user_read() if it may; never without nmi_user.  va 0: the NMI is
	 * one of the kernel's own, sd_send_nmi().  May be 0.
	 */
	void (*nmi)(unsigned long va, int user);
	void (*nmi_leave_user)(void);
	int nmi_user;
	void (*enter_user)(void);       /* kernel's exit path, then sd_enter_user */
	void (*leave_user)(void);       /* sd_leave_user, then its entry path */
	void (*access_begin)(void);     /* user-access window from kernel mode */
	void (*access_end)(void);
	/* Checks counts at the end of a vCPU's program (pins, critical, IF). */
	void (*check_idle)(void);
};

/* The only exported symbol of a kernel object. */
#define KERNEL_ENTRY "shootdown_kernel"
typedef const struct kernel_ops *kernel_entry_fn(void);

#endif
