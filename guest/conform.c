/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conform.c: asks the host, on processor 0, what the module says, and compares
 * the answers with those that are expected.
 *
 * A probe: both processors read a page, its entry is made to lead to another
 * frame, the call is made, both read again.  The other processor spins in
 * between, since leaving the guest might drop its entry.
 */
#include "guest/conform.h"
#include "guest/guest.h"
#include "guest/literal.h"

#define CR4_SSE 0x600ull                /* OSFXSR, OSXMMEXCPT */
#define SUM_EVERY 64                    /* cases */
#define OLD 1u
#define NEW 2u

enum order { ORDER_TOUCH, ORDER_READ, ORDER_STOP };

void column_enter(uint64_t code, unsigned irq);
void conform_call(void);
void conform_call_user(void);
void conform_rdmsr(void);
void conform_wrmsr(void);

static uint64_t tables[3][512] __attribute__((aligned(4096)));
static uint64_t user_stack[64];
static struct guest_cpu *other;
static struct {
	volatile uint32_t wanted, done, order, value;
} post;
static volatile uint32_t taken[2];      /* interrupts */
static struct {
	uint64_t cases, agreed, told;
	/* Of probes: by processor, flushed as expected; old or new otherwise. */
	uint64_t required[2], old[2], fresh[2];
	uint64_t idle, idle_old;        /* without any call, the other one's */
} sum;

/* ---- the page that is probed ------------------------------------------- */

static void
map_page(unsigned frame)
{
	__atomic_store_n(&tables[2][0], (CONFORM_FRAME + frame * 4096) | 3,
	    __ATOMIC_SEQ_CST);
}

static void
make_page(void)
{
	uint64_t *root = (uint64_t *)(uintptr_t)boot_pml4;
	uint64_t at = (uint64_t)(uintptr_t)tables - KERNEL_BASE;

	root[CONFORM_VA >> 39 & 511] = at | 3;
	tables[0][0] = (at + 4096) | 3;
	tables[1][0] = (at + 8192) | 3;
	*(volatile uint32_t *)direct(CONFORM_FRAME) = OLD;
	*(volatile uint32_t *)direct(CONFORM_FRAME + 4096) = NEW;
	map_page(0);
}

static uint32_t
read_page(void)
{
	return *(volatile uint32_t *)CONFORM_VA;
}

/* The host answers for what literal_touched() is not told of. */
static uint32_t
touch_page(void)
{
	__asm__ volatile("invlpg (%0)" :: "r"(CONFORM_VA) : "memory");
	if (literal_on)
		literal_touched(this_cpu()->number, read_cr3(), CONFORM_VA,
		    literal_leaf(read_cr3(), CONFORM_VA));
	return read_page();
}

/* ---- the other processor ----------------------------------------------- */

static void
take_interrupts(void)
{
	uint32_t r[4];

	irq_on();
	/* A host gets the chance to inject what is pending. */
	cpuid(0, 0, r);
	pause();
	pause();
	irq_off();
}

static void
serve(void *arg)
{
	uint32_t done = 0;

	(void)arg;
	do {
		while (post.wanted == done)
			pause();
		done = post.wanted;
		if (post.order == ORDER_TOUCH)
			post.value = touch_page();
		if (post.order == ORDER_READ) {
			post.value = read_page();
			take_interrupts();
		}
		__atomic_store_n(&post.done, done, __ATOMIC_SEQ_CST);
	} while (post.order != ORDER_STOP);
}

static uint32_t
have_other(enum order order)
{
	if (other == NULL)
		return 0;
	post.order = order;
	__atomic_store_n(&post.wanted, post.wanted + 1, __ATOMIC_SEQ_CST);
	while (post.done != post.wanted)
		pause();
	return post.value;
}

static void
count_interrupt(unsigned vector)
{
	taken[this_cpu()->number != 0]++;
	/* One that was sent is in service like any other. */
	if (vector == VECTOR_SPURIOUS)
		apic_end();
}

/* ---- one case ---------------------------------------------------------- */

static const uint64_t *
words_of(const struct conform_case *c)
{
	return (const void *)(c + 1);
}

static void
put_input(const struct conform_case *c)
{
	memset(direct(CONFORM_INPUT), CONFORM_FILL, CONFORM_INPUT_SIZE);
	if (c->words > 0)
		memcpy(direct(c->at), words_of(c), 8 * c->words);
}

static bool
is_changed(const struct conform_case *c)
{
	const unsigned char *p = direct(CONFORM_INPUT);

	if (c->words > 0 &&
	    memcmp(direct(c->at), words_of(c), 8 * c->words) != 0)
		return true;
	for (unsigned i = 0; i < CONFORM_INPUT_SIZE; i++) {
		const uint64_t at = CONFORM_INPUT + i;

		if ((at < c->at || at - c->at >= 8 * c->words) &&
		    p[i] != CONFORM_FILL)
			return true;
	}
	return false;
}

/* Runs a piece of code that may fault; its registers are in the block. */
static bool
enter(void (*code)(void))
{
	struct guest_cpu *c = this_cpu();

	memset(c->faults, 0, sizeof(c->faults));
	column_enter((uint64_t)(uintptr_t)code, 0);
	c->ended = 0;
	return c->faults[0] != 0;
}

static void
ask(const struct conform_case *c, struct conform_answer *a)
{
	struct guest_cpu *me = this_cpu();

	me->regs[0] = c->reg[0];
	me->regs[1] = c->reg[1];
	me->regs[2] = c->reg[2];
	me->regs[3] = (uint64_t)(uintptr_t)hypercall_entry;
	me->regs[4] = (uint64_t)(uintptr_t)&user_stack[64];
	me->regs[7] = (uint64_t)(uintptr_t)c->xmm;
	switch (c->kind) {
	case CONFORM_CALL:
		a->fault = enter(conform_call);
		a->value[0] = a->fault ? 0 : me->regs[1];
		a->value[1] = a->fault ? 0 : me->regs[2];
		break;
	case CONFORM_CALL_USER:
		(void)enter(conform_call_user);
		a->fault = me->faults[0] & 1;
		break;
	case CONFORM_RDMSR:
		a->fault = enter(conform_rdmsr);
		a->value[0] = a->fault ? 0 : me->regs[1];
		break;
	case CONFORM_WRMSR:
		a->fault = enter(conform_wrmsr);
		break;
	default:
		break;
	}
}

/* The literal host is no machine: its registers are asked for. */
static void
ask_literal(const struct conform_case *c, struct conform_answer *a)
{
	if (c->kind == CONFORM_RDMSR)
		a->fault = literal_rdmsr((uint32_t)c->reg[0], &a->value[0]) != 0;
	else
		a->fault = literal_wrmsr((uint32_t)c->reg[0], c->reg[1]) != 0;
}

static void
ask_cpuid(const struct conform_case *c, struct conform_answer *a)
{
	uint32_t r[4];

	if (literal_on)
		literal_cpuid((uint32_t)c->reg[0], r);
	else
		cpuid((uint32_t)c->reg[0], 0, r);
	a->value[0] = r[0] | (uint64_t)r[1] << 32;
	a->value[1] = r[2] | (uint64_t)r[3] << 32;
}

static void
run_case(const struct conform_case *c, struct conform_answer *a)
{
	const bool probe = c->flags & CONFORM_PROBE;

	memset(a, 0, sizeof(*a));
	put_input(c);
	taken[0] = taken[1] = 0;
	if (probe) {
		map_page(0);
		(void)have_other(ORDER_TOUCH);
		(void)touch_page();
		map_page(1);
	}
	if (c->kind == CONFORM_CPUID)
		ask_cpuid(c, a);
	else if (literal_on && (c->kind == CONFORM_RDMSR ||
	    c->kind == CONFORM_WRMSR))
		ask_literal(c, a);
	else
		ask(c, a);
	a->read[0] = probe ? read_page() : 0;
	a->read[1] = have_other(ORDER_READ);
	if (!probe)
		a->read[1] = 0;
	take_interrupts();
	a->ipis[0] = taken[0];
	a->ipis[1] = taken[1];
	a->changed = is_changed(c);
}

/* ---- all of them ------------------------------------------------------- */

static bool
agrees(const struct conform_case *c, const struct conform_answer *a)
{
	const struct conform_answer *w = &c->want;

	for (unsigned i = 0; i < 2; i++)
		if (((a->value[i] ^ w->value[i]) & c->mask[i]) != 0 ||
		    a->ipis[i] != w->ipis[i] ||
		    (w->read[i] != 0 && a->read[i] != w->read[i]))
			return false;
	return a->fault == w->fault && a->changed == w->changed;
}

static void
count_probe(const struct conform_case *c, const struct conform_answer *a)
{
	for (unsigned i = 0; i < 2; i++)
		if (c->want.read[i] != 0)
			sum.required[i]++;
		else if (a->read[i] == OLD)
			sum.old[i]++;
		else if (a->read[i] == NEW)
			sum.fresh[i]++;
}

static void
take_case(const struct conform_case *c)
{
	struct conform_answer a;

	run_case(c, &a);
	if (c->kind == CONFORM_NOTHING) {
		sum.idle++;
		sum.idle_old += a.read[1] == OLD;
		return;
	}
	if (c->flags & CONFORM_PROBE)
		count_probe(c, &a);
	sum.agreed += agrees(c, &a);
	if (!agrees(c, &a) || c->flags & CONFORM_TELL) {
		say("answer %u %x %x fault %u changed %u ipis %u %u read %u %u",
		    sum.cases, a.value[0], a.value[1], (uint64_t)a.fault,
		    (uint64_t)a.changed, (uint64_t)a.ipis[0],
		    (uint64_t)a.ipis[1], (uint64_t)a.read[0],
		    (uint64_t)a.read[1]);
		sum.told++;
	}
}

/* What comes back from CPL 3 needs a stack. */
static void
allow_user(void)
{
	static uint64_t stack[256];
	const uint64_t top = (uint64_t)(uintptr_t)(stack + 256);

	memcpy((char *)this_cpu()->tss + TSS_RSP0, &top, sizeof(top));
}

/* "conform-host=tlfs": hvsim answers, for VPs 0 and the last of the runner. */
static void
start_literal(void)
{
	static const uint32_t vp[] = { 0, 65 };
	char text[256];
	const char *wrong;

	if (!guest_option_text("conform-host", text, sizeof(text)))
		return;
	wrong = literal_start(text, 2, vp);
	if (wrong != NULL)
		die("host %s: %s", text, wrong);
	literal_enable();
	hypercall_entry = literal_entry;
}

static void
start(void)
{
	make_page();
	allow_user();
	start_literal();
	guest_vector = count_interrupt;
	if (guest_ncpus > 1) {
		other = &guest_cpus[1];
		work_give(1, serve, NULL);
	}
	write_cr4(0x20 | CR4_SSE);
}

/* The last of these lines makes all of them count. */
static void
print_sum(void)
{
	for (unsigned i = 0; i < 2; i++)
		say("probes %u required %u old %u new %u", (uint64_t)i,
		    sum.required[i], sum.old[i], sum.fresh[i]);
	say("conform %u agreed %u idle %u old %u", sum.cases, sum.agreed,
	    sum.idle, sum.idle_old);
}

/*
 * Is this a place where another boot may go on?  Cases of the table depend on
 * those before them.
 */
static bool
may_stop_at(const struct conform_case *c)
{
	return sum.cases % SUM_EVERY == 0 && !(c->flags & CONFORM_TELL);
}

void
conform_run(const void *file, size_t size)
{
	const char *end = (const char *)file + size;
	const struct conform_case *c = file;
	const uint64_t skip = guest_option("skip", 0);

	start();
	while ((const char *)c + sizeof(*c) <= end && c->size >= sizeof(*c)) {
		if (sum.cases > skip && may_stop_at(c))
			print_sum();
		if (sum.cases >= skip)
			take_case(c);
		sum.cases++;
		c = (const void *)((const char *)c + c->size);
	}
	(void)have_other(ORDER_STOP);
	print_sum();
}
