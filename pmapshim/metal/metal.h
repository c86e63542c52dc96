/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * metal.h: what the files of the `metal` backend share.  Private to metal/.
 *
 * A vCPU is a processor of the guest.  Its IF is kept here: the real one is on
 * only for an instant at each hook, so that interrupts arrive there and
 * nowhere else, as they do in the model.
 */
#ifndef SHOOTDOWN_PMAPSHIM_METAL_METAL_H
#define SHOOTDOWN_PMAPSHIM_METAL_METAL_H

#include "guest/guest.h"
#include "guest/literal.h"
#include "pmapshim/backend.h"
#include "pmapshim/kernel.h"
#include "pmapshim/metal/job.h"
#include "pmapshim/operations.h"
#include "scenarios/scenarios.h"

#define PAGE 4096ull
#define PTE_P 1ull
#define PTE_W 2ull
#define PTE_U 4ull
#define PTE_PS 0x80ull
#define PTE_G 0x100ull
#define PTE_NX (1ull << 63)
#define PTE_ADDR 0x000ffffffffff000ull

/* Memory beyond what the guest and its module take (256 MiB and more). */
#define METAL_BEGIN 0x9000000ull        /* kernel object */
#define METAL_OBJECT_SIZE 0x1000000ull
#define METAL_ARENA (METAL_BEGIN + METAL_OBJECT_SIZE)
#define METAL_ARENA_SIZE 0x80000ull
#define METAL_RAM (METAL_ARENA + METAL_ARENA_SIZE)
#define METAL_FRAMES 512u               /* as many as the model has */
#define METAL_RAM_SIZE (METAL_FRAMES * PAGE)
#define METAL_STACKS (METAL_RAM + METAL_RAM_SIZE)
#define METAL_STACK_SIZE 0x10000ull
#define METAL_SAVED (METAL_STACKS + METAL_MAX_CPUS * METAL_STACK_SIZE)

#define METAL_OPS 4             /* nesting on one vCPU */
#define METAL_WATCHED 16
#define METAL_PAST 8            /* changes of a page that are remembered */

#define METAL_PAIRS 32          /* spaces with a user root of their own */

enum metal_mode { METAL_KERNEL, METAL_USER };

struct metal_op {
	unsigned long va, end;  /* end 0: to the top */
	uint32_t seq;           /* of sd_op_read, else of sd_op_begin */
	bool deferred;
};

/* What a watched page was before an entry of its tables changed. */
struct metal_past {
	uint64_t frame;
	uint32_t seq;           /* of the change */
	unsigned cpu;           /* that made it */
	bool writable, executable;
	bool dead;              /* must not be used any more */
};

enum metal_access { METAL_READ, METAL_WRITE, METAL_EXECUTE };

struct metal_cpu {
	unsigned number;
	uint64_t pending[4];    /* vectors that have come, not yet taken */
	uint64_t posted[4];     /* vectors that are on their way */
	bool vif;
	enum metal_mode mode;
	int windows, handlers;
	uint64_t cr3, cr4, saved_cr3, saved_cr4;
	uint32_t local;         /* its own steps */
	volatile uint32_t ops;
	unsigned invals;
	struct metal_op inval, op[METAL_OPS];
	struct { char *at; size_t size; char old[4096]; } range;
	bool in_program;        /* points count */
	volatile bool held, ended;
	volatile uint32_t judged, touched, looked;      /* up to these */
	uint32_t irq;           /* steered: next choice to look at */
	uint32_t spins;
	uint64_t had[METAL_WATCHED];    /* seen when it was last touched */
	uint32_t length, still_at;      /* steps of a run; where it stands */
	/* A fault goes there instead of ending the machine. */
	volatile uint64_t fault_rip, fault_rsp;
	void *stop[5];          /* __builtin_setjmp */
	char *stack_low, *stack_high;
};

enum metal_trouble { TROUBLE_NONE, TROUBLE_ASSERTION, TROUBLE_UNSUPPORTED,
	TROUBLE_STUCK, TROUBLE_STRAY };

struct metal_stale {            /* a stale use, the first of a run */
	uint64_t va, seen, wanted;      /* physical; SCN_FAULT: none */
	unsigned cpu;
	char access;            /* r, w, x */
	bool user;
	uint32_t turn;          /* choices followed by then */
};

struct metal {
	const struct metal_row *row;
	const struct metal_choice *choice;
	const struct metal_call *call;
	const struct kernel_ops *k;
	const struct scenario *scenario;
	struct scenario_world world, saved_world;
	struct metal_cpu cpu[METAL_MAX_CPUS];
	unsigned ncpus;
	bool literal, booting;
	volatile bool swallow;          /* invalidations do nothing */
	volatile bool abort;            /* the run ends at once */
	size_t arena_used, saved_arena_used, object_size, object_writable;
	char *object_data;      /* what may be written of it */
	uint8_t use[METAL_FRAMES], saved_use[METAL_FRAMES];
	uint64_t watched[METAL_WATCHED], saved_watched[METAL_WATCHED];
	unsigned nwatched, saved_nwatched;
	uint64_t pair[METAL_PAIRS][2];  /* PTI: root and user root */
	unsigned npairs;
	uint64_t page;                  /* of hypercalls; 0: disabled */
	uint64_t saved_page;
	volatile uint32_t generation;   /* of what is judged */
	volatile uint32_t deferred;     /* flushes put off, not yet made */
	volatile uint32_t touch;        /* requests to touch */
	volatile uint32_t stales, ended, met;
	volatile uint64_t ipis, hypercalls, gone;
	struct metal_stale stale;
	enum metal_trouble trouble;
	char why[160];
	/* steered */
	uint64_t root;                  /* of the world's space */
	uint32_t seq;                   /* changes of entries so far */
	struct metal_past past[METAL_WATCHED][METAL_PAST];
	unsigned npast[METAL_WATCHED];
	struct metal_past now[METAL_WATCHED];
	volatile uint32_t cursor;       /* next RUN */
	volatile unsigned turn;         /* whose it is */
	volatile uint32_t until;
	volatile bool steered, over, diverged;
	volatile bool last;             /* no RUN follows */
};

extern struct metal metal;

static inline struct metal_cpu *
metal_self(void)
{
	return &metal.cpu[this_cpu()->number];
}

/* ---- turns.c -------------------------------------------------------------- */
/* The store under way has been made. */
void metal_settle(void);
/* A scheduling point. */
void metal_point(void);
/* One before a store to the memory of tables. */
void metal_store_point(void);
/* Stays at a point for a while, unless steered. */
void metal_linger(void);
/* A step in a wait. */
void metal_spin(void);
/* The end of a program, up to the end of the run. */
void metal_idle(void);
/* Interrupts that have come are noted. */
void metal_window(void);
void metal_turns_begin(void);
/* On each vCPU, first. */
void metal_first_turn(void);
/* The model spends steps inside a hypercall. */
void metal_call_steps(void);
/* The run ends here; only this vCPU's stack is left. */
_Noreturn void metal_leave(void);

struct metal_walk {             /* of the tables, in software */
	bool present, writable, executable;
	uint64_t frame, entry;
};

/* ---- witness.c ------------------------------------------------------------ */
/* What an access through the TLB sees: a physical address, or SCN_FAULT. */
uint64_t metal_read(uint64_t va);
bool metal_write(uint64_t va);
bool metal_execute(uint64_t va);
/* Its page's number and state go into a frame. */
void metal_mark(uint64_t frame, bool is_free);
void metal_watch(uint64_t va);
/* Reads what is watched, as a speculative walk may at any time. */
void metal_touch_all(void);
/* Compares what can be used with the tables, if nothing is under way. */
void metal_judge(void);
void metal_judge_access(uint64_t va);
/* Something has become dead: everybody looks. */
void metal_contract(void);
bool metal_fault(uint64_t *frame, uint64_t address);
struct metal_walk metal_walk(uint64_t cr3, uint64_t va);

/* ---- past.c --------------------------------------------------------------- */
/*
 * Steered, changes of entries are told apart: notes those that this vCPU has
 * made by now; and, in a scope, those up to seq and its own are dead.
 */
void metal_track(void);
void metal_dead(const struct metal_op *scope);
void metal_dead_frame(uint64_t frame);
void metal_track_begin(void);
bool metal_is_dead(unsigned watched, uint64_t frame,
                   enum metal_access access);

/* ---- contracts.c ---------------------------------------------------------- */
void metal_trouble(enum metal_trouble kind, const char *why);
_Noreturn void metal_stop(enum metal_trouble kind, const char *why);
void metal_enter_guest(uint64_t root);
/* PTI: the kernel's root of a user root; any other is its own. */
uint64_t metal_kernel_root(uint64_t root);

/* ---- state.c -------------------------------------------------------------- */
/* A row that is set up, and the way back to it, on processor 0. */
void metal_save(void);
void metal_restore(void);

/* ---- run.c ---------------------------------------------------------------- */
void metal_all(const void *file, size_t size);
/* A name of the kernel object; NULL: there is no such. */
void *metal_export(const char *name);

/* ---- operations.c: operations.h, on this backend --------------------------------- */
bool operations_illegal(void);
_Noreturn void operations_break(void);

/* ---- guest/elf.c ---------------------------------------------------------- */
/*
 * Loads the object at `to` (room for `size` bytes); NULL, or what is wrong.
 * Gives its entry point, and where its writable part begins and ends.
 */
const char *elf_load(const void *file, size_t file_size, char *to,
                     size_t size, void *(*find)(const char *name),
                     void **ret_entry, char **ret_begin, char **ret_end);

#endif
