/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * running: one hypercall under way, shared by the files that execute it.
 */
#ifndef SHOOTDOWN_HVSIM_RUNNING_H
#define SHOOTDOWN_HVSIM_RUNNING_H

#include "hvsim/internal.h"

struct hv_running {
	struct hv_partition *p;
	unsigned vp;
	struct hv_input in;
	const struct hv_call_info *call;
	struct hv_flush *f;
	unsigned targets;
	uint64_t target[HV_MAX_VPS / 64];       /* VP v: bit v */
};

/* Of a set of VPs. */
static inline unsigned
hv_running_words(const struct hv_running *c)
{
	return (c->p->vps + 63) / 64;
}

static inline uint32_t
hv_running_knob(const struct hv_running *c, enum hv_knob k)
{
	return c->p->profile.knob[k];
}

static inline unsigned
hv_running_choose(const struct hv_running *c, unsigned n)
{
	const struct hv_env *env = &c->p->env;

	return env->choose != NULL ? env->choose(env->ctx, n) % n : 0;
}

/* A scheduling point of its own for what follows, unless hosts are atomic. */
static inline void
hv_running_point(const struct hv_running *c)
{
	const struct hv_env *env = &c->p->env;

	if (hv_running_knob(c, HV_KNOB_LATE_TARGET) != 0 && env->point != NULL)
		env->point(env->ctx);
}

/* Does the host flush everything here although less was asked for? */
static inline bool
hv_running_overflush(const struct hv_running *c)
{
	uint32_t knob = hv_running_knob(c, HV_KNOB_OVERFLUSH);

	return knob == 1 || (knob == 2 && hv_running_choose(c, 2) != 0);
}

void hv_report(const struct hv_running *c, const struct hv_fault *fault);

/* ---- contracts.c: rules that need a running partition ---- */

/* Privilege, the page, the code, overlays; false: *fault says why not. */
bool hv_check_environment(const struct hv_running *c,
                          const struct hv_regs *regs, struct hv_fault *fault);
/* These accuse, and the call works: of a decoded flush, */
void hv_check_empty(const struct hv_running *c);
void hv_check_space(const struct hv_running *c);
/* of an input that was consumed, of an execution that completed nothing. */
void hv_check_unchanged(const struct hv_running *c);
void hv_check_resumed(const struct hv_running *c);
void hv_check_progress(const struct hv_running *c, bool idle);

/* ---- flush.c ---- */

/* Takes the next VP out of the n in left[]; the explorer chooses. */
unsigned hv_running_take(const struct hv_running *c, uint64_t *left, unsigned n);

/* The first `count` ranges of the flush, or its whole space, on all targets. */
void hv_flush_elements(const struct hv_running *c, uint32_t count);
void hv_flush_whole(const struct hv_running *c);

#endif
