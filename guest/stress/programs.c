/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * programs.c: the mutator.  Every change lies between begin(), after which
 * nothing is judged, and publish(), after which what expect() said holds; a
 * program leaves no state before every witness used it.
 */
#include "stress.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *arena;
static uint64_t values = 1000;

/* ---- changes ------------------------------------------------------------- */

/*
 * Pages without access stay below, between and above the slots: what is
 * unmapped must not be joined to other free space, where a thread's stack may
 * come to lie.
 */
void
make_arena(void)
{
	arena = mmap(NULL, (SLOTS * 2 + 1) * PAGES * page_size, PROT_NONE,
	    MAP_ANON | MAP_PRIVATE, -1, 0);
	must(arena == MAP_FAILED, "mmap");
}

char *
slot_at(unsigned s)
{
	return arena + (s * 2 + 1) * PAGES * page_size;
}

static void
begin(void)
{
	atomic_fetch_add(&state.seq, 1);
	/* Pairs with the acquire in unchanged(). */
	atomic_thread_fence(memory_order_release);
}

static void
expect(unsigned s, enum expect e, unsigned pages, uint64_t value)
{
	struct slot *slot = &state.slot[s];

	atomic_store_explicit(&slot->at, (uintptr_t)slot_at(s),
	    memory_order_relaxed);
	atomic_store_explicit(&slot->pages, pages, memory_order_relaxed);
	atomic_store_explicit(&slot->expect, e, memory_order_relaxed);
	atomic_store_explicit(&slot->value, value, memory_order_relaxed);
}

/* The state is as expect() said; comes back when every witness used it. */
static void
publish(void)
{
	const uint64_t seq = atomic_fetch_add_explicit(&state.seq, 1,
	    memory_order_release) + 1;

	for (unsigned i = 0; i < options.witnesses; i++)
		while (atomic_load_explicit(&witness[i].passed,
		    memory_order_acquire) != seq)
			sched_yield();
}

void
map(unsigned s, unsigned pages, uint64_t value, int share)
{
	char *at = mmap(slot_at(s), pages * page_size, PROT_READ | PROT_WRITE,
	    MAP_ANON | MAP_FIXED | share, -1, 0);

	if (at == MAP_FAILED)
		give_up("mmap");
	for (unsigned i = 0; i < pages; i++)
		*(volatile uint64_t *)(at + i * page_size) = value + i;
}

/* A fresh mapping, known to every witness. */
static uint64_t
fresh(enum expect e, unsigned pages, int share)
{
	const uint64_t value = values += 1000;

	begin();
	map(0, pages, value, share);
	expect(0, e, pages, value);
	publish();
	return value;
}

static void
gone(unsigned pages)
{
	expect(0, GONE, pages, 0);
	publish();
}

/* ---- the programs -------------------------------------------------------- */

static void
unmap(unsigned pages)
{
	if (!options.lying)
		must(munmap(slot_at(0), pages * page_size), "munmap");
}

static void
program_munmap(unsigned pages)
{
	fresh(SEE, pages, MAP_PRIVATE);
	begin();
	unmap(pages);
	gone(pages);
}

static void *
unmap_in_thread(void *arg)
{
	unmap(*(unsigned *)arg);
	return NULL;
}

/* A thread that lives for one change, on whatever processor. */
static void
program_thread(unsigned pages)
{
	pthread_t thread;

	fresh(SEE, pages, MAP_PRIVATE);
	begin();
	errno = pthread_create(&thread, NULL, unmap_in_thread, &pages);
	must(errno, "pthread_create");
	pthread_join(thread, NULL);
	gone(pages);
}

static void
protect(unsigned pages, int protection)
{
	if (!options.lying)
		must(mprotect(slot_at(0), pages * page_size, protection),
		    "mprotect");
}

static void
program_mprotect(unsigned pages)
{
	const uint64_t value = fresh(WRITABLE, pages, MAP_PRIVATE);

	begin();
	protect(pages, PROT_READ);
	expect(0, READONLY, pages, value);
	publish();
	begin();
	protect(pages, PROT_READ | PROT_WRITE);
	expect(0, WRITABLE, pages, value);
	publish();
	begin();
	protect(pages, PROT_NONE);
	gone(pages);
	begin();
	protect(pages, PROT_READ | PROT_WRITE);
	expect(0, WRITABLE, pages, value);
	publish();
}

/* Other frames under the same addresses, in one call. */
static void
program_remap(unsigned pages)
{
	const uint64_t value = fresh(SEE, pages, MAP_PRIVATE) + 500;

	begin();
	if (!options.lying)
		map(0, pages, value, MAP_PRIVATE);
	expect(0, SEE, pages, value);
	publish();
}

/* Linux drops the pages at once, others when they like. */
static void
program_madvise(unsigned pages)
{
	const uint64_t value = fresh(SEE, pages, MAP_PRIVATE);

	begin();
#if LINUX
	if (!options.lying)
		must(madvise(slot_at(0), pages * page_size, MADV_DONTNEED),
		    "madvise");
	expect(0, SEE, pages, 0 * value);
#else
	if (options.lying)
		map(0, pages, value + 500, MAP_PRIVATE);
	else
		must(madvise(slot_at(0), pages * page_size, MADV_FREE),
		    "madvise");
	expect(0, MAYBE, pages, value);
#endif
	publish();
}

#if LINUX
static void
program_mremap(unsigned pages)
{
	const size_t size = pages * page_size;
	const uint64_t value = fresh(SEE, pages, MAP_PRIVATE);

	begin();
	if (!options.lying)
		must(mremap(slot_at(0), size, size, MREMAP_MAYMOVE |
		    MREMAP_FIXED, slot_at(1)) == MAP_FAILED, "mremap");
	expect(0, GONE, pages, 0);
	expect(1, SEE, pages, value);
	publish();
	begin();
	if (!options.lying)
		must(munmap(slot_at(1), pages * page_size), "munmap");
	expect(1, GONE, pages, 0);
	publish();
	expect(1, NOTHING, 0, 0);
}
#endif

static uint64_t
sum_of_words(unsigned pages)
{
	uint64_t sum = 0;

	for (unsigned p = 0; p < pages; p++)
		for (unsigned w = 0; w <= options.witnesses; w++)
			sum = sum * 31 + *(volatile uint64_t *)(slot_at(0) +
			    p * page_size + 8 * w);
	return sum;
}

/* The child's pages stay as they were, however much the parent stores. */
static _Noreturn void
child(unsigned pages)
{
	const uint64_t before = sum_of_words(pages);
	uint64_t seen[THREADS];

	alarm(PATIENCE);
	for (unsigned i = 0; i < options.witnesses; i++)
		seen[i] = atomic_load(&progress[i]);
	for (unsigned i = 0; i < options.witnesses; i++)
		while (atomic_load(&progress[i]) < seen[i] + 3)
			sched_yield();
	if (sum_of_words(pages) != before)
		_exit(1);
	for (unsigned p = 0; p < pages; p++)
		memset(slot_at(0) + p * page_size, 0xee, page_size);
	_exit(0);
}

static void
program_fork(unsigned pages)
{
	const uint64_t value = fresh(WRITABLE, pages, options.lying ?
	    MAP_SHARED : MAP_PRIVATE);
	const struct place place = { .value = value, .pages = pages };
	int status = 0;
	pid_t pid;

	begin();
	pid = fork();
	if (pid == 0)
		child(pages);
	if (pid < 0)
		give_up("fork");
	expect(0, WRITABLE, pages, value);
	publish();
	if (waitpid(pid, &status, 0) != pid)
		give_up("waitpid");
	if (status != 0)
		wrong(&witness[options.witnesses], &place, 0, "a forked child "
		    "saw stores of its parent, status", (uint64_t)status);
}

static const struct program {
	const char *name;
	void (*round)(unsigned pages);
} programs[] = {
	{ "munmap", program_munmap },
	{ "thread", program_thread },
	{ "mprotect", program_mprotect },
	{ "remap", program_remap },
	{ "madvise", program_madvise },
#if LINUX
	{ "mremap", program_mremap },
#endif
	{ "fork", program_fork },
};

static uint64_t
total(bool stale)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i <= options.witnesses; i++)
		sum += atomic_load(stale ? &witness[i].stale :
		    &witness[i].checks);
	return sum;
}

/* Returns how many uses were wrong. */
static uint64_t
run_program(const struct program *p)
{
	static const unsigned sizes[] = { 1, 3, PAGES };
	const uint64_t checks = total(false), stale = total(true);

	for (unsigned i = 0; i < options.rounds; i++)
		p->round(sizes[i % 3]);
	begin();
	expect(0, NOTHING, 0, 0);
	publish();
	must(munmap(slot_at(0), PAGES * page_size), "munmap");
	printf("stress %s rounds %u checks %llu stale %llu\n", p->name,
	    options.rounds,
	    (unsigned long long)(total(false) - checks),
	    (unsigned long long)(total(true) - stale));
	for (unsigned i = 0; i <= options.witnesses; i++) {
		if (witness[i].first[0] != '\0')
			printf("stale %s: %s\n", p->name, witness[i].first);
		witness[i].first[0] = '\0';
	}
	return total(true) - stale;
}

uint64_t
run_programs(void)
{
	uint64_t stale = 0;

	start(run_witness, false);
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		stale += run_program(&programs[i]);
	stop();
	return stale;
}
