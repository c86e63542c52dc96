/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private to explore: the state of an exhaustive search.
 *
 * The algorithm is Optimal-DPOR of Abdulla, Aronis, Jonsson and Sagonas,
 * "Optimal Dynamic Partial Order Reduction", POPL 2014, and its terms are used
 * here: E is the current execution, v a sequence that reverses one of its
 * races, I(v) and WI(v) the initials and weak initials of v.  A bounded search
 * is Source-DPOR of the same paper with all processors tried everywhere.
 *
 * Processes are the tasks, each task's store buffer, each task's pending
 * interrupt, and each speculative walk.  An event of a task is what it does
 * between two points.  A data choice makes alternatives of the event in which
 * it is made: the same process, told apart by the value.
 */
#ifndef SHOOTDOWN_EXPLORE_EXHAUSTIVE_H
#define SHOOTDOWN_EXPLORE_EXHAUSTIVE_H

#include "explore/engine.h"

enum {
	PROC_TASK = 0, PROC_BUFFER = 8, PROC_IRQ = 16, PROC_WALK = 24,
	PROC_MAX = 64
};

#define EVENTS_CACHED 512
#define EVENTS_SINGLE 256
#define VALUES_MAX 64
#define PLACES 64
#define NO_CPU 0xff
#define BIT(n) (UINT64_C(1) << (n))
#define CPU_PROCS UINT64_C(0xff00ff)    /* tasks and interrupts */
#define TASK_PROCS UINT64_C(0x10101)    /* task 0, its buffer, its interrupt */

/* Each distinct event has a number, so that comparing two is a look-up. */
struct events {
	struct explore_relation relation;
	struct explore_event *list;
	uint32_t count, capacity;
	uint32_t *slots, slot_count;    /* hash table of ids + 1 */
	uint64_t (*cached)[EVENTS_CACHED / 64];
	bool *grows;            /* executed, it may touch more, or other */
	/* The last numbers given to events with one access. */
	struct single {
		uint64_t object;
		uint32_t mode, id;      /* id 0: none */
	} single[EVENTS_SINGLE];
};

/* A node of a wakeup tree; siblings in the order of their exploration. */
struct branch {
	uint32_t next, child;   /* 0: none */
	uint32_t unless;        /* not needed if this sibling is possible */
	uint32_t id;
	uint8_t proc, value;
	bool doubtful;          /* a leaf that may turn out impossible */
};

struct branches {
	struct branch *pool;
	uint32_t count, capacity, unused;
};

struct sleeper {
	uint32_t id;
	uint8_t proc, value, alternatives;
};

/* What a task does next. */
enum next_state { NEXT_EVENT, NEXT_SPIN, NEXT_NONE };

struct next {
	uint32_t id;
	uint8_t state;
};

/* One event of E, and the node of the search from which it was executed. */
struct step {
	uint32_t id;
	uint8_t proc, value, alternatives;
	bool spin;              /* left a wait */
	bool visible;           /* something waited for may have changed */
	uint8_t pushes, pops;   /* own stores buffered, and committed */
	int32_t prev;           /* the process' previous event, or -1 */
	int32_t store;          /* of a drain: the event that stored, or -1 */
	uint32_t index;         /* how many events of the process came before */
	struct next after;      /* of a task: what it does then */
	uint64_t digest, past;  /* for the trace's hash */

	uint64_t enabled;
	uint64_t lost;          /* disabled or put off by this step */
	uint64_t refused;       /* branches that turned out impossible */
	uint32_t sleep_at, sleep_count;
	uint32_t wakeup;        /* branches still to explore */
	uint32_t done;          /* branches that were */
	bool leaf;              /* the step ended a sequence of a wakeup tree */
	uint32_t preemptions;
	uint8_t last_cpu;       /* whose task ran last; 0xff: none */
	bool goes_on;           /* that task is neither waiting nor done */
};

/* One event of a sequence v; at: its place in E, or where its row is. */
struct item {
	uint32_t at, id;
	uint8_t proc, value, alternatives;
};

/*
 * Event i of E came before `second`, which is either event second.at of E, or
 * (at the end of E) one that did not happen because i did.
 */
struct race {
	uint32_t i;
	struct item second;
	bool doubtful;          /* can second happen without i? */
};

struct exhaustive {
	const struct player *player;    /* first: the engine looks here */
	struct exhaustive_options options;
	struct events events;
	struct branches branches;
	struct step *steps;
	uint32_t depth, capacity;
	uint32_t fixed;         /* steps before this are as in the last run */
	uint32_t base, base_local; /* first step of the open segment */
	uint32_t starts;        /* before it: a start that was put off */
	uint32_t unstarted;     /* tasks whose start was */
	struct sleeper *sleepers;
	uint32_t sleepers_capacity;
	uint64_t *before;       /* rows of bits: happens-before, reflexive */
	uint32_t words, rows;
	uint64_t places[PLACES];    /* rows of bits: each event's, see races.c */
	uint32_t placed;
	struct race *races;
	uint32_t race_count, race_capacity;
	struct item *v;
	uint32_t v_count;
	bool v_doubtful;        /* its last event may be impossible */

	unsigned ntasks;
	struct next next[EXHAUSTIVE_MAX_TASKS];
	unsigned buffered[EXHAUSTIVE_MAX_TASKS];
	uint64_t epoch;         /* where the last step began */
	uint64_t enabled;       /* now, walks apart */
	uint32_t unsettled;     /* tasks to be looked at after any step */
	uint32_t attention;     /* r->attention_changes, when last looked */
	int32_t last[PROC_MAX]; /* each process' last event, or -1 */
	uint32_t walk_id[PROC_MAX];     /* walkers: their event and task */
	uint8_t walk_task[PROC_MAX];
	unsigned walk_k[PROC_MAX];      /* and their index, if on offer */
	unsigned procs;
	uint32_t irq_id[EXHAUSTIVE_MAX_TASKS];

	uint64_t *traces;       /* hash set of those seen */
	uint64_t trace_slots;
	struct exhaustive_stats stats;
	bool cut, started;
	bool forks;             /* some step has lost, or alternatives */
	bool again;             /* start over: what grows was not known */
	bool chosen, over;      /* decided without a switch: make it, or end */
	bool ending;            /* waits look once more, in vain */
};

/* events.c */
void events_init(struct events *e, const struct explore_relation *relation);
void events_free(struct events *e);
uint32_t events_intern(struct events *e, const struct explore_event *event);
/* Puts the number of an event of one access in its place. */
uint32_t events_intern_single(struct events *e, struct single *s,
                              uint64_t object, uint32_t mode);
/* Event `from` turned out to be `to`; true if that was not to be expected. */
bool events_grew(struct events *e, uint32_t from, uint32_t to);
/* Adds an access; more than fit make the event opaque. */
void event_add(struct explore_event *e, uint64_t object, uint32_t mode);
bool events_conflict(const struct events *e, uint32_t a, uint32_t b);

static inline uint32_t
events_intern_access(struct events *e, uint64_t object, uint32_t mode)
{
	struct single *const s = &e->single[((object ^ object >> 8) * 4 +
	    mode) % EVENTS_SINGLE];

	if (s->id == 0 || s->object != object || s->mode != mode)
		return events_intern_single(e, s, object, mode);
	return s->id;
}

static inline bool
events_dependent(const struct events *e, uint32_t a, uint32_t b)
{
	if (a < EVENTS_CACHED && b < EVENTS_CACHED)
		return (e->cached[a][b / 64] >> (b % 64) & 1) != 0;
	return events_conflict(e, a, b);
}

static inline bool
proc_is_task(unsigned p)
{
	return p < PROC_BUFFER;
}

static inline bool
proc_is_irq(unsigned p)
{
	return p >= PROC_IRQ && p < PROC_WALK;
}

/* Tasks and interrupts: whose processor they run on. */
static inline unsigned
proc_cpu(unsigned p)
{
	return p % 8;
}

/* Of those a processor executes one after the other. */
static inline bool
proc_has_cpu(unsigned p)
{
	return p < PROC_WALK && (p & PROC_BUFFER) == 0;
}

static inline bool
mode_conflicts(const struct events *e, unsigned a, unsigned b)
{
	return (e->relation.conflict[a] >> b & 1) != 0;
}

/*
 * A bounded search keeps the order of all that takes a processor, so that
 * equivalent executions have as many preemptions.
 */
static inline bool
dependent(const struct exhaustive *x, unsigned p, uint32_t a, unsigned q,
          uint32_t b)
{
	const struct events *const e = &x->events;

	if (p == q || (x->options.bounded && proc_has_cpu(p) &&
	    proc_has_cpu(q)))
		return true;
	if ((p | q) < PROC_BUFFER)
		return events_dependent(e, a, b);
	if ((p ^ q) == (PROC_TASK ^ PROC_IRQ) && p < PROC_WALK &&
	    (proc_is_task(p) || proc_is_task(q)) &&
	    mode_conflicts(e, EXPLORE_STEP, EXPLORE_DELIVER))
		return true;
	if ((p ^ q) == (PROC_TASK ^ PROC_BUFFER) && (p < 8 || q < 8) &&
	    (e->list[p < 8 ? a : b].flags & EXPLORE_FENCE) != 0 &&
	    mode_conflicts(e, EXPLORE_EMPTY, EXPLORE_EMPTY))
		return true;
	return events_dependent(e, a, b);
}

/* exhaustive.c */
void *search_grow(void *array, size_t count, size_t size);
void search_reserve_more(struct exhaustive *x);
/* Is the process asleep at the node, with this value? */
bool search_asleep(const struct exhaustive *x, const struct step *s,
                   unsigned proc, unsigned value);
/* The node's sleep set from its parent's. */
void search_inherit_sleep(struct exhaustive *x, uint32_t d);

/* The least value with which the process is not asleep, or -1. */
int search_awake_value(const struct exhaustive *x, const struct step *s,
                       unsigned proc);
/* Taking the processor from a task that could go on is a preemption. */
static inline bool
search_preempts(const struct step *s, unsigned p)
{
	return proc_has_cpu(p) && s->goes_on && proc_cpu(p) != s->last_cpu;
}

/* May process p go on from this node, for all the bound says? */
bool search_affords(struct exhaustive *x, const struct step *s, unsigned p);
/* Takes the head of the node's wakeup tree, whose rest is for the child. */
bool search_take_branch(struct exhaustive *x, uint32_t d, struct branch *ret);

/* search.c */
extern const struct player exhaustive_player;

/* enabled.c */
uint32_t search_describe(struct exhaustive *x, struct run *r,
                         enum choice_kind what, unsigned task, unsigned k);
/* The event that leaving the wait that task t is at would be. */
uint32_t search_spin_event(struct exhaustive *x, unsigned t);
uint64_t search_find_walks(struct exhaustive *x, struct run *r);

/* What the last step did to its buffer, and what may have changed by it. */
void search_look(struct exhaustive *x, struct run *r);

/* Walks are processes by what they touch; of the same kind, by order. */
static inline uint64_t
search_offered_walks(struct exhaustive *x, struct run *r)
{
	return r->ops.walks == NULL || r->fiber == &r->main ? 0 :
	    search_find_walks(x, r);
}

/* The processes that can go on from here, once search_look() has looked. */
static inline uint64_t
search_enabled_set(struct exhaustive *x, struct run *r)
{
	return x->enabled | search_offered_walks(x, r);
}

/* wakeup.c */
void branches_free_list(struct branches *b, uint32_t list);
/* Adds x->v to the wakeup tree of node d unless what it leads to is covered. */
void wakeup_insert(struct exhaustive *x, uint32_t d);
/* The same for another outcome of node d's data choice, which v begins with. */
void wakeup_alternative(struct exhaustive *x, uint32_t d);
/* Branch n, the node's first, is possible or not: what rested on that. */
void wakeup_resolve(struct exhaustive *x, uint32_t d, uint32_t n,
                    bool possible);
/* Adds one event, unless a branch begins with its process. */
void wakeup_append(struct exhaustive *x, uint32_t d, const struct item *item);

/* Room for so many steps, one node and one row more. */
static inline void
search_reserve(struct exhaustive *x, uint32_t steps)
{
	if (steps + 2 > x->capacity)
		search_reserve_more(x);
}

/* races.c: happens-before and races of the run that has just ended. */
void races_analyse(struct exhaustive *x, bool whole);

static inline uint64_t *
before_row(const struct exhaustive *x, uint32_t j)
{
	return x->before + (size_t)j * x->words;
}

static inline bool
row_has(const uint64_t *row, uint32_t i)
{
	return (row[i / 64] >> (i % 64) & 1) != 0;
}

#endif
