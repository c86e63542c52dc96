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

#include <limits.h>

#define STEP_NEVER UINT32_MAX
#define NO_TASK UINT_MAX

enum { EVENT_LOCAL, EVENT_OPAQUE };     /* declared events that always exist */

#define PCT_MAX_CHANGES 32

struct task {
	struct fiber fiber;
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
	int64_t priority[EXPLORE_MAX_TASKS];
	int64_t floor;          /* lower than all given so far */
	unsigned next_change, changes;
	uint64_t change_at[PCT_MAX_CHANGES]; /* total steps, ascending */
};

struct replay_state {
	const struct schedule *schedule;
	size_t cursor;          /* next RUN, DRAIN or WALK to follow */
	size_t irq[EXPLORE_MAX_TASKS], data[EXPLORE_MAX_TASKS];
	uint32_t until;         /* of the RUN that pick() has consumed */
};

struct run {
	const struct player *player;
	struct explore_ops ops;
	struct task tasks[EXPLORE_MAX_TASKS];
	struct fiber main, *fiber; /* fiber: the one that really runs */
	void (*entry)(void *arg, unsigned task);
	void *arg;
	unsigned ntasks, current;
	uint64_t steps, max_steps;

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
	/* Which of the runnable tasks (a nonempty bit set) is next. */
	unsigned (*pick)(struct run *r, uint32_t runnable);
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

/* Bit set of the tasks that could run now. */
uint32_t run_runnable(const struct run *r);
/* Drains up to n stores of a task; returns how many. */
unsigned run_drain(struct run *r, unsigned task, unsigned n);
/* Drains everything; returns how many. */
unsigned run_drain_all(struct run *r);
bool run_buffered(const struct run *r);
/* Makes the k-th walk on offer, if there are so many. */
void run_walk(struct run *r, unsigned task, unsigned k);

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
