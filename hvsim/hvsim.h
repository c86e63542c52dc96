/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hvsim: the fake hypervisor.
 *
 * CPUID, synthetic MSRs, the hypercall interface, the flush calls and those for
 * interrupts as the TLFS states them, strict about input.  What the TLFS leaves
 * open is a knob; a host profile is a set of knobs.  Decoding is pure (no side
 * effects), and the effect of a flush goes through struct hv_env, one target VP
 * at a time, so that each target is flushed at its own scheduling point.
 * Freestanding: string.h and stdint.h only.
 */
#ifndef SHOOTDOWN_HVSIM_H
#define SHOOTDOWN_HVSIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvsim/abi.h"

#define HV_MAX_VP_INDEX 4096    /* exclusive bound of what a VP set can name */
#define HV_MAX_VPS 1024         /* VPs that can exist in one machine */
#define HV_MAX_RANGES 512
#define HV_ANY UINT32_MAX       /* knob values "any", "stall", "unlimited" */

/* ---- host profiles ---- */

enum hv_knob {
	HV_KNOB_AS,             /* address space: 0 ignore, 1 root, 2 strict CR3 */
	HV_KNOB_GLOBALS,        /* NON_GLOBAL: 0 keep globals, 1 drop them, 2 as
	                           the explorer chooses, flush by flush */
	HV_KNOB_LIST_NON_GLOBAL,/* NON_GLOBAL on LIST: 0 accept, 1 reject (5) */
	HV_KNOB_EMPTY_SET,      /* 0 error 5, 1 all VPs, 2 success, nothing */
	HV_KNOB_EMPTY_SET_EX,   /* the same, for the Ex calls */
	HV_KNOB_SET_ALL,        /* VP set format 1: 0 accept, 1 reject (5),
	                           2 accept if the bank count is right too */
	HV_KNOB_VARHEAD,        /* wrong variable header size: status 3 or 5;
	                           0 not looked at */
	HV_KNOB_STRADDLE,       /* page crossing: status 4 or 3; 0 unchecked */
	HV_KNOB_BAD_GPA,        /* unmapped input: 0 intercept, else status */
	HV_KNOB_REP,            /* 0 whole; n: success after n elements; HV_ANY:
	                           success after none */
	HV_KNOB_LATE_TARGET,    /* 0 atomic; 1 each element and target at its own
	                           point; 2 each target at its own point, with
	                           all elements of the list; 3 each pair of
	                           target and element, in any order */
	HV_KNOB_FAIL_CALL,      /* n: the n-th flush call fails; 0 never */
	HV_KNOB_FAIL_STATUS,    /* with which status */
	HV_KNOB_REC_FLUSH,      /* remote flush recommended (0x40000004.EAX[2]) */
	HV_KNOB_REC_EX,         /* Ex processor masks recommended (EAX[11]) */
	HV_KNOB_CONTINUE,       /* 0 never; n: re-executed after n elements;
	                           HV_ANY: after any, as the explorer chooses */
	HV_KNOB_FAIL_REPS,      /* elements that a failing call does first */
	HV_KNOB_ALIGN,          /* input not 8-byte aligned: status 4; 0 unchecked */
	HV_KNOB_REP_START,      /* start != 0: 0 accept, 1 reject (3) */
	HV_KNOB_SET_FORMAT,     /* VP set format >= 2: 0 error 5, 1 all VPs */
	HV_KNOB_ALL_EX,         /* ALL_PROCESSORS on Ex: 0 honour, 1 not read */
	HV_KNOB_RESERVED_FLAGS, /* reserved flush flags: 0 error 5, 1 not read */
	HV_KNOB_CONTROL,        /* reserved bits of the input value: 0 error 3,
	                           1 the nested bit too, 2 not read */
	HV_KNOB_FULL_LIST,      /* lists of n or more flush all; 0 never */
	HV_KNOB_EXT_RANGES,     /* extended GVA ranges: 0 off, 1 on, 2 offered
	                           but read as normal ranges */
	HV_KNOB_ENFORCE,        /* flush not recommended: 0 works, 1 status 6 */
	HV_KNOB_XMM,            /* XMM fast input: 0 #UD, 1 offered, 5 refused */
	HV_KNOB_REC_IPI,        /* cluster IPI recommended (EAX[10]) */
	HV_KNOB_IPI_VECTOR,     /* vector outside 0x10-0xff: status 5 or 3 */
	HV_KNOB_IPI_EMPTY,      /* 0 success, 1 error 5, 2 success before the
	                           vector is looked at (Ex) */
	HV_KNOB_IPI_FORMAT,     /* VP set format >= 2: 0 error 5, 1 sparse */
	HV_KNOB_VTL,            /* target VTL: 0 checked, 1 zero, but only in the
	                           fast form (status 3), 2 not looked at, 3 zero,
	                           as is the padding */
	HV_KNOB_NESTED,         /* guest-physical flushes: 0 status 0x15, 1 they
	                           work, 2 no such call (status 2) */
	HV_KNOB_GLOBAL_AS,      /* globals of a flush without NON_GLOBAL that
	                           names a space: 0 any root's, 1 that root's */
	HV_KNOB_OVERFLUSH,      /* lists flush everything: 0 no, 1 yes, 2 as the
	                           explorer chooses, element by element */
	HV_KNOB_TLB_LOCK,       /* times that a locked TLB may suspend a call */
	HV_KNOB_MAX_VPS,        /* CPUID 0x40000005.EAX: 0 whole banks up to the
	                           highest index, HV_ANY unlimited, else as is */
	HV_KNOB_MSRS,           /* 0 all, 1 no hypercall MSRs, 2 no VP index */
	HV_KNOB_COUNT
};

struct hv_profile {
	char name[16];
	uint32_t knob[HV_KNOB_COUNT];
};

/* Fills *ret with a named profile ("tlfs", "kvm", ...); -1: no such name. */
int hv_profile_find(const char *name, struct hv_profile *ret);
/* "tlfs,globals=keep": a profile, then knobs; -1: one of them is unknown. */
int hv_profile_parse(const char *text, struct hv_profile *ret);
/* Name of the i-th profile, NULL past the last. */
const char *hv_profile_name(unsigned i);
/* "globals", ...; and the inverse, -1 when there is none. */
const char *hv_knob_name(enum hv_knob knob);
int hv_knob_find(const char *name);
/* Sets a knob from words ("keep", "3"); -1: not a value of this knob. */
int hv_knob_set(struct hv_profile *p, enum hv_knob knob, const char *value);
/* The knob's value in words; and where the profile's value comes from. */
const char *hv_knob_value(const struct hv_profile *p, enum hv_knob knob,
                          char *buf, size_t size);
const char *hv_knob_source(const char *profile, enum hv_knob knob);
/* One line that says what the knob is, with its TLFS section. */
const char *hv_knob_help(enum hv_knob knob);

/* ---- calls and registers ---- */

enum hv_call_kind { HV_CALL_FLUSH, HV_CALL_FLUSH_GPA, HV_CALL_IPI };

struct hv_call_info {
	uint16_t code;
	uint8_t header;         /* size of the fixed part in words of 8 bytes */
	enum hv_call_kind kind;
	bool rep;               /* a list of elements follows the header */
	bool variable;          /* banks of a VP set lie between the two */
	const char *name;       /* as the TLFS spells it */
};

/* The call with this code, NULL when hvsim has none. */
const struct hv_call_info *hv_call_find(unsigned code);
/* The i-th call that hvsim has, by code; NULL past the last. */
const struct hv_call_info *hv_call_at(unsigned i);

#define HV_FAST_WORDS 14        /* RDX, R8, XMM0-XMM5: 112 bytes */

enum hv_mode { HV_MODE_LONG, HV_MODE_PROTECTED, HV_MODE_REAL };

/*
 * Registers at the hypercall instruction (TLFS Register Inputs).  In long mode
 * RCX, RDX, R8 and result RAX; otherwise EDX:EAX, EBX:ECX, EDI:ESI and result
 * EDX:EAX, the upper halves of these members being ignored.
 */
struct hv_regs {
	uint64_t rcx, rdx, r8, rax, rbx, rsi, rdi;
	uint64_t xmm[6][2];
	enum hv_mode mode;
	uint8_t cpl;
	bool advanced;          /* out: RIP is past the instruction */
	bool ud;                /* out: #UD instead of a result */
	bool intercepted;       /* out: a message to the parent instead of it */
};

/* The value in the three (pairs of) registers: input value, input, output. */
struct hv_values { uint64_t control, in, out; };
struct hv_values hv_regs_values(const struct hv_regs *r);

/* ---- decoding ---- */

struct hv_vp_set {
	bool all;
	uint64_t valid;                         /* bit b: banks[b] counts */
	uint64_t banks[HV_MAX_VP_INDEX / 64];   /* bit v%64 of bank v/64; what
	                                           is not valid is garbage */
};

bool hv_vp_set_has(const struct hv_vp_set *s, uint32_t vp);
/* Members, HV_MAX_VP_INDEX for "all". */
unsigned hv_vp_set_count(const struct hv_vp_set *s);

struct hv_range {
	uint64_t va;            /* first address, page-aligned */
	uint64_t bytes;
};

/* A decoded flush.  Large: never on a fiber's stack. */
struct hv_flush {
	uint16_t code;
	bool whole;             /* whole space (SPACE, or a host that makes long
	                           lists full flushes); else the ranges */
	uint64_t space;         /* AddressSpace as given */
	uint64_t flags;
	struct hv_vp_set set;
	uint32_t rep_start, rep_count;
	uint32_t ranges;
	struct hv_range range[HV_MAX_RANGES];   /* [rep_start .. rep_count), as
	                                           asked for: may run out of the
	                                           canonical space */
	bool empty;             /* no processor was named, whatever the host
	                           makes of that */
};

/*
 * What was wrong with a call: TLFS section and sentence, for findings and
 * `explain`.  status is what the profile answers; `also` is the set (bit n:
 * status n) of the others that the text permits here, since the order in which
 * errors are detected is undefined.  Bit 0 in `also`: another host may accept
 * the call, so the guest's fault is one of the ambiguous kind.  status 0: the
 * call worked, and yet a rule was broken.
 */
enum hv_fault_kind {            /* what kind of contract of the guest */
	HV_FAULT_MALFORMED,     /* any rule without a kind of its own */
	HV_FAULT_DETACHED,      /* the hypercall page is not enabled */
	HV_FAULT_REWRITTEN,     /* input changed while the call was executing */
	HV_FAULT_EMPTY_SET,
	HV_FAULT_VARHEAD,       /* size of the variable header */
	HV_FAULT_PAST_PAGE,     /* input leaves its page, or the registers */
	HV_FAULT_SPACE,         /* AddressSpace is no address space */
	HV_FAULT_NOT_OFFERED,   /* the host does not do this (knobs, CPUID) */
	HV_FAULT_NO_PROGRESS,   /* repeated for ever on a host that stands still */
	HV_FAULT_KIND_COUNT
};

#define HV_MAX_BROKEN 8

struct hv_fault {
	enum hv_fault_kind kind;
	uint16_t status;
	uint64_t also;
	const char *rule;       /* static text, "TLFS <section>: <sentence>" */
	const char *broken[HV_MAX_BROKEN]; /* all of them, `rule` first */
	unsigned nbroken;
	bool ud;                /* the call raises #UD instead */
	bool intercept;         /* no answer: memory intercept to the parent */
	bool detached;          /* the hypercall page is not enabled */
	bool element;           /* an element failed, those before it count ... */
	uint32_t reps;          /* ... and are so many (total, from 0) */
};

/* True when the text permits a host to answer a faulty call with `status`. */
bool hv_fault_permits(const struct hv_fault *f, unsigned status);

/* Reads guest memory; returns 0, or -1 when [gpa, gpa+size) is not RAM. */
typedef int hv_read_fn(void *ctx, uint64_t gpa, void *buf, size_t size);

/*
 * Decodes and validates a flush call in the slow (memory) form.
 * Returns 0 and fills *ret, or -1 and fills *ret_fault.  After an element's
 * error (ret_fault->element) *ret is valid too and holds the elements before
 * it; after any other error it is garbage.
 */
int hv_flush_decode(const struct hv_profile *p, uint64_t control,
                    uint64_t in_gpa, hv_read_fn *read, void *ctx,
                    struct hv_flush *ret, struct hv_fault *ret_fault);

/* A call as it is made: registers, and the memory that they refer to. */
struct hv_request {
	const struct hv_profile *profile;
	const struct hv_regs *regs;
	hv_read_fn *read;
	void *ctx;
};

/*
 * As hv_flush_decode, in either form: with the Fast bit the input is in RDX, R8
 * and XMM0-XMM5.  Pure: nothing but guest memory is read, nothing is written.
 */
int hv_flush_decode_regs(const struct hv_request *r, struct hv_flush *ret,
                         struct hv_fault *ret_fault);

/*
 * The same for flushes of guest-physical translations (0x00af, 0x00b0): space
 * is the EPT pointer or nCR3, the ranges are guest-physical, the set is "all".
 */
int hv_gpa_flush_decode(const struct hv_request *r, struct hv_flush *ret,
                        struct hv_fault *ret_fault);

struct hv_ipi {
	uint16_t code;
	uint32_t vector;        /* 0x10 to 0xff */
	uint8_t vtl;            /* HV_INPUT_VTL as given */
	struct hv_vp_set set;
};

/* The same for 0x000b and 0x0015 (no elements, hence no element's error). */
int hv_ipi_decode(const struct hv_request *r, struct hv_ipi *ret,
                  struct hv_fault *ret_fault);

/* ---- the running host ---- */

enum hv_globals {               /* what a flush does to global entries */
	HV_GLOBALS_DROP,        /* they go, whatever the root */
	HV_GLOBALS_KEEP,        /* the host uses the NON_GLOBAL permission */
	HV_GLOBALS_MATCH        /* those filled under the named root go */
};

struct hv_env {
	void *ctx;
	hv_read_fn *read;
	/*
	 * A scheduling point between the host's steps; may be NULL.  The caller
	 * of the hypercall is not in guest mode: it must not take an interrupt.
	 */
	void (*point)(void *ctx);
	/*
	 * Hypercall continuation: VP `vp` is back in the guest, before its
	 * hypercall instruction, and may take its interrupts; may be NULL.
	 */
	void (*reenter)(void *ctx, unsigned vp);
	/* n-way choice (order of targets); NULL: always 0. */
	unsigned (*choose)(void *ctx, unsigned n);
	/*
	 * Flush one VP (number `vp` of this machine, not its index).  range is
	 * canonical from end to end (va + bytes may be 2^64).  root: the named
	 * one, low 12 bits clear; with as=strict the AddressSpace as given,
	 * which has to equal CR3 with its PCID.
	 */
	void (*flush)(void *ctx, unsigned vp, const struct hv_flush *f,
	              const struct hv_range *range /* NULL: whole */,
	              enum hv_globals globals, bool any_space, uint64_t root);
	/* A malformed or misused call, for the finding. */
	void (*fault)(void *ctx, unsigned vp, uint64_t control,
	              const struct hv_fault *f);
	/* An interrupt for VP number `vp` becomes pending; may be NULL. */
	void (*ipi)(void *ctx, unsigned vp, uint32_t vector);
	/* Guest-physical translations of VP `vp` go; NULL: it has none. */
	void (*flush_gpa)(void *ctx, unsigned vp, const struct hv_flush *f,
	                  const struct hv_range *range /* NULL: whole */);
	/* Is there an address space with this root?  NULL: not known. */
	bool (*is_root)(void *ctx, uint64_t root);
};

struct hv_vp_call {             /* what outlives one execution of a call */
	uint32_t number;        /* of this flush call, from 1 */
	uint32_t suspended;     /* how often it met a locked TLB */
	uint32_t stalled;       /* calls in a row that completed nothing */
	bool again;             /* the next execution resumes it */
};

struct hv_vp {
	uint64_t assist;        /* MSR of the VP assist page */
	struct hv_vp_call call;
	bool busy;              /* inside a hypercall */
};

struct hv_partition_state {     /* what a run changes, but for the VPs */
	uint64_t guest_os_id;
	uint64_t hypercall_msr;
	uint32_t calls;                 /* hypercalls made */
	uint32_t flush_calls;           /* of these, the four flush calls */
	uint32_t flush_ex_calls;        /* of these, the two Ex calls */
	uint32_t targets;               /* VPs flushed, summed over successes */
	uint32_t ipis;                  /* interrupts sent by the IPI calls */
	uint32_t failed_calls;          /* answered with an error, or not at all */
	uint32_t continuations;         /* executions that left RIP in place */
	uint32_t suspensions;           /* of these, for a locked TLB */
	uint32_t busy;                  /* VPs inside a hypercall */
	uint32_t assists;               /* VP assist pages that are enabled */
	bool was_enabled;               /* the hypercall page has been enabled */
};

/* The arrays of VPs follow it in the memory that the caller gives. */
struct hv_partition {
	struct hv_partition_state now, saved;
	struct hv_profile profile;      /* from here on: fixed during a run */
	struct hv_env env;
	unsigned vps;
	struct hv_vp *vp, *saved_vp;
	uint64_t *changed;              /* bit v: of VP v, since the saving */
	uint32_t *vp_index;
	struct hv_flush *scratch;       /* of each VP; no state between calls */
};

/* Bytes of a partition with so many VPs, aligned as the struct is. */
#define HV_PARTITION_SIZE(vps) (sizeof(struct hv_partition) + \
	(vps) * (sizeof(struct hv_flush) + 2 * sizeof(struct hv_vp) + \
	sizeof(uint32_t)) + ((vps) + 63) / 64 * sizeof(uint64_t))

/*
 * Makes a partition of 1 .. HV_MAX_VPS VPs in HV_PARTITION_SIZE(vps) bytes.
 * vp_index: of each VP; NULL: 0, 1, ...
 */
void hv_partition_init(struct hv_partition *p, const struct hv_profile *profile,
                       const struct hv_env *env, unsigned vps,
                       const uint32_t *vp_index);
/*
 * Saves the present state as the one that every run starts from, and goes back
 * to it (of the VPs only those that changed are copied).  Profile and
 * environment are no state.
 */
void hv_partition_save(struct hv_partition *p);
void hv_partition_restore(struct hv_partition *p);
/* CPUID leaves 0x40000000-0x4000000a (others: 0); out: eax, ebx, ecx, edx. */
void hv_cpuid(const struct hv_partition *p, uint32_t leaf, uint32_t out[4]);
/* Returns 0, or -1: #GP. */
int hv_rdmsr(struct hv_partition *p, unsigned vp, uint32_t msr, uint64_t *ret);
int hv_wrmsr(struct hv_partition *p, unsigned vp, uint32_t msr, uint64_t value);
/*
 * Executes the hypercall instruction once on VP `vp` (below vps), in any form.
 * True: the call is over, RAX (EDX:EAX) has its result, or regs->ud or
 * ->intercepted is set.  False: RIP stays, and RCX says where it goes on; the
 * guest is entered and executes the instruction again.  Makes scheduling points
 * through env->point.  Reports every broken rule through env->fault.
 */
bool hv_hypercall_execute(struct hv_partition *p, unsigned vp,
                          struct hv_regs *regs);
/* The same until it is over, with env->reenter between executions. */
void hv_hypercall_regs(struct hv_partition *p, unsigned vp,
                       struct hv_regs *regs);
/*
 * A hypercall in long mode at CPL 0 without XMM registers.  Returns the result
 * value (status in 15:0, reps completed in 43:32); the effects of a flush are
 * complete then.  Where no status exists (#UD, intercept) and env->fault comes
 * back, the result is the fault's status all the same.
 */
uint64_t hv_hypercall(struct hv_partition *p, unsigned vp, uint64_t control,
                      uint64_t in_gpa, uint64_t out_gpa);

/*
 * Writes what an interrupt call asks for in words, as hv_flush_describe does:
 * "HvCallSendSyntheticClusterIpi: vector 0xfe to VPs {2}".
 */
void hv_ipi_describe(const struct hv_ipi *ipi, char *buf, size_t size);

/*
 * Writes what a flush asks for in words (one line, no newline), decoded:
 * "HvCallFlushVirtualAddressList: VPs {1}, root 0x..., pages ..., NON_GLOBAL".
 */
void hv_flush_describe(const struct hv_flush *f, char *buf, size_t size);

#endif
