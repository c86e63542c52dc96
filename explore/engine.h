/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private to explore: one run, and what a strategy has to answer about it.
 *
 * The engine owns the mechanics (fibers, steps, the record); a player owns the
 * choices.  A player never touches the machine except through run_drain() and
 * run_walk(), which record what they do.
 */
#ifndef SHOOTDOWN_EXPLORE_ENGINE_H
#define SHOOTDOWN_EXPLORE_ENGINE_H

#include "explore/explore.h"
#include "explore/fiber.h"
#include "explore/rng.h"
#include "explore/taskset.h"

#define STEP_NEVER UINT32_MAX
#define FIRST_EPOCH 1           /* when a run begins */
/* A task that runs for so long while others could is switched away. */
#define FAIR_STEPS 20000

enum { EVENT_LOCAL, EVENT_OPAQUE };     /* declared events that always exist */

#define PCT_MAX_CHANGES 32

struct task {
	struct fiber fiber;     /* no stack: of no run yet */
	uint32_t local;         /* its steps, up to the last sync */
	uint32_t irq_at;        /* attention: the step that takes it */
	uint64_t seen;          /* epoch when its last wait ended */
	bool attention;
	bool held;              /* waited, its interrupt pending */
	bool spinning;
	bool ended;             /* entry returned; still takes interrupts */
	bool idle;              /* ended, and not in an interrupt */
};

struct pct_state {
	int64_t *priority;      /* of each task */
	unsigned capacity;
	int64_t floor;          /* lower than all given so far */
	unsigned next_change, changes;
	uint64_t change_at[PCT_MAX_CHANGES]; /* total steps, ascending */
};

struct replay_task {
	size_t irq, data;       /* where to look for its next choice of these */
};

struct replay_state {
	const struct schedule *schedule;
	size_t cursor;          /* next RUN, DRAIN or WALK to follow */
	struct replay_task *tasks;
	unsigned capacity;
	uint32_t until;         /* of the RUN that pick() has consumed */
};

struct run {
	const struct player *player;
	struct explore_ops ops;
	struct task *tasks;
	unsigned capacity;      /* so many have been needed at once */
	struct fiber main, *fiber; /* fiber: the one that really runs */
	void (*entry)(void *arg, unsigned task);
	void *arg;
	unsigned ntasks, current;
	struct task *task;      /* the current one's */
	uint64_t steps, max_steps;
	struct task_set ready;  /* could run; see run_runnable() */
	struct task_set asleep; /* wait for another epoch than slept_at */
	uint64_t slept_at;
	struct task_set buffered; /* all with stores buffered; some without */
	unsigned idle;          /* how many tasks are */
	uint32_t attention_changes; /* calls of explore_attention() so far */
	unsigned finished;      /* tasks of the last run, and how it ended */
	enum explore_end end;

	uint32_t switch_at;     /* current's step of the player's decision */
	uint32_t fair_at;       /* current's step of the fairness bound */
	bool segment_open;
	bool yielding;          /* current asked for others to run */
	size_t open;            /* the open RUN's index in the record */
	struct schedule *record;
	struct explore_result *ret;

	struct rng rng;
	uint32_t burst;
	unsigned lazy;          /* random: 0..3, how long stores stay buffered */
	struct pct_state pct;
	struct replay_state replay;
	struct exhaustive *search;
	enum explore_end next_end; /* why next() said NO_TASK */
	uint32_t declared;      /* player's number of the event to come */
};

struct player {
	void (*begin)(struct run *r, const struct strategy *strategy);
	/* All tasks are hidden: drains and walks. */
	void (*drain)(struct run *r);
	bool drains_last;       /* drain() also when all tasks have ended */
	/* Which of the runnable tasks (not an empty set) is next. */
	unsigned (*pick)(struct run *r, const struct task_set *runnable);
	/* The local step of the next decision about the current task. */
	uint32_t (*until)(struct run *r);
	/* That step is here: false, with a new switch_at, to carry on. */
	bool (*due)(struct run *r);
	/* The current task spins or was unfair; may be NULL. */
	void (*demote)(struct run *r);
	/* Task t can take an interrupt at step `earliest` or later: when? */
	uint32_t (*irq_at)(struct run *r, unsigned t, uint32_t earliest);
	/* Interrupt taken at the current step; may be NULL. */
	void (*irq_taken)(struct run *r);
	unsigned (*data)(struct run *r, uint32_t step, unsigned n);
	/*
	 * Instead of drain() and pick(): does all that happens at a switch.
	 * NO_TASK ends the run with r->next_end.
	 */
	unsigned (*next)(struct run *r);
	/* Not NULL and true: no interrupt at the wait that the task is at. */
	bool (*hold)(struct run *r);
	/* The run is over; may be NULL. */
	void (*end)(struct run *r);
	/* What it has counted of a task of that run; may be NULL. */
	void (*count)(unsigned task, struct explore_task_result *ret);
	/* A number for what is declared before a point; may be NULL. */
	uint32_t (*declare)(struct run *r, const struct explore_event *e);
	/* The same for an event with one access; not NULL if declare is not. */
	uint32_t (*declare_at)(struct run *r, uint64_t object, uint32_t mode);
	/* What explore_touch() says, while explore_hot.exhaustive. */
	void (*touch)(struct run *r, uint64_t object, uint32_t mode);
	/* Another task may have become runnable by attention; may be NULL. */
	void (*woken)(struct run *r, unsigned t);
};

extern const struct player random_player, pct_player, replay_player;
extern const struct player pos_player, urw_player, surw_player, delay_player;

extern struct run the_run;

/* run.c: memory for so many tasks, of which there was some for *capacity. */
void *run_reserve(void *array, unsigned *capacity, unsigned ntasks,
                  size_t size);
/* engine.c: runs the tasks from the start to the end. */
void engine_run(struct run *r);
/* What a task's fiber starts with; its argument is the run. */
void engine_task(void *arg);
/* Points outside of tasks' own code count for nothing. */
void engine_deactivate(void);

/* drains.c: tasks that slept have something new to look at. */
void run_wake(struct run *r);
/* Drains up to n stores of a task; returns how many. */
unsigned run_drain(struct run *r, unsigned task, unsigned n);
/* The same for n that are known to be there, of `have`. */
void run_drain_known(struct run *r, unsigned task, unsigned n, unsigned have);
/* Drains everything; returns how many. */
unsigned run_drain_all(struct run *r);
/* The task has run: notes whether it left stores in its buffer. */
void run_note_buffer(struct run *r, unsigned task);
/* Is a store buffered?  Not by the task that runs, unless that is noted. */
bool run_buffered(struct run *r);
/* Makes the k-th walk on offer, if there are so many. */
void run_walk(struct run *r, unsigned task, unsigned k);

/*
 * The tasks that could run now.  One that waits is not looked at again until
 * the epoch has changed; all that do are woken at once then.
 */
static inline const struct task_set *
run_runnable(struct run *r)
{
	if (r->asleep.count > 0 && r->slept_at != explore_hot.epoch)
		run_wake(r);
	return &r->ready;
}

/* How many tasks other than the current one could run. */
static inline unsigned
run_others(struct run *r)
{
	const struct task_set *const s = run_runnable(r);

	return s->count - set_has(s, r->current);
}

static inline void
run_record(struct run *r, enum choice_kind kind, unsigned task, uint32_t arg,
           unsigned value)
{
	if (r->record == NULL)
		return;
	schedule_add(r->record, (struct choice){
	    .kind = (uint16_t)kind & 15, .task = (uint16_t)task & 4095,
	    .value = (uint16_t)value, .arg = arg });
}

/* classes.c: a run begins; its hash; a data choice was made. */
void class_reset(void);
uint64_t class_hash(void);
void class_choice(unsigned task, unsigned value);

/* Choices that most strategies make alike. */
void random_begin(struct run *r, const struct strategy *strategy);
void random_drain(struct run *r);
void random_walk(struct run *r);
uint32_t random_irq_at(struct run *r, unsigned t, uint32_t earliest);
unsigned random_data(struct run *r, uint32_t step, unsigned n);

#endif
