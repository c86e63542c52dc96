/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypercall: the running host.
 *
 * A flush is not atomic: each target VP loses its translations at a scheduling
 * point of its own, between the call and its return, in an order that the
 * explorer chooses.  A list is a series of independent actions, which a host
 * may interrupt (continuation) or give back half done (early success).  The
 * effects on every target are complete when the call returns.
 */
#include "hvsim/internal.h"

#include <string.h>

#define LOW_LAST 0x00007fffffffffffull  /* 48-bit canonical addresses */
#define HIGH_FIRST 0xffff800000000000ull

struct call {
	struct hv_partition *p;
	unsigned vp;
	uint64_t control;
	struct hv_input in;
	struct hv_flush *f;
	unsigned targets;
	uint8_t target[HV_MAX_VPS];
};

/* What one execution of the hypercall instruction did. */
struct step {
	unsigned status;
	uint32_t reps;          /* total */
	bool again;             /* continuation: not finished */
};

static uint32_t
knob(const struct call *c, enum hv_knob k)
{
	return c->p->profile.knob[k];
}

static void
report(const struct call *c, const struct hv_fault *fault)
{
	if (c->p->env.fault != NULL)
		c->p->env.fault(c->p->env.ctx, c->vp, c->control, fault);
}

/* ---- effects on targets ---- */

/* VP indexes in the set without a VP are ignored, as is done by all hosts. */
static void
find_targets(struct call *c)
{
	c->targets = 0;
	for (unsigned i = 0; i < c->p->vps; i++) {
		if (hv_vp_set_has(&c->f->set, c->p->vp_index[i]))
			c->target[c->targets++] = (uint8_t)i;
	}
}

/*
 * TLFS HvCallFlushVirtualAddressList: GVAs beyond the end of the GVA space are
 * ignored.  So of a range that runs into the hole (or past the top) the valid
 * part counts; false: nothing is left.
 */
static bool
clip(const struct hv_range *asked, struct hv_range *ret)
{
	uint64_t first = asked->va, last = first + asked->bytes - 1;

	if (last < first)
		last = UINT64_MAX;
	if (first > LOW_LAST && first < HIGH_FIRST)
		first = HIGH_FIRST;
	if (last > LOW_LAST && last < HIGH_FIRST)
		last = LOW_LAST;
	if (first > last)
		return false;
	ret->va = first;
	ret->bytes = last - first + 1;
	return true;
}

/* Flushes one VP; range NULL: the whole space. */
static void
flush_one(const struct call *c, unsigned vp, const struct hv_range *range)
{
	const struct hv_env *env = &c->p->env;
	const struct hv_flush *f = c->f;
	bool keep = (f->flags & HVA_FLUSH_NON_GLOBAL) != 0 &&
	            knob(c, HV_KNOB_GLOBALS) == 0;
	bool any = (f->flags & HVA_FLUSH_ALL_SPACES) != 0 ||
	           knob(c, HV_KNOB_AS) == 0;
	uint64_t root = f->space;
	struct hv_range valid;

	if (knob(c, HV_KNOB_AS) != 2)
		root &= ~0xfffull;
	if (range != NULL) {
		if (!clip(range, &valid))
			return;
		range = &valid;
	}
	env->flush(env->ctx, vp, f, range, keep, any, root);
}

/* Takes the next target out of left[]; the explorer chooses which. */
static unsigned
take_target(const struct call *c, uint8_t *left, unsigned n)
{
	const struct hv_env *env = &c->p->env;
	unsigned k = 0, vp;

	if (n > 1 && env->choose != NULL && knob(c, HV_KNOB_LATE_TARGET) != 0)
		k = env->choose(env->ctx, n) % n;
	vp = left[k];
	memmove(&left[k], &left[k + 1], n - k - 1);
	return vp;
}

/* Flushes `count` ranges from `range` on (0: whole space) on all targets. */
static void
flush_targets(const struct call *c, const struct hv_range *range,
              uint32_t count)
{
	const struct hv_env *env = &c->p->env;
	uint8_t left[HV_MAX_VPS];

	memcpy(left, c->target, sizeof(left));
	for (unsigned n = c->targets; n > 0; n--) {
		unsigned vp = take_target(c, left, n);

		if (knob(c, HV_KNOB_LATE_TARGET) != 0 && env->point != NULL)
			env->point(env->ctx);
		if (count == 0)
			flush_one(c, vp, NULL);
		for (uint32_t i = 0; i < count; i++)
			flush_one(c, vp, &range[i]);
	}
}

/*
 * TLFS Hypercall Atomicity and Ordering: a rep call is a series of actions in
 * list order.  late_target=2 is the order of hosts that queue the list to each
 * target, where nobody sees the difference once the call has returned.
 */
static void
flush_elements(const struct call *c, uint32_t count)
{
	if (count == 0)
		return;
	if (knob(c, HV_KNOB_LATE_TARGET) == 2) {
		flush_targets(c, c->f->range, count);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		flush_targets(c, &c->f->range[i], 1);
}

/* ---- one execution ---- */

/* TLFS Alignment Requirements: overlay pages have no defined contents here. */
static bool
in_overlay(const struct call *c)
{
	uint64_t page = c->in.gpa / HVA_PAGE;
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

/* The rules that need a running partition; false: the call is refused. */
static bool
check_environment(const struct call *c, struct hv_fault *fault)
{
	const struct hv_partition *p = c->p;

	memset(fault, 0, sizeof(*fault));
	if (p->guest_os_id == 0 ||
	    (p->hypercall_msr & HVA_HYPERCALL_ENABLE) == 0) {
		/* TLFS Establishing the Hypercall Interface. */
		fault->ud = true;
		fault->detached = true;
		hv_refuse(fault, HVA_INVALID_CODE, 0, p->was_enabled ?
		          "TLFS Establishing the Hypercall Interface: hypercall "
		          "after the hypercall page was disabled (use after "
		          "detach)" :
		          "TLFS Establishing the Hypercall Interface: hypercall "
		          "before the hypercall page was enabled");
		return false;
	}
	if ((p->busy >> c->vp & 1) != 0) {
		hv_refuse(fault, HVA_OPERATION_DENIED, 0,
		          "TLFS Hypercall Atomicity and Ordering: a VP that is "
		          "inside a hypercall cannot make another one");
		return false;
	}
	if (hv_code_is_flush(c->control & HVA_CALL_CODE) &&
	    (c->control & HVA_FAST) == 0 && in_overlay(c)) {
		hv_refuse(fault, HVA_INVALID_PARAMETER, ~0ull,
		          "TLFS Alignment Requirements: the input parameters "
		          "must not lie in an overlay page");
		return false;
	}
	return true;
}

/* TLFS Hypercall Atomicity and Ordering, last paragraph. */
static void
check_unchanged(const struct call *c)
{
	static const struct hv_fault changed = {
		.status = HVA_SUCCESS,
		.also = ~1ull,
		.rule = "TLFS Hypercall Atomicity and Ordering: input parameters "
		        "changed while the call was executing",
	};

	if (knob(c, HV_KNOB_LATE_TARGET) != 0 && c->p->env.point != NULL &&
	    hv_input_changed(&c->in))
		report(c, &changed);
}

/* How many of n elements this execution does, and what it says then. */
static uint32_t
limit(const struct call *c, bool fail, uint32_t n, struct step *s)
{
	uint32_t early = knob(c, HV_KNOB_REP), again = knob(c, HV_KNOB_CONTINUE);

	if (fail) {
		s->status = knob(c, HV_KNOB_FAIL_STATUS);
		return n < knob(c, HV_KNOB_FAIL_REPS) ?
		       n : knob(c, HV_KNOB_FAIL_REPS);
	}
	if (again != 0 && again < n && (early == 0 || again <= early)) {
		s->again = true;
		return again;
	}
	return early != 0 && early < n ? early : n;
}

static struct step
flush_step(struct call *c, bool fail)
{
	struct step s = { 0 };
	struct hv_fault fault;
	int bad = hv_flush_decode_input(&c->p->profile, c->control, &c->in,
	                                c->f, &fault);
	uint32_t n;

	if (bad && !fault.element) {
		report(c, &fault);
		s.status = fault.status;
		return s;
	}
	find_targets(c);
	if (c->f->whole) {
		s.status = fail ? knob(c, HV_KNOB_FAIL_STATUS) : HVA_SUCCESS;
		s.reps = fail ? c->f->rep_start : c->f->rep_count;
		if (!fail)
			flush_targets(c, NULL, 0);
	} else {
		n = limit(c, fail, c->f->ranges, &s);
		flush_elements(c, n);
		s.reps = c->f->rep_start + n;
		if (bad && n == c->f->ranges && s.status == HVA_SUCCESS) {
			report(c, &fault);
			s.status = fault.status;
		}
	}
	check_unchanged(c);
	return s;
}

/*
 * TLFS Hypercall Continuation: the instruction pointer stays, the rep start
 * index moves, interrupts are taken, and everything is read anew.
 */
static bool
resume(struct call *c, uint32_t reps, struct hv_fault *fault)
{
	struct hv_partition *p = c->p;

	c->control &= ~(HVA_REP_MASK << HVA_REP_START_SHIFT);
	c->control |= (uint64_t)reps << HVA_REP_START_SHIFT;
	p->continuations++;
	p->busy &= (uint8_t)~(1u << c->vp);
	if (p->env.reenter != NULL)
		p->env.reenter(p->env.ctx, c->vp);
	if (!check_environment(c, fault))
		return false;
	p->busy |= (uint8_t)(1u << c->vp);
	return true;
}

static uint64_t
finish(struct call *c, unsigned status, uint32_t reps)
{
	if (status != HVA_SUCCESS)
		c->p->failed_calls++;
	return status | (uint64_t)reps << HVA_RESULT_REPS_SHIFT;
}

static uint64_t
flush_call(struct call *c)
{
	struct hv_partition *p = c->p;
	uint32_t n = ++p->flush_calls;
	bool fail = knob(c, HV_KNOB_FAIL_CALL) == n ||
	            knob(c, HV_KNOB_FAIL_CALL) == UINT32_MAX;
	struct hv_fault fault;
	struct step s;

	if (hv_code_is_ex(c->control & HVA_CALL_CODE))
		p->flush_ex_calls++;
	p->busy |= (uint8_t)(1u << c->vp);
	for (;;) {
		s = flush_step(c, fail);
		if (!s.again)
			break;
		if (!resume(c, s.reps, &fault)) {
			report(c, &fault);
			return finish(c, fault.status, s.reps);
		}
	}
	p->busy &= (uint8_t)~(1u << c->vp);
	if (s.status == HVA_SUCCESS)
		p->targets += c->targets;
	return finish(c, s.status, s.reps);
}

uint64_t
hv_hypercall(struct hv_partition *p, unsigned vp, uint64_t control,
             uint64_t in_gpa, uint64_t out_gpa)
{
	struct call c = { .p = p, .vp = vp, .control = control,
	                  .f = &p->scratch[vp] };
	struct hv_fault fault;

	/* TLFS Alignment Requirements: no output, so its GPA is ignored. */
	(void)out_gpa;
	c.in.read = p->env.read;
	c.in.ctx = p->env.ctx;
	c.in.gpa = in_gpa;
	p->calls++;
	if (!check_environment(&c, &fault)) {
		report(&c, &fault);
		return finish(&c, fault.status, 0);
	}
	if (!hv_code_is_flush(control & HVA_CALL_CODE)) {
		hv_refuse(&fault, HVA_INVALID_CODE, 0,
		          "TLFS Common Hypercall Status Codes: the call code is "
		          "not one that this host knows");
		report(&c, &fault);
		return finish(&c, fault.status, 0);
	}
	return flush_call(&c);
}
