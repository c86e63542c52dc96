/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypercall: one execution of the hypercall instruction, and all of them.
 *
 * An execution ends the call, or leaves RIP where it is (TLFS Hypercall
 * Continuation, Restrictions on TLB Flushes): then the guest takes its
 * interrupts, executes the instruction again, and everything is read anew.
 */
#include "hvsim/running.h"

#include <string.h>

#define STALLED 8               /* calls in vain before the guest is accused */

/* What one execution came to. */
struct step {
	unsigned status;
	uint32_t reps;          /* total */
	bool again;             /* not finished */
	bool ud, intercept;     /* no result at all */
};

static uint32_t
knob(const struct hv_running *c, enum hv_knob k)
{
	return hv_running_knob(c, k);
}

static struct hv_vp_call *
state(const struct hv_running *c)
{
	return &c->p->call[c->vp];
}

static uint32_t
rep_start(const struct hv_running *c)
{
	return (uint32_t)(c->in.v.control >> HVA_REP_START_SHIFT &
	                  HVA_REP_MASK);
}

static void
report(const struct hv_running *c, const struct hv_fault *fault)
{
	if (c->p->env.fault != NULL)
		c->p->env.fault(c->p->env.ctx, c->vp, c->in.v.control, fault);
}

static struct step
refuse(const struct hv_running *c, const struct hv_fault *fault)
{
	report(c, fault);
	return (struct step){ .status = fault->status, .ud = fault->ud,
	    .intercept = fault->intercept };
}

/* The call works, and yet a rule was broken. */
static void
accuse(const struct hv_running *c, enum hv_fault_kind kind, const char *rule)
{
	const struct hv_fault fault = {
		.kind = kind, .status = HVA_SUCCESS, .also = ~HV_MAY_ACCEPT,
		.rule = rule, .broken = { rule }, .nbroken = 1,
	};

	report(c, &fault);
}

/* ---- the rules that need a running partition ---- */

/* TLFS 6.0b p. 84: an error, everything, or nothing, depending on the host. */
static void
check_empty(const struct hv_running *c)
{
	static const char rule[] = "TLFS HvCallFlushVirtualAddressSpace/List "
		"(6.0b p. 84, p. 87): the set of processors must not be empty";
	const struct hv_fault fault = {
		.kind = HV_FAULT_EMPTY_SET, .status = HVA_SUCCESS,
		.also = hv_status_bit(HVA_INVALID_PARAMETER) | HV_MAY_ACCEPT,
		.rule = rule, .broken = { rule }, .nbroken = 1,
	};

	if (c->f->empty)
		report(c, &fault);
}

/* TLFS Alignment Requirements: overlay pages have no defined contents here. */
static bool
in_overlay(const struct hv_running *c)
{
	uint64_t page = c->in.v.in / HVA_PAGE;
	const struct hv_partition *p = c->p;

	if (p->hypercall_msr / HVA_PAGE == page)
		return true;
	for (unsigned i = 0; i < p->vps; i++) {
		if ((p->vp_assist[i] & 1) != 0 &&
		    p->vp_assist[i] / HVA_PAGE == page)
			return true;
	}
	return false;
}

/* TLFS Hypercall Interface: from CPL 0, in protected or long mode. */
static bool
check_privilege(const struct hv_regs *regs, struct hv_fault *fault)
{
	if (regs->cpl == 0 && regs->mode != HV_MODE_REAL)
		return true;
	fault->ud = true;
	HV_REFUSE(fault, HV_FAULT_MALFORMED, HVA_ACCESS_DENIED, 0,
	          "TLFS Hypercall Interface: hypercalls are for the most "
	          "privileged mode, and not for real mode");
	return false;
}

/* TLFS Establishing the Hypercall Interface. */
static bool
check_enabled(const struct hv_partition *p, struct hv_fault *fault)
{
	if (p->guest_os_id != 0 &&
	    (p->hypercall_msr & HVA_HYPERCALL_ENABLE) != 0)
		return true;
	fault->ud = true;
	fault->detached = true;
	HV_REFUSE(fault, HV_FAULT_DETACHED, HVA_INVALID_CODE, 0, p->was_enabled ?
	          "TLFS Establishing the Hypercall Interface: hypercall after "
	          "the hypercall page was disabled (use after detach)" :
	          "TLFS Establishing the Hypercall Interface: hypercall before "
	          "the hypercall page was enabled");
	return false;
}

static bool
check_environment(const struct hv_running *c, const struct hv_regs *regs,
                  struct hv_fault *fault)
{
	memset(fault, 0, sizeof(*fault));
	if (!check_privilege(regs, fault) || !check_enabled(c->p, fault))
		return false;
	if ((c->p->busy >> c->vp & 1) != 0) {
		HV_REFUSE(fault, HV_FAULT_MALFORMED, HVA_OPERATION_DENIED, 0,
		          "TLFS Hypercall Atomicity and Ordering: a VP that is "
		          "inside a hypercall cannot make another one");
		return false;
	}
	if (c->call == NULL) {
		HV_REFUSE(fault, HV_FAULT_MALFORMED, HVA_INVALID_CODE, 0,
		          "TLFS Common Hypercall Status Codes: the call code is "
		          "not one that this host knows");
		return false;
	}
	if ((c->in.v.control & HVA_FAST) == 0 && in_overlay(c)) {
		HV_REFUSE(fault, HV_FAULT_MALFORMED, HVA_INVALID_PARAMETER, ~0ull,
		          "TLFS Alignment Requirements: the input parameters "
		          "must not lie in an overlay page");
		return false;
	}
	return true;
}

/* TLFS Hypercall Atomicity and Ordering, last paragraph. */
static void
check_unchanged(const struct hv_running *c)
{
	if (knob(c, HV_KNOB_LATE_TARGET) != 0 && c->p->env.point != NULL &&
	    hv_input_changed(&c->in))
		accuse(c, HV_FAULT_REWRITTEN,
		       "TLFS Hypercall Atomicity and Ordering: input parameters "
		       "changed while the call was executing");
}

/* TLFS HvCallFlushVirtualAddressSpace: AddressSpace is the value of a CR3. */
static void
check_space(const struct hv_running *c)
{
	const struct hv_env *env = &c->p->env;

	if (c->call->kind == HV_CALL_FLUSH && env->is_root != NULL &&
	    (c->f->flags & HVA_FLUSH_ALL_SPACES) == 0 &&
	    !env->is_root(env->ctx, c->f->space & ~0xfffull))
		accuse(c, HV_FAULT_SPACE,
		       "TLFS HvCallFlushVirtualAddressSpace/List: AddressSpace "
		       "is not the root of any address space");
}

/*
 * TLFS Hypercall Classes: a caller goes on where the host stopped.  One that
 * makes the same call for ever on a host that does nothing never ends.
 */
static void
check_progress(const struct hv_running *c, const struct step *s)
{
	struct hv_vp_call *v = state(c);

	if (!c->call->rep || s->again || s->status != HVA_SUCCESS ||
	    s->reps > rep_start(c)) {
		v->stalled = 0;
		return;
	}
	if (++v->stalled >= STALLED)
		accuse(c, HV_FAULT_NO_PROGRESS,
		       "TLFS Hypercall Classes: the caller repeats a call that "
		       "completes no element, and would do so for ever");
}

/* ---- targets ---- */

/* VP indexes in the set without a VP are ignored, as is done by all hosts. */
static void
find_targets(struct hv_running *c, const struct hv_vp_set *set)
{
	c->targets = 0;
	for (unsigned i = 0; i < c->p->vps; i++) {
		if (hv_vp_set_has(set, c->p->vp_index[i]))
			c->target[c->targets++] = (uint8_t)i;
	}
}

/*
 * TLFS Restrictions on TLB Flushes: a target's TLB is locked (it handles a
 * memory intercept), so the caller is suspended and makes the call again.
 */
static bool
locked(const struct hv_running *c)
{
	struct hv_vp_call *v = state(c);

	if (c->targets == 0 || v->suspended >= knob(c, HV_KNOB_TLB_LOCK) ||
	    hv_running_choose(c, 2) == 0)
		return false;
	v->suspended++;
	c->p->suspensions++;
	return true;
}

/* ---- flushes ---- */

/* After how many of n elements the guest is entered again; 0: not before all. */
static uint32_t
interruption(const struct hv_running *c, uint32_t n)
{
	uint32_t k = knob(c, HV_KNOB_CONTINUE);

	if (k != HV_ANY)
		return k < n ? k : 0;
	for (uint32_t i = 1; i < n; i++) {
		if (hv_running_choose(c, 2) != 0)
			return i;
	}
	return 0;
}

/* How many of n elements this execution does, and what it says then. */
static uint32_t
limit(const struct hv_running *c, bool fail, uint32_t n, struct step *s)
{
	uint32_t early = knob(c, HV_KNOB_REP), again;

	if (fail) {
		s->status = knob(c, HV_KNOB_FAIL_STATUS);
		return n < knob(c, HV_KNOB_FAIL_REPS) ?
		       n : knob(c, HV_KNOB_FAIL_REPS);
	}
	if (early == HV_ANY)            /* "stall" */
		return 0;
	if (early != 0 && early < n)
		n = early;
	again = interruption(c, n);
	s->again = again != 0;
	return again != 0 ? again : n;
}

static bool
must_fail(const struct hv_running *c)
{
	uint32_t which = knob(c, HV_KNOB_FAIL_CALL);

	return c->call->kind == HV_CALL_FLUSH &&
	       (which == UINT32_MAX || which == state(c)->number);
}

static void
flush_whole(const struct hv_running *c, struct step *s)
{
	bool fail = must_fail(c);

	s->status = fail ? knob(c, HV_KNOB_FAIL_STATUS) : HVA_SUCCESS;
	s->reps = fail ? c->f->rep_start : c->f->rep_count;
	if (!fail)
		hv_flush_whole(c);
}

static int
decode_flush(struct hv_running *c, struct hv_fault *fault)
{
	if (c->call->kind == HV_CALL_FLUSH_GPA)
		return hv_gpa_flush_decode_input(&c->p->profile, &c->in, c->f,
		                                 fault);
	return hv_flush_decode_input(&c->p->profile, &c->in, c->f, fault);
}

static struct step
flush_step(struct hv_running *c)
{
	struct step s = { 0 };
	struct hv_fault fault;
	int bad = decode_flush(c, &fault);
	uint32_t n;

	if (bad && !fault.element)
		return refuse(c, &fault);
	find_targets(c, &c->f->set);
	check_empty(c);
	check_space(c);
	if (locked(c)) {
		s.again = true;
		s.reps = c->f->rep_start;
		return s;
	}
	if (c->f->whole) {
		flush_whole(c, &s);
	} else {
		n = limit(c, must_fail(c), c->f->ranges, &s);
		hv_flush_elements(c, n);
		s.reps = c->f->rep_start + n;
		if (bad && n == c->f->ranges && s.status == HVA_SUCCESS) {
			report(c, &fault);
			s.status = fault.status;
		}
	}
	check_unchanged(c);
	if (s.status == HVA_SUCCESS && !s.again)
		c->p->targets += c->targets;
	return s;
}

/* ---- interrupts ---- */

/* TLFS HvCallSendSyntheticClusterIpi: to each target, at a time of its own. */
static struct step
ipi_step(struct hv_running *c)
{
	const struct hv_env *env = &c->p->env;
	struct hv_fault fault;
	struct hv_ipi ipi;
	uint8_t left[HV_MAX_VPS];

	if (hv_ipi_decode_input(&c->p->profile, &c->in, &ipi, &fault) != 0)
		return refuse(c, &fault);
	find_targets(c, &ipi.set);
	memcpy(left, c->target, sizeof(left));
	for (unsigned n = c->targets; n > 0; n--) {
		unsigned vp = hv_running_take(c, left, n);

		hv_running_point(c);
		if (env->ipi != NULL)
			env->ipi(env->ctx, vp, ipi.vector);
	}
	check_unchanged(c);
	c->p->ipis += c->targets;
	return (struct step){ .status = HVA_SUCCESS };
}

/* ---- one execution ---- */

static void
count_call(const struct hv_running *c)
{
	struct hv_partition *p = c->p;

	p->calls++;
	*state(c) = (struct hv_vp_call){ .stalled = state(c)->stalled };
	if (c->call == NULL || c->call->kind != HV_CALL_FLUSH)
		return;
	state(c)->number = p->flush_calls + 1;
}

static void
count_flush(const struct hv_running *c)
{
	if (state(c)->again || c->call->kind != HV_CALL_FLUSH)
		return;
	c->p->flush_calls++;
	if (c->call->variable)
		c->p->flush_ex_calls++;
}

static struct step
execute(struct hv_running *c, const struct hv_regs *regs)
{
	struct hv_partition *p = c->p;
	struct hv_fault fault;
	struct step s;

	if (!state(c)->again)
		count_call(c);
	if (!check_environment(c, regs, &fault)) {
		s = refuse(c, &fault);
		if (state(c)->again)
			s.reps = rep_start(c);
		return s;
	}
	count_flush(c);
	p->busy |= (uint8_t)(1u << c->vp);
	s = c->call->kind == HV_CALL_IPI ? ipi_step(c) : flush_step(c);
	p->busy &= (uint8_t)~(1u << c->vp);
	check_progress(c, &s);
	return s;
}

/* TLFS Register Outputs, Hypercall Continuation: rep calls modify RCX. */
static void
write_back(struct hv_regs *regs, const struct hv_running *c,
           const struct step *s)
{
	uint64_t control = c->in.v.control, result;
	bool wide = regs->mode == HV_MODE_LONG;

	if (c->call != NULL && c->call->rep && !s->ud && !s->intercept) {
		control &= ~(HVA_REP_MASK << HVA_REP_START_SHIFT);
		control |= (uint64_t)(s->reps & HVA_REP_MASK) <<
		           HVA_REP_START_SHIFT;
		if (wide)
			regs->rcx = control;
	}
	result = s->status | (uint64_t)s->reps << HVA_RESULT_REPS_SHIFT;
	if (s->again)
		result = control;
	if (wide) {
		regs->rax = s->again ? regs->rax : result;
	} else {
		regs->rax = result & 0xffffffff;
		regs->rdx = result >> 32;
	}
}

bool
hv_hypercall_execute(struct hv_partition *p, unsigned vp, struct hv_regs *regs)
{
	struct hv_running c = { .p = p, .vp = vp, .f = &p->scratch[vp] };
	struct step s;

	hv_input_init(&c.in, regs, p->env.read, p->env.ctx);
	c.call = hv_call_find(c.in.v.control & HVA_CALL_CODE);
	s = execute(&c, regs);
	regs->ud = s.ud;
	regs->intercepted = s.intercept;
	regs->advanced = !s.again && !s.ud && !s.intercept;
	write_back(regs, &c, &s);
	p->call[vp].again = s.again;
	if (s.again)
		p->continuations++;
	else if (s.status != HVA_SUCCESS)
		p->failed_calls++;
	return !s.again;
}

/* ---- all of them ---- */

/* An interrupt handler's own hypercalls must not be taken for this one. */
static void
reenter(struct hv_partition *p, unsigned vp)
{
	struct hv_vp_call saved = p->call[vp];

	memset(&p->call[vp], 0, sizeof(saved));
	if (p->env.reenter != NULL)
		p->env.reenter(p->env.ctx, vp);
	p->call[vp] = saved;
}

void
hv_hypercall_regs(struct hv_partition *p, unsigned vp, struct hv_regs *regs)
{
	while (!hv_hypercall_execute(p, vp, regs))
		reenter(p, vp);
}

uint64_t
hv_hypercall(struct hv_partition *p, unsigned vp, uint64_t control,
             uint64_t in_gpa, uint64_t out_gpa)
{
	struct hv_regs regs = { .rcx = control, .rdx = in_gpa, .r8 = out_gpa };

	hv_hypercall_regs(p, vp, &regs);
	return regs.rax;
}
