/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_scale: what the number of vCPUs costs: the same program on machines of
 * 2 to 1024 vCPUs under `random`, with store buffers, oracle and fake
 * hypervisor.
 *
 * Everything is printed by vCPU, by step or by target, and the growth against
 * the smallest machine after it: in proportion means that it stays near 1.
 * Going back after a run of two vCPUs has to cost the same on any machine.
 * Asserts nothing.
 */
#include "explore/explore.h"
#include "hvsim/hvsim.h"
#include "model/model.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPS 64
#define PAGES 8
#define SECONDS 0.5
#define VA 0x400000ull
#define UPPER (PTE_P | PTE_W | PTE_U | PTE_A)
#define LEAF (UPPER | PTE_D)
#define FLUSH_SPACE_EX 0x13ull
#define ALL_PROCESSORS 1

static unsigned vcpus;
static struct hv_partition *hv;
static char *ram;
static uint64_t *leaf, *input;
static gpa_t root;
static uint64_t frame[PAGES];
static bool shoots;             /* vCPU 0 takes pages away and flushes */

/* ---- machine and host ------------------------------------------------------------ */

static void
no_finding(void *ctx, const struct machine_finding *f)
{
	(void)ctx;
	(void)f;
	abort();                /* the program is right */
}

static int
host_read(void *ctx, uint64_t gpa, void *buf, size_t size)
{
	(void)ctx;
	memcpy(buf, machine_ptr(m, gpa), size);
	return 0;
}

static void
host_point(void *ctx)
{
	(void)ctx;
	explore_point();
}

static unsigned
host_choose(void *ctx, unsigned n)
{
	(void)ctx;
	return explore_hot.active ? explore_choose(n) : 0;
}

static void
host_flush(void *ctx, unsigned vp, const struct hv_flush *f,
           const struct hv_range *range, enum hv_globals globals, bool any,
           uint64_t space)
{
	const struct machine_flush mf = { .any_root = any, .root = space,
	    .keep_global = globals == HV_GLOBALS_KEEP, .whole = true };

	(void)ctx;
	(void)f;
	(void)range;
	machine_flush(m, vp, &mf);
	explore_progress();
}

static void
host_fault(void *ctx, unsigned vp, uint64_t control, const struct hv_fault *f)
{
	(void)ctx;
	(void)vp;
	(void)control;
	(void)f;
	abort();
}

static const struct hv_env host_env = { .read = host_read, .point = host_point,
	.choose = host_choose, .flush = host_flush, .fault = host_fault };

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
make_tables(void)
{
	uint64_t *table = new_table(NULL, 0);

	root = machine_gpa(m, table);
	table = new_table(table, VA >> 39 & 511);
	table = new_table(table, VA >> 30 & 511);
	leaf = new_table(table, VA >> 21 & 511);
	input = machine_frame_alloc(m, FRAME_HYPERCALL);
	for (unsigned i = 0; i < PAGES; i++) {
		frame[i] = machine_gpa(m, machine_frame_alloc(m, FRAME_DATA));
		machine_store_locked(m, 0, &leaf[i], frame[i] | LEAF, 8);
	}
	machine_space_add(m, root, 0, SPACE_USER);
}

static void
make_host(void)
{
	struct hv_profile p;

	if (hv_profile_find("tlfs", &p) != 0)
		abort();
	hv_partition_init(hv, &p, &host_env, vcpus, NULL);
	if (hv_wrmsr(hv, 0, HVA_MSR_GUEST_OS_ID, 1) != 0 ||
	    hv_wrmsr(hv, 0, HVA_MSR_HYPERCALL, 0x80001) != 0)
		abort();
	input[0] = root;
	input[1] = ALL_PROCESSORS;
	hv_partition_save(hv);
}

static void
make_machine(void)
{
	const struct machine_config config = { .cpus = vcpus, .tso = true,
	    .speculative_fills = true, .upper_caches = true,
	    .invpcid_drains = true };
	const struct machine_hooks hooks = { .finding = no_finding };

	m = malloc(machine_size(vcpus));
	hv = malloc(HV_PARTITION_SIZE(vcpus));
	if (m == NULL || hv == NULL)
		abort();
	machine_init(m, &config, &hooks, ram);
	make_tables();
	make_host();
	for (unsigned c = 0; c < vcpus; c++) {
		machine_start(m, c, root, 0);
		machine_set_if(m, c, true);
	}
	machine_save(m);
}

/* ---- the program -------------------------------------------------------------------- */

/* Takes a page away from everybody, flushes them all, gives it back. */
static void
shoot_down(unsigned cpu, unsigned page)
{
	const struct machine_scope s = { root, VA + page * MACHINE_PAGE,
	    VA + (page + 1) * MACHINE_PAGE };

	machine_store_locked(m, cpu, &leaf[page], 0, 8);
	if ((hv_hypercall(hv, cpu, FLUSH_SPACE_EX,
	    machine_gpa(m, input), 0) & 0xffff) != 0)
		abort();
	machine_invalidated(m, cpu, &s);
	machine_store_locked(m, cpu, &leaf[page], frame[page] | LEAF, 8);
}

static void
step(unsigned cpu, unsigned i)
{
	const gva_t va = VA + (cpu + i) % PAGES * MACHINE_PAGE;

	explore_point();
	switch (i % 8) {
	case 0:
		machine_invlpg(m, cpu, va);
		break;
	case 1:
		machine_set_if(m, cpu, i % 16 != 1);
		break;
	case 2:
		machine_store_before(m, cpu, &input[64 + cpu % 64], 8);
		input[64 + cpu % 64] = i;
		machine_store_settle(m, cpu);
		break;
	default:
		if (!shoots)
			(void)machine_access(m, cpu, va, false);
		break;
	}
}

static void
task(void *arg, unsigned cpu)
{
	(void)arg;
	for (unsigned i = 0; i < OPS; i++) {
		if (shoots && cpu == 0 && i % 16 == 8)
			shoot_down(cpu, i / 16);
		else
			step(cpu, i);
	}
	machine_set_if(m, cpu, true);
}

/* ---- measuring ------------------------------------------------------------------------ */

struct cost {
	double step;            /* ns, of the run */
	double reset;           /* ns, of one going back */
};

/* Seconds that it takes to look at the clock. */
static double
clock_cost(void)
{
	const double start = bench_seconds();

	for (unsigned i = 0; i < 10000; i++)
		(void)bench_seconds();
	return (bench_seconds() - start) / 10000;
}

static struct cost
measure(unsigned tasks)
{
	const double clock = clock_cost();
	struct strategy st = { .kind = STRATEGY_RANDOM };
	struct explore_result res;
	uint64_t steps = 0, runs = 0;
	double running = 0, reset = 0, start, middle;

	do {
		st.seed = ++runs;
		start = bench_seconds();
		explore_run(tasks, task, NULL, &st, UINT64_MAX, NULL, &res);
		middle = bench_seconds();
		machine_restore(m);
		hv_partition_restore(hv);
		reset += bench_seconds() - middle - clock;
		running += middle - start;
		steps += res.steps;
		if (machine_overflowed(m))
			abort();
	} while (running + reset < SECONDS);
	return (struct cost){ running * 1e9 / (double)steps,
		reset * 1e9 / (double)runs };
}

struct row {
	double bytes;           /* machine and partition, by vCPU */
	double step, reset;     /* all vCPUs run; reset by vCPU */
	double shot_step;       /* the same with shootdowns of all vCPUs */
	double reset_two;       /* two vCPUs ran; not by vCPU */
};

static struct row
measure_row(void)
{
	struct row r = { 0 };
	struct cost c;

	make_machine();
	r.bytes = (double)(machine_size(vcpus) + HV_PARTITION_SIZE(vcpus) -
	    machine_size(0) - HV_PARTITION_SIZE(0)) / vcpus;
	shoots = false;
	c = measure(vcpus);
	r.step = c.step;
	r.reset = c.reset / vcpus;
	r.reset_two = measure(2).reset;
	shoots = true;
	r.shot_step = measure(vcpus).step;
	free(m);
	free(hv);
	return r;
}

int
main(void)
{
	static const unsigned sizes[] = { 2, 8, 64, 256, 1024 };
	const struct explore_ops ops = {
		.hide = ops_hide, .show = ops_show, .buffered = ops_buffered,
		.drain = ops_drain, .interrupt = ops_interrupt,
	};
	struct row first = { 0 }, r;

	ram = aligned_alloc(MACHINE_PAGE, MACHINE_MAX_FRAMES * MACHINE_PAGE);
	if (ram == NULL)
		abort();
	explore_setup(&ops);
	printf("bare fiber switch: %.2f ns; a machine of no vCPU: %.1f MiB\n\n"
	    "| vCPUs | KiB a vCPU | ns a step | with shootdowns | reset, ns a "
	    "vCPU | reset after two ran, ns |\n|---|---|---|---|---|---|\n",
	    bench_bare_switch(), (double)machine_size(0) / (1 << 20));
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		vcpus = sizes[i];
		r = measure_row();
		if (i == 0)
			first = r;
		printf("| %u | %.0f (x %.2f) | %.1f (x %.2f) | %.1f (x %.2f) | "
		    "%.0f (x %.2f) | %.0f (x %.2f) |\n", vcpus, r.bytes / 1024,
		    r.bytes / first.bytes, r.step, r.step / first.step,
		    r.shot_step, r.shot_step / first.shot_step, r.reset,
		    r.reset / first.reset, r.reset_two,
		    r.reset_two / first.reset_two);
	}
	return EXIT_SUCCESS;
}
