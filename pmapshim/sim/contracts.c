/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * contracts.c: operations and invalidations as the glue brackets them, and
 * everything that ends a run early.
 */
#include "pmapshim/sim/sim.h"

#include <stdio.h>
#include <string.h>

void
sd_space_add(unsigned long root, unsigned long user_root, int is_kernel)
{
	explore_touch_opaque();
	machine_space_add(sim.m, root, user_root,
	    is_kernel ? SPACE_KERNEL : SPACE_USER);
	sim_root_add(root);
	if (user_root != 0)
		sim_root_add(user_root);
}

void
sd_space_remove(unsigned long root)
{
	explore_touch_opaque();
	machine_space_remove(sim.m, root);
}

void
sd_inval_begin(unsigned long root, unsigned long va, unsigned long end)
{
	struct sim_vcpu *v = sim_self();

	hooks_settle();
	explore_touch_opaque();
	if (v->invals++ > 0)
		return;
	v->inval = (struct machine_scope){ root, va, end };
	v->empty_set = v->globals_kept = false;
	SIM_EMIT(TRACE_INVAL_BEGIN, va, end, NULL);
}

void
sd_inval_end(void)
{
	struct sim_vcpu *v = sim_self();

	hooks_settle();
	explore_touch_opaque();
	if (--v->invals > 0)
		return;
	SIM_EMIT(TRACE_INVAL_END, v->inval.va, v->inval.end, NULL);
	sim_class_contract();
	machine_invalidated(sim.m, explore_current(), &v->inval);
}

void
sd_op_begin(const char *name, unsigned long root, unsigned long va,
            unsigned long end)
{
	struct sim_vcpu *v = sim_self();

	hooks_settle();
	explore_touch_opaque();
	if (v->ops < SIM_MAX_OPS)
		v->op[v->ops] = (struct sim_op){ .name = name,
		    .scope = { root, va, end },
		    .seq = machine_store_seq(sim.m) };
	if (v->ops++ == 0)
		v->last_op = name;
	SIM_EMIT(TRACE_OP_BEGIN, va, end, name);
}

static struct sim_op *
op_top(void)
{
	struct sim_vcpu *v = sim_self();

	return v->ops > 0 && v->ops <= SIM_MAX_OPS ? &v->op[v->ops - 1] : NULL;
}

void
sd_op_read(void)
{
	struct sim_op *op = op_top();

	hooks_settle();
	explore_touch_opaque();
	if (op != NULL)
		op->seq = machine_store_seq(sim.m);
}

unsigned long
sd_op_moment(void)
{
	hooks_settle();
	explore_touch_opaque();
	return machine_store_seq(sim.m);
}

void
sd_op_as_of(unsigned long moment)
{
	struct sim_op *op = op_top();

	if (op != NULL)
		op->seq = (uint32_t)moment;
}

void
sd_op_defer(void)
{
	struct sim_op *op = op_top();

	if (op != NULL)
		op->deferred = true;
}

void
sd_op_end(void)
{
	struct sim_vcpu *v = sim_self();
	struct sim_op *op = op_top();

	hooks_settle();
	explore_touch_opaque();
	if (op == NULL)
		return;
	SIM_EMIT(TRACE_OP_END, op->scope.va, op->scope.end, op->name);
	sim_class_contract();
	if (!op->deferred)
		machine_operation_done(sim.m, explore_current(), &op->scope,
		    op->seq);
	v->ops--;
}

void
sd_cache_begin(void)
{
	struct sim_vcpu *v = sim_self();

	hooks_settle();
	explore_touch_opaque();
	v->wbinvds = machine_wbinvds(sim.m);
	if (v->ops == 0)
		v->last_op = "flush-cache";
}

void
sd_cache_end(void)
{
	hooks_settle();
	explore_touch_opaque();
	sim_class_contract();
	machine_caches_flushed(sim.m, explore_current(), sim_self()->wbinvds);
}

/* ---- what ends a run ------------------------------------------------------------ */

/* Leaves the running fiber; outside of a run there is nothing to leave. */
_Noreturn void
sim_stop(void)
{
	if (explore_hot.active)
		explore_stop();
	sim_boot_abort();
}

static bool
is_of_caches(const struct machine_finding *f)
{
	return f->kind == FINDING_CACHES_KEPT || f->kind == FINDING_CACHES_LATE;
}

static void
result_set(const struct machine_finding *f, const char *file, int line,
           const char *text)
{
	struct run_result *r = sim.result;
	const bool caused = f->kind <= FINDING_TRANSIENT || is_of_caches(f);
	unsigned by = caused ? f->store_cpu : f->cpu;

	if (r == NULL) {
		snprintf(sim.boot_trouble, sizeof(sim.boot_trouble), "%s: %s",
		    finding_kind_name(f->kind), text != NULL ? text :
		    "before the scenario starts");
		return;
	}
	if (r->found)
		return;
	r->found = true;
	r->finding = *f;
	r->finding.kind = sim_input_blame(f, &text);
	r->operation = sim.vcpu[by].last_op;
	r->file = file;
	r->line = line;
	snprintf(r->message, sizeof(r->message), "%s",
	    text != NULL ? text : "");
	SIM_EMIT(TRACE_FINDING, f->va, f->cpu, r->message);
}

void
sim_finding(enum finding_kind kind, const char *file, int line,
            const char *text)
{
	struct machine_finding f = { .kind = kind,
	    .cpu = explore_current() };

	result_set(&f, file, line, text);
}

static void
machine_found(void *ctx, const struct machine_finding *f)
{
	char text[160];

	(void)ctx;
	if (is_of_caches(f))
		snprintf(text, sizeof(text), "%s without a WBINVD since vCPU "
		    "%u has called for one: its caches may hold what they held "
		    "before (SDM 3A, 11.12.4)", f->where, f->store_cpu);
	result_set(f, NULL, 0, is_of_caches(f) ? text : NULL);
	if (explore_hot.active)
		explore_stop();
}

const struct machine_hooks sim_machine_hooks = {
	.finding = machine_found, .event = sim_class_machine,
	.unwanted = ~SIM_CLASS_EVENTS
};

void
sd_assert_failed(const char *file, int line, const char *text)
{
	sim_finding(FINDING_ASSERTION, file, line, text);
	sim_stop();
}

void
sd_panic(const char *file, int line, const char *text)
{
	sim_finding(FINDING_ASSERTION, file, line, text);
	sim_stop();
}

void
sd_unbalanced(const char *text)
{
	sim_finding(FINDING_UNBALANCED, NULL, 0, text);
	sim_stop();
}
