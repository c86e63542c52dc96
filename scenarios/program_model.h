/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_model: what operations of programs tell the reference model, and what
 * runs them.  Private to scenarios/.
 */
#ifndef SHOOTDOWN_SCENARIOS_PROGRAM_MODEL_H
#define SHOOTDOWN_SCENARIOS_PROGRAM_MODEL_H

#include "scenarios/program.h"

#define NO_FRAME 0xffu
#define FAR_FIRST 0xf0u         /* frames of the pages that may be promoted */
#define FAR_SECOND 0xf1u

#define MODEL_NEVER UINT32_MAX  /* a version that has not ended */

enum { IS_READ_ONLY, IS_WRITABLE };

/* What a page is before the programs begin: that frame, writable. */
void model_first(struct scenario_world *w, unsigned page, unsigned frame);
/* Begins to make a page something; NULL: too many to remember. */
struct scenario_version *model_begin(struct scenario_world *w,
                                     struct scenario_versions *l,
                                     unsigned value);
/* The operation has returned, or was left out of the program. */
void model_end(struct scenario_world *w, struct scenario_version *v);
/* Was another operation under way since then?  NULL: not known, yes. */
bool model_others(const struct scenario_versions *l,
                  const struct scenario_version *since);
/* The page may be absent for a moment: any fault is explained. */
void model_absent(struct scenario_world *w, unsigned page);
/* A touch of a user page: a finding when it sees what cannot be. */
void model_see(struct scenario_world *w, unsigned page, bool write);

/* Where a page of a program is. */
uint64_t program_va(const struct scenario_world *w, unsigned page);
uint64_t program_kernel_va(const struct scenario_world *w, unsigned page);

/* program_wide.c: more than one page, or none; false: none of these. */
void program_wide_setup(struct scenario_world *w, const struct program *p);
bool program_wide_op(struct scenario_world *w, unsigned vcpu,
                     const struct program_op *op);

#endif
