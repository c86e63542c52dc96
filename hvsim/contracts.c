/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * contracts: what a caller must keep that only a running host can see.
 *
 * Some refuse the call (privilege, the hypercall page, overlay pages); others
 * let it work and accuse the caller all the same, with status SUCCESS.
 */
#include "hvsim/running.h"

#include <string.h>

#define STALLED 8               /* calls in vain before the guest is accused */

void
hv_report(const struct hv_running *c, const struct hv_fault *fault)
{
	if (c->p->env.fault != NULL)
		c->p->env.fault(c->p->env.ctx, c->vp, c->in.v.control, fault);
}

/* The call works, and yet a rule was broken. */
static void
accuse(const struct hv_running *c, enum hv_fault_kind kind, const char *rule)
{
	const struct hv_fault fault = {
		.kind = kind, .status = HVA_SUCCESS, .also = ~HV_MAY_ACCEPT,
		.rule = rule, .broken = { rule }, .nbroken = 1,
	};

	hv_report(c, &fault);
}

/* ---- the rules that need a running partition ---- */

/* TLFS 6.0b p. 84: an error, everything, or nothing, depending on the host. */
void
hv_check_empty(const struct hv_running *c)
{
	static const char rule[] = "TLFS HvCallFlushVirtualAddressSpace/List "
		"(6.0b p. 84, p. 87): the set of processors must not be empty";
	const struct hv_fault fault = {
		.kind = HV_FAULT_EMPTY_SET, .status = HVA_SUCCESS,
		.also = hv_status_bit(HVA_INVALID_PARAMETER) | HV_MAY_ACCEPT,
		.rule = rule, .broken = { rule }, .nbroken = 1,
	};

	if (c->f->empty)
		hv_report(c, &fault);
}

/* TLFS Alignment Requirements: overlay pages have no defined contents here. */
static bool
in_overlay(const struct hv_running *c)
{
	uint64_t page = c->in.v.in / HVA_PAGE;
	const struct hv_partition *p = c->p;

	if (p->now.hypercall_msr / HVA_PAGE == page)
		return true;
	for (unsigned i = 0; i < p->vps && p->now.assists > 0; i++) {
		if ((p->vp[i].assist & 1) != 0 &&
		    p->vp[i].assist / HVA_PAGE == page)
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
	if (p->now.guest_os_id != 0 &&
	    (p->now.hypercall_msr & HVA_HYPERCALL_ENABLE) != 0)
		return true;
	fault->ud = true;
	fault->detached = true;
	HV_REFUSE(fault, HV_FAULT_DETACHED, HVA_INVALID_CODE, 0,
	    p->now.was_enabled ?
	    "TLFS Establishing the Hypercall Interface: hypercall after "
	    "the hypercall page was disabled (use after detach)" :
	    "TLFS Establishing the Hypercall Interface: hypercall before "
	    "the hypercall page was enabled");
	return false;
}

bool
hv_check_environment(const struct hv_running *c, const struct hv_regs *regs,
                  struct hv_fault *fault)
{
	memset(fault, 0, sizeof(*fault));
	if (!check_privilege(regs, fault) || !check_enabled(c->p, fault))
		return false;
	if (c->p->vp[c->vp].busy) {
		HV_REFUSE(fault, HV_FAULT_MALFORMED, HVA_OPERATION_DENIED, 0,
		    "TLFS Hypercall Atomicity and Ordering: a VP that is "
		    "inside a hypercall cannot make another one");
		return false;
	}
	if (c->call == NULL) {
		hv_check_reserved(&c->p->profile, c->in.v.control, fault);
		HV_REFUSE(fault, HV_FAULT_MALFORMED, HVA_INVALID_CODE, 0,
		    "TLFS Common Hypercall Status Codes: the call code is "
		    "not one that this host knows");
		return false;
	}
	if ((c->in.v.control & HVA_FAST) == 0 && in_overlay(c)) {
		HV_REFUSE(fault, HV_FAULT_MALFORMED, HVA_INVALID_PARAMETER,
		    ~0ull,
		    "TLFS Alignment Requirements: the input parameters "
		    "must not lie in an overlay page");
		return false;
	}
	return true;
}

/* TLFS Hypercall Atomicity and Ordering, last paragraph. */
void
hv_check_unchanged(const struct hv_running *c)
{
	if (hv_running_knob(c, HV_KNOB_LATE_TARGET) != 0 &&
	    c->p->env.point != NULL && hv_input_changed(&c->in))
		accuse(c, HV_FAULT_REWRITTEN,
		       "TLFS Hypercall Atomicity and Ordering: input parameters "
		       "changed while the call was executing");
}

/* The same, between two executions of one call: its input is read anew. */
void
hv_check_resumed(const struct hv_running *c)
{
	if (hv_input_changed(&c->in))
		accuse(c, HV_FAULT_REWRITTEN,
		       "TLFS Hypercall Continuation: input parameters changed "
		       "before the call was executed again");
}

/* TLFS HvCallFlushVirtualAddressSpace: AddressSpace is the value of a CR3. */
void
hv_check_space(const struct hv_running *c)
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
void
hv_check_progress(const struct hv_running *c, bool idle)
{
	struct hv_vp_call *v = &hv_vp_changes(c->p, c->vp)->call;

	if (!idle)
		v->stalled = 0;
	else if (++v->stalled >= STALLED)
		accuse(c, HV_FAULT_NO_PROGRESS,
		       "TLFS Hypercall Classes: the caller repeats a call that "
		       "completes no element, and would do so for ever");
}
