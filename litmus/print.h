/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print: what the parts of the printer share.
 */
#ifndef SHOOTDOWN_LITMUS_PRINT_H
#define SHOOTDOWN_LITMUS_PRINT_H

#include "litmus/litmus.h"

/* "s1:PDE(x)"; space 0 has no prefix. */
void print_slot(const struct litmus_test *t, const struct litmus_slot *s,
                FILE *out);
/* "W,A" */
void print_flags(uint64_t flags, unsigned level, FILE *out);
/* Small ones decimal. */
void print_number(uint64_t value, FILE *out);

#endif
