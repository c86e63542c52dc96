/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exec.c: vCPUs execute their columns, one event an instruction.
 *
 * What an event touches is declared before it.  Instructions that wait for the
 * store buffer are fences: the drains are events of their own.
 */
#include "litmus/run.h"

#include <string.h>

/* ---- the host ------------------------------------------------------------ */

static int
host_read(void *ctx, uint64_t gpa, void *buf, size_t size)
{
	const char *p = machine_ptr(run.m, gpa);

	(void)ctx;
	if (p == NULL || machine_ptr(run.m, gpa + size - 1) == NULL)
		return -1;
	memcpy(buf, p, size);
	return 0;
}

static void
host_point(void *ctx)
{
	const struct explore_event e = { 0 };

	(void)ctx;
	touch_point(&e);
}

static unsigned
host_choose(void *ctx, unsigned n)
{
	(void)ctx;
	return explore_choose(n);
}

static void
host_flush(void *ctx, unsigned vp, const struct hv_flush *f,
           const struct hv_range *range, enum hv_globals globals,
           bool any_space, uint64_t root)
{
	struct machine_flush mf = { .any_root = any_space,
	    .root = root & PTE_ADDR,
	    .keep_global = globals == HV_GLOBALS_KEEP,
	    .global_match = globals == HV_GLOBALS_MATCH,
	    .whole = range == NULL };
	struct explore_event e = { 0 };

	(void)ctx;
	(void)f;
	if (range != NULL) {
		mf.va = range->va;
		mf.bytes = range->bytes;
	}
	touch_flush(&e, vp);
	touch_now(&e);
	machine_flush(run.m, vp, &mf);
}

/* The caller gets its status; a test may look at it. */
static void
host_fault(void *ctx, unsigned vp, uint64_t control, const struct hv_fault *f)
{
	(void)ctx;
	(void)vp;
	(void)control;
	(void)f;
}

const struct hv_env exec_hv_env = {
	.read = host_read, .point = host_point, .choose = host_choose,
	.flush = host_flush, .fault = host_fault
};

/* ---- interrupts ---------------------------------------------------------- */

void
exec_attention(unsigned cpu)
{
	explore_attention(cpu, run.cpu[cpu].pending > 0 &&
	    !run.cpu[cpu].in_host && machine_if(run.m, cpu));
}

static void
add_mask(struct explore_event *e, unsigned cpu)
{
	touch_add(e, EXPLORE_IRQ(cpu), EXPLORE_MASK);
}

static void
send_ipi(const struct run_insn *x)
{
	struct explore_event e = { 0 };

	touch_add(&e, EXPLORE_IRQ(x->i->cpu), x->i->cpu == x->cpu ?
	    EXPLORE_MASK : EXPLORE_SEND);
	touch_point(&e);
	run.cpu[x->i->cpu].pending++;
	exec_attention(x->i->cpu);
	explore_progress();
}

static void
set_if(const struct run_insn *x)
{
	struct explore_event e = { 0 };

	add_mask(&e, x->cpu);
	touch_point(&e);
	machine_set_if(run.m, x->cpu, x->i->op == OP_STI);
	exec_attention(x->cpu);
}

/* IRET: drains, and takes interrupts again. */
static void
enter_user(const struct run_insn *x)
{
	struct explore_event e = { .flags = EXPLORE_FENCE };

	add_mask(&e, x->cpu);
	touch_point(&e);
	access_drain_all(x->cpu);
	machine_set_mode(run.m, x->cpu, MODE_USER);
	exec_attention(x->cpu);
}

static void
leave_user(const struct run_insn *x)
{
	const struct explore_event e = { 0 };

	touch_point(&e);
	machine_set_mode(run.m, x->cpu, MODE_KERNEL);
}

/* ---- invalidations and contexts ------------------------------------------ */

/* Waits for the buffer and takes from what the cpu may hold. */
static void
drop_point(const struct run_insn *x, bool context, bool fence)
{
	struct explore_event e = { .flags = fence ? EXPLORE_FENCE : 0 };

	touch_drop(&e, x->cpu, context);
	touch_point(&e);
	if (fence)
		access_drain_all(x->cpu);
}

static void
protection(const struct run_insn *x, int status)
{
	run.access[x->id] = (struct run_access){ .done = true,
	    .fault = status != 0, .hit = ID_NONE, .source = ID_NONE,
	    .walk = ID_NONE, .frame = ~0u };
}

static void
invalidate(const struct run_insn *x)
{
	const gva_t va = run.t->page[x->i->page].va;

	if (x->i->op == OP_INVLPG) {
		drop_point(x, false, true);
		machine_invlpg(run.m, x->cpu, va);
		return;
	}
	drop_point(x, false, run.config.invpcid_drains);
	protection(x, machine_invpcid(run.m, x->cpu, (unsigned)x->i->value,
	    x->i->pcid, x->i->value == 0 ? va : 0));
}

static void
load_context(const struct run_insn *x)
{
	uint64_t cr4 = machine_cr4(run.m, x->cpu);

	drop_point(x, true, true);
	if (x->i->op == OP_CR3)
		protection(x, machine_mov_cr3(run.m, x->cpu,
		    setup_cr3(x->i->space) | (x->i->on ? CR3_NOFLUSH : 0)));
	else
		protection(x, machine_mov_cr4(run.m, x->cpu, x->i->on ?
		    cr4 | x->i->value : cr4 & ~x->i->value));
}

static void
fence(const struct run_insn *x)
{
	const struct explore_event e = { .flags = EXPLORE_FENCE };

	touch_point(&e);
	access_drain_all(x->cpu);
}

/* ---- broadcast (APM 3) --------------------------------------------------- */

/* Mirrors what the machine has pending, so that requests can be told apart. */
static void
note_requests(const struct run_insn *x)
{
	for (unsigned c = 0; c < run.t->cpus; c++)
		if (run.cpu[c].asked < RUN_ASKED &&
		    run.cpu[c].asked < machine_pending_broadcasts(run.m, c))
			run.cpu[c].ask[run.cpu[c].asked++] = x->id;
}

static void
broadcast(const struct run_insn *x)
{
	const struct litmus_broadcast *b = &x->i->broadcast;
	const struct machine_invlpgb op = { .va_valid = b->va,
	    .pcid_valid = b->pcid, .globals = b->global,
	    .final_only = b->final, .large = b->stride2m, .count = b->count,
	    .pcid = b->pcid_value,
	    .va = b->va ? run.t->page[x->i->page].va : 0 };
	const bool fence = !run.config.invlpgb_unordered;
	struct explore_event e = { .flags = fence ? EXPLORE_FENCE : 0 };

	touch_sync(&e, x->cpu, EXPLORE_WRITE);
	touch_point(&e);
	if (fence)
		access_drain_all(x->cpu);
	protection(x, machine_invlpgb(run.m, x->cpu, &op));
	note_requests(x);
}

static void
synchronise(const struct run_insn *x)
{
	struct explore_event e = { 0 };

	touch_sync(&e, x->cpu, EXPLORE_READ);
	for (;;) {
		touch_point(&e);
		if (!machine_tlbsync_waits(run.m, x->cpu))
			break;
		explore_spin();
	}
	protection(x, machine_tlbsync(run.m, x->cpu));
}

/* ---- the rest ------------------------------------------------------------ */

static void
wait_word(const struct run_insn *x)
{
	const gpa_t pa = setup_word(x->i->frame, x->i->word);
	const uint64_t *p = setup_pointer(pa);
	struct explore_event e = { 0 };

	touch_load(&e, pa);
	for (;;) {
		touch_point(&e);
		if (p == NULL || *p == x->i->value)
			return;
		explore_spin();
	}
}

/*
 * The vCPU's input page, which a handler may fill anew before the call.  None
 * but its own host reads it, and that drains first: no need for the buffer.
 */
static void
fill_input(const struct run_insn *x)
{
	const struct explore_event e = { 0 };
	uint64_t *p = run.input[x->cpu];

	touch_point(&e);
	for (unsigned i = 0; i < run.call[x->id].words; i++) {
		const uint64_t old = p[i];

		p[i] = run.call[x->id].word[i];
		machine_store_done(run.m, x->cpu, &p[i], old, 8);
	}
}

static void
hypercall(const struct run_insn *x)
{
	struct run_cpu *c = &run.cpu[x->cpu];
	struct explore_event e = { .flags = EXPLORE_FENCE };
	uint64_t result;

	fill_input(x);
	add_mask(&e, x->cpu);
	touch_point(&e);
	access_drain_all(x->cpu);
	c->in_host = true;
	exec_attention(x->cpu);
	result = hv_hypercall(run.hv, x->cpu, run.call[x->id].control,
	    machine_gpa(run.m, run.input[x->cpu]), 0);
	c->in_host = false;
	exec_attention(x->cpu);
	if (x->i->flush.result)
		c->reg[x->i->reg] = result & HVA_RESULT_STATUS;
}

/* Given back, or given out again and filled: the events of an allocator. */
static void
give(const struct run_insn *x)
{
	const struct explore_event e =
	    { .flags = EXPLORE_FENCE | EXPLORE_OPAQUE };
	const uint64_t value = x->i->entry.target != TARGET_NONE ?
	    setup_value(&x->i->entry) : x->i->value;
	uint64_t *p = run.backing[x->i->frame];

	touch_point(&e);
	access_drain_all(x->cpu);
	(void)place_of(setup_word(x->i->frame, 0));
	if (x->i->op == OP_FREE) {
		machine_frame_free(run.m, p);
		return;
	}
	for (unsigned w = 0; w < MACHINE_PAGE / 8; w++)
		machine_store_locked(run.m, x->cpu, &p[w], value, 8);
	for (unsigned i = 0; i < run.places; i++)
		if (setup_frame_at(run.place[i].pa) == x->i->frame)
			place_add(run.place[i].pa, value, x->id);
	explore_progress();
}

static void (*const steps[OP_COUNT])(const struct run_insn *x) = {
	[OP_LOAD] = access_virtual, [OP_STORE] = access_virtual,
	[OP_XCHG] = access_virtual, [OP_FRAME_LOAD] = access_physical,
	[OP_FRAME_STORE] = access_physical, [OP_FRAME_XCHG] = access_physical,
	[OP_ENTRY_LOAD] = access_physical, [OP_ENTRY_STORE] = access_physical,
	[OP_ENTRY_XCHG] = access_physical, [OP_ENTRY_CLEAR] = access_physical,
	[OP_ENTRY_SET] = access_physical, [OP_MFENCE] = fence,
	[OP_INVLPG] = invalidate, [OP_INVPCID] = invalidate,
	[OP_CR3] = load_context, [OP_CR4] = load_context,
	[OP_INVLPGB] = broadcast, [OP_TLBSYNC] = synchronise,
	[OP_CLI] = set_if, [OP_STI] = set_if, [OP_USER] = enter_user,
	[OP_KERNEL] = leave_user, [OP_IPI] = send_ipi, [OP_WAIT] = wait_word,
	[OP_FLUSH] = hypercall, [OP_FREE] = give, [OP_REUSE] = give
};

/*
 * A fault ends the column that it is in: a program, which still takes
 * interrupts, or a handler, which returns.
 */
static void
execute(const struct litmus_code *code, unsigned cpu, bool handler)
{
	bool ended = false;

	for (unsigned i = 0; i < code->count && !ended; i++) {
		const unsigned id = run_id(cpu, handler, i);

		steps[code->insn[i].op](
		    &(struct run_insn){ &code->insn[i], cpu, id });
		ended = run.access[id].fault;
	}
}

void
exec_task(void *arg, unsigned cpu)
{
	(void)arg;
	execute(&run.t->cpu[cpu].code, cpu, false);
}

/* Delivery drains nothing; the handler's IRET does. */
void
exec_interrupt(void *ctx, unsigned cpu)
{
	const bool user = machine_mode(run.m, cpu) == MODE_USER;
	struct explore_event e = { .flags = EXPLORE_FENCE };

	(void)ctx;
	run.cpu[cpu].pending--;
	machine_set_if(run.m, cpu, false);
	machine_set_mode(run.m, cpu, MODE_KERNEL);
	exec_attention(cpu);
	execute(&run.t->cpu[cpu].handler, cpu, true);
	add_mask(&e, cpu);
	touch_point(&e);
	access_drain_all(cpu);
	if (user)
		machine_set_mode(run.m, cpu, MODE_USER);
	machine_set_if(run.m, cpu, true);
	exec_attention(cpu);
}
