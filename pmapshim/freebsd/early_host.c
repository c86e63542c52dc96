/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * early_host: a program of its own around early.c: the backend of one
 * processor that nobody else shares, and what happened, in lines:
 *
 *	step MODE NAME		before each call
 *	fault PC CALLER		a signal; CALLER is valid when PC is not code
 *	panic LINE FILE TEXT	the kernel's own assertion
 *	done
 *
 * The only file of this folder that is compiled with the host's headers.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "../backend.h"

#define PAGE 4096ul

void early_step(const char *what, unsigned mode);
void early_run(void);
void __tsan_read4(void *p);
void __tsan_read8(void *p);
void __tsan_write4(void *p);
void __tsan_write8(void *p);

static unsigned long cr3, cr4;
static int irq = 1;

void
early_step(const char *what, unsigned mode)
{
	printf("step %u %s\n", mode, what);
	fflush(stdout);
}

/* ---- the processor ---- */

unsigned sd_cpu(void) { return 0; }
unsigned sd_ncpus(void) { return 1; }
unsigned sd_vp_index(unsigned cpu) { return cpu; }
void sd_invlpg(unsigned long va) { (void)va; }
unsigned long sd_read_cr3(void) { return cr3; }
void sd_write_cr3(unsigned long value) { cr3 = value & ~(1ul << 63); }
unsigned long sd_read_cr4(void) { return cr4; }
void sd_write_cr4(unsigned long value) { cr4 = value; }
void sd_mfence(void) { }
int sd_irq_enabled(void) { return irq; }
void sd_irq_disable(void) { irq = 0; }
void sd_irq_enable(void) { irq = 1; }
void __tsan_read4(void *p) { (void)p; }
void __tsan_read8(void *p) { (void)p; }
void __tsan_write4(void *p) { (void)p; }
void __tsan_write8(void *p) { (void)p; }

void
sd_invpcid(unsigned type, unsigned long pcid, unsigned long va)
{
	(void)type;
	(void)pcid;
	(void)va;
}

void
sd_invlpgb(unsigned long rax, unsigned edx, unsigned ecx)
{
	(void)rax;
	(void)edx;
	(void)ecx;
}

void sd_tlbsync(void) { }

void
sd_guest(unsigned long root, unsigned long guest_cr3)
{
	(void)root;
	(void)guest_cr3;
}

void
sd_invept(unsigned type, unsigned long root)
{
	(void)type;
	(void)root;
}

void
sd_table_ept(void *table, int ad)
{
	(void)table;
	(void)ad;
}

void
sd_kernel_read(unsigned long va)
{
	(void)va;
}

void sd_wbinvd(void) { }
void sd_cache_begin(void) { }
void sd_cache_end(void) { }

/* Nobody else runs: a wait does not end. */
void
sd_pause(void)
{
	sd_panic("", 0, "waits for another processor before any has started");
}

void
sd_send_ipi(unsigned cpu, unsigned vector)
{
	(void)cpu;
	(void)vector;
	sd_panic("", 0, "interrupts another processor before any has started");
}

void
sd_send_nmi(unsigned cpu)
{
	(void)cpu;
	sd_panic("", 0, "sends an NMI before any other has started");
}

/* ---- the hypervisor: none yet ---- */

unsigned long
sd_hypercall(unsigned long control, unsigned long in_gpa,
    unsigned long out_gpa)
{
	(void)control;
	(void)in_gpa;
	(void)out_gpa;
	sd_panic("", 0, "makes a hypercall before the driver attaches");
}

void
sd_cpuid(unsigned leaf, unsigned *regs)
{
	(void)leaf;
	memset(regs, 0, 4 * sizeof(*regs));
}

unsigned long sd_rdmsr(unsigned msr) { (void)msr; return 0; }
void sd_wrmsr(unsigned msr, unsigned long value) { (void)msr; (void)value; }

/* ---- memory ---- */

void *
sd_alloc(unsigned long size, unsigned long align)
{
	void *p = aligned_alloc(align < 16 ? 16 : align,
	    (size + align + 15) / (align < 16 ? 16 : align) *
	    (align < 16 ? 16 : align));

	if (p == NULL)
		abort();
	return memset(p, 0, size);
}

void *
sd_frame_alloc(enum sd_frame use)
{
	(void)use;
	return sd_alloc(PAGE, PAGE);
}

void *sd_frame_alloc_pair(void) { return sd_alloc(2 * PAGE, 2 * PAGE); }
void sd_frame_free(void *frame) { free(frame); }
unsigned long sd_virt_to_phys(const void *p) { return (unsigned long)p; }
void *sd_phys_to_virt(unsigned long pa) { return (void *)pa; }

/* ---- what must hold ---- */

void
sd_panic(const char *file, int line, const char *text)
{
	printf("panic %d %s %s\n", line, *file ? file : "-", text);
	fflush(stdout);
	_exit(1);
}

void
sd_assert_failed(const char *file, int line, const char *text)
{
	sd_panic(file, line, text);
}

void sd_unbalanced(const char *text) { sd_panic("", 0, text); }

void
sd_space_add(unsigned long root, unsigned long user_root, int is_kernel)
{
	(void)root;
	(void)user_root;
	(void)is_kernel;
}

void sd_space_remove(unsigned long root) { (void)root; }

void
sd_inval_begin(unsigned long root, unsigned long va, unsigned long end)
{
	(void)root;
	(void)va;
	(void)end;
}

void sd_inval_end(void) { }

void
sd_op_begin(const char *name, unsigned long root, unsigned long va,
    unsigned long end)
{
	(void)name;
	(void)root;
	(void)va;
	(void)end;
}

void sd_op_read(void) { }
void sd_op_defer(void) { }
void sd_op_end(void) { }
void sd_enter_user(void) { }
void sd_leave_user(void) { }
void sd_window(int open) { (void)open; }

/* ---- what happened ---- */

/* After a call through a bad pointer the return address is on the stack. */
static void
fault(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	const unsigned long pc = (unsigned long)uc->uc_mcontext.gregs[REG_RIP];
	const unsigned long sp = (unsigned long)uc->uc_mcontext.gregs[REG_RSP];
	char line[96];
	int n;

	(void)info;
	n = snprintf(line, sizeof(line), "fault %lx %lx\n", pc,
	    pc < PAGE ? *(const unsigned long *)sp : 0ul);
	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		_exit(3);
	_exit(signal == SIGALRM ? 2 : 1);
}

int
main(void)
{
	static char stack[64 * 1024];
	const stack_t own = { .ss_sp = stack, .ss_size = sizeof(stack) };
	const struct sigaction sa = { .sa_sigaction = fault,
		.sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigaltstack(&own, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGILL, &sa, NULL);
	sigaction(SIGFPE, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	alarm(20);
	early_run();
	printf("done\n");
	return 0;
}
