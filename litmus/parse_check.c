/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_check: what only the whole of start state and programs tells: modes,
 * PCIDs, VP indexes, and instructions that the processor does not have.
 */
#include "litmus/parse.h"

#include <string.h>

#include "model/model.h"

/* Calls `check` for each instruction, in the order of the columns' vCPUs. */
static void
each_insn(struct parser *p,
          void (*check)(struct parser *p, const struct litmus_insn *i))
{
	for (unsigned c = 0; c < p->t->cpus; c++) {
		const struct litmus_cpu *const cpu = &p->t->cpu[c];

		for (unsigned i = 0; i < cpu->code.count; i++)
			check(p, &cpu->code.insn[i]);
		for (unsigned i = 0; i < cpu->handler.count; i++)
			check(p, &cpu->handler.insn[i]);
	}
}

/* ---- modes --------------------------------------------------------------- */

/* Frames past translation are bookkeeping of the test, in any mode. */
static bool
runs_in_user_mode(enum litmus_op op)
{
	switch (op) {
	case OP_LOAD:
	case OP_STORE:
	case OP_XCHG:
	case OP_FRAME_LOAD:
	case OP_FRAME_STORE:
	case OP_FRAME_XCHG:
	case OP_MFENCE:
	case OP_WAIT:
	case OP_KERNEL:
		return true;
	default:
		return false;
	}
}

/* SDM 3A 5.9 privileged instructions; the tables are the kernel's too. */
static void
check_modes(struct parser *p, const struct litmus_code *code, bool user)
{
	for (unsigned i = 0; i < code->count; i++) {
		const struct litmus_insn *const n = &code->insn[i];

		if (user && !runs_in_user_mode(n->op))
			parse_fail(p, n->place, "user mode cannot do this: "
			           "KERNEL has to come before");
		else if (!user && n->op == OP_KERNEL)
			parse_fail(p, n->place, "this vCPU is in kernel mode "
			           "already");
		if (n->op == OP_USER || n->op == OP_KERNEL)
			user = n->op == OP_USER;
	}
}

/* A handler is in kernel mode from end to end. */
static void
check_handler(struct parser *p, const struct litmus_code *code)
{
	for (unsigned i = 0; i < code->count; i++) {
		const enum litmus_op op = code->insn[i].op;

		if (op == OP_USER || op == OP_KERNEL || op == OP_STI ||
		    op == OP_CLI)
			parse_fail(p, code->insn[i].place, "a handler changes "
			           "neither mode nor IF");
	}
}

/* ---- processors ---------------------------------------------------------- */

/* INVLPGB and TLBSYNC are AMD's (APM 3). */
static void
check_profile(struct parser *p, const struct litmus_insn *i)
{
	const char *const cpu = p->t->cpu_profile;

	if ((i->op == OP_INVLPGB || i->op == OP_TLBSYNC) &&
	    (cpu == NULL || strcmp(cpu, "amd") != 0))
		parse_fail(p, i->place, "this needs the processor: cpu amd");
}

/* A plain mask has 64 bits (TLFS HvCallFlushVirtualAddressSpace). */
static void
check_flush(struct parser *p, const struct litmus_insn *i)
{
	if (i->op != OP_FLUSH || i->flush.ex || i->flush.all_cpus)
		return;
	for (unsigned c = 0; c < p->t->cpus; c++) {
		if (i->flush.cpus >> c & 1 && p->t->cpu[c].vp_index >= 64)
			parse_fail(p, i->place, "P%u has VP index %u: only ex "
			           "names it", c, p->t->cpu[c].vp_index);
	}
}

static void
check_vp_indexes(struct parser *p)
{
	const struct litmus_cpu *const cpu = p->t->cpu;

	for (unsigned i = 0; i < p->t->cpus; i++) {
		for (unsigned j = 0; j < i; j++) {
			if (cpu[i].vp_index == cpu[j].vp_index)
				parse_fail(p, p->cpu_place[i].line != 0 ?
				           p->cpu_place[i] : p->cpu_place[j],
				           "P%u and P%u have VP index %u", j, i,
				           cpu[i].vp_index);
		}
	}
}

/* ---- PCIDs --------------------------------------------------------------- */

static bool
sets_pcide(const struct litmus_code *code)
{
	for (unsigned i = 0; i < code->count; i++) {
		if (code->insn[i].op == OP_CR4 && code->insn[i].on &&
		    code->insn[i].value == CR4_PCIDE)
			return true;
	}
	return false;
}

/* A PCID other than 0 means nothing while CR4.PCIDE is 0 (SDM 3A 4.10.1). */
static void
check_pcids(struct parser *p)
{
	if (p->t->cr4 & CR4_PCIDE)
		return;
	for (unsigned c = 0; c < p->t->cpus; c++) {
		if (sets_pcide(&p->t->cpu[c].code) ||
		    sets_pcide(&p->t->cpu[c].handler))
			return;
	}
	for (unsigned i = 0; i < p->t->spaces; i++) {
		if (p->t->space[i].pcid != 0)
			parse_fail(p, p->pcid_place,
			           "a PCID needs cr4 = PCIDE");
	}
}

void
parse_check(struct parser *p)
{
	for (unsigned c = 0; c < p->t->cpus; c++) {
		check_modes(p, &p->t->cpu[c].code, p->t->cpu[c].user);
		check_handler(p, &p->t->cpu[c].handler);
	}
	each_insn(p, check_profile);
	each_insn(p, check_flush);
	check_vp_indexes(p);
	check_pcids(p);
}
