/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hcall_tell: a hypercall as a person would tell it, on standard output.
 */
#ifndef SHOOTDOWN_CLI_HCALL_TELL_H
#define SHOOTDOWN_CLI_HCALL_TELL_H

#include "cli/hcall.h"

/* The input value; the input, if it is known; the answer of the host. */
void hcall_tell(const struct hcall *h, const struct hcall_context *c);
/* The VP set, or the elements, alone. */
void hcall_tell_set(const struct hcall *h);
void hcall_tell_list(const struct hcall *h);
/* "5 (INVALID_PARAMETER)" */
void hcall_tell_status(unsigned status);
/* Prints the rules that a call breaks; returns how many stand. */
unsigned hcall_tell_rules(const struct hcall *h,
                          const struct hcall_context *c);
unsigned hcall_tell_set_rules(const struct hcall *h);
unsigned hcall_tell_list_rules(const struct hcall *h);
/*
 * Prints what the host answers; true: it refuses the call.  Nothing is said
 * of calls that are not known or whose input is not.
 */
bool hcall_tell_host(const struct hcall *h, const struct hcall_context *c);

#endif
