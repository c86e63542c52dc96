/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backend.c: the shimmed instructions on the model.
 *
 * Each shim settles the store under way, makes a scheduling point, and then
 * acts at once: what follows the point is one step.
 */
#include "pmapshim/sim/sim.h"

#include <stdio.h>
#include <string.h>

#define CR3_ROOT 0x000ffffffffff000ull

void
sim_enter(void)
{
	hooks_settle();
	explore_point();
}

unsigned
sd_cpu(void)
{
	return explore_current();
}

unsigned
sd_ncpus(void)
{
	return sim.row.vcpus;
}

unsigned
sd_vp_index(unsigned cpu)
{
	return cpu < sim.row.vcpus ? sim.row.vp_index[cpu] : ~0u;
}

/* ---- translation ----------------------------------------------------------- */

void
sd_invlpg(unsigned long va)
{
	explore_mark();
	sim_enter();
	SIM_EMIT(TRACE_SITE, 0, 0, NULL);
	machine_invlpg(sim.m, explore_current(), va);
}

/* #GP or #UD: no kernel under test has a handler for one here. */
static void
general_protection(const char *what)
{
	sim_finding(FINDING_ASSERTION, NULL, 0, what);
	sim_stop();
}

void
sd_invpcid(unsigned type, unsigned long pcid, unsigned long va)
{
	explore_mark();
	sim_enter();
	SIM_EMIT(TRACE_SITE, 0, 0, NULL);
	if (machine_invpcid(sim.m, explore_current(), type, pcid, va) != 0)
		general_protection(machine_invpcid_fault(sim.m,
		    explore_current(), type, pcid, va));
}

void
sd_wbinvd(void)
{
	explore_mark();
	sim_enter();
	SIM_EMIT(TRACE_SITE, 0, 0, NULL);
	machine_wbinvd(sim.m, explore_current());
}

/* ---- second-level tables (SDM 3C, 28.3) ---- */

void
sd_guest(unsigned long root, unsigned long cr3)
{
	explore_mark();
	sim_enter();
	SIM_EMIT(TRACE_SITE, 0, 0, NULL);
	if (machine_guest_enter(sim.m, explore_current(), root, cr3) != 0)
		general_protection("the machine has no second-level tables");
}

void
sd_invept(unsigned type, unsigned long root)
{
	explore_mark();
	sim_enter();
	SIM_EMIT(TRACE_SITE, 0, 0, NULL);
	if (machine_invept(sim.m, explore_current(), type, root) != 0)
		general_protection("INVEPT with an operand that the SDM does "
		    "not allow");
}

void
sd_table_ept(void *table, int ad)
{
	hooks_settle();
	explore_touch_opaque();
	machine_table_ept(sim.m, table, ad != 0);
}

/* ---- broadcast (APM 2, 5.5.3) ---- */

void
sd_invlpgb(unsigned long rax, unsigned edx, unsigned ecx)
{
	struct machine_invlpgb op;
	const char *const bad = machine_invlpgb_decode(rax, edx, ecx, &op);

	explore_mark();
	sim_enter();
	SIM_EMIT(TRACE_SITE, 0, 0, NULL);
	if (bad != NULL)
		general_protection(bad);
	if (machine_invlpgb(sim.m, explore_current(), &op) != 0)
		general_protection(machine_invlpgb_fault(sim.m,
		    explore_current(), &op));
}

/* The number-th request of all that are pending anywhere. */
static void
carry_out(unsigned number)
{
	for (unsigned c = 0; c < sim.row.vcpus; c++) {
		const unsigned n = machine_pending_broadcasts(sim.m, c);

		if (number < n) {
			machine_broadcast_step(sim.m, c, number);
			return;
		}
		number -= n;
	}
}

/*
 * What no processor has carried out by itself it does now, in an order that
 * the schedule chooses: the wait has an end, whatever the others do.
 */
void
sd_tlbsync(void)
{
	sim_enter();
	while (machine_tlbsync_waits(sim.m, explore_current())) {
		unsigned n = 0;

		for (unsigned c = 0; c < sim.row.vcpus; c++)
			n += machine_pending_broadcasts(sim.m, c);
		carry_out(explore_hot.active && n > 1 ? explore_choose(n) : 0);
		explore_touch_opaque();
		explore_point();
	}
	if (machine_tlbsync(sim.m, explore_current()) != 0)
		general_protection("#UD: TLBSYNC on a processor without it");
}

unsigned long
sd_read_cr3(void)
{
	hooks_settle();
	return machine_cr3(sim.m, explore_current());
}

void
sd_write_cr3(unsigned long value)
{
	explore_mark();
	sim_enter();
	SIM_EMIT(TRACE_SITE, 0, 0, NULL);
	if (machine_mov_cr3(sim.m, explore_current(), value) != 0)
		general_protection(machine_cr3_fault(sim.m, explore_current(),
		    value));
}

unsigned long
sd_read_cr4(void)
{
	hooks_settle();
	return machine_cr4(sim.m, explore_current());
}

void
sd_write_cr4(unsigned long value)
{
	explore_mark();
	sim_enter();
	SIM_EMIT(TRACE_SITE, 0, 0, NULL);
	if (machine_mov_cr4(sim.m, explore_current(), value) != 0)
		general_protection(machine_cr4_fault(sim.m, explore_current(),
		    value));
}

void
sd_mfence(void)
{
	sim_enter();
	machine_drain_all(sim.m, explore_current());
}

void
sd_pause(void)
{
	hooks_settle();
	if (explore_hot.active)
		explore_spin();
}

/* ---- interrupts -------------------------------------------------------------- */

/* IF holds fixed interrupts off, a handler of their own NMIs: SDM 3A 6.7.1. */
void
sim_attention(unsigned cpu)
{
	const struct sim_vcpu *v = &sim.vcpu[cpu];

	if (explore_hot.active)
		explore_attention(cpu, !v->in_host &&
		    ((v->nmi && !v->in_nmi) ||
		    (v->vectors != 0 && machine_if(sim.m, cpu))));
}

int
sd_irq_enabled(void)
{
	hooks_settle();
	return machine_if(sim.m, explore_current());
}

void
sd_irq_disable(void)
{
	sim_enter();
	machine_set_if(sim.m, explore_current(), false);
	sim_attention(explore_current());
}

void
sd_irq_enable(void)
{
	sim_enter();
	machine_set_if(sim.m, explore_current(), true);
	sim_attention(explore_current());
}

/* A fixed interrupt becomes pending. */
void
sim_post(unsigned cpu, unsigned vector)
{
	struct sim_vcpu *v = &sim.vcpu[cpu];

	SIM_EMIT(TRACE_IPI_SEND, cpu, vector, NULL);
	sim_class_interrupt(cpu);
	v->vectors |= 1ull << (vector & 63);
	v->vector[vector & 63] = (uint8_t)vector;
	sim.ipis++;
	explore_progress();
	sim_attention(cpu);
}

void
sim_post_nmi(unsigned cpu, gva_t va)
{
	struct sim_vcpu *v = &sim.vcpu[cpu];

	SIM_EMIT(TRACE_NMI_SEND, cpu, va, NULL);
	sim_class_interrupt(cpu);
	v->nmi = true;
	v->nmi_va = va;
	explore_progress();
	sim_attention(cpu);
}

void
sd_send_ipi(unsigned cpu, unsigned vector)
{
	explore_mark();
	sim_enter();
	if (cpu >= sim.row.vcpus) {
		sim_finding(FINDING_ASSERTION, NULL, 0,
		    "an IPI to a vCPU that does not exist");
		sim_stop();
	}
	sim_post(cpu, vector);
}

void
sd_send_nmi(unsigned cpu)
{
	explore_mark();
	sim_enter();
	sim_post_nmi(cpu, 0);
}

/*
 * The NMI's handler, and from user mode the kernel's entry and exit.  Between
 * its gate, which clears IF, and its IRET no other one comes (SDM 3A 6.7.1).
 */
static void
take_nmi(unsigned cpu)
{
	struct sim_vcpu *v = &sim.vcpu[cpu];
	const bool user = machine_mode(sim.m, cpu) == MODE_USER;
	const bool on = machine_if(sim.m, cpu);

	sim_class_interrupt(cpu);
	v->nmi = false;
	v->in_nmi = true;
	machine_set_if(sim.m, cpu, false);
	sim_attention(cpu);
	SIM_EMIT(TRACE_NMI_TAKE, v->nmi_va, user, NULL);
	if (user) {
		if (sim.k->nmi_leave_user != NULL)
			sim.k->nmi_leave_user();
		else
			sim.k->leave_user();
		sim.k->nmi(v->nmi_va, true);
		explore_touch_opaque();
		SIM_EMIT(TRACE_NMI_DONE, 0, 0, NULL);
		sim.k->enter_user();
		return;
	}
	machine_handler(sim.m, cpu, true);
	sim.k->nmi(v->nmi_va, false);
	hooks_settle();
	explore_touch_opaque();
	machine_drain_all(sim.m, cpu);          /* IRET */
	SIM_EMIT(TRACE_NMI_DONE, 0, 0, NULL);
	v->in_nmi = false;
	if (on)
		machine_set_if(sim.m, cpu, true);
	machine_handler(sim.m, cpu, false);
	sim_attention(cpu);
}

/*
 * Takes an NMI, else the lowest pending vector: IF=0, the kernel's entry, its
 * handler, its exit.  Runs on the vCPU's own fiber, between two of its
 * instructions.
 */
void
sim_interrupt(void *ctx, unsigned cpu)
{
	struct sim_vcpu *v = &sim.vcpu[cpu];
	bool user = machine_mode(sim.m, cpu) == MODE_USER;
	unsigned bit;

	(void)ctx;
	if (v->nmi && !v->in_nmi) {
		take_nmi(cpu);
		return;
	}
	if (v->vectors == 0)
		return;
	sim_class_interrupt(cpu);
	bit = (unsigned)__builtin_ctzll(v->vectors);
	v->vectors &= v->vectors - 1;
	machine_set_if(sim.m, cpu, false);
	sim_attention(cpu);
	SIM_EMIT(TRACE_IPI_TAKE, v->vector[bit], user, NULL);
	if (user) {
		sim.k->leave_user();
		sim.k->interrupt(v->vector[bit]);
		explore_touch_opaque();
		SIM_EMIT(TRACE_IPI_DONE, v->vector[bit], 0, NULL);
		sim.k->enter_user();
		return;
	}
	machine_handler(sim.m, cpu, true);
	sim.k->interrupt(v->vector[bit]);
	hooks_settle();
	explore_touch_opaque();
	machine_drain_all(sim.m, cpu);          /* IRET */
	SIM_EMIT(TRACE_IPI_DONE, v->vector[bit], 0, NULL);
	machine_set_if(sim.m, cpu, true);
	machine_handler(sim.m, cpu, false);
	sim_attention(cpu);
}

/* ---- modes ---------------------------------------------------------------------- */

void
sd_enter_user(void)
{
	sim_enter();
	machine_set_mode(sim.m, explore_current(), MODE_USER);
	sim_self()->in_nmi = false;             /* IRET */
	sim_attention(explore_current());
}

void
sd_leave_user(void)
{
	hooks_settle();
	explore_touch_opaque();
	machine_set_mode(sim.m, explore_current(), MODE_KERNEL);
}

void
sd_window(int open)
{
	sim_enter();
	machine_window(sim.m, explore_current(), open != 0);
}

void
sd_user_read(unsigned long root, unsigned long va)
{
	const unsigned cpu = explore_current();
	gpa_t loaded;
	char text[128];

	sd_window(1);
	explore_mark();
	sim_enter();
	loaded = machine_cr3(sim.m, cpu) & CR3_ROOT;
	if (loaded != root) {
		snprintf(text, sizeof(text), "a handler reads user memory of "
		    "the space with root 0x%lx, and CR3 has 0x%llx", root,
		    (unsigned long long)loaded);
		sim_finding(FINDING_ASSERTION, NULL, 0, text);
		sim_stop();
	}
	(void)machine_access(sim.m, cpu, va, false);
	sd_window(0);
}

void
sd_kernel_read(unsigned long va)
{
	const unsigned cpu = explore_current();
	gpa_t root;
	char text[128];

	explore_mark();
	sim_enter();
	root = machine_cr3(sim.m, cpu) & CR3_ROOT;
	if (machine_frame_use(sim.m, root) == FRAME_TABLE &&
	    machine_access(sim.m, cpu, va, false) != ~0ull)
		return;
	snprintf(text, sizeof(text), "a handler's read of kernel memory at "
	    "0x%lx faults: CR3 has 0x%llx, %s", va, (unsigned long long)root,
	    machine_frame_use(sim.m, root) == FRAME_TABLE ?
	    "which does not map it" : "which is no page table");
	sim_finding(FINDING_ASSERTION, NULL, 0, text);
	sim_stop();
}

/* ---- memory --------------------------------------------------------------------- */

static void *
frame_or_stop(void *frame)
{
	if (frame == NULL) {
		sim_finding(FINDING_ASSERTION, NULL, 0,
		    "the simulated machine has no free page left; take fewer "
		    "vCPUs");
		sim_stop();
	}
	return frame;
}

void *
sd_frame_alloc(enum sd_frame use)
{
	sim_enter();
	sim_class_frame();
	return frame_or_stop(machine_frame_alloc(sim.m,
	    (enum frame_use)use));
}

void *
sd_frame_alloc_pair(void)
{
	sim_enter();
	sim_class_frame();
	return frame_or_stop(machine_frame_alloc_pair(sim.m, FRAME_TABLE));
}

void
sd_frame_free(void *frame)
{
	sim_enter();
	sim_class_frame();
	SIM_EMIT(TRACE_FRAME_FREE, machine_gpa(sim.m, frame), 0, NULL);
	machine_frame_free(sim.m, frame);
}

unsigned long
sd_virt_to_phys(const void *p)
{
	return machine_gpa(sim.m, p);
}

unsigned long
sd_walk_read(const unsigned long *entry)
{
	char text[96];

	sim_enter();
	if (machine_frame_use(sim.m, machine_gpa(sim.m, entry)) !=
	    FRAME_TABLE) {
		snprintf(text, sizeof(text), "a walk of the tables reads "
		    "physical 0x%llx, which is no page table any more",
		    (unsigned long long)machine_gpa(sim.m, entry));
		sim_finding(FINDING_OUT_OF_BOUNDS, NULL, 0, text);
		sim_stop();
	}
	return *entry;
}

void *
sd_phys_to_virt(unsigned long pa)
{
	return machine_ptr(sim.m, pa);
}

void *
sd_alloc(unsigned long size, unsigned long align)
{
	size_t at = (sim.arena_used + align - 1) & ~(align - 1);

	explore_touch_opaque();
	if (align == 0 || at + size > SIM_ARENA) {
		sim_finding(FINDING_ASSERTION, NULL, 0, "the simulated "
		    "kernel's heap is full; take fewer vCPUs");
		sim_stop();
	}
	sim.arena_used = at + size;
	memset(sim.arena + at, 0, size);
	return sim.arena + at;
}
