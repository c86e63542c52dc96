/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * permissions: the smallest set of things that the machine and the host are
 * permitted to do without which a finding goes away (oracle.md, rule 20).
 */
#ifndef SHOOTDOWN_CLI_PERMISSIONS_H
#define SHOOTDOWN_CLI_PERMISSIONS_H

#include "cli/search.h"
#include "cli/signature.h"

/* In the order in which they are withdrawn: the least defensible first. */
enum permission {
	PERMISSION_ERRATUM,             /* INVLPG keeps globals */
	PERMISSION_LATE_DIRTY,          /* D set after W was taken */
	PERMISSION_TCE,                 /* INVLPG leaves unrelated paths */
	PERMISSION_INVPCID_LAZY,        /* INVPCID leaves the store buffer */
	PERMISSION_SPLINTER,
	PERMISSION_GLOBAL_SPACE,        /* globals of other spaces stay */
	PERMISSION_ADDRESS_SPACE,
	PERMISSION_LATE_TARGET,
	PERMISSION_GLOBALS,
	PERMISSION_STORE_BUFFER,
	PERMISSION_UPPER_LEVELS,
	PERMISSION_SPECULATION,
	PERMISSION_COUNT
};

const char *permission_name(enum permission p);

/* Where a search starts from, and what it looks for. */
struct permission_search {
	const struct row *row;                  /* the open one */
	const struct finding_key *key;
	const struct schedule *schedule;
	const struct search *search;
	uint64_t after;         /* schedules that it took to find it */
	uint32_t length;        /* steps of a run */
};

struct permission_result {
	unsigned needs;         /* bit set of enum permission */
	unsigned other;         /* another minimal set, when `several` */
	bool several;
	bool cut;               /* a bound ended it: not known to be minimal */
};

/* Leaves the open row with all its permissions again. */
void permission_search(const struct permission_search *s,
                       struct permission_result *ret);

/* Class of a finding: "defect", "host-literal", "ambiguous", "transient". */
const char *permission_class(enum finding_kind kind,
                             const struct permission_result *p);

/* Has Ctrl-C or --time ended the search? */
bool search_is_over(const struct search *s);

#endif
