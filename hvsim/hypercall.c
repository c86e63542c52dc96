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
	return &hv_vp_changes(c->p, c->vp)->call;
}

static uint32_t
rep_start(const struct hv_running *c)
{
	return (uint32_t)(c->in.v.control >> HVA_REP_START_SHIFT &
	                  HVA_REP_MASK);
}

static struct step
refuse(const struct hv_running *c, const struct hv_fault *fault)
{
	hv_report(c, fault);
	return (struct step){ .status = fault->status, .ud = fault->ud,
	    .intercept = fault->intercept };
}

/* ---- targets ---- */

/* VP indexes in the set without a VP are ignored, as is done by all hosts. */
static void
find_targets(struct hv_running *c, const struct hv_vp_set *set)
{
	memset(c->target, 0, hv_running_words(c) * sizeof(c->target[0]));
	c->targets = 0;
	for (unsigned i = 0; i < c->p->vps; i++) {
		if (!hv_vp_set_has(set, c->p->vp_index[i]))
			continue;
		c->target[i / 64] |= 1ull << i % 64;
		c->targets++;
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
	c->p->now.suspensions++;
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
	hv_check_empty(c);
	hv_check_space(c);
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
			hv_report(c, &fault);
			s.status = fault.status;
		}
	}
	hv_check_unchanged(c);
	if (s.status == HVA_SUCCESS && !s.again)
		c->p->now.targets += c->targets;
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
	uint64_t left[HV_MAX_VPS / 64];

	if (hv_ipi_decode_input(&c->p->profile, &c->in, &ipi, &fault) != 0)
		return refuse(c, &fault);
	find_targets(c, &ipi.set);
	memcpy(left, c->target, hv_running_words(c) * sizeof(left[0]));
	for (unsigned n = c->targets; n > 0; n--) {
		unsigned vp = hv_running_take(c, left, n);

		hv_running_point(c);
		if (env->ipi != NULL)
			env->ipi(env->ctx, vp, ipi.vector);
	}
	hv_check_unchanged(c);
	c->p->now.ipis += c->targets;
	return (struct step){ .status = HVA_SUCCESS };
}

/* ---- one execution ---- */

static void
count_call(const struct hv_running *c)
{
	struct hv_partition *p = c->p;

	p->now.calls++;
	*state(c) = (struct hv_vp_call){ .stalled = state(c)->stalled };
	if (c->call == NULL || c->call->kind != HV_CALL_FLUSH)
		return;
	state(c)->number = p->now.flush_calls + 1;
}

static void
count_flush(const struct hv_running *c)
{
	if (state(c)->again || c->call->kind != HV_CALL_FLUSH)
		return;
	c->p->now.flush_calls++;
	if (c->call->variable)
		c->p->now.flush_ex_calls++;
}

static struct step
execute(struct hv_running *c, const struct hv_regs *regs)
{
	struct hv_partition *p = c->p;
	struct hv_fault fault;
	struct step s;

	if (!state(c)->again)
		count_call(c);
	if (!hv_check_environment(c, regs, &fault)) {
		s = refuse(c, &fault);
		if (state(c)->again)
			s.reps = rep_start(c);
		return s;
	}
	count_flush(c);
	hv_vp_changes(p, c->vp)->busy = true;
	p->now.busy++;
	s = c->call->kind == HV_CALL_IPI ? ipi_step(c) : flush_step(c);
	p->vp[c->vp].busy = false;
	p->now.busy--;
	hv_check_progress(c, c->call->rep && !s.again &&
	    s.status == HVA_SUCCESS && s.reps <= rep_start(c));
	return s;
}

/* TLFS Register Outputs, Hypercall Continuation: rep calls modify RCX. */
static void
write_back(struct hv_regs *regs, const struct hv_running *c,
           const struct step *s)
{
	uint64_t control = c->in.v.control, result;
	bool wide = regs->mode == HV_MODE_LONG;

	if (c->call != NULL && c->call->rep && s->reps > rep_start(c)) {
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

/* As hv_hypercall_execute; *c tells afterwards what was consumed. */
static bool
run_once(struct hv_running *c, struct hv_regs *regs)
{
	struct hv_partition *p = c->p;
	struct step s;

	hv_input_init(&c->in, regs, p->env.read, p->env.ctx);
	c->call = hv_call_find(c->in.v.control & HVA_CALL_CODE);
	s = execute(c, regs);
	regs->ud = s.ud;
	regs->intercepted = s.intercept;
	regs->advanced = !s.again && !s.ud && !s.intercept;
	write_back(regs, c, &s);
	state(c)->again = s.again;
	if (s.again)
		p->now.continuations++;
	else if (s.status != HVA_SUCCESS)
		p->now.failed_calls++;
	return !s.again;
}

bool
hv_hypercall_execute(struct hv_partition *p, unsigned vp, struct hv_regs *regs)
{
	struct hv_running c = { .p = p, .vp = vp, .f = &p->scratch[vp] };

	return run_once(&c, regs);
}

/* ---- all of them ---- */

/* An interrupt handler's own hypercalls must not be taken for this one. */
static void
reenter(const struct hv_running *c)
{
	struct hv_vp_call saved = *state(c);

	memset(state(c), 0, sizeof(saved));
	if (c->p->env.reenter != NULL)
		c->p->env.reenter(c->p->env.ctx, c->vp);
	*state(c) = saved;
}

void
hv_hypercall_regs(struct hv_partition *p, unsigned vp, struct hv_regs *regs)
{
	struct hv_running c = { .p = p, .vp = vp, .f = &p->scratch[vp] };

	while (!run_once(&c, regs)) {
		reenter(&c);
		hv_check_resumed(&c);
	}
}

uint64_t
hv_hypercall(struct hv_partition *p, unsigned vp, uint64_t control,
             uint64_t in_gpa, uint64_t out_gpa)
{
	struct hv_regs regs = { .rcx = control, .rdx = in_gpa, .r8 = out_gpa };

	hv_hypercall_regs(p, vp, &regs);
	return regs.rax;
}
