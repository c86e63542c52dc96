/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * litmus: tests of the machine itself, in a text format close to herd's.
 *
 * A test is a set of page tables, one program of bare machine instructions a
 * vCPU, and clauses about what may be seen.  This header is the test as data;
 * docs/litmus.md is the language.  A test owns all that it points to.
 */
#ifndef SHOOTDOWN_LITMUS_H
#define SHOOTDOWN_LITMUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LITMUS_MAX_CPUS 8
#define LITMUS_MAX_REGS 16              /* r0 .. r15 */
#define LITMUS_MAX_LIST 8               /* pages of one FLUSH LIST */

/* Where something stands in its file; lines and columns count from 1. */
struct litmus_place {
	unsigned line, column;
};

struct litmus_error {
	struct litmus_place place;
	char text[160];         /* what is wrong, and what was expected */
};

/* ---- names --------------------------------------------------------------- */

/* Names are numbers into these tables, in the order of their declaration. */
struct litmus_frame {           /* a physical 4 KiB page */
	char *name;
	bool table;             /* a page-table page, else data */
	uint64_t word;          /* data: its first 8 bytes at the start */
};

struct litmus_space {           /* an address space: a root, and a PCID */
	char *name;
	uint16_t pcid;
};

/* A linear page.  Pages without an address get adjoining ones, from
 * LITMUS_FIRST_PAGE. */
#define LITMUS_FIRST_PAGE 0x10000000ull
struct litmus_page {
	char *name;
	uint64_t va;            /* page-aligned, canonical */
	bool placed;            /* the test gives the address */
};

/* ---- entries of page tables ---------------------------------------------- */

/* What an entry maps: nothing, a frame (leaf), or a table. */
enum litmus_target { TARGET_NONE, TARGET_FRAME, TARGET_TABLE };

struct litmus_entry {           /* a value for an entry of any level */
	enum litmus_target target;
	unsigned frame;         /* TARGET_FRAME, TARGET_TABLE */
	uint64_t flags;         /* PTE_* bits of model.h, PTE_P included */
};

struct litmus_slot {            /* which entry: PTE(x), s1:PDE(x), ... */
	unsigned space, page;
	unsigned level;         /* 1 PTE, 2 PDE, 3 PDPTE, 4 PML4E, 5 PML5E */
};

struct litmus_map {             /* an entry that the start state sets */
	struct litmus_slot slot;
	struct litmus_entry entry;
};

/* ---- instructions -------------------------------------------------------- */

enum litmus_op {
	OP_LOAD,                /* MOV r,[x] */
	OP_STORE,               /* MOV [x],$v */
	OP_XCHG,                /* XCHG r,[x],$v: locked */
	OP_FRAME_LOAD,          /* MOV r,<a>: past translation */
	OP_FRAME_STORE,         /* MOV <a>,$v */
	OP_FRAME_XCHG,          /* XCHG r,<a>,$v */
	OP_ENTRY_LOAD,          /* MOV r,PTE(x) */
	OP_ENTRY_STORE,         /* MOV PTE(x),entry */
	OP_ENTRY_XCHG,          /* XCHG r,PTE(x),entry: locked */
	OP_ENTRY_CLEAR,         /* LOCK BTR PTE(x),flags */
	OP_ENTRY_SET,           /* LOCK BTS PTE(x),flags */
	OP_MFENCE,
	OP_INVLPG,              /* INVLPG [x] */
	OP_INVPCID,             /* INVPCID $type,$pcid,[x] */
	OP_CR3,                 /* MOV CR3,s1 or MOV CR3,s1,noflush */
	OP_CR4,                 /* MOV CR4,+PGE or MOV CR4,-PGE */
	OP_INVLPGB,             /* INVLPGB [x],options */
	OP_TLBSYNC,
	OP_CLI, OP_STI,
	OP_USER, OP_KERNEL,     /* enter user mode (IRET); come back */
	OP_IPI,                 /* IPI P1: runs P1's handler there */
	OP_WAIT,                /* WAIT <a>,$v: until the word is v */
	OP_FLUSH,               /* a flush hypercall */
	OP_FREE,                /* FREE a: the frame is given back */
	OP_REUSE,               /* REUSE a,$v: given out again; 512 words v.
	                           REUSE a,entry: 512 such entries (target is
	                           not TARGET_NONE) */
	OP_COUNT
};

/* Of a FLUSH: what the hypercall asks for. */
struct litmus_flush {
	bool list;              /* LIST of `page`; else SPACE */
	bool ex;                /* the Ex form, with a sparse VP set */
	bool all_cpus, all_spaces, nonglobal;
	uint64_t cpus;          /* bit n: vCPU n (not its VP index) */
	unsigned space;         /* its root is the AddressSpace */
	unsigned pages, page[LITMUS_MAX_LIST];
	bool result;            /* the status goes to the register `reg` */
};

/* Of an INVLPGB (APM 3): EAX[5:0], ECX. */
struct litmus_broadcast {
	bool va, pcid, global, final;   /* what is valid, what goes */
	uint16_t pcid_value;
	uint16_t count;         /* pages beyond the first */
	bool stride2m;
};

struct litmus_insn {
	enum litmus_op op;
	struct litmus_place place;
	char *label;            /* "L1", or NULL */
	unsigned reg;           /* destination */
	unsigned page, frame, space;
	uint64_t word;          /* byte offset into page or frame, 8-aligned */
	uint64_t value;         /* $v; INVPCID: type; CR4: the bit */
	uint16_t pcid;          /* INVPCID 0, 1; its page: INVPCID 0 only */
	bool on;                /* CR4: set it; CR3: noflush */
	unsigned cpu;           /* IPI */
	struct litmus_slot slot;
	struct litmus_entry entry;      /* CLEAR, SET: flags only */
	union {
		struct litmus_flush flush;
		struct litmus_broadcast broadcast;
	};
};

struct litmus_code {
	struct litmus_insn *insn;
	unsigned count;
};

struct litmus_cpu {
	unsigned space;         /* in CR3 at the start */
	bool user, irq;         /* mode; IF (default 1) */
	uint32_t vp_index;      /* default: its number */
	struct litmus_code code, handler;
	bool has_handler;       /* the column is there, if only empty */
};

/* ---- clauses ------------------------------------------------------------- */

enum litmus_atom {
	ATOM_TRUE,
	ATOM_REG,               /* 0:r0=1, 0:r0=pte(a,...) */
	ATOM_FAULT,             /* fault(L1) */
	ATOM_FRAME,             /* <a>=1: at the end */
	ATOM_ENTRY,             /* PTE(x)=entry: at the end */
	ATOM_TRANSLATION,       /* tr(L1)=a: the frame that L1 reached */
	ATOM_SOURCE,            /* src(L1)=L2 or init: whose entry it used */
	ATOM_HIT,               /* hit(L1)=L2: by what walk of L2 loaded */
	ATOM_MISS,              /* miss(L1): by a walk of its own */
	ATOM_WALK,              /* walk(L1)=event: what L1's walk read */
	ATOM_ORDER              /* co(event,event) */
};

enum litmus_logic { LOGIC_ATOM, LOGIC_AND, LOGIC_OR, LOGIC_NOT };

/* Who wrote: the start (init), an instruction, or its A/D update. */
struct litmus_event {
	bool init, dirty;
	unsigned cpu, index;    /* instruction; handler ones: see `handler` */
	bool handler;
};

struct litmus_cond {
	enum litmus_logic logic;
	struct litmus_cond *left, *right;       /* NOT: left */
	enum litmus_atom atom;
	unsigned cpu, reg;
	struct litmus_event a, b;
	unsigned frame;
	uint64_t word, value;
	struct litmus_slot slot;
	struct litmus_entry entry;
	bool is_entry;          /* REG: compared with an entry */
};

enum litmus_quantifier {
	CLAUSE_EXISTS,          /* told, never judged */
	CLAUSE_FORBIDDEN,       /* reaching it is a failure */
	CLAUSE_REQUIRED         /* not reaching it is a failure */
};

struct litmus_clause {
	enum litmus_quantifier quantifier;
	struct litmus_place place;
	struct litmus_cond *cond;
};

/* ---- a test -------------------------------------------------------------- */

struct litmus_test {            /* slots without a prefix: space 0 */
	char *name, *doc;       /* doc: the quoted line, or NULL */
	char *machine;          /* "full", "nospec", "nopsc"; NULL: full */
	char *host;             /* "tlfs,globals=keep"; NULL: tlfs */
	char *cpu_profile;      /* "intel", "amd"; NULL: intel */
	char *cpu_knobs;        /* "splinter=yes,..."; NULL: the profile's */
	bool sc;                /* no store buffers */
	bool dirty_always;      /* each store makes a D update (TransForm) */
	bool levels5;
	uint64_t cr4;           /* CR4_PGE, CR4_PCIDE at the start */
	struct litmus_frame *frame;
	unsigned frames;
	struct litmus_space *space;
	unsigned spaces;        /* at least one */
	struct litmus_page *page;
	unsigned pages;
	struct litmus_map *map;
	unsigned maps;
	struct litmus_cpu cpu[LITMUS_MAX_CPUS];
	unsigned cpus;
	struct litmus_clause *clause;
	unsigned clauses;
};

/* ---- the external suite -------------------------------------------------- */

struct litmus_elts_row {        /* one forbidden outcome */
	char *id, *cls;         /* "T03b", "T" */
	char *axioms;           /* that it breaks: "invlpg,sc_per_loc" */
	bool invlpg;            /* that axiom is among them: on every machine;
	                           else the test says machine nospec */
	char *program, *outcome;        /* as the file has them */
	const char *reason;     /* why it cannot be asked (static); NULL: it can
	                           and these are its tests: */
	struct litmus_test test;        /* clause 0: the outcome, forbidden;
	                                   1: a permitted one, required */
	bool has_without;
	struct litmus_test without;     /* invlpg: without its INVLPG; clause 0:
	                                   the outcome, required */
};

struct litmus_elts {
	struct litmus_elts_row *row;
	unsigned rows;
	struct litmus_test *program;    /* the rows of one program in one test,
	                                   its clauses in the order of rows */
	unsigned programs;
};

/*
 * Reads a table of outcomes that TransForm's x86t_elt forbids.  Returns 0, or
 * -1 and a sentence; then *ret is empty.
 */
int litmus_elts_read(const char *path, struct litmus_elts *ret, char *error,
                     size_t size);
void litmus_elts_free(struct litmus_elts *e);

/* ---- text ---------------------------------------------------------------- */

/*
 * Parses the text of one test.  Returns 0 and fills *ret, or -1 and fills
 * *ret_error; then *ret is empty.
 */
int litmus_parse(const char *text, size_t size, struct litmus_test *ret,
                 struct litmus_error *ret_error);
/* Frees what the test owns and empties it. */
void litmus_free(struct litmus_test *t);
/* Prints the test so that it parses to the same test again. */
void litmus_print(const struct litmus_test *t, FILE *out);
/* One condition, as it stands in a clause. */
void litmus_print_cond(const struct litmus_test *t,
                       const struct litmus_cond *c, FILE *out);
/* One instruction, without its label. */
void litmus_print_insn(const struct litmus_test *t,
                       const struct litmus_insn *i, FILE *out);
/* A value of an entry of a level (0: any): "pte(a,-W)", "none". */
void litmus_print_entry(const struct litmus_test *t,
                        const struct litmus_entry *e, unsigned level,
                        FILE *out);
struct machine_config;

/* Turns the knobs of the test's processor; -1: one does not exist. */
int litmus_set_knobs(const struct litmus_test *t,
                     struct machine_config *config);
/* The instruction of an event; NULL: the start. */
const struct litmus_insn *litmus_event_insn(const struct litmus_test *t,
                                            const struct litmus_event *e);

/* ---- running a test (run.c) ---------------------------------------------- */

struct schedule;

/* All zero: the test's own machine, all schedules. */
struct litmus_options {
	const char *machine;    /* instead of the test's */
	uint64_t max_executions; /* 0: no bound; else the search is cut */
	uint64_t random;        /* so many random schedules instead */
	uint64_t seed;
	bool opaque;            /* search as if all events depended */
	bool swallow;           /* canary: invalidations remove nothing */
	const struct schedule *replay;  /* this one schedule instead */
	/* Called now and then; false cuts the search. */
	bool (*progress)(void *arg, uint64_t executions, double left);
	void *arg;
};

struct litmus_outcome {         /* one end state */
	uint64_t *value;        /* by number of litmus_result.observed */
	char *witness;          /* a schedule that leads to it */
	uint64_t count;         /* executions that ended so */
};

struct observed;

struct litmus_result {
	struct observed *observed;      /* see litmus_print_state() */
	unsigned nobserved;
	struct litmus_outcome *outcome; /* sorted by value */
	unsigned outcomes;
	struct litmus_verdict {
		unsigned holds, fails;  /* outcomes in which it does */
		bool ok;                /* as the quantifier demands */
	} *clause;
	uint64_t executions, redundant, deadlocks, traces;
	bool complete;          /* every schedule was covered */
	bool overflow;          /* a table of the model was too small */
};

/*
 * Runs the test.  Returns 0 and fills *ret, or -1 and fills *ret_error: the
 * test asks for what this machine does not have.
 */
int litmus_run(const struct litmus_test *t, const struct litmus_options *o,
               struct litmus_result *ret, struct litmus_error *ret_error);
void litmus_result_free(struct litmus_result *r);
/* "0:r0=1; <a>=1;", the end state of an outcome. */
void litmus_print_state(const struct litmus_test *t,
                        const struct litmus_result *r,
                        const struct litmus_outcome *o, FILE *out);

#endif
