/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux_hook: the check `dispatch` for Linux, where the pointer is a member
 * of the paravirtual operations.
 */
#ifndef SHOOTDOWN_REVIEW_LINUX_HOOK_H
#define SHOOTDOWN_REVIEW_LINUX_HOOK_H

#include "presubmit/review/inner.h"

void
linux_dispatch(struct review *r, struct check *c);

#endif
