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

#define EXPLORE_MAX_TASKS 8

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
	uint8_t kind;           /* enum choice_kind */
	uint8_t task;           /* 0 .. EXPLORE_MAX_TASKS - 1 */
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
	/* How many stores of the task, hidden or not, are still buffered. */
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
};

/* ---- strategies ---------------------------------------------------------- */

enum strategy_kind {
	STRATEGY_RANDOM,        /* bursts of points, geometric, mean `burst` */
	STRATEGY_PCT,           /* Burckhardt et al., ASPLOS 2010; depth d */
	STRATEGY_REPLAY,        /* follows `replay`, then the default rule */
	STRATEGY_COUNT
};

struct strategy {
	enum strategy_kind kind;
	uint64_t seed;          /* of this one schedule */
	unsigned burst;         /* random: mean length; 0: 4, 16 or 64 */
	unsigned depth;         /* pct: d, 1 .. 33 */
	uint32_t length;        /* pct: k, expected steps of a run; 0: 1000 */
	const struct schedule *replay;
};

enum explore_end {
	EXPLORE_DONE,           /* every task returned, no interrupt is left */
	EXPLORE_STOPPED,        /* explore_stop() was called */
	EXPLORE_DEADLOCK,       /* nobody can make progress */
	EXPLORE_LIVELOCK        /* step bound reached */
};

struct explore_result {
	enum explore_end end;
	uint64_t steps;         /* scheduling points passed, all tasks */
	uint32_t switches;
	uint32_t spinning;      /* DEADLOCK: bit set of tasks that spin */
	uint32_t local[EXPLORE_MAX_TASKS]; /* each task's own steps */
};

/*
 * Sets the machine's callbacks, which are copied; may be called again between
 * runs.  Fiber stacks are allocated by the first call.
 */
void explore_setup(const struct explore_ops *ops);
/*
 * Runs `ntasks` tasks from the start to the end under one strategy; task t
 * runs entry(arg, t).  The choices made are stored in *record when it is not
 * NULL (a deviation of a replay is recorded as it happened, so a record always
 * replays to the same run; it must not be the schedule that is replayed).
 * max_steps bounds the run (livelock).  A task that has returned is an idle
 * processor: it is run again whenever it has an interrupt to take.  A task is
 * never left running for more than 20000 steps while others could run.
 */
void explore_run(unsigned ntasks, void (*entry)(void *arg, unsigned task),
                 void *arg, const struct strategy *strategy,
                 uint64_t max_steps, struct schedule *record,
                 struct explore_result *ret);

/* ---- called by running tasks --------------------------------------------- */

/* State that the inline fast path reads.  Private to explore otherwise. */
extern struct explore_hot {
	int64_t countdown;      /* points left before the slow path looks */
	int64_t granted;        /* what countdown was when it was last set */
	uint64_t epoch;         /* visible progress: stores, interrupts, ends */
	unsigned current;       /* running task */
	bool active;            /* inside explore_run, on a task's fiber */
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

/* An n-way data choice, 0 .. n-1; 0 is the default.  Is a point itself. */
unsigned explore_choose(unsigned n);
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

#endif
