/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signature: what a finding is, in words that survive unrelated edits.
 *
 * kind / kernel operation / address-space kind / leaf|path / global|local /
 * path / file name: no line, function, seed, scenario or number of vCPUs.  The
 * key is the part that one run tells; the file name takes a traced run.
 */
#ifndef SHOOTDOWN_CLI_SIGNATURE_H
#define SHOOTDOWN_CLI_SIGNATURE_H

#include "pmapshim/pmapshim.h"

struct finding_key {
	enum finding_kind kind;
	char operation[48];     /* "-": in none */
	enum space_kind space;
	bool translation;       /* space, path and global mean something */
	bool path, global;
	bool hypercall;         /* the row's path */
};

/* Is it one of the kinds that are about a stale translation? */
bool finding_is_stale(enum finding_kind kind);
void finding_key_make(struct finding_key *key, const struct run_result *r,
                      bool hypercall);
bool finding_key_same(const struct finding_key *a,
                      const struct finding_key *b);
/* The signature; file: a path or NULL.  malloc'ed, no tabs or blanks. */
char *signature_print(const struct finding_key *key, const char *file);
/* Hash of all that must be the same when a run is repeated. */
uint64_t finding_outcome(const struct run_result *r);

#endif
