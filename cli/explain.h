/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explain: why a flush call let a stale entry live, from its decoded input.
 */
#ifndef SHOOTDOWN_CLI_EXPLAIN_H
#define SHOOTDOWN_CLI_EXPLAIN_H

#include "pmapshim/pmapshim.h"

/*
 * call: the decoded input in words, as traced (hv_flush_describe).  Returns a
 * malloc'ed sentence, or NULL when nothing in it spares the entry.
 */
char *explain_call(const char *call, const struct run_result *r,
                   const struct row *row);
/* Is the vCPU with that VP index named by the call's set of processors? */
bool explain_names_vp(const char *call, uint32_t vp);
/* Is the address in the call's list, or does it flush everything? */
bool explain_names_page(const char *call, uint64_t va);

#endif
