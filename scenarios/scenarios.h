/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scenarios: the small programs of kernel operations that `check` runs, and
 * what must hold in them.  A scenario is written against struct kernel_ops and
 * the few verbs below; it knows no kernel and no host.
 */
#ifndef SHOOTDOWN_SCENARIOS_H
#define SHOOTDOWN_SCENARIOS_H

#include <stdbool.h>
#include <stdint.h>

#include "pmapshim/kernel.h"

#define SCENARIO_MAX_FRAMES 96

/* ---- what programs of data remember (program_run.c) -------------------------- */

#define SCENARIO_PAGES 4
#define SCENARIO_ALL_PAGES 6    /* with those that may be promoted */
#define SCENARIO_VERSIONS 16
#define SCENARIO_TO 4           /* vCPUs to which threads migrate */

/* What a page was made to be, and when that began and was done. */
struct scenario_version {
	uint32_t begin, end;
	uint8_t value, drained_by;
	bool left_out;          /* does not count, or no more */
};

struct scenario_versions {
	struct scenario_version v[SCENARIO_VERSIONS];
	uint8_t n;
	bool full;              /* more were made: anything may be seen */
};

struct scenario_page {
	struct scenario_versions frame, rights;
	bool absent;            /* may have been, for a moment */
	bool raced;             /* another took its old frame away meanwhile */
};

/* What a scenario's functions work on; made by the runner. */
struct scenario_world {
	const struct kernel_ops *k;
	unsigned vcpus;                 /* that have a program */
	const uint32_t *place;          /* for scn_cpu() */
	void *space;                    /* the user space, active on every vCPU */
	void *other;                    /* a second space, or NULL */
	uint64_t user_va, kernel_va;
	unsigned long frames[SCENARIO_MAX_FRAMES]; /* data frames, physical */
	unsigned nframes;
	void *arg;
	const void *data;               /* the scenario's */
	uint32_t signals;               /* scn_signal(), scn_await() */
	uint32_t clock;
	/* Threads on their way to a vCPU; one was left out of the program. */
	uint32_t arrived[SCENARIO_TO];
	bool thread_lost;
	struct scenario_page pages[SCENARIO_ALL_PAGES];
};

enum scenario_needs {
	NEEDS_LAZY = 1 << 0,            /* kernel_ops.enter_lazy */
	NEEDS_FAILING_HOST = 1 << 1,    /* hypercall path with FAIL_CALL set */
	NEEDS_KERNEL_GLOBAL = 1 << 2,
	NEEDS_KERNEL_FLUSH = 1 << 3,    /* flushes nothing but kernel ranges */
	NEEDS_LARGE = 1 << 4,           /* kernel_ops.promote, .demote */
	NEEDS_CACHE = 1 << 5,           /* kernel_ops.flush_cache */
	NEEDS_FEW_PCIDS = 1 << 6,       /* kernel_ops.few_pcids, modes with PCID */
	NEEDS_DETACH = 1 << 7,          /* kernel_ops.detach, hypercall path */
	NEEDS_DEFERRED = 1 << 8,        /* kernel_ops.unmap_deferred, drain */
	NEEDS_WALK = 1 << 9,            /* kernel_ops.walk */
	NEEDS_HUGE = 1 << 10,           /* kernel_ops.huge_pages */
	NEEDS_DEBUGGER = 1 << 11,       /* kernel_ops.alone for that reason */
	NEEDS_NESTED = 1 << 12,         /* kernel_ops.guest_create, .guest_run */
	NEEDS_PANIC = 1 << 13,          /* kernel_ops.alone for that reason */
	NEEDS_EARLY = 1 << 14,          /* the same */
	NEEDS_LISTED = 1 << 15,         /* kernel_ops.unmap_listed, hypercalls */
	NEEDS_FEW_FLUSHES = 1 << 16,    /* kernel_ops.few_flushes, native path */
	NEEDS_LOSE_INPUT = 1 << 17,     /* kernel_ops.lose_input, hypercalls */
	NEEDS_ATTACH_FAILS = 1 << 18,   /* kernel_ops.attach_fails; it makes calls
	                                   behind that, or not */
	NEEDS_BROADCAST = 1 << 19,      /* kernel_ops.user_invlpgb, its modes */
	NEEDS_EPT = 1 << 20,            /* kernel_ops.guest_ept, NEEDS_NESTED */
	NEEDS_STRIDES = 1 << 21,        /* kernel_ops.map_large and the like */
	NEEDS_LATE = 1 << 22,           /* kernel_ops.cpu_late, hypercalls */
	NEEDS_NMI = 1 << 23,            /* kernel_ops.nmi */
	NEEDS_TEMPORARY = 1 << 24,      /* kernel_ops.temporary */
	NEEDS_NMI_USER = 1 << 25,       /* kernel_ops.nmi_user, NEEDS_NMI */
	NEEDS_BORROW = 1 << 26,         /* kernel_ops.borrow */
	NEEDS_EPT_EMULATED = 1 << 27,   /* kernel_ops.guest_ept == 2, NEEDS_EPT */
	NEEDS_STOP_NMI = 1 << 28        /* kernel_ops.alone by NMIs */
};

/* About hypercalls: none of the native path. */
#define NEEDS_CALLS (NEEDS_FAILING_HOST | NEEDS_DETACH | NEEDS_LISTED | \
	NEEDS_LOSE_INPUT | NEEDS_ATTACH_FAILS | NEEDS_LATE)
/* None of the hypercall path. */
#define NEEDS_NO_CALLS (NEEDS_NESTED | NEEDS_FEW_FLUSHES)

/* The vCPU that is alone waits for all others to step aside. */
#define NEEDS_ALL (NEEDS_DEBUGGER | NEEDS_PANIC | NEEDS_EARLY)

#define SCENARIO_MANY 1024      /* vCPUs: as many as the kernel takes */

struct scenario {
	const char *name;               /* stable */
	const char *summary;            /* one line, for `scenarios` and docs */
	unsigned min_vcpus, max_vcpus;
	unsigned needs;
	bool other_space;               /* wants world.other */
	const char *on_request;         /* why only when named; NULL: always */
	bool sparse_too;                /* also run with VP indexes 0, 64, 130 */
	bool failing_too;               /* also run where a flush call fails */
	/* Before the snapshot, on vCPU 0: maps what the programs work on. */
	void (*setup)(struct scenario_world *w);
	/* vCPU's program, in kernel mode with IF=1, w->space active. */
	void (*program)(struct scenario_world *w, unsigned vcpu);
	const void *data;               /* for them, in world.data */
};

extern const struct scenario *const scenarios_all[];    /* NULL-terminated */
/*
 * By name; "random:SEED" and "program:TEXT" are made when they are asked for,
 * and stay.  NULL: there is none.
 */
const struct scenario *scenario_find(const char *name);
/* What the kernel lacks for it, in words; NULL: nothing. */
const char *scenario_missing(const struct scenario *s,
                             const struct kernel_ops *k);

/* ---- verbs for programs; the runner implements them ------------------------- */

/* One read or write from user mode (or inside a window, from kernel mode). */
void scn_touch(uint64_t va, bool write);
/* The machine's number of the vCPU that has the program of this number. */
static inline unsigned
scn_cpu(const struct scenario_world *w, unsigned vcpu)
{
	return w->place ? w->place[vcpu] : vcpu;
}

/* The number of the program that calls it. */
unsigned scn_program(void);
/* A read from kernel mode of a kernel address. */
void scn_kernel_touch(uint64_t va, bool write);
/* scn_touch() that says which physical address was seen, or SCN_FAULT. */
#define SCN_FAULT (~0ull)
uint64_t scn_see(uint64_t va, bool write);
/* Was the last operation done?  (A shrunk program leaves some out.) */
bool scn_did(void);
/* Something was seen that cannot be: a finding.  Does not return. */
_Noreturn void scn_wrong(const char *text);
/* Enters user mode through the kernel's exit path, or leaves it. */
void scn_enter_user(struct scenario_world *w);
void scn_leave_user(struct scenario_world *w);
/* n scheduling points in the present mode. */
void scn_work(unsigned n);
/*
 * Order between vCPUs, as by a locked instruction that others wait for: says
 * that this one is so far, and waits (interrupts on) until `n` have been said
 * in all.  No operations: shrinking leaves them in.
 */
void scn_signal(struct scenario_world *w);
void scn_await(struct scenario_world *w, unsigned n);
/*
 * Sends a thread to a vCPU, after all stores so far; waits for one on this.
 * vCPU < SCENARIO_TO.
 */
void scn_give(struct scenario_world *w, unsigned vcpu);
void scn_take(struct scenario_world *w, unsigned vcpu);
/*
 * Sends an NMI to a vCPU by the machine's number, itself perhaps; its handler
 * reads the kernel memory at va, or would like to read the user memory there.
 * One that finds another pending is lost.
 */
void scn_nmi(unsigned vcpu, uint64_t va);
/* Takes a frame for data, and gives it back (it may be reused at once). */
unsigned long scn_frame_alloc(void);
void scn_frame_free(unsigned long pa);
/* In place of giving it back: nothing, but the same operation of a program. */
void scn_frame_keep(void);

#endif
