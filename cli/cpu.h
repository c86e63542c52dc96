/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpu: the processor of `check --cpu`, in words and back.
 */
#ifndef SHOOTDOWN_CLI_CPU_H
#define SHOOTDOWN_CLI_CPU_H

#include <stddef.h>

#include "model/model.h"

/*
 * "intel", "amd,invlpg_paths=page": a profile, then knobs.  Sets those alone.
 * Returns 0, or -1 with a malloc'ed *ret_why.
 */
int cpu_parse(const char *text, struct machine_config *ret, char **ret_why);
/* Knobs alone, as cpu_print() writes them: "a=b,c=d". */
int cpu_parse_knobs(const char *text, struct machine_config *ret,
                    char **ret_why);
/* Knobs that differ from `base`: "a=b,c=d"; empty: none. */
void cpu_print(const struct machine_config *c,
               const struct machine_config *base, char *buf, size_t size);
/* Prints profiles and knobs for a person. */
void cpu_list(void);

#endif
