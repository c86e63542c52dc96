/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore: schedules of opaque tasks.
 *
 * Tasks are fibers on one thread.  Whatever is not determined by the tasks'
 * own code is a choice: who runs and until when, how many buffered stores of a
 * task become visible, when a task takes its pending interrupt, and n-way data
 * choices.  Every choice goes through one place, is recorded, and replays.
 * This room knows no TLB, no kernel and no hypervisor: it reaches the machine
 * only through struct explore_ops.  One run at a time per process.
 */
#ifndef SHOOTDOWN_EXPLORE_H
#define SHOOTDOWN_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPLORE_MAX_TASKS 1024
/* An exhaustive search is of 64 processes: eight tasks with all they bring. */
#define EXHAUSTIVE_MAX_TASKS 8

/* ---- schedules: what a run was made of, and what a replay follows -------- */

/*
 * One recorded choice.  A schedule is a list of them in the order in which
 * they were made.  Steps are local to a task (its own count of scheduling
 * points), so that deleting one choice leaves the others meaningful.
 *
 *   r T:S   run task T until its local step S (or until it waits or ends)
 *   d T:N   N of task T's buffered stores become visible, oldest first
 *   i T:S   task T takes its pending interrupt at its local step S
 *   c T:S=V the data choice that task T makes at its local step S is V
 *   w T:K   task T's processor makes the K-th speculative walk on offer
 */
enum choice_kind {
	CHOICE_RUN, CHOICE_DRAIN, CHOICE_IRQ, CHOICE_DATA, CHOICE_WALK,
	CHOICE_COUNT
};

struct choice {
	uint16_t kind : 4;      /* enum choice_kind */
	uint16_t task : 12;     /* 0 .. EXPLORE_MAX_TASKS - 1 */
	uint16_t value;         /* CHOICE_DATA: the alternative taken */
	uint32_t arg;           /* step, or count, or index: see above */
};

/* A data choice of 0 is the default and not recorded. */
struct schedule {
	struct choice *choices;
	size_t count, capacity;
};

/* Frees what the schedule holds and empties it. */
void schedule_clear(struct schedule *s);
/* Appends one choice; aborts the process when memory runs out. */
void schedule_add(struct schedule *s, struct choice c);
/* Makes dst a copy of src. */
void schedule_copy(struct schedule *dst, const struct schedule *src);
/* Text form, "r0:37 d0:1 r1:12 i1:12 c1:13=2"; malloc'ed. */
char *schedule_print(const struct schedule *s);
/*
 * Parses the text form.  Returns 0, or -1 with the byte offset of the first
 * bad character in *ret_offset and the reason in *ret_why.
 */
int schedule_parse(const char *text, struct schedule *ret, size_t *ret_offset,
                   const char **ret_why);

/* ---- what events touch: for the exhaustive search ------------------------- */

/*
 * An event is what one process does from one point to the next: a task's
 * step, one drain, the delivery of an interrupt, a walk.  It touches objects,
 * which explore knows by number alone.  Two events of different tasks depend
 * on each other when they touch the same object in modes that conflict; the
 * table of conflicts is the client's.  From EXPLORE_CLIENT on modes are the
 * client's own.
 *
 * Events that decide together whether a walk is on offer, or an interrupt can
 * be taken, must conflict with each other, even if they commute: what is
 * possible only between the two is not found otherwise.
 */
enum explore_mode {
	EXPLORE_READ, EXPLORE_WRITE,    /* write/write and write/read */
	EXPLORE_LOCK,                   /* with itself, READ and WRITE */
	EXPLORE_SEND,                   /* raises an interrupt */
	EXPLORE_MASK,                   /* own change: IF, taking it; with SEND */
	EXPLORE_DELIVER,                /* implied: taking it, with own STEP */
	EXPLORE_STEP,                   /* implied: any step, with own DELIVER */
	EXPLORE_EMPTY,                  /* implied: own drain and own FENCE */
	EXPLORE_CLIENT = 8,
	EXPLORE_MODES = 32
};

/*
 * The object that SEND and MASK of a task's interrupts touch.  A call of
 * explore_attention() touches it by itself.
 */
#define EXPLORE_IRQ(task) (UINT64_MAX - (task))

#define EXPLORE_ACCESSES 20

enum {
	EXPLORE_OPAQUE = 1,     /* may touch anything */
	EXPLORE_FENCE = 2       /* waits until the own buffer is empty */
};

struct explore_access {
	uint64_t object;
	uint32_t mode;          /* enum explore_mode, or the client's */
};

struct explore_event {
	uint32_t flags, count;
	struct explore_access access[EXPLORE_ACCESSES];
};

struct explore_relation {
	uint32_t conflict[EXPLORE_MODES];       /* bit sets, symmetric */
};

/* What the comments at the modes say; the client's conflict with nothing. */
void explore_relation_default(struct explore_relation *ret);
/* Says whether modes a and b conflict. */
void explore_relation_set(struct explore_relation *rel, unsigned a, unsigned b,
                          bool conflict);

/* ---- the machine behind the tasks ---------------------------------------- */

/*
 * hide, drain, walk and show are called between two tasks, with
 * explore_hot.active false; points in them count for nothing, and
 * explore_stop() may be called from them.  All tasks are hidden when a run
 * starts.  When one has ended by DONE or DEADLOCK, all are hidden and drained;
 * by STOPPED or LIVELOCK, things are left as they are, without a call.
 */
struct explore_ops {
	void *ctx;
	/* The task stops running: take back what only it may see. */
	void (*hide)(void *ctx, unsigned task);
	/* The task runs again: show it its own view. */
	void (*show)(void *ctx, unsigned task);
	/*
	 * How many stores of the task, hidden or not, are still buffered.  It
	 * grows only while the task runs.
	 */
	unsigned (*buffered)(void *ctx, unsigned task);
	/* Make the n oldest of them visible to all; everybody is hidden. */
	void (*drain)(void *ctx, unsigned task, unsigned n);
	/*
	 * Run the task's pending interrupt, on its own fiber, as a part of the
	 * task: passes points, may be switched away.  Withdraws the task's
	 * attention while it must not be interrupted again.
	 */
	void (*interrupt)(void *ctx, unsigned task);
	/* How many speculative walks (A-bit setting) are on offer, or NULL. */
	unsigned (*walks)(void *ctx, unsigned task);
	void (*walk)(void *ctx, unsigned task, unsigned k);
	/*
	 * For STRATEGY_EXHAUSTIVE: what the drain of the task's oldest store,
	 * its k-th walk on offer, or the delivery of its interrupt touches.
	 * NULL: drains and walks may touch anything.
	 */
	void (*describe)(void *ctx, enum choice_kind what, unsigned task,
	                 unsigned k, struct explore_event *ret);
};

/* ---- strategies ---------------------------------------------------------- */

enum strategy_kind {
	STRATEGY_RANDOM,        /* bursts of points, geometric, mean `burst` */
	STRATEGY_PCT,           /* Burckhardt et al., ASPLOS 2010; depth d */
	STRATEGY_REPLAY,        /* follows `replay`, then the default rule */
	STRATEGY_EXHAUSTIVE,    /* as exhaustive_next() says */
	STRATEGY_POS,           /* Yuan, Yang, Gu, CAV 2018 */
	STRATEGY_URW,           /* Zhao et al., ASPLOS 2025: all events */
	STRATEGY_SURW,          /* the same, of marked events */
	STRATEGY_DELAY,         /* Emmi et al., POPL 2011; `depth` delays */
	STRATEGY_COUNT
};

struct strategy {
	enum strategy_kind kind;
	uint64_t seed;          /* of this one schedule */
	unsigned burst;         /* random: mean length; 0: 4, 16 or 64 */
	unsigned depth;         /* pct: d, 1 .. 33; delay: b, 0 .. 32 */
	uint32_t length;        /* pct, delay: k, expected steps; 0: 1000 */
	/*
	 * urw, surw: how many events (of those marked) each task is expected
	 * to have, as explore_result counted them in other runs; NULL: as many
	 * as any other.
	 */
	const uint32_t *weights;
	/* pos: which events race; NULL: the default relation. */
	const struct explore_relation *relation;
	const struct schedule *replay;
	struct exhaustive *search;
	bool classes;           /* explore_result.class_hash is wanted */
};

enum explore_end {
	EXPLORE_DONE,           /* every task returned, no interrupt is left */
	EXPLORE_STOPPED,        /* explore_stop() was called */
	EXPLORE_DEADLOCK,       /* nobody can make progress */
	EXPLORE_LIVELOCK,       /* step bound reached */
	EXPLORE_CUT             /* exhaustive: redundant or beyond a bound */
};

struct explore_result {
	enum explore_end end;
	uint64_t steps;         /* scheduling points passed, all tasks */
	uint32_t switches;
	uint32_t waiting;       /* DEADLOCK: how many tasks wait */
	uint64_t class_hash;    /* see explore_class_event(); 0: not wanted */
};

/* The same for one task. */
struct explore_task_result {
	uint32_t steps;         /* its own */
	bool waits;             /* DEADLOCK: it is one of those who do */
	/* urw, surw: events that others may care for, and marked ones. */
	uint32_t events, marked;
};

/*
 * Sets the machine's callbacks, which are copied; may be called again between
 * runs.
 */
void explore_setup(const struct explore_ops *ops);
/*
 * Runs `ntasks` tasks from the start to the end under one strategy; task t
 * runs entry(arg, t).  The choices made are stored in *record when it is not
 * NULL (a deviation of a replay is recorded as it happened, so a record always
 * replays to the same run; it must not be the schedule that is replayed).
 * max_steps bounds the run (livelock).  A task that has returned is an idle
 * processor: it is run again whenever it has an interrupt to take.  A task is
 * never left running for more than 20000 steps while others could run.  A
 * task's stack is allocated for the first run that has so many tasks.
 */
void explore_run(unsigned ntasks, void (*entry)(void *arg, unsigned task),
                 void *arg, const struct strategy *strategy,
                 uint64_t max_steps, struct schedule *record,
                 struct explore_result *ret);
/* Of a task of the last run; until the next one begins. */
struct explore_task_result explore_task_result(unsigned task);

/* ---- called by running tasks --------------------------------------------- */

/* State that the inline fast path reads.  Private to explore otherwise. */
extern struct explore_hot {
	int64_t countdown;      /* points left before the slow path looks */
	int64_t granted;        /* what countdown was when it was last set */
	uint64_t epoch;         /* visible progress: stores, interrupts, ends */
	unsigned current;       /* running task */
	bool active;            /* inside explore_run, on a task's fiber */
	bool exhaustive;        /* explore_touch() is wanted */
	bool marked;            /* explore_mark() was called */
	bool classes;           /* explore_class_event() is wanted */
	const char *stack_low, *stack_high; /* running fiber's own stack */
} explore_hot;

void explore_point_slow(void);

/* A scheduling point: another task may run, an interrupt may arrive. */
static inline void
explore_point(void)
{
	if (--explore_hot.countdown < 0)
		explore_point_slow();
}

void explore_point_at_slow(uint64_t object, unsigned mode);
void explore_point_event_slow(const struct explore_event *e);

/*
 * A scheduling point that says what the code up to the next one touches, in
 * the event's own task's view (a store that goes to a buffer touches nothing
 * until it is drained).  After a plain explore_point() that can be anything.
 * Costs the same as a plain point, except in an exhaustive search.
 */
static inline void
explore_point_at(uint64_t object, unsigned mode)
{
	if (--explore_hot.countdown < 0)
		explore_point_at_slow(object, mode);
}

static inline void
explore_point_event(const struct explore_event *e)
{
	if (--explore_hot.countdown < 0)
		explore_point_event_slow(e);
}

/* A point before code that concerns nobody else. */
static inline void
explore_point_local(void)
{
	if (--explore_hot.countdown < 0)
		explore_point_event_slow(NULL);
}

void explore_touch_slow(uint64_t object, unsigned mode);

/* The running event touches this as well, which became known only now. */
static inline void
explore_touch(uint64_t object, unsigned mode)
{
	if (explore_hot.exhaustive)
		explore_touch_slow(object, mode);
}

/*
 * The running task's next point stands before an event that a selective
 * strategy (surw) weighs.
 */
static inline void
explore_mark(void)
{
	explore_hot.marked = true;
}

void explore_class_event_slow(unsigned process, const struct explore_access *a,
                              unsigned count);

/*
 * For counting schedules that differ in more than the order of independent
 * events: a process (a task, or EXPLORE_MAX_TASKS + t for what is done on
 * behalf of t) does something that reads (EXPLORE_READ) or changes (any other
 * mode) objects of the client's.  The hash of a run is the same for all orders
 * of events that have the same order of each process and of each pair that
 * touches the same object, one of them changing it.  Does nothing in a run
 * whose strategy does not ask for classes.
 */
static inline void
explore_class_event(unsigned process, const struct explore_access *a,
                    unsigned count)
{
	if (explore_hot.classes)
		explore_class_event_slow(process, a, count);
}

/* The running event may have touched anything. */
static inline void
explore_touch_opaque(void)
{
	explore_touch(0, EXPLORE_MODES);
}

/* The running task. */
static inline unsigned
explore_current(void)
{
	return explore_hot.current;
}

/* Something changed that a spinning task may be waiting for. */
static inline void
explore_progress(void)
{
	explore_hot.epoch++;
}

/*
 * An n-way data choice, 0 .. n-1; 0 is the default.  Is a point itself, and
 * explore_point_local() to an exhaustive search.
 */
unsigned explore_choose(unsigned n);
/*
 * The same within the running event: no point follows, so that the choice and
 * what depends on it are one step.  At most one choice of either kind in an
 * event.  What the event touches must not depend on the value.
 */
unsigned explore_pick(unsigned n);
/*
 * The running task waits in a loop (PAUSE): it takes its pending interrupt, or
 * else others run first.  It runs again only when something visible has
 * changed since its last wait ended (so a change between the loop's load and
 * the wait is not missed), or when it has an interrupt to take.  A step.
 */
void explore_spin(void);
/*
 * Task t has (or no longer has) an interrupt that it could take now: at its
 * next point, or, when it does not run, as soon as it does.  Runs begin
 * without.  Repeating what holds already changes nothing.
 */
void explore_attention(unsigned task, bool pending);
/*
 * Abandons the run at once, from a task or a callback; does not return.  The
 * caller keeps the reason.
 */
_Noreturn void explore_stop(void);
/* The running task's own step count, for events and messages. */
uint32_t explore_local_step(void);
/* Steps of the whole run so far. */
uint64_t explore_total_steps(void);

/* ---- exhaustive search ---------------------------------------------------- */

/*
 * One execution per class of executions that differ only in the order of
 * independent events: optimal dynamic partial-order reduction.  Use:
 *
 *     while (exhaustive_next(x, &strategy))
 *             restore the machine, explore_run(..., &strategy, ...)
 *
 * Each run starts from the same state.  Runs that end with EXPLORE_CUT were
 * abandoned and say nothing.  The search does not call itself complete when
 * an order that it took for possible, and counted on, turns out not to be.
 * Walks still on offer when all is over are made then.  One search at a time,
 * of at most EXHAUSTIVE_MAX_TASKS tasks.
 */
struct exhaustive_options {
	const struct explore_relation *relation; /* copied; NULL: default */
	/*
	 * At most so many preemptions: a task's step or interrupt on another
	 * processor than the last, whose task was neither waiting nor done.
	 * Everything that the bound allows is found; that costs an execution
	 * for each order of the processors.
	 */
	bool bounded;
	unsigned preemptions;
	uint32_t max_events;    /* per execution; 0: 16384 */
	bool count_traces;      /* takes 16 bytes for each */
};

struct exhaustive_stats {
	uint64_t executions;    /* all runs */
	uint64_t redundant;     /* of these, given up as seen before */
	uint64_t cut;           /* stopped, or beyond a bound */
	uint64_t deadlocks;
	uint64_t traces;        /* if wanted: distinct ones that ended */
	uint64_t races;         /* reversals looked at */
	uint64_t events;        /* executed anew: the states visited */
	uint64_t diverged;      /* reversals that turned out impossible */
	uint64_t restarts;      /* by an event that touched more than declared */
	double left;            /* estimate: executions still to run */
	bool finished;          /* exhaustive_next() has returned false */
	bool complete;          /* and nothing was cut */
};

struct exhaustive *exhaustive_new(const struct exhaustive_options *options);
void exhaustive_free(struct exhaustive *x);
/* Sets up *ret for the next explore_run(); false when there is none. */
bool exhaustive_next(struct exhaustive *x, struct strategy *ret);
void exhaustive_stats(const struct exhaustive *x,
                      struct exhaustive_stats *ret);

/*
 * Shrinks a schedule: deletes choices (kinds, chunks, then one by one), merges
 * and lowers them while still_fails(arg, candidate) holds.  The callback may
 * replace the candidate by the record of its run; that is kept only if it has
 * no more choices.  The result is meant for STRATEGY_REPLAY.  Returns the
 * number of candidate runs tried; stops after `budget` of them.
 */
unsigned schedule_shrink(struct schedule *s,
                         bool (*still_fails)(void *arg, struct schedule *cand),
                         void *arg, unsigned budget);

/*
 * For code that has a few points more or fewer than when s was recorded: looks
 * for a schedule near s, moving steps by up to `radius`, for which
 * holds(arg, candidate) is true; s itself is the first.  Puts it in *s and
 * returns true; stops after `budget` candidates.
 */
bool schedule_nearby(struct schedule *s, unsigned radius,
                     bool (*holds)(void *arg, struct schedule *cand),
                     void *arg, unsigned budget, unsigned *ret_runs);

#endif
