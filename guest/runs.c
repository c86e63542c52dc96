/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * runs.c: runs of a litmus test on the real processors.
 *
 * A run: processor 0 restores the test's memory; every processor that has a
 * column drops all it has cached, touches some pages (what a speculative fill
 * does unasked), and starts its column after a random delay.  When all have
 * ended and every interrupt that can be taken was taken, the end state is read
 * and counted.  A processor is in the test's page tables only between the
 * second and the third meeting of a run.
 */
#include "guest/literal.h"
#include "guest/runs.h"

#define CR4_BASE boot_cr4               /* PAE, and LA57 where it is on */
#define CR4_PGE 0x80ull
#define CR4_PCIDE 0x20000ull

struct under_way test;
volatile uint32_t litmus_abort;
uint32_t litmus_apic[IMAGE_CPUS];

void column_enter(uint64_t code, unsigned how);
void column_exit(void);
void handler_exit(void);
void column_stuck(void);
void handler_stuck(void);
void column_ipi(void);
void column_flush(void);
void column_user(void);

__attribute__((section(".exports"), used))
static void *const exports[IMAGE_EXPORT_COUNT] = {
	[EXPORT_COLUMN_EXIT] = column_exit, [EXPORT_HANDLER_EXIT] =
	handler_exit, [EXPORT_COLUMN_STUCK] = column_stuck,
	[EXPORT_HANDLER_STUCK] = handler_stuck, [EXPORT_IPI] = column_ipi,
	[EXPORT_FLUSH] = column_flush, [EXPORT_ABORT] = (void *)&litmus_abort,
	[EXPORT_USER] = column_user
};

/* ---- waiting -------------------------------------------------------------- */

/*
 * Processors that wait give theirs up, since the real ones may be fewer: they
 * look a few times, then sleep until somebody who changed something calls.
 * Interrupts of tests stay pending meanwhile, unless the column has
 * ended and takes them.
 */
#define LOOKS 300
#define CLASS_OF_TESTS 8

static void
nap(struct guest_cpu *c, bool take_tests, bool (*ready)(struct guest_cpu *c))
{
	/* A call that is taken between the look and HLT would be lost. */
	irq_off();
	__atomic_store_n(&c->asleep, 1, __ATOMIC_SEQ_CST);
	if (!ready(c)) {
		if (!take_tests)
			apic_hold(CLASS_OF_TESTS);
		apic_sleep();
		apic_hold(0);
	}
	c->asleep = 0;
	if (take_tests)
		irq_on();
}

static void
wait_until(struct guest_cpu *c, bool take_tests,
           bool (*ready)(struct guest_cpu *c))
{
	for (;;) {
		for (unsigned i = 0; i < LOOKS; i++) {
			if (ready(c))
				return;
			pause();
		}
		nap(c, take_tests, ready);
	}
}

/* Something has changed that others may wait for. */
static void
call_all(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < test.image->cpus; i++)
		if (__atomic_exchange_n(&test.place[i]->asleep, 0,
		    __ATOMIC_SEQ_CST))
			apic_send(test.place[i]->apic, 0x4000 | VECTOR_WAKE);
}

static bool
has_met(struct guest_cpu *c)
{
	(void)c;
	return test.arrived == test.image->cpus;
}

static bool
is_done(struct guest_cpu *c)
{
	(void)c;
	return test.done;
}

static bool
has_begun(struct guest_cpu *c)
{
	return test.go == c->run;
}

static bool
all_ended(struct guest_cpu *c)
{
	(void)c;
	for (unsigned i = 0; i < test.image->cpus; i++)
		if (!test.place[i]->ended)
			return false;
	return true;
}

static bool
all_left(struct guest_cpu *c)
{
	(void)c;
	return test.left == test.image->cpus;
}

/*
 * All meet, and then once more, awake: the columns should start together.  If
 * they do not, the run is as good as any, if less interesting.
 */
static void
meet(struct guest_cpu *c)
{
	if (__atomic_add_fetch(&test.arrived, 1, __ATOMIC_SEQ_CST) ==
	    test.image->cpus)
		call_all();
	wait_until(c, false, has_met);
	__atomic_add_fetch(&test.awake, 1, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < 20000 && test.awake != test.image->cpus; i++)
		pause();
}

/* ---- the start and the end of a run, on each processor --------------------- */

static void
drop_all(void)
{
	write_cr4(CR4_BASE | CR4_PGE);
	write_cr4(CR4_BASE);
}

/*
 * Columns access memory on their own: whatever page of the test is mapped now
 * may be cached.  (A test that made a page plain and global again in between
 * would not be seen to have done so.)
 */
void
runs_guess_records(void)
{
	const uint64_t cr3 = read_cr3();

	for (unsigned i = 0; i < test.image->touches; i++)
		literal_touched(this_cpu()->number, cr3, test.touch[i],
		    literal_leaf(cr3, test.touch[i]));
}

static void
enter_tables(const struct image_cpu *cpu)
{
	write_cr3(cpu->cr3 & ~0xfffull);
	drop_all();
	write_cr4(CR4_BASE | test.image->cr4);
	write_cr3(cpu->cr3);
	if (literal_on) {
		literal_forget(this_cpu()->number);
		runs_guess_records();
	}
}

static void
leave_tables(void)
{
	write_cr3(BOOT_ROOT);
	write_cr4(CR4_BASE);
	drop_all();
}

/* Reads a byte; a fault there is of no interest. */
static void
touch(struct guest_cpu *c, uint64_t va)
{
	uint64_t code;

	/* The column machinery is what survives a fault: a column of its own. */
	code = IMAGE_CODE + IMAGE_CODE_SIZE - 64 + KERNEL_BASE;
	c->regs[0] = va;
	column_enter(code, 0);
	c->ended = 0;
}

/* mov (%r8), %al; jmp *exports[COLUMN_EXIT] */
void
runs_touch_code(void)
{
	const uint32_t at = (uint32_t)(IMAGE_EXPORTS + 8 * EXPORT_COLUMN_EXIT);
	unsigned char code[] = { 0x41, 0x8a, 0x00, 0xff, 0x24, 0x25, 0, 0, 0,
	    0 };

	memcpy(code + 6, &at, 4);
	memcpy(direct(IMAGE_CODE + IMAGE_CODE_SIZE - 64), code, sizeof(code));
}

static void
clear(struct guest_cpu *c)
{
	c->ended = c->discard = c->handled = c->in_handler = c->running = 0;
	memset(c->faults, 0, sizeof(c->faults));
	memset((void *)c->sent, 0, sizeof(c->sent));
	memset(c->regs, 0, sizeof(c->regs));
}

/* How long to wait: mostly not at all, at times for long. */
static uint32_t
some_delay(void)
{
	uint64_t r = cpu_random();

	switch (r & 7) {
	case 0: case 1: case 2: case 3:
		return 0;
	case 4: case 5:
		return (uint32_t)(r >> 8) & 31;
	case 6:
		return (uint32_t)(r >> 8) & 511;
	default:
		return (uint32_t)(r >> 8) & 4095;
	}
}

static void
prepare(struct guest_cpu *c)
{
	uint64_t which = cpu_random() & cpu_random();

	clear(c);
	if (cpu_random() & 1)
		which = ~0ull;
	else if (cpu_random() & 1)
		which = 0;
	for (unsigned i = 0; i < test.image->touches; i++)
		if (which >> i & 1)
			touch(c, test.touch[i]);
	clear(c);
	for (unsigned i = 0; i < IMAGE_DELAYS; i++)
		c->delay[i] = some_delay();
}

static uint64_t
start_delay(void)
{
	uint64_t r = cpu_random();

	return r & 3 ? (r >> 8) % (1ull << (r >> 4 & 15)) : 0;
}

/* Interrupts that the test left pending come now and do nothing. */
static void
take_the_rest(struct guest_cpu *c, unsigned column)
{
	uint32_t sent = 0;

	c->discard = 1;
	for (unsigned i = 0; i < test.image->cpus; i++)
		sent += test.place[i]->sent[column];
	irq_on();
	while (c->handled < sent)
		pause();
	irq_off();
}

static uint32_t
all_handled(void)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < test.image->cpus; i++)
		n += test.place[i]->handled;
	return n;
}

/*
 * Has every processor that takes interrupts taken all that were sent?  One
 * that was looked at may have been sent another meanwhile, by a handler: then
 * that has ended meanwhile.
 */
static bool
is_quiet(void)
{
	const uint32_t before = all_handled();

	for (unsigned to = 0; to < test.image->cpus; to++) {
		uint32_t sent = 0;

		for (unsigned i = 0; i < test.image->cpus; i++)
			sent += test.place[i]->sent[to];
		if (test.place[to]->if_end && test.place[to]->handled < sent)
			return false;
	}
	return all_handled() == before;
}

static void
one_run(struct guest_cpu *c, unsigned column)
{
	const struct image_cpu *cpu = &test.image->cpu[column];
	const unsigned how = cpu_random() & 1;
	uint64_t delay = start_delay();

	enter_tables(cpu);
	c->handler = KERNEL_BASE + IMAGE_CODE + (cpu->handler[how] !=
	    IMAGE_NONE ? cpu->handler[how] : 0);
	prepare(c);
	meet(c);
	while (delay-- > 0)
		__asm__ volatile("" ::: "memory");
	column_enter(KERNEL_BASE + IMAGE_CODE + cpu->code[how], cpu->irq |
	    cpu->user << 1);
	call_all();
	if (c->number == 0) {
		wait_until(c, c->if_end, all_ended);
		while (!is_quiet())
			pause();
		test.done = 1;
		call_all();
	} else {
		wait_until(c, c->if_end, is_done);
	}
	irq_off();
	take_the_rest(c, column);
	leave_tables();
	__atomic_add_fetch(&test.left, 1, __ATOMIC_SEQ_CST);
	call_all();
}

/* ---- what processor 0 does around it --------------------------------------- */

static uint64_t *
image_word_at(uint64_t pa)
{
	return (uint64_t *)(uintptr_t)image_direct(pa);
}

static void
restore(void)
{
	const struct image *im = test.image;
	const char *below = im->needs & IMAGE_NEEDS_LA57 ? boot_pml4 :
	    boot_pdpt;

	for (unsigned i = 0; i < im->words; i++)
		*image_word_at(test.word[i].at) = test.word[i].value;
	for (unsigned i = 0; i < im->roots; i++)
		((uint64_t *)direct(test.root[i]))[IMAGE_SLOT] =
		    ((uint64_t)(uintptr_t)below - KERNEL_BASE) | 7;
	if (literal_on)
		literal_reset();
	litmus_abort = 0;
	test.done = test.left = test.arrived = test.awake = 0;
}

static uint64_t
number_of(const struct image_observed *o)
{
	const struct guest_cpu *c = test.place[o->cpu];

	switch (o->kind) {
	case IMAGE_SEEN_REG:
		return c->regs[o->index];
	case IMAGE_SEEN_WORD:
		return *image_word_at(o->at);
	default:
		return c->faults[o->index / 32] >> o->index % 32 & 1;
	}
}

static void
count(void)
{
	uint64_t value[MAX_SEEN] = { 0 };
	unsigned i;

	if (litmus_abort) {
		test.stuck++;
		return;
	}
	for (i = 0; i < test.image->observed; i++)
		value[i] = number_of(&test.observed[i]);
	test.counted++;
	for (i = 0; i < test.states; i++)
		if (memcmp(test.state[i].value, value, sizeof(value)) == 0)
			break;
	if (i == MAX_STATES) {
		test.lost++;
		return;
	}
	if (i == test.states) {
		memcpy(test.state[i].value, value, sizeof(value));
		test.state[i].count = 0;
		test.states++;
	}
	test.state[i].count++;
}

/* Processor 0 begins a run and counts it; the others wait to be told. */
static void
run_batch(struct guest_cpu *c, unsigned column)
{
	/* Once: after the last run the next batch may be made ready. */
	const uint32_t runs = test.runs, first = test.first;

	for (uint32_t i = 0; i < runs; i++) {
		c->run = first + i + 1;
		if (c->number == 0) {
			restore();
			__atomic_store_n(&test.go, c->run, __ATOMIC_SEQ_CST);
			call_all();
		}
		wait_until(c, false, has_begun);
		one_run(c, column);
		if (c->number != 0)
			continue;
		wait_until(c, false, all_left);
		count();
	}
}

struct guest_cpu *
runs_find_vp(uint32_t vp)
{
	for (unsigned i = 0; i < guest_ncpus; i++)
		if (guest_cpus[i].vp == vp)
			return &guest_cpus[i];
	return NULL;
}

/* Columns to processors; processor 0 has always one, to keep the books. */
static void
choose_places(void)
{
	const unsigned n = test.image->cpus;
	unsigned who[GUEST_CPUS], i, k;

	for (i = 0; i < guest_ncpus; i++)
		who[i] = i;
	for (i = 1; i < guest_ncpus; i++) {
		k = i + (unsigned)(cpu_random() % (guest_ncpus - i));
		unsigned t = who[i];

		who[i] = who[k];
		who[k] = t;
	}
	k = (unsigned)(cpu_random() % n);
	for (i = 0; i < n; i++)
		test.place[(i + k) % n] = &guest_cpus[who[i]];
	for (i = 0; i < n; i++) {
		if (test.image->fixed)
			test.place[i] = runs_find_vp(test.image->cpu[i].vp);
		litmus_apic[i] = test.place[i]->apic;
	}
}

static void
run_column(void *arg)
{
	run_batch(this_cpu(), (unsigned)(uintptr_t)arg);
}

void
runs_batch(uint32_t runs)
{
	unsigned mine = 0;

	choose_places();
	test.runs = runs;
	test.first = test.go;
	for (unsigned i = 0; i < test.image->cpus; i++) {
		if (test.place[i]->number == 0) {
			mine = i;
			continue;
		}
		work_give(test.place[i]->number, run_column,
		    (void *)(uintptr_t)i);
	}
	run_batch(this_cpu(), mine);
}
