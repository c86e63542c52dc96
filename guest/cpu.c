/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpu.c: a processor's own tables, what CPUID says, and what to do about
 * exceptions that nobody expects: the machine ends.
 */
#include "guest/guest.h"
#include "litmus/image.h"

#define MSR_GS_BASE 0xc0000101
#define GATE_INTERRUPT 0x8e
#define GATE_USER 0x60                  /* user mode may call it, too */
#define GATE_TRAP 1                     /* IF stays */
#define TSS_SIZE 104
#define TSS_TYPE 0x89

struct gate {
	uint16_t low, selector;
	uint8_t stack, type;
	uint16_t middle;
	uint32_t high, reserved;
};

struct pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

struct guest_features features;
struct guest_cpu guest_cpus[GUEST_CPUS];
static struct gate idt[256] __attribute__((aligned(16)));

static const uint64_t segments[] = {
	[KERNEL_CS / 8] = 0x00af9b000000ffff,
	[KERNEL_SS / 8] = 0x00cf93000000ffff,
	[USER_SS / 8] = 0x00cff3000000ffff,
	[USER_CS / 8] = 0x00affb000000ffff
};
/* Each processor's: the task state has the stack for entries from user mode. */
static struct {
	uint64_t gdt[GUEST_TR / 8 + 2];
	uint32_t tss[TSS_SIZE / 4];
} own[GUEST_CPUS];

#define AT(member, offset) \
	_Static_assert(offsetof(struct guest_cpu, member) == (offset), #member)
AT(rsp, CPU_RSP);
AT(handler_rsp, CPU_HANDLER_RSP);
AT(handler, CPU_HANDLER);
AT(running, CPU_RUNNING);
AT(in_handler, CPU_IN_HANDLER);
AT(ended, CPU_ENDED);
AT(discard, CPU_DISCARD);
AT(if_end, CPU_IF_END);
AT(handled, CPU_HANDLED);
AT(faults, CPU_FAULTS);
AT(sent, CPU_SENT);
AT(delay, CPU_DELAY);
AT(regs, CPU_REGS);
AT(input, CPU_INPUT);
AT(tss, CPU_TSS);

static void
make_idt(void)
{
	for (unsigned i = 0; i < 256; i++) {
		uint64_t at = (uint64_t)(uintptr_t)interrupt_entries + 16 * i;

		idt[i] = (struct gate){ .low = (uint16_t)at,
		    .selector = KERNEL_CS, .type = GATE_INTERRUPT,
		    .middle = (uint16_t)(at >> 16),
		    .high = (uint32_t)(at >> 32) };
	}
	idt[VECTOR_SUPERVISOR].type |= GATE_USER | GATE_TRAP;
	idt[VECTOR_USER_END].type |= GATE_USER;
}

/* SDM 3A 8.2.3: a descriptor of 16 bytes. */
static void
load_segments(struct guest_cpu *c)
{
	uint64_t *gdt = own[c->number].gdt;
	const uint64_t at = (uint64_t)(uintptr_t)own[c->number].tss;
	const struct pointer p = { sizeof(own[0].gdt) - 1,
	    (uint64_t)(uintptr_t)gdt };

	memcpy(gdt, segments, sizeof(segments));
	gdt[GUEST_TR / 8] = (TSS_SIZE - 1) | (at & 0xffffff) << 16 |
	    (uint64_t)TSS_TYPE << 40 | (at >> 24 & 0xff) << 56;
	gdt[GUEST_TR / 8 + 1] = at >> 32;
	own[c->number].tss[TSS_SIZE / 4 - 1] = TSS_SIZE << 16;
	c->tss = own[c->number].tss;
	__asm__ volatile("lgdt %0; ltr %w1" :: "m"(p), "r"(GUEST_TR) :
	    "memory");
}

static void
load_tables(struct guest_cpu *c)
{
	const struct pointer p = { sizeof(idt) - 1,
	    (uint64_t)(uintptr_t)idt };

	load_segments(c);
	__asm__ volatile("lidt %0" :: "m"(p));
}

void
cpu_start(unsigned number)
{
	struct guest_cpu *c = &guest_cpus[number];

	if (number == 0)
		make_idt();
	c->self = c;
	c->number = number;
	c->random = 0x9e3779b97f4a7c15ull * (number + 1);
	load_tables(c);
	wrmsr(MSR_GS_BASE, (uint64_t)(uintptr_t)c);
}

void paging_enter(void);

static void
change_levels(void *arg)
{
	(void)arg;
	paging_enter();
	load_tables(this_cpu());
}

void
cpu_set_levels(bool five)
{
	if (five == ((boot_cr4 & CR4_LA57) != 0))
		return;
	boot_cr4 ^= CR4_LA57;
	boot_root = (uint64_t)(uintptr_t)(five ? boot_pml5 : boot_pml4) -
	    KERNEL_BASE;
	for (unsigned i = 1; i < guest_ncpus; i++)
		work_give(i, change_levels, NULL);
	change_levels(NULL);
	for (unsigned i = 1; i < guest_ncpus; i++)
		work_wait(i);
}

/* ---- features ------------------------------------------------------------- */

/* Pages of 1 GiB; more RAM than the first one is seen through them. */
static void
find_giant(void)
{
	uint64_t *table = (uint64_t *)boot_pdpt;
	uint32_t r[4];

	cpuid(0x80000001, 0, r);
	features.giant = r[3] >> 26 & 1;
	for (uint64_t i = 1; i <= IMAGE_GIANTS && features.giant; i++)
		table[i] = i * IMAGE_GIANT | 0x87;
}

static void
find_hypervisor(void)
{
	uint32_t r[4];

	cpuid(1, 0, r);
	if (!(r[2] >> 31 & 1))
		return;
	cpuid(0x40000000, 0, r);
	memcpy(features.hypervisor, &r[1], 12);
	if (r[0] < 0x40000004 || r[0] > 0x4000ffff)
		return;
	cpuid(0x40000001, 0, r);
	features.hyperv = r[0] == 0x31237648;   /* "Hv#1" */
	if (!features.hyperv)
		return;
	cpuid(0x40000004, 0, r);
	features.hypercalls = (r[0] & 4) != 0;  /* remote flush recommended */
}

void
cpu_find_features(void)
{
	uint32_t r[4], max;

	cpuid(0, 0, r);
	max = r[0];
	features.amd = r[1] == 0x68747541;
	cpuid(1, 0, r);
	features.pcid = r[2] >> 17 & 1;
	features.x2apic = r[2] >> 21 & 1;
	features.pge = r[3] >> 13 & 1;
	if (max >= 7) {
		cpuid(7, 0, r);
		features.invpcid = r[1] >> 10 & 1;
		features.la57 = r[2] >> 16 & 1;
	}
	find_giant();
	find_hypervisor();
}

void
cpu_print_features(void)
{
	say("features vendor=%s%s%s%s%s%s%s%s hypervisor=%s", features.amd ?
	    "amd" : "intel", features.la57 ? " la57" : "",
	    features.x2apic ? " x2apic" : "",
	    features.pge ? " pge" : "", features.pcid ? " pcid" : "",
	    features.invpcid ? " invpcid" : "", features.hyperv ? " hyperv" :
	    "", features.hypercalls ? " flush-hypercalls" : "",
	    features.hypervisor[0] != '\0' ? features.hypervisor : "-");
}

uint64_t
cpu_random(void)
{
	struct guest_cpu *c = this_cpu();

	c->random ^= c->random << 13;
	c->random ^= c->random >> 7;
	c->random ^= c->random << 17;
	return c->random;
}

/* ---- interrupts ----------------------------------------------------------- */

void (*guest_vector)(unsigned vector);
bool (*guest_fault)(uint64_t *frame, uint64_t address);

void
guest_exception(uint64_t *frame, uint64_t address)
{
	if (guest_fault != NULL && guest_fault(frame, address))
		return;
	die("exception %u error %x rip %x cs %x cr2 %x cpu %u", frame[0],
	    frame[1], frame[2], frame[3], address,
	    (uint64_t)this_cpu()->number);
}

void
guest_interrupt(unsigned vector)
{
	if (guest_vector != NULL && vector >= VECTOR_KERNEL)
		guest_vector(vector);
	if (vector != VECTOR_SPURIOUS)
		apic_end();
}
