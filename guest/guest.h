/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest: what the parts of the freestanding guest share.  No libc: string.h's
 * four functions are in console.c, and everything runs with interrupts off
 * unless it says otherwise.
 */
#ifndef SHOOTDOWN_GUEST_GUEST_H
#define SHOOTDOWN_GUEST_GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "guest/layout.h"

#define BOOT_ROOT boot_root             /* of four or five levels */
#define CR4_LA57 0x1000ull

struct guest_cpu {              /* one a processor; offsets in layout.h */
	struct guest_cpu *self;
	uint64_t rsp, handler_rsp, handler;
	uint32_t running, in_handler;
	volatile uint32_t ended, discard, if_end, handled;
	uint32_t faults[4];
	volatile uint32_t sent[8];
	uint32_t delay[64];
	uint64_t regs[11];
	uint64_t input;
	void *tss;
	/* C only from here. */
	uint32_t number, apic, vp;
	uint64_t random;
	void (*volatile work)(void *arg);       /* waits for this one */
	void *work_arg;
	volatile uint32_t given, finished;      /* pieces of work */
	uint32_t run;                   /* that it is in, or waits for */
	volatile uint32_t asleep;       /* wants a wake-up call */
};

struct guest_features {
	bool giant, la57, x2apic, pcid, invpcid, pge, amd, hyperv, hypercalls;
	char hypervisor[13];
};

extern char boot_pml5[], boot_pml4[], boot_pdpt[], guest_end[];
extern char ap_begin[], ap_end[], interrupt_entries[];
extern uint64_t boot_info;
extern uint64_t boot_root, boot_cr4;    /* what the guest itself runs in */
extern uint32_t cpus_started, calls_saved;
extern int apic_is_x2;
extern struct guest_features features;
extern struct guest_cpu guest_cpus[GUEST_CPUS];

/* ---- instructions --------------------------------------------------------- */

static inline void
outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" :: "a"(value), "Nd"(port));
}

static inline uint8_t
inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void
outw(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" :: "a"(value), "Nd"(port));
}

static inline void
outl(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" :: "a"(value), "Nd"(port));
}

static inline void
pause(void)
{
	__asm__ volatile("pause" ::: "memory");
}

static inline void
wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" :: "c"(msr), "a"((uint32_t)value),
	    "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t
rdmsr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline uint64_t
rdtsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static inline void
cpuid(uint32_t leaf, uint32_t sub, uint32_t r[4])
{
	__asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]),
	    "=d"(r[3]) : "a"(leaf), "c"(sub));
}

static inline void
write_cr3(uint64_t value)
{
	__asm__ volatile("movq %0, %%cr3" :: "r"(value) : "memory");
}

static inline uint64_t
read_cr3(void)
{
	uint64_t value;

	__asm__ volatile("movq %%cr3, %0" : "=r"(value));
	return value;
}

static inline void
write_cr4(uint64_t value)
{
	__asm__ volatile("movq %0, %%cr4" :: "r"(value) : "memory");
}

static inline void
irq_on(void)
{
	__asm__ volatile("sti" ::: "memory");
}

static inline void
irq_off(void)
{
	__asm__ volatile("cli" ::: "memory");
}

static inline void
lock_take(volatile char *lock)
{
	while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE))
		pause();
}

static inline void
lock_drop(volatile char *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

static inline struct guest_cpu *
this_cpu(void)
{
	struct guest_cpu *c;

	__asm__ volatile("movq %%gs:0, %0" : "=r"(c));
	return c;
}

static inline void *
direct(uint64_t pa)
{
	return (void *)(uintptr_t)(KERNEL_BASE + pa);
}

/* ---- console.c ------------------------------------------------------------ */
void console_start(void);
/* %s %u %x (64 bits) %c; lines of several processors do not mix. */
void say(const char *format, ...);
/* Says so, and leaves the machine; never comes back. */
_Noreturn void leave(unsigned status);
_Noreturn void die(const char *format, ...);

/* ---- cpu.c ---------------------------------------------------------------- */
void cpu_start(unsigned number);
void cpu_find_features(void);
void cpu_print_features(void);
/* Every processor, this one included, to paging of five levels or of four. */
void cpu_set_levels(bool five);
/* STI, HLT, CLI; see apic_sleep(). */
void cpu_sleep(void);
/* xorshift; of this processor. */
uint64_t cpu_random(void);
void guest_exception(uint64_t *frame, uint64_t address);
void guest_interrupt(unsigned vector);
/*
 * Who is told of vectors from VECTOR_KERNEL on, and who may mend an exception
 * (frame: vector, error code, RIP, ...), if anybody.
 */
extern void (*guest_vector)(unsigned vector);
extern bool (*guest_fault)(uint64_t *frame, uint64_t address);

/* ---- apic.c --------------------------------------------------------------- */
void apic_start(void);
uint32_t apic_id(void);
void apic_send(uint32_t to, uint32_t what);
void apic_end(void);
/*
 * Until an interrupt comes, or for some 20 ms: a machine may lose one.
 * Interrupts are off before and after.
 */
void apic_sleep(void);
/* Interrupts of that class (vector / 16) and below stay pending; 0: none. */
void apic_hold(unsigned class);
/*
 * Starts processors until so many run: all that are there, or those whose APIC
 * ids the list names: "1,2,65".
 */
void apic_start_others(unsigned wanted, const char *list);

/* ---- main.c --------------------------------------------------------------- */
_Noreturn void guest_main(void);
_Noreturn void guest_ap(unsigned number);
/* Processors that run; the value of an option "name=123", or what is given. */
extern unsigned guest_ncpus;
uint64_t guest_option(const char *name, uint64_t otherwise);
/* The text of an option "name=TEXT", up to a space; false: not given. */
bool guest_option_text(const char *name, char *ret, size_t size);
/* What stands behind "name="; NULL: the option is not there. */
const char *guest_text(const char *name);

/* ---- hyperv.c ------------------------------------------------------------- */
/* Where the host is called: the page that it filled, or literal_entry. */
extern void (*hypercall_entry)(void);
extern char hyperv_page[];
/* On each processor; the page of calls is set up by the first. */
void hyperv_start(void);

/* ---- work.c --------------------------------------------------------------- */
/*
 * Has another processor call the function, interrupts off, when it is through
 * with what it does; it may be given one piece ahead.
 */
void work_give(unsigned cpu, void (*work)(void *arg), void *arg);
/* Until that processor has finished all it was given. */
void work_wait(unsigned cpu);
/* What processors other than 0 do. */
_Noreturn void work_serve(void);

/* ---- pmapshim/metal/run.c -------------------------------------------------- */
/* Runs every row of the file; on processor 0. */
void metal_all(const void *file, size_t size);

/* ---- runs.c --------------------------------------------------------------- */
/* Runs every test of the file; on processor 0. */
void runs_all(const void *file, size_t size);

/* ---- conform.c ------------------------------------------------------------ */
/* Asks the host what the file says; on processor 0, with another at hand. */
void conform_run(const void *file, size_t size);

#endif
