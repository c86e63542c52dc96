/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host.c: the fake hypervisor behind the hypercall page.
 *
 * A hypercall is a VM exit: the caller's stores are drained before the host
 * acts, and the caller takes no interrupt until it is back.
 */
#include "pmapshim/sim/sim.h"

#include <stdio.h>
#include <string.h>

static int
host_read(void *ctx, uint64_t gpa, void *buf, size_t size)
{
	const char *p = machine_ptr(sim.m, gpa);

	(void)ctx;
	if (p == NULL || machine_ptr(sim.m, gpa + size - 1) == NULL)
		return -1;
	memcpy(buf, p, size);
	return 0;
}

static void
host_point(void *ctx)
{
	(void)ctx;
	explore_point();
}

static unsigned
host_choose(void *ctx, unsigned n)
{
	(void)ctx;
	return explore_hot.active ? explore_choose(n) : 0;
}

static void
host_flush(void *ctx, unsigned vp, const struct hv_flush *f,
           const struct hv_range *range, enum hv_globals globals, bool any_space,
           uint64_t root)
{
	struct machine_flush mf = { .any_root = any_space,
	    .root = root & PTE_ADDR, .keep_global = globals == HV_GLOBALS_KEEP,
	    .whole = range == NULL };

	(void)ctx;
	(void)f;
	if (range != NULL) {
		mf.va = range->va;
		mf.bytes = range->bytes;
	}
	machine_flush(sim.m, vp, &mf);
	explore_progress();
}

static void
host_fault(void *ctx, unsigned vp, uint64_t control, const struct hv_fault *f)
{
	char text[256];

	(void)ctx;
	(void)vp;
	/*
	 * A call that some hosts accept (an empty set) and this one refuses:
	 * the kernel gets its status, and is accused only of what comes of it.
	 */
	if ((f->also & 1) != 0 && f->status != HVA_SUCCESS)
		return;
	snprintf(text, sizeof(text), "control 0x%llx: %s",
	    (unsigned long long)control, f->rule);
	sim_finding(f->detached ? FINDING_USE_AFTER_DETACH :
	    FINDING_BAD_HYPERCALL, NULL, 0, text);
	sim_stop();
}

const struct hv_env sim_hv_env = {
	.read = host_read, .point = host_point, .choose = host_choose,
	.flush = host_flush, .fault = host_fault
};

static void
trace_call(unsigned long control, unsigned long in_gpa, void *frame)
{
	static struct hv_flush f;
	struct hv_fault fault;
	char text[200];

	if (hv_flush_decode(&sim.hv.profile, control, in_gpa, host_read, NULL,
	    &f, &fault) == 0)
		hv_flush_describe(&f, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "hypercall 0x%lx", control);
	sim_emit(TRACE_HYPERCALL, control, in_gpa, text, frame);
}

unsigned long
sd_hypercall(unsigned long control, unsigned long in_gpa,
             unsigned long out_gpa)
{
	unsigned cpu = explore_current();
	uint64_t result;

	sim_enter();
	machine_drain_all(sim.m, cpu);
	if (sim_tracing())
		trace_call(control, in_gpa, __builtin_frame_address(0));
	sim.vcpu[cpu].in_host = true;
	sim_attention(cpu);
	result = hv_hypercall(&sim.hv, cpu, control, in_gpa, out_gpa);
	sim.vcpu[cpu].in_host = false;
	sim_attention(cpu);
	SIM_EMIT(TRACE_HYPERCALL_DONE, result, control, NULL);
	return result;
}

void
sd_cpuid(unsigned leaf, unsigned *regs)
{
	uint32_t out[4];

	hv_cpuid(&sim.hv, leaf, out);
	for (unsigned i = 0; i < 4; i++)
		regs[i] = out[i];
}

static _Noreturn void
msr_fault(unsigned msr)
{
	char text[64];

	snprintf(text, sizeof(text), "#GP: access to MSR 0x%x", msr);
	sim_finding(FINDING_ASSERTION, NULL, 0, text);
	sim_stop();
}

unsigned long
sd_rdmsr(unsigned msr)
{
	uint64_t v = 0;

	sim_enter();
	if (hv_rdmsr(&sim.hv, explore_current(), msr, &v) != 0)
		msr_fault(msr);
	return v;
}

void
sd_wrmsr(unsigned msr, unsigned long value)
{
	sim_enter();
	if (hv_wrmsr(&sim.hv, explore_current(), msr, value) != 0)
		msr_fault(msr);
}
