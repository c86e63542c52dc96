/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model: the machine, and the oracle that watches it.
 *
 * x86-64 processors with 4- or 5-level paging, PCIDs, paging-structure caches,
 * x86-TSO store buffers and a page-table memory.  What is tracked is what a
 * processor MAY have cached, never what one fill order happened to cache: for
 * every processor and tag, "everything that was current while the tag was
 * loaded", plus the candidates, which are cached translations that memory no
 * longer holds.  A contract makes candidates dead; a dead candidate that its
 * processor can use is a finding.  See docs/semantics.md for the rules.
 *
 * Freestanding: needs string.h and stdint.h only.  Knows no kernel, no
 * hypervisor and no strategy.  All state of one machine lies in struct machine
 * (and its RAM), so that a run is undone by copying it back.
 */
#ifndef SHOOTDOWN_MODEL_H
#define SHOOTDOWN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MACHINE_MAX_CPUS 1024
#define MACHINE_FRAMES 512              /* of 4 KiB: 2 MiB of RAM */
#define MACHINE_MAX_FRAMES 2560         /* with more than 64 processors */
#define MACHINE_RAM_BASE 0x1000000ull   /* physical address of frame 0 */
#define MACHINE_PAGE 4096ull

typedef uint64_t gva_t;                 /* linear address */
typedef uint64_t gpa_t;                 /* physical address */

/* ---- page-table entries (SDM 3A, 4.5) ------------------------------------ */

#define PTE_P   (1ull << 0)
#define PTE_W   (1ull << 1)
#define PTE_U   (1ull << 2)
#define PTE_PWT (1ull << 3)
#define PTE_PCD (1ull << 4)
#define PTE_A   (1ull << 5)
#define PTE_D   (1ull << 6)
#define PTE_PS  (1ull << 7)             /* level 2 and 3; PAT at level 1 */
#define PTE_G   (1ull << 8)
#define PTE_PAT PTE_PS          /* in effective entries of any size */
#define PTE_PK  (15ull << 59)   /* protection key */
#define PTE_NX  (1ull << 63)
#define PTE_ADDR 0x000ffffffffff000ull

#define CR3_NOFLUSH (1ull << 63)
#define CR3_PCID 0xfffull
#define CR4_PAE (1ull << 5)
#define CR4_PGE (1ull << 7)
#define CR4_LA57 (1ull << 12)
#define CR4_PCIDE (1ull << 17)
#define CR4_SMEP (1ull << 20)
/* Bits that no manual names: SDM 3A, 2.5 and APM 2, 3.1.3. */
#define CR4_RESERVED (1ull << 15 | 1ull << 26 | 7ull << 29 | ~0ull << 33)

enum frame_use {
	FRAME_FREE, FRAME_TABLE, FRAME_DATA,
	FRAME_HYPERCALL,        /* is followed by a guard frame */
	FRAME_KERNEL, FRAME_GUARD, FRAME_USE_COUNT
};

/* ---- configuration: dials and permissions -------------------------------- */

struct machine_config {
	unsigned cpus;          /* 1 .. MACHINE_MAX_CPUS */
	bool tso;               /* store buffers; false: sequential consistency */
	bool speculative_fills; /* false ("nospec"): only accesses fill */
	bool upper_caches;      /* false ("nopsc"): no paging-structure caches */
	bool splinter;          /* oracle.md rule 5; default false */
	bool invpcid_drains;    /* INVPCID waits for the store buffer; true */
	bool strict;            /* report TRANSIENT findings */
	bool swallow;           /* canary: invalidations remove nothing */
	/*
	 * Knobs of the processor (profile.c has their names and sources).  All
	 * zero is what both vendors promise, with INVLPGB.
	 */
	bool tce;               /* INVLPG leaves paths that lead elsewhere */
	bool invpcid_all_paths; /* INVPCID of an address takes every path */
	bool invlpg_keeps_globals;      /* erratum: while CR4.PCIDE is set */
	bool smep_flushes;      /* CR4.SMEP 0->1 flushes the PCID (I10) */
	bool spurious_faults;   /* machine_may_fault() is asked (O3) */
	bool late_dirty;        /* D may be set after W was taken (rule 4) */
	bool self_maps;         /* follow entries that lead to their own page */
	bool levels5;           /* CR4.LA57: PML5, 57-bit linear addresses */
	bool nested;            /* guests with a second-level table, too */
	bool no_invlpgb;        /* INVLPGB and TLBSYNC are #UD */
	bool invlpgb_unordered; /* INVLPGB may pass earlier stores */
	bool invlpgb_any_size;  /* steps of 2 MiB take 4 KiB leaves, too */
	uint16_t invlpgb_max;   /* greatest count; 0: what the field holds */
	/* for machine_options(): */
	bool fills;             /* own fills are recorded in full mode, too */
	bool provenance;        /* and told apart by who loaded them */
};

/* ---- processor profiles ---------------------------------------------------- */

/*
 * The knobs of the named processor ("intel", "amd") go into *config, whose
 * other members stay.  Returns 0, or -1: no such profile.
 */
int machine_cpu_find(const char *name, struct machine_config *config);
const char *machine_cpu_name(unsigned i);       /* NULL: no more */
/* Returns 0, or -1: no such knob, or not a value of it. */
int machine_knob_set(struct machine_config *config, const char *knob,
                     const char *value);
/* Knobs by number, in a fixed order; NULL: no more, or no such profile. */
const char *machine_knob_name(unsigned i);
const char *machine_knob_help(unsigned i);      /* what it means, and where */
/* The word for value 0 or 1; NULL: numbers alone. */
const char *machine_knob_word(unsigned i, unsigned value);
/* Its present value; buf (of 8 bytes) is used for numbers. */
const char *machine_knob_value(const struct machine_config *config, unsigned i,
                               char buf[8]);
/* What the profile's value rests on. */
const char *machine_knob_source(const char *cpu, unsigned i);

/* ---- what the oracle reports --------------------------------------------- */

enum finding_kind {
	FINDING_STALE_TRANSLATION,      /* a dead leaf is usable */
	FINDING_STALE_PATH,             /* a dead upper-level entry is usable */
	FINDING_LOST_DIRTY,             /* a D or A update can be lost */
	FINDING_TRANSIENT,              /* speculative only, inside IF=0 */
	/* found by others, reported through the same channel: */
	FINDING_ASSERTION, FINDING_UNBALANCED, FINDING_OUT_OF_BOUNDS,
	FINDING_BAD_HYPERCALL, FINDING_USE_AFTER_DETACH,
	FINDING_DEADLOCK, FINDING_LIVELOCK,
	/* contracts of a hypercall's caller: */
	FINDING_INPUT_REWRITTEN,        /* while the call was executing */
	FINDING_PERMISSION,             /* a permission taken for a promise */
	FINDING_EMPTY_SET,              /* relies on what an empty set does */
	FINDING_STALE_BANKS,            /* banks left from an earlier call */
	FINDING_VARIABLE_HEADER,        /* its size is wrong */
	FINDING_PAST_PAGE,              /* the input leaves its page */
	FINDING_NOT_A_SPACE,            /* AddressSpace is no root */
	FINDING_NO_PROGRESS,            /* loops for ever on an idle host */
	/* flushes of caches; store_cpu is who asked for one: */
	FINDING_CACHES_KEPT,            /* a cpu executed no WBINVD */
	FINDING_CACHES_LATE,            /* not yet, inside IF=0 */
	FINDING_KIND_COUNT
};

/* "stale-translation", ...; stable: they are part of signatures. */
const char *finding_kind_name(enum finding_kind kind);

enum space_kind {
	SPACE_USER, SPACE_KERNEL, SPACE_PTI_USER,
	SPACE_NESTED,           /* guest-physical: of a second-level table */
	SPACE_KIND_COUNT
};
const char *space_kind_name(enum space_kind kind); /* "user", ... */

struct translation {            /* of one candidate, or of the tables */
	gva_t va;               /* first address that it maps */
	uint8_t level;          /* 1: 4 KiB, 2: 2 MiB, 3: 1 GiB (leaf); for a
	                           path, the level of the cached entry, 2..5 */
	bool path;              /* upper-level entry, not a leaf */
	bool global;
	uint64_t entry;         /* as a PTE: effective rights and attributes */
};

struct machine_finding {
	enum finding_kind kind;
	unsigned cpu;           /* that can use it (or that failed) */
	gva_t va;
	enum space_kind space;
	struct translation cached;      /* stale kinds: what it may still hold */
	uint64_t memory;        /* what the tables say now (effective), 0: none */
	uint16_t pcid;          /* tag of the entry */
	gpa_t root;             /* under which it was filled */
	uint16_t store_cpu;     /* whose store made it stale; who has asked */
	uint32_t store_seq;     /* machine's PTE-store number of that store */
	bool accessed;          /* an architectural access went through it */
	bool reused;            /* its frame or table page has been given away */
	const char *killed_by;  /* "invalidation", "operation", "frame freed" */
	const char *where;      /* "runs in user mode", "sets IF", ... */
};

enum machine_event_kind {
	EVENT_PTE_STORE,        /* a: pa of entry, b: old, c: new (visible now) */
	EVENT_PTE_BUFFERED,     /* a: pa of entry, b: old, c: new (own view) */
	EVENT_INVLPG,           /* a: va */
	EVENT_INVPCID,          /* a: type, b: pcid, c: va */
	EVENT_MOV_CR3,          /* a: value */
	EVENT_MOV_CR4,          /* a: value */
	EVENT_FLUSH,            /* hypervisor flushed this cpu; a: root or ~0,
	                           b: va, c: bytes (0: whole space), d: 1 globals
	                           kept */
	EVENT_ACCESS,           /* a: va, b: 1 write, c: translation used */
	EVENT_FAULT,            /* a: va */
	EVENT_MODE,             /* a: enum machine_mode */
	EVENT_IF,               /* a: 0 or 1 */
	EVENT_CANDIDATE,        /* a: va, b: entry, c: pcid; became stale here */
	EVENT_DEAD,             /* a: va, b: entry; died by a contract */
	EVENT_INVLPGB,          /* a: va, b: bytes (0: all), c: PCID, ~0: any */
	EVENT_BROADCAST,        /* took effect; a: issuer, b: va, c: bytes */
	EVENT_TLBSYNC,          /* waits no longer */
	EVENT_GUEST,            /* a: second-level root, 0: none; b: CR3 */
	EVENT_FLUSH_GPA,        /* a: second-level root, b: address, c: bytes
	                           (0: the whole space) */
	EVENT_WBINVD,
	EVENT_KIND_COUNT
};

struct machine_event {
	enum machine_event_kind kind;
	unsigned cpu;
	uint64_t a, b, c, d;
};

/* How the machine talks back.  None may change the machine. */
struct machine_hooks {
	void *ctx;
	/* Must not return (the run is over), or returns to go on counting. */
	void (*finding)(void *ctx, const struct machine_finding *f);
	void (*event)(void *ctx, const struct machine_event *e); /* or NULL */
	uint32_t unwanted;      /* bit k: events of kind k need not be told */
};

/* ---- life ---------------------------------------------------------------- */

struct machine;                 /* internals in model/machine.h */

/*
 * Bytes that a machine with so many CPUs needs; the caller gives the memory.
 * Of the part that grows with the CPUs, only what is used is ever touched.
 */
size_t machine_size(unsigned cpus);
/*
 * Makes a machine with all CPUs stopped, CR3 = 0, IF = 0, in kernel mode, in
 * machine_size(config->cpus) bytes, aligned for any object.
 * ram: MACHINE_MAX_FRAMES pages, page-aligned, at which frame 0 is seen.
 */
void machine_init(struct machine *m, const struct machine_config *config,
                  const struct machine_hooks *hooks, void *ram);
void machine_set_hooks(struct machine *m, const struct machine_hooks *hooks);
/*
 * Changes dials between runs (permissions withdrawn); before machine_save.  As
 * many CPUs as before.
 */
void machine_configure(struct machine *m, const struct machine_config *config);
/*
 * Saves the present state of machine and RAM as the one every run starts from,
 * and goes back to it (only what changed is copied: CPUs, lines of RAM).
 */
void machine_save(struct machine *m);
void machine_restore(struct machine *m);

/* ---- memory -------------------------------------------------------------- */

gpa_t machine_gpa(const struct machine *m, const void *p); /* ~0: not RAM */
void *machine_ptr(const struct machine *m, gpa_t pa);      /* NULL: not RAM */
/* Takes a free frame, zeroed.  Returns its address, NULL when none is left. */
void *machine_frame_alloc(struct machine *m, enum frame_use use);
/* Two side by side, the first at an even frame number; NULL: none left. */
void *machine_frame_alloc_pair(struct machine *m, enum frame_use use);
/*
 * Frees a frame: stale user leaves to it and stale paths into it die
 * (oracle.md rule 14).  The memory is left as it is.
 */
void machine_frame_free(struct machine *m, void *frame);
enum frame_use machine_frame_use(const struct machine *m, gpa_t pa);

/* ---- store buffers (x86-TSO by view swapping) ----------------------------- */

/* A store by the running cpu follows at addr; called before it. */
void machine_store_before(struct machine *m, unsigned cpu, void *addr,
                          unsigned size);
/* The pending store, if any, has happened: buffer it (or make it visible). */
void machine_store_settle(struct machine *m, unsigned cpu);
/* A store that cpu has just made and not announced; `old` was there before. */
void machine_store_made(struct machine *m, unsigned cpu, void *addr,
                        uint64_t old, unsigned size);
/* Makes a store on behalf of cpu, at once globally visible (locked, shims). */
void machine_store_locked(struct machine *m, unsigned cpu, void *addr,
                          uint64_t value, unsigned size);
/* A locked access at addr has just been made by the cpu itself; `old` was
 * there before.  The buffer was drained before it. */
void machine_store_done(struct machine *m, unsigned cpu, void *addr,
                        uint64_t old, unsigned size);
unsigned machine_buffered(const struct machine *m, unsigned cpu);
/* Where the oldest buffered store of cpu goes; NULL: none, or unaligned. */
const void *machine_oldest(const struct machine *m, unsigned cpu);
/* Makes the n oldest stores of cpu visible; works hidden or shown. */
void machine_drain(struct machine *m, unsigned cpu, unsigned n);
void machine_drain_all(struct machine *m, unsigned cpu);
void machine_hide(struct machine *m, unsigned cpu);
void machine_show(struct machine *m, unsigned cpu);

/* ---- instructions and modes ---------------------------------------------- */

enum machine_mode { MODE_STOPPED, MODE_KERNEL, MODE_USER, MODE_COUNT };

void machine_start(struct machine *m, unsigned cpu, uint64_t cr3, uint64_t cr4);
void machine_stop(struct machine *m, unsigned cpu);
/* Drains (SDM 3A 8.3) and drops what I1 says. */
void machine_invlpg(struct machine *m, unsigned cpu, gva_t va);
/*
 * type 0..3 (I2-I5); pcid: bits 63:0 of the descriptor, of which only 11:0 may
 * be set.  Returns 0, or -1: #GP.
 */
int machine_invpcid(struct machine *m, unsigned cpu, unsigned type,
                    uint64_t pcid, gva_t va);
/* I6-I8.  Returns 0, or -1: #GP. */
int machine_mov_cr3(struct machine *m, unsigned cpu, uint64_t value);
/* I9, I10.  Returns 0, or -1: #GP. */
int machine_mov_cr4(struct machine *m, unsigned cpu, uint64_t value);
/*
 * Would the operand fault (#GP, #UD)?  The rule that it breaks, with the
 * manual's section (static text), or NULL.
 */
const char *machine_invpcid_fault(const struct machine *m, unsigned cpu,
                                  unsigned type, uint64_t pcid, gva_t va);
const char *machine_cr3_fault(const struct machine *m, unsigned cpu,
                              uint64_t value);
const char *machine_cr4_fault(const struct machine *m, unsigned cpu,
                              uint64_t value);
uint64_t machine_cr3(const struct machine *m, unsigned cpu);
uint64_t machine_cr4(const struct machine *m, unsigned cpu);
/* IF.  Setting it ends every postponement (oracle.md rule 17). */
void machine_set_if(struct machine *m, unsigned cpu, bool on);
bool machine_if(const struct machine *m, unsigned cpu);
/* Enters user mode (IRET, SYSRET) or comes back. */
void machine_set_mode(struct machine *m, unsigned cpu, enum machine_mode mode);
enum machine_mode machine_mode(const struct machine *m, unsigned cpu);
/* Opens or closes a user-access window for root's user range (STAC, CLAC). */
void machine_window(struct machine *m, unsigned cpu, bool open);
/* A handler starts or ends: windows are suspended meanwhile.  Nests.  An NMI's
 * return to code that has IF=0 ends no postponement. */
void machine_handler(struct machine *m, unsigned cpu, bool enter);
/*
 * A demand access in the present mode: walks, sets A (and D), fills.  Returns
 * the physical address, or ~0 after a page fault (which drops what I12 says).
 * What would fault goes through a cached translation that still permits it.
 */
gpa_t machine_access(struct machine *m, unsigned cpu, gva_t va, bool write);
/*
 * Could the access fault although the tables permit it, by an entry from before
 * rights were gained?  At most once: machine_fault() removes it (O3).
 */
bool machine_may_fault(const struct machine *m, unsigned cpu, gva_t va,
                       bool write);
/* A page fault at va is delivered, whatever its reason; drops what I12 says. */
void machine_fault(struct machine *m, unsigned cpu, gva_t va);

/* One way in which an access may be translated. */
struct machine_option {
	struct translation t;   /* the leaf; t.va: of the 4 KiB page */
	bool walk;              /* a demand walk of its own, else a hit */
	bool fault;             /* page fault */
	bool updates;           /* the walk sets A or D */
	bool upper;             /* ... A of an upper-level entry, too */
	/* and has to wait for an own store to that entry: drain first */
	bool waits;
	unsigned fill;          /* id of the own access that loaded it, or 0 */
	gpa_t leaf;             /* the last entry read; ~0: not known */
	uint64_t raw;           /* what was read there, if `leaf` is known */
	gpa_t pa;               /* address reached, ~0: fault */
	gpa_t table;            /* a walk on from a stale path: its table ... */
	uint8_t level;          /* ... of entries of this level; else 0 */
	uint64_t rights;        /* ... and the rights so far */
};

#define MACHINE_MAX_OPTIONS 48

/*
 * All ways in which cpu's access at va may be translated in its present
 * context (oracle.md rules 1-8; F4, F8, F10); the demand walk from the root
 * is the first.  The cpu is shown.  Returns how many; more than `max` mark
 * the run as overflowed.  Without config.provenance ways of the same effect
 * count once.
 */
unsigned machine_options(struct machine *m, unsigned cpu, gva_t va, bool write,
                         struct machine_option *ret, unsigned max);
/*
 * The access goes that way: sets A and D, fills, or faults.  fill_id: what
 * later options call this access, not 0.  Returns the physical address, or ~0
 * after a page fault.
 */
gpa_t machine_use(struct machine *m, unsigned cpu, gva_t va, bool write,
                  const struct machine_option *o, unsigned fill_id);
/* The end of a scenario: what is still postponed counts now. */
void machine_finish(struct machine *m);
/*
 * Walks that would set an A bit, or a D bit too late: how many, and do the
 * k-th.
 */
unsigned machine_walks(const struct machine *m, unsigned cpu);
void machine_walk(struct machine *m, unsigned cpu, unsigned k);
/* The entry that the k-th would change; ~0: there is none. */
gpa_t machine_walk_entry(const struct machine *m, unsigned cpu, unsigned k);

/* ---- broadcast (INVLPGB and TLBSYNC: APM 2, 5.5.3) ------------------------- */

struct machine_invlpgb {
	bool va_valid, pcid_valid;      /* rAX[0], rAX[1] */
	bool globals;           /* rAX[3]: and global entries */
	bool final_only;        /* rAX[4]: leaves upper-level entries alone */
	bool large;             /* ECX[31]: the step is 2 MiB, not 4 KiB */
	uint16_t count;         /* ECX[15:0]: so many pages more than one */
	uint16_t pcid;          /* EDX[27:16] */
	gva_t va;               /* rAX[63:12] */
};

#define INVLPGB_RAX_RESERVED 0xfc0ull
#define INVLPGB_EDX_RESERVED 0xf0000000u
#define INVLPGB_ECX_RESERVED 0x7fff0000u

/* The operands from their registers; NULL, or the rule that they break. */
const char *machine_invlpgb_decode(uint64_t rax, uint32_t edx, uint32_t ecx,
                                   struct machine_invlpgb *ret);
/* As machine_invpcid_fault(). */
const char *machine_invlpgb_fault(const struct machine *m, unsigned cpu,
                                  const struct machine_invlpgb *op);
/*
 * Asks every cpu, the issuer too, to invalidate; each does at some later time
 * (machine_broadcast_step).  Returns 0, or -1: #UD or #GP.
 */
int machine_invlpgb(struct machine *m, unsigned cpu,
                    const struct machine_invlpgb *op);
/* Requests that cpu has not carried out yet. */
unsigned machine_pending_broadcasts(const struct machine *m, unsigned cpu);
/* Cpu carries out the k-th of them; they are not ordered among each other. */
void machine_broadcast_step(struct machine *m, unsigned cpu, unsigned k);
/* Would TLBSYNC wait: is a request of cpu pending anywhere? */
bool machine_tlbsync_waits(const struct machine *m, unsigned cpu);
/* Only while it does not wait.  Returns 0, or -1: #UD, or it would wait. */
int machine_tlbsync(struct machine *m, unsigned cpu);

/* ---- second-level translation (SDM 3C, 28.3; APM 2, 15.25) ------------------ */

/*
 * A guest's physical addresses may be translated once more, by a table in RAM
 * whose entries look like page-table entries, as in AMD's nested tables, or are
 * an EPT's where machine_table_ept() says so.  Its processors cache
 * guest-physical mappings, which only the calls below remove, and combined
 * ones, which belong to the root and to a PCID.  The second level is not
 * consulted for what machine_access() returns.
 */

/*
 * The zeroed page-table page is one of an EPT (SDM 3C, 28.3.2), with A and D or
 * without, until it is freed: its entries are read as such.  Bit 7 of a 4-KiB
 * leaf counts.
 */
void machine_table_ept(struct machine *m, void *table, bool ad);
/*
 * The cpu enters the guest (VM entry), or leaves it (root 0), with that CR3 and
 * the CR4 that it had there last (at first: has now).  Nothing is invalidated:
 * each root has a VPID or ASID of its own.  Returns 0, or -1: not configured.
 */
int machine_guest_enter(struct machine *m, unsigned cpu, gpa_t root,
                        uint64_t cr3);
/* INVEPT: type 1, what was cached under root; 2, under any.  -1: neither. */
int machine_invept(struct machine *m, unsigned cpu, unsigned type, gpa_t root);
/*
 * Host-side flush of one cpu (TLFS, HvCallFlushGuestPhysicalAddressSpace and
 * -List): guest-physical and combined mappings of the root, whole or those of
 * [gpa, gpa + bytes).
 */
void machine_flush_guest_physical(struct machine *m, unsigned cpu, gpa_t root,
                                  bool whole, gpa_t gpa, uint64_t bytes);

/* ---- caches (SDM 3A, 11.5.5, 11.12.4; W1, W2) --------------------------------- */

/* Writes back and invalidates the caches of that cpu. */
void machine_wbinvd(struct machine *m, unsigned cpu);
/* WBINVDs so far, of all cpus. */
uint32_t machine_wbinvds(const struct machine *m);
/*
 * Cpu's call that flushes all caches has returned; machine_wbinvds() was
 * `since` when it began.  Each cpu that runs has executed one, or will before it
 * sets IF.
 */
void machine_caches_flushed(struct machine *m, unsigned cpu, uint32_t since);

/* ---- flushes from outside (hypervisor) ------------------------------------ */

struct machine_flush {
	bool any_root;          /* ALL_VIRTUAL_ADDRESS_SPACES, or AS ignored */
	gpa_t root;             /* named root (low 12 bits clear) */
	bool keep_global;       /* NON_GLOBAL and the host uses the permission */
	bool global_match;      /* globals filled under another root stay too */
	bool whole;             /* the whole space; else [va, va + bytes) */
	gva_t va;
	uint64_t bytes;
};

/* Host-side flush of one cpu; not held off by IF. */
void machine_flush(struct machine *m, unsigned cpu,
                   const struct machine_flush *f);

/* ---- contracts ------------------------------------------------------------ */

/*
 * The roots of one address space: what an invalidation of it has to reach.
 * user_root 0: no separate user root (no PTI).
 */
void machine_space_add(struct machine *m, gpa_t root, gpa_t user_root,
                       enum space_kind kind);
void machine_space_remove(struct machine *m, gpa_t root);
/* The linear range of the kernel: at and above `kernel_start`. */
void machine_set_kernel_start(struct machine *m, gva_t kernel_start);

struct machine_scope {
	gpa_t root;             /* kernel root of the space; 0: every space */
	gva_t va, end;          /* [va, end), page-aligned; end 0: to the top */
};

/*
 * Contract (a): cpu's outermost invalidation call over the scope returned.
 * Dead is what this cpu's earlier stores replaced in the scope.
 */
void machine_invalidated(struct machine *m, unsigned cpu,
                         const struct machine_scope *s);
/*
 * Contract (b): an operation of cpu over the scope returned; `seq` is
 * machine_store_seq() at the moment when it read the entries concerned.
 */
void machine_operation_done(struct machine *m, unsigned cpu,
                            const struct machine_scope *s, uint32_t seq);
/* Number of page-table stores visible so far. */
uint32_t machine_store_seq(const struct machine *m);
/* The linear range is handed out again: stale leaves in it die, whoever. */
void machine_range_reused(struct machine *m, const struct machine_scope *s);

/*
 * Kernel leaves in the range die when their frame is freed (the mapping is
 * eager: rule 14), or count on one cpu alone (private to it).
 */
void machine_range_eager(struct machine *m, gva_t va, gva_t end);
void machine_range_local(struct machine *m, unsigned cpu, gva_t va, gva_t end);

/* ---- what a cpu may hold, for tests and reports ----------------------------- */

struct machine_stale {          /* a candidate that the tables disagree with */
	struct translation cached;
	uint16_t pcid;
	gpa_t root;
	bool dead;
	bool nested;            /* a guest-physical mapping; va is physical */
};

/* The i-th stale candidate of the cpu; false: it has no more. */
bool machine_stale(const struct machine *m, unsigned cpu, unsigned i,
                   struct machine_stale *ret);
/* May the cpu, with the CR3 it has, use a stale translation or path for va? */
bool machine_may_use_stale(const struct machine *m, unsigned cpu, gva_t va);

/* ---- figures -------------------------------------------------------------- */

struct machine_stats {
	uint64_t candidates;            /* stale candidates, all CPUs */
	uint64_t remote_candidates;     /* on a CPU other than the storing one */
	uint64_t pte_stores;
	uint64_t invalidations;         /* local instructions */
	uint64_t overflush;             /* translations dropped without need */
};
const struct machine_stats *machine_stats(const struct machine *m);
/* A fixed table of the model was too small: the run's verdict is void. */
bool machine_overflowed(const struct machine *m);

#endif
