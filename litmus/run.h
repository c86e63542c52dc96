/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.h: the state of running tests.  Private to litmus/.
 *
 * One test at a time: `run` is the world that it runs in.  What stands before
 * `fixed` is made once a test; the rest belongs to one execution.
 *
 * Who wrote a value is a number: an instruction's id (run_id()), ID_DIRTY
 * added for the D update that its access makes, ID_INIT for the start.
 */
#ifndef SHOOTDOWN_LITMUS_RUN_H
#define SHOOTDOWN_LITMUS_RUN_H

#include "explore/explore.h"
#include "hvsim/hvsim.h"
#include "litmus/litmus.h"
#include "model/model.h"

#define ID_INIT 0u
#define ID_DIRTY 0x8000u
#define ID_WALK 0x4000u         /* an A bit, set by nobody's instruction */
#define ID_NONE 0xffffu

#define RUN_CODE 64             /* instructions of a column */
#define RUN_SLOTS (2 * RUN_CODE * LITMUS_MAX_CPUS)
#define RUN_BUFFER 11           /* stores held back; the model has one more */
#define RUN_TABLES 128          /* table pages of all spaces */
#define RUN_INPUT 80            /* words of a hypercall's input */
#define RUN_IDLE 4
#define RUN_ASKED 16            /* INVLPGBs pending on one vCPU */
#define RUN_PHANTOM 0x4000000000ull     /* frames that large pages map */

struct run_table {              /* a page-table page that a space uses */
	unsigned space, level;
	uint64_t prefix;
	gpa_t pa;
};

struct run_store {              /* a value that a place got, and from whom */
	uint64_t value;
	unsigned id;
};

struct run_place {              /* a word that is stored to */
	gpa_t pa;
	struct run_store *list; /* coherence order; [0] is the start */
	unsigned count, capacity;
};

struct run_buffered {
	gpa_t pa;
	struct run_store store;
};

/* How an access went, by the instruction's id. */
struct run_access {
	bool done, fault, miss;
	unsigned hit;           /* whose walk had loaded it; ID_NONE */
	unsigned source;        /* whose entry; ID_NONE */
	unsigned walk;          /* what its walk has read; ID_NONE */
	unsigned frame;         /* reached; ~0: none */
};

struct run_cpu {
	uint64_t reg[LITMUS_MAX_REGS];
	unsigned pending;       /* IPIs */
	bool in_host;
	unsigned asked, ask[RUN_ASKED]; /* INVLPGBs to carry out: whose */
	unsigned buffered;
	struct run_buffered buffer[RUN_BUFFER + 2];
};

enum observed_kind {
	OBSERVED_REG, OBSERVED_FRAME, OBSERVED_ENTRY, OBSERVED_FAULT,
	OBSERVED_TRANSLATION, OBSERVED_SOURCE, OBSERVED_HIT, OBSERVED_MISS,
	OBSERVED_WALK, OBSERVED_ORDER
};

struct observed {               /* a number of each outcome */
	enum observed_kind kind;
	unsigned cpu, reg;
	unsigned frame;
	uint64_t word;
	struct litmus_slot slot;
	struct litmus_event a, b;
};

struct run {
	const struct litmus_test *t;
	struct litmus_options o;
	struct machine *m;
	char *ram;
	struct machine_config config;
	struct explore_relation relation;
	bool provenance, opaque;
	gpa_t frame[64];        /* of the test: what entries hold */
	void *backing[64];
	bool phantom[64];
	unsigned tables;
	struct run_table table[RUN_TABLES];
	uint8_t level[MACHINE_FRAMES];      /* table pages; 0: none */
	gpa_t root[64];
	struct hv_partition *hv;
	uint64_t *input[LITMUS_MAX_CPUS];       /* pages of FLUSH */
	struct {
		unsigned words; /* of the input */
		uint64_t word[RUN_INPUT], control;
	} call[RUN_SLOTS];
	struct observed *observed;
	unsigned nobserved;
	struct run_place *place;
	unsigned places;

	struct run_cpu cpu[LITMUS_MAX_CPUS];
	struct run_access access[RUN_SLOTS];
	unsigned writer;        /* on whose behalf entries change now */
	struct run_idle {       /* walks that nothing has depended on so far */
		gpa_t pa;
		size_t choice;  /* where it stands in the record */
	} idle[RUN_IDLE];
	unsigned idles;
	const struct schedule *record;
};

extern struct run run;

static inline unsigned
run_id(unsigned cpu, bool handler, unsigned index)
{
	return 1 + ((cpu * 2 + handler) * RUN_CODE + index);
}

static inline unsigned
run_event_id(const struct litmus_event *e)
{
	if (e->init)
		return ID_INIT;
	return run_id(e->cpu, e->handler, e->index) |
	    (e->dirty ? ID_DIRTY : 0);
}

void *run_grow(void *array, size_t count, size_t size);

/* ---- setup.c ------------------------------------------------------------- */
/* Makes the test's machine; -1: *ret_error says what it cannot have. */
int setup_test(const struct litmus_test *t, struct litmus_error *ret_error);
uint64_t setup_value(const struct litmus_entry *e);
gpa_t setup_slot(const struct litmus_slot *s);
/* Where the bytes of a physical address are; NULL: nowhere. */
void *setup_pointer(gpa_t pa);
/* The frame that the address lies in, ~0: none. */
unsigned setup_frame_at(gpa_t pa);
gpa_t setup_word(unsigned frame, uint64_t word);
uint64_t setup_cr3(unsigned space);

/* ---- place.c: who wrote what --------------------------------------------- */
void places_reset(void);
/* Before the first store to a word: what is there. */
void place_begin(gpa_t pa, uint64_t start);
/* The place of the word, made if it is new. */
struct run_place *place_of(gpa_t pa);
void place_add(gpa_t pa, uint64_t value, unsigned id);
/* The last in coherence order. */
const struct run_store *place_last(gpa_t pa);
/* What cpu reads there: the newest of its own, or the last. */
const struct run_store *place_seen(unsigned cpu, gpa_t pa);
/* The latest store of that value in the bits of the mask; NULL: none. */
const struct run_store *place_source(unsigned cpu, gpa_t pa, uint64_t value,
                                     uint64_t mask);

/* ---- touch.c: what events touch ------------------------------------------ */
void touch_relation(struct explore_relation *ret);
void touch_add(struct explore_event *e, uint64_t object, unsigned mode);
void touch_store(struct explore_event *e, gpa_t pa);
void touch_load(struct explore_event *e, gpa_t pa);
void touch_drop(struct explore_event *e, unsigned cpu, bool context);
/* A point before the event. */
void touch_point(const struct explore_event *e);
/* The running event touches this, too. */
void touch_now(const struct explore_event *e);
/* It happens: walks that it depends on are no longer idle. */
void touch_done(const struct explore_event *e);
void touch_walk(struct explore_event *e, unsigned cpu);
void touch_flush(struct explore_event *e, unsigned cpu);
/* What TLBSYNC of the cpu waits for. */
void touch_sync(struct explore_event *e, unsigned cpu, unsigned mode);
/* The cpu carries out its k-th INVLPGB. */
void touch_request(struct explore_event *e, unsigned cpu, unsigned k);
void touch_option(struct explore_event *e, const struct machine_option *o,
                  bool entry);

/* ---- access.c: through a translation ------------------------------------- */
struct run_insn {               /* the instruction under way */
	const struct litmus_insn *i;
	unsigned cpu, id;
};
void access_virtual(const struct run_insn *x);
void access_physical(const struct run_insn *x);
/* All buffered stores of the cpu become visible. */
void access_drain(unsigned cpu, unsigned n);
void access_drain_all(unsigned cpu);

/* ---- exec.c -------------------------------------------------------------- */
void exec_task(void *arg, unsigned cpu);
void exec_interrupt(void *ctx, unsigned cpu);
void exec_attention(unsigned cpu);
extern const struct hv_env exec_hv_env;

/* ---- outcome.c ----------------------------------------------------------- */
/* Makes run.observed: all that the test's states and clauses speak of. */
void outcome_observe(const struct litmus_test *t);
/* Fills run.nobserved numbers with the end state. */
void outcome_read(uint64_t *ret);
bool outcome_holds(const struct litmus_cond *c, const uint64_t *value);

/* ---- state.c ------------------------------------------------------------- */
/* "0:r0=1": one number of an end state. */
void state_print_one(const struct litmus_test *t, const struct observed *o,
                     uint64_t value, FILE *out);

#endif
