/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rowtext: a row in words, as it stands in reports, JSON and schedule files,
 * and back.  What is in these words is all that a run depends on, besides the
 * sources and the choices.
 */
#ifndef SHOOTDOWN_CLI_ROWTEXT_H
#define SHOOTDOWN_CLI_ROWTEXT_H

#include <jansson.h>

#include "pmapshim/pmapshim.h"

/* Room for any list of as many numbers as there can be vCPUs. */
#define ROWTEXT_LIST 6400
#define ROWTEXT_WITHOUT 16000

struct rowtext {
	char kernel[32];
	char path[16];          /* native, hypercall */
	char scenario[160];
	char mode[32];
	unsigned vcpus;
	char place[ROWTEXT_LIST];       /* "0,64,129", of the programs; empty:
	                                   on the vCPUs of their numbers */
	char vp_index[ROWTEXT_LIST];    /* "0,64,130", "129-0"; empty when
	                                   equal to the numbers */
	char host[256];         /* "tlfs", "tlfs,globals=drop" */
	char memory[8];         /* tso, sc */
	char machine[256];      /* full, nospec, nopsc, ... joined by +; then
	                           knobs of the processor: "full,splinter=yes" */
	char mutant[48];        /* empty: none */
	bool strict;
	char without[ROWTEXT_WITHOUT];  /* "0:1c,1-5:3": vCPUs, bit set of the
	                                   operations left out of their
	                                   programs; empty: none */
};

void rowtext_from_row(struct rowtext *t, const struct row *r);
/*
 * Fills the row (object and kernel are the caller's).  Returns 0, or -1 with
 * a malloc'ed *ret_why that says which field is wrong.
 */
int rowtext_to_row(const struct rowtext *t, const struct kernel_object *object,
                   const struct kernel_ops *kernel, struct row *ret,
                   char **ret_why);

void rowtext_to_json(const struct rowtext *t, json_t *object);
int rowtext_from_json(struct rowtext *t, const json_t *object, char **ret_why);

/*
 * "linux hypercall unmap-page pcid 3@0,64,130 tlfs", or "130:0,64,129@129-0"
 * when programs have their places; malloc'ed.
 */
char *rowtext_line(const struct rowtext *t);

/* "tlfs,globals=drop": the profile with the knobs that differ from it. */
void host_print(const struct hv_profile *p, char *buf, size_t size);
int host_parse(const char *text, struct hv_profile *ret, char **ret_why);
/* "full", "nospec", "nopsc", then ",knob=value"...; sets what is named, and all
 * dials.  -1: unknown. */
int machine_parse(const char *text, struct machine_config *ret);
/* "tso" or "sc"; -1: unknown. */
int memory_parse(const char *text, struct machine_config *ret);
/* The machine as it comes: everything permitted. */
void machine_full(struct machine_config *ret, unsigned cpus);

/*
 * Sets the row's VP indexes from "0,64,130", one for each of its vCPUs and no
 * two alike; "": the vCPUs' own numbers.  -1: not such a list.  With no vCPUs
 * in the row it gets as many as the list has.
 */
int vp_index_parse(const char *text, struct row *r);
/* The same for the places of its programs; "": each on its own vCPU. */
int place_parse(const char *text, struct row *r);

#endif
