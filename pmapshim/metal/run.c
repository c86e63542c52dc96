/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.c: rows on real processors: the kernel object loaded and booted, the
 * scenario set up, all of it saved; then runs from that state.
 *
 * Between runs every processor is in the guest's own tables and has dropped
 * all that it had cached.
 */
#include "pmapshim/metal/metal.h"

#define CR4_GUEST 0x220ull              /* PAE, OSFXSR */
#define CR4_PGE 0x80ull
#define CR4_KERNEL 0x20080ull
#define WIDE 2048u                      /* entries */

extern const struct scenario *const scenarios_all[];

struct metal metal;

static struct kernel_ops watching;      /* notes what is mapped */
static unsigned row_number;

/* void metal_on_stack(void (*f)(void), char *top) */
void metal_on_stack(void (*f)(void), char *top);
__asm__(".text\n"
	".globl metal_on_stack\n"
	"metal_on_stack:\n"
	"	pushq %rbp\n"
	"	movq %rsp, %rbp\n"
	"	movq %rsi, %rsp\n"
	"	call *%rdi\n"
	"	movq %rbp, %rsp\n"
	"	popq %rbp\n"
	"	ret\n");

/* ---- pieces of work on processors -------------------------------------------- */

static void
guarded(void (*f)(void))
{
	if (__builtin_setjmp(metal_self()->stop) == 0)
		f();
}

static void (*the_work)(void);

static void
work_inside(void)
{
	guarded(the_work);
}

static void
work_on(void *arg)
{
	struct metal_cpu *v = metal_self();

	(void)arg;
	metal_on_stack(work_inside, v->stack_high);
}

/* On one processor, to its end. */
static void
do_on(unsigned cpu, void (*f)(void))
{
	the_work = f;
	if (cpu == 0) {
		work_on(NULL);
		return;
	}
	work_give(cpu, work_on, NULL);
	work_wait(cpu);
}

static void
do_on_all(void (*f)(void))
{
	the_work = f;
	for (unsigned c = 1; c < metal.ncpus; c++)
		work_give(c, work_on, NULL);
	work_on(NULL);
	for (unsigned c = 1; c < metal.ncpus; c++)
		work_wait(c);
}

static void
interrupt(unsigned vector)
{
	struct metal_cpu *v = metal_self();

	v->posted[vector / 64 & 3] &= ~(1ull << vector % 64);
	v->pending[vector / 64 & 3] |= 1ull << vector % 64;
}

/* ---- tables ---------------------------------------------------------------------- */

static void
drop_all(void)
{
	write_cr4(CR4_GUEST | CR4_PGE);
	write_cr4(CR4_GUEST);
}

static void
leave_tables(void)
{
	write_cr3(BOOT_ROOT);
	drop_all();
}

/*
 * QEMU's software TLB is direct-mapped, and as large as it has been used before
 * the last time that it was emptied: use it, or it would soon lose what should
 * stay.
 */
static void
widen(void)
{
	volatile char *ram = direct(0x100000);

	for (unsigned pages = 64; pages <= WIDE; pages *= 2) {
		for (unsigned i = 0; i < pages; i++)
			(void)ram[i * PAGE];
		drop_all();
	}
}

static void
enter_tables(struct metal_cpu *v)
{
	widen();
	v->cr3 = v->saved_cr3;
	v->cr4 = v->saved_cr4;
	/* Without invalidations the kernel's root of PTI stays loaded. */
	write_cr3(metal.swallow ? metal_kernel_root(v->cr3) :
	    v->cr3 & PTE_ADDR);
	drop_all();
	write_cr4(CR4_GUEST | (v->cr4 & CR4_KERNEL));
	if (v->cr4 & 0x20000)
		write_cr3(v->cr3);
}

/* ---- set-up ------------------------------------------------------------------------ */

static void
watching_map(void *space, unsigned long va, const unsigned long *frames,
             unsigned pages, unsigned prot)
{
	for (unsigned i = 0; i < pages; i++)
		metal_watch(va + i * PAGE);
	metal.k->map(space, va, frames, pages, prot);
}

static void
boot_kernel(void)
{
	const struct metal_row *r = metal.row;
	const struct kernel_boot b = { .cpus = r->vcpus, .mode = r->mode,
	    .hypercall = (r->flags & METAL_HYPERCALL) != 0,
	    .mutant = r->mutant };

	if (metal.k->boot(&b) != 0)
		metal_trouble(TROUBLE_ASSERTION, "its boot function failed");
}

static void
boot_cpu(void)
{
	struct metal_cpu *v = metal_self();

	write_cr4(CR4_GUEST);
	metal.k->cpu_boot();
	v->vif = true;
}

static void
attach(void)
{
	if (metal.k->attach() != 0)
		metal_trouble(TROUBLE_ASSERTION, "it does not attach");
}

static void
make_world(void)
{
	struct scenario_world *w = &metal.world;

	*w = (struct scenario_world){ .k = &watching,
	    .vcpus = metal.row->vcpus, .user_va = metal.k->user_va,
	    .kernel_va = metal.k->kernel_va,
	    .data = metal.scenario->data };
	for (w->nframes = 0; w->nframes < SCENARIO_MAX_FRAMES; w->nframes++)
		w->frames[w->nframes] = scn_frame_alloc();
	w->space = metal.k->space_create();
	if (metal.scenario->other_space)
		w->other = metal.k->space_create();
	metal.root = metal.k->space_root(w->space);
	metal.scenario->setup(w);
}

static void
enter_world(void)
{
	metal.k->activate(metal.world.space);
	scn_enter_user(&metal.world);
	scn_leave_user(&metal.world);
	metal_settle();
}

static void
reset_cpus(void)
{
	char *const stacks = direct(METAL_STACKS);

	memset(metal.cpu, 0, sizeof(metal.cpu));
	for (unsigned c = 0; c < METAL_MAX_CPUS; c++) {
		metal.cpu[c].number = c;
		metal.cpu[c].stack_low = stacks + c * METAL_STACK_SIZE;
		metal.cpu[c].stack_high = metal.cpu[c].stack_low +
		    METAL_STACK_SIZE;
	}
}

static const char *
load_kernel(const struct metal_object *o)
{
	void *entry = NULL;
	char *end;
	const char *why = elf_load(o + 1, o->bytes, direct(METAL_BEGIN),
	    METAL_OBJECT_SIZE, metal_export, &entry, &metal.object_data,
	    &end);

	if (why != NULL)
		return why;
	metal.object_writable = (size_t)(end - metal.object_data);
	metal.k = ((kernel_entry_fn *)(uintptr_t)entry)();
	return metal.k == NULL || metal.k->abi != KERNEL_ABI ?
	    "built for another version" : NULL;
}

static const char *
boot_row(void)
{
	do_on(0, boot_kernel);
	for (unsigned c = 0; c < metal.ncpus && !metal.trouble; c++)
		do_on(c, boot_cpu);
	if (!metal.trouble && (metal.row->flags & METAL_HYPERCALL))
		do_on(0, attach);
	watching = *metal.k;
	watching.map = watching_map;
	if (!metal.trouble)
		do_on(0, make_world);
	for (unsigned c = 0; c < metal.ncpus && !metal.trouble; c++)
		do_on(c, enter_world);
	metal.world.k = operations_filter(&watching);
	do_on_all(leave_tables);
	return metal.trouble ? metal.why : NULL;
}

/* ---- a run ------------------------------------------------------------------------------- */

static void
meet(uint32_t so_many)
{
	__atomic_add_fetch(&metal.met, 1, __ATOMIC_SEQ_CST);
	while (metal.met < so_many) {
		metal_window();
		pause();
	}
}

static void
run_program(void)
{
	struct metal_cpu *v = metal_self();

	v->in_program = true;
	metal_first_turn();
	metal.scenario->program(&metal.world, v->number);
	metal_settle();
	if (metal.k->check_idle != NULL)
		metal.k->check_idle();
	metal_idle();
}

static void
run_inside(void)
{
	struct metal_cpu *v = metal_self();

	enter_tables(v);
	if (metal.steered || (cpu_random() & 1))
		metal_touch_all();
	meet(metal.ncpus);
	guarded(run_program);
	v->in_program = false;
	v->length = v->local;
	meet(2 * metal.ncpus);
	if (metal.literal)
		literal_forget(v->number);
	/* What is still on its way comes now and is forgotten. */
	for (unsigned i = 0; i < 100; i++)
		metal_window();
	leave_tables();
}

static void
run_cpu(void *arg)
{
	(void)arg;
	metal_on_stack(run_inside, metal_self()->stack_high);
}

static void
run_once(void)
{
	metal_restore();
	for (unsigned c = 1; c < metal.ncpus; c++)
		work_give(c, run_cpu, NULL);
	run_cpu(NULL);
	for (unsigned c = 1; c < metal.ncpus; c++)
		work_wait(c);
}

/* ---- a row -------------------------------------------------------------------------------- */

struct counts {
	uint64_t runs, stale, trouble, diverged, illegal;
};

static void
say_stale(void)
{
	const struct metal_stale *s = &metal.stale;

	say("metal-stale %u cpu %u va %x access %c mode %s seen %x tables %x "
	    "turn %u", (uint64_t)row_number, (uint64_t)s->cpu, s->va,
	    s->access, s->user ? "user" : "kernel", s->seen, s->wanted,
	    (uint64_t)s->turn);
}

static void
count_run(struct counts *c, bool quiet)
{
	c->runs++;
	c->diverged += metal.diverged;
	if (metal.stales != 0 && c->stale++ == 0 && !quiet)
		say_stale();
	if (metal.trouble != TROUBLE_NONE && c->trouble++ == 0 && !quiet)
		say("metal-trouble %u kind %u %s", (uint64_t)row_number,
		    (uint64_t)metal.trouble, metal.why);
	c->illegal += operations_illegal();
}

/* Entries in the range of flushes that the literal host dropped, or kept. */
static uint64_t
host_count(bool kept)
{
	uint64_t n = 0;

	for (unsigned c = 0; c < metal.ncpus && metal.literal; c++)
		n += kept ? literal_counts[c].kept :
		    literal_counts[c].dropped;
	return n;
}

/* Silence is what a lost machine is known by. */
static void
still_here(uint32_t run)
{
	if (run % 8 == 7)
		say("metal-runs %u", (uint64_t)run + 1);
}

static void
run_row(void)
{
	struct counts real = { 0 }, canary = { 0 };

	metal.ipis = metal.hypercalls = metal.gone = 0;
	for (uint32_t i = 0; i < metal.row->runs; i++) {
		run_once();
		count_run(&real, false);
		still_here(i);
	}
	say("metal-done %u runs %u stale %u trouble %u diverged %u illegal %u",
	    (uint64_t)row_number, real.runs, real.stale, real.trouble,
	    real.diverged, real.illegal);
	say("metal-did %u ipis %u hypercalls %u dropped %u kept %u gone %u",
	    (uint64_t)row_number, metal.ipis, metal.hypercalls,
	    host_count(false), host_count(true), metal.gone);
	metal.swallow = true;
	for (uint32_t i = 0; i < metal.row->canaries; i++) {
		run_once();
		count_run(&canary, true);
		still_here(i);
	}
	metal.swallow = false;
	say("metal-canary %u runs %u stale %u", (uint64_t)row_number,
	    canary.runs, canary.stale);
}

static bool
same(const char *a, const char *b)
{
	while (*a == *b && *a != '\0')
		a++, b++;
	return *a == *b;
}

static const char *
missing(const struct metal_row *r)
{
	if (r->vcpus > guest_ncpus || r->vcpus > METAL_MAX_CPUS)
		return "processors";
	if ((r->mode & KMODE_PCID) && !features.pcid)
		return "PCID";
	if ((r->mode & KMODE_INVPCID) && !features.invpcid)
		return "INVPCID";
	if (r->mode & KMODE_INVLPGB)
		return "INVLPGB";
	for (unsigned i = 0; i < r->vcpus && !(r->flags & METAL_LITERAL); i++)
		if ((r->flags & METAL_HYPERCALL) && r->vp_index[i] !=
		    guest_cpus[i].vp)
			return "other VP indexes";
	if ((r->flags & METAL_HYPERCALL) && !(r->flags & METAL_LITERAL) &&
	    !features.hypercalls)
		return "Hyper-V hypercalls";
	return NULL;
}

static const char *
prepare(const struct metal_row *r, const struct metal_object *o)
{
	const char *why = missing(r);

	if (why != NULL)
		return why;
	metal.row = r;
	metal.choice = (const void *)(r + 1);
	metal.call = (const void *)(metal.choice + r->choices);
	metal.ncpus = r->vcpus;
	metal.literal = (r->flags & METAL_LITERAL) != 0;
	why = metal.literal ? literal_start(r->host, r->vcpus, r->vp_index) :
	    NULL;
	if (why != NULL)
		return why;
	metal.scenario = NULL;
	for (unsigned i = 0; scenarios_all[i] != NULL; i++)
		if (same(scenarios_all[i]->name, r->scenario))
			metal.scenario = scenarios_all[i];
	if (metal.scenario == NULL)
		return "a scenario that the guest has";
	if (metal.scenario->needs & NEEDS_NESTED)
		return "second-level tables";
	if (metal.scenario->needs & (NEEDS_TEMPORARY | NEEDS_BORROW))
		return "reads of a space that is loaded for a moment";
	if (metal.scenario->needs & NEEDS_NMI)
		return "NMIs that the kernel's handler takes at any step";
	if ((metal.scenario->needs & NEEDS_FAILING_HOST) && !metal.literal)
		return "a host that can be told to refuse";
	reset_cpus();
	memset(metal.use, 0, sizeof(metal.use));
	metal.arena_used = metal.nwatched = metal.npairs = 0;
	metal.page = 0;
	metal.abort = metal.swallow = metal.steered = metal.last = false;
	metal.trouble = TROUBLE_NONE;
	metal.generation = metal.deferred = 0;
	return load_kernel(o);
}

static void
do_row(const struct metal_row *r, const struct metal_object *o)
{
	const char *why = o == NULL ? "its kernel object" : prepare(r, o);

	if (why != NULL) {
		say("metal-skipped %u %s", (uint64_t)row_number, why);
		return;
	}
	guest_vector = interrupt;
	guest_fault = metal_fault;
	why = boot_row();
	if (why != NULL) {
		say("metal-skipped %u a boot that works: %s",
		    (uint64_t)row_number, why);
	} else {
		metal_save();
		run_row();
	}
	guest_vector = NULL;
	guest_fault = NULL;
	if (metal.literal)
		literal_stop();
	hyperv_start();
}

static const struct metal_object *
find_object(const struct metal_record *r, const char *end, uint32_t number)
{
	for (; (const char *)(r + 1) <= end && r->kind != METAL_END;
	    r = (const void *)((const char *)r + r->size))
		if (r->kind == METAL_OBJECT && number-- == 0)
			return (const void *)r;
	return NULL;
}

void
metal_all(const void *file, size_t size)
{
	const char *end = (const char *)file + size;
	const struct metal_record *r = file;
	const uint64_t skip = guest_option("skip", 0);

	if (sd_virt_to_phys(end) > METAL_BEGIN)
		die("the module is too large");
	for (; (const char *)(r + 1) <= end && r->kind != METAL_END;
	    r = (const void *)((const char *)r + r->size)) {
		const struct metal_row *row = (const void *)r;

		if (r->kind != METAL_ROW)
			continue;
		if (row_number >= skip) {
			do_row(row, find_object(file, end, row->object));
			say("metal-row %u", (uint64_t)row_number);
		}
		row_number++;
	}
	say("metal-rows %u", (uint64_t)row_number);
}
