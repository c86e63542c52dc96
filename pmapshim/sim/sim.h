/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim.h: what the files of the `sim` backend share.  Private to sim/.
 */
#ifndef SHOOTDOWN_PMAPSHIM_SIM_H
#define SHOOTDOWN_PMAPSHIM_SIM_H

#include "pmapshim/backend.h"
#include "pmapshim/hooks/hooks.h"
#include "pmapshim/operations.h"
#include "pmapshim/pmapshim.h"

#define SIM_MAX_OPS 4           /* nesting of operations on one vCPU */
#define SIM_ARENA (8 * 1024 * 1024)  /* what is not used costs nothing */
/* What a run of up to 64 vCPUs takes at most; more wait for one another. */
#define SIM_MAX_STEPS 400000

struct sim_op {
	const char *name;
	struct machine_scope scope;
	uint32_t seq;           /* of sd_op_read, else of sd_op_begin */
	bool deferred;
};

/*
 * Restored with the run: all but the arrays at the end, of which nothing counts
 * when a run begins.
 */
struct sim_vcpu {
	uint64_t vectors;       /* pending, bit = vector & 63 */
	bool in_host;           /* inside a hypercall: takes no interrupt */
	bool nmi, in_nmi;       /* pending; blocked until the next IRET */
	gva_t nmi_va;           /* what its handler wants to read */
	unsigned ops, invals;
	struct machine_scope inval;
	const char *last_op;
	/* of the invalidation under way: what its calls did not promise */
	bool empty_set;         /* one named no processor */
	bool globals_kept;      /* one spared globals of [kept, kept_end) */
	gva_t kept, kept_end;
	uint32_t wbinvds;       /* executed when its cache flush began */
	struct sim_op op[SIM_MAX_OPS];
	uint8_t vector[64];     /* the whole numbers of `vectors` */
};

/* Address spaces' roots, those that are gone too: a host cannot tell. */
#define SIM_MAX_ROOTS 32

struct sim_roots {
	unsigned count;
	gpa_t root[SIM_MAX_ROOTS];
};

#define SIM_IDLE UINT32_MAX     /* the vCPU has no program */

struct sim {
	struct machine *m;
	char *ram;
	struct hv_partition *hv;
	struct row row;
	uint32_t program[RUNNER_MAX_CPUS];      /* of a vCPU, or SIM_IDLE */
	const struct kernel_ops *k;
	bool open, booting;
	struct scenario_world world, saved_world;
	struct sim_vcpu vcpu[RUNNER_MAX_CPUS], saved_vcpu[RUNNER_MAX_CPUS];
	uint32_t ipis;
	struct sim_roots roots, saved_roots;
	char *arena;
	size_t arena_used, saved_arena_used;
	char *saved_arena;
	struct run_result *result;
	char boot_trouble[256];
	void (*sink)(void *ctx, const struct trace_event *e);
	void *sink_ctx;
};

extern struct sim sim;

/* ---- findings ---- */
void sim_finding(enum finding_kind kind, const char *file, int line,
                 const char *text);
_Noreturn void sim_stop(void);
_Noreturn void sim_boot_abort(void);
extern const struct machine_hooks sim_machine_hooks;

/* ---- trace ---- */
static inline bool
sim_tracing(void)
{
	return sim.sink != NULL;
}
/* pc: NULL or the caller's frame address to walk from. */
void sim_emit(enum trace_kind kind, uint64_t a, uint64_t b, const char *text,
              void *frame);
#define SIM_EMIT(kind, a, b, text) do { \
	if (sim_tracing()) \
		sim_emit(kind, a, b, text, __builtin_frame_address(0)); \
} while (0)
void sim_emit_switch(unsigned cpu);
void sim_machine_event(void *ctx, const struct machine_event *e);

/* ---- classes of runs ---- */
void sim_class_machine(void *ctx, const struct machine_event *e);
#define SIM_CLASS_EVENTS (1u << EVENT_PTE_STORE | 1u << EVENT_PTE_BUFFERED | \
	1u << EVENT_INVLPG | 1u << EVENT_INVPCID | 1u << EVENT_MOV_CR3 | \
	1u << EVENT_MOV_CR4 | 1u << EVENT_FLUSH | 1u << EVENT_ACCESS | \
	1u << EVENT_FAULT | 1u << EVENT_MODE | 1u << EVENT_IF | \
	1u << EVENT_WBINVD)
void sim_class_contract(void);          /* one is judged */
void sim_class_interrupt(unsigned cpu); /* sent to it, or taken by it */
void sim_class_frame(void);             /* one is given or taken */

/* ---- vCPUs ---- */
/* Recomputes whether the vCPU could take an interrupt now. */
void sim_attention(unsigned cpu);
void sim_interrupt(void *ctx, unsigned cpu);
/* A fixed interrupt becomes pending on a vCPU that exists. */
void sim_post(unsigned cpu, unsigned vector);
/* An NMI becomes pending; its handler wants to read user memory at va. */
void sim_post_nmi(unsigned cpu, gva_t va);
static inline struct sim_vcpu *
sim_self(void)
{
	return &sim.vcpu[explore_current()];
}
/* A shim starts: settles the store under way and makes a point. */
void sim_enter(void);

/* ---- operations of programs: see operations.h ---- */
/* The program broke a rule because of what was left out. */
bool operations_illegal(void);
_Noreturn void operations_break(void);  /* from now on */
static inline bool
operations_if(void)
{
	return machine_if(sim.m, explore_current());
}

static inline void *
operations_space(void)
{
	return sim.world.space;
}
static inline uint32_t
operations_left_out(unsigned cpu)
{
	return sim.row.left_out[cpu];
}

/* ---- host ---- */
extern const struct hv_env sim_hv_env;
void sim_root_add(gpa_t root);
/* What the caller promised about its input: input.c. */
void sim_input_reset(void);
void sim_input_save(void);
void sim_input_restore(void);
void sim_input_stored(const void *addr, unsigned size);
void sim_input_used(const struct hv_regs *regs);
/*
 * A stale finding may come of a call that promised less than the kernel took
 * it for: says which kind it is then, with the rule in *text.
 */
enum finding_kind sim_input_blame(const struct machine_finding *f,
                                  const char **text);

/* Hash of whole words, chained. */
uint64_t sim_hash(uint64_t h, const void *p, size_t size);

/* ---- kernel object ---- */
/* Takes the object of these ops, as it was when it was loaded; -1: unknown. */
int object_select(const struct kernel_ops *ops);
/* Saves the object's writable segments, and goes back to what was saved. */
void object_save(void);
void object_restore(void);
uint64_t object_hash(uint64_t h);

#endif
