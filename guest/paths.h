/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * paths: where guests keep things between runs.  Private to guest/.
 */
#ifndef SHOOTDOWN_GUEST_PATHS_H
#define SHOOTDOWN_GUEST_PATHS_H

#include <stddef.h>

/* The user's cache folder for `name`, made if need be; -1: there is none. */
int paths_cache(const char *name, char *ret, size_t size);

#endif
