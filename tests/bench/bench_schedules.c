/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_schedules: what whole schedules cost, beside the bare fiber switch of
 * the same run.
 *
 * 4 vCPUs of 64 operations each under `random`, store buffers on: once on
 * plain words, once through page tables that the vCPUs change and invalidate
 * (the oracle has work to do).  Then what restoring the machine costs by the
 * number of frames that a run has touched.  Prints; asserts nothing.
 */
#include "explore/explore.h"
#include "model/model.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUS 4
#define OPS 64
#define PAGES 4
#define SECONDS 2.0
#define VA 0x400000ull
#define UPPER (PTE_P | PTE_W | PTE_U | PTE_A)
#define LEAF (UPPER | PTE_D)

static uint64_t *words, *leaf;          /* data; the page table's entries */
static gpa_t root;
static uint64_t frame[PAGES];

/* ---- the machine --------------------------------------------------------------- */

static void
no_finding(void *ctx, const struct machine_finding *f)
{
	(void)ctx;
	(void)f;
}

static uint64_t *
new_table(uint64_t *parent, unsigned index)
{
	uint64_t *t = machine_frame_alloc(m, FRAME_TABLE);

	if (parent != NULL)
		machine_store_locked(m, 0, &parent[index],
		    machine_gpa(m, t) | UPPER, 8);
	return t;
}

static void
make_machine(bool oracle)
{
	const struct machine_config config = { .cpus = CPUS, .tso = true,
	    .speculative_fills = oracle, .upper_caches = oracle,
	    .invpcid_drains = true };
	const struct machine_hooks hooks = { .finding = no_finding };
	void *ram = aligned_alloc(MACHINE_PAGE,
	    MACHINE_MAX_FRAMES * MACHINE_PAGE);
	uint64_t *table;

	m = malloc(machine_size(CPUS));
	if (m == NULL || ram == NULL)
		abort();
	machine_init(m, &config, &hooks, ram);
	table = new_table(NULL, 0);
	root = machine_gpa(m, table);
	table = new_table(table, VA >> 39 & 511);
	table = new_table(table, VA >> 30 & 511);
	leaf = new_table(table, VA >> 21 & 511);
	words = machine_frame_alloc(m, FRAME_KERNEL);
	for (unsigned i = 0; i < PAGES; i++) {
		frame[i] = machine_gpa(m, machine_frame_alloc(m, FRAME_DATA));
		machine_store_locked(m, 0, &leaf[i], frame[i] | LEAF, 8);
	}
	machine_space_add(m, root, 0, SPACE_USER);
	for (unsigned c = 0; c < CPUS; c++)
		machine_start(m, c, root, 0);
	machine_save(m);
}

static void
store(unsigned cpu, uint64_t *p, uint64_t value)
{
	machine_store_before(m, cpu, p, 8);
	*p = value;
	machine_store_settle(m, cpu);
}

/* ---- programs --------------------------------------------------------------------- */

static void
plain_task(void *arg, unsigned cpu)
{
	(void)arg;
	for (unsigned i = 0; i < OPS; i++) {
		uint64_t *const p = &words[(i + cpu) % 8];

		explore_point();
		if (i % 2 == 0)
			store(cpu, p, i);
		else
			(void)*(volatile uint64_t *)p;
	}
}

/* One operation of 16 changes an entry, and the next invalidates it. */
static void
paging_task(void *arg, unsigned cpu)
{
	(void)arg;
	for (unsigned i = 0; i < OPS; i++) {
		const unsigned page = (i / 16 + cpu) % PAGES;

		explore_point();
		if (i % 16 == 0)
			store(cpu, &leaf[page], frame[(page + i) % PAGES] |
			    LEAF);
		else if (i % 16 == 1)
			machine_invlpg(m, cpu, VA + page * MACHINE_PAGE);
		else
			(void)machine_access(m, cpu,
			    VA + i % PAGES * MACHINE_PAGE, i % 2 != 0);
	}
}

/* ---- measuring --------------------------------------------------------------------- */

static void
bench(const char *name, void (*task)(void *arg, unsigned cpu), double floor)
{
	struct strategy st = { .kind = STRATEGY_RANDOM };
	struct explore_result res;
	uint64_t steps = 0, switches = 0;
	double start, took;

	start = bench_seconds();
	do {
		for (unsigned i = 0; i < 1000; i++, st.seed++) {
			machine_restore(m);
			explore_run(CPUS, task, NULL, &st, UINT64_MAX, NULL,
			    &res);
			steps += res.steps;
			switches += res.switches;
		}
		took = bench_seconds() - start;
	} while (took < SECONDS);
	printf("| %s | %.0f k | %.1f M | %.1f | %.1f | %.1f |\n", name,
	    (double)st.seed / took / 1e3, (double)steps / took / 1e6,
	    took * 1e9 / (double)steps, took * 1e9 / (double)steps / floor,
	    (double)switches / (double)st.seed);
}

static void
bench_restore(unsigned frames)
{
	const unsigned repeat = 2000;
	double start, spent = 0;

	for (unsigned i = 0; i < repeat; i++) {
		for (unsigned f = 0; f < frames; f++)
			(void)machine_frame_alloc(m, FRAME_DATA);
		start = bench_seconds();
		machine_restore(m);
		spent += bench_seconds() - start;
	}
	printf("| %u of %u | %.2f |\n", frames, MACHINE_FRAMES,
	    spent * 1e6 / repeat);
}

int
main(void)
{
	const struct explore_ops ops = {
		.hide = ops_hide, .show = ops_show, .buffered = ops_buffered,
		.drain = ops_drain, .interrupt = ops_interrupt,
	};
	const double floor = bench_bare_switch();

	explore_setup(&ops);
	printf("bare fiber switch: %.2f ns\n\n"
	    "| 4 vCPUs of 64 operations | schedules/s | steps/s | ns a step | "
	    "in switches | switches a schedule |\n|---|---|---|---|---|---|\n",
	    floor);
	make_machine(false);
	bench("words behind store buffers", plain_task, floor);
	make_machine(true);
	bench("through page tables, with the oracle", paging_task, floor);
	printf("\n| frames touched | restore, us |\n|---|---|\n");
	for (unsigned frames = 0; frames <= 256;
	    frames = frames == 0 ? 1 : frames * 4)
		bench_restore(frames);
	return EXIT_SUCCESS;
}
