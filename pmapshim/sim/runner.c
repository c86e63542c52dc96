/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * runner.c: makes a row ready and runs schedules from the same state.
 *
 * Boot and set-up run on the caller's own stack, one vCPU after the other,
 * under sequential consistency; then everything is saved.
 */
#include "pmapshim/sim/sim.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct sim sim;

static jmp_buf boot_jump;

_Noreturn void
sim_boot_abort(void)
{
	if (!sim.booting)
		abort();
	longjmp(boot_jump, 1);
}

/* ---- the machine behind explore ------------------------------------------------- */

static void
ops_hide(void *ctx, unsigned cpu)
{
	(void)ctx;
	hooks_settle();
	machine_hide(sim.m, cpu);
}

static void
ops_show(void *ctx, unsigned cpu)
{
	(void)ctx;
	machine_show(sim.m, cpu);
	if (sim_tracing())
		sim_emit_switch(cpu);
}

static unsigned
ops_buffered(void *ctx, unsigned cpu)
{
	(void)ctx;
	return machine_buffered(sim.m, cpu);
}

static void
ops_drain(void *ctx, unsigned cpu, unsigned n)
{
	(void)ctx;
	machine_drain(sim.m, cpu, n);
	explore_progress();
}

/* Speculative walks, then INVLPGBs that the vCPU has not carried out. */
static unsigned
ops_walks(void *ctx, unsigned cpu)
{
	(void)ctx;
	return machine_walks(sim.m, cpu) +
	    machine_pending_broadcasts(sim.m, cpu);
}

static void
ops_walk(void *ctx, unsigned cpu, unsigned k)
{
	const unsigned walks = machine_walks(sim.m, cpu);

	(void)ctx;
	if (k < walks)
		machine_walk(sim.m, cpu, k);
	else
		machine_broadcast_step(sim.m, cpu, k - walks);
}

/*
 * A drain outside of the machine's RAM is a plain store.  All else may touch
 * anything: the oracle looks at every processor.
 */
static void
ops_describe(void *ctx, enum choice_kind what, unsigned cpu, unsigned k,
             struct explore_event *ret)
{
	const void *const p = machine_oldest(sim.m, cpu);

	(void)ctx;
	(void)k;
	if (what != CHOICE_DRAIN || p == NULL || machine_ptr(sim.m,
	    machine_gpa(sim.m, p)) != NULL) {
		ret->flags |= EXPLORE_OPAQUE;
		return;
	}
	ret->access[ret->count++] = (struct explore_access){
	    .object = (uintptr_t)p >> 3, .mode = EXPLORE_WRITE };
}

static const struct explore_ops sim_explore_ops = {
	.hide = ops_hide, .show = ops_show, .buffered = ops_buffered,
	.drain = ops_drain, .interrupt = sim_interrupt, .walks = ops_walks,
	.walk = ops_walk, .describe = ops_describe
};

/* ---- making a row ready ------------------------------------------------------------ */

static void *
pages(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("shootdown: cannot allocate the simulated machine");
		exit(3);
	}
	return p;
}

/* Memory that is not touched costs nothing, so a larger machine may stay. */
static void
machine_allocate(unsigned cpus)
{
	static unsigned made_for;

	if (cpus <= made_for)
		return;
	if (sim.m != NULL) {
		munmap(sim.m, machine_size(made_for));
		munmap(sim.hv, HV_PARTITION_SIZE(made_for));
	}
	sim.m = pages(machine_size(cpus));
	sim.hv = pages(HV_PARTITION_SIZE(cpus));
	made_for = cpus;
}

static void
sim_allocate(void)
{
	if (sim.ram != NULL)
		return;
	/* RAM starts at an even frame so that pairs are 8 KiB-aligned */
	sim.ram = pages((MACHINE_MAX_FRAMES + 1) * MACHINE_PAGE);
	sim.ram += (uintptr_t)sim.ram & MACHINE_PAGE;
	sim.arena = pages(SIM_ARENA);
	sim.saved_arena = pages(SIM_ARENA);
	explore_setup(&sim_explore_ops);
}

static void
stray_store(const void *addr, unsigned size)
{
	char text[160];
	gpa_t pa = machine_gpa(sim.m, addr);

	snprintf(text, sizeof(text), "a store of %u bytes at physical 0x%llx, "
	    "which is %s", size, (unsigned long long)pa,
	    machine_frame_use(sim.m, pa) == FRAME_GUARD ?
	    "past the end of a hypercall page" : "a page that is free");
	sim_finding(FINDING_OUT_OF_BOUNDS, NULL, 0, text);
	sim_stop();
}

static struct machine_config
boot_config(const struct row *row)
{
	struct machine_config c = row->machine;

	c.nested = c.nested || (row->scenario->needs & NEEDS_NESTED);
	c.tso = false;
	c.swallow = false;
	c.cpus = row->vcpus;
	return c;
}

static void
boot_vcpus(void)
{
	for (unsigned c = 0; c < sim.row.vcpus; c++) {
		explore_hot.current = c;
		sim.k->cpu_boot();
		hooks_settle();
		machine_start(sim.m, c, machine_cr3(sim.m, c),
		    machine_cr4(sim.m, c));
		machine_set_if(sim.m, c, true);
	}
	explore_hot.current = 0;
}

static void
make_world(void)
{
	struct scenario_world *w = &sim.world;

	explore_hot.current = sim.row.programs != 0 ? sim.row.place[0] : 0;
	*w = (struct scenario_world){ .k = sim.k,
	    .vcpus = row_programs(&sim.row),
	    .place = sim.row.programs != 0 ? sim.row.place : NULL,
	    .user_va = sim.k->user_va, .kernel_va = sim.k->kernel_va,
	    .data = sim.row.scenario->data };
	for (w->nframes = 0; w->nframes < SCENARIO_MAX_FRAMES; w->nframes++)
		w->frames[w->nframes] = scn_frame_alloc();
	w->space = sim.k->space_create();
	if (sim.row.scenario->other_space)
		w->other = sim.k->space_create();
	sim.row.scenario->setup(w);
	for (unsigned c = 0; c < sim.row.vcpus; c++) {
		if (sim.program[c] == SIM_IDLE)
			continue;
		explore_hot.current = c;
		sim.k->activate(w->space);
		/* so that PTI's user root may be cached from the start */
		scn_enter_user(w);
		scn_leave_user(w);
		hooks_settle();
	}
	explore_hot.current = 0;
}

static int
boot(void)
{
	const struct kernel_boot b = { .cpus = sim.row.vcpus,
	    .mode = sim.row.mode, .hypercall = sim.row.hypercall,
	    .mutant = sim.row.mutant };

	if (sim.k->boot(&b) != 0)
		return -1;
	hooks_settle();
	boot_vcpus();
	if (sim.row.hypercall && sim.k->attach() != 0)
		return -1;
	hooks_settle();
	make_world();
	hooks_settle();
	sim.world.k = operations_filter(sim.k);
	return 0;
}

static void
save_all(void)
{
	machine_save(sim.m);
	object_save();
	memcpy(sim.saved_arena, sim.arena, sim.arena_used);
	sim.saved_arena_used = sim.arena_used;
	memcpy(sim.saved_vcpu, sim.vcpu,
	    sim.row.vcpus * sizeof(sim.vcpu[0]));
	hv_partition_save(sim.hv);
	sim.saved_roots = sim.roots;
	sim_input_save();
	sim.saved_world = sim.world;
}

static void
place_programs(void)
{
	const bool plain = sim.row.programs == 0;

	for (unsigned c = 0; c < sim.row.vcpus; c++)
		sim.program[c] = plain ? c : SIM_IDLE;
	for (unsigned i = 0; i < sim.row.programs; i++)
		sim.program[sim.row.place[i]] = i;
}

static void
prepare_machine(void)
{
	const struct machine_config c = boot_config(&sim.row);

	machine_init(sim.m, &c, &sim_machine_hooks, sim.ram);
	machine_set_kernel_start(sim.m, 1ull << 63);
	hv_partition_init(sim.hv, &sim.row.host, &sim_hv_env, sim.row.vcpus,
	    sim.row.vp_index);
	memset(sim.vcpu, 0, sim.row.vcpus * sizeof(sim.vcpu[0]));
	place_programs();
	sim.arena_used = 0;
	sim.roots.count = 0;
	sim_input_reset();
	sim.result = NULL;
	sim.boot_trouble[0] = '\0';
	hooks_attach(sim.m, sim.ram);
	hooks_stray = stray_store;
	hooks_input = sim_input_stored;
	explore_hot.current = 0;
	explore_hot.countdown = INT64_MAX;
	explore_hot.active = false;
}

int
runner_open(const struct row *row, char **ret_why)
{
	char text[512];
	int rc;

	if (scenario_missing(row->scenario, row->kernel) != NULL) {
		*ret_why = strdup(scenario_missing(row->scenario,
		    row->kernel));
		return -1;
	}
	sim_allocate();
	machine_allocate(row->vcpus);
	sim.row = *row;
	sim.k = row->kernel;
	if (object_select(sim.k) != 0) {
		*ret_why = strdup("the kernel object is not a loaded shared "
		    "object, or too many are loaded");
		return -1;
	}
	prepare_machine();
	sim.booting = true;
	rc = setjmp(boot_jump) == 0 ? boot() : -1;
	sim.booting = false;
	if (rc != 0) {
		snprintf(text, sizeof(text), "%s did not boot: %s",
		    sim.k->name, sim.boot_trouble[0] != '\0' ?
		    sim.boot_trouble : "its boot function failed");
		*ret_why = strdup(text);
		return -1;
	}
	save_all();
	sim.open = true;
	runner_machine(&row->machine);
	return 0;
}

void
runner_close(void)
{
	sim.open = false;
	hooks_attach(NULL, NULL);
}

void
runner_machine(const struct machine_config *c)
{
	sim.row.machine = *c;
	sim.row.machine.cpus = sim.row.vcpus;
	if (sim.row.scenario->needs & NEEDS_NESTED)
		sim.row.machine.nested = true;
	sim.row.machine.swallow = sim.row.swallow;
	machine_configure(sim.m, &sim.row.machine);
	hooks_memory(c->tso);
}

void
runner_host(const struct hv_profile *p)
{
	sim.row.host = *p;
	sim.hv->profile = *p;
}

void
runner_leave_out(const uint32_t left_out[RUNNER_MAX_CPUS])
{
	memcpy(sim.row.left_out, left_out, sizeof(sim.row.left_out));
}

/* ---- one run ----------------------------------------------------------------------- */

static void
vcpu_main(void *arg, unsigned cpu)
{
	(void)arg;
	if (sim.program[cpu] != SIM_IDLE)
		sim.row.scenario->program(&sim.world, sim.program[cpu]);
	hooks_settle();
	if (sim.k->check_idle != NULL)
		sim.k->check_idle();
	hooks_settle();
}

static void
restore_all(void)
{
	machine_restore(sim.m);
	object_restore();
	memcpy(sim.arena, sim.saved_arena, sim.saved_arena_used);
	sim.arena_used = sim.saved_arena_used;
	for (unsigned c = 0; c < sim.row.vcpus; c++)
		memcpy(&sim.vcpu[c], &sim.saved_vcpu[c],
		    offsetof(struct sim_vcpu, op));
	hv_partition_restore(sim.hv);
	sim.roots = sim.saved_roots;
	sim_input_restore();
	sim.world = sim.saved_world;
	sim.ipis = 0;
	operations_reset();
}

static void
stuck(struct run_result *r)
{
	struct machine_finding f = { .kind = FINDING_LIVELOCK };
	size_t at = 0;

	if (r->explore.end == EXPLORE_DEADLOCK)
		f.kind = FINDING_DEADLOCK;
	r->found = true;
	r->operation = NULL;
	if (f.kind == FINDING_LIVELOCK)
		snprintf(r->message, sizeof(r->message),
		    "no end after %llu scheduling points",
		    (unsigned long long)r->explore.steps);
	for (unsigned c = 0; c < sim.row.vcpus; c++) {
		const char *op = sim.vcpu[c].last_op;

		if (f.kind != FINDING_DEADLOCK ||
		    !explore_task_result(c).waits)
			continue;
		if (r->operation == NULL)
			r->operation = op;
		at += (size_t)snprintf(r->message + at,
		    sizeof(r->message) - at, "%svCPU %u waits in %s",
		    at > 0 ? "; " : "", c, op != NULL ? op : "its program");
		if (at >= sizeof(r->message))
			break;
	}
	r->finding = f;
}

static void
stats_fill(struct run_result *r)
{
	const struct machine_stats *s = machine_stats(sim.m);
	const struct hv_partition_state *h = &sim.hv->now;
	const struct hv_partition_state *h0 = &sim.hv->saved;

	r->stats = (struct run_stats){
		.steps = r->explore.steps, .candidates = s->candidates,
		.remote_candidates = s->remote_candidates,
		.invalidations = s->invalidations,
		.overflush = s->overflush, .ipis = sim.ipis,
		.hypercalls = h->calls - h0->calls,
		.flush_calls = h->flush_calls - h0->flush_calls,
		.flush_ex_calls = h->flush_ex_calls - h0->flush_ex_calls,
		.targets = h->targets - h0->targets,
	};
}

/* A flush asks every vCPU, and meanwhile every vCPU runs. */
static uint64_t
max_steps(void)
{
	const uint64_t words = (sim.row.vcpus + 63) / 64;

	return SIM_MAX_STEPS * words * words;
}

void
runner_run(const struct strategy *strategy, struct schedule *record,
           struct run_result *ret)
{
	restore_all();
	ret->found = false;
	ret->message[0] = '\0';
	ret->operation = ret->file = NULL;
	ret->line = 0;
	sim.result = ret;
	explore_run(sim.row.vcpus, vcpu_main, NULL, strategy, max_steps(),
	    record, &ret->explore);
	explore_hot.countdown = INT64_MAX;
	if (!ret->found && ret->explore.end == EXPLORE_DONE)
		machine_finish(sim.m);
	else if (!ret->found && ret->explore.end != EXPLORE_CUT &&
	    !operations_illegal())
		stuck(ret);
	stats_fill(ret);
	ret->overflowed = machine_overflowed(sim.m);
	sim.result = NULL;
}

uint64_t
sim_hash(uint64_t h, const void *p, size_t size)
{
	const char *at = p;
	uint64_t word;

	for (; size >= sizeof(word); size -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		h = (h ^ word) * 0x9e3779b97f4a7c15ull;
		h ^= h >> 32;
		at += sizeof(word);
	}
	for (; size > 0; size--)
		h = (h ^ (unsigned char)*at++) * 0x100000001b3ull;
	return h;
}

static uint64_t
vcpu_hash(uint64_t h, unsigned c)
{
	const struct sim_vcpu *v = &sim.vcpu[c];
	const uint64_t words[] = { v->vectors, v->nmi, v->in_nmi, v->in_host,
	    v->ops, v->invals,
	    machine_cr3(sim.m, c), machine_cr4(sim.m, c),
	    (uint64_t)machine_mode(sim.m, c), machine_if(sim.m, c),
	    machine_buffered(sim.m, c) };

	return sim_hash(h, words, sizeof(words));
}

uint64_t
runner_state(void)
{
	uint64_t h = object_hash(sim_hash(0, sim.arena, sim.arena_used));

	for (unsigned f = 0; f < MACHINE_MAX_FRAMES; f++)
		if (machine_frame_use(sim.m, MACHINE_RAM_BASE +
		    f * MACHINE_PAGE) != FRAME_FREE)
			h = sim_hash(h, sim.ram + f * MACHINE_PAGE,
			    MACHINE_PAGE);
	for (unsigned c = 0; c < sim.row.vcpus; c++)
		h = vcpu_hash(h, c);
	h = sim_hash(h, machine_stats(sim.m), sizeof(struct machine_stats));
	return h ^ sim.hv->now.calls ^ (uint64_t)sim.hv->now.targets << 32;
}

void
runner_trace(void (*sink)(void *ctx, const struct trace_event *e), void *ctx)
{
	struct machine_hooks h = sim_machine_hooks;

	sim.sink = sink;
	sim.sink_ctx = ctx;
	hooks_tracing = sink != NULL;
	if (sink != NULL) {
		h.event = sim_machine_event;
		h.unwanted = 0;
	}
	if (sim.m != NULL)
		machine_set_hooks(sim.m, &h);
}
