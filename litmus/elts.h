/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elts: rows of TransForm's x86t_elt in pieces, between JSON and test.
 *
 * A program is threads of numbered events; an outcome is a list of atoms about
 * them.  Both become text of our own format, which the parser then reads, so
 * that a row can say no more than a test file.
 */
#ifndef SHOOTDOWN_LITMUS_ELTS_H
#define SHOOTDOWN_LITMUS_ELTS_H

#include "litmus/litmus.h"

#define ELTS_MAX 16             /* events of a program; registers too */
#define ELTS_NAME 16

enum elt_kind { ELT_READ, ELT_WRITE, ELT_WPTE, ELT_INVLPG, ELT_MFENCE };

struct elt {
	enum elt_kind kind;
	unsigned number;        /* i3: 3 */
	unsigned thread;
	char page[ELTS_NAME];   /* "x" */
	char target[ELTS_NAME]; /* WPTE: "n0" */
	unsigned remap;         /* INVLPG: whose */
	unsigned rmw;           /* READ: its store half; WRITE: its load half */
	bool hit;               /* uses the entry of another one's walk */
	bool deleted;           /* of an INVLPG, see elts_text.c */
	bool alone;             /* ... and it does not wait for its remap */
};

struct elts_program {
	struct elt elt[ELTS_MAX];       /* thread by thread, in program order */
	unsigned count, threads;
	bool invlpg;            /* of rows that break the axiom */
};

enum elt_atom_kind {
	ELT_VALUE,              /* i3=2 */
	ELT_SOURCE,             /* i3->PTE i1, i3->initial PTE */
	ELT_WALK,               /* walk@i3<-i1, walk@i3<-dirty@i1 */
	ELT_USES,               /* i3 uses TLB entry of walk@i1 */
	ELT_ORDER               /* co: a<b */
};

struct elt_event {
	unsigned number;        /* 0: the start */
	bool dirty;
};

struct elt_atom {
	enum elt_atom_kind kind;
	struct elt_event a, b;  /* VALUE: b.number is the value */
};

#define ELTS_MAX_ATOMS 32

struct elts_outcome {
	struct elt_atom atom[ELTS_MAX_ATOMS];
	unsigned count;
};

/* Returns NULL, or why this cannot be read (static text). */
const char *elts_parse_program(const char *text, struct elts_program *ret);
const char *elts_parse_outcome(const char *text, struct elts_outcome *ret);
/* NULL, or why no machine could be asked for this (static text). */
const char *elts_not_applicable(const struct elts_program *p,
                                const struct elts_outcome *o);

/* Position of event i`number` in the program; ~0u: it has none. */
unsigned elts_find(const struct elts_program *p, unsigned number);
/* The event whose instruction this one is part of: an XCHG is its load. */
unsigned elts_label(const struct elts_program *p, unsigned number);
/* Does an event of another thread wait for this WPTE? */
bool elts_awaited(const struct elts_program *p, unsigned wpte);
/* Has the INVLPG to wait for its remap?  Only one of another thread has. */
bool elts_waits(const struct elts_program *p, const struct elt *invlpg);

/* Start state and columns. */
void elts_print_program(const struct elts_program *p, const char *name,
                        const char *doc, FILE *out);
/* The outcome as a condition. */
void elts_print_outcome(const struct elts_program *p,
                        const struct elts_outcome *o, FILE *out);
/* What an execution in order, the first thread that can go on first, shows. */
void elts_in_order(const struct elts_program *p, struct elts_outcome *ret);

#endif
