/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * witness.c: threads that use what the mutator maps, and judge what they find.
 * A use counts only if the state is the same before and after it.
 */
#include "stress.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- an access that may fault -------------------------------------------- */

static _Thread_local sigjmp_buf recover;
static _Thread_local volatile sig_atomic_t guarded;

static void
on_fault(int signal_number)
{
	if (guarded)
		siglongjmp(recover, 1);
	signal(signal_number, SIG_DFL);         /* a fault of our own */
}

static void
on_alarm(int signal_number)
{
	static const char text[] = "stress cannot go on: stuck\n";

	(void)signal_number;
	(void)!write(1, text, sizeof(text) - 1);
	_exit(3);
}

/* No mask is saved, which would be a system call: the signal stays open. */
void
catch_faults(void)
{
	struct sigaction fault = { .sa_handler = on_fault,
	    .sa_flags = SA_NODEFER };

	sigemptyset(&fault.sa_mask);
	sigaction(SIGSEGV, &fault, NULL);
	sigaction(SIGBUS, &fault, NULL);
	signal(SIGALRM, on_alarm);
	alarm(PATIENCE);
}

/* Both return whether it went through. */
static bool
load(uintptr_t at, uint64_t *ret)
{
	guarded = 1;
	if (sigsetjmp(recover, 0) != 0) {
		guarded = 0;
		return false;
	}
	*ret = *(volatile uint64_t *)at;
	guarded = 0;
	return true;
}

static bool
store(uintptr_t at, uint64_t value)
{
	guarded = 1;
	if (sigsetjmp(recover, 0) != 0) {
		guarded = 0;
		return false;
	}
	*(volatile uint64_t *)at = value;
	guarded = 0;
	return true;
}

/* ---- witnesses ----------------------------------------------------------- */

void
wrong(struct witness *w, const struct place *p, unsigned page,
      const char *what, uint64_t got)
{
	atomic_fetch_add(&w->stale, 1);
	if (w->first[0] == '\0')
		snprintf(w->first, sizeof(w->first), "witness %u, page %u of "
		    "%u: %s %llu, the state says %llu", w->id, page, p->pages,
		    what, (unsigned long long)got,
		    (unsigned long long)p->value);
}

/* Pairs with the release in publish(): the access came before any change. */
static bool
unchanged(uint64_t seq)
{
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&state.seq, memory_order_relaxed) == seq;
}

/* Own word: a store that is remembered, if it went through. */
static bool
put_mine(struct witness *w, const struct place *p, unsigned page)
{
	const uint64_t v = ++w->counter;

	if (!store(p->at + page * page_size + 8 * (w->id + 1), v))
		return false;
	if (w->owner != p->value) {
		memset(w->mine, 0, sizeof(w->mine));
		w->owner = p->value;
	}
	w->mine[page] = v;
	return true;
}

static void
judge_store(struct witness *w, const struct place *p, unsigned page,
            uint64_t seq)
{
	uint64_t before = 0;
	const bool known = w->owner == p->value && w->mine[page] != 0;
	const bool seen = load(p->at + page * page_size + 8 * (w->id + 1),
	    &before);
	const uint64_t mine = w->mine[page];
	const bool stored = put_mine(w, p, page);

	if (!unchanged(seq))
		return;
	if (known && seen && before != mine)
		wrong(w, p, page, "an own store was lost, there is", before);
	if (stored && p->expect == READONLY)
		wrong(w, p, page, "a store went through", w->counter);
	if (!stored && p->expect == WRITABLE)
		wrong(w, p, page, "a store faulted", w->counter);
}

static void
judge(struct witness *w, const struct place *p, unsigned page, uint64_t seq)
{
	const uint64_t want = p->value != 0 ? p->value + page : 0;
	uint64_t got = 0;
	const bool seen = load(p->at + page * page_size, &got);

	if (!unchanged(seq))
		return;
	atomic_fetch_add_explicit(&w->checks, 1, memory_order_relaxed);
	if (p->expect == GONE) {
		if (seen)
			wrong(w, p, page, "a load saw a page that is gone:",
			    got);
	} else if (!seen)
		wrong(w, p, page, "a load faulted, word", 0);
	else if (got != want && !(p->expect == MAYBE && got == 0))
		wrong(w, p, page, "a load saw", got);
	if (p->expect == READONLY || p->expect == WRITABLE)
		judge_store(w, p, page, seq);
}

/* While a change is under way: the same accesses to where it was. */
static void
roam(struct witness *w)
{
	uint64_t got;

	for (unsigned s = 0; s < SLOTS; s++) {
		const struct place *p = &w->place[s];

		for (unsigned page = 0; p->expect != NOTHING &&
		    page < p->pages; page++)
			if (p->expect == WRITABLE || p->expect == READONLY)
				(void)put_mine(w, p, page);
			else
				(void)load(p->at + page * page_size, &got);
	}
}

static bool
read_places(struct witness *w, uint64_t seq)
{
	struct place place[SLOTS];

	for (unsigned s = 0; s < SLOTS; s++)
		place[s] = (struct place){
		    .at = atomic_load_explicit(&state.slot[s].at,
		        memory_order_relaxed),
		    .pages = atomic_load_explicit(&state.slot[s].pages,
		        memory_order_relaxed),
		    .expect = atomic_load_explicit(&state.slot[s].expect,
		        memory_order_relaxed),
		    .value = atomic_load_explicit(&state.slot[s].value,
		        memory_order_relaxed) };
	if (!unchanged(seq))
		return false;
	memcpy(w->place, place, sizeof(place));
	return true;
}

static void
pass(struct witness *w)
{
	const uint64_t seq = atomic_load_explicit(&state.seq,
	    memory_order_acquire);

	if (seq % 2 != 0) {
		roam(w);
		return;
	}
	if (!read_places(w, seq))
		return;
	for (unsigned s = 0; s < SLOTS; s++)
		for (unsigned page = 0; w->place[s].expect != NOTHING &&
		    page < w->place[s].pages; page++)
			judge(w, &w->place[s], page, seq);
	if (unchanged(seq))
		atomic_store_explicit(&w->passed, seq, memory_order_release);
	atomic_fetch_add(&progress[w->id], 1);
}

void *
run_witness(void *arg)
{
	while (!atomic_load(&state.stop))
		pass(arg);
	return NULL;
}

