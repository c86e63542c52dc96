/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rungs: trying a rung out.  Private to guest/.
 */
#ifndef SHOOTDOWN_GUEST_RUNGS_H
#define SHOOTDOWN_GUEST_RUNGS_H

#include "guest/runner.h"

/* Boots the guest; NULL: it came up and went, else why not (allocated). */
char *rungs_try(enum guest_rung rung, const char *uri);

#endif
