/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conform: what a host is asked, and what hvsim answers to the same.
 */
#ifndef SHOOTDOWN_CLI_CONFORM_H
#define SHOOTDOWN_CLI_CONFORM_H

#include "guest/conform.h"
#include "hvsim/hvsim.h"

#define CONFORM_REPS 4096u

/* A hypercall before it becomes words and registers. */
struct conform_call {
	const struct hv_call_info *info;        /* of its shape */
	unsigned code;
	bool fast, user, probe, tell;
	uint64_t space, flags, mask, format, valid, bank[64];
	uint64_t vector, control;       /* control: bits added to the value */
	unsigned banks, varhead, reps, start;
	uint64_t element[CONFORM_REPS];
	unsigned elements;              /* words that are there; reps: asked */
	uint64_t at;                    /* input in memory */
};

struct conform_set {
	char *bytes;                    /* the guest's module */
	size_t size;
	char **name;                    /* of each case */
	struct conform_call *scratch;
	unsigned cases;
	uint64_t ram;                   /* bytes of it in the guest */
	unsigned other;                 /* VP index of the other one */
	struct hv_profile profile;      /* that says what is wanted, */
	struct conform_want *host;      /* and its host */
};

/* ---- conform_want.c ---------------------------------------------------- */
/* VPs 0 .. other. */
struct conform_want *conform_host(const struct hv_profile *p, unsigned other,
                                  uint64_t ram);
void conform_host_free(struct conform_want *w);
/* Is it not what the case wants? */
bool conform_differs(const struct conform_case *c,
                     const struct conform_answer *a);
/* Fills c->want, and the masks, in as the profile answers, in order. */
void conform_ask(struct conform_want *w, struct conform_case *c);

/* ---- conform_cases.c --------------------------------------------------- */
/* A case with words; takes the name, allocated. */
void conform_add(struct conform_set *s, const struct conform_case *c,
                 const uint64_t *words, char *name);
/* A legal call to the processors that run; in memory, or fast. */
void conform_legal(struct conform_call *c, const struct hv_call_info *info,
                   bool fast, unsigned other);
/* Changes it as the n-th variation says; false: not for this call. */
bool conform_vary(const struct conform_set *s, struct conform_call *c,
                  unsigned n);
unsigned conform_variations(void);
void conform_add_call(struct conform_set *s, const struct conform_call *c,
                      char *name);
/* All of the table. */
void conform_table(struct conform_set *s);
/* `inputs` calls drawn from the seed, or from the bytes of a file. */
void conform_inputs(struct conform_set *s, unsigned inputs, uint64_t seed);
void conform_inputs_of(struct conform_set *s, const char *name,
                       const unsigned char *bytes, size_t size);

/* ---- conform_groups.c -------------------------------------------------- */
/* Cases of one kind, and how many agree. */
struct conform_group {
	char *name;
	unsigned asked, agreed;
};

struct conform_groups {
	struct conform_group *group;    /* in the order of the cases */
	unsigned count;
};

void conform_count(struct conform_groups *g, const struct conform_set *s,
                   unsigned n, const struct conform_case *c, bool agrees);
void conform_print_groups(const struct conform_groups *g);

/* ---- conform_known.c --------------------------------------------------- */
/* Why a host may answer the n-th case like this; NULL: that is not known. */
const char *conform_explain(const struct conform_set *s, unsigned n,
                            const struct conform_case *c,
                            const struct conform_answer *a);

#endif
