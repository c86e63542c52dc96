/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * apic.c: the local APIC, as memory or, where CPUID shows x2APIC, as MSRs.
 * Other processors are started by INIT and two start-up IPIs to all (SDM 3A
 * 8.4.4).
 */
#include "guest/guest.h"

#define MSR_APIC_BASE 0x1b
#define BASE_ENABLE (1u << 11)
#define BASE_X2 (1u << 10)
#define REG_ID 0x20
#define REG_PRIORITY 0x80
#define REG_EOI 0xb0
#define REG_SPURIOUS 0xf0
#define REG_ICR_LOW 0x300
#define REG_ICR_HIGH 0x310
#define REG_TIMER 0x320
#define REG_TIMER_COUNT 0x380
#define REG_TIMER_DIVIDE 0x3e0
#define DIVIDE_BY_1 0xb
#define NAP 20000000                    /* of the timer, about 20 ms in QEMU */
#define ICR_PENDING (1u << 12)
#define ICR_ALL_OTHERS 0xc0000
#define ICR_INIT 0x4500
#define ICR_STARTUP 0x4600
#define PIC1_MASK 0x21
#define PIC2_MASK 0xa1
#define PORT_80 0x80                    /* a write takes about 1 us */

int apic_is_x2;

static volatile uint32_t *
reg(unsigned offset)
{
	return (volatile uint32_t *)(uintptr_t)(APIC_VA + offset);
}

static void
write_reg(unsigned offset, uint32_t value)
{
	if (apic_is_x2)
		wrmsr(0x800 + offset / 16, value);
	else
		*reg(offset) = value;
}

void
apic_start(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);

	/* The old controllers' timer would come as an exception. */
	outb(PIC1_MASK, 0xff);
	outb(PIC2_MASK, 0xff);
	apic_is_x2 = features.x2apic;
	if (apic_is_x2) {
		wrmsr(MSR_APIC_BASE, base | BASE_ENABLE | BASE_X2);
	} else {
		wrmsr(MSR_APIC_BASE, base | BASE_ENABLE);
	}
	write_reg(REG_SPURIOUS, 0x100 | VECTOR_SPURIOUS);
	write_reg(REG_TIMER_DIVIDE, DIVIDE_BY_1);
	write_reg(REG_TIMER, VECTOR_WAKE);
	this_cpu()->apic = apic_id();
}

uint32_t
apic_id(void)
{
	return apic_is_x2 ? (uint32_t)rdmsr(0x802) : *reg(REG_ID) >> 24;
}

void
apic_send(uint32_t to, uint32_t what)
{
	if (apic_is_x2) {
		wrmsr(0x830, (uint64_t)to << 32 | what);
		return;
	}
	while (*reg(REG_ICR_LOW) & ICR_PENDING)
		pause();
	*reg(REG_ICR_HIGH) = to << 24;
	*reg(REG_ICR_LOW) = what;
}

void
apic_end(void)
{
	write_reg(REG_EOI, 0);
}

void
apic_sleep(void)
{
	write_reg(REG_TIMER_COUNT, NAP);
	cpu_sleep();
	write_reg(REG_TIMER_COUNT, 0);
}

/*
 * The task priority; not by MOV CR8, which QEMU 7.2 under SVM may not survive
 * (assertion in tcg_handle_interrupt).
 */
void
apic_hold(unsigned class)
{
	write_reg(REG_PRIORITY, class << 4);
}

static void
wait_us(unsigned us)
{
	while (us-- > 0)
		outb(PORT_80, 0);
}

/* Until `wanted` run.  Those who run already ignore a second start-up IPI. */
static void
start(uint32_t to, uint32_t all, unsigned wanted)
{
	volatile uint32_t *started = &cpus_started;

	apic_send(to, all | ICR_INIT);
	wait_us(10000);
	apic_send(to, all | ICR_STARTUP | AP_START >> 12);
	wait_us(200);
	if (*started < wanted)
		apic_send(to, all | ICR_STARTUP | AP_START >> 12);
	while (*started < wanted)
		pause();
}

void
apic_start_others(unsigned wanted, const char *list)
{
	memcpy(direct(AP_START), ap_begin, (size_t)(ap_end - ap_begin));
	if (wanted <= 1)
		return;
	if (list == NULL) {
		start(0, ICR_ALL_OTHERS, wanted);
		return;
	}
	for (unsigned n = 2; n <= wanted; n++) {
		uint32_t id = 0;

		for (; *list >= '0' && *list <= '9'; list++)
			id = id * 10 + (uint32_t)(*list - '0');
		start(id, 0, n);
		list += *list == ',';
	}
}
