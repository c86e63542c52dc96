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
	explore_mark();
	explore_point();
}

static unsigned
host_choose(void *ctx, unsigned n)
{
	unsigned value;

	(void)ctx;
	if (!explore_hot.active)
		return 0;
	value = explore_choose(n);
	explore_touch_opaque();
	return value;
}

/* Between two executions of one hypercall the caller is a guest again. */
static void
host_reenter(void *ctx, unsigned vp)
{
	(void)ctx;
	sim.vcpu[vp].in_host = false;
	sim_attention(vp);
	explore_point();
	sim.vcpu[vp].in_host = true;
	sim_attention(vp);
}

static void
host_ipi(void *ctx, unsigned vp, uint32_t vector)
{
	(void)ctx;
	sim_post(vp, vector);
}

void
sim_root_add(gpa_t root)
{
	struct sim_roots *r = &sim.roots;

	for (unsigned i = 0; i < r->count; i++)
		if (r->root[i] == root)
			return;
	if (r->count < SIM_MAX_ROOTS)
		r->root[r->count++] = root;
}

static bool
host_is_root(void *ctx, uint64_t root)
{
	const struct sim_roots *r = &sim.roots;

	(void)ctx;
	for (unsigned i = 0; i < r->count; i++)
		if (r->root[i] == root)
			return true;
	return r->count == SIM_MAX_ROOTS;       /* too many to tell */
}

/* The caller must not count on globals that this flush spares. */
static void
note_kept(const struct machine_flush *mf)
{
	struct sim_vcpu *v = sim_self();

	if (!v->globals_kept || mf->whole) {
		v->kept = mf->whole ? 0 : mf->va;
		v->kept_end = mf->whole ? 0 : mf->va + mf->bytes;
	} else if (v->kept_end != 0) {
		if (mf->va < v->kept)
			v->kept = mf->va;
		if (mf->va + mf->bytes - 1 > v->kept_end - 1)
			v->kept_end = mf->va + mf->bytes;
	}
	v->globals_kept = true;
}

static void
host_flush(void *ctx, unsigned vp, const struct hv_flush *f,
           const struct hv_range *range, enum hv_globals globals, bool any_space,
           uint64_t root)
{
	struct machine_flush mf = { .any_root = any_space,
	    .root = root & PTE_ADDR, .keep_global = globals == HV_GLOBALS_KEEP,
	    .global_match = globals == HV_GLOBALS_MATCH,
	    .whole = range == NULL };

	(void)ctx;
	(void)f;
	if (range != NULL) {
		mf.va = range->va;
		mf.bytes = range->bytes;
	}
	if (mf.keep_global)
		note_kept(&mf);
	machine_flush(sim.m, vp, &mf);
	explore_progress();
}

static void
host_flush_gpa(void *ctx, unsigned vp, const struct hv_flush *f,
               const struct hv_range *range)
{
	(void)ctx;
	machine_flush_guest_physical(sim.m, vp, f->space & PTE_ADDR,
	    range == NULL, range != NULL ? range->va : 0,
	    range != NULL ? range->bytes : 0);
	explore_progress();
}

static enum finding_kind
finding_of(enum hv_fault_kind kind)
{
	static const enum finding_kind kinds[HV_FAULT_KIND_COUNT] = {
		[HV_FAULT_MALFORMED] = FINDING_BAD_HYPERCALL,
		[HV_FAULT_DETACHED] = FINDING_USE_AFTER_DETACH,
		[HV_FAULT_REWRITTEN] = FINDING_INPUT_REWRITTEN,
		[HV_FAULT_EMPTY_SET] = FINDING_EMPTY_SET,
		[HV_FAULT_VARHEAD] = FINDING_VARIABLE_HEADER,
		[HV_FAULT_PAST_PAGE] = FINDING_PAST_PAGE,
		[HV_FAULT_SPACE] = FINDING_NOT_A_SPACE,
		[HV_FAULT_NOT_OFFERED] = FINDING_BAD_HYPERCALL,
		[HV_FAULT_NO_PROGRESS] = FINDING_NO_PROGRESS,
	};

	return kinds[kind];
}

static void
host_fault(void *ctx, unsigned vp, uint64_t control, const struct hv_fault *f)
{
	char text[256];

	(void)ctx;
	/*
	 * A call that some hosts accept (an empty set) and this one refuses:
	 * the kernel gets its status, and is accused only of what comes of it.
	 */
	if (f->kind == HV_FAULT_EMPTY_SET)
		sim.vcpu[vp].empty_set = true;
	if ((f->also & 1) != 0)
		return;
	snprintf(text, sizeof(text), "control 0x%llx: %s",
	    (unsigned long long)control, f->rule);
	sim_finding(finding_of(f->kind), NULL, 0, text);
	sim_stop();
}

const struct hv_env sim_hv_env = {
	.read = host_read, .point = host_point, .choose = host_choose,
	.reenter = host_reenter, .flush = host_flush, .fault = host_fault,
	.ipi = host_ipi, .flush_gpa = host_flush_gpa, .is_root = host_is_root
};

static void
describe(const struct hv_regs *regs, char *text, size_t size)
{
	const struct hv_request r = { &sim.hv->profile, regs, host_read, NULL };
	const struct hv_call_info *call = hv_call_find(regs->rcx & 0xffff);
	static struct hv_flush f;
	struct hv_fault fault;
	struct hv_ipi ipi;

	if (call != NULL && call->kind == HV_CALL_IPI &&
	    hv_ipi_decode(&r, &ipi, &fault) == 0)
		hv_ipi_describe(&ipi, text, size);
	else if (call != NULL && call->kind == HV_CALL_FLUSH &&
	    hv_flush_decode_regs(&r, &f, &fault) == 0)
		hv_flush_describe(&f, text, size);
	else
		snprintf(text, size, "hypercall 0x%llx",
		    (unsigned long long)regs->rcx);
}

static void
trace_call(const struct hv_regs *regs, void *frame)
{
	char text[200];

	describe(regs, text, sizeof(text));
	sim_emit(TRACE_HYPERCALL, regs->rcx, regs->rdx, text, frame);
}

static unsigned long
call_host(struct hv_regs *regs, void *frame)
{
	unsigned cpu = explore_current();

	explore_mark();
	sim_enter();
	machine_drain_all(sim.m, cpu);
	if (sim_tracing())
		trace_call(regs, frame);
	sim_input_used(regs);
	sim.vcpu[cpu].in_host = true;
	sim_attention(cpu);
	hv_hypercall_regs(sim.hv, cpu, regs);
	sim.vcpu[cpu].in_host = false;
	sim_attention(cpu);
	SIM_EMIT(TRACE_HYPERCALL_DONE, regs->rax, regs->rcx, NULL);
	return regs->rax;
}

unsigned long
sd_hypercall(unsigned long control, unsigned long in_gpa,
             unsigned long out_gpa)
{
	struct hv_regs regs = { .rcx = control, .rdx = in_gpa, .r8 = out_gpa };

	return call_host(&regs, __builtin_frame_address(0));
}

unsigned long
sd_hypercall_xmm(unsigned long control, unsigned long first,
                 unsigned long second, const unsigned long *xmm)
{
	struct hv_regs regs = { .rcx = control, .rdx = first, .r8 = second };

	memcpy(regs.xmm, xmm, sizeof(regs.xmm));
	return call_host(&regs, __builtin_frame_address(0));
}

void
sd_cpuid(unsigned leaf, unsigned *regs)
{
	uint32_t out[4];

	hv_cpuid(sim.hv, leaf, out);
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
	if (hv_rdmsr(sim.hv, explore_current(), msr, &v) != 0)
		msr_fault(msr);
	return v;
}

void
sd_wrmsr(unsigned msr, unsigned long value)
{
	sim_enter();
	if (hv_wrmsr(sim.hv, explore_current(), msr, value) != 0)
		msr_fault(msr);
}
